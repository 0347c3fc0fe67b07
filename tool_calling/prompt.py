"""The text form of tools and calls: what a model is trained on and asked with. `parsing` reads its answers.

A request with `tools` becomes the tool-selector system message and a user turn `Query: ... Tools: [...]`; the answer
is a pretty-printed JSON list of calls, or `{[]}` where no tool fits. The same text, typed into a chat window, gives the
model exactly the input that it was trained on.

Parameter types are written as short Python hints (`List[int]`) rather than as JSON Schema: that is the form of the
xLAM data, and a third of the tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tool_calling import strict_json
from tool_calling.calls import read_call
from tool_calling.schemas import kinds, parameters

SYSTEM_MESSAGE = Path(__file__).with_name("tool_selector.txt").read_text(encoding="utf-8").rstrip("\n")
NO_CALL = "{[]}"  # the answer that says that no tool fits

# The first `Tools:` that begins a line ends the question, so that a second one cannot take a part of it out of sight.
_QUESTION = re.compile(r"\s*Query:\n(?P<query>(?:(?!\nTools:).)*)\nTools:\n(?P<tools>\[.*\])\s*", re.DOTALL)
_HINTS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def question_text(query: str, tools: list[dict[str, Any]]) -> str:
    """The user turn: the question, then the tools as a pretty-printed list.

    Args:
        query: the question.
        tools: OpenAI function tools. Their types are written as the short type hints that xLAM rows have.

    Raises:
        SchemaError: the parameters of a tool cannot be shown.
    """
    listed = json.dumps([shown_tool(tool) for tool in tools], indent=2, ensure_ascii=False)
    return f"Query:\n{query}\nTools:\n{listed}"


def read_question(text: str) -> tuple[str, list[dict[str, Any]]] | None:
    """The question and the tools of a user turn in the form of `question_text`; None if it has another form.

    Strict on purpose: whoever leaves the tools out of what is judged must not leave out anything else. So the list must
    be all that follows `Tools:`, and hold nothing but tools with the fields of `shown_tool`.
    """
    found = _QUESTION.fullmatch(text)
    if not found:
        return None
    try:
        tools = strict_json.loads(found["tools"])
    except strict_json.NotStrict:
        return None
    if not isinstance(tools, list) or not all(_is_shown(tool) for tool in tools):
        return None
    return found["query"], tools


def _is_shown(tool: Any) -> bool:
    if not isinstance(tool, dict) or not {"name", "description", "parameters"} >= tool.keys() or "name" not in tool:
        return False
    fields = tool.get("parameters") or {}
    known = {"description", "type", "default"}
    return isinstance(fields, dict) and all(isinstance(one, dict) and known >= one.keys() for one in fields.values())


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


def hint(schema: dict[str, Any] | bool) -> str:
    """A plain schema (see `schemas`) as a short type hint, such as `List[int]`: how xLAM rows write types."""
    if isinstance(schema, bool):
        return "Any"
    if schema.get("enum"):
        return f"Literal[{', '.join(json.dumps(value, ensure_ascii=False) for value in schema['enum'])}]"
    several = kinds(schema)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _union(map(hint, options))
    if len(several) > 1:
        return _union(hint({**schema, "type": kind}) for kind in several)
    kind = several[0] if several else None
    if kind == "array" and schema.get("prefixItems"):
        return f"Tuple[{', '.join(map(hint, schema['prefixItems']))}]"
    if kind == "array":
        return f"List[{hint(schema['items'])}]" if schema.get("items") else "list"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Dict[str, {hint(values)}]" if isinstance(values, dict) and values else "dict"
    return _HINTS.get(kind, "Any")


def shown_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as the prompt lists it: `{"name", "description", "parameters": {name: {"description", "type", ...}}}`.

    Raises:
        SchemaError: its parameters are no JSON Schema of an object, or cannot be resolved.
    """
    function = tool.get("function", tool)
    schema = parameters(function.get("parameters"))
    shown = {}
    for name, one in schema["properties"].items():
        written = hint(one) if name in schema["required"] else f"{hint(one)}, optional"
        description = one.get("description", "")
        shown[name] = {"description": description if isinstance(description, str) else "", "type": written}
        if one.get("default") not in (None, ""):
            shown[name]["default"] = one["default"]
    return {"name": function["name"], "description": function.get("description") or "", "parameters": shown}


def _union(hints: Iterable[str]) -> str:
    several = list(dict.fromkeys(hints))
    if "Any" in several:
        return "Any"
    return several[0] if len(several) == 1 else f"Union[{', '.join(several)}]"
