"""What somebody types into the form becomes calls only when they are valid, and every fault is named."""

from __future__ import annotations

import pytest

from flywheel_helpers.feedback import correction
from flywheel_helpers.feedback.correction import NO_TOOL, Draft

PAPAYA = {"name": "log_hours", "arguments": {"project": "Papaya", "hours": 2}}


@pytest.fixture
def tools(logged):
    return logged(1)["tools"]


@pytest.mark.parametrize(
    ("draft", "problem", "fields"),
    [
        (Draft(), "Choose the right tool.", {}),
        (Draft("gone"), "Choose the right tool.", {}),
        (Draft("log_hours", {"hours": "2"}), "log_hours: 'project' is a required property", {"project": "needed"}),
        (
            Draft("log_hours", {"project": "Papaya", "hours": "two"}),
            "log_hours: hours: 'two' is not of type 'number'",
            {"hours": "'two' is not of type 'number'"},
        ),
        (
            Draft("log_hours", {"project": "Papaya", "hours": "2", "day": "Sun"}),
            "log_hours: day: 'Sun' is not one of ['Mon', 'Tue']",
            {"day": "'Sun' is not one of ['Mon', 'Tue']"},
        ),
        (
            Draft("invite", {"title": "Budget", "people": "Ada"}),
            "invite: people: 'Ada' is not of type 'array'",
            {"people": "'Ada' is not of type 'array'"},
        ),
        (
            Draft("invite", {"title": "Budget", "people": '["Ada", 7]'}),
            "invite: people.1: 7 is not of type 'string'",
            {"people": "people.1: 7 is not of type 'string'"},
        ),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(tools, draft, problem, fields):
    reading = correction.read([draft], tools, [])
    assert (reading.calls, reading.problem, reading.fields) == (None, problem, [fields])


def test_a_valid_call_has_the_types_of_the_schema(tools):
    typed = [
        Draft("log_hours", {"project": " 42 ", "hours": "2.5", "day": ""}),
        Draft("invite", {"title": "Budget", "people": '["Ada"]'}),
    ]
    reading = correction.read(typed, tools, [PAPAYA])
    assert reading.calls == [
        {"name": "log_hours", "arguments": {"project": "42", "hours": 2.5}},
        {"name": "invite", "arguments": {"title": "Budget", "people": ["Ada"]}},
    ]
    assert reading.problem == "" and reading.fields == [{}, {}]


def test_no_tool_fits(tools):
    assert correction.read([Draft(NO_TOOL)], tools, [PAPAYA]).calls == []
    assert correction.read([Draft(NO_TOOL), Draft("invite", {"title": "x"})], tools, [PAPAYA]).calls is None
    assert "what the model answered" in correction.read([Draft(NO_TOOL)], tools, []).problem


def test_the_form_begins_with_the_models_calls(tools):
    given = [PAPAYA, {"name": "invite", "arguments": {"title": "Budget", "people": ["Ada"], "made_up": 1}}]
    drafts = correction.drafts(given, tools)
    assert drafts[1] == Draft("invite", {"title": "Budget", "people": '["Ada"]'})
    reading = correction.read(drafts[:1], tools, [PAPAYA])
    assert reading.calls is None and "what the model answered" in reading.problem
    assert correction.drafts([{"name": "gone", "arguments": {"a": 1}}], tools) == [Draft()]
    assert correction.drafts([{"name": "log_hours", "arguments": "no JSON"}], tools) == [Draft("log_hours")]
    assert correction.drafts([], tools) == [Draft()]


@pytest.mark.parametrize("value", ["5", "true", "text", 5, 2.5, True, None, ["a"], {"a": 1}])
@pytest.mark.parametrize("schema", [{}, {"anyOf": [{"type": "string"}, {"type": "number"}]}])
def test_a_value_survives_its_field(value, schema):
    tools = [{"function": {"name": "f", "parameters": {"type": "object", "properties": {"x": schema}}}}]
    text = correction.as_text(value, schema)
    reading = correction.read([Draft("f", {"x": text})], tools, [])
    if not schema or isinstance(value, str) or type(value) in (int, float):
        assert reading.calls == [{"name": "f", "arguments": {"x": value}}]
    else:
        assert reading.calls is None and "is not valid under any of the given schemas" in reading.problem


def test_what_can_be_chosen():
    assert correction.choices({"type": "string", "enum": ["Q1", "Q2"]}) == ["Q1", "Q2"]
    assert correction.choices({"enum": [1, "1"]}) == ["1", '"1"']
    assert correction.choices({"type": "boolean"}) == ["true", "false"]
    assert correction.choices({"type": "string"}) == []


@pytest.mark.parametrize("text", ["NaN", "1e999", "-Infinity"])
def test_what_is_no_json_number_is_a_problem_of_its_field(text):
    schema = {"type": "object", "properties": {"x": {"type": "number"}}}
    reading = correction.read([Draft("f", {"x": text})], [{"function": {"name": "f", "parameters": schema}}], [])
    assert reading.calls is None and reading.fields[0]["x"]
