"""Starting and stopping the platform on this machine: `python -m nemo_local`, in the background.

The platform itself writes `platform.json` into its home folder (process id and addresses); that file is how a later
command finds it again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from flywheel_helpers.errors import PlatformError
from flywheel_helpers.local import background

START_DEADLINE = 900.0  # seconds; the first start converts the base model, a minute or two on a laptop


@dataclass(frozen=True)
class Running:
    """A platform that is up, or coming up."""

    pid: int
    gateway_url: str
    nim_url: str
    started_at: str

    def missing(self) -> str:
        """What does not answer yet, in a few words; empty when all is ready."""
        health = {"gateway": f"{self.gateway_url}/health", "models": f"{self.nim_url}/v1/health/ready"}
        silent = [name for name, url in health.items() if not background.answers(url)]
        return f"waiting for {' and '.join(silent)}" if silent else ""

    def processes(self) -> list[psutil.Process]:
        """The platform's processes, as far as they live."""
        try:
            parent = psutil.Process(self.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def find(home: Path) -> Running | None:
    """The platform whose state lies in `home`, or None."""
    state = background.find(*_state(home))
    try:
        return state and Running(state["pid"], state["gateway_url"], state["nim_url"], state["started_at"])
    except KeyError:
        return None


def up(home: Path, tell: Callable[[str], None]) -> tuple[Running, bool]:
    """Start the platform and wait until it is ready. Where it is up already, nothing happens.

    Args:
        home: where its state and logs are kept.
        tell: takes a line on how it goes.

    Returns:
        the platform, and whether this call started it.

    Raises:
        PlatformError: it did not start; the message carries its last words, such as who holds a port. Or it runs on
            other ports than the environment asks for.
    """
    running = find(home)
    if running:
        _require_same_ports(running)
        if not running.missing():
            return running, False
        tell("The platform is starting already; waiting for it.")
        return _wait_ready(home, tell, lambda: False), False
    process = background.start(
        [sys.executable, "-m", "nemo_local"], _log(home), {**os.environ, "FLYWHEEL_HOME": str(home)}
    )
    try:
        # Until it has written its state file, only its process tells that it is coming.
        return _wait_ready(home, tell, lambda: process.poll() is None), True
    except BaseException:
        background.stop(process.pid)
        raise


def _require_same_ports(running: Running) -> None:
    for name, url in (("FLYWHEEL_GATEWAY_PORT", running.gateway_url), ("FLYWHEEL_NIM_PORT", running.nim_url)):
        wanted, port = os.environ.get(name, ""), url.rpartition(":")[2]
        if wanted not in ("", port):
            raise PlatformError(
                f"The platform runs on port {port}, and {name} is {wanted}.",
                f"Stop it with flywheel down, then start it again; or unset {name}.",
            )


def down(home: Path) -> bool:
    """Stop the platform and everything it started, and wait until it is gone.

    Returns:
        whether there was one.
    """
    return background.end(*_state(home))


def _wait_ready(home: Path, tell: Callable[[str], None], coming: Callable[[], bool]) -> Running:
    """Wait for the platform of `home`; `coming` tells whether one without a state file may still write it."""

    running: Running | None = None

    def look() -> str | None:
        nonlocal running
        running = find(home)
        if running is None:
            return "starting" if coming() else None
        return running.missing()

    patience = "the first start converts the base model: a minute or two"
    background.wait_until_ready("The platform", look, _log(home), START_DEADLINE, patience, tell)
    return running


def _state(home: Path) -> tuple[Path, str]:
    """The platform's state file, and what its command line holds."""
    return home / "platform.json", "nemo_local"


def _log(home: Path) -> Path:
    return home / "logs" / "platform.log"
