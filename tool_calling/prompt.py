"""The text form of tools and calls: what a model is trained on and asked with. `parsing` reads its answers.

A request with `tools` becomes the tool-selector system message and a user turn `Query: ... Tools: [...]`; the answer
is a pretty-printed JSON list of calls, or `{[]}` where no tool fits. Somebody who types the same text into a chat
window meets the model in the form it was trained on.

Parameter types are written as short Python hints (`List[int]`) rather than as JSON Schema: that is the form of the
xLAM data, and a third of the tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tool_calling.calls import read_call

SYSTEM_MESSAGE = Path(__file__).with_name("tool_selector.txt").read_text(encoding="utf-8").rstrip("\n")
NO_CALL = "{[]}"  # the answer that says that no tool fits

_HINTS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def question_text(query: str, tools: list[dict[str, Any]]) -> str:
    """The user turn: the question, then the tools as a pretty-printed list.

    Args:
        query: the question.
        tools: OpenAI function tools. Their types are written as the short type hints that xLAM rows have.
    """
    listed = json.dumps([shown_tool(tool) for tool in tools], indent=2, ensure_ascii=False)
    return f"Query:\n{query}\nTools:\n{listed}"


def render_tool_calls(tool_calls: list[dict[str, Any]]) -> str:
    """What the assistant writes for these calls.

    Args:
        tool_calls: in any form that `calls.read_call` takes.

    Raises:
        NotACall: one of them is in no such form.
    """
    if not tool_calls:
        return NO_CALL
    calls = [{"name": name, "arguments": arguments} for name, arguments in map(read_call, tool_calls)]
    return json.dumps(calls, indent=2, ensure_ascii=False)


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


def shown_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as the prompt lists it: `{"name", "description", "parameters": {name: {"description", "type", ...}}}`."""
    function = tool.get("function", tool)
    schema = function.get("parameters") or {}
    required = schema.get("required") or []
    parameters = {}
    for name, one in (schema.get("properties") or {}).items():
        written = hint(one) if name in required else f"{hint(one)}, optional"
        parameters[name] = {"description": one.get("description", ""), "type": written}
        if one.get("default") not in (None, ""):
            parameters[name]["default"] = one["default"]
    return {"name": function["name"], "description": function.get("description", ""), "parameters": parameters}
