"""A platform of its own with its Open WebUI, and what must be so after a fault."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from flywheel_helpers import checkout
from flywheel_helpers.local import background, platform
from flywheel_helpers.settings import Settings
from flywheel_helpers.webui import server

RECOVERY_SECONDS = 120.0
END_SECONDS = 25.0  # for the processes of a platform that was stopped or killed
COMPILER = shutil.which("cc") or ""  # of C, for the library that sets a clock
# What can end: besides these, the two servers of `MODULES`.
PLATFORM, OPENWEBUI, EVERYTHING = "platform", "Open WebUI", "everything"
MODULES = {"gateway": "nemo_local.server.gateway", "nim": "nemo_local.nim"}
# Addresses and names of a platform in use, which this one must not follow.
_FOREIGN = ("NEMO_", "NIM_", "NMS_", "FLYWHEEL_", "OPENWEBUI_", "ATTENDEE", "JUPYTERHUB_USER")


class FaultyPlatform:
    """A platform in a folder of its own and on free ports, started and stopped as `flywheel up` and `down` do.

    It changes the environment of this process: the programs started from here find this platform.

    Args:
        folder: of its logs; its home is the folder `home` in it.
        with_chat: whether Open WebUI belongs to it.
        with_clock: whether its clock can be set, for which COMPILER is needed.
    """

    def __init__(self, folder: Path, with_chat: bool, with_clock: bool) -> None:
        self.with_chat = with_chat
        self.folder, self.home = folder, folder / "home"
        use_home(self.home)
        self.ports = _free_ports(3)
        self.clock = folder / "clock"  # a file: the seconds by which the clock of the platform and the course is off
        self._told_before: dict[str, int] = {}
        os.environ |= {
            "FLYWHEEL_GATEWAY_PORT": str(self.ports[0]),
            "FLYWHEEL_NIM_PORT": str(self.ports[1]),
            "FLYWHEEL_WEBUI_PORT": str(self.ports[2]),
            "OMP_NUM_THREADS": "1",  # a training must leave room for what happens at the same time
            "PYTHONPATH": os.pathsep.join(filter(None, [str(checkout.ROOT), os.environ.get("PYTHONPATH")])),
        }
        if with_clock:
            self._take_over_the_clock()

    def _take_over_the_clock(self) -> None:
        library = self.folder / "clock.so"
        command = [COMPILER, "-shared", "-fPIC", "-o", library, Path(__file__).with_name("clock.c"), "-ldl"]
        subprocess.run(command, check=True)
        self.clock.write_text("0")
        os.environ |= {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self.clock)}

    def start(self) -> None:
        """Start what is not up, and wait until it is ready. Raises PlatformError."""
        platform.up(self.home, _tell)
        if self.with_chat:
            server.up(Settings.from_config(checkout.load_config("local")), self.home, _tell)

    def stop(self) -> None:
        """Stop it, and kill what it may have left."""
        server.down(self.home)
        platform.down(self.home)
        kill_all(self.processes())

    def processes(self) -> list[psutil.Process]:
        """All processes that belong to this home, also those that nobody looks after."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                environment = process.environ()
                # Open WebUI gets no variables of ours, but a folder below the home.
                places = (environment.get("FLYWHEEL_HOME", ""), environment.get("DATA_DIR", ""))
                if any(Path(place).is_relative_to(self.home) for place in places) and process.pid != os.getpid():
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

    def recover(self, course: int, ended: Sequence[str]) -> list[str]:
        """Wait until the platform is ready again after a fault; start it where a user would have to.

        Args:
            course: id of the process that runs the course.
            ended: what the fault was to end: PLATFORM, OPENWEBUI, EVERYTHING that belongs to them, or one of `MODULES`,
                which the platform restarts.

        Returns:
            what is wrong afterwards, in words.

        Raises:
            PlatformError: it does not start.
        """
        problems = self._left_over(course) if EVERYTHING in ended else []
        if not platform.find(self.home):
            if PLATFORM not in ended:
                problems.append(f"the platform has ended: {platform.why_ended(self.home)}")
            elif EVERYTHING not in ended and not platform.why_ended(self.home):
                problems.append("flywheel status does not say why the platform has ended")
        for killed in set(ended) & MODULES.keys():
            problems += wait_for(
                lambda killed=killed: self._told(killed) > self._told_before.get(killed, 0),
                f"flywheel status does not say that the {killed} was restarted",
            )
        if self.with_chat and not server.find(self.home):
            if OPENWEBUI not in ended:
                problems.append(f"Open WebUI has ended: {server.why_ended(self.home)}")
            elif EVERYTHING not in ended and not server.why_ended(self.home):
                problems.append("flywheel webui status does not say why Open WebUI has ended")
        self.start()
        problems += wait_for(self._is_ready, f"the platform is not ready after {RECOVERY_SECONDS:.0f} s")
        self._told_before = {name: self._told(name) for name in MODULES}
        return problems + wait_for(
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
        chat = server.find(self.home)
        known = {*(running.processes() if running else ()), *(background.family(chat.process) if chat else ())}
        return {process for process in self.processes() if process.pid != course} - known

    def _left_over(self, course: int) -> list[str]:
        problems = wait_for(
            lambda: all(process.pid == course for process in self.processes()),
            "processes are left over",
            END_SECONDS,
        )
        return problems + [f"port {port} is still taken" for port in self.ports if not _is_free(port)]


def use_home(home: Path) -> None:
    """Have this process, and the programs started from it, use a platform in this folder and forget any other. The base
    models are shared, as making them takes minutes."""
    models = os.environ.get("FLYWHEEL_MODELS") or str(checkout.home() / "models")
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    os.environ |= {"FLYWHEEL_HOME": str(home), "FLYWHEEL_MODELS": models}


def kill_all(processes: list[psutil.Process]) -> bool:
    """Kill processes and wait for their end; whether there was one."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
    return bool(processes)


def wait_for(condition: Callable[[], object], problem: str, seconds: float = RECOVERY_SECONDS) -> list[str]:
    """Wait until a condition holds; the problem, if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return [problem]
        time.sleep(0.2)
    return []


def _tell(line: str) -> None:
    print(f"    {line}", flush=True)


def _free_ports(count: int) -> list[int]:
    """Ports below those that systems hand out by themselves, so that none is taken while a server is down."""
    return random.SystemRandom().sample([port for port in range(20_000, 32_000, 7) if _is_free(port)], count)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
