"""Checks a configuration and prepares it to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.datasets import Row, Source, parse_files_url
from nemo_local.evaluator.metrics import Metric, ToolCalling, make_metric
from nemo_local.evaluator.schemas import ConfigBody, Dataset, EvaluationParams, TaskConfig
from nemo_local.evaluator.templates import RenderError, RequestTemplate

TASK_TYPES = ("chat-completion", "completion", "data")
"""A task of type ``data`` asks no model: its metrics read the rows themselves."""

# Fields that a template must not set, why, and the value that changes nothing.
_REFUSED_FIELDS = {
    "model": ("the target decides which model is asked", None),
    "stream": ("complete answers are scored", False),
    "n": ("one answer per row is scored", 1),
}


@dataclass(frozen=True)
class Task:
    """One task, ready to run.

    Args:
        name: its name in the configuration.
        kind: one of ``TASK_TYPES``.
        dataset: where its rows are, a reference ``namespace/name`` to the Entity Store, or None (the target has rows).
        limit: number of rows to use; None for all.
        template: body of the request for a row; None for ``data``.
        metrics: by name.
    """

    name: str
    kind: str
    dataset: Source | str | None
    limit: int | None
    template: RequestTemplate | None
    metrics: dict[str, Metric]

    def request(self, row: Row) -> dict | None:
        """The request body for a row, without the model, after checking that the row can be scored.

        Raises:
            RenderError: with the place of the row.
        """
        try:
            for metric in self.metrics.values():
                metric.check_row(row.item)
            body = self.template.render(row.item) if self.template else None
            if self.kind == "chat-completion":
                _check_chat(body)
            elif self.kind == "completion" and not isinstance(body.get("prompt"), str):
                raise RenderError("params.template.prompt must be a text")
        except RenderError as error:
            raise RenderError(f"{row.where}: {error}.") from error
        return body


@dataclass(frozen=True)
class Plan:
    """All tasks of a configuration with their common parameters."""

    tasks: list[Task]
    params: EvaluationParams

    def request_defaults(self) -> dict[str, Any]:
        """Values of each request that its template does not set. Decoding is greedy, so that reruns agree."""
        params = self.params
        given = {"max_tokens": params.max_tokens, "top_p": params.top_p, "stop": params.stop}
        temperature = 0 if params.temperature is None else params.temperature
        return {"temperature": temperature, **{k: v for k, v in given.items() if v is not None}, **params.extra}


def make_plan(config: ConfigBody, field: str = "") -> Plan:
    """Check a configuration and compile its templates and metrics.

    Args:
        config: the configuration.
        field: dotted path of the configuration in the request, for errors.

    Raises:
        Invalid: naming the field, and what is known where something is unknown.
    """
    prefix = f"{field}." if field else ""
    if config.type != "custom":
        raise Invalid(f"{prefix}type", f"unknown evaluation type {config.type!r}; known types: custom.")
    if config.groups:
        raise Invalid(f"{prefix}groups", "groups are not supported; leave them out and read the tasks' scores.")
    if not config.tasks:
        raise Invalid(f"{prefix}tasks", "must have at least one task.")
    params = config.params or EvaluationParams()
    tasks = [_make_task(name, task, params, f"{prefix}tasks.{name}") for name, task in config.tasks.items()]
    return Plan(tasks, params)


def _make_task(name: str, task: TaskConfig, params: EvaluationParams, field: str) -> Task:
    if task.type not in TASK_TYPES:
        raise Invalid(f"{field}.type", f"unknown task type {task.type!r}; known types: {', '.join(TASK_TYPES)}.")
    if not task.metrics:
        raise Invalid(f"{field}.metrics", "must have at least one metric.")
    for key in set(task.params) - {"template"}:
        raise Invalid(f"{field}.params.{key}", "no such parameter; a task takes: template.")
    metrics = {key: make_metric(metric, f"{field}.metrics.{key}") for key, metric in task.metrics.items()}

    template, kind = None, _kind(task)
    if kind == "data":
        for key, metric in metrics.items():
            if isinstance(metric, ToolCalling):
                raise Invalid(f"{field}.metrics.{key}.type", "tool-calling needs the answers of a model.")
        if "template" in task.params:
            raise Invalid(f"{field}.params.template", "a task of type data sends no request; leave the template out.")
    else:
        template = _make_template(task, kind, f"{field}.params.template")

    dataset: Source | str | None = None
    limits = [params.limit_samples]
    if isinstance(task.dataset, Dataset):
        limits.append(task.dataset.limit)
        dataset = parse_files_url(task.dataset.files_url, task.dataset.hf_endpoint, f"{field}.dataset")
    elif task.dataset is not None:
        dataset = task.dataset
    elif task.type != "data":
        raise Invalid(f"{field}.dataset", "is required: {'files_url': 'hf://datasets/<namespace>/<name>/<file>'}.")
    limit = min((n for n in limits if n is not None), default=None)
    return Task(name, kind, dataset, limit, template, metrics)


def _kind(task: TaskConfig) -> str:
    """What the task asks a model for. NVIDIA's own tutorials write ``completion`` with messages for a chat."""
    template = task.params.get("template")
    asks = template.keys() & {"prompt", "messages"} if isinstance(template, dict) else set()
    return "chat-completion" if task.type == "completion" and asks == {"messages"} else task.type


def _make_template(task: TaskConfig, kind: str, field: str) -> RequestTemplate:
    template = task.params.get("template")
    required = "messages" if kind == "chat-completion" else "prompt"
    if not isinstance(template, dict) or required not in template:
        raise Invalid(f"{field}.{required}", f"is required for a task of type {task.type}.")
    for key, (reason, neutral) in _REFUSED_FIELDS.items():
        if template.get(key) not in (None, neutral):
            raise Invalid(f"{field}.{key}", f"leave it out: {reason}.")
    return RequestTemplate({k: v for k, v in template.items() if k not in _REFUSED_FIELDS}, field)


def _check_chat(body: dict) -> None:
    messages = body["messages"]
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) and "role" in m for m in messages):
        raise RenderError(
            f"params.template.messages gives {str(messages)[:80]!r}, which is not a list of messages; with a list in "
            "the dataset write '{{ item.messages | tojson }}'"
        )
    tools = body.get("tools")
    if tools is not None and (not isinstance(tools, list) or not all(isinstance(t, dict) for t in tools)):
        raise RenderError(
            f"params.template.tools gives {str(tools)[:80]!r}, which is not a list of tools; with a list in the "
            "dataset write '{{ item.tools | tojson }}'"
        )
    if not tools:
        # The API refuses an empty list of tools, and a choice without tools.
        body.pop("tools", None)
        body.pop("tool_choice", None)
