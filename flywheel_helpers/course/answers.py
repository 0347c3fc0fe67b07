"""Reading what a model answered: which functions it called, whether that is right, what is wrong, and how to show it.

Scores come from the Evaluator; the kinds of mistakes only explain them. Both read calls with `tool_calling.scoring`.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from typing import Any

from tool_calling.calls import NotACall, read_call
from tool_calling.parsing import has_broken_call
from tool_calling.scoring import UNPARSABLE, json_equal, name_and_arguments, score_tool_calls

RIGHT = "right"
KINDS = ("no call", "bad JSON", "wrong function", "missing argument", "extra argument", "wrong value")
LINE, MOST_LINES = 96, 20  # of what is quoted; a base model can ramble


def calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of an assistant's message, or of a row's ground truth, as plain `{"name", "arguments"}`.

    Args:
        message: anything with `tool_calls` in a form that `tool_calling.calls` reads.

    Returns:
        the calls in order. Arguments that cannot be read stay as they are, so that they equal nothing.
    """
    found = []
    for call in message.get("tool_calls") or []:
        try:
            name, arguments = read_call(call)
        except NotACall:
            function = call.get("function", call)
            name, arguments = function.get("name"), function.get("arguments")
        found.append({"name": name, "arguments": arguments})
    return found


equal = json_equal  # whether two parsed JSON values are the same: 2 and 2.0 are, 1 and true are not


def verdict(message: dict[str, Any], truth: dict[str, Any]) -> str:
    """One line: does the answer equal the ground truth by the Evaluator's rules, and if not, what is wrong?"""
    kind = error_kind(truth.get("tool_calls") or [], message)
    return "equal to the ground truth: yes" if kind == RIGHT else f"equal to the ground truth: no ({kind})"


def error_kind(truth: list[dict[str, Any]], message: dict[str, Any]) -> str:
    """`RIGHT` for an answer that the metric scores 1, else its most basic mistake.

    Args:
        truth: the right calls, as OpenAI `tool_calls`; empty when no tool fits.
        message: the assistant's message, with `tool_calls`, or with `content` where it called none.

    Returns:
        `RIGHT` or one of `KINDS`. Where several apply, the first on the way to a right answer: without a call there is
        no function to be wrong, with the wrong function no argument to miss.
    """
    calls = message.get("tool_calls") or []
    if score_tool_calls(calls, truth)["function_name_and_args_accuracy"]:
        return RIGHT
    if not calls:
        return "bad JSON" if has_broken_call(message.get("content") or "") else "no call"
    expected, answered = [[name_and_arguments(call) for call in side] for side in (truth, calls)]
    if any(arguments is UNPARSABLE for _, arguments in answered):
        return "bad JSON"
    if {name for name, _ in expected} != {name for name, _ in answered}:
        return "wrong function"
    for call in list(expected):
        if twin := next((other for other in answered if other[0] == call[0] and json_equal(other[1], call[1])), None):
            expected.remove(call)
            answered.remove(twin)
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


def one_line(message: dict[str, Any]) -> str:
    """An answer as a line of code, `add(a=1, b=2)`; where nothing was called, the text in quotation marks."""
    written = [f"{call['name']}({_arguments(call['arguments'])})" for call in calls(message)]
    if written:
        return " + ".join(written)
    text = " ".join((message.get("content") or "").split())
    return f'no call, but "{text}"' if text.strip("{[]} ") else "no call"


def quote(message: dict[str, Any]) -> str:
    """An answer, each line after a `> `: the calls formatted as JSON where there are any, else the text as it came."""
    found = calls(message)
    if found:
        lines = json.dumps(found, indent=2, ensure_ascii=False).splitlines()
    else:
        text = (message.get("content") or "(an empty answer)").strip()
        lines = [part for line in text.splitlines() for part in textwrap.wrap(line, LINE) or [""]]
    cut = [*lines[:MOST_LINES], "..."] if len(lines) > MOST_LINES else lines
    return "\n".join(f"> {line}".rstrip() for line in cut)


def side_by_side(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """Questions with the right answer and those of both models, each line after a `> `.

    Args:
        pairs: samples of the base and the tuned model for the same row, from `evaluator.samples`.
    """
    blocks = []
    for base, tuned in pairs:
        lines = {
            "question": base["item"]["messages"][-1]["content"],
            "right": one_line(base["item"]),
            "base": one_line(base.get("response") or {}),
            "tuned": one_line(tuned.get("response") or {}),
        }
        blocks.append("\n".join(f"> {name:8}  {_short(text)}" for name, text in lines.items()))
    return "\n>\n".join(blocks) or "> There is none."


def _arguments(arguments: Any) -> str:
    if not isinstance(arguments, dict):
        return str(arguments)
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())


def _short(text: str) -> str:
    return text if len(text) <= LINE else f"{text[: LINE - 4]} ..."


def _argument_kinds(name: str, wanted: dict[str, Any], answered: list[tuple[str, Any]]) -> set[str]:
    """Mistakes in the answer's call that stands for this one: the one of the same name that shares most arguments."""
    same_name = [arguments for other, arguments in answered if other == name]
    if not same_name:
        return {"no call"}  # the function was called, but fewer times than asked
    nearest = max(
        same_name, key=lambda given: sum(key in given and json_equal(given[key], wanted[key]) for key in wanted)
    )
    kinds = set()
    if wanted.keys() - nearest.keys():
        kinds.add("missing argument")
    if nearest.keys() - wanted.keys():
        kinds.add("extra argument")
    if any(not json_equal(wanted[key], nearest[key]) for key in wanted.keys() & nearest.keys()):
        kinds.add("wrong value")
    return kinds
