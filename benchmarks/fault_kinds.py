"""What can happen to a platform, or to the process that runs the course."""

from __future__ import annotations

import errno
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
from faulty_platform import EVERYTHING, MODULES, OPENWEBUI, PLATFORM, FaultyPlatform, kill_all, wait_for

from flywheel_helpers.local import background, platform
from flywheel_helpers.webui import server

DISK_SECONDS = 4.0
CLOCK_STEP = 3600  # seconds
TRAINING = "nemo_local.customizer.training.worker"
# Does it, and returns whether there was a target.
Action = Callable[[FaultyPlatform, subprocess.Popen], bool]


def _kill_of(name: str) -> str:
    """The fault that kills a process."""
    return f"kill -9 of {name}"


def _kill_server(name: str) -> Action:
    return lambda of, course: kill_all(of.running(MODULES[name]))


def _kill_training(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    wait_for(lambda: of.running(TRAINING) or course.poll() is not None, "")
    return kill_all(of.running(TRAINING))


def _kill_supervisor(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    running = platform.find(of.home)
    return kill_all([running.process] if running else [])


def _kill_course(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    runs = course.poll() is None
    course.kill()
    course.wait()
    return runs


def _kill_chat(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    running = server.find(of.home)
    return kill_all(background.family(running.process) if running else [])


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
    finally:
        filler.unlink()
    return True


def _set_clock(of: FaultyPlatform, course: subprocess.Popen) -> bool:
    """An hour back, and the next time forward again, as when a clock was wrong and is put right."""
    of.clock.write_text("0" if of.clock.read_text() != "0" else f"-{CLOCK_STEP}")
    return True


TRAINING_KILLED = _kill_of("the training")
SUPERVISOR_KILLED = _kill_of("the supervisor")
TERMINATION = "SIGTERM of all processes"
CHAT = _kill_of("Open WebUI")
FULL_DISK = "a full disk for some seconds"
CLOCK = "a clock that jumps an hour"
FAULTS: dict[str, Action] = {
    **{_kill_of(f"the {name}"): _kill_server(name) for name in MODULES},
    TRAINING_KILLED: _kill_training,
    SUPERVISOR_KILLED: _kill_supervisor,
    _kill_of("the course"): _kill_course,
    CHAT: _kill_chat,
    TERMINATION: _terminate,
    FULL_DISK: _fill_disk,
    CLOCK: _set_clock,
}
# What a fault ends, and with it all that it consists of. Nothing else may end.
ENDED = {
    **{_kill_of(f"the {name}"): (name,) for name in MODULES},
    SUPERVISOR_KILLED: (PLATFORM,),
    CHAT: (OPENWEBUI,),
    TERMINATION: (PLATFORM, OPENWEBUI, EVERYTHING),
}
