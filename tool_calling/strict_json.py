"""JSON that every parser agrees on: finite numbers, whole Unicode characters, bounded depth.

Python's `json` reads and writes more than the standard allows (NaN, `1e999` as infinity, half of a surrogate pair), and
gives up on deep nesting with a RecursionError. What comes from a model, a file or a request is read here instead, so
that a value which is accepted once can be written, sent, compared and read again everywhere.
"""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 100  # lists and objects inside one another; a row with tools and calls has about 10


class NotStrict(ValueError):
    """The value is not JSON in the strict sense.

    Args:
        problem: what is wrong with it, without its place.
        path: keys and list positions that lead to what is wrong.
    """

    def __init__(self, problem: str, path: tuple[str | int, ...] = ()) -> None:
        self.problem, self.path = problem, path
        super().__init__(f"{dotted(path)}: {problem}" if path else problem)


class NotJson(NotStrict):
    """The text is not JSON at all."""


def loads(text: str | bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text.

    Args:
        text: the text, or its bytes in UTF-8.
        max_depth: how many lists and objects may be inside one another.

    Raises:
        NotJson: it is not JSON.
        NotStrict: `check` refuses its value.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise _too_deep(max_depth) from None
    except ValueError as error:  # also an integer of thousands of digits, and bytes that are not UTF-8
        raise NotJson(str(error)) from None
    check(value, max_depth)
    return value


def check(value: Any, max_depth: int = MAX_DEPTH) -> None:
    """Check a value that was parsed elsewhere.

    Raises:
        NotStrict: it nests too deep, or has a number that is not finite, or text that is not Unicode.
    """
    pending: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    while pending:
        value, path = pending.pop()
        if isinstance(value, str):
            _check_text(value, path)
        elif isinstance(value, float) and not math.isfinite(value):
            raise NotStrict("the number is not finite, so JSON cannot express it", path)
        elif isinstance(value, dict | list):
            if len(path) == max_depth:
                raise _too_deep(max_depth)
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(key, str):
                    _check_text(key, (*path, key))
                pending.append((inner, (*path, key)))


def dotted(path: tuple[str | int, ...]) -> str:
    """A path as text; halves of surrogate pairs in its keys are escaped, so that it can be printed and sent."""
    return ".".join(map(str, path)).encode("utf-8", "backslashreplace").decode()


def kind(value: Any) -> str:
    """What a JSON value is, in words for an error: `a list`, `null`."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise NotStrict(f"the text has half of a surrogate pair ({half}), which is not a character", path) from None


def _too_deep(max_depth: int) -> NotStrict:
    return NotStrict(f"it nests deeper than {max_depth} levels")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
