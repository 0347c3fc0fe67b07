"""A platform of its own, what can happen to it, and what must be so afterwards."""

from __future__ import annotations

import errno
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from flywheel_helpers import checkout
from flywheel_helpers.local import background, platform

FULL_DISK = "a full disk for some seconds"
RECOVERY_SECONDS = 120.0
END_SECONDS = 25.0  # for the processes of a platform that was stopped or killed
DISK_SECONDS = 4.0
MODULES = {"gateway": "nemo_local.server.gateway", "nim": "nemo_local.nim"}
TRAINING = "nemo_local.customizer.training.worker"
# Addresses and names of a platform in use, which this one must not follow.
FOREIGN = ("NEMO_", "NIM_", "NMS_", "FLYWHEEL_", "OPENWEBUI_", "ATTENDEE", "JUPYTERHUB_USER")


class FaultyPlatform:
    """A platform in a folder of its own and on free ports, started and stopped as `flywheel up` and `down` do.

    It changes the environment of this process: the programs started from here find this platform.

    Args:
        folder: of its logs; its home is the folder `home` in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        models = os.environ.get("FLYWHEEL_MODELS") or str(checkout.home() / "models")
        for name in [name for name in os.environ if name.startswith(FOREIGN)]:
            del os.environ[name]
        self.ports = _free_ports()
        self._told_before: dict[str, int] = {}
        os.environ |= {
            "FLYWHEEL_HOME": str(self.home),
            "FLYWHEEL_MODELS": models,
            "FLYWHEEL_GATEWAY_PORT": str(self.ports[0]),
            "FLYWHEEL_NIM_PORT": str(self.ports[1]),
            "OMP_NUM_THREADS": "1",  # a training must leave room for what happens at the same time
            "PYTHONPATH": os.pathsep.join(filter(None, [str(checkout.ROOT), os.environ.get("PYTHONPATH")])),
        }

    def start(self) -> None:
        """Start it, if it is not up, and wait until it is ready. Raises PlatformError."""
        platform.up(self.home, lambda line: print(f"    {line}", flush=True))

    def stop(self) -> None:
        """Stop it, and kill what it may have left."""
        platform.down(self.home)
        _kill_all(self.processes())

    def processes(self) -> list[psutil.Process]:
        """All processes that belong to this home, also those that nobody looks after."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("FLYWHEEL_HOME") == str(self.home) and process.pid != os.getpid():
                    found.append(process)
        return [process for process in found if not background.stopped(process)]

    def running(self, module: str) -> list[psutil.Process]:
        """The processes of the platform that run a module."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                if module in process.cmdline():
                    found.append(process)
        return found

    def recover(self, kind: str, course: int) -> list[str]:
        """Wait until the platform is ready again after a fault; start it where a user would have to.

        Args:
            kind: of the fault.
            course: id of the process that runs the course.

        Returns:
            what is wrong afterwards, in words.

        Raises:
            PlatformError: it does not start.
        """
        problems = self._left_over(course) if kind == TERMINATION else []
        if not platform.find(self.home):
            if kind != TERMINATION and not platform.why_ended(self.home):
                problems.append("the platform has ended, and flywheel status does not say why")
            self.start()
        elif server := next((name for name in MODULES if kind == _kill_of(name)), None):
            problems += _wait(
                lambda: self._told(server) > self._told_before.get(server, 0),
                f"flywheel status does not say that the {server} was restarted",
            )
        problems += _wait(self._is_ready, f"the platform is not ready after {RECOVERY_SECONDS:.0f} s")
        self._told_before = {name: self._told(name) for name in MODULES}
        return problems + _wait(
            lambda: not self._strangers(course), "a process is left over that the platform does not look after"
        )

    def _is_ready(self) -> bool:
        running = platform.find(self.home)
        return running is not None and not running.missing()

    def _told(self, server: str) -> int:
        """How often the state of the platform says that a server has ended."""
        running = platform.find(self.home)
        return sum(f"The {server} ended" in one["message"] for one in running.restarts) if running else 0

    def _strangers(self, course: int) -> set[psutil.Process]:
        running = platform.find(self.home)
        return {process for process in self.processes() if process.pid != course} - set(
            running.processes() if running else ()
        )

    def _left_over(self, course: int) -> list[str]:
        problems = _wait(
            lambda: all(process.pid == course for process in self.processes()),
            "processes are left over",
            END_SECONDS,
        )
        return problems + [f"port {port} is still taken" for port in self.ports if not _is_free(port)]


# Does something to a platform or to the process that runs the course; whether there was anything to do it to.
Action = Callable[[FaultyPlatform, subprocess.Popen], bool]


def _kill_server(name: str) -> Action:
    return lambda of, course: _kill_all(of.running(MODULES[name]))


def _kill_training(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    _wait(lambda: of.running(TRAINING) or course.poll() is not None, "")
    return _kill_all(of.running(TRAINING))


def _kill_supervisor(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    running = platform.find(of.home)
    return _kill_all([running.process] if running else [])


def _kill_course(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    runs = course.poll() is None
    course.kill()
    course.wait()
    return runs


def _terminate(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    processes = [process for process in of.processes() if process.pid != course.pid]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    return bool(processes)


def _fill_disk(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    filler = of.home / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(2**20))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    time.sleep(DISK_SECONDS)
    filler.unlink()
    return True


def _kill_all(processes: list[psutil.Process]) -> bool:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
    return bool(processes)


def _kill_of(name: str) -> str:
    return f"kill -9 of the {name}"


TERMINATION = "SIGTERM of all processes"
FAULTS: dict[str, Action] = {
    **{_kill_of(name): _kill_server(name) for name in MODULES},
    _kill_of("training"): _kill_training,
    _kill_of("supervisor"): _kill_supervisor,
    _kill_of("course"): _kill_course,
    TERMINATION: _terminate,
    FULL_DISK: _fill_disk,
}


def _wait(condition: Callable[[], object], problem: str, seconds: float = RECOVERY_SECONDS) -> list[str]:
    """Wait until a condition holds; the problem, if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return [problem]
        time.sleep(0.2)
    return []


def _free_ports() -> tuple[int, int]:
    """Two ports below those that systems hand out by themselves, so that none is taken while a server is down."""
    gateway, nim = random.SystemRandom().sample([port for port in range(20_000, 32_000, 7) if _is_free(port)], 2)
    return gateway, nim


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
