"""Starts and stops the process that trains, and explains why one ended."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from nemo_local.common.child import OFFLINE, child_environment, start_child
from nemo_local.common.files import write_json

# How a worker ends. On a full disk the message may not be written either, so that has an exit code of its own.
EXIT_FAILED = 1
EXIT_BUSY = 4  # of a measurement of speed
EXIT_DISK_FULL = errno.ENOSPC
_PROGRAM = "nemo_local.customizer.training.worker"
# Seconds between SIGTERM and SIGKILL.
STOP_GRACE = 5.0
# Lines of the worker's log shown with a failure.
TAIL_LINES = 20
# What to change when memory runs out. Neither ``batch_size`` nor the length of the rows is named: see ``loss.py``.
OUT_OF_MEMORY_ADVICE = "Close other programs, or lower lora.adapter_dim, and create the job again."


class WorkerProcess:
    """One run of ``nemo_local.customizer.training.worker``, its output in ``worker.log`` of the job's directory.

    Args:
        job_dir: the job's directory, created when missing.
        order: what the worker is to do; written to ``job.json``.

    Attributes:
        memory: the most memory that the process was seen to use, in bytes.
    """

    def __init__(self, job_dir: Path, order: dict[str, Any]) -> None:
        job_dir.mkdir(parents=True, exist_ok=True)
        write_json(job_dir / "job.json", {**order, "scheduler_pid": os.getpid()})
        self.job_dir = job_dir
        self.memory = 0
        with (job_dir / "worker.log").open("ab") as output:
            environ = worker_environment(order["gateway_url"])
            self._process = start_child(_PROGRAM, str(job_dir), output=output, environ=environ)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """The exit code (negative: minus the signal), or None while the process runs, whose memory is then noted."""
        with suppress(psutil.Error):
            self.memory = max(self.memory, psutil.Process(self.pid).memory_info().rss)
        return self._process.poll()

    def stop(self) -> None:
        """End the process with SIGTERM, and with SIGKILL if it does not react."""
        self._process.terminate()
        try:
            self._process.wait(STOP_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def explain_exit(code: int, failure: dict[str, Any] | None, memory: int) -> str:
    """Why a worker that was not asked to stop has ended.

    Args:
        code: its exit code.
        failure: its ``failed`` event, if it could still write one.
        memory: the most memory that it was seen to use, in bytes.
    """
    if code == EXIT_DISK_FULL:
        return (
            "The disk is full, so the training could not go on. Free some space (or move FLYWHEEL_HOME to a larger "
            "disk) and create the job again."
        )
    if failure:
        return failure["message"]
    if code < 0:
        name = signal.Signals(-code).name
        if code != -signal.SIGKILL:
            return f"The training process was killed by {name}."
        return (
            f"The training process was killed by {name} while it used {memory / 2**30:.1f} GiB of memory. The system "
            f"does that when memory runs out. {OUT_OF_MEMORY_ADVICE}"
        )
    return f"The training process ended early with exit code {code} and did not say why."


def log_tail(job_dir: Path) -> str:
    """The last lines of the worker's log; empty if it has none."""
    return "\n".join(read_log(job_dir, 64 * 1024).splitlines()[-TAIL_LINES:])


def read_log(job_dir: Path, limit: int) -> str:
    """The last ``limit`` bytes of the worker's log; empty if it has none."""
    path = job_dir / "worker.log"
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - limit))
        return file.read().decode("utf-8", errors="replace")


def worker_environment(gateway_url: str) -> dict[str, str]:
    """The environment of a process that trains: without secrets, and with how its threads wait for each other."""
    environ = child_environment()
    # The worker's Hub is the platform's own, which it reaches even if the machine is offline or behind a proxy. PEFT
    # requests the base model's config whenever it saves: this Hub answers 404 at once, and nothing leaves the machine.
    for name in OFFLINE:
        environ.pop(name, None)
    environ["HF_ENDPOINT"] = f"{gateway_url}/v1/hf"
    # OpenMP's threads wait for each other a thousand times a second here. If they spin without limit, a training that
    # shares its cores with any other computation is ten times slower. If they sleep at once, waking them slows an
    # undisturbed training by about a tenth (two cores, one of them idle a quarter of the time). So they spin for a few
    # milliseconds at most, then sleep.
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    environ.setdefault("GOMP_SPINCOUNT", "100000")
    return environ
