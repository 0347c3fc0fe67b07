"""Calls read from a model's text: lenient in what surrounds them, strict in what is a call."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.course import answers
from tool_calling.calls import MAX_DEPTH
from tool_calling.parsing import has_broken_call, parse_tool_calls, read_answer
from tool_calling.prompt import render_tool_calls, shown_tool


def tool(name: str, /, **properties: dict) -> dict:
    parameters = {"type": "object", "properties": properties, "required": [*properties]}
    return {"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": parameters}}


A = {"type": "integer", "description": "A number."}
TOOLS = [
    tool("f", a=A),
    tool("create_user", name={"type": "string", "description": "The name."}),
    tool("now"),
    tool("math.sqrt", x={"type": "number", "description": "The number."}),
    tool("add_column", column={"type": "object", "description": "Name, type and description of the column."}),
]
CALL = {"name": "f", "arguments": {"a": 1}}
NOW = {"name": "now", "arguments": {}}


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "f", "arguments": {"a": 1}}]',
        '```json\n[{"name": "f", "arguments": {"a": 1}}]\n```',
        'Sure, here it is: [{"name": "f", "arguments": {"a": 1}}] Anything else?',
        'First [of all], {x}: [{"name": "f", "arguments": {"a": 1}}]',
        '{\n  [\n    {"name": "f", "arguments": {"a": 1}}\n  ]\n}',
        '{"name": "f", "arguments": {"a": 1}}',
        '[{"name": "f", "parameters": {"a": 1}}]',
        '[{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}]',
        '[{"name": "f", "arguments": "{\\"a\\": 1}"}]',
        '[{"name": "f", "description": "Does f.", "arguments": {"a": 1}}]',
        f"{json.dumps([shown_tool(one) for one in TOOLS])}\nThe answer is {json.dumps([CALL])}",
        f"{json.dumps([CALL])}\nI could also have said [and so on",
    ],
)
def test_calls_are_found_whatever_surrounds_them(text):
    assert parse_tool_calls(text, TOOLS) == [CALL]


def test_two_calls_keep_their_order():
    assert parse_tool_calls(render_tool_calls([CALL, NOW]), TOOLS) == [CALL, NOW]


def test_calls_that_stand_alone_are_all_read():
    text = f"{json.dumps(CALL)},\n{json.dumps(NOW)}"
    assert parse_tool_calls(text, TOOLS) == [CALL, NOW]


@pytest.mark.parametrize("text", ["{[]}", "[]", " {\n[ ]\n} ", "```\n[]\n```"])
def test_no_tool_fits(text):
    assert parse_tool_calls(text, TOOLS) == []


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that.",
        "",
        '[{"tool": "f"}]',
        "[1, 2, 3]",
        '[{"name": "f", "arguments": "a=1"}]',
        '[{"name": "f", "arguments": [1]}]',
        '[{"name": "f", "arguments": {"a": NaN}}]',
        '[{"name": "f", "arguments": {"a": 1e999}}]',
        '[{"name": "f", "arguments": {"a": "\\ud83d"}}]',
        '[{"name": 5, "arguments": {}}]',
        f'[{{"name": "f", "arguments": {{"a": {"[" * MAX_DEPTH}{"]" * MAX_DEPTH}}}}}]',
        pytest.param("[" * 100_000, id="deep and not closed"),
        pytest.param("[" * 100_000 + "]" * 100_000, id="deep"),
        pytest.param(f'[{{"name": "f", "arguments": {{"a": {"9" * 10_000}}}}}]', id="a number too long for Python"),
    ],
)
def test_what_is_no_list_of_calls_is_not_made_one(text):
    assert parse_tool_calls(text, TOOLS) is None


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "f", "arguments": {"a": 1}',
        '[{"name": "f", "arguments": {"a": 1}}',
        '[{"name": "f", "arguments": {"a": 1}}, {"name": "now", "argu',
        '[{"name": "f", "arguments": {"a": 1}}, {"name": "create_user", "arguments": {"name": "B ]}',
        '{"name": "create_user", "arguments": {"name": "now"',
        '{"name": "create_user", "arguments": {"name": "now"}',
        '{\n  [\n    {"name": "f", "arguments": {"a": 1}}\n  ]\n',
        '{"name": "f", "arguments": {"a": 1}}\n{"name": "now", "arguments": {',
    ],
)
def test_nothing_is_read_out_of_an_answer_that_was_cut_off(text):
    assert parse_tool_calls(text, TOOLS) is None
    assert has_broken_call(text)


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "f", "arguments": {"a": 1}, {"name": "now", "arguments": {}}]',  # a brace is missing
        '[{"name": "f", "arguments": {"a": 1}}, {"name": "now" "arguments": {}}]',  # a comma is missing
        "[{'name': 'f', 'arguments': {'a': 1}}, {\"name\": \"now\", \"arguments\": {}}]",
    ],
)
def test_nothing_is_read_out_of_json_that_is_wrong(text):
    assert parse_tool_calls(text, TOOLS) is None
    assert has_broken_call(text)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ada", "age": 36},
        {"name": "Ada"},
        {"name": "Ada", "parameters": {"a": 1}},
        {"name": "f", "a": 1},
        {"answer": {"name": "f", "arguments": {"a": 1}}},
        [CALL, {"no": "call"}],
    ],
)
def test_an_object_with_a_name_is_no_call_yet(value):
    assert parse_tool_calls(json.dumps(value), TOOLS) is None
    assert not has_broken_call(json.dumps(value))


@pytest.mark.parametrize("name", ["now", "math_sqrt", "math.sqrt"])
def test_the_name_of_a_tool_alone_is_a_call(name):
    assert parse_tool_calls(json.dumps([{"name": name}]), TOOLS) == [{"name": name, "arguments": {}}]


def test_a_function_that_is_not_on_offer_is_a_wrong_call():
    assert parse_tool_calls('[{"name": "g", "arguments": {"b": 2}}]', TOOLS) == [{"name": "g", "arguments": {"b": 2}}]


SHOWN_A = {"description": "A number.", "type": "int"}


@pytest.mark.parametrize(
    "value",
    [
        [shown_tool(TOOLS[0])],
        [shown_tool(one) for one in TOOLS],
        TOOLS[0],
        TOOLS,
        [shown_tool(TOOLS[2])],  # without parameters
        {"name": "now", "description": "Does now.", "arguments": {}},
        {"name": "f", "arguments": {"a": SHOWN_A}},
        {"name": "f", "parameters": {"a": SHOWN_A}},
        {"name": "f", "arguments": {"a": {"type": "int"}}},
        {"name": "f", "arguments": {"a": {"description": "A number."}}},
        {"name": "f", "arguments": {"a": 1, "b": SHOWN_A}},
        {"name": "f", "arguments": {"b": [SHOWN_A]}},
        {"name": "f", "arguments": {"type": "object", "properties": {"a": A}, "required": ["a"]}},
        {"name": "f", "arguments": json.dumps({"a": SHOWN_A})},
        {"name": "nobody_knows", "arguments": {"a": SHOWN_A}},
        {"name": "add_column", "arguments": shown_tool(TOOLS[4])["parameters"]},
    ],
)
def test_a_tools_definition_is_no_call(value):
    assert parse_tool_calls(json.dumps(value, indent=2), TOOLS) is None


@pytest.mark.parametrize(
    "column", [{"name": "age", "type": "int", "description": "In years."}, {"type": "int"}, {"description": "Empty."}]
)
def test_a_parameter_that_takes_objects_may_be_given_what_looks_like_a_definition(column):
    call = {"name": "add_column", "arguments": {"column": column}}
    assert parse_tool_calls(json.dumps([call]), TOOLS) == [call]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([CALL], indent=2),
        json.dumps([{"name": "f", "parameters": {"a": 1}}]),
        "{\n" + json.dumps([CALL, CALL]) + "\n}",
        json.dumps([CALL, {"no": "call"}]),
        '[{"name": "f", "arguments": {"a": 1}',
        "{[]}",
        "[]",
        "No tool fits.",
        "",
    ],
)
def test_an_answer_is_a_message_of_the_api(text):
    message = read_answer(text, TOOLS)
    assert answers.calls(message) == (parse_tool_calls(text, TOOLS) or [])
    assert "tool_calls" in message or message["content"] == text
