"""The chat's text form: the seed's words, and the same text as the platform's own."""

from __future__ import annotations

import json

import pytest
from chat_forms import TINY_CHATML

from flywheel_helpers.course import exercises
from flywheel_helpers.data import examples, xlam
from flywheel_helpers.webui import setup
from tool_calling import prompt
from tool_calling.prompt import NO_CALL, question_text, render_tool_calls

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


@pytest.fixture(scope="module")
def sample_rows():
    data = xlam.load_sample()
    return xlam.convert(data.development + data.validation, xlam.to_evaluation_row).rows


def test_the_example_is_word_for_word():
    assert setup.example_text() == EXAMPLE_TEXT


def test_the_system_message_is_the_courses():
    assert prompt.SYSTEM_MESSAGE.startswith("You are a tool selector.")
    assert prompt.NO_CALL in prompt.SYSTEM_MESSAGE


def test_a_chat_message_meets_the_model_as_a_request_with_tools_does(sample_rows):
    assert len(sample_rows) > 500
    for row in sample_rows:
        text = prompt.question_text(row["messages"][0]["content"], row["tools"])
        chat = [{"role": "system", "content": prompt.SYSTEM_MESSAGE}, {"role": "user", "content": text}]
        assert TINY_CHATML.render(chat) == TINY_CHATML.render(row["messages"], row["tools"])


def test_the_questions_are_new_and_of_every_kind(sample_rows):
    rows = xlam.convert(examples.chat_rows(), xlam.to_evaluation_row).rows
    assert len(rows) == len(examples.chat_rows()) >= 9
    assert {len(row["tool_calls"]) for row in rows} == {0, 1, 2}
    data = xlam.load_sample()
    known = {tool["name"] for part in data.splits().values() for row in part for tool in json.loads(row["tools"])}
    asked = {tool["function"]["name"] for row in rows for tool in row["tools"]}
    assert not asked & known


def test_the_exercise_names_the_first_line_that_differs(sample_rows):
    rows = sample_rows[:5]
    assert exercises.check_question_text(prompt.question_text, rows).startswith("Right")
    found = exercises.check_question_text(lambda query, tools: f"Question:\n{query}", rows)
    assert found.startswith("Not yet") and '"Question:" and should be "Query:"' in found
    assert "KeyError" in exercises.check_question_text(lambda query, tools: tools[0]["name"], rows)
    assert "takes text" in exercises.check_question_text(lambda query, tools: tools, rows)
    assert "Not yet" in exercises.check_question_text(
        lambda query, tools: prompt.question_text(query, tools) + "\n", rows
    )


INVEST = {
    "type": "function",
    "function": {
        "name": "future_value",
        "description": "Value of an investment later.",
        "parameters": {
            "type": "object",
            "properties": {
                "rate": {"type": "number", "description": "The rate."},
                "tags": {
                    "type": "array",
                    "items": {"anyOf": [{"type": "integer"}, {"type": "number"}]},
                    "description": "Tags.",
                },
                "unit": {"type": "string", "enum": ["day", "year"], "description": "Unit.", "default": "year"},
                "extra": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "More."},
            },
            "required": ["rate", "tags"],
        },
    },
}


def test_tools_are_written_with_python_hints_in_the_order_of_the_example():
    assert json.loads(question_text("?", [INVEST]).split("Tools:\n")[1]) == [
        {
            "name": "future_value",
            "description": "Value of an investment later.",
            "parameters": {
                "rate": {"description": "The rate.", "type": "float"},
                "tags": {"description": "Tags.", "type": "List[Union[int, float]]"},
                "unit": {"description": "Unit.", "type": 'Literal["day", "year"], optional', "default": "year"},
                "extra": {"description": "More.", "type": "Dict[str, int], optional"},
            },
        }
    ]
    assert question_text("?", [INVEST]).startswith(
        'Query:\n?\nTools:\n[\n  {\n    "name": "future_value",\n    "description"'
    )


def test_calls_are_written_as_the_pretty_list_of_the_ground_truth():
    text = render_tool_calls([{"function": {"name": "f", "arguments": {"a": 2000, "b": 0.02}}}])
    assert text == '[\n  {\n    "name": "f",\n    "arguments": {\n      "a": 2000,\n      "b": 0.02\n    }\n  }\n]'
    assert render_tool_calls([]) == NO_CALL == "{[]}"


def test_arguments_that_are_no_object_are_refused():
    with pytest.raises(ValueError, match="arguments of 'f' must be an object"):
        render_tool_calls([{"function": {"name": "f", "arguments": "[1]"}}])
