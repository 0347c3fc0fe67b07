"""Sorting wrong answers by what is wrong with them."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.course.answers import KINDS, count_kinds, error_kind
from flywheel_helpers.course.results import needs_table


def call(name, arguments):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"type": "function", "function": {"name": name, "arguments": text}}


def calls(*found):
    return {"role": "assistant", "tool_calls": list(found)}


TRUTH = [{"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}]
TWICE = [*TRUTH, {"type": "function", "function": {"name": "add", "arguments": {"a": 5, "b": 6}}}]


@pytest.mark.parametrize(
    ("truth", "message", "kind"),
    [
        (TRUTH, {"content": "I would add them."}, "no call"),
        (TRUTH, {"content": None}, "no call"),
        (TRUTH, {}, "no call"),
        (TRUTH, {"content": '[{"name": "add", "arguments": {"a": 1,'}, "bad JSON"),
        (TRUTH, calls(call("add", '{"a": 1,')), "bad JSON"),
        (TRUTH, calls(call("add", "[1, 2]")), "bad JSON"),
        (TRUTH, calls(call("subtract", {"a": 1, "b": 2})), "wrong function"),
        (TRUTH, calls(call("add", {"a": 1, "b": 2}), call("log", {})), "wrong function"),
        ([], calls(call("add", {"a": 1, "b": 2})), "wrong function"),
        (TRUTH, calls(call("add", {"a": 1})), "missing argument"),
        (TRUTH, calls(call("add", {"a": 9})), "missing argument"),
        (TRUTH, calls(call("add", {"a": 1, "b": 2, "c": 3})), "extra argument"),
        (TRUTH, calls(call("add", {"a": 1, "b": 3})), "wrong value"),
        (TRUTH, calls(call("add", {"a": 1, "b": "2"})), "wrong value"),
        (TWICE, calls(call("add", {"a": 1, "b": 2})), "no call"),
        (TRUTH, calls(call("add", {"a": 1, "b": 2}), call("add", {"a": 1, "b": 2})), "wrong function"),
        (TWICE, calls(call("add", {"a": 5, "b": 6}), call("add", {"a": 1, "b": 0})), "wrong value"),
    ],
)
def test_kind(truth, message, kind):
    assert error_kind(truth, message) == kind
    assert kind in KINDS


def test_dots_in_names_count_as_underscores():
    truth = [{"function": {"name": "math.add", "arguments": {"a": 1}}}]
    assert error_kind(truth, calls(call("math_add", {"a": 2}))) == "wrong value"


def test_counting_follows_the_evaluators_score():
    def sample(score, message):
        scores = {"function_name_and_args_accuracy": score}
        return {"item": {"tool_calls": TRUTH}, "response": message, "scores": scores}

    counts = count_kinds([sample(1.0, calls(*TRUTH)), sample(0.0, {"content": "no"}), sample(0.0, None)])
    assert counts["right"] == 1 and counts["no call"] == 2
    assert sum(counts.values()) == 3 and set(counts) == {"right", *KINDS}


def test_right_rows_by_what_the_question_needs():
    def row(calls: int, names: int, everything: int) -> dict:
        scores = {"function_name_accuracy": names, "function_name_and_args_accuracy": everything}
        return {"item": {"tool_calls": [{}] * calls}, "scores": scores}

    base = [row(0, 1, 1), row(1, 0, 0), row(1, 0, 0), row(2, 0, 0), row(3, 0, 0)]
    tuned = [row(0, 0, 0), row(1, 1, 1), row(1, 1, 0), row(2, 1, 0), row(3, 1, 1)]
    assert needs_table(base, tuned).rows == [
        ["no tool", 1, 1, 0, 0],
        ["one call", 2, 0, 2, 1],
        ["two calls or more", 2, 0, 2, 1],
    ]
