"""Deployment Management: the models that run as a NIM."""

from __future__ import annotations

from typing import Any

from flywheel_helpers.errors import Conflict
from flywheel_helpers.services import nim
from flywheel_helpers.services.connection import Connection

SERVICE = "Deployment Management"
_PATH = "/v1/deployment/model-deployments"


def list_deployments(nemo: Connection) -> list[dict[str, Any]]:
    """All model deployments, each with `namespace`, `name`, `models` and `status_details`."""
    return nemo.all_pages(SERVICE, _PATH)


def deploy_base_model(
    nemo: Connection, image: str, tag: str, gpus: int = 1, disk: str = "25Gi", environment: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """Start a NIM for the base model of config.py, for everyone on the platform.

    It has the base model's name and namespace, not an attendee's: nobody deploys it twice, and `flywheel clean` does
    not remove it.

    Args:
        image: image of the NIM, such as "nvcr.io/nim/meta/llama-3.2-1b-instruct".
        tag: version of the image, such as "1.8.3".
        gpus: number of GPUs.
        disk: disk space for the model's files, as a Kubernetes quantity.
        environment: further settings of the NIM, such as NIM_PEFT_SOURCE and NIM_PEFT_REFRESH_INTERVAL.

    Returns:
        the deployment, with its `status_details`; None if the model is already served.

    Raises:
        Invalid: the platform refuses a value; the message names it.
    """
    model = nemo.settings.base_model
    if model in nim.list_models(nemo):
        return None
    namespace, name = model.split("/", 1)
    started = {"image_name": image, "image_tag": tag, "gpu": gpus, "pvc_size": disk, "disable_lora_support": False}
    body = {
        "namespace": namespace,
        "name": name,
        "config": {"model": model, "nim_deployment": {**started, "additional_envs": environment or {}}},
    }
    try:
        return nemo.json(SERVICE, "POST", _PATH, json=body, retry=True)
    except Conflict:
        return nemo.json(SERVICE, "GET", f"{_PATH}/{namespace}/{name}")
