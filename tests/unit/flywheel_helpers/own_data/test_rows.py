"""Rows in every form that is read, and each mistake with its line."""

from __future__ import annotations

import ast
import csv
import io
import json
from pathlib import Path

import pytest

from flywheel_helpers.data import tool_schema, xlam
from flywheel_helpers.own_data import check
from flywheel_helpers.own_data.problems import ADVICE, SHOWN, Wrong

SCHEMA = {
    "type": "object",
    "properties": {"cups": {"type": "integer", "description": "How many."}, "milk": {"enum": ["oat", "soy"]}},
    "required": ["cups"],
}
OPENAI_TOOLS = [
    {"type": "function", "function": {"name": "brew", "description": "Brews coffee.", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "boil", "description": "Boils water.", "parameters": {}}},
]
CALL = {"id": "1", "type": "function", "function": {"name": "brew", "arguments": '{"cups": 2, "milk": "oat"}'}}
USER = {"role": "user", "content": "Two cups with oat milk."}


def openai(*calls, **changes):
    answer = {"role": "assistant", "content": None, "tool_calls": list(calls)}
    return {"messages": [{"role": "system", "content": "Hi"}, USER, answer], "tools": OPENAI_TOOLS, **changes}


def as_csv(rows, delimiter=","):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(
        {key: cell if isinstance(cell, str) else json.dumps(cell) for key, cell in row.items()} for row in rows
    )
    return text.getvalue()


def problems(path):
    return [str(problem) for problem in check(path).problems]


def test_xlam_rows_as_jsonl(row, write):
    text = {"answers": "[]", "tools": json.dumps(row()["tools"])}  # as the data set has them
    checked = check(write([row(1), "", row(2, **text)]))
    assert not checked.problems
    assert [one["query"] for one in checked.rows] == [row(1)["query"], row(2)["query"]]
    assert [json.loads(one["answers"]) for one in checked.rows] == [row(1)["answers"], []]
    assert json.loads(checked.rows[0]["tools"]) == row()["tools"]


def test_openai_rows_become_xlam_rows(write):
    evaluation = {"messages": [{**USER, "content": "Nothing, thanks."}], "tools": OPENAI_TOOLS, "tool_calls": []}
    checked = check(write([openai(CALL), evaluation]))
    assert not checked.problems
    first, second = checked.rows
    assert first["query"] == USER["content"] and json.loads(second["answers"]) == []
    assert json.loads(first["answers"]) == [{"name": "brew", "arguments": {"cups": 2, "milk": "oat"}}]
    assert json.loads(first["tools"])[0]["parameters"] == {
        "cups": {"description": "How many.", "type": "int"},
        "milk": {"description": "", "type": 'Literal["oat", "soy"], optional'},
    }
    tools = xlam.to_customization_row(first)["tools"]
    assert tools[0]["function"]["parameters"]["required"] == ["cups"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_both_forms(row, write, delimiter):
    path = write("\ufeff" + as_csv([row(1, query='She said "two";\ncups, please'), row(2)], delimiter), "rows.csv")
    checked = check(path)
    assert not checked.problems and checked.rows[0]["query"] == 'She said "two";\ncups, please'
    checked = check(write(as_csv([openai(CALL)], delimiter), "rows.csv"))
    assert not checked.problems and json.loads(checked.rows[0]["answers"])[0]["arguments"]["cups"] == 2


def test_a_json_list(row, write):
    path = write(json.dumps([row(1), row(2, query="")], indent=2), "rows.json")
    assert len(check(path).rows) == 1
    assert problems(path)[0].startswith("row 2: the query is missing")


def test_the_lines_of_a_csv_file_count_lines_in_texts(row, write):
    rows = [row(1, query="One,\ntwo,\nthree."), row(2, answers="[{")]
    assert problems(write(as_csv(rows), "rows.csv"))[0].startswith("line 5: answers is not JSON")
    text = as_csv([row(1)])
    assert "line 3: it has 4 cells" in problems(write(text + "a,b,c,d\n", "rows.csv"))[0]
    assert "line 3: it is not CSV (unexpected end" in problems(write(text + '"cut o', "rows.csv"))[0]
    bad = as_csv([openai(CALL, tools="[{")])
    assert "line 2: tools is not JSON" in problems(write(bad, "rows.csv"))[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"query": " "}, "the query is missing or empty. Give the user's question"),
        ({"tools": []}, "no tools are offered. List"),
        ({"tools": "[{"}, "tools is not JSON. Give"),
        ({"tools": [7]}, "a tool has no name. Each"),
        ({"tools": [{"name": "brew"}] * 2}, "two tools have the same name. Rename"),
        ({"tools": [{"name": "brew", "parameters": {"cups": 7}}]}, "the parameters of a tool are not"),
        ({"tools": [{"name": "brew", "inputSchema": {"type": "tea"}}]}, "the parameters of 'brew' cannot be read"),
        ({"tools": [{"name": "brew", "inputSchema": {"properties": {"a": 7}}}]}, "the parameters of 'brew'"),
        ({"tools": [{"function": 7}]}, "the function of a tool is a number"),
        ({"tools": [{"name": "brew", "parameters": {"cups": {"type": "int"}}}]}, "brew has no description. Describe"),
        ({"answers": [{"name": "brwe", "arguments": {}}]}, "not offered (called: brwe; offered: brew, boil). Add"),
        ({"answers": [{"name": "brew", "arguments": []}]}, "the arguments of an answer are not an object. Write"),
        (
            {"answers": [{"name": "brew", "arguments": {"cups": 1, "milk": 1}}]},
            "does not take (called: brew; offered: brew, boil). Add",
        ),
        ({"answers": [{"name": "brew", "arguments": {}}]}, "'cups' is a required property. Correct"),
        ({"answers": [{"name": "brew", "arguments": {"cups": "four"}}]}, "cups: 'four' is not of type 'integer'"),
        ({"answers": {}}, "answers is not a list"),
        ({"split": "exam"}, "the split is 'exam'. Write one of training, validation, testing"),
    ],
)
def test_a_wrong_row(row, write, wrong, said):
    (problem,) = problems(write([row(1), row(2, **wrong), row(3)]))
    assert problem.startswith("line 2: ") and said in problem


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"query": "cut o', "the line is not JSON (Unterminated string"),
        ('{"query": NaN}', "the line is not JSON (NaN is not JSON"),
        ("[" * 100_000, "cannot"),
        ('{"a": ' + "[" * 150 + "]" * 150 + "}", "nests deeper than 100"),
        ("7", "a row must be an object, not a number"),
        ('{"question": "x"}', "it has no query, tools, answers. A row has"),
        (openai(messages=7), "messages is not a list of objects"),
        (openai(messages=[USER, USER]), "the messages are by user, user. A row has one question"),
        (openai(messages=[USER]), "the messages are by user. A row has one question"),
        (openai(messages=[]), "the messages are by nobody"),
        (openai(messages=[USER], tool_calls=7), "tool_calls is a number"),
        (openai({"function": {"name": "brew", "arguments": "{"}}), "a call cannot be read: the arguments of 'brew'"),
        (openai(CALL, messages=[{"role": "user", "content": [{"type": "text"}]}], tool_calls=[]), "the query is"),
    ],
)
def test_a_wrong_line(row, write, line, said):
    if said == "cannot":  # a line that begins with [ only in the middle of a file
        said = "the line is not JSON"
    found = problems(write([row(1), line]))
    assert len(found) == 1 and found[0].startswith("line 2: ") and (said in found[0] or "nests deeper" in found[0])


def test_every_reason_of_the_conversion_has_advice():
    reasons = []
    for module in (xlam, tool_schema):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MalformedRow":
                reasons.append(ast.unparse(node.args[0]).strip("f'\""))
    assert len(reasons) >= 10
    written = {"{key} is not JSON": "tools is not JSON", "{key} is not a list": "answers is not a list"}
    for reason in reasons:
        if reason != "problem.problem":  # of strict JSON, which says by itself what to change
            said = written.get(reason, reason).replace("{MAX_PARAMETERS}", "8").replace("{what}", "a tool")
            assert Wrong(said).advice in ADVICE.values(), reason


def test_many_problems_are_cut_short(row, write):
    said = repr(check(write([row(1, query="")] * (SHOWN + 5))))
    assert said.count("the query is missing") == SHOWN and "... and 5 more" in said and "left out: 55" in said


def test_what_is_quoted_is_short_and_has_no_control_characters(row, write):
    (problem,) = problems(write([row(1, answers=[{"name": "\u001b[2J" + "x" * 1000, "arguments": {}}])]))
    assert "called:  [2Jxxx" in problem and problem.isprintable() and len(problem) < 500


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "it is empty"), (b" \n", "it is empty"), ("Köln".encode("latin-1"), "byte 2 is not UTF-8")],
)
def test_a_file_that_cannot_be_read(tmp_path, content, said):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(Exception, match=said):
        check(path)


@pytest.mark.parametrize("header", ['query,"tools,answers', '"query"x,tools,answers'])
def test_a_header_that_is_no_csv(write, header):
    assert "the header is not CSV" in problems(write(header + "\n", "rows.csv"))[0]
