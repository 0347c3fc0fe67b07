"""Routes of jobs and of live evaluations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from nemo_local.common import api_keys
from nemo_local.common.documents import DocumentStore, new_id, utc_now
from nemo_local.common.entities import completed, deleted
from nemo_local.common.errors import ApiError, Conflict, Invalid, NotFound
from nemo_local.common.listing import list_page
from nemo_local.evaluator.datasets import DatasetError
from nemo_local.evaluator.endpoints import Endpoint, resolve_dataset
from nemo_local.evaluator.entities import keep_key
from nemo_local.evaluator.judges import connect_judges, keep_keys
from nemo_local.evaluator.metrics import LlmJudge
from nemo_local.evaluator.plan import Plan, make_plan
from nemo_local.evaluator.running.engine import EvaluationFailed
from nemo_local.evaluator.running.results import write_results_zip, write_zip
from nemo_local.evaluator.running.runner import ACTIVE, JobRunner
from nemo_local.evaluator.schemas import ConfigBody, JobBody, ResultBody, TargetBody
from nemo_local.evaluator.targets import connect

_FIELDS = JobBody.model_fields.keys() | {"status", "status_details", "result"}
LIVE_LIMIT = 100
"""The most samples of a live evaluation, as the client waits for the answer."""


@dataclass(frozen=True)
class _Prepared:
    config: dict
    target: dict
    plan: Plan
    endpoint: Endpoint | None
    judges: dict[LlmJudge, Endpoint]


class Preparation:
    """Prepares the body of a job to run, or says why it cannot.

    Args:
        configs: stored configurations.
        targets: stored targets.
        gateway_url: where the Entity Store answers.
    """

    def __init__(self, configs: DocumentStore, targets: DocumentStore, gateway_url: str) -> None:
        self._configs, self._targets, self._gateway_url = configs, targets, gateway_url

    async def prepare(self, body: JobBody) -> _Prepared:
        """Look up what the body refers to, check everything, and find the model.

        Raises:
            NotFound: there is no such stored config or target.
            Invalid, ApiError: as ``make_plan`` and ``connect``.
        """
        if body.output_files_url:
            raise Invalid("output_files_url", "is not supported; leave it out and use /download-results.")
        config, config_document = await self._load(body.config, self._configs, ConfigBody)
        target, target_document = await self._load(body.target, self._targets, TargetBody)
        for name, task in config.tasks.items():
            if isinstance(task.dataset, str):
                task.dataset = await resolve_dataset(task.dataset, self._gateway_url, f"config.tasks.{name}.dataset")
        plan = make_plan(config, "config")
        keep_key(target_document, target)
        key = target.endpoint and api_keys.find(target_document["id"], target.endpoint.url)
        keep_keys(config_document["id"], plan)
        endpoint = await connect(plan, target, self._gateway_url, key)
        judges = await connect_judges(config_document["id"], plan, self._gateway_url)
        return _Prepared({**config_document, **config.stored()}, target_document, plan, endpoint, judges)

    async def _load(self, given: Any, store: DocumentStore, model: type) -> tuple[Any, dict]:
        if not isinstance(given, str):
            identity, now = new_id(store.prefix), utc_now()
            times = {"created_at": now, "updated_at": now}
            named = {"id": identity, "name": given.name or identity, "namespace": given.namespace}
            return given, {**named, **given.stored(), **times}
        namespace, _, name = given.rpartition("/")
        document = await run_in_threadpool(store.get, namespace or "default", name)
        return model.model_validate(document), document


def shown(job: dict) -> dict:
    """The job as clients see it: without a name, as in NeMo, so that a job that is sent back starts another one."""
    return {key: value for key, value in {"result": None, **completed(JobBody, job)}.items() if key != "name"}


def job_router(jobs: DocumentStore, results: DocumentStore, preparation: Preparation, runner: JobRunner) -> APIRouter:
    """``/v1/evaluation/jobs``."""
    router = APIRouter(prefix="/v1/evaluation/jobs")

    @router.post("")
    async def create(body: JobBody) -> dict:
        prepared = await preparation.prepare(body)
        identity = new_id("eval")
        document = {
            **body.stored(),
            "id": identity,
            "config": prepared.config,
            "target": prepared.target,
            "status": "created",
            "status_details": {
                "message": "Created.",
                "progress": 0.0,
                "samples_processed": 0,
                "task_status": {task.name: "pending" for task in prepared.plan.tasks},
            },
        }

        def store() -> dict:
            runner.files(identity).keep_endpoint(prepared.endpoint)
            return jobs.create(body.namespace, body.name, document)

        job = await run_in_threadpool(store)
        runner.submit(dict(job), prepared.endpoint)
        return shown(job)

    @router.get("")
    def list_(request: Request) -> dict:
        return list_page(request, [shown(job) for job in jobs.list()], _FIELDS)

    @router.get("/{job_id}")
    def retrieve(job_id: str) -> dict:
        return shown(jobs.get_by_id(job_id))

    @router.get("/{job_id}/status")
    def status(job_id: str) -> dict:
        job = jobs.get_by_id(job_id)
        # The SDK's type has only the details; for clients that read the plain answer the status is added.
        return {**job["status_details"], "status": job["status"]}

    @router.get("/{job_id}/results")
    def job_results(job_id: str) -> dict:
        job = jobs.get_by_id(job_id)
        if job["status"] != "completed":
            raise NotFound(
                f"The job {job_id} has no results: it is {job['status']}. {job['status_details']['message']}"
            )
        return completed(ResultBody, results.get_by_id(job["result"]))

    @router.get("/{job_id}/download-results")
    def download_results(job_id: str) -> FileResponse:
        job = jobs.get_by_id(job_id)
        if job["status"] in ACTIVE:
            raise Conflict(f"The job {job_id} is {job['status']}; its results can be downloaded when it has ended.")
        files = runner.files(job_id)
        result = results.get_by_id(job["result"]) if job["status"] == "completed" else {"job": job_id, "tasks": {}}
        content = {**result, "status": job["status"], "message": job["status_details"]["message"]}
        path = files.download / f"{job_id}-results.zip"
        write_results_zip(path, content, files.records())
        return FileResponse(path, media_type="application/zip", filename=path.name)

    @router.get("/{job_id}/logs")
    def download_logs(job_id: str) -> FileResponse:
        jobs.get_by_id(job_id)
        files = runner.files(job_id)
        path = files.download / f"{job_id}-logs.zip"
        write_zip(path, [("job.log", files.read_log())])
        return FileResponse(path, media_type="application/zip", filename=path.name)

    @router.post("/{job_id}/cancel")
    async def cancel(job_id: str) -> dict:
        job = await run_in_threadpool(jobs.get_by_id, job_id)
        if job["status"] in ("completed", "failed"):
            raise Conflict(f"The job {job_id} is already {job['status']} and cannot be cancelled.")
        await runner.cancel(job_id)
        return shown(await run_in_threadpool(jobs.get_by_id, job_id))

    @router.delete("/{job_id}")
    async def delete(job_id: str) -> dict:
        job = await run_in_threadpool(jobs.get_by_id, job_id)
        await runner.cancel(job_id)

        def remove() -> dict:
            # The job last: until then, repeating a removal that was interrupted completes it.
            for result in [one for one in results.list() if one["job"] == job_id]:
                with suppress(NotFound):
                    results.delete(result["namespace"], result["name"])
            runner.files(job_id).remove()
            return deleted(jobs.delete(job["namespace"], job["name"]))

        return await run_in_threadpool(remove)

    return router


def live_router(preparation: Preparation, runner: JobRunner) -> APIRouter:
    """``/v1/evaluation/live``."""
    router = APIRouter(prefix="/v1/evaluation/live")

    @router.post("")
    async def live(body: JobBody) -> dict:
        prepared = await preparation.prepare(body)
        rows = prepared.target.get("rows")
        for task in prepared.plan.tasks:
            if (task.limit or (len(rows or []) if task.dataset is None else LIVE_LIMIT + 1)) > LIVE_LIMIT:
                raise Invalid(
                    f"config.tasks.{task.name}.dataset.limit",
                    f"a live evaluation takes at most {LIVE_LIMIT} samples a task; set a limit, or create a job.",
                )
        try:
            tasks, details, log = await runner.live(prepared.plan, rows, prepared.endpoint, prepared.judges)
        except (DatasetError, EvaluationFailed, ApiError) as error:
            return {"status": "failed", "status_details": {"message": str(error)}}
        result = completed(ResultBody, {"job": new_id("live"), "namespace": body.namespace, "tasks": tasks})
        return {"status": "completed", "status_details": details, "result": result, "logs": {"log": log}}

    return router
