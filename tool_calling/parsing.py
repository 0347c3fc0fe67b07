"""What a model's text calls. The reader is lenient about what surrounds the calls and strict about the calls.

It is the same for base and tuned models, and no score may come from it: nothing is repaired, nothing is read out of a
value that was cut off, and text that repeats a tool's definition is not a call of that tool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tool_calling import strict_json
from tool_calling.calls import NotACall, comparable, read_arguments
from tool_calling.prompt import shown_tool

# A string (also one that was cut off) or a bracket; brackets inside strings do not count.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
# The keys that a definition of a parameter may have, in the prompt's form or as JSON Schema.
_DEFINITION_KEYS = {"description", "type", "default", "enum", "items", "format", "required", "optional", "title"}
_TAKES_OBJECTS = re.compile(r"\b(dict|Dict|list|Any)\b")  # in the type of a parameter, as the prompt writes it
_CUT_OFF, _WRONG = object(), object()  # in place of the value of a text that is not closed, or not JSON


def parse_tool_calls(text: str, tools: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The calls in an answer, as `{"name": str, "arguments": dict}`.

    The calls may be in a list, as the system message asks, or stand alone, and there may be a code fence, words or the
    braces of the system message around them. An object is a call if it has `arguments`, whatever its name, or if its
    name is that of a tool and it has nothing else but `parameters`. It is a tool's definition, not a call, if one of
    its arguments is the definition of a parameter, or if it has a description and no arguments.

    Args:
        text: the whole answer.
        tools: the OpenAI function tools that were on offer.

    Returns:
        the calls in order; `[]` where the answer says that no tool fits; None where it has no calls.
    """
    body = re.sub(r"^\s*```[a-zA-Z]*\s*|\s*```\s*$", "", text).strip()
    if re.fullmatch(r"\{?\s*\[\s*\]\s*\}?", body):
        return []
    offered = {comparable(tool["name"]): tool for tool in (shown_tool(tool) for tool in tools)}
    alone: list[dict[str, Any]] = []
    for _, value in _outer_values(body):
        if value is _CUT_OFF:
            return None
        if isinstance(value, list) and value and all(calls := [_call(item, offered) for item in value]):
            return calls
        if call := _call(value, offered):
            alone.append(call)
    return alone or None


def read_answer(text: str, tools: list[dict[str, Any]]) -> dict[str, Any]:
    """The assistant's message in an answer, as the API gives it: with `tool_calls` where it has calls.

    Args:
        text: the whole answer.
        tools: the OpenAI function tools that were on offer.
    """
    calls = parse_tool_calls(text, tools)
    if not calls:
        return {"role": "assistant", "content": text}
    functions = [{"name": call["name"], "arguments": json.dumps(call["arguments"])} for call in calls]
    tool_calls = [{"type": "function", "function": function} for function in functions]
    return {"role": "assistant", "content": None, "tool_calls": tool_calls}


def has_broken_call(text: str) -> bool:
    """Whether the text tries to call, in JSON that is cut off or wrong."""
    return any(value in (_CUT_OFF, _WRONG) and '"name"' in written for written, value in _outer_values(text))


def _outer_values(body: str) -> Iterator[tuple[str, Any]]:
    """Every outermost bracket of a text up to its end, as written, and its value, `_WRONG` or at last `_CUT_OFF`."""
    opening = re.compile(r"[\[{]")
    position = 0
    while start := opening.search(body, position):
        end = _end_of_value(body, start.start())
        if end is None:
            yield body[start.start() :], _CUT_OFF
            return
        written = body[start.start() : end]
        braces = re.fullmatch(r"\{\s*(\[.*\])\s*\}", written, re.DOTALL)  # those of the system message
        try:
            value = strict_json.loads(braces[1] if braces else written)
        except strict_json.NotStrict:
            value = _WRONG
        yield written, value
        position = end


def _end_of_value(body: str, start: int) -> int | None:
    depth = 0
    for token in _TOKEN.finditer(body, start):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return None


def _call(item: Any, offered: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The item as `{"name", "arguments"}`; None if it is no call."""
    if not isinstance(item, dict):
        return None
    if isinstance(item.get("function"), dict):
        item = item["function"]
    name = item.get("name")
    if not isinstance(name, str) or not name:
        return None
    tool = offered.get(comparable(name))
    if "arguments" not in item and (tool is None or item.keys() - {"name", "parameters", "type", "id"}):
        return None
    try:
        arguments = read_arguments(item.get("arguments", item.get("parameters")), name)
    except NotACall:
        return None
    parameters = tool["parameters"] if tool else {}
    if any(_defines(value, parameters.get(key)) for key, value in arguments.items()):
        return None
    if not arguments and "description" in item:
        return None
    return {"name": name, "arguments": arguments}


def _defines(value: Any, parameter: dict[str, Any] | None) -> bool:
    """Whether the value of an argument is the definition of a parameter, or holds one.

    Args:
        value: of the argument.
        parameter: what the tool says of it, as the model was shown; None where it has no such parameter. One that takes
            objects may be given an object that looks like a definition, such as that of a table's column.
    """
    if parameter and _TAKES_OBJECTS.search(parameter["type"]):
        described = isinstance(value, dict) and value.get("description")
        return bool(described) and described == parameter["description"]
    if isinstance(value, list):
        return any(_defines(item, None) for item in value)
    if not isinstance(value, dict):
        return False
    looks_like_one = bool(value.keys() & {"description", "type"}) and value.keys() <= _DEFINITION_KEYS
    return looks_like_one or any(_defines(inner, None) for inner in value.values())
