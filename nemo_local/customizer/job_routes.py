"""``/v1/customization/jobs``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from nemo_local.common.documents import new_id, read_time
from nemo_local.common.errors import Conflict, Invalid
from nemo_local.common.hub_uri import parse_hub_uri
from nemo_local.common.listing import list_page
from nemo_local.customizer.catalog import Catalog, config_warning
from nemo_local.customizer.hyperparameters import limit_val_check_interval
from nemo_local.customizer.jobs import Jobs, shown
from nemo_local.customizer.progress import EventFile
from nemo_local.customizer.scheduler import Scheduler
from nemo_local.customizer.schemas import ConfigBody, JobCreate
from nemo_local.customizer.stores import DatasetSource, OutputModel, find_dataset, model_exists
from nemo_local.customizer.target_modules import expand_target_modules
from nemo_local.customizer.worker_process import read_log

JOBS = "/v1/customization/jobs"
# Bytes of a worker's log sent to a client.
LOG_LIMIT = 256 * 1024
# Kubernetes' words for the state of a container, which NeMo's clients read here.
_PHASES = {
    "completed": "Succeeded",
    "failed": "Failed",
    "cancelled": "Failed",
    "running": "Running",
    "cancelling": "Running",
}


# What clients may filter jobs by.
_FIELDS = JobCreate.model_fields.keys() | {"status", "status_details", "config_snapshot", "provenance", "warnings"}
_COMPUTED = {
    "base_model": lambda job: job["config_snapshot"]["base_model"],
    **{
        # The name is bound as a default, or all of the functions would read the last one.
        name: lambda job, name=name: job["hyperparameters"][name]
        for name in ("batch_size", "epochs", "finetuning_type", "log_every_n_steps", "training_type")
    },
}


def job_router(catalog: Catalog, jobs: Jobs, scheduler: Scheduler, gateway_url: str) -> APIRouter:
    """The routes, for the official SDK's ``customization.jobs``."""
    router = APIRouter()

    @router.post(JOBS)
    async def create_job(body: JobCreate) -> dict:
        config = await run_in_threadpool(_config, catalog, body)
        _check_target_modules(catalog, config, body)
        namespace, name, limit = _dataset_name(body)
        source = await find_dataset(gateway_url, namespace, name, limit)
        given = None if isinstance(body.dataset, str) else body.dataset.files_url
        if given not in (None, source.files_url):
            raise Invalid("dataset.files_url", f"the Entity Store has {source.files_url!r} for {source.label}.")
        job_id = new_id("cust")
        output = OutputModel.parse(body.output_model, body.namespace, job_id) if body.output_model else None
        if output and await model_exists(gateway_url, output):
            raise Conflict(
                f"output_model: the model {output} already exists. Use it, delete it, or ask for another version."
            )
        document = _document(body, config, source, output)
        job = await run_in_threadpool(jobs.create, body.namespace, body.name, {"id": job_id, **document})
        scheduler.submit(job_id)
        return shown(job)

    @router.get(JOBS)
    def list_jobs(request: Request) -> dict:
        return list_page(request, [shown(job) for job in jobs.list()], _FIELDS, _COMPUTED)

    @router.get(JOBS + "/{job_id}")
    def retrieve_job(job_id: str) -> dict:
        return shown(jobs.get(job_id))

    @router.get(JOBS + "/{job_id}/status")
    def job_status(job_id: str) -> dict:
        return shown(jobs.get(job_id))["status_details"]

    @router.post(JOBS + "/{job_id}/cancel")
    def cancel_job(job_id: str) -> dict:
        job = jobs.request_cancel(job_id)
        scheduler.wake()
        return shown(job)

    @router.get(JOBS + "/{job_id}/container-logs")
    def container_logs(job_id: str) -> dict:
        return _container_logs(jobs.get(job_id), scheduler)

    return router


def _config(catalog: Catalog, body: JobCreate) -> dict:
    """The configuration a job names or carries, with its target's document in it."""
    if isinstance(body.config, ConfigBody):
        config = catalog.resolved({"namespace": body.config.namespace, **catalog.prepare_config(body.config)})
    else:
        config = catalog.config(body.config, body.namespace)
    target = config["target"]
    if not target["enabled"]:
        raise Invalid("config", f"its target {target['name']!r} is not enabled for training.")
    if target["status"] != "ready":
        said = target.get("warning_message")
        raise Invalid(
            "config",
            f"the model of its target {target['name']!r} is not ready to be trained ({target['status']}"
            f"{f': {said}' if said else ''}). GET /v1/customization/targets shows how far it is.",
        )
    return config


def _check_target_modules(catalog: Catalog, config: dict, body: JobCreate) -> None:
    """Raise Invalid if a name chooses no layer of the base model, which has fewer than others may have."""
    modules = body.hyperparameters.lora.target_modules if body.hyperparameters.lora else None
    if modules:
        try:
            expand_target_modules(modules, catalog.models.get(config["target"]["base_model"]).facts.num_layers)
        except ValueError as problem:
            raise Invalid("hyperparameters.lora.target_modules", str(problem)) from None


def _dataset_name(body: JobCreate) -> tuple[str, str, int | None]:
    if not isinstance(body.dataset, str):
        return body.dataset.namespace, body.dataset.name, body.dataset.limit
    reference = body.dataset
    if reference.startswith("hf://"):
        try:
            uri = parse_hub_uri(reference, "dataset")
        except ValueError as problem:
            raise Invalid("dataset", str(problem)) from None
        if uri.revision:
            raise Invalid("dataset", "names a revision; the files_url of the dataset in the Entity Store decides it.")
        reference = uri.id
    namespace, _, name = reference.rpartition("/")
    return namespace or body.namespace, name, None


def _document(body: JobCreate, config: dict, source: DatasetSource, output: OutputModel | None) -> dict[str, Any]:
    values, warnings = body.hyperparameters.complete(), []
    if changed := limit_val_check_interval(values):
        warnings.append({"message": changed})
    if body.hyperparameters.sequence_packing_enabled:
        warnings.append(
            {"message": "sequence_packing_enabled is ignored: the local Customizer packs the rows of a batch anyway."}
        )
    if ignored := config_warning(config):
        warnings.append({"message": ignored})
    if body.integrations:
        kinds = ", ".join(sorted(str(integration.get("type", "unknown")) for integration in body.integrations))
        warnings.append(
            {
                "message": f"integrations ({kinds}) are ignored: the local platform reports to no outside service.",
                "explanation": "Loss curves are in the job's status_details.metrics.",
            }
        )
    named = isinstance(body.config, str)
    config_name = f"{config['namespace']}/{config['name']}" if named else None
    snapshot = {
        "base_model": config["target"]["base_model"],
        "max_seq_length": config["max_seq_length"],
        "precision": config["target"]["precision"],
        "training_option": config["training_options"][0],
        "dataset_schema": config["dataset_schemas"][0],
        "prompt_template": config.get("prompt_template"),
    }
    return {
        "config": config_name or config,
        "config_snapshot": snapshot,
        "dataset": source.label,
        "hyperparameters": values,
        "output_model": str(output) if output else None,
        "description": body.description,
        "project": body.project,
        "custom_fields": body.custom_fields,
        "ownership": body.ownership,
        "integrations": body.integrations,
        "warnings": warnings,
        # Not a field of NeMo: tells whether a finished job had the same inputs as a new one would have.
        "provenance": {
            "config": config_name or "inline",
            "dataset": source.label,
            "dataset_revision": source.revision,
            "hyperparameters_digest": body.hyperparameters.digest(),
        },
        "plan": {
            "dataset": asdict(source),
            "output": asdict(output) if output else None,
        },
    }


def _container_logs(job: dict, scheduler: Scheduler) -> dict:
    """The worker, shown as the job's only container: with its log, and the job's status log as its events."""
    folder = scheduler.job_dir(job["id"])
    events = [
        {
            "type": "Warning" if entry["message"].startswith(("Warning", "Job failed")) else "Normal",
            "reason": "StatusChanged",
            "message": entry["message"],
            "count": "1",
            "first_seen": (seen := int(read_time(entry["updated_at"]).timestamp())),
            "last_seen": seen,
        }
        for entry in job["status_details"]["status_logs"]
    ]
    entry = {
        "object": f"process/{job['id']}",
        "events": events,
        "logs": {"worker": read_log(folder, LOG_LIMIT)},
        "status": {"phase": _PHASES.get(job["status"], "Pending")},
    }
    failures = [event for event in EventFile(folder / "events.jsonl").read() if event["type"] == "failed"]
    error = None
    if failures and job["status"] == "failed":
        last = failures[-1]
        error = {name: last[name] for name in ("message", "exception_type", "file", "line", "stack_trace")}
        error["timestamp"] = last["time"]
    return {"entries": {"training": entry}, "error": error}
