"""A corrected call as somebody types it: from the texts of a form's fields to calls, and what is still wrong with them.

Nothing here knows about widgets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flywheel_helpers.data.curation import schema_problem
from tool_calling import strict_json
from tool_calling.scoring import score_tool_calls

NO_TOOL = "no tool fits"  # a function name has no spaces, so it cannot be one


@dataclass(frozen=True)
class Draft:
    """One call as typed so far.

    Args:
        tool: the chosen tool's name, `NO_TOOL`, or "" where none is chosen yet.
        texts: what each parameter's field holds.
    """

    tool: str = ""
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What a form says.

    Args:
        calls: the corrected calls; [] where no tool fits, None where something is still wrong.
        problem: what is wrong, in words.
        fields: for each draft, what is wrong with each of its fields.
    """

    calls: list[dict[str, Any]] | None
    problem: str
    fields: list[dict[str, str]]


def drafts(calls: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> list[Draft]:
    """The form to begin with: the model's own calls, so that only what is wrong has to be typed."""
    found = []
    for call in calls:
        properties = _properties(call["name"], tools)
        given = call["arguments"] if isinstance(call["arguments"], dict) else {}
        texts = {name: as_text(given[name], schema) for name, schema in properties.items() if name in given}
        found.append(Draft(call["name"] if call["name"] in names(tools) else "", texts))
    return found or [Draft()]


def read(typed: Sequence[Draft], tools: Sequence[dict[str, Any]], given: Sequence[dict[str, Any]]) -> Reading:
    """Check a form.

    Args:
        typed: its drafts.
        tools: the tools on offer, as OpenAI function specs.
        given: the model's own calls. A correction has to differ from them.
    """
    if [draft.tool for draft in typed] == [NO_TOOL]:
        calls, fields, problem = [], [{}], ""
    else:
        calls = [{"name": draft.tool, "arguments": _arguments(draft, tools)} for draft in typed]
        fields = [_field_problems(draft, tools) for draft in typed]
        problem = next((found for draft in typed if (found := _problem(draft, tools))), "")
    if not problem and score_tool_calls(list(given), calls)["function_name_and_args_accuracy"]:
        problem = "This is what the model answered. Change it, or go back and choose Right."
    return Reading(None if problem else calls, problem, fields)


def names(tools: Sequence[dict[str, Any]]) -> list[str]:
    """The names of the tools on offer."""
    return [tool["function"]["name"] for tool in tools]


def parameters(name: str, tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments; empty where the tool is not on offer."""
    return next((tool["function"].get("parameters") or {} for tool in tools if tool["function"]["name"] == name), {})


def choices(schema: dict[str, Any]) -> list[str]:
    """The texts to choose from where a parameter takes only certain values; empty where anything can be typed."""
    if "enum" in schema:
        return [as_text(value, schema) for value in schema["enum"]]
    return ["true", "false"] if schema.get("type") == "boolean" else []


def as_text(value: Any, schema: dict[str, Any]) -> str:
    """A value as its field shows it: text as it is, everything else as JSON."""
    if isinstance(value, str) and _as_value(value, schema) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _as_value(text: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") == "string":
        return text
    try:
        return strict_json.loads(text)
    except strict_json.NotStrict:
        return text  # where the schema does not allow text, it says so


def _properties(name: str, tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return parameters(name, tools).get("properties") or {}


def _arguments(draft: Draft, tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The arguments of a draft. An empty field is an argument left out."""
    texts = {name: draft.texts.get(name, "").strip() for name in _properties(draft.tool, tools)}
    schemas = _properties(draft.tool, tools)
    return {name: _as_value(text, schemas[name]) for name, text in texts.items() if text}


def _field_problems(draft: Draft, tools: Sequence[dict[str, Any]]) -> dict[str, str]:
    arguments, found = _arguments(draft, tools), {}
    for name, schema in _properties(draft.tool, tools).items():
        if name not in arguments:
            problem = "needed" if name in (parameters(draft.tool, tools).get("required") or []) else None
        else:
            problem = schema_problem({name: arguments[name]}, {"properties": {name: schema}})
        if problem:
            found[name] = problem.removeprefix(f"{name}: ")
    return found


def _problem(draft: Draft, tools: Sequence[dict[str, Any]]) -> str:
    if draft.tool not in names(tools):
        return "Choose the right tool."
    problem = schema_problem(_arguments(draft, tools), parameters(draft.tool, tools))
    return f"{draft.tool}: {problem}" if problem else ""
