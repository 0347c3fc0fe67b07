"""The parts: by function where that is possible, by question where not, and never a test question in the training."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.errors import DataError
from flywheel_helpers.own_data import split


def made(functions: int, per_function: int, offered: int = 1) -> list[dict]:
    """Rows about so many functions; each offers its own and the next ones."""
    rows = []
    for function in range(functions):
        names = [f"f{(function + more) % functions}" for more in range(offered)]
        tools = json.dumps([{"name": name, "description": "D.", "parameters": {}} for name in names])
        answers = json.dumps([{"name": names[0], "arguments": {}}])
        for number in range(per_function):
            query = f"question q{function}x{number} about a{number} and b{function}"
            rows.append({"id": len(rows), "query": query, "tools": tools, "answers": answers})
    return rows


def called(rows):
    return {call["name"] for row in rows for call in json.loads(row["answers"])}


def test_by_function_where_there_are_enough():
    rows = made(20, 10)
    found = split.divide(rows)
    assert found.how.startswith("by function") and found.leaked == 0
    assert called(found.data.testing) and not called(found.data.testing) & called(found.data.training)
    assert sum(map(len, found.data.splits().values())) == len(rows)
    assert split.divide(rows) == found, "the same rows, the same parts"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (made(9, 10), "there are 9 functions, and 10 are needed"),
        (made(20, 10, offered=5), "the rows mix functions"),
        (made(20, 2), "the held-out functions have 6 rows, and 10 are needed"),
    ],
)
def test_by_question_where_there_are_not(rows, why):
    found = split.divide(rows)
    assert found.how.startswith("by question") and why in found.how
    sizes = {name: len(part) for name, part in found.data.splits().items() if part}
    assert sizes["testing"] == round(len(rows) * 0.2) and sizes["validation"] == round(len(rows) * 0.1)
    assert sum(sizes.values()) == len(rows)
    again = split.divide(list(reversed(rows)))
    assert [row["query"] for row in again.data.testing] == [row["query"] for row in found.data.testing]


def test_the_file_may_say_it_itself_and_what_is_written_stays_as_it_is():
    rows = made(2, 10)
    for number, row in enumerate(rows):
        row["split"] = "testing" if number in (3, 7) else "validation" if number == 5 else "training"
    del rows[0]["split"]
    found = split.divide(rows)
    assert found.how == "as the field split says"
    assert sorted(row["id"] for row in found.data.testing) == [3, 7] and [
        row["id"] for row in found.data.validation
    ] == [5]
    assert len(found.data.training) == 17 and all("split" not in row for row in found.data.training)
    assert split.divide(found.rows()) == found


def test_a_file_that_is_sorted_by_tool_is_mixed():
    rows = made(20, 10)
    for row in rows:
        row["split"] = "testing" if row["id"] % 5 == 0 else "training"
    found = split.divide(rows).data
    for part in (found.training, found.validation, found.testing):
        assert len({json.loads(row["answers"])[0]["name"] for row in part[: len(part) // 2]}) > 5


def test_validation_is_taken_from_the_training_where_the_file_has_none():
    rows = [{**row, "split": "testing" if row["id"] < 4 else "training"} for row in made(2, 10)]
    found = split.divide(rows)
    assert [len(found.data.training), len(found.data.validation)] == [14, 2]


def test_a_question_of_the_test_is_not_practised():
    rows = [{**row, "split": "training"} for row in made(2, 20)]
    exam = {**rows[0], "split": "testing", "query": rows[0]["query"].upper() + "!"}
    found = split.divide([*rows, exam])
    assert found.leaked == 1
    assert len(found.data.training) + len(found.data.validation) == 39
    assert rows[0]["query"] not in {row["query"] for row in found.data.training + found.data.validation}


@pytest.mark.parametrize("rows", [made(1, 2), [], [{**row, "split": "training"} for row in made(2, 9)]])
def test_a_part_without_rows(rows):
    with pytest.raises(DataError, match="rows to train on, .* to validate with and .* to test with"):
        split.divide(rows)


def test_what_is_held_out_before_there_are_rows():
    names = [f"f{number}" for number in range(20)]
    held_out = split.hold_out(names)
    assert len(held_out) == 3 and held_out == split.hold_out(names[::-1]) and held_out < set(names)
    assert split.hold_out(names[:9]) == set() and len(split.hold_out(names[:10])) == 2
