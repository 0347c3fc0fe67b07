"""Starts the gateway and the NIM proxy as two processes, starts one again that dies, and stops both together."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from filelock import FileLock, Timeout

from nemo_local.common.documents import utc_now
from nemo_local.common.files import write_json
from nemo_local.server.serving import PortTaken, bind
from nemo_local.settings import Settings

SERVERS = {"gateway": "nemo_local.server.gateway", "nim": "nemo_local.nim"}
_POLL_SECONDS = 0.5
_STOP_SECONDS = 15
_LOG_LINES = 15
# A server that dies is started again after a pause, which doubles each time. One that dies more often than this within
# the window has a cause that restarting does not remove.
_RESTARTS, _WINDOW_SECONDS = 5, 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds
_FULL_DISK = 2**20  # bytes; with less than this left, databases and logs are cut short


class ServerEnded(RuntimeError):
    """One of the two servers could not start, or ended again and again, without being asked to stop."""


@dataclass
class Server:
    """A server process and where its log goes.

    Args:
        deaths: when it died, on the monotonic clock; only those within the window.
        restart_at: when it is started again, on the same clock; None while it runs.
    """

    name: str
    process: subprocess.Popen
    log: Path
    deaths: list[float] = field(default_factory=list)
    restart_at: float | None = None

    def log_tail(self) -> str:
        """The end of its log, which shows why it ended."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-_LOG_LINES:])


def run(settings: Settings, stop: threading.Event) -> None:
    """Run the platform until ``stop`` is set. Both servers have ended when this returns or raises.

    Raises:
        PortTaken: another process has one of the ports.
        ServerEnded: a server ended before both were ready, or too often after that.
    """
    state_file = settings.home / "platform.json"
    # One that is still there is that of a platform that was killed. Its servers end by themselves, but not at once.
    deadline = time.monotonic() + (_STOP_SECONDS if state_file.exists() else 0.0)
    for port in (settings.gateway_port, settings.nim_port):
        _require_port(settings.host, port, deadline)
    servers: list[Server] = []
    try:
        for name in SERVERS:
            servers.append(Server(name, _start(settings, name), settings.log_file(name)))
        process = psutil.Process()
        state = {
            "pid": process.pid,
            # The id alone may belong to another process later, and the clock may be set meanwhile.
            "started_after_boot": process.create_time() - psutil.boot_time(),
            "gateway_url": settings.gateway_url,
            "nim_url": settings.nim_url,
            "started_at": f"{utc_now()}Z",
            "restarts": [],
        }
        write_json(state_file, state)

        def restarted(message: str) -> None:
            state["restarts"].append({"at": f"{utc_now()}Z", "message": message})
            with contextlib.suppress(OSError):  # a full disk must not prevent the restart
                write_json(state_file, state)

        _watch(settings, servers, stop, restarted)
    finally:
        _stop(servers)
        state_file.unlink(missing_ok=True)


def _require_port(host: str, port: int, deadline: float) -> None:
    """Wait until a port is free. Raises PortTaken if it is not by the deadline, on the monotonic clock."""
    while True:
        try:
            return bind(host, port).close()
        except PortTaken:
            if time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)


def _start(settings: Settings, name: str) -> subprocess.Popen:
    log = settings.log_file(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "FLYWHEEL_HOME": str(settings.home),
        "FLYWHEEL_GATEWAY_PORT": str(settings.gateway_port),
        "FLYWHEEL_NIM_PORT": str(settings.nim_port),
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "nemo_local.server.supervised", SERVERS[name]],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # Detached from the terminal: Ctrl-C goes to the supervisor, which then stops both in order.
            start_new_session=True,
        )


def _watch(settings: Settings, servers: list[Server], stop: threading.Event, restarted: Callable[[str], None]) -> None:
    was_ready = ready = False
    with httpx.Client(timeout=2, trust_env=False) as client:
        while not stop.wait(_POLL_SECONDS):
            for server in servers:
                if server.restart_at is None and server.process.poll() is not None:
                    if not was_ready:
                        raise ServerEnded(f"The {server.name} ended with {_exit(server)}. {_why(settings, server)}")
                    restarted(_plan_restart(settings, server))
                    ready = False
                if server.restart_at is not None and time.monotonic() >= server.restart_at:
                    server.process, server.restart_at = _start(settings, server.name), None
            waiting = any(server.restart_at is not None for server in servers)
            if not ready and not waiting and _all_ready(settings, client):
                again = " again" if was_ready else ""
                was_ready = ready = True
                _say(f"ready{again}: gateway {settings.gateway_url}, NIM {settings.nim_url}")


def _plan_restart(settings: Settings, server: Server) -> str:
    """Decide when a server that died is started again, and say so. Raises ServerEnded where it has died too often."""
    now = time.monotonic()
    server.deaths = [death for death in server.deaths if now - death < _WINDOW_SECONDS] + [now]
    count = len(server.deaths)
    if count > _RESTARTS:
        raise ServerEnded(
            f"The {server.name} ended {count} times within {_WINDOW_SECONDS / 60:.0f} minutes, the last time with "
            f"{_exit(server)}, so the platform stops. {_why(settings, server)}"
        )
    pause = min(_FIRST_PAUSE * 2 ** (count - 1), _LONGEST_PAUSE)
    server.restart_at = now + pause
    message = f"The {server.name} ended with {_exit(server)} and starts again ({count} of {_RESTARTS} times)."
    _say(f"{utc_now()}Z {message} Its log: {server.log}")
    return message


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the log is on the disk that may be full
        print(line, flush=True)


def _exit(server: Server) -> str:
    code = server.process.returncode
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _why(settings: Settings, server: Server) -> str:
    if shutil.disk_usage(settings.home).free < _FULL_DISK:  # then the log was not written either
        return f"The disk that holds {settings.home} is full. Make room there, or choose another FLYWHEEL_HOME."
    return f"The end of its log, {server.log}:\n{server.log_tail()}"


def _all_ready(settings: Settings, client: httpx.Client) -> bool:
    """Whether both servers are ready. Raises ServerEnded when a service of the gateway could not start."""
    try:
        health = client.get(f"{settings.gateway_url}/health")
        if health.json()["status"] == "failed":
            raise ServerEnded(
                f"A service did not start: {health.json()['services']}. The log is {settings.log_file('gateway')}."
            )
        return health.is_success and client.get(f"{settings.nim_url}/v1/health/ready").is_success
    except httpx.HTTPError:
        return False


def _stop(servers: list[Server]) -> None:
    """Ask the servers to stop and wait; then kill what is left of them and of the processes they started."""
    family: list[psutil.Process] = []
    for server in servers:
        if server.process.poll() is not None:
            continue  # its id may belong to another program by now
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(server.process.pid)
            family += [process, *process.children(recursive=True)]
        with contextlib.suppress(ProcessLookupError):
            server.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for server in servers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(timeout=max(0.0, deadline - time.monotonic()))
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    for server in servers:
        server.process.wait()


def main() -> None:
    """Run the platform; SIGTERM and SIGINT stop it. Exit code 0 after that, 1 with the cause for everything else."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = Settings.from_env()
        settings.home.mkdir(parents=True, exist_ok=True)
        # Two platforms with the same home would delete each other's unfinished uploads.
        with FileLock(settings.home / "platform.lock", timeout=0):
            ended = settings.home / "platform-ended.json"
            ended.unlink(missing_ok=True)
            try:
                run(settings, stop)
            except ServerEnded as error:  # for `flywheel status`, which runs when this process is gone
                with contextlib.suppress(OSError):  # a full disk
                    write_json(ended, {"at": f"{utc_now()}Z", "reason": str(error)})
                raise
    except Timeout:
        sys.exit(
            f"nemo_local: a platform is running in {settings.home} already (see platform.json there). Stop it first."
        )
    except (PortTaken, ServerEnded, ValueError) as error:
        sys.exit(f"nemo_local: {error}")
