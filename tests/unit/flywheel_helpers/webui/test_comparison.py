"""Scoring answers of the chat as the Evaluator scores those of the API, and setting both side by side."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.errors import DataError, ServiceError, Unreachable
from flywheel_helpers.webui import comparison
from tool_calling import prompt

ADD, OTHER = ({"name": "add", "arguments": {"a": 1, "b": b}} for b in (2, 3))


def message(*calls) -> dict:
    return {"tool_calls": [{"type": "function", "function": call} for call in calls]}


def row(query: str, *calls) -> dict:
    tool = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {}}}
    return {"messages": [{"role": "user", "content": query}], "tools": [tool], **message(*calls)}


class Chat:
    """Answers what it is told to, by the question's first line after `Query:`."""

    def __init__(self, **said):
        self.said = said

    def chat(self, preset_id: str, text: str) -> str:
        answer = self.said[text.splitlines()[1]]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_samples_are_in_the_order_of_the_rows():
    rows = [row(f"q{number}", ADD) for number in range(20)]
    said = {f"q{number}": json.dumps([ADD if number % 2 else OTHER]) for number in range(20)}
    samples = comparison.ask(Chat(**said), "preset", rows)
    assert [sample["item"] for sample in samples] == rows
    assert [comparison.kind(sample) for sample in samples] == ["wrong value", "right"] * 10


def test_the_first_failure_ends_it():
    down = Unreachable("Open WebUI", "POST http://webui.test/api", "nothing listens there.", "Start it.")
    with pytest.raises(ServiceError, match="nothing listens"):
        comparison.ask(Chat(q=down), "preset", [row("q", ADD)] * 3)


def test_no_call_is_right_where_no_tool_fits():
    said = {"right": prompt.NO_CALL, "wrong": json.dumps([ADD])}
    samples = comparison.ask(Chat(**said), "preset", [row("right"), row("wrong")])
    assert [comparison.kind(sample) for sample in samples] == ["right", "wrong function"]
    table = comparison.verdicts_table(samples, samples)
    assert table.rows[1] == ["wrong", "no tool", "wrong function", "wrong function"]


def test_paths_are_compared_in_points():
    rows = [row(f"q{number}", ADD) for number in range(50)]
    api = comparison.ask(Chat(**{f"q{n}": json.dumps([ADD]) for n in range(50)}), "preset", rows)
    chat = comparison.ask(Chat(**{f"q{n}": json.dumps([ADD if n else OTHER]) for n in range(50)}), "preset", rows)
    assert comparison.difference(api, chat) == pytest.approx(2.0)
    assert comparison.verdict(api, chat) == "within 3 points of each other: yes (2.0 points apart)"
    assert comparison.numbers(api, chat)["chat"] == {
        "function_name_accuracy": 1.0,
        "function_name_and_args_accuracy": 0.98,
    }
    far = comparison.ask(Chat(**{f"q{n}": "no" for n in range(50)}), "preset", rows)
    assert "no (100.0 points" in comparison.verdict(api, far)
    with pytest.raises(ValueError, match="different rows"):
        comparison.difference(api, chat[1:])


@pytest.mark.parametrize("compare", [comparison.paths_table, comparison.numbers, comparison.verdict])
def test_an_evaluator_that_keeps_no_single_answers(compare):
    with pytest.raises(DataError, match="no single answers"):
        compare([], [])
