"""Reading answers, and showing them."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.course import answers
from flywheel_helpers.data import examples, xlam
from flywheel_helpers.display import compact


def message(*calls, content=""):
    return {
        "content": content,
        "tool_calls": [{"type": "function", "function": {"name": n, "arguments": a}} for n, a in calls],
    }


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (2, 2.0, True),
        (1, True, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ({"a": 0}, {"a": False}, False),
        ("2", 2, False),
        (None, None, True),
    ],
)
def test_equal_as_json(left, right, same):
    assert answers.equal(left, right) is same


def test_the_worked_example_equals_itself_only():
    truth = xlam.to_evaluation_row(examples.EXAMPLE)
    right = {"present_value": 2000.0, "annual_interest_rate": 0.02, "years": 8}
    assert answers.verdict(message(("future_investment_value", json.dumps(right))), truth).endswith("yes")
    for wrong, kind in (
        ({**right, "annual_interest_rate": 2}, "wrong value"),
        ({**right, "extra": 1}, "extra argument"),
        ({"years": 8}, "missing argument"),
    ):
        answer = message(("future_investment_value", json.dumps(wrong)))
        assert answers.verdict(answer, truth).endswith(f"no ({kind})")
    assert answers.verdict({"content": "I think so."}, truth).endswith("no (no call)")
    assert answers.verdict(message(("future_investment_value", "{not json")), truth).endswith("no (bad JSON)")


def test_one_line():
    both = message(("add", '{"a": 1, "b": "x"}'), ("stop", "{}"))
    assert answers.one_line(both) == 'add(a=1, b="x") + stop()'
    assert answers.one_line({"content": "I am\nsure"}) == 'no call, but "I am sure"'
    assert answers.one_line({"content": "{[]}"}) == answers.one_line({}) == "no call"


def test_every_quoted_line_is_marked():
    for text in (answers.quote({"content": "so\n\nlong " * 200}), answers.quote(message(("add", '{"a": 1}')))):
        assert all(line.startswith(">") and len(line) <= answers.LINE + 2 for line in text.splitlines())


def test_side_by_side():
    row = {"item": {"messages": [{"role": "user", "content": "One?"}], **message(("one", {}))}}
    text = answers.side_by_side([({**row, "response": None}, {**row, "response": message(("two", "{}"))})])
    assert text.splitlines() == ["> question  One?", "> right     one()", "> base      no call", "> tuned     two()"]
    assert answers.side_by_side([]) == "> There is none."


def test_compact_json_is_the_same_json():
    value = {"empty": [], "long": ["word" * 5] * 12, "nested": {"a": {"b": list(range(40))}}, "short": {"x": 1}}
    text = compact(value, width=60)
    assert json.loads(text) == value
    assert '  "short": {"x": 1}' in text and max(map(len, text.splitlines())) <= 60
