"""Base models: which the platform can train, and adding one to the platform on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flywheel_helpers import polling
from flywheel_helpers.errors import ConfigError, Conflict, DataError, PlatformError, WaitTimeout
from flywheel_helpers.services import customizer, nim
from flywheel_helpers.services.connection import Connection

SERVICE = "Customizer"
_TARGETS = "/v1/customization/targets"
# The training whose duration is shown: its rows, and the tokens of one on average.
ROWS, ROW_TOKENS = 430, 570
_VERSION = "v1.0.0"


@dataclass(frozen=True)
class BaseModel:
    """A base model as the platform describes it. What a platform does not say is None.

    Args:
        name: for BASE_MODEL.
        versions: for BASE_MODEL_VERSION; empty until it is ready.
        status: of its target, in NeMo's words.
        message: what is being done, or why it failed.
        parameters: how many it has.
        context_length: in tokens.
        license: as its authors name it.
        training_bytes: memory that a training takes.
        tokens_per_second: speed of training.
    """

    name: str
    versions: tuple[str, ...]
    status: str
    message: str | None
    parameters: int | None
    context_length: int | None
    license: str | None
    training_bytes: int | None
    tokens_per_second: float | None

    @property
    def minutes(self) -> float | None:
        """How long training on `ROWS` rows takes on this platform."""
        return ROWS * ROW_TOKENS / self.tokens_per_second / 60 if self.tokens_per_second else None


def list_base_models(nemo: Connection) -> list[BaseModel]:
    """The base models of the platform, those that are ready first."""
    targets = {_model_name(target): target for target in nemo.all_pages(SERVICE, _TARGETS, {"sort": "created_at"})}
    configs: dict[str, list[dict[str, Any]]] = {}
    for config in customizer.list_configs(nemo):
        target = config.get("target")
        name = _model_name(target) if isinstance(target, dict) else customizer.config_name(config).partition("@")[0]
        configs.setdefault(name, []).append(config)
        targets.setdefault(name, target if isinstance(target, dict) else {})
    found = [_described(name, target, configs.get(name, [])) for name, target in targets.items()]
    return sorted(found, key=lambda model: (model.status != "ready", not model.versions))


def add(
    nemo: Connection, source: str, name: str | None, hub: str, say: Callable[[str], None], timeout: float = 7200.0
) -> BaseModel:
    """Have the platform on this machine download or copy a model, check it and convert it.

    A model that is there already, or under way, is not added twice. One that failed is tried again.

    Args:
        source: a folder, ``org/name[@revision]`` of a Hub, or ``hf://...`` of the platform's Data Store.
        name: ``namespace/name`` on the platform; None for one made from the source.
        hub: address of the Hub.
        say: shows progress.
        timeout: seconds to wait.

    Raises:
        ConfigError: this is not the platform on this machine.
        PlatformError: the model cannot be used; the message says why.
        WaitTimeout: it is not ready in time.
    """
    _require_local(nemo, "add")
    uri, endpoint, own_name = _read_source(source, hub)
    name = name or own_name
    namespace, slash, short = name.partition("/")
    if not slash or "/" in short:
        raise DataError(f'"{name}" is not the name of a model.', "Write namespace/name, such as qwen/qwen3-0.6b.")
    target = {"namespace": namespace, "name": f"{short}@{_VERSION}", "base_model": name, "model_uri": uri}
    path = f"{_TARGETS}/{namespace}/{short}@{_VERSION}"
    try:
        nemo.json(SERVICE, "POST", _TARGETS, json={**target, "hf_endpoint": endpoint, "enabled": True})
    except Conflict as error:
        known = _find(nemo, name)
        if not known or (known.get("model_uri"), known.get("hf_endpoint")) != (uri, endpoint):
            error.hint = "Give it another name with --name, or remove the other one first (flywheel models remove)."
            raise
        path = f"{_TARGETS}/{known['namespace']}/{known['name']}"
        if known["status"] == "failed":
            nemo.json(SERVICE, "PATCH", path, json={"enabled": True})
    said = None
    for _ in polling.attempts(timeout, interval=1.0):
        found = nemo.json(SERVICE, "GET", path)
        message = found.get("warning_message")
        if found["status"] == "failed":
            raise PlatformError(f"{name} could not be added. {message}")
        if found["status"] == "deleting":
            raise PlatformError(f"{name} is being removed.", f"Run flywheel models remove {name}, then add it again.")
        if found["status"] == "ready":
            break
        if message and message != said:
            say(message)
            said = message
    else:
        raise WaitTimeout(
            f"{name} is not ready after {timeout / 60:.0f} minutes.",
            "The platform goes on with it: run the command again to keep waiting.",
        )
    for _ in polling.attempts(60.0, interval=1.0):
        if name in nim.list_models(nemo):
            break
    return next(model for model in list_base_models(nemo) if model.name == name)


def remove(nemo: Connection, name: str) -> None:
    """Remove a model that was added, with its files.

    Raises:
        ConfigError: this is not the platform on this machine.
        DataError: there is no such model, or it is built in.
        Conflict: something uses it; the message names it.
    """
    _require_local(nemo, "remove")
    target = _find(nemo, name)
    if target is None:
        known = ", ".join(model.name for model in list_base_models(nemo))
        raise DataError(f"The platform has no base model {name}.", f"It has: {known}.")
    if not target.get("model_uri"):
        raise DataError(f"{name} is built into the platform and cannot be removed.")
    try:
        nemo.request(SERVICE, "DELETE", f"{_TARGETS}/{target['namespace']}/{target['name']}", timeout=120.0)
    except Conflict as error:
        error.hint = "Delete what uses it first. (flywheel clean lists the models of your namespace.)"
        raise


def _require_local(nemo: Connection, command: str) -> None:
    if nemo.settings.profile != "local":
        raise ConfigError(
            f"flywheel models {command} works on the platform of this machine only (profile local).",
            "On a cluster, the host configures the models that NeMo Customizer trains, see docs/pcai.md. "
            "`flywheel models` lists them.",
        )


def _read_source(source: str, hub: str) -> tuple[str, str | None, str]:
    """``model_uri``, ``hf_endpoint``, and a name for the model."""
    folder = Path(source).expanduser()
    if folder.is_dir() or source.startswith(("/", ".", "~")):
        short = re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("._-")
        return str(folder.resolve()), None, f"local/{short}"
    repo = source.removeprefix("hf://")
    return f"hf://{repo}", None if source.startswith("hf://") else hub, repo.partition("@")[0].lower()


def _find(nemo: Connection, name: str) -> dict[str, Any] | None:
    """The target of a base model; the one that brought it, where there are several."""
    targets = [target for target in nemo.all_pages(SERVICE, _TARGETS) if _model_name(target) == name]
    return next((target for target in targets if target.get("model_uri")), targets[0] if targets else None)


def _model_name(target: dict[str, Any]) -> str:
    return target.get("base_model") or f"{target.get('namespace')}/{target.get('name')}".partition("@")[0]


def _described(name: str, target: dict[str, Any], configs: list[dict[str, Any]]) -> BaseModel:
    facts = target.get("model_facts") or {}
    versions = sorted(customizer.config_name(config).partition("@")[2] for config in configs)
    speeds = [config["tokens_per_second"] for config in configs if config.get("tokens_per_second")]
    return BaseModel(
        name=name,
        versions=tuple(versions),
        status=target.get("status") or "unknown",
        message=target.get("warning_message"),
        parameters=target.get("num_parameters"),
        context_length=facts.get("context_length"),
        license=facts.get("license"),
        training_bytes=facts.get("training_bytes"),
        tokens_per_second=speeds[0] if speeds else None,
    )
