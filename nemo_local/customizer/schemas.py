"""Bodies of the Customizer's requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from nemo_local.common.entities import Body, EntityBody
from nemo_local.common.names import Label, VersionedName, check_name
from nemo_local.customizer.hyperparameters import Hyperparameters

_FreeForm = dict[str, Any] | None


def _impossible(reason: str) -> BeforeValidator:
    """A field of the API that this platform cannot honour: refuse any value but null."""

    def refuse(value: Any) -> None:
        if value is not None:
            raise ValueError(reason)

    return BeforeValidator(refuse)


class TrainingOption(Body):
    """One way of training that a configuration offers."""

    training_type: str
    finetuning_type: str
    num_gpus: int = Field(ge=0)
    micro_batch_size: int = Field(ge=1)
    num_nodes: int | None = Field(None, ge=1)
    tensor_parallel_size: int | None = Field(None, ge=1)
    data_parallel_size: int | None = Field(None, ge=1)
    pipeline_parallel_size: int | None = Field(None, ge=1)
    expert_model_parallel_size: int | None = Field(None, ge=1)
    use_sequence_parallel: bool | None = None


class ConfigBody(EntityBody):
    """A configuration: of ``/v1/customization/configs``, or written into a job."""

    READ_ONLY = EntityBody.READ_ONLY | {"warning_message", "tokens_per_second"}

    name: VersionedName | None = None
    target: str | dict[str, Any]
    max_seq_length: int = Field(ge=1)
    training_options: list[TrainingOption] = Field(min_length=1)
    chat_prompt_template: Annotated[
        str | None, _impossible("the local Customizer trains with the base model's own chat template: leave it out")
    ] = None
    prompt_template: str | None = None
    training_precision: Literal["int8", "bf16", "fp16", "fp32", "fp8-mixed", "bf16-mixed"] | None = None
    dataset_schemas: list[dict[str, Any]] | None = Field(None, min_length=1)
    pod_spec: _FreeForm = None


class TrainingOptionRemoval(Body):
    """Names a training option to remove."""

    training_type: str
    finetuning_type: str


class TrainingOptionChanges(BaseModel):
    """How a PATCH changes the training options of a configuration: all of them, or single ones."""

    training_options: list[TrainingOption] | None = None
    add_training_options: list[TrainingOption] = []
    remove_training_options: list[TrainingOptionRemoval] = []


class TargetBody(EntityBody):
    """``/v1/customization/targets``."""

    READ_ONLY = EntityBody.READ_ONLY | {"model_type", "status", "warning_message", "model_facts"}

    name: VersionedName | None = None
    base_model: str | None = None
    enabled: bool = True
    # Required, except beside `model_uri`: then they are read from the model.
    num_parameters: int | None = Field(None, ge=1)
    precision: str | None = None
    model_path: str | None = None
    model_uri: str | None = None
    hf_endpoint: str | None = None
    tokenizer: Annotated[_FreeForm, _impossible("the base model's own tokenizer is used: leave it out")] = None


class DatasetReference(BaseModel):
    """The dataset of a job, by name. Other fields of the dataset may be sent along; the Entity Store's are used."""

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

    READ_ONLY = EntityBody.READ_ONLY | {"status", "status_details", "config_snapshot", "warnings", "provenance"}

    # Clients put the name of the model into it, with its namespace. A job is addressed by its id only.
    name: Label | None = None
    config: str | ConfigBody
    dataset: str | DatasetReference
    hyperparameters: Hyperparameters
    # ``[namespace/]name[@version]``: a repository of the Data Store and a branch of it.
    output_model: Annotated[str, AfterValidator(_check_output_model)] | None = None
    dataset_parameters: Annotated[
        _FreeForm, _impossible("rows carry their own `tools`, and embedding models are not trained here: leave it out")
    ] = None
    integrations: list[dict[str, Any]] | None = None
