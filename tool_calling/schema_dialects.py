"""JSON Schema as clients write it, in the words of draft 2020-12.

Clients send what earlier drafts wrote for tuples and exclusive bounds, and null for keywords that they do not use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tool_calling import strict_json

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = (
    *("items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames"),
    *("not", "if", "then", "else"),
)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_VALUES = ("const", "default")  # null is a value there; anywhere else it says that the keyword is not used


class SchemaError(ValueError):
    """The schema is not legal JSON Schema, or cannot be brought into the plain form; the text says where and why."""

    def __init__(self, path: Iterable[str | int], problem: str) -> None:
        super().__init__(f"{strict_json.dotted(tuple(path)) or 'the schema'}: {problem}")


def modern(schema: Any) -> Any:
    """The schema as draft 2020-12 writes it: older forms of tuples and bounds replaced, keywords that are null dropped.

    Raises:
        SchemaError: one of the schemas in it is neither an object nor a boolean; or it is no strict JSON.
    """
    try:
        strict_json.check(schema)
    except strict_json.NotStrict as error:
        raise SchemaError(error.path, error.problem) from None
    return _modern(schema, ())


def _modern(schema: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        raise SchemaError(path, f"a schema must be an object, true or false, not {strict_json.kind(schema)}")
    found: dict[str, Any] = {}
    for keyword, value in schema.items():
        here = (*path, keyword)
        if value is None and keyword not in _VALUES:
            continue
        if keyword in _MAPS:
            if not isinstance(value, dict):
                raise SchemaError(here, f"must be an object of schemas, not {strict_json.kind(value)}")
            found[keyword] = {n: True if part is None else _modern(part, (*here, n)) for n, part in value.items()}
        elif keyword in _LISTS or (keyword == "items" and isinstance(value, list)):
            if not isinstance(value, list) or not value:
                raise SchemaError(here, "must be a list of schemas that is not empty")
            found[keyword] = [_modern(part, (*here, number)) for number, part in enumerate(value)]
        elif keyword in _SINGLE or keyword == "additionalItems":
            found[keyword] = _modern(value, here)
        elif keyword in _REFERENCES and not (isinstance(value, str) and value.startswith("#")):
            # A validator would fetch it: whoever writes a schema could have this machine ask any address.
            raise SchemaError(here, f"the reference {value!r} leads out of the schema; only those in it are followed")
        elif keyword not in ("$schema", "$id"):
            found[keyword] = value
    rest = found.pop("additionalItems", None)
    if isinstance(found.get("items"), list):  # a tuple, as drafts before 2020-12 write it
        found["prefixItems"] = found.pop("items")
        if rest is not None:
            found["items"] = rest
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(found.get(exclusive), bool):  # draft 4: whether the other bound is meant so
            if found.pop(exclusive) and bound in found:
                found[exclusive] = found.pop(bound)
    return found
