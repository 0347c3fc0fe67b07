"""Grammars that leave the model no choice but a call that fits: for ``tool_choice`` "required" or a named function.

Written here and not left to the engine's own JSON-schema mode for two reasons. The engine's mode allows any white space
between tokens, and a small model can lose itself in line breaks until its tokens run out. And a tuned model knows one
form, the pretty-printed list of :func:`tool_calling.prompt.render_tool_calls`: held to exactly that form, it is held to
what it would write anyway. Texts, numbers and lists are bounded, so that every answer comes to its end.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema

_MAX_TEXT = 400
_MAX_ITEMS = 24
_MAX_CALLS = 5
_MAX_ENUMERATED = 500

#: Rules that need no schema. A number has at most 15 digits: what a double holds.
_BASICS = r"""
boolean ::= "true" | "false"
null ::= "null"
natural ::= "0" | [1-9] [0-9]{0,14}
integer ::= "-"? natural
decimal ::= natural ("." [0-9]{1,15})?
number ::= "-"? decimal
char ::= [^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])
"""


class UnsupportedSchema(ValueError):
    """The schema of a tool cannot be turned into a grammar."""


def tool_call_grammar(tools: list[dict[str, Any]], *, parallel: bool = True) -> str:
    """EBNF of a pretty-printed list of one or more calls of these tools.

    What a grammar cannot say (``pattern``, ``uniqueItems``, ``multipleOf``, large bounds of numbers) is left to
    :func:`check_calls`.

    Args:
        tools: OpenAI function tools.
        parallel: whether there may be more than one call.

    Raises:
        UnsupportedSchema: nothing can be made of a schema: a reference leads nowhere or in a circle, an enum is empty.
    """
    return _cached_grammar(json.dumps(tools), parallel)


@functools.lru_cache(maxsize=256)
def _cached_grammar(tools: str, parallel: bool) -> str:
    writer = _GrammarWriter()
    calls = []
    for tool in json.loads(tools):
        function = tool["function"]
        head = f'{{\n    "name": {json.dumps(function["name"], ensure_ascii=False)},\n    "arguments": '
        arguments = writer.arguments(function)
        calls.append(f"{_literal(head)} {arguments} {_literal(chr(10) + '  }')}")
    call = writer.rule(" | ".join(calls))
    more = f" ({_literal(',' + chr(10) + '  ')} {call}){{0,{_MAX_CALLS - 1}}}" if parallel else ""
    root = f"root ::= {_literal('[' + chr(10) + '  ')} {call}{more} {_literal(chr(10) + ']')}"
    return "\n".join([root, *writer.rules, _BASICS])


def check_calls(calls: list[dict[str, Any]], tools: list[dict[str, Any]]) -> str | None:
    """What is wrong with the arguments of ``calls``, measured by the tools' own schemas; None where nothing is."""
    functions = {tool["function"]["name"]: tool["function"] for tool in tools}
    for call in calls:
        schema = functions[call["name"]].get("parameters") or {}
        try:
            jsonschema.validate(call["arguments"], schema)
        except jsonschema.ValidationError as error:
            where = ".".join(map(str, ["arguments", *error.absolute_path]))
            return f"{call['name']}: {where} does not fit the schema's {error.validator!r}: {error.message}"
    return None


class _GrammarWriter:
    """Collects EBNF rules. Every method returns an expression for the values of a schema, in the form in which
    ``json.dumps(value, indent=2)`` writes them at that depth."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        self._names: dict[str, str] = {}
        self._root: dict[str, Any] = {}

    def rule(self, expression: str) -> str:
        """The name of a rule with this expression; equal expressions share one."""
        if expression not in self._names:
            self._names[expression] = f"r{len(self._names)}"
            self.rules.append(f"{self._names[expression]} ::= {expression}")
        return self._names[expression]

    def arguments(self, function: dict[str, Any]) -> str:
        """The arguments of a function, two levels deep in the list of calls."""
        self._root = function.get("parameters") or {}
        try:
            jsonschema.validators.validator_for(self._root).check_schema(self._root)
            return self._object({"properties": {}, **self._root}, 2, ())
        except (UnsupportedSchema, jsonschema.SchemaError) as error:
            message = getattr(error, "message", None) or str(error)
            raise UnsupportedSchema(f"the parameters of {function['name']!r}: {message}") from None

    def value(self, schema: dict[str, Any] | bool, depth: int, path: tuple[str, ...]) -> str:
        if schema is True or schema == {}:
            return self._anything(depth)
        if schema is False:
            raise UnsupportedSchema("the schema `false` allows no value")
        if "$ref" in schema:
            return self._reference(schema, depth, path)
        if "enum" in schema or "const" in schema:
            return self._one_of(schema, depth)
        if len(schema.get("allOf", ())) == 1:
            return self.value({**_without(schema, "allOf"), **schema["allOf"][0]}, depth, path)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                rest = _without(schema, keyword)
                return self._any_of([{**rest, **option} for option in schema[keyword]], depth, path)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._any_of([{**schema, "type": one} for one in kind], depth, path)
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, depth, path)
        if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
            return self._array(schema, depth, path)
        if kind == "string":
            return self._text(schema)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        return kind if kind in ("boolean", "null") else self._anything(depth)

    def _any_of(self, options: list[dict[str, Any]], depth: int, path: tuple[str, ...]) -> str:
        return self.rule(" | ".join(dict.fromkeys(self.value(option, depth, path) for option in options)))

    def _reference(self, schema: dict[str, Any], depth: int, path: tuple[str, ...]) -> str:
        reference = schema["$ref"]
        if reference in path:
            raise UnsupportedSchema(f'{reference} contains itself; only `tool_choice` "auto" can use such a tool')
        target: Any = self._root
        try:
            for step in reference.removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise UnsupportedSchema(f"{reference} leads nowhere in the schema") from None
        return self.value({**target, **_without(schema, "$ref")}, depth, (*path, reference))

    def _one_of(self, schema: dict[str, Any], depth: int) -> str:
        options = schema.get("enum", [schema.get("const")])
        allowed = [option for option in options if jsonschema.validators.validator_for(schema)(schema).is_valid(option)]
        if not allowed:
            raise UnsupportedSchema(f"no value of {json.dumps(options)} fits the rest of its schema")
        return self.rule(" | ".join(_literal(_dumps(option, depth)) for option in allowed))

    def _text(self, schema: dict[str, Any]) -> str:
        shortest = schema.get("minLength", 0)
        longest = max(shortest, min(schema.get("maxLength", _MAX_TEXT), _MAX_TEXT))
        return self.rule(f'"\\"" char{{{shortest},{longest}}} "\\""')

    def _number(self, schema: dict[str, Any], kind: str) -> str:
        low, high = schema.get("minimum"), schema.get("maximum")
        if kind == "integer" and low is not None and high is not None and high - low < _MAX_ENUMERATED:
            return self._one_of({**schema, "enum": list(range(int(low), int(high) + 1))}, 0)
        least = max((bound for bound in (low, schema.get("exclusiveMinimum")) if bound is not None), default=-1)
        unsigned = {"integer": "natural", "number": "decimal"}[kind]
        return unsigned if least >= 0 else kind

    def _array(self, schema: dict[str, Any], depth: int, path: tuple[str, ...]) -> str:
        start, separator, end = (_literal(text) for text in _brackets("[", "]", depth))
        if prefix := schema.get("prefixItems"):
            items = [self.value(item, depth + 1, path) for item in prefix]
            return self.rule(f"{start} {f' {separator} '.join(items)} {end}")
        least = schema.get("minItems", 0)
        most = max(least, min(schema.get("maxItems", _MAX_ITEMS), _MAX_ITEMS))
        if most == 0:
            return '"[]"'
        item = self.value(schema.get("items", {}), depth + 1, path)
        empty = '"[]" | ' if least == 0 else ""
        return self.rule(f"{empty}{start} {item} ({separator} {item}){{{max(least, 1) - 1},{most - 1}}} {end}")

    def _object(self, schema: dict[str, Any], depth: int, path: tuple[str, ...]) -> str:
        properties, required = schema.get("properties"), set(schema.get("required", ()))
        if unknown := required - set(properties or ()):
            properties = {**(properties or {}), **{name: {} for name in sorted(unknown)}}
        start, separator, end = (_literal(text) for text in _brackets("{", "}", depth))
        if properties is None and schema.get("additionalProperties", True) is not False:
            value = self.value(schema.get("additionalProperties", {}), depth + 1, path)
            entry = self.rule(f'{self._text({"minLength": 1, "maxLength": 40})} ": " {value}')
            return self.rule(f'"{{}}" | {start} {entry} ({separator} {entry}){{0,{_MAX_ITEMS - 1}}} {end}')
        entries = [
            (f"{_literal(_dumps(name, 0) + ': ')} {self.value(value, depth + 1, path)}", name in required)
            for name, value in (properties or {}).items()
        ]
        if not entries:
            return '"{}"'
        members = self._members(entries, separator)
        return self.rule(f"{start} {members} {end}" if required else f'"{{}}" | {start} {members} {end}')

    def _members(self, entries: list[tuple[str, bool]], separator: str) -> str:
        """At least one of the entries, in their order, none of the required ones left out."""
        following = ""  # what may come after the entry at hand, when something stands before it
        alternatives: list[str] = []  # the ways to begin with the entry at hand or a later one
        for entry, is_required in reversed(entries):
            beginning = f"{entry} {following}".strip()
            alternatives = [beginning] if is_required else [beginning, *alternatives]
            continued = f"{separator} {beginning}"
            following = self.rule(continued if is_required else f"{continued} | {following or chr(34) * 2}")
        return self.rule(" | ".join(alternatives))

    def _anything(self, depth: int) -> str:
        """Any JSON value, where the schema asks for nothing: a plain one, or a list or object of plain ones."""
        plain = self.rule(f"{self._text({})} | number | boolean | null")
        start, separator, end = (_literal(text) for text in _brackets("[", "]", depth))
        items = f'"[]" | {start} {plain} ({separator} {plain}){{0,{_MAX_ITEMS - 1}}} {end}'
        entries = self._object({"additionalProperties": {"type": ["string", "number", "boolean", "null"]}}, depth, ())
        return self.rule(f"{plain} | {items} | {entries}")


def _brackets(opening: str, closing: str, depth: int) -> tuple[str, str, str]:
    """What ``json.dumps(..., indent=2)`` writes before, between and after the parts of a list or object."""
    inner = "\n" + "  " * (depth + 1)
    return opening + inner, "," + inner, "\n" + "  " * depth + closing


def _dumps(value: Any, depth: int) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + "  " * depth)


def _literal(text: str) -> str:
    """An EBNF literal; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _without(schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != keyword}
