"""Request bodies of the Evaluator. The field names are those of the official SDK's types."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, SecretStr, Tag, field_serializer

from nemo_local.common.entities import Body, EntityBody
from nemo_local.common.names import VersionedName


class Entity(EntityBody):
    """An entity whose name may carry a version."""

    name: VersionedName | None = None


MASKED = "******"


def _masked(value: Any) -> Any:
    """The value with every API key in it masked as NeMo Evaluator does, so that no secret is stored."""
    if isinstance(value, dict):
        return {key: MASKED if key == "api_key" else _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _reference_or_inline(value: Any) -> str:
    return "reference" if isinstance(value, str) else "inline"


class MetricConfig(Body):
    """One metric of a task."""

    type: str
    params: dict[str, Any] = {}

    @field_serializer("params")
    def _without_keys(self, params: dict[str, Any]) -> dict[str, Any]:
        return _masked(params)


class Dataset(Entity):
    """Where the rows of a task come from."""

    files_url: str
    hf_endpoint: str | None = None
    limit: int | None = Field(None, ge=1)
    format: str | None = None
    split: str | None = None
    version_id: str | None = None
    version_tags: list[Any] | None = None


class TaskConfig(Body):
    """One task: a dataset, what to ask for each row, and the metrics over the answers."""

    type: str
    dataset: (
        Annotated[
            Annotated[str, Tag("reference")] | Annotated[Dataset, Tag("inline")], Discriminator(_reference_or_inline)
        ]
        | None
    ) = None
    params: dict[str, Any] = {}
    metrics: dict[str, MetricConfig] = {}


class EvaluationParams(Body):
    """Parameters of all tasks. A task's template overrides those that go to the model."""

    parallelism: int = Field(8, ge=1, le=256)
    request_timeout: int = Field(600, ge=1, description="seconds")
    # Half a minute in all: a NIM that was killed has been started again by then.
    max_retries: int = Field(8, ge=0, le=20)
    limit_samples: int | None = Field(None, ge=1)
    max_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    stop: str | list[str] | None = None
    extra: dict[str, Any] = {}


class ConfigBody(Entity):
    """An evaluation configuration."""

    type: str
    params: EvaluationParams | None = None
    tasks: dict[str, TaskConfig] = {}
    groups: dict[str, Any] | None = None


class ApiEndpoint(Body):
    """An OpenAI-compatible API. The key is used for this platform's requests, and neither stored nor shown."""

    url: str
    model_id: str = Field(min_length=1)
    format: str | None = None
    api_key: SecretStr | None = Field(None, exclude=True)


class Model(Entity):
    """A model given inline. Everything but the endpoint is a description, stored as it is."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    api_endpoint: ApiEndpoint | None = None


class TargetBody(Entity):
    """What is evaluated."""

    type: str
    model: (
        Annotated[
            Annotated[str, Tag("reference")] | Annotated[Model, Tag("inline")], Discriminator(_reference_or_inline)
        ]
        | None
    ) = None
    rows: list[dict[str, Any]] | None = None
    dataset: Any = None
    cached_outputs: Any = None
    rag: Any = None
    retriever: Any = None

    @property
    def endpoint(self) -> ApiEndpoint | None:
        """The address of an inline model."""
        return self.model.api_endpoint if isinstance(self.model, Model) else None


class JobBody(Entity):
    """A job, or a live evaluation: a configuration and a target, each ``namespace/name`` or inline."""

    READ_ONLY = Entity.READ_ONLY | {"result", "status", "status_details"}

    config: Annotated[
        Annotated[str, Tag("reference")] | Annotated[ConfigBody, Tag("inline")], Discriminator(_reference_or_inline)
    ]
    target: Annotated[
        Annotated[str, Tag("reference")] | Annotated[TargetBody, Tag("inline")], Discriminator(_reference_or_inline)
    ]
    output_files_url: str | None = None


class Score(Body):
    """A score with its statistics."""

    value: float
    stats: dict[str, float | int] | None = None


class MetricResult(Body):
    """The scores of one metric."""

    scores: dict[str, Score] = {}


class TaskResult(Body):
    """The metrics of one task, and further data about it."""

    data: dict[str, Any] | None = None
    metrics: dict[str, MetricResult] = {}


class GroupResult(Body):
    """The metrics of a group of tasks."""

    groups: dict[str, Any] | None = None
    metrics: dict[str, MetricResult] = {}


class ResultBody(Entity):
    """The results of one job."""

    job: str
    files_url: str | None = None
    tasks: dict[str, TaskResult] = {}
    groups: dict[str, GroupResult] = {}
