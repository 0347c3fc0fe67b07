"""The rule for names, which become parts of URLs, repositories and directory names."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSIONED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+-]*[A-Za-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+/-]*[A-Za-z0-9])?")
_MAX_LENGTH = 255


def _check(value: str, pattern: re.Pattern[str], allowed: str) -> str:
    if len(value) > _MAX_LENGTH or ".." in value or not pattern.fullmatch(value):
        raise ValueError(
            f"{value[:80]!r} is not a valid name: use letters, digits and {allowed}, begin and end with a letter or a "
            f"digit, no two dots in a row, at most {_MAX_LENGTH} characters"
        )
    return value


def check_name(value: str) -> str:
    """Return ``value`` if it is a valid name. Raises ValueError saying what a valid one looks like."""
    return _check(value, _PLAIN, ". _ -")


def check_versioned_name(value: str) -> str:
    """Like :func:`check_name`, but allows the ``@version`` and ``+suffix`` of models and their configs."""
    return _check(value, _VERSIONED, ". _ - @ +")


def check_label(value: str) -> str:
    """Like :func:`check_versioned_name`, but allows ``/`` too: for what no URL, repository or directory is named by."""
    return _check(value, _LABEL, ". _ - @ + /")


# Types for request bodies: FastAPI then answers 422 naming the field.
Name = Annotated[str, AfterValidator(check_name)]
VersionedName = Annotated[str, AfterValidator(check_versioned_name)]
Label = Annotated[str, AfterValidator(check_label)]
