"""The text form of tools and calls: what a model is trained on, asked with, and read back from.

A request with `tools` becomes the tool-selector system message and a user turn `Query: ... Tools: [...]`; the answer
is a pretty-printed JSON list of calls, or `{[]}` where no tool fits. Somebody who types the same text into a chat
window meets the model in the form it was trained on.

Parameter types are written as short Python hints (`List[int]`) rather than as JSON Schema: that is the form of the
xLAM data, and a third of the tokens.
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
    """The user turn: the question, then the tools as a pretty-printed list.

    Args:
        query: the question.
        tools: OpenAI function tools. Their types are written as the short type hints that xLAM rows have.
    """
    listed = json.dumps([_tool(tool.get("function", tool)) for tool in tools], indent=2, ensure_ascii=False)
    return f"Query:\n{query}\nTools:\n{listed}"


def render_tool_calls(tool_calls: list[dict[str, Any]]) -> str:
    """What the assistant writes for these calls.

    Args:
        tool_calls: in OpenAI's form or bare `{"name", "arguments"}`; `arguments` is an object or its JSON text.

    Raises:
        ValueError: `arguments` is text that is not a JSON object.
    """
    if not tool_calls:
        return NO_CALL
    calls = []
    for call in tool_calls:
        function = call.get("function", call)
        arguments = function.get("arguments") or {}
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        if not isinstance(arguments, dict):
            raise ValueError(f"arguments of {function.get('name')!r} must be an object, not {type(arguments).__name__}")
        calls.append({"name": function["name"], "arguments": arguments})
    return json.dumps(calls, indent=2, ensure_ascii=False)


def parse_tool_calls(text: str) -> list[dict[str, Any]] | None:
    """The calls in an answer, as `{"name": str, "arguments": dict}`.

    Lenient in what surrounds the list, alike for base and tuned models: a code fence, words before or after, the braces
    the system message draws around its list, a single call without its list, calls with `parameters` for `arguments`.
    The JSON itself must be right: nothing is repaired, so that no score comes from the parser.

    Returns:
        the calls in order; `[]` where the answer says that no tool fits; None where it is not a list of calls at all.
    """
    body = re.sub(r"^\s*```[a-zA-Z]*\s*|\s*```\s*$", "", text).strip()
    if re.fullmatch(r"\{?\s*\[\s*\]\s*\}?", body):
        return []
    decoder = json.JSONDecoder()
    for start in (match.start() for match in re.finditer(r"[\[{]", body)):
        try:
            value, _ = decoder.raw_decode(body, start)
        except json.JSONDecodeError:
            continue
        calls = _calls(value)
        if calls is not None:
            return calls
    return None


def read_answer(text: str) -> dict[str, Any]:
    """The assistant's message in an answer, in the form that the API gives it: with `tool_calls` where it has calls."""
    calls = parse_tool_calls(text)
    if not calls:
        return {"role": "assistant", "content": text}
    functions = [{"name": call["name"], "arguments": json.dumps(call["arguments"])} for call in calls]
    tool_calls = [{"type": "function", "function": function} for function in functions]
    return {"role": "assistant", "content": None, "tool_calls": tool_calls}


def hint(schema: dict[str, Any]) -> str:
    """JSON Schema as a short type hint, such as `List[int]`: the inverse of how xLAM rows are converted."""
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


def _calls(value: Any) -> list[dict[str, Any]] | None:
    """The items as `{"name", "arguments"}`; None unless every one of them is a call."""
    items = value if isinstance(value, list) else [value]
    calls = []
    for item in items:
        if not isinstance(item, dict):
            return None
        item = item.get("function", item) if isinstance(item.get("function"), dict) else item
        arguments = item.get("arguments", item.get("parameters", {}))
        if not isinstance(item.get("name"), str) or not isinstance(arguments, dict):
            return None
        calls.append({"name": item["name"], "arguments": arguments})
    return calls or None


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
