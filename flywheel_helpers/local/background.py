"""Programs that run on this machine in the background: started, found again by a later command, waited for, stopped."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from flywheel_helpers.errors import PlatformError

STOP_DEADLINE = 20.0  # seconds until what has not stopped by itself is killed


def start(
    command: list[str | Path], log: Path, env: dict[str, str], cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` so that it outlives this program, with all that it says in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in this terminal is ours to handle, not the program's
        )


def find(state_file: Path, mark: str) -> dict[str, Any] | None:
    """What `state_file` says of a program that lives, or None.

    Args:
        state_file: JSON with the program's process id as `pid`. One left behind by a program that died is not believed.
        mark: what the program's command line holds. Without it, the process id belongs to someone else by now.
    """
    try:
        state = json.loads(state_file.read_text())
        command = " ".join(psutil.Process(state["pid"]).cmdline())
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return state if mark in command else None


def wait_until_ready(
    name: str, look: Callable[[], str | None], log: Path, deadline: float, patience: str, tell: Callable[[str], None]
) -> None:
    """Wait until a program that was started is ready for use.

    Args:
        name: what the program is called in messages.
        look: says what is still missing, nothing ("") when the program is ready, None when it has stopped.
        log: where the program's last words lie.
        deadline: seconds to wait.
        patience: how long it takes as a rule, said beside each word on how it goes.
        tell: takes those words, every 15 seconds.

    Raises:
        PlatformError: it stopped, with its last words, or `deadline` has passed.
    """
    started, next_word = time.monotonic(), 5.0
    while (missing := look()) != "":
        elapsed = time.monotonic() - started
        if missing is None:
            raise PlatformError(
                f"{name} stopped while starting.\n{_last_words(log)}",
                f"Mend what it says and run it again. The whole log: {log}",
            )
        if elapsed > deadline:
            raise PlatformError(
                f"{name} is not ready after {elapsed:.0f} s ({missing}).", f"See the logs in {log.parent}."
            )
        if elapsed > next_word:
            tell(f"{elapsed:4.0f} s  {missing} ({patience})")
            next_word += 15.0
        time.sleep(0.2)


def end(state_file: Path, mark: str) -> bool:
    """Stop the program that :func:`find` finds, and wait until it is gone; whether there was one."""
    state = find(state_file, mark)
    if state:
        stop(state["pid"])
    state_file.unlink(missing_ok=True)
    return state is not None


def stop(pid: int) -> None:
    """Stop a process and everything it started: first by asking, after a while by force."""
    try:
        process = psutil.Process(pid)
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


def answers(url: str) -> bool:
    """Whether a server of this machine answers there with success."""
    try:
        # Straight to this machine, whatever proxy the environment names.
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _last_words(log: Path) -> str:
    """The end of a log, where the cause of an early end is to be found."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-6:])
