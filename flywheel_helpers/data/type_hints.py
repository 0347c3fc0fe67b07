"""Convert the type hints of tool data sets to JSON Schema.

xLAM describes a parameter's type with text such as ``List[Union[int, float]]``, ``str, optional`` or ``int or str``.
Most of it is a Python expression, so Python parses it. A NIM needs JSON Schema and answers slowly when an array has no
``items`` or an object no ``properties``; every schema made here has them.

>>> parse_type_hint("List[int], optional")
ParsedHint(schema={'type': 'array', 'items': {'type': 'integer'}}, optional=True, unknown=())
"""

from __future__ import annotations

import ast
import json
import re
import warnings
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
_OBJECTS = {"dict", "dictionary", "object", "mapping", "defaultdict", "ordereddict"}

# The schema of an unknown type: every value can be written as text.
FALLBACK: Schema = {"type": "string"}
# The schema of ``Any``.
ANYTHING: Schema = {}
_NULL: Schema = {"type": "null"}
_NUMBER: Schema = {"type": "number"}
# The items of a bare `list`: the hint does not say, and data has both.
_ANY_ITEM: Schema = {"anyOf": [{"type": "string"}, _NUMBER]}
# A vector or a matrix.
_NUMERIC_ITEM: Schema = {"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER}]}
# Far deeper than any real hint.
_MAX_DEPTH = 20

# What may follow a type: `, optional`, `(optional)`, `, required`, `, default 5`, `, default: 5`, `= 5`.
_SUFFIX = re.compile(r"(?:\b(?:optional|required|defaults?)\b(?!\s*\[)|=)(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_MAKES_OPTIONAL = re.compile("optional|default|=", re.IGNORECASE)
# Raised by `ast.parse` and `ast.literal_eval` for text that is not Python or is nested too deeply, and by `_schema`.
_UNREADABLE = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


@dataclass(frozen=True)
class ParsedHint:
    """A parameter's type.

    Attributes:
        schema: JSON Schema; the caller may change it.
        optional: Whether the hint says that the parameter may be left out.
        unknown: Types in the hint that have no JSON form and became strings.
    """

    schema: Schema
    optional: bool = False
    unknown: tuple[str, ...] = ()


def parse_type_hint(hint: str) -> ParsedHint:
    """Convert a type hint to JSON Schema. Never raises: an unreadable hint becomes a string and is named in `unknown`.

    Args:
        hint: Such as ``Dict[str, int]``, ``Optional[float]``, ``str, optional``, ``int = 5`` or ``list of int``.
    """
    parsed = _parse("" if hint is None else str(hint))
    return ParsedHint(copy_json(parsed.schema), parsed.optional, parsed.unknown)


def copy_json(value: Any) -> Any:
    """Copy a JSON value. `copy.deepcopy`, which also handles shared and circular parts, took most of a conversion."""
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    return [copy_json(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=4096)
def _parse(hint: str) -> ParsedHint:
    suffix = _SUFFIX.search(hint)
    # First as it is: in `Literal['cup of tea']` and `Union[int, Optional[str]]` nothing is a suffix.
    for text, optional in (
        (hint, False),
        (_without_suffix(hint, suffix), bool(suffix and _MAKES_OPTIONAL.search(suffix[0]))),
    ):
        unknown: list[str] = []
        try:
            with warnings.catch_warnings(action="ignore"):  # of a backslash in a Literal's text
                expression = ast.parse(text.strip(), mode="eval").body
            schema = _schema(expression, unknown)
        except _UNREADABLE:
            continue
        options = schema.get("anyOf", [schema])
        present = [option for option in options if option != _NULL]
        if present and len(present) < len(options):  # None as a value is how Python says "may be left out"
            schema, optional = _any_of(present), True
        return ParsedHint(schema, optional, tuple(unknown))
    return ParsedHint(FALLBACK, "optional" in hint.lower() or optional, (hint.strip() or "(empty)",))


def _without_suffix(hint: str, suffix: re.Match[str] | None) -> str:
    """The type alone, as a Python expression; a hint that is nothing but a default has the type of its default."""
    text = hint[: suffix.start()].rstrip(" \t\n,;(") if suffix else hint
    if suffix and not text:
        try:
            value = ast.literal_eval(suffix["value"].strip(" :="))
        except _UNREADABLE:
            return ""
        return "" if value is None else type(value).__name__
    # `**` binds like the word: `list of list of int or str` is `(list of (list of int)) or str`.
    return re.sub(r"\bof\b", "**", text)


def _schema(node: ast.expr, unknown: list[str], depth: int = 0) -> Schema:
    """The JSON Schema of a type expression; types without one are added to `unknown`.

    Raises:
        ValueError: The expression is not a type.
    """
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    match node:
        case ast.BoolOp(op=ast.Or(), values=options):
            return _any_of([_schema(option, unknown, depth) for option in options])
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _any_of([_schema(left, unknown, depth), _schema(right, unknown, depth)])
        case ast.Constant(value=None):
            return _NULL
        case ast.Name() | ast.Attribute():
            return _named(ast.unparse(node), None, unknown)
        case ast.Subscript(value=name, slice=inside) | ast.BinOp(op=ast.Pow(), left=name, right=inside):
            arguments = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            match _base_name(written := ast.unparse(name)):
                case "literal":
                    return _literal(arguments)
                case "callable" | "ndarray":  # their arguments do not say what a JSON value looks like
                    return _named(written, None, unknown)
            # None stands for the `...` of `Tuple[int, ...]`.
            schemas = [None if _is_ellipsis(one) else _schema(one, unknown, depth + 1) for one in arguments]
            return _named(written, schemas, unknown)
    raise ValueError("not a type")


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _base_name(written: str) -> str:
    """A type's name in lower case, without its module: `list` of `typing.List`."""
    return written.rpartition(".")[2].lower()


def _named(written: str, arguments: list[Schema | None] | None, unknown: list[str]) -> Schema:
    """The schema of a type's name and of its arguments in brackets."""
    name = _base_name(written)
    if name not in _SCALAR_OF:
        name = name.removesuffix("s")  # `list of strings`
    given = [argument for argument in arguments or [] if argument is not None]
    if name in _SCALAR_OF and arguments is None:
        return {"type": _SCALAR_OF[name]}
    if name == "any" and arguments is None:
        return ANYTHING
    if name in _ARRAYS:
        return {"type": "array", "items": _any_of(given) if given else _ANY_ITEM}
    if name == "ndarray":
        return {"type": "array", "items": _NUMERIC_ITEM}
    if name == "tuple":
        return _tuple(arguments)
    if name in _OBJECTS:
        # Dict[key, value]: JSON keys are always text, so only the value's type matters.
        values = given[1] if len(given) == 2 and given[1] != ANYTHING else True
        return {"type": "object", "properties": {}, "additionalProperties": values}
    if name == "union" and given:
        return _any_of(given)
    if name == "optional" and len(given) == 1:
        return _any_of([*given, _NULL])
    unknown.append(written)
    return FALLBACK


def _literal(arguments: list[ast.expr]) -> Schema:
    values = [ast.literal_eval(argument) for argument in arguments]
    json.dumps(values, allow_nan=False)  # a ValueError or TypeError for what JSON does not have
    if not values or any(isinstance(value, list | tuple | dict) for value in values):
        raise ValueError("not a Literal of simple values")
    kinds = {kind_of(value) for value in values}
    return {"enum": values} | ({"type": kinds.pop()} if len(kinds) == 1 else {})


_KINDS = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
    list: "array",
    dict: "object",
}


def kind_of(value: Any) -> str | None:
    """The JSON Schema name of a value's type; None for a value that is not JSON."""
    return _KINDS.get(type(value))


def _any_of(options: list[Schema]) -> Schema:
    """One of several: nested alternatives flattened, duplicates removed."""
    flat: list[Schema] = []
    for option in options:
        for one in option["anyOf"] if option.keys() == {"anyOf"} else [option]:
            if one not in flat:
                flat.append(one)
    if ANYTHING in flat:
        # Anything includes the others. None stays: it makes a parameter optional.
        flat = [one for one in flat if one in (ANYTHING, _NULL)]
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _tuple(arguments: list[Schema | None] | None) -> Schema:
    """``prefixItems`` would be exact, but serving engines do not read it; they do read ``items`` and a length."""
    if not arguments:
        return {"type": "array", "items": _ANY_ITEM}
    items = _any_of([argument for argument in arguments if argument is not None] or [_ANY_ITEM])
    if None in arguments:  # Tuple[int, ...]: any length
        return {"type": "array", "items": items}
    return {"type": "array", "items": items, "minItems": len(arguments), "maxItems": len(arguments)}
