"""Request bodies of Deployment Management, with the fields of the official SDK."""

from __future__ import annotations

from typing import Any

from nemo_local.common.entities import Body, EntityBody
from nemo_local.common.names import Name


class NimDeployment(Body):
    """What a cluster starts: image and GPUs. Kept and shown; the one NIM proxy of this machine runs already."""

    gpu: int
    image_name: str
    image_tag: str
    additional_envs: dict[str, str] | None = None
    disable_lora_support: bool | None = None
    namespace: str | None = None
    pvc_size: str | None = None


class ConfigUpdate(EntityBody):
    model: str | dict[str, Any] | None = None
    nim_deployment: NimDeployment | None = None
    external_endpoint: dict[str, Any] | None = None


class ConfigCreate(ConfigUpdate):
    name: Name | None = None
    namespace: Name = "default"


class DeploymentUpdate(EntityBody):
    config: str | ConfigCreate | None = None
    models: list[str] | None = None
    async_enabled: bool | None = None
    hf_token: str | None = None


class DeploymentCreate(DeploymentUpdate):
    config: str | ConfigCreate
    name: Name | None = None
    namespace: Name = "default"
