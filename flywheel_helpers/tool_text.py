"""Tool calls as plain text, for a chat window: the system message, the question with its tools, and the answer.

A chat sends no `tools` beside the messages, so the tools stand in the text. It is the same text that the platform on
one machine makes of a request with `tools`: a tuned model meets its questions in one form, whichever way they come.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

SYSTEM_MESSAGE = Path(__file__).with_name("tool_selector.txt").read_text(encoding="utf-8").rstrip("\n")
NO_CALL = "{[]}"  # the answer that says that no tool fits

_HINTS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def question_text(query: str, tools: list[dict[str, Any]]) -> str:
    """What a person would paste into the chat: the question, and the tools as a pretty-printed list.

    Args:
        query: the question.
        tools: OpenAI function specs. Their types are written as the short type hints that xLAM rows have.
    """
    listed = json.dumps([_tool(tool["function"]) for tool in tools], indent=2, ensure_ascii=False)
    return f"Query:\n{query}\nTools:\n{listed}"


def read_answer(text: str) -> dict[str, Any]:
    """The assistant's message in an answer, in the form that the API gives it: with `tool_calls` where it has calls.

    Lenient in what surrounds the JSON (a code fence, words, the braces of the system message), and the same for base
    and tuned models. The JSON itself must be right: nothing is repaired.
    """
    calls = _calls_in(text)
    if not calls:
        return {"role": "assistant", "content": text}
    functions = [{"name": call["name"], "arguments": json.dumps(call["arguments"])} for call in calls]
    tool_calls = [{"type": "function", "function": function} for function in functions]
    return {"role": "assistant", "content": None, "tool_calls": tool_calls}


def _calls_in(text: str) -> list[dict[str, Any]]:
    body = re.sub(r"^\s*```[a-zA-Z]*\s*|\s*```\s*$", "", text).strip()
    decoder = json.JSONDecoder()
    for bracket in re.finditer(r"[\[{]", body):
        try:
            value, _ = decoder.raw_decode(body, bracket.start())
        except ValueError:
            continue
        if calls := _as_calls(value if isinstance(value, list) else [value]):
            return calls
    return []


def _as_calls(items: list[Any]) -> list[dict[str, Any]]:
    """The items as `{"name", "arguments"}`; empty unless every one of them is a call."""
    calls = []
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("function"), dict):
            item = item["function"]
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            return []
        arguments = item.get("arguments", item.get("parameters", {}))
        if not isinstance(arguments, dict):
            return []
        calls.append({"name": item["name"], "arguments": arguments})
    return calls


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or {}
    required = schema.get("required") or []
    parameters = {}
    for name, one in (schema.get("properties") or {}).items():
        written = hint(one) if name in required else f"{hint(one)}, optional"
        parameters[name] = {"description": one.get("description", ""), "type": written}
        if one.get("default") not in (None, ""):
            parameters[name]["default"] = one["default"]
    return {"name": function["name"], "description": function.get("description", ""), "parameters": parameters}


def hint(schema: dict[str, Any]) -> str:
    """JSON Schema as a short type hint, such as `List[int]`: the way back from `type_hints.parse_type_hint`."""
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value, ensure_ascii=False) for value in schema['enum'])}]"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return f"Union[{', '.join(map(hint, options))}]"
    kind = schema.get("type")
    if isinstance(kind, list):
        return f"Union[{', '.join(hint({**schema, 'type': one}) for one in kind)}]"
    if kind == "array":
        return f"List[{hint(schema['items'])}]" if schema.get("items") else "list"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Dict[str, {hint(values)}]" if isinstance(values, dict) and values else "dict"
    return _HINTS.get(kind, "str")
