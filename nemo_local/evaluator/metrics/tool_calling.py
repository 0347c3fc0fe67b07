"""Whether the model called the right functions with the right arguments."""

from __future__ import annotations

from typing import Any, ClassVar

from nemo_local.evaluator.metrics.base import Metric
from nemo_local.evaluator.templates import RenderError
from tool_calling import strict_json
from tool_calling.calls import NotACall, read_call
from tool_calling.scoring import score_tool_calls


class ToolCalling(Metric):
    """``tool-calling``: two scores of 0 or 1 a row, see ``score_tool_calls``."""

    # NVIDIA's own clients send `model`, a judge, along; this metric asks none.
    parameters: ClassVar = ("tool_calls_ground_truth", "model")
    scores: ClassVar = ("function_name_accuracy", "function_name_and_args_accuracy")

    def __init__(self, params: dict[str, Any], field: str) -> None:
        super().__init__(params, field)
        self._truth = self._template("tool_calls_ground_truth")

    def check_row(self, item: dict) -> None:
        self._expected(item)

    def score(self, item: dict, sample: dict) -> dict[str, float]:
        return score_tool_calls(sample["tool_calls"], self._expected(item))

    def _expected(self, item: dict) -> list:
        text = self._render(self._truth, "tool_calls_ground_truth", item, None)
        field = f"{self._field}.tool_calls_ground_truth"
        try:
            calls = strict_json.loads(text)
        except strict_json.NotStrict as error:
            raise RenderError(
                f"{field} gives {text[:80]!r}, which is not JSON ({error}); write it as "
                "'{{ item.tool_calls | tojson }}'"
            ) from error
        calls = [] if calls is None else calls
        if not isinstance(calls, list):
            raise RenderError(f"{field} gives {text[:80]!r}; expected a list of tool calls")
        for number, call in enumerate(calls):
            try:
                read_call(call)
            except NotACall as error:
                raise RenderError(f"{field}: call {number} cannot be read: {error}") from error
        return calls
