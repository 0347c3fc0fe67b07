"""Runs one training at a time: the queue, the running job, and the recovery after a restart of the platform."""

from __future__ import annotations

import logging
import shutil
import signal
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nemo_local.common.errors import is_disk_full
from nemo_local.customizer.jobs import FINISHED, WAITING, Jobs
from nemo_local.customizer.progress import EventFile, TrainingProgress
from nemo_local.customizer.worker_process import EXIT_DISK_FULL, WorkerProcess, explain_exit, log_tail
from nemo_local.settings import Settings

log = logging.getLogger(__name__)

# Seconds between two polls of the worker.
POLL = 0.5
# Seconds before a training whose process was killed is resumed. A shutdown of the machine ends all processes at once;
# the gateway first finishes the requests in progress, but stops this scheduler within that time.
RESTART_PAUSE = 6.0
# How the entry of the status log begins that says that it is resumed.
KILLED = "The training process was killed by "


class Scheduler:
    """Runs jobs in the order in which they were submitted, in a thread of its own.

    Args:
        jobs: keeps their state.
        settings: of the platform.
    """

    def __init__(self, jobs: Jobs, settings: Settings) -> None:
        self.jobs = jobs
        self.settings = settings
        self.home = settings.service_dir("customizer")
        self._waiting: deque[str] = deque()
        # Looked for before the gateway answers: a job that is created while it starts must not be queued twice.
        self._left_behind = [job["id"] for job in jobs.unfinished()]
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="customizer-scheduler", daemon=True)
        self._lock = FileLock(self.home / "scheduler.lock", timeout=10)

    def start(self) -> None:
        """Queue the jobs that an earlier platform left unfinished, and start the thread.

        Raises:
            RuntimeError: another platform uses the same directory.
        """
        try:
            self._lock.acquire()
        except Timeout as error:
            raise RuntimeError(
                f"another platform runs customization jobs in {self.home}; stop it, or set another FLYWHEEL_HOME"
            ) from error
        interrupted = []
        for job in map(self.jobs.get, self._left_behind):
            if job["status"] in FINISHED:
                continue
            if job["status"] == "cancelling":
                self._discard_checkpoint(job["id"])
                self.jobs.move(job["id"], "cancelled", "Cancelled; the platform was stopped meanwhile")
            elif job["status"] == "running":
                message = "The platform was stopped while this job was running; the job will be resumed"
                self.jobs.move(job["id"], "pending", message)
                interrupted.append(job["id"])
            else:
                self._waiting.append(job["id"])
        self._waiting.extendleft(reversed(interrupted))
        self._thread.start()

    def submit(self, job_id: str) -> None:
        """Add a job to the queue."""
        self._waiting.append(job_id)
        self._wake.set()

    def wake(self) -> None:
        """Poll the running job now, because its state was changed."""
        self._wake.set()

    def stop(self) -> None:
        """Stop the worker, whose job the next start resumes, and end the thread."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._lock.release()

    def job_dir(self, job_id: str) -> Path:
        """Directory with all files of a job."""
        return self.home / "jobs" / job_id

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not self._waiting:
                self._pause()
                continue
            job_id = self._waiting.popleft()
            try:
                self._run(job_id)
            except Exception as error:  # an error of one job must not stop the scheduler for all others
                log.exception("%s failed in the scheduler", job_id)
                self._discard_checkpoint(job_id)
                full = is_disk_full(error)
                reason = explain_exit(EXIT_DISK_FULL, None, 0) if full else f"The platform could not go on: {error}"
                self._end(job_id, "failed", f"Job failed: {reason}")

    def _pause(self) -> None:
        self._wake.wait(POLL)
        self._wake.clear()

    def _run(self, job_id: str) -> None:
        if not self.jobs.begin(job_id):
            return
        events, progress = EventFile(self.job_dir(job_id) / "events.jsonl"), TrainingProgress()
        for event in events.read():  # from before a restart, and in the status log already
            progress.apply(event)
        progress.failure = None
        while True:
            code, memory = self._train(job_id, events, progress)
            if not self._was_killed(job_id, code, progress):
                break
            if self._stopping.wait(RESTART_PAUSE):
                return
            job = self.jobs.get(job_id)
            if job["status"] == "cancelling" or _was_killed_before(job):
                break
            self.jobs.note(job_id, f"{KILLED}{signal.Signals(-code).name}; {self._where_from(job_id)}")
        if code is None:
            return
        self._discard_checkpoint(job_id)  # nothing resumes a job that has ended, however it has
        if progress.published:
            self._end(job_id, "completed", "Job completed")
        elif self.jobs.get(job_id)["status"] == "cancelling":
            self._end(job_id, "cancelled", "Cancelled; the training process was stopped")
        else:
            explained = code == EXIT_DISK_FULL or (progress.failure and not progress.failure["stack_trace"])
            detail = None if explained else log_tail(self.job_dir(job_id)) or None
            self._end(job_id, "failed", f"Job failed: {explain_exit(code, progress.failure, memory)}", detail)

    def _train(self, job_id: str, events: EventFile, progress: TrainingProgress) -> tuple[int | None, int]:
        """One run of the worker: its exit code, None when the platform stops, and the most memory it used, in bytes."""
        worker = WorkerProcess(self.job_dir(job_id), self._order(self.jobs.get(job_id)))
        try:
            self.jobs.note(job_id, f"Running in process {worker.pid}")
            return self._watch(job_id, worker, events, progress), worker.memory
        finally:
            worker.stop()

    def _was_killed(self, job_id: str, code: int | None, progress: TrainingProgress) -> bool:
        """Whether a worker with work left was ended from outside, by the system or by somebody, and not by us."""
        cancelling = self.jobs.get(job_id)["status"] == "cancelling"
        return code is not None and code < 0 and not (progress.published or progress.failure or cancelling)

    def _where_from(self, job_id: str) -> str:
        saved = any(self.job_dir(job_id).glob("checkpoint*/progress.json"))
        return f"it starts again {'from its last checkpoint' if saved else 'from the beginning'}, but only this once."

    def _watch(self, job_id: str, worker: WorkerProcess, events: EventFile, progress: TrainingProgress) -> int | None:
        """Follow the worker until it ends. Returns its exit code, or None when the platform stops."""
        earlier = self.jobs.get(job_id)["status_details"]["elapsed_time"]
        began = time.monotonic()
        while not self._stopping.is_set():
            self._explain_waiting(job_id, progress)
            if self.jobs.get(job_id)["status"] == "cancelling":
                worker.stop()
            code = worker.exit_code()  # before reading the events, so that none is missed when it has ended
            for event in events.read():
                self._take(job_id, event, progress)
            elapsed = round(earlier + time.monotonic() - began, 1)
            self.jobs.report(job_id, {**progress.details(), "elapsed_time": elapsed})
            if code is not None:
                return code
            self._pause()
        return None

    def _take(self, job_id: str, event: dict[str, Any], progress: TrainingProgress) -> None:
        line = progress.apply(event)
        if line:
            self.jobs.note(job_id, line)
        if event["type"] == "started":
            snapshot = self.jobs.get(job_id)["config_snapshot"]
            self.jobs.patch(job_id, {"config_snapshot": {**snapshot, "precision": progress.precision}})

    def _explain_waiting(self, running: str, progress: TrainingProgress) -> None:
        waiting = [job_id for job_id in list(self._waiting) if self.jobs.get(job_id)["status"] != "cancelled"]
        for place, job_id in enumerate(waiting, start=1):
            self.jobs.wait(
                job_id,
                f"{WAITING}the job {running} ({progress.time_left()}); place {place} of {len(waiting)} in the queue. "
                "This machine runs one training at a time.",
            )

    def _discard_checkpoint(self, job_id: str) -> None:
        for folder in self.job_dir(job_id).glob("checkpoint*"):  # with what a kill left half-written beside it
            shutil.rmtree(folder, ignore_errors=True)

    def _end(self, job_id: str, status: str, message: str, detail: str | None = None) -> None:
        """Record how a job ended. If the disk is full, retry until it can be written."""
        while not self._stopping.is_set():
            try:
                self.jobs.move(job_id, status, message, detail)
                return
            except Exception:
                log.exception("%s is %s, which could not be stored; trying again", job_id, status)
                self._stopping.wait(5)

    def _order(self, job: dict[str, Any]) -> dict[str, Any]:
        """The content of the worker's ``job.json``: all it needs to know."""
        return {
            "job_id": job["id"],
            "gateway_url": self.settings.gateway_url,
            "home": str(self.settings.home),
            "models_dir": str(self.settings.models_dir),
            "base_model": job["config_snapshot"]["base_model"],
            "max_seq_length": job["config_snapshot"]["max_seq_length"],
            "hyperparameters": job["hyperparameters"],
            "description": job.get("description"),
            "project": job.get("project"),
            "provenance": job["provenance"],
            **job["plan"],
        }


def _was_killed_before(job: dict[str, Any]) -> bool:
    """Whether a job has been resumed after a kill. A training that needs more memory than there is would be killed, and
    resumed, without end."""
    return any(entry["message"].startswith(KILLED) for entry in job["status_details"]["status_logs"])
