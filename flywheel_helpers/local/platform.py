"""Starting and stopping the platform on this machine: `python -m nemo_local`, in the background.

The platform writes `platform.json` into its home folder, with its process and its addresses; a later command finds it
there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from flywheel_helpers import checkout
from flywheel_helpers.errors import PlatformError
from flywheel_helpers.local import background

START_DEADLINE = 900.0  # seconds; the first start converts the base model, a minute or two on a laptop


@dataclass(frozen=True)
class Running:
    """A platform that is ready or starting."""

    process: psutil.Process
    gateway_url: str
    nim_url: str
    started_at: str
    restarts: list[dict[str, str]]  # of its servers: `at` and `message`

    def missing(self) -> str:
        """What is not ready yet, in a few words; empty when everything is.

        Raises:
            PlatformError: another program answers at the platform's addresses.
        """
        health = {
            "gateway": (f"{self.gateway_url}/health", "FLYWHEEL_GATEWAY_PORT"),
            "models": (f"{self.nim_url}/v1/health/ready", "FLYWHEEL_NIM_PORT"),
        }
        silent = background.silent(self.process, health)
        return f"waiting for {' and '.join(silent)}" if silent else ""

    def inference_precision(self) -> str | None:
        """The number format that the models compute in, such as "f32"; None if the NIM proxy does not say."""
        try:
            answer = httpx.get(f"{self.nim_url}/v1/metadata", timeout=5.0, trust_env=False)
            return answer.raise_for_status().json().get("inferencePrecision")
        except (httpx.HTTPError, ValueError, AttributeError):
            return None

    def processes(self) -> list[psutil.Process]:
        """The platform's processes that still run."""
        return background.family(self.process)


def find(home: Path) -> Running | None:
    """The platform whose state is in `home`, or None."""
    found = background.find(_state_file(home))
    if not found:
        return None
    process, state = found
    try:
        return Running(process, state["gateway_url"], state["nim_url"], state["started_at"], state.get("restarts", []))
    except KeyError:
        return None


def why_ended(home: Path) -> str | None:
    """Why the last platform in `home` ended by itself; None where it was stopped, or never started."""
    try:
        ended = json.loads((home / "platform-ended.json").read_text(encoding="utf-8"))
        return f"The last one ended by itself at {ended['at']}. {ended['reason']}"
    except (OSError, ValueError, LookupError, TypeError):
        pass
    if background.was_killed(_state_file(home)):
        return f"The last one was killed, or the machine was switched off. Its logs: {_log(home).parent}"
    return None


def up(home: Path, tell: Callable[[str], None]) -> tuple[Running, bool]:
    """Start the platform, unless it is running, and wait until it is ready.

    Args:
        home: folder of its state and logs.
        tell: takes a line on the progress.

    Returns:
        the platform, and whether this call started it.

    Raises:
        PlatformError: it did not start; the message shows the end of its log. Or it runs on other ports than config.py
            or the environment asks for.
    """
    config = checkout.load_config()
    ports = {"FLYWHEEL_GATEWAY_PORT": str(config.GATEWAY_PORT), "FLYWHEEL_NIM_PORT": str(config.NIM_PORT)}
    running = find(home)
    if running:
        _require_same_ports(running, ports)
        if running.missing():
            tell("The platform is already starting; waiting for it.")
        return _wait_until_ready(home, running.process, tell), False
    if reason := why_ended(home):  # once the next one has started, nobody can tell any more
        tell(reason)
    process = background.start(
        [sys.executable, "-m", "nemo_local"], _log(home), {**os.environ, **ports, "FLYWHEEL_HOME": str(home)}
    )
    try:
        return _wait_until_ready(home, process, tell), True
    except BaseException:
        background.stop(process)
        raise


def down(home: Path) -> bool:
    """Stop the platform and everything it started, and wait until it has ended.

    Returns:
        whether there was one.
    """
    return background.end(_state_file(home))


def _require_same_ports(running: Running, ports: dict[str, str]) -> None:
    for (name, wanted), url in zip(ports.items(), (running.gateway_url, running.nim_url), strict=True):
        port = url.rpartition(":")[2]
        if wanted != port:
            raise PlatformError(
                f"The platform runs on port {port}, and {name} is {wanted}.",
                f"Stop it with flywheel down, then start it again; or set {name} to {port}, here or in config.py.",
            )


def _wait_until_ready(home: Path, process: psutil.Process, tell: Callable[[str], None]) -> Running:
    running: Running | None = None

    def missing() -> str:
        nonlocal running
        running = find(home)
        # It writes its state file after its first checks. Until then there is none, or one of another process.
        return running.missing() if running and running.process.pid == process.pid else "starting"

    expected = "the first start converts the base model: a minute or two"
    background.wait_until_ready("The platform", process, missing, _log(home), START_DEADLINE, expected, tell)
    return running


def _state_file(home: Path) -> Path:
    return home / "platform.json"


def _log(home: Path) -> Path:
    return home / "logs" / "platform.log"
