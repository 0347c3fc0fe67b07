"""Where the local platform keeps its files and which ports it listens on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _models_from_environment() -> Path | None:
    value = os.environ.get("FLYWHEEL_MODELS")
    return Path(value).expanduser().resolve() if value else None


@dataclass(frozen=True)
class Settings:
    """The few choices a user has; everything else follows from them.

    Args:
        home: directory of all state: databases, uploaded files, job directories, logs.
        host: address both servers bind to. Loopback only, because the platform has no access control.
        gateway_port: port of the gateway (Entity Store, Data Store, Customizer, ...).
        nim_port: port of the NIM proxy; its own, because ``/v1/models`` means something else there.
        allowed_hosts: names, in lower case, by which requests may call this machine beside those of the loopback
            interface (``FLYWHEEL_ALLOWED_HOSTS``, with commas between them).
        models: directory of the built-in base model, when it is shared between homes (``FLYWHEEL_MODELS``).
        model_folders: directories below which a customization target may name a folder with a model
            (``FLYWHEEL_MODEL_FOLDERS``, separated as in ``PATH``). None by default: whoever reaches the API must not be
            able to read any file of this machine.
    """

    home: Path
    host: str = "127.0.0.1"
    gateway_port: int = 8080
    nim_port: int = 8000
    allowed_hosts: frozenset[str] = frozenset()
    models: Path | None = field(default_factory=_models_from_environment)
    model_folders: tuple[Path, ...] = ()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read ``FLYWHEEL_HOME``, ``FLYWHEEL_GATEWAY_PORT``, ``FLYWHEEL_NIM_PORT``, ``FLYWHEEL_ALLOWED_HOSTS``,
        ``FLYWHEEL_MODELS`` and ``FLYWHEEL_MODEL_FOLDERS``.

        Raises:
            ValueError: a port is not a number between 1 and 65535, or both are the same.
        """
        gateway_port = _port(environ, "FLYWHEEL_GATEWAY_PORT", 8080)
        nim_port = _port(environ, "FLYWHEEL_NIM_PORT", 8000)
        if gateway_port == nim_port:
            raise ValueError(
                f"FLYWHEEL_GATEWAY_PORT and FLYWHEEL_NIM_PORT are both {nim_port}: the gateway and the NIM proxy "
                "need a port each, because /v1/models means two things."
            )
        # Absolute, because worker processes may run in another directory.
        home = Path(environ.get("FLYWHEEL_HOME") or ".flywheel").expanduser().resolve()
        names = environ.get("FLYWHEEL_ALLOWED_HOSTS", "").lower().split(",")
        allowed = frozenset(name.strip() for name in names if name.strip())
        folders = filter(None, environ.get("FLYWHEEL_MODEL_FOLDERS", "").split(os.pathsep))
        return cls(
            home=home,
            gateway_port=gateway_port,
            nim_port=nim_port,
            allowed_hosts=allowed,
            model_folders=tuple(Path(folder).expanduser().resolve() for folder in folders),
        )

    @property
    def gateway_url(self) -> str:
        """Base URL of the gateway, without a trailing slash."""
        return f"http://{self.host}:{self.gateway_port}"

    @property
    def nim_url(self) -> str:
        """Base URL of the NIM proxy, without a trailing slash."""
        return f"http://{self.host}:{self.nim_port}"

    @property
    def models_dir(self) -> Path:
        """Directory of the built-in base model, created when missing."""
        path = self.models or self.home / "models"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def log_file(self, server: str) -> Path:
        """Where the supervisor puts the log of ``"gateway"`` or ``"nim"``."""
        return self.home / "logs" / f"{server}.log"

    def service_dir(self, name: str) -> Path:
        """Directory ``home/<name>`` of one microservice, created when missing."""
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise ValueError(f"{name}={text!r} is not a port number; give a whole number from 1 to 65535.")
    return int(text)
