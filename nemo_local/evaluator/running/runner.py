"""Runs jobs in the background: in one thread with an event loop of its own, so that the gateway's is never held up."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import ApiError, Invalid, is_disk_full
from nemo_local.evaluator.datasets import DatasetError
from nemo_local.evaluator.endpoints import Endpoint, served_models
from nemo_local.evaluator.judges import connect_judges
from nemo_local.evaluator.plan import Plan, make_plan
from nemo_local.evaluator.running.engine import EvaluationFailed, Judges
from nemo_local.evaluator.running.evaluation import evaluate
from nemo_local.evaluator.running.job_files import JobFiles
from nemo_local.evaluator.schemas import ConfigBody
from nemo_local.settings import Settings

log = logging.getLogger(__name__)

ACTIVE = ("created", "pending", "running")
CONCURRENT_JOBS = 4
CANCELLED = "Cancelled. The samples done so far can be downloaded."
SAVE_INTERVAL = 0.5  # seconds between writes of a running job's progress
FULL_DISK_PAUSE = 5.0  # seconds between attempts to record the end of a job
TARGET_WAIT = 120.0  # seconds a resumed job waits for its target, and for its judges, which may be starting too


class JobRunner:
    """Starts, resumes and cancels jobs.

    Args:
        settings: where files go and where the gateway is.
        jobs: the job documents.
        results: the result documents.
    """

    def __init__(self, settings: Settings, jobs: DocumentStore, results: DocumentStore) -> None:
        self._jobs, self._results = jobs, results
        self._directory = settings.service_dir("evaluator") / "jobs"
        self._gateway_url = settings.gateway_url
        self._hub_endpoint = f"{settings.gateway_url}/v1/hf"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="evaluation-jobs", daemon=True)
        # Looked for before the gateway answers: a job that is created while it starts must not be run twice.
        self._left_behind = [job for job in jobs.list() if job["status"] in ACTIVE]
        self._tasks: dict[str, asyncio.Task] = {}
        self._slots = asyncio.Semaphore(CONCURRENT_JOBS)
        self._stopping = False

    def start(self) -> None:
        """Start the thread and go on with the jobs a stopped platform left behind."""
        self._thread.start()
        for job in self._left_behind:
            try:
                endpoint = self.files(job["id"]).endpoint()
            except (OSError, LookupError, ValueError) as error:
                self._finish(job, "failed", f"The platform was stopped during this job and cannot resume it: {error}.")
            else:
                self.submit(job, endpoint, resumed=True)

    def stop(self) -> None:
        """Stop all work. Jobs keep their state and are resumed by the next start."""
        self._stopping = True
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def files(self, job_id: str) -> JobFiles:
        """What a job keeps on disk."""
        return JobFiles(self._directory / job_id)

    def submit(self, job: dict, endpoint: Endpoint | None, resumed: bool = False) -> None:
        """Run a job in the background.

        Args:
            job: its document.
            endpoint: where its model is; None when it needs none.
            resumed: whether it was interrupted by a stop of the platform.
        """
        asyncio.run_coroutine_threadsafe(self._launch(job, endpoint, resumed), self._loop)

    async def cancel(self, job_id: str) -> None:
        """Cancel a job, if it runs, and wait until it has stopped. To be awaited in any event loop."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._cancel(job_id), self._loop))

    async def live(
        self, plan: Plan, rows: list[dict] | None, endpoint: Endpoint | None, judges: Judges
    ) -> tuple[dict, dict, str]:
        """Evaluate now, keeping nothing.

        Returns:
            The ``tasks`` of the result, the last status details, and the log.

        Raises:
            DatasetError, EvaluationFailed: as ``evaluate``.
        """
        details: dict[str, Any] = {}

        async def work() -> dict:
            return await evaluate(plan, rows, endpoint, judges, files, self._hub_endpoint, details.update)

        with tempfile.TemporaryDirectory(dir=self._directory.parent) as directory:
            files = JobFiles(Path(directory))
            tasks = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop))
            return tasks, details, files.read_log()

    async def _launch(self, job: dict, endpoint: Endpoint | None, resumed: bool) -> None:
        task = asyncio.create_task(self._run(job, endpoint, resumed))
        self._tasks[job["id"]] = task
        task.add_done_callback(lambda _: self._ended(job, task))

    def _ended(self, job: dict, task: asyncio.Task) -> None:
        del self._tasks[job["id"]]
        # `_run` catches its cancellation, unless that came before its first step.
        if task.cancelled() and not self._stopping:
            self._finish(job, "cancelled", CANCELLED)

    async def _cancel(self, job_id: str) -> None:
        if task := self._tasks.get(job_id):
            task.cancel()
            await asyncio.wait({task})

    async def _cancel_all(self) -> None:
        for job_id in list(self._tasks):
            await self._cancel(job_id)

    async def _run(self, job: dict, endpoint: Endpoint | None, resumed: bool) -> None:
        files = self.files(job["id"])
        try:
            if self._slots.locked():
                # The job stays `created`: clients of NeMo Evaluator know no other state before `running`.
                waiting = f"Waiting to start: {CONCURRENT_JOBS} evaluations run at a time, and as many are running."
                self._save(job, status_details={**job["status_details"], "message": waiting})
            async with self._slots:
                started = {**job["status_details"], "message": "Reading the dataset."}
                self._save(job, status="running", status_details=started)
                if resumed:
                    files.log("resumed after a stop of the platform")
                    await self._wait_for(endpoint)
                outcome = await self._evaluate(job, endpoint, files, TARGET_WAIT if resumed else 0.0)
                result = self._results.create(job["namespace"], None, outcome)
            await self._end(job, "completed", "Completed.", result["id"])
        except asyncio.CancelledError:
            if not self._stopping:
                await self._end(job, "cancelled", CANCELLED)
        except (DatasetError, EvaluationFailed, ApiError) as error:
            await self._end(job, "failed", str(error))
        except Exception as error:
            if is_disk_full(error):
                reason = "The disk is full. Free some space and create the job again."
            else:
                log.exception("evaluation job %s", job["id"])
                reason = f"Unexpected {type(error).__name__}: {error}. The log of the gateway has the traceback."
            await self._end(job, "failed", reason)

    async def _evaluate(self, job: dict, endpoint: Endpoint | None, files: JobFiles, patience: float) -> dict:
        saved = 0.0

        def on_progress(details: dict) -> None:
            nonlocal saved
            job["status_details"] = details
            if time.monotonic() - saved >= SAVE_INTERVAL:
                saved = time.monotonic()
                self._save(job, status_details=details)

        plan = make_plan(ConfigBody.model_validate(job["config"]))
        rows = job["target"].get("rows")
        judges = await self._connect_judges(job["config"]["id"], plan, patience)
        tasks = await evaluate(plan, rows, endpoint, judges, files, self._hub_endpoint, on_progress)
        return {"job": job["id"], "tasks": tasks}

    async def _connect_judges(self, config_id: str, plan: Plan, patience: float) -> Judges:
        """Connect them, where they do not answer or are not served yet within so many seconds."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return await connect_judges(config_id, plan, self._gateway_url)
            except ApiError as error:
                if time.monotonic() > deadline or not (error.status == 503 or isinstance(error, Invalid)):
                    raise
            await asyncio.sleep(1)

    async def _wait_for(self, endpoint: Endpoint | None) -> None:
        deadline = time.monotonic() + TARGET_WAIT
        while endpoint:
            reason = f"the model {endpoint.model_id!r} is not served at {endpoint.url}"
            try:
                if endpoint.model_id in await served_models(endpoint):
                    return
            except ApiError as error:
                reason = error.detail
            if time.monotonic() > deadline:
                raise EvaluationFailed(
                    "The platform was stopped during this job, and its target is not back after "
                    f"{TARGET_WAIT:.0f} s: {reason}"
                )
            await asyncio.sleep(1)

    def _save(self, job: dict, **patch: Any) -> None:
        self._jobs.update(job["namespace"], job["name"], patch)

    async def _end(self, job: dict, status: str, message: str, result: str | None = None) -> None:
        """Record how a job ended. If the disk is full, retry until it can be written: nobody should wait for a job
        that never ends."""
        while True:
            try:
                return self._finish(job, status, message, result)
            except Exception as error:
                if not is_disk_full(error):
                    raise
            await asyncio.sleep(FULL_DISK_PAUSE)

    def _finish(self, job: dict, status: str, message: str, result: str | None = None) -> None:
        details = job["status_details"]
        done = f" {details['message']}." if details["samples_processed"] else ""
        # The API has no word for a task that was cancelled.
        states = details["task_status"].items()
        ended = {task: state if state == "completed" else "failed" for task, state in states}
        patch = {"result": result} if result else {}
        details = {**details, "message": message + done, "task_status": ended}
        self._save(job, status=status, status_details=details, **patch)
        self.files(job["id"]).log(f"{status}: {message}")
