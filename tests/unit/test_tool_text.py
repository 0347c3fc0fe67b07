"""The chat's text form: the seed's words, and the same text and the same reading as the platform's own."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers import answers, chat_questions, exercises, tool_text, webui_setup, xlam
from nemo_local import tool_prompt

EXAMPLE_TEXT = """Query:
Future value of 2000 dollars at 2% for 8 years?
Tools:
[
  {
    "name": "calculate_standard_deviation",
    "description": "Calculates the standard deviation of a list of numbers.",
    "parameters": {
      "numbers": {
        "description": "The list of numbers.",
        "type": "List[Union[int, float]]"
      }
    }
  },
  {
    "name": "future_investment_value",
    "description": "Calculates the future value of an investment based on the present value, annual interest rate, \
and number of years.",
    "parameters": {
      "present_value": {
        "description": "The present value of the investment.",
        "type": "float"
      },
      "annual_interest_rate": {
        "description": "The annual interest rate as a decimal (e.g., 0.05 for 5%).",
        "type": "float"
      },
      "years": {
        "description": "The number of years the investment will grow.",
        "type": "int"
      }
    }
  }
]"""
CALL = {"name": "add", "arguments": {"a": 1}}


@pytest.fixture(scope="module")
def sample_rows():
    data = xlam.load_sample()
    return xlam.convert(data.testing + data.validation, xlam.to_evaluation_row).rows


def test_the_example_is_word_for_word():
    assert webui_setup.example_text() == EXAMPLE_TEXT


def test_the_system_message_is_the_platforms():
    assert tool_text.SYSTEM_MESSAGE == tool_prompt.TOOL_SELECTOR
    assert tool_text.SYSTEM_MESSAGE.startswith("You are a tool selector.")
    assert tool_text.NO_CALL == tool_prompt.NO_CALL and tool_text.NO_CALL in tool_text.SYSTEM_MESSAGE


def test_a_chat_message_meets_the_model_as_a_request_with_tools_does(sample_rows):
    assert len(sample_rows) > 500
    for row in sample_rows:
        text = tool_text.question_text(row["messages"][0]["content"], row["tools"])
        chat = [{"role": "system", "content": tool_text.SYSTEM_MESSAGE}, {"role": "user", "content": text}]
        assert tool_prompt.render_chat(chat) == tool_prompt.render_chat(row["messages"], row["tools"])


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["a", "b"], "type": "string"},
        {"type": ["integer", "null"]},
        {"oneOf": [{"type": "integer"}, {"type": "boolean"}]},
        {"type": "array"},
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"type": "object"},
        {},
    ],
)
def test_types_are_written_as_the_platform_writes_them(schema):
    parameters = {"type": "object", "properties": {"x": schema}}
    tools = [{"type": "function", "function": {"name": "f", "description": "d", "parameters": parameters}}]
    assert tool_text.question_text("?", tools) == f"Query:\n?\nTools:\n{tool_prompt.render_tools(tools)}"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([CALL], indent=2),
        f"```json\n{json.dumps([CALL])}\n```",
        f"Here you are: {json.dumps(CALL)} Anything else?",
        json.dumps([{"type": "function", "function": CALL}]),
        json.dumps([{"name": "add", "parameters": {"a": 1}}]),
        "{\n" + json.dumps([CALL, CALL]) + "\n}",
        json.dumps([CALL, {"no": "call"}]),
        '[{"name": "add", "arguments": {"a": 1}',
        "{[]}",
        "[]",
        "No tool fits.",
        "",
    ],
)
def test_answers_are_read_as_the_platform_reads_them(text):
    message = tool_text.read_answer(text)
    assert answers.calls(message) == (tool_prompt.parse_tool_calls(text) or [])
    assert "tool_calls" in message or message["content"] == text


def test_the_questions_are_new_and_of_every_kind(sample_rows):
    rows = xlam.convert(chat_questions.rows(), xlam.to_evaluation_row).rows
    assert len(rows) == len(chat_questions.rows()) >= 9
    assert {len(row["tool_calls"]) for row in rows} == {0, 1, 2}
    data = xlam.load_sample()
    known = {tool["name"] for part in data.splits().values() for row in part for tool in json.loads(row["tools"])}
    asked = {tool["function"]["name"] for row in rows for tool in row["tools"]}
    assert not asked & known


def test_the_exercise_names_the_first_line_that_differs(sample_rows):
    rows = sample_rows[:5]
    assert exercises.check_question_text(tool_text.question_text, rows).startswith("Right")
    found = exercises.check_question_text(lambda query, tools: f"Question:\n{query}", rows)
    assert found.startswith("Not yet") and '"Question:" and should be "Query:"' in found
    assert "KeyError" in exercises.check_question_text(lambda query, tools: tools[0]["name"], rows)
    assert "takes text" in exercises.check_question_text(lambda query, tools: tools, rows)
    assert "Not yet" in exercises.check_question_text(
        lambda query, tools: tool_text.question_text(query, tools) + "\n", rows
    )
