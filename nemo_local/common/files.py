"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, content: dict[str, Any] | None) -> None:
    """Write a JSON file in one piece: a reader, a kill at any moment or a full disk finds the old file or the new one.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
