"""Publishes a finished adapter: its files go to the Data Store, its model entity to the Entity Store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from nemo_local.customizer.target_modules import adapts_mlp
from nemo_local.customizer.training.errors import JobError

ADAPTER_FILES = ["adapter_config.json", "adapter_model.safetensors"]


class PublishError(JobError):
    """The adapter was trained, but could not be stored or registered.

    Args:
        reason: what failed, as a clause.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the training is done, but {reason.rstrip('.')}. The adapter is kept in the job's directory.")


def publish(order: dict[str, Any], adapter_dir: Path, result: dict[str, Any]) -> str:
    """Upload the adapter and register the model. Repeating it for the same job changes nothing.

    Args:
        order: the worker's ``job.json``.
        adapter_dir: PEFT adapter.
        result: what the training returned.

    Returns:
        The model's name, ``namespace/name@version``.

    Raises:
        PublishError: a store refused or did not answer, or the model's name belongs to something else.
    """
    output, gateway = order["output"], order["gateway_url"]
    repo_id, version = f"{output['namespace']}/{output['name']}", output["version"]
    model = f"{repo_id}@{version}"
    with httpx.Client(base_url=gateway, trust_env=False, timeout=60) as http:
        try:
            known = _expect(http.get(f"/v1/models/{model}"), 404)
            if known.is_success:  # before anything of it is overwritten
                _require_own(known.json(), order, model)
            for path, fields in (
                ("/v1/datastore/namespaces", {"data": {"namespace": output["namespace"]}}),
                ("/v1/namespaces", {"json": {"id": output["namespace"]}}),
            ):
                _expect(http.post(path, **fields), 409)
            hub = HfApi(endpoint=f"{gateway}/v1/hf", token=False)
            hub.create_repo(repo_id, repo_type="model", exist_ok=True)
            hub.create_branch(repo_id, repo_type="model", branch=version, exist_ok=True)
            hub.upload_folder(
                repo_id=repo_id,
                repo_type="model",
                revision=version,
                folder_path=adapter_dir,
                allow_patterns=ADAPTER_FILES,
                commit_message=f"Adapter of the customization job {order['job_id']}",
            )
        except (httpx.HTTPError, HfHubHTTPError, RuntimeError) as error:  # RuntimeError: a file's upload
            said = getattr(error, "server_message", None) or error  # without the address of a page about HTTP
            raise PublishError(f"the adapter could not be uploaded to {repo_id} in the Data Store: {said}") from error
        try:
            answer = http.post("/v1/models", json=_entity(order, result))
            if answer.status_code == 409:
                _require_own(_expect(http.get(f"/v1/models/{model}")).json(), order, model)
            else:
                _expect(answer)
        except httpx.HTTPError as error:
            raise PublishError(f"{model} could not be registered in the Entity Store: {error}") from error
    return model


def _require_own(entity: dict[str, Any], order: dict[str, Any], model: str) -> None:
    """Raise PublishError if a registered model is not of this job."""
    if (entity.get("custom_fields") or {}).get("customization_id") != order["job_id"]:
        raise PublishError(f"a model {model} was registered by someone else during this job")


def _entity(order: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    output, lora = order["output"], order["hyperparameters"]["lora"]
    name = f"{output['name']}@{output['version']}"
    return {
        "namespace": output["namespace"],
        "name": name,
        "description": order["description"] or f"LoRA adapter of {order['base_model']}",
        "project": order["project"],
        "base_model": order["base_model"],
        "peft": {
            "finetuning_type": "lora",
            "lora": {
                "alpha": lora["alpha"],
                "apply_lora_to_mlp": adapts_mlp(lora["target_modules"]),
                "apply_lora_to_output": False,
            },
        },
        "artifact": {
            "files_url": f"hf://{output['namespace']}/{output['name']}@{output['version']}",
            "status": "upload_completed",
            "backend_engine": "hugging_face",
            "precision": "fp32",
        },
        "custom_fields": {
            **order["provenance"],
            "customization_id": order["job_id"],
            "train_loss": result["train_loss"],
            "val_loss": result["val_loss"],
        },
    }


def _expect(answer: httpx.Response, *also: int) -> httpx.Response:
    """Return the answer if it is a success or its status is in ``also``; else raise with the server's message."""
    if not answer.is_success and answer.status_code not in also:
        raise httpx.HTTPStatusError(
            f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text[:500]}",
            request=answer.request,
            response=answer,
        )
    return answer
