"""The metrics a task can have, by type."""

from __future__ import annotations

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.metrics.base import Metric
from nemo_local.evaluator.metrics.llm_judge import LlmJudge
from nemo_local.evaluator.metrics.text import F1, Bleu, ExactMatch, Rouge, StringCheck
from nemo_local.evaluator.metrics.tool_calling import ToolCalling
from nemo_local.evaluator.schemas import MetricConfig

METRICS: dict[str, type[Metric]] = {
    "tool-calling": ToolCalling,
    "string-check": StringCheck,
    "exact_match": ExactMatch,
    "em": ExactMatch,
    "f1": F1,
    "bleu": Bleu,
    "rouge": Rouge,
    "llm-judge": LlmJudge,
}


def make_metric(config: MetricConfig, field: str) -> Metric:
    """The metric a configuration asks for.

    Args:
        config: its type and parameters.
        field: dotted path of the metric in the request, for errors.

    Raises:
        Invalid: the type is unknown, or a parameter is missing, unknown or wrong.
    """
    if config.type not in METRICS:
        raise Invalid(f"{field}.type", f"unknown metric type {config.type!r}; known types: {', '.join(METRICS)}.")
    metric_class = METRICS[config.type]
    for name in config.params:
        if name not in metric_class.parameters:
            known = ", ".join(metric_class.parameters)
            raise Invalid(f"{field}.params.{name}", f"{config.type} has no such parameter; it takes: {known}.")
    return metric_class(config.params, f"{field}.params")
