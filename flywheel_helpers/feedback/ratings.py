"""Thumbs up and down from Open WebUI, as records of use and feedback."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flywheel_helpers.data.question_text import read_question
from flywheel_helpers.errors import Unreachable
from flywheel_helpers.feedback import journal, verdicts
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.webui import server
from flywheel_helpers.webui.client import OpenWebUI
from tool_calling import parsing

SOURCE = "open-webui"
_VERDICTS = {"1": verdicts.RIGHT, "-1": verdicts.WRONG}


@dataclass(frozen=True)
class Ratings:
    """What Open WebUI knows.

    Args:
        usage: records of the rated questions and answers, as of the usage log.
        feedback: a record of feedback for each, in the same order.
        left_out: how many ratings are of anything else than a question with its tools, or of no answer that calls can
            be read from.
    """

    usage: list[dict[str, Any]]
    feedback: list[dict[str, Any]]
    left_out: int = 0


def collect(nemo: Connection, home: Path) -> Ratings:
    """Read the ratings and add what is new to both journals. Where no Open WebUI answers, say so and return those that
    the journals have: a second run without it must not train on fewer corrections.

    Args:
        home: where the state of an Open WebUI of this machine is.

    Raises:
        ServiceError: Open WebUI refuses the key, or failed.
    """
    try:
        webui = server.reachable(nemo.settings, home)
        found = read(webui) if webui else None
    except Unreachable:
        found = None
    if found is None:
        why = server.missing(nemo.settings) or f"it does not answer at {nemo.settings.openwebui_url}."
        before = _from_the_journals(nemo)
        more = f" Those that were read before are used ({len(before.usage)})." if before.usage else ""
        print(f"No ratings from Open WebUI: {why}{more}")
        return before
    logged = {one["request_id"] for one in journal.read(nemo, journal.USAGE)}
    journal.append(nemo, journal.USAGE, [one for one in found.usage if one["request_id"] not in logged])
    verdicts.add(nemo, found.feedback)
    print(
        f"Open WebUI has {len(found.feedback) + found.left_out} ratings, {len(found.feedback)} of them of tool calls."
    )
    return found


def _from_the_journals(nemo: Connection) -> Ratings:
    feedback = {one["request_id"]: one for one in journal.read(nemo, journal.FEEDBACK) if one["source"] == SOURCE}
    usage = [one for one in journal.read(nemo, journal.USAGE) if one["request_id"] in feedback]
    return Ratings(usage, [feedback[one["request_id"]] for one in usage])


def read(webui: OpenWebUI) -> Ratings:
    """The ratings that our account may read: everybody's for an administrator, else its own.

    A thumb down has no correction unless its comment holds one, in the form in which the model answers.
    """
    usage, feedback, left_out = [], [], 0
    for rating in webui.ratings():
        records = _records(rating, webui)
        if records is None:
            left_out += 1
            continue
        usage.append(records[0])
        feedback.append(records[1])
    return Ratings(usage, feedback, left_out)


def _records(rating: dict[str, Any], webui: OpenWebUI) -> tuple[dict[str, Any], dict[str, Any]] | None:
    data, meta = rating.get("data") or {}, rating.get("meta") or {}
    verdict = _VERDICTS.get(str(data.get("rating")))
    chat_id, message_id = meta.get("chat_id"), meta.get("message_id")
    if verdict is None or not chat_id or not message_id:
        return None
    messages = _messages((rating.get("snapshot") or {}).get("chat"))
    if message_id not in messages:
        messages = _messages(webui.conversation(chat_id))
    answer = messages.get(message_id) or {}
    asked = messages.get(answer.get("parentId")) or {}
    question, text = read_question(str(asked.get("content") or "")), str(answer.get("content") or "")
    if question is None:
        return None
    query, tools = question
    # "Right" would be taken to mean that no tool fits.
    if verdict == verdicts.RIGHT and parsing.parse_tool_calls(text, tools) is None:
        return None
    request_id = f"{SOURCE}/{chat_id}/{message_id}"
    preset = data.get("model_id") or answer.get("model") or ""
    used = {
        "request_id": request_id,
        "time": _iso(asked.get("timestamp") or rating["created_at"]),
        "user": _pseudonym(rating["user_id"]),
        "model": (meta.get("base_models") or {}).get(preset) or preset,
        "messages": [{"role": "user", "content": query}],
        "tools": tools,
        "answer": parsing.read_answer(text, tools),
        "latency_ms": None,  # it does not keep any
    }
    correction = parsing.parse_tool_calls(data.get("comment") or "", tools) if verdict == verdicts.WRONG else None
    return used, verdicts.record(request_id, verdict, SOURCE, correction, _iso(rating["updated_at"]))


def _messages(chat: dict[str, Any] | None) -> dict[str, Any]:
    """The messages of a conversation by their ids."""
    content = (chat or {}).get("chat") or {}
    return (content.get("history") or {}).get("messages") or {}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _pseudonym(user_id: str) -> str:
    """The same for the same account, and nothing that leads back to a name."""
    return f"user-{hashlib.sha256(user_id.encode()).hexdigest()[:8]}"
