"""Starting and stopping the platform on this machine: `python -m nemo_local`, in the background.

The platform itself writes `platform.json` into its home folder (process id and addresses); that file is how a later
command finds it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from flywheel_helpers.errors import PlatformError

START_DEADLINE = 900.0  # seconds; the first start converts the base model, a minute or two on a laptop
STOP_DEADLINE = 20.0  # seconds until what has not stopped by itself is killed


@dataclass(frozen=True)
class Running:
    """A platform that is up, or coming up."""

    pid: int
    gateway_url: str
    nim_url: str
    started_at: str

    def ready(self) -> tuple[bool, str]:
        """Whether both servers answer, and a few words on what is still missing."""
        gateway, nim = answers(f"{self.gateway_url}/health"), answers(f"{self.nim_url}/v1/health/ready")
        missing = [name for name, well in (("gateway", gateway), ("models", nim)) if not well]
        return not missing, f"waiting for {' and '.join(missing)}" if missing else "ready"

    def processes(self) -> list[psutil.Process]:
        """The platform's processes, as far as they live."""
        try:
            parent = psutil.Process(self.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def find(home: Path) -> Running | None:
    """The platform whose state lies in `home`, or None. A file left by a platform that died is not believed."""
    try:
        state = json.loads((home / "platform.json").read_text())
        running = Running(state["pid"], state["gateway_url"], state["nim_url"], state["started_at"])
        command = " ".join(psutil.Process(running.pid).cmdline())
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return running if "nemo_local" in command else None  # else the process id belongs to someone else by now


def up(home: Path, tell: Callable[[str], None]) -> tuple[Running, bool]:
    """Start the platform and wait until it is ready. Where it is up already, nothing happens.

    Args:
        home: where its state and logs are kept.
        tell: takes a line on how it goes.

    Returns:
        the platform, and whether this call started it.

    Raises:
        PlatformError: it did not start; the message carries its last words, such as who holds a port.
    """
    running = find(home)
    if running and running.ready()[0]:
        return running, False
    if running:
        tell("The platform is starting already; waiting for it.")
        return _wait_ready(home, tell, None), False
    log = home / "logs" / "platform.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "nemo_local"],
            env={**os.environ, "FLYWHEEL_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in this terminal is ours to handle, not the platform's
        )
    try:
        return _wait_ready(home, tell, process), True
    except BaseException:
        stop(psutil.Process(process.pid) if process.poll() is None else None)
        raise


def down(home: Path) -> bool:
    """Stop the platform and everything it started, and wait until it is gone.

    Returns:
        whether there was one.
    """
    running = find(home)
    if running:
        stop(psutil.Process(running.pid))
    (home / "platform.json").unlink(missing_ok=True)
    return running is not None


def stop(process: psutil.Process | None) -> None:
    """Stop a process and everything it started: first by asking, after a while by force."""
    if process is None:
        return
    try:
        family = [process, *process.children(recursive=True)]
        process.terminate()
    except psutil.NoSuchProcess:
        return
    _, alive = psutil.wait_procs(family, timeout=STOP_DEADLINE)
    for straggler in alive:
        try:
            straggler.kill()
        except psutil.NoSuchProcess:
            pass
    psutil.wait_procs(alive, timeout=5)


def _wait_ready(home: Path, tell: Callable[[str], None], process: subprocess.Popen[bytes] | None) -> Running:
    started, next_word = time.monotonic(), 5.0
    log = home / "logs" / "platform.log"
    while True:
        elapsed = time.monotonic() - started
        if process and process.poll() is not None:
            raise PlatformError(
                f"The platform stopped while starting (exit status {process.returncode}).\n{last_words(log)}",
                f"Mend what it says and run it again. The whole log: {log}",
            )
        running = find(home)
        ready, word = running.ready() if running else (False, "starting")
        if running and ready:
            return running
        if not running and not process:
            raise PlatformError("The platform stopped while starting.", f"See {log}, then run flywheel up again.")
        if elapsed > START_DEADLINE:
            raise PlatformError(
                f"The platform is not ready after {elapsed:.0f} s ({word}).", f"See the logs in {log.parent}."
            )
        if elapsed > next_word:
            tell(f"{elapsed:4.0f} s  {word} (the first start converts the base model: a minute or two)")
            next_word += 15.0
        time.sleep(0.2)


def last_words(log: Path) -> str:
    """The end of a log, where the cause of an early end is to be found."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-6:])


def answers(url: str) -> bool:
    """Whether a server of this machine answers there with success."""
    try:
        # Straight to this machine, whatever proxy the environment names.
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False
