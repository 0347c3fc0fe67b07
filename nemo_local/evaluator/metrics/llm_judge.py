"""Scores that another model gives: LLM as a judge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import regex
from pydantic import ValidationError

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.metrics.base import Metric
from nemo_local.evaluator.schemas import MASKED, Model
from nemo_local.evaluator.templates import RequestTemplate

_TYPES = {"int": int, "integer": int, "float": float, "number": float}
# A pattern that backtracks without end must not hold up the other jobs.
_PARSE_SECONDS = 1.0
_LONGEST_ANSWER = 20_000  # characters that are searched


@dataclass(frozen=True)
class ScoreParser:
    """How one score is read off the judge's answer.

    Args:
        pattern: what it looks like; the first group is the number, or the whole match if there is no group.
        number: ``int`` or ``float``.
    """

    pattern: regex.Pattern
    number: type[int] | type[float]

    def read(self, text: str) -> float | None:
        """The score in an answer; None where there is none."""
        try:
            found = self.pattern.search(text[:_LONGEST_ANSWER], timeout=_PARSE_SECONDS)
            value = self.number(found[1] if self.pattern.groups else found[0]) if found else None
        except (ValueError, TypeError, TimeoutError):
            return None
        return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class Judgement:
    """What a judge made of one row.

    Args:
        scores: by name; None where its answer has none.
        answer: in its own words.
        problem: why there is no score; None if there are all.
    """

    scores: dict[str, float | None]
    answer: str = ""
    problem: str | None = None


class LlmJudge(Metric):
    """``llm-judge``, as NeMo Evaluator documents it.

    A model is asked about each row with a template, and numbers are read off its answer with regular expressions. An
    answer without a number counts as no score: it is left out of the mean and counted as ``nan_count``.

    Attributes:
        model: of the judge, ``namespace/name`` in the Entity Store or inline with an ``api_endpoint``.
        api_key: the one given with an inline model, if any.
    """

    parameters: ClassVar = ("model", "template", "scores")

    def __init__(self, params: dict[str, Any], field: str) -> None:
        super().__init__(params, field)
        self.field = field
        self.model = self._model(params.get("model"))
        endpoint = self.model.api_endpoint if isinstance(self.model, Model) else None
        key = endpoint.api_key if endpoint else None
        self.api_key = key if key and key.get_secret_value() != MASKED else None
        self._request = self._template_of(params.get("template"))
        self._parsers = self._parsers_of(params.get("scores"))

    @property
    def scores(self) -> tuple[str, ...]:
        """The names of its scores, as configured."""
        return tuple(self._parsers)

    def check_row(self, item: dict) -> None:
        """The template may need the answer of the model, so a row alone shows nothing."""

    def score(self, item: dict, sample: dict) -> dict[str, float | None]:
        """No score yet: the judge is asked by :meth:`request` and :meth:`read`."""
        return dict.fromkeys(self.scores)

    def request(self, item: dict, sample: dict) -> dict[str, Any]:
        """The body of the request about one row, without the model. Raises RenderError."""
        return {"temperature": 0, **self._request.render(item, sample)}

    def read(self, answer: str) -> Judgement:
        """The scores in the judge's answer."""
        scores = {name: parser.read(answer) for name, parser in self._parsers.items()}
        missing = [name for name, value in scores.items() if value is None]
        problem = f"the judge's answer {answer[:80]!r} has no {missing[0]}" if missing else None
        return Judgement(scores, answer, problem)

    def _model(self, given: Any) -> str | Model:
        if isinstance(given, str) and given:
            return given
        if not isinstance(given, dict):
            raise Invalid(
                f"{self.field}.model", "is required: <namespace>/<name>, or {'api_endpoint': {url, model_id}}."
            )
        try:
            return Model.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join([f"{self.field}.model", *map(str, first["loc"])])
            raise Invalid(where, f"{first['msg'].lower()}.") from None

    def _template_of(self, given: Any) -> RequestTemplate:
        where = f"{self.field}.template"
        if not isinstance(given, dict) or not isinstance(given.get("messages"), list) or not given["messages"]:
            raise Invalid(f"{where}.messages", "is required: the messages that ask the judge about a row.")
        if not all(isinstance(one, dict) and "role" in one and "content" in one for one in given["messages"]):
            raise Invalid(f"{where}.messages", "must be a list of {role, content}.")
        neutral_values = {"model": None, "stream": False, "n": 1}
        for name, neutral in neutral_values.items():
            if given.get(name) not in (None, neutral):
                raise Invalid(f"{where}.{name}", "leave it out: `model` beside the template is the judge, asked once.")
        return RequestTemplate(
            {key: value for key, value in given.items() if key not in ("model", "stream", "n")}, where
        )

    def _parsers_of(self, given: Any) -> dict[str, ScoreParser]:
        where = f"{self.field}.scores"
        if not isinstance(given, dict) or not given:
            raise Invalid(where, "is required: {<name>: {'type': 'int', 'parser': {'type': 'regex', 'pattern': ...}}}.")
        return {name: self._parser(one, f"{where}.{name}") for name, one in given.items()}

    def _parser(self, given: Any, where: str) -> ScoreParser:
        if not isinstance(given, dict) or given.get("type") not in _TYPES:
            raise Invalid(f"{where}.type", f"must be one of {', '.join(_TYPES)}.")
        parser = given.get("parser")
        if not isinstance(parser, dict) or parser.get("type") != "regex":
            raise Invalid(f"{where}.parser.type", 'must be "regex".')
        if unknown := [*given.keys() - {"type", "parser"}, *parser.keys() - {"type", "pattern"}]:
            raise Invalid(f"{where}.{unknown[0]}", "is not known; a score has a type and a parser {type, pattern}.")
        try:
            return ScoreParser(regex.compile(parser.get("pattern")), _TYPES[given["type"]])
        except (regex.error, TypeError) as error:
            raise Invalid(f"{where}.parser.pattern", f"is not a regular expression: {error}.") from None
