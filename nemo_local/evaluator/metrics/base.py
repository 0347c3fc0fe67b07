"""What every metric can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.templates import Template, compile_template, render

OUTPUT_TEXT = "{{ sample.output_text }}"


class Metric(ABC):
    """Scores the answer to one row, and a whole task.

    Args:
        params: the metric's parameters as configured.
        field: dotted path of the parameters in the request, for errors.

    Raises:
        Invalid: a parameter is missing or wrong.
    """

    parameters: ClassVar[tuple[str, ...]]
    scores: ClassVar[tuple[str, ...]]

    def __init__(self, params: dict[str, Any], field: str) -> None:
        self._params = params
        self._field = field

    @abstractmethod
    def check_row(self, item: dict) -> None:
        """Look at a row before any request is sent. Raises RenderError if it can never be scored."""

    @abstractmethod
    def score(self, item: dict, sample: dict) -> dict[str, float]:
        """The scores of one answer, by name. Raises RenderError."""

    def aggregate(self, scored: list[tuple[dict, dict | None]]) -> dict[str, float]:
        """Scores that are not means over the rows.

        Args:
            scored: ``(item, sample)`` of every row; the sample is None where the model gave no answer.
        """
        return {}

    def _template(self, name: str, default: str | None = None) -> Template:
        if name not in self._params and default is None:
            raise Invalid(f"{self._field}.{name}", "is required.")
        return compile_template(self._params.get(name, default), f"{self._field}.{name}")

    def _render(self, template: Template, name: str, item: dict, sample: dict | None) -> str:
        return render(template, item, sample, f"{self._field}.{name}")
