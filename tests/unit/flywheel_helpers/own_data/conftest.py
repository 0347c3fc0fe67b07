"""Files of rows, as somebody might write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TOOLS = [
    {
        "name": "brew",
        "description": "Brews coffee.",
        "parameters": {
            "cups": {"description": "How many.", "type": "int"},
            "strength": {"description": "From 0 to 1.", "type": "float", "default": 0.5},
        },
    },
    {"name": "boil", "description": "Boils water.", "parameters": {"liters": {"description": "", "type": "float"}}},
]


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    """Makes an xLAM row: a question with one call of `brew`, unless told otherwise."""

    def make(number: int = 0, **changes: Any) -> dict[str, Any]:
        calls = [{"name": "brew", "arguments": {"cups": number}}]
        return {
            "query": f"Coffee for table {number}, by waiter w{number}!",
            "tools": TOOLS,
            "answers": calls,
            **changes,
        }

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file: JSONL from values, or a text as it is."""

    def make(content: Any, name: str = "rows.jsonl") -> Path:
        path = tmp_path / name
        lines = (one if isinstance(one, str) else json.dumps(one) for one in content)
        path.write_text(content if isinstance(content, str) else "\n".join(lines), encoding="utf-8")
        return path

    return make
