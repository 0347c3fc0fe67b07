"""One page of a list, with the sorting, filtering and searching that all NeMo APIs share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from fastapi import Request

from nemo_local.common.documents import IDENTITY, read_time
from nemo_local.common.errors import Invalid

MAX_PAGE_SIZE = 1000
SORT_FIELDS = ("created_at", "updated_at", "name", "namespace", "id", "status")
TIMES = ("created_at", "updated_at")
_KEY = re.compile(r"(filter|search)((?:\[[^\[\]]+\])+)")
_BOOLEANS = {"true": True, "false": False}
_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "eq": datetime.__eq__,
    "neq": datetime.__ne__,
    "gt": datetime.__gt__,
    "gte": datetime.__ge__,
    "lt": datetime.__lt__,
    "lte": datetime.__le__,
    "start": datetime.__ge__,
    "end": datetime.__le__,
}

# Values to filter and sort by that are not fields of a document: name to function of the document.
Computed = Mapping[str, Callable[[dict], Any]]


def list_page(
    request: Request,
    documents: list[dict],
    fields: Iterable[str],
    computed: Computed | None = None,
    page_size: int = 100,
    sort: str = "-created_at",
) -> dict:
    """Answer a list request as the NeMo services do.

    Reads ``page``, ``page_size``, ``sort`` (``name``, ``-created_at``, ...), ``filter[a][b]=x`` (equal; of an object,
    ``true`` and ``false`` ask whether it is set; ``gte``, ``lte`` and the like compare times) and ``search[a]=x``
    (contained, ignoring case). Several values of one field, repeated or separated by commas, mean "any of these";
    several fields mean "all of these". A page after the last one is empty: the SDK finds the end of a list that way.

    Args:
        request: the request whose query is read.
        documents: all documents.
        fields: the fields of a document beside its identity. A filter on another one is refused, as an empty list would
            look as if nothing matched.
        computed: further values to filter and sort by.
        page_size: the default.
        sort: the default.

    Raises:
        Invalid: a number, a sort field, a date, or a filter's field or form is wrong.
    """
    computed = computed or {}
    page = _number(request, "page", 1, None)
    page_size = _number(request, "page_size", page_size, MAX_PAGE_SIZE)
    sort = request.query_params.get("sort") or sort
    conditions = _conditions(request, {*IDENTITY, *fields, *computed})

    def values(document: dict) -> dict:
        return {**document, **{name: value(document) for name, value in computed.items()}}

    found = [d for d in documents if all(_matches(values(d), *condition) for condition in conditions)]
    found = _sorted(found, sort, values, {*SORT_FIELDS, *computed})
    shown = found[(page - 1) * page_size : page * page_size]
    answer = {
        "object": "list",
        "data": shown,
        "pagination": {
            "page": page,
            "page_size": page_size,
            "current_page_size": len(shown),
            "total_pages": -(-len(found) // page_size),
            "total_results": len(found),
        },
        "sort": sort,
    }
    for kind in ("filter", "search"):
        if echo := _echo(conditions, kind):
            answer[kind] = echo
    return answer


def _number(request: Request, name: str, default: int, maximum: int | None) -> int:
    text = request.query_params.get(name, str(default))
    # Python refuses to read a number of thousands of digits.
    if not text.isdecimal() or len(text) > 18 or int(text) < 1 or (maximum and int(text) > maximum):
        upper = f" and at most {maximum}" if maximum else ""
        raise Invalid(name, f"{text!r} is not valid: give a whole number of at least 1{upper}.", "query")
    return int(text)


def _sorted(documents: list[dict], sort: str, values: Callable[[dict], dict], known: set[str]) -> list[dict]:
    field = sort.removeprefix("-")
    if field not in known:
        raise Invalid(
            "sort", f"cannot sort by {sort!r}; choose one of {', '.join(sorted(known))}, or -name and so on.", "query"
        )

    def key(document: dict) -> tuple:
        value = values(document).get(field)
        # The id decides between equal values, so that no document is shown on two pages.
        return (isinstance(value, str), value if value is not None else 0, document["id"])

    return sorted(documents, key=key, reverse=sort.startswith("-"))


def _conditions(request: Request, known: set[str]) -> list[tuple[str, list[str], list[str]]]:
    """``(kind, path, accepted values)`` of every filter and search in the query."""
    conditions: dict[tuple[str, str], list[str]] = {}
    for key, value in request.query_params.multi_items():
        if not key.startswith(("filter", "search")):
            continue
        match = _KEY.fullmatch(key)
        if not match:
            raise Invalid(
                key, "write it as filter[field]=value, filter[field][part]=value or search[field]=value.", "query"
            )
        path = match[2][1:-1].split("][")
        if path[0] not in known:
            raise Invalid(key, f"there is no field {path[0]!r}; known ones: {', '.join(sorted(known))}.", "query")
        if len(path) > 1 and path[-2] in TIMES and path[-1] not in _COMPARISONS:
            raise Invalid(key, f"compare a time by one of: {', '.join(_COMPARISONS)}.", "query")
        conditions.setdefault((match[1], match[2]), []).extend(value.split(","))
    return [(kind, path[1:-1].split("]["), values) for (kind, path), values in conditions.items()]


def _matches(document: dict, kind: str, path: list[str], values: list[str]) -> bool:
    field = kind + "".join(f"[{part}]" for part in path)
    if path[-1] in TIMES and kind == "filter":
        path = [*path, "eq"]
    if len(path) > 1 and path[-2] in TIMES:
        asked, stored = [_asked_time(value, field) for value in values], _lookup(document, path[:-1])
        try:
            known = read_time(stored)
        except (TypeError, ValueError):  # not set, or a field of the client's own that is no time
            return False
        return any(_COMPARISONS[path[-1]](known, time) for time in asked)
    found = _lookup(document, path)
    if kind == "search":
        return any(value.lower() in str(found if found is not None else "").lower() for value in values)
    return any(_equal(found, value, field, path[-1] in IDENTITY) for value in values)


def _equal(found: Any, value: str, field: str, literal: bool) -> bool:
    asked = None if literal else _BOOLEANS.get(value.lower())
    if asked is not None:  # a truth value, or whether the field is set
        return bool(found) is asked
    if isinstance(found, bool):
        raise Invalid(field, f"is true or false, not {value!r}.", "query")
    if isinstance(found, dict) and found.get("name"):
        return value in (f"{found.get('namespace')}/{found['name']}", found["name"])
    if isinstance(found, (dict, list)):
        raise Invalid(field, "is an object: filter by a part of it, or by true or false (set or not).", "query")
    try:
        return found == type(found)(value)
    except (TypeError, ValueError):  # not set, or not a number
        return False


def _lookup(document: dict, path: list[str]) -> Any:
    value: Any = document
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, dict) and part == value.get("finetuning_type"):
            value = True  # filter[peft][lora]=true asks for the kind of fine-tuning
        elif isinstance(value, str) and part == "name":
            value = value.rpartition("/")[2]  # filter[base_model][name]=x also holds for "namespace/x"
        else:
            return None
    return value


def _asked_time(text: str, field: str) -> datetime:
    try:
        # A "+" of an offset that was not percent-encoded arrives as a blank.
        return read_time(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise Invalid(
            field, f"{text!r} is not a date; write it as 2025-01-31 or 2025-01-31T12:00:00.", "query"
        ) from None


def _echo(conditions: list[tuple[str, list[str], list[str]]], kind: str) -> dict:
    echo: dict = {}
    for _, path, values in (c for c in conditions if c[0] == kind):
        level = echo
        for part in path[:-1]:
            level = level.setdefault(part, {})
            if not isinstance(level, dict):
                raise Invalid(f"{kind}[{part}]", "is asked for both as a value and by its parts; choose one.", "query")
        level[path[-1]] = values[0] if len(values) == 1 else values
    return echo
