"""Customizer: fine-tuning jobs. An earlier job with the same inputs is found and reused, not repeated."""

from __future__ import annotations

import re
import warnings
from dataclasses import asdict, dataclass
from typing import Any

from flywheel_helpers import polling
from flywheel_helpers.errors import ConfigError, Conflict, DataError
from flywheel_helpers.services import data_store, entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.jobs import ACTIVE, INPUTS_FIELD, Job, digest, same_inputs

SERVICE = "Customizer"


@dataclass(frozen=True)
class Hyperparameters:
    """How to train.

    Args:
        epochs: passes over the training rows.
        batch_size: rows in a step.
        learning_rate: peak learning rate.
        adapter_dim: rank of the LoRA matrices.
        alpha: scale of the adapter; the platform multiplies by alpha / adapter_dim.
        adapter_dropout: dropout probability of the adapter's inputs.
        warmup_steps: steps over which the learning rate rises to its peak.
        max_steps: limit on the steps, whatever the epochs; None for no limit.
        log_every_n_steps: steps between two reports of the training loss.
        val_check_interval: interval of the validation loss: a number of steps, or a fraction of an epoch up to 1.0.
        seed: for the same result from the same inputs.
    """

    epochs: int = 1
    batch_size: int = 2
    learning_rate: float = 1e-3
    adapter_dim: int = 32
    alpha: int = 64
    adapter_dropout: float = 0.0
    warmup_steps: int = 10
    max_steps: int | None = None
    log_every_n_steps: int = 5
    val_check_interval: float = 0.5
    seed: int = 42

    def body(self) -> dict[str, Any]:
        """The `hyperparameters` field of a job request."""
        values = {key: value for key, value in asdict(self).items() if value is not None}
        lora = {key: values.pop(key) for key in ("adapter_dim", "alpha", "adapter_dropout")}
        return {"finetuning_type": "lora", "training_type": "sft", **values, "lora": lora}


def list_configs(nemo: Connection) -> list[dict[str, Any]]:
    """What the Customizer can train: a configuration for each model and type of hardware."""
    return nemo.all_pages(SERVICE, "/v1/customization/configs")


def config_name(config: dict[str, Any]) -> str:
    """Full name of a configuration. Some releases list the name without the namespace, others the full one."""
    name = config.get("name") or ""
    return name if "/" in name else f"{config.get('namespace', 'default')}/{name}"


def pick_config(nemo: Connection) -> dict[str, Any]:
    """The configuration for the base model and version of config.py.

    Raises:
        ConfigError: there is none; the message lists those of this model, or all if the model is unknown.
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
            f"Set BASE_MODEL_VERSION to one of: {versions}.",
        )
    raise ConfigError(
        f"The Customizer cannot train {settings.base_model}.",
        "Set BASE_MODEL and BASE_MODEL_VERSION to one of: "
        + (", ".join(sorted(configs)) or "none, it has no configs")
        + ".",
    )


def training_speed(nemo: Connection, timeout: float = 60.0) -> float | None:
    """How many tokens a second the platform trains on, for our configuration.

    Args:
        timeout: seconds to wait for a platform that is still measuring it.

    Returns:
        None if the platform does not say: NeMo Customizer's configurations have no such field.

    Raises:
        ConfigError: as for `pick_config`.
    """
    for _ in polling.attempts(timeout, interval=2.0):
        config = pick_config(nemo)
        if config.get("tokens_per_second") or "tokens_per_second" not in config:
            break
    return config.get("tokens_per_second")


def list_jobs(nemo: Connection) -> list[dict[str, Any]]:
    """Customization jobs of our namespace, newest first."""
    jobs = nemo.all_pages(SERVICE, "/v1/customization/jobs", {"sort": "-created_at"})
    return [job for job in jobs if job.get("namespace") == nemo.settings.namespace]


def get_job(nemo: Connection, job_id: str) -> dict[str, Any]:
    """A job as the Customizer describes it, with `status` and `status_details`."""
    return nemo.json(SERVICE, "GET", f"/v1/customization/jobs/{job_id}")


def cancel(nemo: Connection, job_id: str) -> dict[str, Any]:
    """Stop a job."""
    return nemo.json(SERVICE, "POST", f"/v1/customization/jobs/{job_id}/cancel")


def train(nemo: Connection, hyperparameters: Hyperparameters, retrain: bool = False) -> Job:
    """Start a training job, or find an earlier one with the same inputs.

    The inputs are the base model's configuration, the stored training and validation files, and the hyperparameters.
    The newest finished job is reused if it had these inputs; a running one with them is joined. A new job creates the
    model CUSTOM_MODEL or, if that exists, its next version: earlier models are kept.

    Args:
        hyperparameters: how to train.
        retrain: start a new job in any case.

    Returns:
        the job, with the full name of its model.

    Raises:
        ConfigError: the base model or its version is unknown.
        NotFound: the dataset has not been uploaded yet.
        Invalid: the Customizer refuses a hyperparameter; the message names it.
    """
    settings = nemo.settings
    entity_store.check_owner(nemo)
    config = settings.customization_config
    pick_config(nemo)
    body = {
        "config": config,
        "dataset": {"namespace": settings.namespace, "name": settings.dataset_name},
        "hyperparameters": hyperparameters.body(),
        "namespace": settings.namespace,
        "description": "Tool calling, from the data flywheel course",
    }
    inputs = digest({**body, "files": data_store.dataset_revision(nemo, ("training", "validation"))})
    jobs = list_jobs(nemo)
    earlier = None if retrain else _earlier_job(nemo, jobs, inputs)
    if earlier:
        return earlier
    model = _free_version(nemo, jobs)
    body |= {"output_model": model, "custom_fields": {INPUTS_FIELD: inputs}}
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
        error.hint = f"Choose another name for the model in CUSTOM_MODEL; {model} is not changed."
        raise
    for warning in job.get("warnings") or []:
        warnings.warn(f"Customizer: {warning.get('message', warning)}", stacklevel=2)
    return Job(job["id"], "new", model, "A new job was started.")


def tuned_model(nemo: Connection) -> str:
    """Full name of the newest version of CUSTOM_MODEL that was made from BASE_MODEL and this dataset.

    Raises:
        DataError: there is none yet.
    """
    newest = _newest(nemo, list_jobs(nemo))
    if newest:
        return newest["output_model"]
    if _is_there(nemo, nemo.settings.custom_model):  # not trained by a job of ours
        return nemo.settings.custom_model
    raise DataError(
        f"The model {nemo.settings.custom_model} does not exist yet.", "Train it first (notebook 02_customization)."
    )


def newest_training(jobs: list[dict[str, Any]], model: str) -> str:
    """Id of the completed job that created the model now served under this name; empty if no job did.

    Args:
        jobs: from `list_jobs`, newest first.
        model: full name.
    """
    return next((job["id"] for job in jobs if job.get("output_model") == model and job["status"] == "completed"), "")


def training_numbers(job: dict[str, Any]) -> dict[str, float | int | None]:
    """How fast a finished job was: `steps`, `seconds`, `tokens_per_second`.

    A number that the platform does not report is None; NeMo Customizer does not report `tokens_per_second`.
    """
    details = job.get("status_details") or {}
    metrics = details.get("metrics") or {}
    return {
        "steps": details.get("steps_completed"),
        "seconds": metrics.get("training_seconds") or details.get("elapsed_time"),
        "tokens_per_second": metrics.get("tokens_per_second"),
    }


def _newest(nemo: Connection, jobs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The newest finished job for CUSTOM_MODEL on this dataset, in any version, whose model still exists.

    Another dataset has its own line of versions under the same name: notebook 06 trains on corrected questions, and
    notebook 03 must still find the model of notebook 02. So has another base model.
    """
    name = nemo.settings.custom_model.partition("@")[0]
    finished = (job for job in jobs if job["status"] == "completed" and job.get("output_model"))
    return next(
        (
            job
            for job in finished
            if job["output_model"].partition("@")[0] == name
            and _dataset(job) == nemo.settings.dataset
            and _is_there(nemo, job["output_model"])
        ),
        None,
    )


def _is_there(nemo: Connection, name: str) -> bool:
    """Whether there is a model of this name that was made from BASE_MODEL."""
    model = entity_store.find_model(nemo, name)
    return model is not None and model.get("base_model") in (None, nemo.settings.base_model)


def _dataset(job: dict[str, Any]) -> str:
    """Full name of the dataset of a job; some releases list its two parts, some the name."""
    dataset = job.get("dataset") or ""
    return dataset if isinstance(dataset, str) else f"{dataset.get('namespace')}/{dataset.get('name')}"


def _earlier_job(nemo: Connection, jobs: list[dict[str, Any]], inputs: str) -> Job | None:
    newest, name = _newest(nemo, jobs), nemo.settings.custom_model.partition("@")[0]
    for job in same_inputs(jobs, inputs):
        if job["status"] in ACTIVE and job["output_model"].partition("@")[0] == name:
            note = "A job with the same inputs is under way: joined it."
            return Job(job["id"], "joined", job["output_model"], note)
        # Only the newest, which is the one that notebook 03 evaluates.
        if newest and job["id"] == newest["id"]:
            note = "A finished job with the same inputs is there: reused it."
            return Job(job["id"], "reused", job["output_model"], note)
    return None


def _free_version(nemo: Connection, jobs: list[dict[str, Any]]) -> str:
    """CUSTOM_MODEL or, if that is taken, the same name with the next free version: v1, v2, v3 ..."""
    taken = {f"{model.get('namespace')}/{model.get('name')}" for model in entity_store.list_models(nemo)}
    taken |= {job.get("output_model") for job in jobs if job["status"] in ("cancelling", *ACTIVE)}
    model = nemo.settings.custom_model
    while model in taken:
        stem, number = re.fullmatch(r"(.*?)(\d*)", model).groups()
        model = f"{stem}{int(number) + 1}" if number else f"{stem}-2"
    return model
