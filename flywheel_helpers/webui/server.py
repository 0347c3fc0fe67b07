"""Open WebUI on this machine: the real one, in a virtual environment of its own, started, found and stopped.

It listens on loopback only and asks nothing of the network: no model is loaded, no update looked for, nothing
reported. Its state lies in the platform's home, and so does the password of its only account.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.errors import ConfigError, PlatformError, Unauthorized
from flywheel_helpers.local import background
from flywheel_helpers.settings import Settings
from flywheel_helpers.webui.client import OpenWebUI, sign_in

VENV = ROOT / ".venv-openwebui"
EMAIL = "admin@localhost"
PASSWORD_FILE = ("openwebui", "admin-password")  # in the platform's home
START_DEADLINE = 600.0  # seconds; about 20 on an idle laptop, minutes on one that is busy training
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Answers are JSON: shown as they are, and not as the prose that Markdown would make of them.
_INTERFACE = {
    "renderMarkdownInAssistantMessages": False,
    "renderMarkdownInUserMessages": False,
    "showChangelog": False,
}
_ALWAYS = {
    "OFFLINE_MODE": "true",
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    # An engine elsewhere, never called: the default would load a model for document search.
    "RAG_EMBEDDING_ENGINE": "openai",
    "ENABLE_OLLAMA_API": "false",
    # Without this it would list the models of a service in the internet.
    "OPENAI_API_BASE_URLS": "",
    # A model that only writes tool calls has no good titles, tags or follow-up questions to offer.
    "ENABLE_TITLE_GENERATION": "false",
    "ENABLE_TAGS_GENERATION": "false",
    "ENABLE_FOLLOW_UP_GENERATION": "false",
    "ENABLE_SIGNUP": "false",
    "DEFAULT_INTERFACE_SETTINGS": json.dumps(_INTERFACE),
}
# What a program needs of the environment here. Secrets, proxies and settings for other programs stay outside.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Running:
    """An Open WebUI that is up, or coming up."""

    pid: int
    url: str
    started_at: str
    sign_in: bool

    def missing(self) -> str:
        """What does not answer yet, in a few words; empty when it is ready."""
        return "" if background.answers(f"{self.url}/health") else "waiting for Open WebUI"


def installed() -> bool:
    """Whether `make webui` was run here."""
    return (VENV / "bin" / "open-webui").is_file()


def is_local(settings: Settings) -> bool:
    """Whether OPENWEBUI_URL is this machine's, so that it is ours to start."""
    return urlsplit(settings.openwebui_url).hostname in LOOPBACK


def missing(settings: Settings) -> str:
    """What is missing for a chat with Open WebUI, and how to get it; empty when nothing is."""
    if not settings.openwebui_url:
        return "OPENWEBUI_URL is not set. It is the address under which you open Open WebUI in the browser."
    if settings.openwebui_api_key:
        return ""
    if not is_local(settings):
        return "OPENWEBUI_API_KEY is not in the environment. Make a key in Open WebUI under Settings, Account."
    return "" if installed() else "Open WebUI is not installed here. make webui installs it, once."


def find(home: Path) -> Running | None:
    """The Open WebUI whose state lies in `home`, or None."""
    state = background.find(*_state(home))
    try:
        return state and Running(**state)
    except TypeError:
        return None


def up(settings: Settings, home: Path, tell: Callable[[str], None]) -> tuple[Running, bool]:
    """Start Open WebUI and wait until it answers. Where it is up already, nothing happens.

    Args:
        settings: where it shall listen, and whether one has to sign in.
        home: where its state and log are kept.
        tell: takes a line on how it goes.

    Returns:
        Open WebUI, and whether this call started it.

    Raises:
        ConfigError: OPENWEBUI_URL is not an address of this machine.
        PlatformError: not installed, the port is taken, or it stopped while starting.
    """
    running = find(home)
    if running:
        if running.sign_in != settings.openwebui_sign_in or running.url != settings.openwebui_url:
            raise PlatformError(
                f"Open WebUI runs with other settings: {running.url}, sign-in {'on' if running.sign_in else 'off'}.",
                "Stop it with flywheel webui down, then start it again.",
            )
        return _wait_ready(running, home, tell), False
    if not is_local(settings):
        raise ConfigError(
            f'OPENWEBUI_URL is "{settings.openwebui_url}", which is not this machine: there is nothing to start here.',
            "Open that address in the browser, or leave OPENWEBUI_URL as config.py has it on the local profile.",
        )
    if not installed():
        raise PlatformError(
            "Open WebUI is not installed.", "Run make webui once: it downloads about 1 GB and takes a few minutes."
        )
    _require_free_port(settings)
    running = _start(settings, home)
    try:
        return _wait_ready(running, home, tell), True
    except BaseException:
        down(home)
        raise


def down(home: Path) -> bool:
    """Stop Open WebUI and wait until it is gone.

    Returns:
        whether there was one.
    """
    return background.end(*_state(home))


def signed_in(settings: Settings, home: Path) -> OpenWebUI:
    """A signed-in way to Open WebUI: with OPENWEBUI_API_KEY where it is set, else with the account made by `up`.

    Raises:
        ConfigError: OPENWEBUI_URL is not set, or it is not ours and there is no key for it.
        Unauthorized: it refuses the key, or the password.
    """
    if settings.openwebui_api_key:
        webui = OpenWebUI(settings, settings.openwebui_api_key)
        webui.role()  # asks, so that a wrong key is found here and not three calls later
        return webui
    if settings.openwebui_url and not is_local(settings):
        raise ConfigError(
            f"There is no key for {settings.openwebui_url}.",
            "Make one in Open WebUI under Settings, Account, and put it into the environment as OPENWEBUI_API_KEY. "
            "Where no API keys are offered there, ask an administrator to allow them.",
        )
    try:
        return sign_in(settings, EMAIL, password(home) if settings.openwebui_sign_in else "")
    except Unauthorized as error:
        error.hint = (
            f"Was the password changed in Open WebUI? Then write the new one into {password_file(home)}. Or is this "
            "not the Open WebUI that flywheel webui up started? Then set OPENWEBUI_API_KEY."
        )
        raise


def folder(home: Path, sign_in: bool) -> Path:
    """Its state. Without sign-in it has another account, so it has another folder."""
    return home / (PASSWORD_FILE[0] if sign_in else "openwebui-without-sign-in")


def password(home: Path) -> str:
    """The password of its account, made when first asked for, in a file that only this user can read."""
    return _kept_secret(password_file(home))


def password_file(home: Path) -> Path:
    """Where `password` is kept."""
    return home.joinpath(*PASSWORD_FILE)


def log_file(home: Path) -> Path:
    """Its log."""
    return home / "logs" / "openwebui.log"


def _state(home: Path) -> tuple[Path, str]:
    """Its state file, and what its command line holds."""
    return home / "openwebui.json", "open-webui"


def _start(settings: Settings, home: Path) -> Running:
    data = folder(home, settings.openwebui_sign_in)
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | _ALWAYS
    environment |= {
        "HOME": str(data),
        "DATA_DIR": str(data / "data"),
        "STATIC_DIR": str(data / "static"),
        "WEBUI_URL": settings.openwebui_url,
        "CORS_ALLOW_ORIGIN": settings.openwebui_url,
        "WEBUI_SECRET_KEY": _kept_secret(data / "secret-key"),
        "WEBUI_AUTH": str(settings.openwebui_sign_in).lower(),
    }
    if settings.openwebui_sign_in:
        environment |= {"WEBUI_ADMIN_EMAIL": EMAIL, "WEBUI_ADMIN_PASSWORD": password(home)}
    command = [VENV / "bin" / "open-webui", "serve", "--host", "127.0.0.1", "--port", str(_port(settings))]
    process = background.start(command, log_file(home), environment, data)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    running = Running(process.pid, settings.openwebui_url, started_at, settings.openwebui_sign_in)
    _state(home)[0].write_text(json.dumps(asdict(running), indent=2) + "\n")
    return running


def _wait_ready(running: Running, home: Path, tell: Callable[[str], None]) -> Running:
    def look() -> str | None:
        return running.missing() if find(home) else None

    background.wait_until_ready("Open WebUI", look, log_file(home), START_DEADLINE, "about 20 s on a laptop", tell)
    return running


def _port(settings: Settings) -> int:
    return urlsplit(settings.openwebui_url).port or 80


def _require_free_port(settings: Settings) -> None:
    port = _port(settings)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PlatformError(
                f"Port {port} cannot be used ({error.strerror}): it is held by {_holder(port)}.",
                "Stop that, or choose another port with FLYWHEEL_WEBUI_PORT.",
            ) from None


def _holder(port: int) -> str:
    try:
        for one in psutil.net_connections("tcp"):
            if one.laddr and one.laddr.port == port and one.status == psutil.CONN_LISTEN and one.pid:
                return f"{psutil.Process(one.pid).name()} (process {one.pid})"
    except psutil.Error:
        pass
    return "a process this user may not see"


def _kept_secret(path: Path) -> str:
    """A random text that stays the same: written once, readable for this user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(18) + "\n")
    return path.read_text().strip()
