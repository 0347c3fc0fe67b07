"""Request bodies of Deployment Management, with the fields of the official SDK."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nemo_local.common.entities import Body, EntityBody


class NimDeployment(Body):
    """The image and GPUs that a cluster starts. Stored and shown; on this machine the one NIM proxy already runs."""

    gpu: int
    image_name: str
    image_tag: str
    additional_envs: dict[str, str] | None = None
    disable_lora_support: bool | None = None
    namespace: str | None = None
    pvc_size: str | None = None


class Config(EntityBody):
    model: str | dict[str, Any] | None = None
    nim_deployment: NimDeployment | None = None
    external_endpoint: dict[str, Any] | None = None


class Deployment(EntityBody):
    READ_ONLY = EntityBody.READ_ONLY | {"url", "deployed", "status_details"}

    config: str | Config
    models: list[str] | None = None
    async_enabled: bool | None = None
    # A secret, and nothing is fetched from the Hub here: it is not stored.
    hf_token: str | None = Field(default=None, exclude=True)
