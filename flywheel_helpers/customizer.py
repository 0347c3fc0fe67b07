"""Customizer: fine-tuning jobs. A job that was run before with the same inputs is found again, not run twice."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

from flywheel_helpers import data_store, entity_store
from flywheel_helpers.errors import ConfigError, Conflict
from flywheel_helpers.http import Connection
from flywheel_helpers.jobs import ACTIVE, INPUTS_FIELD, Job, digest, same_inputs

SERVICE = "Customizer"


@dataclass(frozen=True)
class Hyperparameters:
    """What a training run is told.

    Args:
        epochs: times through the training rows.
        batch_size: rows a step.
        learning_rate: size of a step, at its largest.
        adapter_dim: rank of the LoRA matrices.
        alpha: how strongly the adapter counts; the platform scales by alpha / adapter_dim.
        adapter_dropout: share of adapter inputs dropped while training.
        warmup_steps: steps over which the learning rate grows to its full size.
        max_steps: stop after so many steps, whatever the epochs say; None for no limit.
        log_every_n_steps: how often the training loss is reported.
        val_check_interval: how often the validation loss is measured: steps, or a share of an epoch up to 1.0.
        seed: for the same result from the same inputs.
    """

    epochs: int = 2
    batch_size: int = 8
    learning_rate: float = 1e-3
    adapter_dim: int = 32
    alpha: int = 32
    adapter_dropout: float = 0.0
    warmup_steps: int = 10
    max_steps: int | None = None
    log_every_n_steps: int = 5
    val_check_interval: float = 0.5
    seed: int = 42

    def body(self) -> dict[str, Any]:
        """The `hyperparameters` of a job request."""
        values = {key: value for key, value in asdict(self).items() if value is not None}
        lora = {key: values.pop(key) for key in ("adapter_dim", "alpha", "adapter_dropout")}
        return {"finetuning_type": "lora", "training_type": "sft", **values, "lora": lora}


def list_configs(nemo: Connection) -> list[dict[str, Any]]:
    """What the Customizer can train: one configuration for each model and kind of hardware."""
    return nemo.all_pages(SERVICE, "/v1/customization/configs")


def config_name(config: dict[str, Any]) -> str:
    """Full name of a configuration. Some releases list the bare name beside its namespace, some the full one."""
    name = config.get("name") or ""
    return name if "/" in name else f"{config.get('namespace', 'default')}/{name}"


def pick_config(nemo: Connection) -> dict[str, Any]:
    """The configuration of config.py's base model and version.

    Raises:
        ConfigError: there is none; the message lists the ones of this model, or all when the model is unknown.
    """
    settings = nemo.settings
    configs = {config_name(config): config for config in list_configs(nemo)}
    if settings.customization_config in configs:
        return configs[settings.customization_config]
    known = [name for name in configs if name.split("@")[0] == settings.base_model]
    if known:
        versions = ", ".join(name.partition("@")[2] for name in sorted(known))
        raise ConfigError(
            f'The Customizer has no version "{settings.base_model_version}" of {settings.base_model}.',
            f"Set BASE_MODEL_VERSION to one it has: {versions}.",
        )
    raise ConfigError(
        f"The Customizer cannot train {settings.base_model}.",
        "Set BASE_MODEL and BASE_MODEL_VERSION to one of: "
        + (", ".join(sorted(configs)) or "none, it has no configs")
        + ".",
    )


def list_jobs(nemo: Connection) -> list[dict[str, Any]]:
    """Customization jobs of our namespace, the newest first."""
    jobs = nemo.all_pages(SERVICE, "/v1/customization/jobs", {"sort": "-created_at"})
    return [job for job in jobs if job.get("namespace") == nemo.settings.namespace]


def get_job(nemo: Connection, job_id: str) -> dict[str, Any]:
    """A job as the Customizer knows it, with `status` and `status_details`."""
    return nemo.json(SERVICE, "GET", f"/v1/customization/jobs/{job_id}")


def cancel(nemo: Connection, job_id: str) -> dict[str, Any]:
    """Stop a job."""
    return nemo.json(SERVICE, "POST", f"/v1/customization/jobs/{job_id}/cancel")


def train(nemo: Connection, hyperparameters: Hyperparameters, retrain: bool = False) -> Job:
    """Start a training, or find the one that was started before with the same inputs.

    The inputs are the base model's configuration, the stored training and validation files, the hyperparameters and
    the name of the model to make. A finished job with these inputs is reused, one under way is joined.

    Args:
        hyperparameters: how to train.
        retrain: start a new job all the same.

    Raises:
        ConfigError: no such base model or version.
        NotFound: the dataset was not uploaded yet.
        Invalid: the Customizer refuses a hyperparameter; the message names it.
    """
    settings = nemo.settings
    config = settings.customization_config
    pick_config(nemo)
    body = {
        "config": config,
        "dataset": {"namespace": settings.namespace, "name": settings.dataset_name},
        "hyperparameters": hyperparameters.body(),
        "output_model": settings.custom_model,
        "namespace": settings.namespace,
        "description": "Tool calling, from the data flywheel course",
    }
    inputs = digest({**body, "files": data_store.dataset_revision(nemo, ("training", "validation"))})
    body["custom_fields"] = {INPUTS_FIELD: inputs}
    earlier = None if retrain else _earlier_job(nemo, inputs, settings.custom_model)
    if earlier:
        return earlier
    if settings.wandb_api_key:
        body["integrations"] = [{"type": "wandb", "wandb": {"project": settings.namespace}}]
    try:
        job = nemo.json(
            SERVICE,
            "POST",
            "/v1/customization/jobs",
            json=body,
            headers={"wandb-api-key": settings.wandb_api_key} if settings.wandb_api_key else None,
        )
    except Conflict as error:
        error.hint = f"Give the model another version in CUSTOM_MODEL; {settings.custom_model} stays as it is."
        raise
    for warning in job.get("warnings") or []:
        warnings.warn(f"Customizer: {warning.get('message', warning)}", stacklevel=2)
    return Job(job["id"], "new", settings.custom_model, "A new job was started.")


def newest_training(jobs: list[dict[str, Any]], model: str) -> str:
    """Id of the completed job that made what is now served under this name; empty for a model nobody trained here.

    Args:
        jobs: from `list_jobs`, the newest first.
        model: full name.
    """
    return next((job["id"] for job in jobs if job.get("output_model") == model and job["status"] == "completed"), "")


def training_numbers(job: dict[str, Any]) -> dict[str, float | int | None]:
    """How fast a finished job was: `steps`, `seconds`, `tokens_per_second`.

    A number that the platform does not report is None; NeMo Customizer has no `tokens_per_second`.
    """
    details = job.get("status_details") or {}
    metrics = details.get("metrics") or {}
    return {
        "steps": details.get("steps_completed"),
        "seconds": metrics.get("training_seconds") or details.get("elapsed_time"),
        "tokens_per_second": metrics.get("tokens_per_second"),
    }


def _earlier_job(nemo: Connection, inputs: str, model: str) -> Job | None:
    jobs = list_jobs(nemo)
    for job in same_inputs(jobs, inputs):
        if job["status"] in ACTIVE:
            return Job(job["id"], "joined", model, "A job with the same inputs is under way: joined it.")
        # A model that was deleted, or replaced by a later training with other inputs, is to be made again.
        if job["id"] == newest_training(jobs, model) and entity_store.find_model(nemo, model) is not None:
            return Job(job["id"], "reused", model, "A finished job with the same inputs is there: reused it.")
    return None
