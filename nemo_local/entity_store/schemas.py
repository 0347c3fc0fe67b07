"""Request bodies of the Entity Store, with the fields of the official SDK (``nemo_microservices.types``)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from nemo_local.common.entities import Body, EntityBody, UnnamedBody
from nemo_local.common.names import Name, VersionedName


def _check_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not (scheme and separator and rest):
        raise ValueError(f"{value!r} is not a URL; write it as hf://datasets/<namespace>/<name>, or https://...")
    return value


Url = Annotated[str, AfterValidator(_check_url)]


class Namespace(UnnamedBody):
    """A namespace: its id is its name, and it is in no namespace itself."""

    READ_ONLY = UnnamedBody.READ_ONLY - {"id"} | {"namespace", "name"}

    id: Name | None = None

    def identity(self) -> tuple[str, str | None]:
        return "", self.id


class Project(EntityBody):
    pass


class Dataset(EntityBody):
    files_url: Url
    format: str | None = None
    hf_endpoint: Url | None = None
    limit: int | None = Field(default=None, ge=1)
    split: str | None = None


class ApiEndpoint(Body):
    """Where a model answers. The key is used by the Evaluator and neither stored nor shown."""

    url: Url
    model_id: str = Field(min_length=1)
    api_key: SecretStr | None = Field(default=None, exclude=True)
    format: Literal["nim", "openai", "llama_stack", "lama_stack"] | None = None


class Artifact(Body):
    files_url: Url
    status: Literal["created", "upload_failed", "upload_completed"]
    backend_engine: Literal["nemo", "trt_llm", "vllm", "faster_transformer", "hugging_face"] | None = None
    gpu_arch: str | None = None
    precision: Literal["int8", "bf16", "fp16", "fp32", "fp8-mixed", "bf16-mixed"] | None = None
    tensor_parallelism: int | None = None


class Spec(Body):
    context_size: int = Field(ge=1)
    is_chat: bool
    num_parameters: int = Field(ge=1)
    num_virtual_tokens: int = Field(default=0, ge=0)


class Peft(BaseModel):
    """Open for more fields: each kind of fine-tuning brings its own."""

    model_config = ConfigDict(extra="allow")

    finetuning_type: Literal["lora", "lora_merged", "all_weights", "p_tuning"]


class Model(EntityBody):
    name: VersionedName | None = None
    api_endpoint: ApiEndpoint | None = None
    artifact: Artifact | None = None
    base_model: str | dict[str, Any] | None = None
    guardrails: dict[str, Any] | None = None
    model_providers: list[str] | None = None
    peft: Peft | None = None
    prompt: dict[str, Any] | None = None
    spec: Spec | None = None
