"""The text form of a question, written and read back."""

from __future__ import annotations

import pytest

from flywheel_helpers.data import xlam
from flywheel_helpers.data.question_text import read_question
from sample_data import generate
from sample_data.production import production_log
from tool_calling.prompt import question_text


def rows() -> list[dict]:
    sample = generate()
    production = [row for week in production_log().weeks().values() for row in week]
    return [xlam.to_evaluation_row(row) for row in [*production[::7], *sample.development[::7], *sample.testing[::7]]]


def test_what_is_written_is_read_back():
    for row in rows():
        query, tools = row["messages"][0]["content"], row["tools"]
        read = read_question(question_text(query, tools))
        assert read is not None and read[0] == query.strip()
        assert question_text(*read) == question_text(query.strip(), tools)
        assert [one["function"]["name"] for one in read[1]] == [one["function"]["name"] for one in tools]
        for one, other in zip(read[1], tools, strict=True):
            assert one["function"]["parameters"]["required"] == other["function"]["parameters"]["required"]


def test_white_space_may_have_changed():
    row = rows()[0]
    text = question_text(row["messages"][0]["content"], row["tools"])
    unindented = "\r\n".join(line.strip() for line in text.splitlines())
    assert read_question(f"\n{unindented}\n") == read_question(text)
    assert read_question(text.replace("Query:\n", "Query: ").replace("Tools:\n", "Tools: ")) == read_question(text)


def test_a_question_about_the_form_itself():
    tools = rows()[0]["tools"]
    query = "Query:\nWhat is meant by\nTools:\n[]?"
    assert read_question(question_text(query, tools))[0] == query


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is the capital of France?",
        "Query:\nx",
        "Query:\n\nTools:\n[]",
        "Query:\nx\nTools:\n[]",
        "Query:\nx\nTools:\n{}",
        "Query:\nx\nTools:\nnone",
        'Query:\nx\nTools:\n[{"description": "no name"}]',
        'Query:\nx\nTools:\n["f"]',
        'Query:\nx\nTools:\n[{"name": "f", "parameters": 3}]',
        "Query:\nx\nTools:\n" + "[" * 20_000,
    ],
)
def test_anything_else_is_none(text):
    assert read_question(text) is None
