"""What kind of mistake a wrong tool call is. Scores come from the Evaluator; this only explains them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

RIGHT = "right"
KINDS = ("no call", "bad JSON", "wrong function", "missing argument", "extra argument", "wrong value")


def error_kind(truth: list[dict[str, Any]], message: dict[str, Any]) -> str:
    """The most basic mistake of an answer that the Evaluator scored as wrong.

    Args:
        truth: the right calls, as OpenAI `tool_calls`; empty when no tool fits.
        message: the assistant's message, with `tool_calls`, or with `content` where it called none.

    Returns:
        one of `KINDS`. Where several apply, the one that comes first in the way to a right answer: without a call
        there is no function to be wrong, with the wrong function no argument to miss.
    """
    calls = message.get("tool_calls") or []
    if not calls and truth:
        return "bad JSON" if _tried_to_call(message.get("content") or "") else "no call"
    expected, answered = [_parse(call) for call in truth], [_parse(call) for call in calls]
    if any(arguments is None for _, arguments in answered):
        return "bad JSON"
    if {name for name, _ in expected} != {name for name, _ in answered}:
        return "wrong function"
    for call in list(expected):
        if call in answered:
            expected.remove(call)
            answered.remove(call)
    kinds = {kind for name, wanted in expected for kind in _argument_kinds(name, wanted, answered)}
    return next((kind for kind in KINDS if kind in kinds), "wrong value" if expected else "wrong function")


def count_kinds(samples: list[dict[str, Any]]) -> dict[str, int]:
    """How many samples are right and how many show each kind of mistake.

    Args:
        samples: from `evaluator.samples`.
    """
    counts = Counter(
        RIGHT if is_right(sample) else error_kind(sample["item"].get("tool_calls") or [], sample.get("response") or {})
        for sample in samples
    )
    return {kind: counts[kind] for kind in (RIGHT, *KINDS)}


def is_right(sample: dict[str, Any], score: str = "function_name_and_args_accuracy") -> bool:
    """Whether the Evaluator gave this sample the full score."""
    return sample["scores"].get(score) == 1


def _parse(call: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Name and arguments of a call; arguments are None when they are no JSON object."""
    function = call.get("function") or call
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            arguments = None
    # The metric compares names this way too.
    return str(function.get("name")).replace(".", "_"), arguments if isinstance(arguments, dict) else None


def _tried_to_call(text: str) -> bool:
    return '"name"' in text and any(bracket in text for bracket in "[{")


def _argument_kinds(name: str, wanted: dict[str, Any] | None, answered: list[tuple[str, Any]]) -> set[str]:
    """Mistakes in the answer's call that stands for this one: the one of the same name that shares most arguments."""
    same_name = [arguments for other, arguments in answered if other == name]
    if not same_name:
        return {"no call"}  # the function was called, but fewer times than asked
    wanted = wanted or {}
    nearest = max(same_name, key=lambda given: sum(key in given and given[key] == wanted[key] for key in wanted))
    kinds = set()
    if wanted.keys() - nearest.keys():
        kinds.add("missing argument")
    if nearest.keys() - wanted.keys():
        kinds.add("extra argument")
    if any(wanted[key] != nearest[key] for key in wanted.keys() & nearest.keys()):
        kinds.add("wrong value")
    return kinds
