"""Programs that run in the background on this machine: start them, find them again, wait for them, stop them."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from flywheel_helpers import polling
from flywheel_helpers.errors import PlatformError

STOP_DEADLINE = 20.0  # seconds; a process that has not stopped by then is killed
POLL_SECONDS = 0.2
FIRST_REPORT, REPORT_INTERVAL = 5.0, 15.0  # seconds between reports on a program that is still starting
SAME_START = 2.0  # seconds; the time of boot is known to the second only
LOG_LINES = 20  # how much of a log an error shows


def start(command: list[str | Path], log: Path, env: dict[str, str], cwd: Path | None = None) -> psutil.Popen:
    """Start `command` so that it outlives this program.

    Its output goes to `log`. That of an earlier one, which may say why it ended, is kept under the same name with
    `.1` appended.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    with log.open("wb") as output:
        return psutil.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in this terminal is for us to handle, not for the program
        )


def identity(process: psutil.Process) -> dict[str, Any]:
    """What identifies a process in a state file.

    The process id alone does not: once the process has ended, the system gives it to another one. The start time is
    counted from boot, because the clock may be set while the process runs. `nemo_local.server.supervisor` writes the
    same two fields.
    """
    return {"pid": process.pid, "started_after_boot": process.create_time() - psutil.boot_time()}


def find(state_file: Path) -> tuple[psutil.Process, dict[str, Any]] | None:
    """The running process that a state file identifies, with the file's content; None if there is none.

    Args:
        state_file: JSON with the fields of `identity`. Its process may have ended, and its id may have been reused.
    """
    try:
        state = json.loads(state_file.read_text())
        process = psutil.Process(state["pid"])
        difference = identity(process)["started_after_boot"] - state["started_after_boot"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, psutil.Error):
        return None
    return None if abs(difference) > SAME_START or stopped(process) else (process, state)


def was_killed(state_file: Path) -> bool:
    """Whether the program of a state file has ended, and nobody stopped it: `end` would have removed the file."""
    return state_file.exists() and find(state_file) is None


def stopped(process: psutil.Process) -> bool:
    """Whether a process has ended, collected by its parent or not."""
    if isinstance(process, psutil.Popen):
        return process.poll() is not None
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_ready(
    name: str,
    process: psutil.Process,
    missing: Callable[[], str],
    log: Path,
    timeout: float,
    expected: str,
    tell: Callable[[str], None],
) -> None:
    """Wait until a program is ready for use.

    Args:
        name: what messages call the program.
        process: the program.
        missing: says what is not ready yet; empty when everything is.
        log: where the program writes its log.
        timeout: seconds to wait.
        expected: how long a start usually takes, shown with every report.
        tell: takes a report on the progress from time to time.

    Raises:
        PlatformError: the program stopped, and the message shows the end of its log; or `timeout` has passed; or
            another program answers in its place.
    """
    next_report = FIRST_REPORT
    for elapsed in polling.attempts(timeout, POLL_SECONDS):
        if stopped(process):
            raise PlatformError(
                f"{name} stopped while starting.\n{_tail(log)}",
                f"Fix what the log names, then start it again. The whole log: {log}",
            )
        if not (left := missing()):
            return
        if elapsed > next_report:
            tell(f"{elapsed:4.0f} s  {left} ({expected})")
            next_report += REPORT_INTERVAL
    raise PlatformError(f"{name} is not ready after {elapsed:.0f} s ({left}).", f"See the logs in {log.parent}.")


def silent(process: psutil.Process, health: dict[str, tuple[str, str]]) -> list[str]:
    """The servers of a program that do not answer yet.

    Args:
        process: the program.
        health: for each server, by name: the address that answers when it is ready, and the environment variable that
            sets its port.

    Raises:
        PlatformError: another program answers at one of the addresses.
    """
    found = []
    for name, (url, variable) in health.items():
        port = urlsplit(url).port or 80
        if not _answers(url):
            found.append(name)
        elif not _listens(process, port) and not stopped(process):
            raise port_in_use(port, variable)
    return found


def require_free_port(port: int, variable: str) -> None:
    """Check that nothing listens on a port of this machine.

    Args:
        port: number of the port.
        variable: the environment variable that sets it.

    Raises:
        PlatformError: the port is in use; the message names the program.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise PlatformError(
                f"Port {port} is reserved for the administrator of this machine.", f"Set {variable} to one above 1023."
            ) from None
        except OSError:
            raise port_in_use(port, variable) from None


def port_in_use(port: int, variable: str) -> PlatformError:
    """The error about a port that another program holds; for the arguments see `require_free_port`."""
    return PlatformError(
        f"Port {port} is in use by {_holder(port)}.",
        f"Stop that program, or choose another port with {variable}.",
    )


def end(state_file: Path) -> bool:
    """Stop the program that a state file identifies, and wait until it has ended; whether there was one."""
    found = find(state_file)
    if found:
        stop(found[0])
    state_file.unlink(missing_ok=True)
    return found is not None


def stop(process: psutil.Process) -> None:
    """Stop a process and everything it started: politely first, by force after `STOP_DEADLINE`."""
    members = family(process)
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    _, alive = psutil.wait_procs(members, timeout=STOP_DEADLINE)
    for straggler in alive:
        with suppress(psutil.NoSuchProcess):
            straggler.kill()
    psutil.wait_procs(alive, timeout=5)


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and everything it started that still runs."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _answers(url: str) -> bool:
    """Whether a server on this machine answers with success."""
    try:
        # Directly, even where the environment names a proxy.
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _listens(process: psutil.Process, port: int) -> bool:
    """Whether a program, or a process that it started, listens on a port."""
    for member in family(process):
        with suppress(psutil.Error):
            if port in _listening(member.net_connections("tcp")):
                return True
    return False


def _holder(port: int) -> str:
    """The program that listens on a port, in words."""
    with suppress(psutil.Error):
        if pid := _listening(psutil.net_connections("tcp")).get(port):
            return f"{psutil.Process(pid).name()} (process {pid})"
    return "a process that this user may not see"


def _listening(connections: list[Any]) -> dict[int, int | None]:
    """The ports that are listened on, each with the process id, where the system tells it."""
    return {
        one.laddr.port: getattr(one, "pid", None)
        for one in connections
        if one.laddr and one.status == psutil.CONN_LISTEN
    }


def _tail(log: Path) -> str:
    """The last lines of a log, where the cause of an early end is to be found."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-LOG_LINES:])
