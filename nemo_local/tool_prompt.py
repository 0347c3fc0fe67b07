"""How tools, and the calls a model makes, are put into words: the one place where the model's text form is decided.

A request with ``tools`` becomes the tool-selector system message and a user turn ``Query: ... Tools: [...]``; the
answer is a pretty-printed JSON list of calls, or ``{[]}`` where no tool fits. The Customizer trains on exactly this
text and the NIM serves exactly this text, and a person who types the same text into a chat window meets the model in
the form it knows.

Parameter types are written as short Python hints (``List[int]``) rather than as JSON Schema: it is the form of the
xLAM data, and a third of the tokens.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

IM_START, IM_END = "<|im_start|>", "<|im_end|>"

#: The answer that says that no tool fits.
NO_CALL = "{[]}"

TOOL_SELECTOR = Path(__file__).with_name("tool_selector.txt").read_text(encoding="utf-8").rstrip("\n")

#: What the base model was told in its own instruction tuning; used where a request has neither tools nor a system
#: message.
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

_HINTS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def render_chat(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None) -> str:
    """The whole prompt in ChatML, ending where the assistant's answer begins.

    Args:
        messages: OpenAI chat messages, oldest first. A system message beside ``tools`` follows the tool selector's own.
        tools: OpenAI function tools; None or empty for plain chat.
    """
    system = "\n\n".join(_text(m) for m in messages if m["role"] in ("system", "developer"))
    if tools:
        system = f"{TOOL_SELECTOR}\n\n{system}" if system else TOOL_SELECTOR
    turns = [m for m in messages if m["role"] not in ("system", "developer")]
    last_user = max((i for i, m in enumerate(turns) if m["role"] == "user"), default=None)
    parts = [_turn("system", system or DEFAULT_SYSTEM)]
    for i, message in enumerate(turns):
        text = _text(message)
        if message["role"] == "assistant" and message.get("tool_calls"):
            text = render_tool_calls(message["tool_calls"])
        elif tools and i == last_user:
            text = f"Query:\n{text}\nTools:\n{render_tools(tools)}"
        parts.append(_turn(message["role"], text))
    return "".join(parts) + f"{IM_START}assistant\n"


def render_tools(tools: list[dict[str, Any]]) -> str:
    """OpenAI function tools as the pretty-printed list the tool selector reads."""
    return json.dumps([_tool(tool.get("function", tool)) for tool in tools], indent=2, ensure_ascii=False)


def render_tool_calls(tool_calls: list[dict[str, Any]]) -> str:
    """What the assistant writes for these calls (OpenAI ``tool_calls``, ``arguments`` a JSON string or an object).

    Raises:
        ValueError: ``arguments`` is a string that is not a JSON object.
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
    """The calls in an answer, as ``{"name": str, "arguments": dict}``; ``[]`` where it says that no tool fits, None
    where it is not a list of calls at all.

    Lenient in what surrounds the list, alike for base and tuned models: a code fence, words before or after, the braces
    the system message draws around its list, a single call without its list, calls with ``parameters`` for
    ``arguments``. The JSON itself must be right: nothing is repaired, so that no score comes from the parser.
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


def _calls(value: Any) -> list[dict[str, Any]] | None:
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


def _turn(role: str, text: str) -> str:
    return f"{IM_START}{role}\n{text}{IM_END}\n"


def _text(message: dict[str, Any]) -> str:
    """A message's text with the control tokens taken out: a user must not be able to end a turn and begin another."""
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return content.replace(IM_START, "").replace(IM_END, "")


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or {}
    required = schema.get("required") or []
    parameters = {}
    for name, prop in (schema.get("properties") or {}).items():
        hint = _hint(prop)
        shown = {"description": prop.get("description", ""), "type": hint if name in required else f"{hint}, optional"}
        if prop.get("default") not in (None, ""):
            shown["default"] = prop["default"]
        parameters[name] = shown
    return {"name": function["name"], "description": function.get("description", ""), "parameters": parameters}


def _hint(schema: dict[str, Any]) -> str:
    """A JSON Schema as a Python type hint: the way back from the conversion that xLAM rows went through."""
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value, ensure_ascii=False) for value in schema['enum'])}]"
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return f"Union[{', '.join(_hint(option) for option in options)}]"
    kind = schema.get("type")
    if isinstance(kind, list):
        return f"Union[{', '.join(_hint({**schema, 'type': one}) for one in kind)}]"
    if kind == "array":
        return f"List[{_hint(schema['items'])}]" if schema.get("items") else "list"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Dict[str, {_hint(values)}]" if isinstance(values, dict) and values else "dict"
    return _HINTS.get(kind, "str")
