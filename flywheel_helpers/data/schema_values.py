"""Values and the schemas that `type_hints` makes: check a value against one, or convert it to fit."""

from __future__ import annotations

import json
from typing import Any

from flywheel_helpers.data.type_hints import Schema, kind_of


def fits(value: Any, schema: Schema) -> bool:
    """Whether a value is JSON and valid under a schema made by `type_hints` (the part of JSON Schema it uses)."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return _fits(value, schema)


def _fits(value: Any, schema: Schema) -> bool:
    if "anyOf" in schema:
        return any(_fits(value, option) for option in schema["anyOf"])
    if "enum" in schema:
        # 1 == True in Python, not in JSON
        return any(
            value == allowed and isinstance(value, bool) == isinstance(allowed, bool) for allowed in schema["enum"]
        )
    if not schema:  # anything
        return True
    kind, wanted = kind_of(value), schema["type"]
    if kind != wanted and not (kind == "integer" and wanted == "number"):
        return False
    if wanted == "array":
        within = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return within and all(_fits(item, schema["items"]) for item in value)
    if wanted == "object" and schema["additionalProperties"] is not True:
        return all(_fits(item, schema["additionalProperties"]) for item in value.values())
    return True


_CONSTANTS = {"true": True, "false": False}


def coerce(value: Any, schema: Schema) -> Any:
    """Convert a value to the type it should have: ``"5"`` to 5 for an int, ``"True"`` to true for a bool.

    Raises:
        ValueError: The value has no such form (an empty text for an int, a word for a list) or none in JSON (Infinity).
    """
    if fits(value, schema):
        return value
    if isinstance(value, str):
        text = value.strip()
        try:
            read = _CONSTANTS[text.lower()] if text.lower() in _CONSTANTS else json.loads(text)
        except (ValueError, RecursionError):
            read = None
        if isinstance(read, float) and read.is_integer() and not fits(read, schema):
            read = int(read)
        if read is not None and fits(read, schema):
            return read
    elif isinstance(value, float) and value.is_integer() and fits(int(value), schema):
        return int(value)
    elif isinstance(value, int | float) and fits(text := json.dumps(value, allow_nan=False), schema):
        return text
    raise ValueError(f"{value!r} is not of the type {json.dumps(schema)}")
