"""The wire forms of a tool call, and the one reader of them.

A call is OpenAI's `{"type": "function", "function": {"name", "arguments"}}` or the bare `{"name", "arguments"}` of xLAM
rows. Its arguments are an object or the JSON text of one; inside `function` they may be null or missing where there are
none. Requests, training rows, ground truth and scoring all read calls here, so that each takes and refuses the same.
"""

from __future__ import annotations

import json
from typing import Any

from tool_calling import strict_json

MAX_DEPTH = 32  # lists and objects inside one another in the arguments
MAX_CHARACTERS = 100_000  # of the arguments as JSON text, about ten times what a model can write in one answer


class NotACall(ValueError):
    """The value is no tool call, or its arguments cannot be read; the text says what is wrong."""


def comparable(name: str) -> str:
    """The name of a function as names are compared: the OpenAI API allows no dots, so they count as underscores."""
    return name.replace(".", "_")


def read_call(call: Any) -> tuple[str, dict[str, Any]]:
    """The name and the arguments of a call in any wire form.

    Raises:
        NotACall: it is in none of them.
    """
    return name_of(call), arguments_of(call)


def name_of(call: Any) -> str:
    """The name of the called function, as it was written.

    Raises:
        NotACall: there is none.
    """
    if not isinstance(call, dict):
        raise NotACall(f"a call must be an object, not {strict_json.kind(call)}")
    if call.get("type") not in (None, "function"):
        raise NotACall('the type of a call must be "function"')
    function = call.get("function", call if "arguments" in call else None)
    if not isinstance(function, dict):
        raise NotACall('it has no function; write {"type": "function", "function": {"name": ..., "arguments": {...}}}')
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise NotACall("it has no function with a name")
    return name


def arguments_of(call: Any) -> dict[str, Any]:
    """The arguments of a call, as `read_arguments` reads them.

    Raises:
        NotACall: it has no function, or its arguments cannot be read.
    """
    name = name_of(call)
    return read_arguments(call.get("function", call).get("arguments"), name)


def read_arguments(arguments: Any, name: str) -> dict[str, Any]:
    """The arguments of a call as an object.

    Args:
        arguments: an object, the JSON text of one, or None for none.
        name: of the function, for the error.

    Raises:
        NotACall: they are none of these, or exceed `MAX_DEPTH` or `MAX_CHARACTERS`.
    """
    if arguments is None:
        return {}
    try:
        if isinstance(arguments, str):
            length = len(arguments)
            value = strict_json.loads(arguments, MAX_DEPTH) if length <= MAX_CHARACTERS else {}
        else:
            value = arguments
            strict_json.check(value, MAX_DEPTH)
            length = len(json.dumps(value, ensure_ascii=False))
    except strict_json.NotStrict as error:
        raise NotACall(f"the arguments of {name!r} cannot be read as JSON: {error}") from None
    if length > MAX_CHARACTERS:
        raise NotACall(f"the arguments of {name!r} have {length:,} characters; {MAX_CHARACTERS:,} are allowed")
    if not isinstance(value, dict):
        raise NotACall(f"the arguments of {name!r} must be an object, not {strict_json.kind(value)}")
    return value
