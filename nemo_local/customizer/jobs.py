"""The documents of customization jobs and every change of their state, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from nemo_local.common.documents import DocumentStore, utc_now
from nemo_local.common.errors import Conflict

FINISHED = ("completed", "failed", "cancelled")
# How the entry of the status log begins that says what a job is waiting for.
WAITING = "Waiting for "
# Fields only the platform itself reads: what the worker needs beyond the request, and the name as it was asked for.
INTERNAL = ("plan", "given_name")


class Jobs:
    """All customization jobs. Routes and scheduler change them through here, so that no change is lost.

    Args:
        database: the SQLite file.
    """

    def __init__(self, database: Path) -> None:
        self._store = DocumentStore(database, "customization job")
        self._lock = threading.RLock()

    def create(self, namespace: str, name: str | None, body: dict) -> dict:
        """Store a new job in state ``created``.

        Several jobs may have the same name, as with NeMo: a flywheel names each of its trainings alike.

        Raises:
            Conflict: another unfinished job makes the same output model.
        """
        with self._lock:
            output = body.get("output_model")
            rival = next((j for j in self.unfinished() if output and j.get("output_model") == output), None)
            if rival:
                raise Conflict(
                    f"output_model {output!r} is what the job {rival['id']} is making. Wait for it, cancel it, or "
                    "choose another name or version."
                )
            now = utc_now()
            details = {"created_at": now, "updated_at": now, "status_logs": [], "elapsed_time": 0.0}
            state = {"status": "created", "status_details": details, "given_name": name}
            job = self._store.create(namespace, None, {**body, **state})
            return self.note(job["id"], "Job created")

    def get(self, job_id: str) -> dict:
        """The job with that id. Raises NotFound."""
        return self._store.get_by_id(job_id)

    def list(self) -> list[dict]:
        """All jobs, oldest first."""
        return self._store.list()

    def unfinished(self) -> list[dict]:
        """Jobs that are waiting or running, oldest first."""
        return [job for job in self._store.list() if job["status"] not in FINISHED]

    def move(self, job_id: str, status: str, message: str, detail: str | None = None) -> dict:
        """Put the job into another state and say why in its ``status_logs``."""
        return self._change(job_id, lambda job: {**_logged(job, message, detail), "status": status})

    def note(self, job_id: str, message: str, detail: str | None = None) -> dict:
        """Add a line to the job's ``status_logs``."""
        return self._change(job_id, lambda job: _logged(job, message, detail))

    def wait(self, job_id: str, message: str) -> None:
        """Put a job that has not begun into ``pending`` and say in its ``status_logs`` what it is waiting for.

        While it waits, the message is updated in place and the entry keeps its time: the start of the waiting.

        Args:
            job_id: the job.
            message: begins with :data:`WAITING`.
        """
        with self._lock:
            job = self.get(job_id)
            logs = job["status_details"]["status_logs"]
            if job["status"] not in ("created", "pending") or logs[-1]["message"] == message:
                return
            if logs[-1]["message"].startswith(WAITING):
                self.report(job_id, {"status_logs": [*logs[:-1], {**logs[-1], "message": message}]})
            else:
                self.move(job_id, "pending", message)

    def report(self, job_id: str, progress: dict) -> dict:
        """Merge fields into the job's ``status_details``."""
        return self._change(
            job_id, lambda job: {"status_details": {**job["status_details"], **progress, "updated_at": utc_now()}}
        )

    def patch(self, job_id: str, values: dict) -> dict:
        """Replace top-level fields."""
        return self._change(job_id, lambda _: values)

    def begin(self, job_id: str) -> bool:
        """Put a waiting job into ``running``; False if it was cancelled while it waited."""
        with self._lock:
            status = self.get(job_id)["status"]
            if status == "created":
                self.move(job_id, "pending", "It is this job's turn")
            elif status != "pending":
                return False
            self.move(job_id, "running", "Starting the training process")
            return True

    def request_cancel(self, job_id: str) -> dict:
        """Cancel a waiting job at once; put a running one into ``cancelling``, for the scheduler to stop it.

        Raises:
            NotFound: there is no such job.
            Conflict: it has ended.
        """
        with self._lock:
            job = self.get(job_id)
            if job["status"] in ("completed", "failed"):
                raise Conflict(f"The job {job_id} has {job['status']} already; there is nothing to cancel.")
            if job["status"] == "running":
                return self.move(job_id, "cancelling", "Cancel requested; stopping the training process")
            if job["status"] in ("created", "pending"):
                return self.move(job_id, "cancelled", "Cancelled before training began")
            return job

    def _change(self, job_id: str, patch: Callable[[dict], dict]) -> dict:
        with self._lock:
            job = self.get(job_id)
            return self._store.update(job["namespace"], job["name"], patch(job))


def shown(job: dict) -> dict:
    """The job as clients see it."""
    visible = {key: value for key, value in job.items() if key not in INTERNAL}
    name = job.get("given_name") or job["name"]
    return {**visible, "name": name, "status_details": {**job["status_details"], "status": job["status"]}}


def _logged(job: dict, message: str, detail: str | None) -> dict:
    details, now = job["status_details"], utc_now()
    entry = {"updated_at": now, "message": message, "detail": detail}
    return {"status_details": {**details, "updated_at": now, "status_logs": [*details["status_logs"], entry]}}
