"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, content: dict[str, Any] | None) -> None:
    """Write a JSON file in one piece: after a kill or a power cut at any moment, or on a full disk, there is the old
    file or the new one.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        sync(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk now. Renamed without it, a file may be empty
    after a power cut."""
    if os.name == "nt":  # Windows neither opens a folder nor syncs what is open for reading
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
