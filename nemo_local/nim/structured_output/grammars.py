"""Grammars that leave the model no choice but an answer that fits: for required calls and for `response_format`.

Written here and not left to the engine's own JSON-schema mode for two reasons. The engine's mode allows any white space
between tokens, and a small model may write line breaks until it runs out of tokens. And a tuned model writes one form,
the pretty-printed list of :func:`tool_calling.prompt.render_tool_calls`: a grammar of exactly that form keeps it to
what it would write anyway. Texts, numbers and lists are bounded, so that every answer ends.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

from nemo_local.nim.structured_output.number_grammars import integer_range, number_range
from tool_calling import schemas
from tool_calling.schema_dialects import SchemaError, modern
from tool_calling.schemas import Schema, kinds

_MAX_TEXT = 400
_MAX_KEY = 40
_MAX_ITEMS = 24
_MAX_CALLS = 5
_FREE_LEVELS = 2  # lists and objects inside one another where the schema allows anything

# Rules that need no schema. A number has at most 15 digits: what a double holds. Escapes in texts are characters of
# their own: never half of a surrogate pair.
BASICS = r"""
boolean ::= "true" | "false"
null ::= "null"
natural ::= "0" | [1-9] [0-9]{0,14}
integer ::= "0" | "-"? [1-9] [0-9]{0,14}
number ::= integer | "-"? natural "." [0-9]{1,15}
char ::= [^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" ([0-9a-cefA-CEF] hex | [dD] [0-7]) hex hex)
hex ::= [0-9a-fA-F]
"""


class UnsupportedSchema(ValueError):
    """A schema cannot be turned into a grammar."""


def tool_call_grammar(tools: list[dict[str, Any]], parallel: bool = True, content: Any = None) -> str:
    """EBNF of a pretty-printed list of one or more calls of these tools, or of another answer.

    What a grammar cannot say (`pattern`, `uniqueItems`, `multipleOf` and others) is left to :func:`check_calls`.

    Args:
        tools: OpenAI function tools; none where the answer is `content`.
        parallel: whether there may be more than one call.
        content: JSON Schema of the answer that may be given instead of calls; None where there must be calls.

    Raises:
        UnsupportedSchema: nothing can be made of a schema: a reference leads nowhere or in a circle, an enum is empty.
    """
    return _cached_grammar(json.dumps(tools), parallel, json.dumps(content))


@functools.lru_cache(maxsize=256)
def _cached_grammar(tools: str, parallel: bool, content: str) -> str:
    writer = _GrammarWriter()
    calls = []
    for tool in json.loads(tools):
        function = tool["function"]
        head = f'{{\n    "name": {_dumps(function["name"], 0)},\n    "arguments": '
        arguments = _named(f"the parameters of {function['name']!r}", writer.arguments, function.get("parameters"))
        calls.append(f"{_literal(head)} {arguments} {_literal(chr(10) + '  }')}")
    answers = []
    if calls:
        call = writer.rule(" | ".join(calls))
        more = f" ({_literal(',' + chr(10) + '  ')} {call}){{0,{_MAX_CALLS - 1}}}" if parallel else ""
        answers.append(f"{_literal('[' + chr(10) + '  ')} {call}{more} {_literal(chr(10) + ']')}")
    schema = json.loads(content)
    if schema is not None:
        answers.append(_named("the schema of `response_format`", writer.content, schema))
    return "\n".join([f"root ::= {' | '.join(answers)}", *writer.rules, BASICS])


def check_calls(calls: list[dict[str, Any]], tools: list[dict[str, Any]]) -> str | None:
    """What is wrong with the arguments of `calls`, measured by the tools' own schemas; None where nothing is."""
    functions = {tool["function"]["name"]: tool["function"] for tool in tools}
    for call in calls:
        problem = check_value(call["arguments"], functions[call["name"]].get("parameters") or {}, "arguments")
        if problem:
            return f"{call['name']}: {problem}"
    return None


def check_value(value: Any, schema: Any, name: str) -> str | None:
    """What in a value does not fit a schema; None where everything does.

    Args:
        value: parsed JSON.
        schema: JSON Schema in any form that :func:`tool_calling.schemas.plain` takes.
        name: of the value, for the answer.
    """
    error = jsonschema.exceptions.best_match(_validator(modern(schema)).iter_errors(value))
    if error is None:
        return None
    where = ".".join(map(str, [name, *error.absolute_path]))
    return f"{where} does not fit the schema's {error.validator!r}: {error.message[:300]}"


def _named(what: str, write: Any, schema: Any) -> str:
    try:
        expression = write(schema)
        _check(modern(schema or {}))
        return expression
    except (UnsupportedSchema, SchemaError, jsonschema.SchemaError) as error:
        raise UnsupportedSchema(f"{what}: {getattr(error, 'message', None) or error}") from None


def _validator(schema: Schema) -> jsonschema.Draft202012Validator:
    # With a registry of its own a validator fetches nothing.
    return jsonschema.Draft202012Validator(schema, registry=referencing.Registry())


def _check(schema: Schema | bool) -> None:
    """Raise SchemaError or UnsupportedSchema for a schema by which no answer could be checked."""
    jsonschema.Draft202012Validator.check_schema(schema)
    if isinstance(schema, bool):
        return
    try:
        resolver = referencing.Registry().resolver_with_root(DRAFT202012.create_resource(schema))
        for reference in _references(schema):
            resolver.lookup(reference)
        _validator(schema).is_valid({})
    except referencing.exceptions.Unresolvable as error:
        raise UnsupportedSchema(f"the reference {error.ref!r} leads nowhere in the schema") from None
    except RecursionError:
        raise UnsupportedSchema("a reference in it contains itself and nothing else") from None


def _references(value: Any) -> Iterator[str]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key == "$ref" and isinstance(part, str):
            yield part
        elif key not in ("enum", "const", "default", "examples"):
            yield from _references(part)


class _GrammarWriter:
    """Collects EBNF rules. Its methods return an expression for the values of a plain schema, in the form in which
    ``json.dumps(value, indent=2)`` writes them at that depth."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        self._names: dict[str, str] = {}

    def rule(self, expression: str) -> str:
        """The name of a rule with this expression; equal expressions share one."""
        if expression not in self._names:
            self._names[expression] = f"r{len(self._names)}"
            self.rules.append(f"{self._names[expression]} ::= {expression}")
        return self._names[expression]

    def arguments(self, parameters: Any) -> str:
        """The arguments of a function, two levels deep in the list of calls."""
        found = schemas.parameters(parameters)
        options = [{"properties": {}, **option} for option in found.get("anyOf", [found])]
        # A function without parameters takes none, whatever JSON Schema allows beyond them.
        closed = [option if _entries(option) else {**option, "additionalProperties": False} for option in options]
        return self.rule(" | ".join(dict.fromkeys(self._object(option, 2) for option in closed)))

    def content(self, schema: Any) -> str:
        """A whole answer."""
        return self._value(schemas.plain(schema), 0)

    def _value(self, schema: Schema, depth: int) -> str:
        if "$ref" in schema:
            raise UnsupportedSchema(
                f'{schema["$ref"]} contains itself, which no grammar can follow; only `tool_choice` "auto" can use it'
            )
        if "enum" in schema:
            return self._one_of(schema, schema["enum"], depth)
        if "anyOf" in schema:
            return self._any_of(schema["anyOf"], depth)
        several = kinds(schema)
        if len(several) > 1:
            return self._any_of([{**schema, "type": kind} for kind in several], depth)
        kind = several[0] if several else None
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "string":
            return self._text(schema)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        return kind or self._anything(depth, _FREE_LEVELS)

    def _any_of(self, options: list[Schema], depth: int) -> str:
        return self.rule(" | ".join(dict.fromkeys(self._value(option, depth) for option in options)))

    def _one_of(self, schema: Schema, options: list[Any], depth: int) -> str:
        validator = _validator(schema)
        allowed = [option for option in options if validator.is_valid(option)]
        if not allowed:
            raise UnsupportedSchema(f"no value of {json.dumps(options)[:200]} fits the rest of its schema")
        return self.rule(" | ".join(_literal(_dumps(option, depth)) for option in allowed))

    def _text(self, schema: Schema) -> str:
        shortest = int(schema.get("minLength", 0))
        longest = max(shortest, int(min(schema.get("maxLength", _MAX_TEXT), _MAX_TEXT)))
        return self.rule(f'"\\"" char{{{shortest},{longest}}} "\\""')

    def _number(self, schema: Schema, kind: str) -> str:
        write = integer_range if kind == "integer" else number_range
        expression = write(schema)
        if expression is None:
            raise UnsupportedSchema(f"no {kind} of at most 15 digits is within the bounds of its schema")
        return self.rule(expression) if expression != kind else kind

    def _array(self, schema: Schema, depth: int) -> str:
        start, separator, end = (_literal(text) for text in _brackets("[", "]", depth))
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        rest = schema.get("items", {})
        if "prefixItems" in schema:
            parts = list(schema["prefixItems"])
            parts += [rest] * (least - len(parts))
            parts = parts[: int(most)] if most is not None else parts
            closed = next((number for number, part in enumerate(parts) if part is False), len(parts))
            if closed < least:
                raise UnsupportedSchema(f"a list needs {least} items, and only {closed} are allowed")
            items = [self._value(part, depth + 1) for part in parts[:closed]]
            return self.rule(f"{start} {f' {separator} '.join(items)} {end}") if items else '"[]"'
        most = max(least, int(min(_MAX_ITEMS if most is None else most, _MAX_ITEMS)))
        if rest is False and least:
            raise UnsupportedSchema(f"a list needs {least} items, and none are allowed")
        if rest is False or most == 0:
            return '"[]"'
        item = self._value(rest, depth + 1)
        empty = '"[]" | ' if least == 0 else ""
        return self.rule(f"{empty}{start} {item} ({separator} {item}){{{max(least, 1) - 1},{most - 1}}} {end}")

    def _object(self, schema: Schema, depth: int) -> str:
        entries, required = _entries(schema), set(schema.get("required", ()))
        if not entries:
            return self._map(schema, depth)
        start, separator, end = (_literal(text) for text in _brackets("{", "}", depth))
        written = [
            (f"{_literal(_dumps(name, 0) + ': ')} {self._value(value, depth + 1)}", name in required)
            for name, value in entries.items()
        ]
        members = self._members(written, separator)
        return self.rule(f"{start} {members} {end}" if required else f'"{{}}" | {start} {members} {end}')

    def _map(self, schema: Schema, depth: int) -> str:
        """An object whose keys the schema does not name."""
        values, least = schema.get("additionalProperties", {}), int(schema.get("minProperties", 0))
        most = max(least, int(min(schema.get("maxProperties", _MAX_ITEMS), _MAX_ITEMS)))
        if values is False and least:
            raise UnsupportedSchema(f"an object needs {least} properties, and none are allowed")
        if values is False or most == 0:
            return '"{}"'
        start, separator, end = (_literal(text) for text in _brackets("{", "}", depth))
        entry = self.rule(f'"\\"" char{{1,{_MAX_KEY}}} "\\": " {self._value(values, depth + 1)}')
        empty = '"{}" | ' if least == 0 else ""
        return self.rule(f"{empty}{start} {entry} ({separator} {entry}){{{max(least, 1) - 1},{most - 1}}} {end}")

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

    def _anything(self, depth: int, levels: int) -> str:
        """Any JSON value, where the schema asks for nothing: lists and objects nest `levels` deep."""
        plain = f"{self._text({})} | number | boolean | null"
        if levels == 0:
            return self.rule(plain)
        inner = self._anything(depth + 1, levels - 1)
        start, separator, end = (_literal(text) for text in _brackets("[", "]", depth))
        items = f'"[]" | {start} {inner} ({separator} {inner}){{0,{_MAX_ITEMS - 1}}} {end}'
        start, separator, end = (_literal(text) for text in _brackets("{", "}", depth))
        entry = self.rule(f'"\\"" char{{1,{_MAX_KEY}}} "\\": " {inner}')
        entries = f'"{{}}" | {start} {entry} ({separator} {entry}){{0,{_MAX_ITEMS - 1}}} {end}'
        return self.rule(f"{plain} | {items} | {entries}")


def _entries(schema: Schema) -> Schema:
    """The properties of a plain schema; also those that are only required, which may have any value."""
    properties, required = schema.get("properties", {}), schema.get("required", ())
    others = schema.get("additionalProperties", {})
    return {**properties, **{name: others for name in required if name not in properties}}


def _brackets(opening: str, closing: str, depth: int) -> tuple[str, str, str]:
    """What ``json.dumps(..., indent=2)`` writes before, between and after the parts of a list or object."""
    inner = "\n" + "  " * (depth + 1)
    return opening + inner, "," + inner, "\n" + "  " * depth + closing


def _dumps(value: Any, depth: int) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + "  " * depth)


def _literal(text: str) -> str:
    """An EBNF literal; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
