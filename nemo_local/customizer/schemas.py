"""Bodies of the Customizer's requests. Unknown fields are refused; what cannot be done here is refused by name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from nemo_local.common.entities import Body, EntityBody
from nemo_local.common.names import Name, VersionedName, check_name
from nemo_local.customizer.hyperparameters import Hyperparameters

_FreeForm = dict[str, Any] | None


def _impossible(reason: str) -> BeforeValidator:
    """A field that the API has and this platform cannot honour: refuse any value but null."""

    def refuse(value: Any) -> None:
        if value is not None:
            raise ValueError(reason)

    return BeforeValidator(refuse)


class TrainingOption(Body):
    """One way of training that a configuration offers. Parallelism over several GPUs or nodes is a cluster's."""

    training_type: str
    finetuning_type: str
    num_gpus: int = Field(ge=0)
    micro_batch_size: int = Field(ge=1)
    num_nodes: int | None = Field(None, ge=1, le=1)
    tensor_parallel_size: int | None = Field(None, ge=1, le=1)
    data_parallel_size: int | None = Field(None, ge=1, le=1)
    pipeline_parallel_size: int | None = Field(None, ge=1, le=1)
    expert_model_parallel_size: int | None = Field(None, ge=1, le=1)
    use_sequence_parallel: bool | None = None


_TEMPLATE = _impossible("the local Customizer trains with the base model's own chat template: leave it out")
_PRECISION = _impossible("the local Customizer picks bf16 where the hardware computes in it, else fp32: leave it out")


class ConfigFields(EntityBody):
    """What creating and updating a configuration have in common."""

    chat_prompt_template: Annotated[str | None, _TEMPLATE] = None
    prompt_template: Annotated[str | None, _TEMPLATE] = None
    training_precision: Annotated[str | None, _PRECISION] = None
    dataset_schemas: list[dict[str, Any]] | None = None
    pod_spec: _FreeForm = None


class ConfigCreate(ConfigFields):
    """``POST /v1/customization/configs``, and a configuration written into a job."""

    name: VersionedName | None = None
    namespace: Name = "default"
    target: str | dict[str, Any]
    max_seq_length: int = Field(ge=1)
    training_options: list[TrainingOption] = Field(min_length=1)


class InlineConfig(ConfigCreate):
    """A job may carry a configuration as it was retrieved, with the fields the platform added."""

    id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    warning_message: str | None = None


class TrainingOptionRemoval(Body):
    """Names a training option to take away."""

    training_type: str
    finetuning_type: str


class ConfigUpdate(ConfigFields):
    """``PATCH /v1/customization/configs/{namespace}/{name}``: only the fields given change."""

    max_seq_length: int | None = Field(None, ge=1)
    training_options: list[TrainingOption] | None = Field(None, min_length=1)
    add_training_options: list[TrainingOption] | None = None
    remove_training_options: list[TrainingOptionRemoval] | None = None


class TargetUpdate(EntityBody):
    """``PATCH /v1/customization/targets/{namespace}/{name}``: only the fields given change."""

    base_model: str | None = None
    enabled: bool | None = None
    num_parameters: int | None = Field(None, ge=1)
    precision: str | None = None
    model_path: str | None = None
    model_uri: str | None = None
    hf_endpoint: str | None = None
    tokenizer: Annotated[_FreeForm, _impossible("the base model's own tokenizer is used: leave it out")] = None


class TargetCreate(TargetUpdate):
    """``POST /v1/customization/targets``."""

    name: VersionedName | None = None
    namespace: Name = "default"
    num_parameters: int = Field(ge=1)
    precision: str


class DatasetReference(BaseModel):
    """The dataset of a job by name. A whole Entity Store dataset may be given: the other fields are looked up."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1)
    namespace: str = "default"
    files_url: str | None = None
    limit: int | None = Field(None, ge=1)


def _check_output_model(value: str) -> str:
    namespace, slash, rest = value.rpartition("/")
    name, at, version = rest.partition("@")
    for part in ([namespace] if slash else []) + [name] + ([version] if at else []):
        check_name(part)
    return value


class JobCreate(EntityBody):
    """``POST /v1/customization/jobs``."""

    name: VersionedName | None = None
    namespace: Name = "default"
    config: str | InlineConfig
    dataset: str | DatasetReference
    hyperparameters: Hyperparameters
    #: ``[namespace/]name[@version]``: a repository of the Data Store and a branch of it.
    output_model: Annotated[str, AfterValidator(_check_output_model)] | None = None
    dataset_parameters: Annotated[
        _FreeForm, _impossible("rows carry their own `tools`, and embedding models are not trained here: leave it out")
    ] = None
    integrations: list[dict[str, Any]] | None = None
