"""What people say about logged answers: one form of record, whoever said it and wherever.

A record has `request_id` (of the usage log), `verdict`, `calls` (the right calls, as `{"name", "arguments"}`; None if
nobody gave them), `source` and `time`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from flywheel_helpers.course import answers
from flywheel_helpers.data.curation import Example
from flywheel_helpers.feedback import journal
from flywheel_helpers.services.connection import Connection
from tool_calling.scoring import score_tool_calls

RIGHT, WRONG, SKIPPED = "right", "wrong", "skipped"
# Where records come from, the most trusted first: somebody who was asked and saw the tools, corrections that came with
# the questions, a thumb in a chat, another model.
SOURCES = ("review", "recorded", "open-webui", "teacher")


def record(request_id: str, verdict: str, source: str, calls: Any = None, time: str = "") -> dict[str, Any]:
    """A record of feedback.

    Args:
        request_id: which logged answer it is about.
        verdict: `RIGHT`, `WRONG` or `SKIPPED`.
        source: one of `SOURCES`.
        calls: the right calls; [] where no tool fits. Text that is not JSON stays as it came: curation drops it.
        time: ISO 8601; now unless given.
    """
    time = time or datetime.now(UTC).isoformat(timespec="seconds")
    return {"request_id": request_id, "verdict": verdict, "calls": calls, "source": source, "time": time}


def judge(logged: dict[str, Any], calls: list[dict[str, Any]], source: str) -> dict[str, Any]:
    """The record of a logged answer whose right calls are known: right or wrong by the Evaluator's own rules."""
    given = logged["answer"].get("tool_calls") or []
    right = score_tool_calls(given, calls)["function_name_and_args_accuracy"] == 1
    return record(logged["request_id"], RIGHT if right else WRONG, source, calls)


def recorded(logged: dict[str, Any], correction: str) -> dict[str, Any]:
    """The record of a correction that came as JSON text. Malformed text is kept as it is: curation drops it."""
    try:
        return judge(logged, json.loads(correction), "recorded")
    except (ValueError, TypeError, AttributeError):
        return record(logged["request_id"], WRONG, "recorded", correction)


def add(nemo: Connection, records: Sequence[dict[str, Any]]) -> int:
    """Add records to the journal, except where a source said the same of an answer last; how many were added."""
    latest = {(one["request_id"], one["source"]): _said(one) for one in journal.read(nemo, journal.FEEDBACK)}
    new = []
    for one in records:
        # The latest record counts, not any: whoever changes a verdict may also change it back.
        if latest.get((one["request_id"], one["source"])) != _said(one):
            latest[one["request_id"], one["source"]] = _said(one)
            new.append(one)
    journal.append(nemo, journal.FEEDBACK, new)
    return len(new)


def best(feedback: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The verdict that counts for each request: the most trusted source's, and of one source the latest."""
    held: dict[str, dict[str, Any]] = {}
    for one in feedback:
        other = held.get(one["request_id"])
        if one["verdict"] != SKIPPED and (other is None or _rank(one) >= _rank(other)):
            held[one["request_id"]] = one
    return held


def examples(usage: Iterable[dict[str, Any]], feedback: Iterable[dict[str, Any]]) -> list[Example]:
    """Logged questions with their right calls, for curation.

    Where several people judged one answer, `best` says whose verdict counts. An answer that was judged right is its own
    correction. One that was judged wrong without a correction is left out.
    """
    counts = best(feedback)
    found = []
    for logged in usage:
        said = counts.get(logged["request_id"])
        if said is None:
            continue
        calls = said["calls"]
        if calls is None and said["verdict"] == RIGHT:
            calls = answers.calls(logged["answer"])
        if calls is not None:
            query = logged["messages"][-1]["content"]
            found.append(Example(logged["request_id"], query, logged["tools"], calls, said["source"]))
    return found


def _rank(one: dict[str, Any]) -> tuple[int, str]:
    return -SOURCES.index(one["source"]), one["time"]


def _said(one: dict[str, Any]) -> str:
    """What a record says, whenever it was said, and which teacher said it."""
    return json.dumps([one["verdict"], one["calls"], one.get("by")], sort_keys=True)
