"""Journals in memory, and logged answers to judge."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from flywheel_helpers.feedback import journal


def tool(name: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": schema}}


TOOLS = [
    tool(
        "log_hours",
        {"project": {"type": "string"}, "hours": {"type": "number"}, "day": {"type": "string", "enum": ["Mon", "Tue"]}},
        ["project", "hours"],
    ),
    tool("invite", {"title": {"type": "string"}, "people": {"type": "array", "items": {"type": "string"}}}, ["title"]),
]


@pytest.fixture
def journals(monkeypatch) -> dict[str, list[dict[str, Any]]]:
    """What the journals hold. The real ones are tested against a Data Store in tests/contract."""
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    monkeypatch.setattr(journal, "read", lambda nemo, name: list(held[name]))
    monkeypatch.setattr(journal, "append", lambda nemo, name, records: held[name].extend(records))
    return held


@pytest.fixture
def logged():
    """Makes a record of the usage log from the model's calls."""

    def make(number: int, *calls: dict[str, Any], text: str | None = None) -> dict[str, Any]:
        made = [{"type": "function", "function": call} for call in calls]
        return {
            "request_id": f"q{number}/model",
            "messages": [{"role": "user", "content": f"Question {number}: 2 hours on <Papaya> & more"}],
            "tools": TOOLS,
            "answer": {"role": "assistant", "content": text, "tool_calls": made},
        }

    return make


@pytest.fixture
def right_call() -> dict[str, Any]:
    return {"name": "log_hours", "arguments": {"project": "Papaya", "hours": 2}}
