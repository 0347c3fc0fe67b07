"""Python type hints, as tool data sets write them, turned into JSON Schema.

xLAM types a parameter with text such as ``List[Union[int, float]]``, ``str, optional`` or ``int or str``. A NIM wants
JSON Schema, and answers slowly when an array has no ``items`` or an object no ``properties``: every schema made here
has them.

>>> parse_type_hint("List[int], optional")
ParsedHint(schema={'type': 'array', 'items': {'type': 'integer'}}, optional=True, unknown=())
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Schema = dict[str, Any]

_SCALARS = {
    "string": ("str", "string", "text", "char", "bytes", "date", "time", "datetime", "uuid"),
    "integer": ("int", "integer", "long"),
    "number": ("float", "number", "double", "decimal"),
    "boolean": ("bool", "boolean"),
    "null": ("none", "null", "nonetype"),
}
_SCALAR_OF = {name: kind for kind, names in _SCALARS.items() for name in names}
_ARRAYS = {"list", "array", "set", "frozenset", "sequence", "iterable", "collection"}
_OBJECTS = {"dict", "object", "mapping", "defaultdict", "ordereddict"}

#: What stands for a type nobody can name: text, the one form every value has in a conversation.
FALLBACK: Schema = {"type": "string"}
# The elements of a bare `list`: the hint does not say, and data has both.
_ANY_ITEM: Schema = {"anyOf": [{"type": "string"}, {"type": "number"}]}
# Far deeper than any real hint; keeps a hostile one from exhausting the stack.
_MAX_DEPTH = 20

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][\w.]*)|(?P<literal>'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?)|(?P<mark>\.\.\.|[\[\](),|]))"
)


@dataclass(frozen=True)
class ParsedHint:
    """A parameter's type.

    Attributes:
        schema: JSON Schema; yours to change.
        optional: Whether the hint says that the parameter may be left out.
        unknown: Types in the hint that have no JSON form and fell back to a string.
    """

    schema: Schema
    optional: bool = False
    unknown: tuple[str, ...] = ()


def parse_type_hint(hint: str) -> ParsedHint:
    """Turn a type hint into JSON Schema. Never raises: what cannot be read is a string and named in `unknown`.

    Args:
        hint: Such as ``Dict[str, int]``, ``Optional[float]``, ``str, optional`` or ``int | None``.
    """
    parsed = _parse("" if hint is None else str(hint))
    return ParsedHint(copy_json(parsed.schema), parsed.optional, parsed.unknown)


def copy_json(value: Any) -> Any:
    """A copy of JSON; `copy.deepcopy`, which also looks for shared and circular parts, took most of a conversion."""
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    return [copy_json(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=4096)
def _parse(hint: str) -> ParsedHint:
    try:
        parser = _Parser(hint)
        schema = parser.union()
        optional = parser.qualifiers()
    except _Unreadable:
        return ParsedHint(FALLBACK, "optional" in hint.lower(), (hint.strip() or "(empty)",))
    options = schema.get("anyOf", [schema])
    present = [option for option in options if option != {"type": "null"}]
    if present and len(present) < len(options):  # None as a value is how Python says "may be left out"
        schema, optional = _any_of(present), True
    return ParsedHint(schema, optional, tuple(parser.unknown))


class _Unreadable(Exception):
    """The hint does not follow the grammar."""


class _Parser:
    """Recursive descent over

    hint      = union { "," qualifier }
    union     = type { ("|" | "or") type }
    type      = name [ "[" [ argument { "," argument } ] "]" ] | literal
    argument  = union | "..." | "[" [ union { "," union } ] "]"      (the last form: the arguments of a Callable)
    """

    def __init__(self, hint: str) -> None:
        self.hint = hint
        self.tokens = self._tokens(hint)
        self.position = 0
        self.depth = 0
        self.unknown: list[str] = []

    @staticmethod
    def _tokens(hint: str) -> list[str]:
        tokens, at = [], 0
        text = hint.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise _Unreadable
            tokens.append(match[0].strip())
            at = match.end()
        return tokens

    def _peek(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise _Unreadable
        self.position += 1
        return token

    def _take(self, *wanted: str) -> bool:
        if self._peek() in wanted:
            self.position += 1
            return True
        return False

    def qualifiers(self) -> bool:
        """What follows the type, as in ``str, optional`` or ``int, default 5``: does it make the parameter optional?"""
        rest = self.tokens[self.position :]
        if not rest:
            return False
        words = {token.lower() for token in rest}
        if rest[0] != "," or not words & {"optional", "default", "required"}:
            raise _Unreadable
        return bool(words & {"optional", "default"})

    def union(self) -> Schema:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Unreadable
        options = [self.type()]
        while self._take("|", "or"):
            options.append(self.type())
        self.depth -= 1
        return _any_of(options)

    def type(self) -> Schema:
        token = self._next()
        if token[0] in "'\"-" or token[0].isdigit():
            raise _Unreadable  # a literal stands only inside Literal[...]
        if not (token[0].isalpha() or token[0] == "_"):
            raise _Unreadable
        name = token.removeprefix("typing.").removeprefix("collections.abc.").removeprefix("datetime.").lower()
        if name == "literal":
            return self._literal()
        if name == "callable":
            if self._peek() == "[":
                self._arguments()
            self.unknown.append(token)
            return FALLBACK
        arguments = self._arguments() if self._peek() == "[" else None
        return self._named(token, name, arguments)

    def _named(self, token: str, name: str, arguments: list[Schema | None] | None) -> Schema:
        given = [argument for argument in arguments or [] if argument is not None]
        if name in _SCALAR_OF and arguments is None:
            return {"type": _SCALAR_OF[name]}
        if name in _ARRAYS:
            return {"type": "array", "items": _any_of(given) if given else _ANY_ITEM}
        if name == "tuple":
            return _tuple(arguments)
        if name in _OBJECTS:
            # Dict[key, value]: JSON keys are always text, so only the value's type says something.
            values = given[1] if len(given) == 2 else True
            return {"type": "object", "properties": {}, "additionalProperties": values}
        if name == "union" and given:
            return _any_of(given)
        if name == "optional" and len(given) == 1:
            return _any_of([*given, {"type": "null"}])
        self.unknown.append(token)
        return FALLBACK

    def _arguments(self) -> list[Schema | None]:
        """What stands in brackets; None for the ``...`` of ``Tuple[int, ...]`` and a Callable's argument list."""
        self._next()
        arguments: list[Schema | None] = []
        while not self._take("]"):
            if arguments and not self._take(","):
                raise _Unreadable
            if self._take("..."):
                arguments.append(None)
            elif self._peek() == "[":
                self.depth += 1
                if self.depth > _MAX_DEPTH:
                    raise _Unreadable
                self._arguments()
                self.depth -= 1
                arguments.append(None)
            else:
                arguments.append(self.union())
        return arguments

    def _literal(self) -> Schema:
        if not self._take("["):
            raise _Unreadable
        values: list[Any] = []
        while not self._take("]"):
            if values and not self._take(","):
                raise _Unreadable
            values.append(_literal_value(self._next()))
        if not values:
            raise _Unreadable
        kinds = {kind_of(value) for value in values}
        return {"enum": values} | ({"type": kinds.pop()} if len(kinds) == 1 else {})


def _literal_value(token: str) -> Any:
    if token[0] in "'\"":
        return token[1:-1]
    constants = {"True": True, "False": False, "None": None}
    if token in constants:
        return constants[token]
    try:
        return json.loads(token)
    except json.JSONDecodeError:
        raise _Unreadable from None


def kind_of(value: Any) -> str:
    """The name JSON Schema has for the type of a JSON value."""
    kinds = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        type(None): "null",
        list: "array",
        dict: "object",
    }
    return kinds[type(value)]


def _any_of(options: list[Schema]) -> Schema:
    """One of several: nested alternatives laid flat, repetitions left out."""
    flat: list[Schema] = []
    for option in options:
        for one in option["anyOf"] if option.keys() == {"anyOf"} else [option]:
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _tuple(arguments: list[Schema | None] | None) -> Schema:
    """``prefixItems`` would say it exactly, but serving engines do not read it; ``items`` and a length they do."""
    if not arguments:
        return {"type": "array", "items": _ANY_ITEM}
    items = _any_of([argument for argument in arguments if argument is not None] or [_ANY_ITEM])
    if None in arguments:  # Tuple[int, ...]: any length
        return {"type": "array", "items": items}
    return {"type": "array", "items": items, "minItems": len(arguments), "maxItems": len(arguments)}
