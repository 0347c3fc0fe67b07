"""Starts the gateway and the NIM proxy as two processes, and makes sure that either both run or neither."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from filelock import FileLock, Timeout

from nemo_local.common.documents import utc_now
from nemo_local.server.serving import PortTaken, bind
from nemo_local.settings import Settings

SERVERS = {"gateway": "nemo_local.server.gateway", "nim": "nemo_local.nim"}
_POLL_SECONDS = 0.5
_STOP_SECONDS = 15
_LOG_LINES = 15
_FULL_DISK = 2**20  # bytes; with less than this left, databases and logs are cut short


class ServerEnded(RuntimeError):
    """One of the two servers ended, or could not start, without being asked to stop."""


@dataclass
class Server:
    """A running server process and where its log goes."""

    name: str
    process: subprocess.Popen
    log: Path

    def log_tail(self) -> str:
        """The end of its log, which shows why it ended."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-_LOG_LINES:])


def run(settings: Settings, stop: threading.Event) -> None:
    """Run the platform until ``stop`` is set. Both servers have ended when this returns or raises.

    Raises:
        PortTaken: another process has one of the ports.
        ServerEnded: a server ended by itself. It is not restarted, because the cause would remain.
    """
    for port in (settings.gateway_port, settings.nim_port):
        bind(settings.host, port).close()
    state_file = settings.home / "platform.json"
    servers: list[Server] = []
    try:
        for name, module in SERVERS.items():
            servers.append(_start(settings, name, module))
        process = psutil.Process()
        state = {
            "pid": process.pid,
            # The id alone may belong to another process later, and the clock may be set meanwhile.
            "started_after_boot": process.create_time() - psutil.boot_time(),
            "gateway_url": settings.gateway_url,
            "nim_url": settings.nim_url,
            "started_at": f"{utc_now()}Z",
        }
        _write_atomically(state_file, state)
        _watch(settings, servers, stop)
    finally:
        _stop(servers)
        state_file.unlink(missing_ok=True)


def _start(settings: Settings, name: str, module: str) -> Server:
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
        process = subprocess.Popen(
            [sys.executable, "-m", "nemo_local.server.supervised", module],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # Detached from the terminal: Ctrl-C goes to the supervisor, which then stops both in order.
            start_new_session=True,
        )
    return Server(name, process, log)


def _watch(settings: Settings, servers: list[Server], stop: threading.Event) -> None:
    ready = False
    with httpx.Client(timeout=2, trust_env=False) as client:
        while not stop.wait(_POLL_SECONDS):
            for server in servers:
                if server.process.poll() is not None:
                    raise ServerEnded(
                        f"The {server.name} ended with exit code {server.process.returncode}. {_why(settings, server)}"
                    )
            if not ready and _all_ready(settings, client):
                ready = True
                print(f"ready: gateway {settings.gateway_url}, NIM {settings.nim_url}", flush=True)


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
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(server.process.pid)
            family += [process, *process.children(recursive=True)]
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


def _write_atomically(path: Path, content: dict) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


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
            run(settings, stop)
    except Timeout:
        sys.exit(
            f"nemo_local: a platform is running in {settings.home} already (see platform.json there). Stop it first."
        )
    except (PortTaken, ServerEnded, ValueError) as error:
        sys.exit(f"nemo_local: {error}")
