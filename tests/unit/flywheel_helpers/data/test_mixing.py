"""Rows that are made from corrected questions, and rows of the first training."""

from __future__ import annotations

from flywheel_helpers.data import mixing
from flywheel_helpers.data.curation import Example


def tool(name: str) -> dict:
    return {"type": "function", "function": {"name": name, "description": "d", "parameters": {}}}


def example(number: int, *called: str, offered=("a", "b", "c")) -> Example:
    calls = [{"name": name, "arguments": {"n": number}} for name in called]
    return Example(str(number), f"Question {number}.", [tool(name) for name in offered], calls, "recorded")


ROWS = [example(n, "abc"[n % 3]) for n in range(12)] + [
    example(20, "a", "b"),
    example(21),
    example(22, "a", offered=("a",)),
]


def names(one: Example) -> set[str]:
    return {offered["function"]["name"] for offered in one.tools}


def test_without_its_tool_nothing_is_right():
    made = mixing.without_its_tool(ROWS, 100)
    originals = {one.id: one for one in ROWS}
    assert len(made) == 12  # not the one with two calls, the one without, or the one that would offer nothing
    for one in made:
        original = originals[one.id.removesuffix("/without")]
        assert one.calls == [] and one.query == original.query
        assert names(one) == names(original) - {original.calls[0]["name"]}


def test_joined_questions_have_both_calls_and_both_tools():
    made = mixing.joined(ROWS, 30)
    assert len(made) == 30
    for one in made:
        first, second = one.id.split("+")
        assert f"uestion {first}" in one.query and f"uestion {second}" in one.query
        assert [call["arguments"]["n"] for call in one.calls] == [int(first), int(second)]
        assert {call["name"] for call in one.calls} <= names(one)
    assert mixing.joined(ROWS[:1], 5) == []


def test_the_same_seed_makes_the_same_rows():
    for make in (mixing.without_its_tool, mixing.joined):
        assert make(ROWS, 6, seed=1) == make(ROWS, 6, seed=1) != make(ROWS, 6, seed=2)


def test_replayed_rows_are_some_of_the_first_in_their_order():
    rows = [{"n": n} for n in range(50)]
    chosen = [row["n"] for row in mixing.replay(rows, 10)]
    assert len(set(chosen)) == 10 and chosen == sorted(chosen)
    assert mixing.replay(rows, 100) == mixing.replay(rows, None) == rows and mixing.replay(rows, 0) == []
