"""One page of a list, with the sorting, filtering and searching the NeMo APIs share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from nemo_local.common.errors import Invalid

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
SORT_FIELDS = ("created_at", "updated_at", "name", "namespace", "id", "status")
_KEY = re.compile(r"(filter|search)((?:\[[^\[\]]+\])+)")
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


def list_page(request: Request, documents: list[dict]) -> dict:
    """Answer a list request as the NeMo services do.

    Reads ``page``, ``page_size``, ``sort`` (``name``, ``-created_at``, ...), ``filter[a][b]=x`` (equal; ``true`` and
    ``false`` ask whether a field is set; ``gte``/``lte`` and the like compare times) and ``search[a]=x`` (contained,
    ignoring case). Several values for one field, repeated or separated by commas, mean "any of these"; several fields
    mean "all of these". A page after the last one is empty, not an error: that is how the SDK finds the end.

    Args:
        request: the request whose query is read.
        documents: everything there is.

    Raises:
        Invalid: a number, a sort field, a date or the form of a filter makes no sense.
    """
    page = _number(request, "page", 1, None)
    page_size = _number(request, "page_size", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    sort = request.query_params.get("sort") or "-created_at"
    conditions = _conditions(request)

    found = [d for d in documents if all(_matches(d, *condition) for condition in conditions)]
    found = _sorted(found, sort)
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
    if not text.isdecimal() or int(text) < 1 or (maximum and int(text) > maximum):
        upper = f" and at most {maximum}" if maximum else ""
        raise Invalid(name, f"{text!r} is not valid: give a whole number of at least 1{upper}.", "query")
    return int(text)


def _sorted(documents: list[dict], sort: str) -> list[dict]:
    field = sort.removeprefix("-")
    if field not in SORT_FIELDS:
        raise Invalid(
            "sort", f"cannot sort by {sort!r}; choose one of {', '.join(SORT_FIELDS)}, or -name and so on.", "query"
        )
    # The id decides between equal values, so that no document is shown on two pages.
    return sorted(documents, key=lambda d: (str(d.get(field) or ""), d["id"]), reverse=sort.startswith("-"))


def _conditions(request: Request) -> list[tuple[str, list[str], list[str]]]:
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
        conditions.setdefault((match[1], match[2]), []).extend(value.split(","))
    return [(kind, path[1:-1].split("]["), values) for (kind, path), values in conditions.items()]


def _matches(document: dict, kind: str, path: list[str], values: list[str]) -> bool:
    if len(path) > 1 and path[-1] in _COMPARISONS and path[-2].endswith("_at"):
        return _compare_time(document, kind, path, values[0])
    found = _lookup(document, path)
    if kind == "search":
        return any(value.lower() in _text(found).lower() for value in values)
    if values in (["true"], ["false"]) and not isinstance(found, str):
        return bool(found) is (values == ["true"])
    return _text(found) in values


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


def _compare_time(document: dict, kind: str, path: list[str], value: str) -> bool:
    stored = _lookup(document, path[:-1])
    field = kind + "".join(f"[{part}]" for part in path)
    return isinstance(stored, str) and _COMPARISONS[path[-1]](_time(stored, field), _time(value, field))


def _time(text: str, field: str) -> datetime:
    try:
        # A "+" of an offset that was not percent-encoded arrives as a blank.
        time = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise Invalid(
            field, f"{text!r} is not a date; write it as 2025-01-31 or 2025-01-31T12:00:00.", "query"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
