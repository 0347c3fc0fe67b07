"""What is said about a whole file: contradictions, repetitions, each warning, and what notebook 01 gets."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.data import xlam
from flywheel_helpers.errors import DataError
from flywheel_helpers.own_data import check, load


@pytest.fixture
def good(row):
    """Sixty rows about two tools, some without a call."""
    rows = [row(number) for number in range(60)]
    for one in rows[::10]:
        one["answers"] = []
    rows[1] |= {"answers": [{"name": "boil", "arguments": {"liters": 1.5}}]}
    return rows


def test_good_rows_have_no_warning(good, write):
    checked = check(write(good))
    assert checked.warnings == [] and checked.problems == [] and len(checked.rows) == 60
    assert repr(checked).splitlines()[0].endswith("rows.jsonl: 60 rows can be used.")
    assert "42 for training, 6 for validation, 12 for testing." in repr(checked)


def test_two_answers_to_one_question(good, write):
    other = {**good[2], "query": good[2]["query"].upper(), "answers": []}
    checked = check(write(["{", *good, other]))
    assert [problem.place for problem in checked.problems] == ["line 1", "line 4", "line 62"]
    assert "another answer" in str(checked.problems[1]) and len(checked.rows) == 59


def test_a_question_twice_counts_once(good, write):
    checked = check(write([*good, good[2], good[3]]))
    assert not checked.problems and len(checked.rows) == 60
    assert checked.warnings == ["Rows that ask what another row asks, word for word: 2. They were left out."]


def of_one_class(rows):
    return [{**row, "answers": rows[2]["answers"]} for row in rows]


def never_calling(rows):
    return [{**row, "answers": []} for row in rows]


def always_calling(rows):
    return [row for row in rows if row["answers"]]


def alone(rows):
    return [{**rows[2], "query": "alone", "tools": rows[0]["tools"][:1]}, *rows]


def with_tool(parameters):
    return lambda rows: [
        {**row, "tools": [*row["tools"], {**row["tools"][0], "name": "x", **parameters}]} for row in rows
    ]


LARGE = {"parameters": {f"p{number}": {"type": "int"} for number in range(9)}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[:49], "49 rows are fewer than 50: "),
        (of_one_class, "Every row calls brew: "),
        (always_calling, "Every row has a call: "),
        (never_calling, "No row has a call: "),
        (alone, "Rows that offer one tool only: 1. "),
        (with_tool(LARGE), "x: more than 8 parameters, at which a NIM stops answering"),
        (with_tool({"parameters": {"p": {"type": "tea"}}}), "tea: no type that JSON knows"),
    ],
)
def test_a_warning(good, write, change, said):
    checked = check(write(change(good)))
    assert not checked.problems
    (warning,) = checked.warnings
    assert warning.startswith(said) and f"Warning: {warning}" in repr(checked)


def test_test_rows_that_occur_in_the_training(good, write):
    good = [{**row, "split": "testing" if number < 12 else "training"} for number, row in enumerate(good)]
    tools = [*good[0]["tools"], {**good[0]["tools"][0], "name": "other"}]
    checked = check(write([*good, {**good[2], "split": "training", "tools": tools}]))
    assert checked.warnings == [
        "Rows that ask nearly what a test row asks: 1. They were left out of the training: a score on a practised "
        "question measures memory."
    ]


def test_too_few_rows_to_divide(row, write):
    path = write([row(1), row(2)])
    assert "Add rows" in check(path).warnings[-1] and check(path).divided is None
    with pytest.raises(DataError, match="rows to train on"):
        load(path)
    with pytest.raises(DataError, match="rows to train on"):
        check(path).write(path.with_name("out.jsonl"))


def test_what_is_written_is_what_the_notebook_loads(good, write, tmp_path):
    path = write([*good, '{"query": "cut o'])
    with pytest.raises(DataError, match="line 61: the line is not JSON") as error:
        load(path)
    assert f"flywheel data check {path}" in error.value.hint
    assert check(path).write(tmp_path / "new" / "good.jsonl") == 60
    data = load(tmp_path / "new" / "good.jsonl")
    for part, rows in data.splits().items():
        before = check(path).divided.data.splits()[part]
        assert [(one["query"], one["answers"], one["tools"]) for one in rows] == [
            (one["query"], one["answers"], one["tools"]) for one in before
        ]
        assert all(isinstance(json.loads(one["tools"]), list) for one in rows), "JSON text, as the course's own rows"
    assert not xlam.convert(data.training).counts.skipped


def test_the_file_that_was_read_is_not_replaced(good, write):
    path = write(good)
    with pytest.raises(DataError, match="the result would replace it"):
        check(path).write(path)
    assert len(path.read_text().splitlines()) == 60
