"""What a platform has stored, read from its files: whether it is whole, and whether anything of it was lost.

Everything is read as it is on disk, past the services, because a service could hide what it has lost.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

FINAL = ("completed", "failed", "cancelled")
OPENWEBUI_TABLES = {"user", "model", "chat"}
RESUMABLE = ("created", "pending", "running", "cancelling")


@dataclass(frozen=True)
class StoredState:
    """What is stored at one moment.

    Args:
        items: an identity for every document, commit and content.
        jobs: status of every job, by id.
        problems: what is damaged, in words.
    """

    items: frozenset[tuple[str, ...]]
    jobs: dict[str, str]
    problems: list[str]

    def unfinished(self) -> list[str]:
        """The jobs that have not ended, in words."""
        return [f"the job {job} is {status}" for job, status in self.jobs.items() if status not in FINAL]

    def lost_since(self, earlier: StoredState) -> list[str]:
        """What was stored earlier and is not any more, and jobs that have ended and changed afterwards, in words."""
        lost = [f"lost: {' '.join(item)}" for item in sorted(earlier.items - self.items)]
        ended = {job: status for job, status in earlier.jobs.items() if status in FINAL}
        return lost + [
            f"the job {job} was {status} and is {self.jobs.get(job)}"
            for job, status in ended.items()
            if self.jobs.get(job) != status
        ]


def read(home: Path) -> StoredState:
    """Read everything below the home of a platform, which may be running: contents are checked against their SHA-256,
    databases by SQLite, documents by reading them."""
    items: set[tuple[str, ...]] = set()
    jobs: dict[str, str] = {}
    problems: list[str] = []
    for path in sorted([*home.glob("*/*.db"), *home.glob("openwebui*/data/*.db")]):
        name = path.relative_to(home).as_posix()
        with closing(sqlite3.connect(path, timeout=30)) as database:
            try:
                checks = [*database.execute("PRAGMA integrity_check"), *database.execute("PRAGMA foreign_key_check")]
                problems += [f"{name}: {check}" for check in checks if check != ("ok",)]
                tables = {table for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                if "documents" in tables:
                    for collection, identity, body in database.execute("SELECT collection, id, body FROM documents"):
                        items.add((name, collection, identity))
                        if "status_details" in (document := json.loads(body)):
                            jobs[identity] = document["status"]
                for table in tables & OPENWEBUI_TABLES:
                    items |= {(name, table, identity) for (identity,) in database.execute(f"SELECT id FROM {table}")}
                if "blobs" in tables:
                    contents = list(database.execute("SELECT sha256, size FROM blobs"))
                    items |= {("commit", oid) for (oid,) in database.execute("SELECT oid FROM commits")}
                    items |= {("content", sha256) for sha256, _ in contents}
                    problems += _damaged(path.parent / "blobs", contents)
            except (sqlite3.DatabaseError, ValueError) as error:
                problems.append(f"{name}: {error}")
    problems += [f"the job {job} is {status}" for job, status in jobs.items() if status not in FINAL + RESUMABLE]
    return StoredState(frozenset(items), jobs, problems)


def unfinished_files(home: Path) -> list[str]:
    """Files that a platform with nothing to do should not have, in words: parts of uploads, downloads and checkpoints,
    and JSON that was cut short."""
    found = [*home.glob("data-store/blobs/incoming/*"), *home.glob("nim/adapters/*.unfinished")]
    found += [*home.glob("*.new"), *home.glob("*/jobs/*/*.tmp")]  # checkpoints, and files written in one piece
    return [f"left behind: {path.relative_to(home)}" for path in found] + [
        f"half-written: {path.relative_to(home)}" for path in home.rglob("*.json") if not _is_json(path)
    ]


def _damaged(folder: Path, contents: list[tuple[str, int]]) -> Iterator[str]:
    for sha256, size in contents:
        path = folder / sha256[:2] / sha256
        if not path.is_file():
            yield f"the content {sha256} is missing"
        elif path.stat().st_size != size or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"the content {sha256} is damaged"


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
        return True
    except FileNotFoundError:  # removed in the meantime
        return True
    except ValueError:
        return False
