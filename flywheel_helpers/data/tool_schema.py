"""Convert xLAM tools to OpenAI function tools, the format of NeMo Customizer, NeMo Evaluator and a NIM."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from flywheel_helpers.data.schema_values import coerce
from flywheel_helpers.data.type_hints import copy_json, parse_type_hint

Row = dict[str, Any]

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")

# A NIM stops answering when a tool has more parameters than this.
MAX_PARAMETERS = 8


class MalformedRow(ValueError):
    """An xLAM row that cannot be converted. The message is a reason without details of the row, so it is counted."""


@dataclass
class ConversionCounts:
    """What the conversion changed or left out, counted instead of printed row by row."""

    skipped: Counter[str] = field(default_factory=Counter)
    unknown_types: Counter[str] = field(default_factory=Counter)
    coerced_defaults: int = 0
    dropped_defaults: int = 0
    trimmed_tools: int = 0
    renamed_functions: int = 0

    def add(self, other: ConversionCounts) -> None:
        """Add another's counts to these."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def json_list(row: Row, key: str) -> list[Any]:
    """``tools`` or ``answers`` of an xLAM row: JSON text in the data set; a list is accepted too.

    Raises:
        MalformedRow: It is neither.
    """
    value = row.get(key) if isinstance(row, dict) else None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):  # a ValueError without a position: an integer of thousands of digits
            raise MalformedRow(f"{key} is not JSON") from None
    if not isinstance(value, list):
        raise MalformedRow(f"{key} is not a list")
    return value


def function_name(entry: Any, what: str) -> str:
    """The name in the characters that OpenAI's tool format and the Evaluator allow; all others become underscores.

    Args:
        entry: A tool or an answer of an xLAM row.
        what: How to call it in an error.

    Raises:
        MalformedRow: It has no name.
    """
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise MalformedRow(f"{what} has no name")
    return _NOT_IN_NAMES.sub("_", name.strip())


def openai_tool(name: str, tool: Row, used: set[str], counts: ConversionCounts) -> Row:
    """Convert one tool, with at most `MAX_PARAMETERS` parameters.

    Args:
        name: Its name, as `function_name` returns it.
        tool: The tool as the xLAM row lists it.
        used: The parameters that the row's answers use; they are always kept.
        counts: Where to count the changes.

    Raises:
        MalformedRow: The parameters are malformed, or an answer uses too many of them.
    """
    parameters = tool.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(isinstance(spec, dict) for spec in parameters.values()):
        raise MalformedRow("the parameters of a tool are not an object of objects")
    if len(used) > MAX_PARAMETERS:
        raise MalformedRow(f"an answer has more than {MAX_PARAMETERS} arguments")
    properties, required = {}, []
    for parameter, spec in parameters.items():
        schema, optional = _property(spec, counts)
        properties[parameter] = schema
        if not optional:
            required.append(parameter)
    if len(properties) > MAX_PARAMETERS:
        counts.trimmed_tools += 1
        # Keep what the answers use, then what every call needs, then the first of the rest.
        ranked = sorted(properties, key=lambda one: (one not in used, one not in required))
        kept = set(ranked[:MAX_PARAMETERS])
        properties = {one: schema for one, schema in properties.items() if one in kept}
        required = [one for one in required if one in kept]
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": str(tool.get("description") or ""),
            "parameters": {"type": "object", "properties": properties, "required": required},
        },
    }


def _property(spec: Row, counts: ConversionCounts) -> tuple[Row, bool]:
    """A parameter's JSON Schema, and whether a call may leave it out (its type says so, or it has a default)."""
    hint = parse_type_hint(spec.get("type", ""))
    counts.unknown_types.update(hint.unknown)
    schema = {"description": str(spec.get("description") or ""), **hint.schema}
    if "default" not in spec:
        return schema, hint.optional
    default = spec["default"]
    if default is not None:
        try:
            schema["default"] = copy_json(coerce(default, hint.schema))
            counts.coerced_defaults += schema["default"] is not default and schema["default"] != default
        except ValueError:
            counts.dropped_defaults += 1
    return schema, True
