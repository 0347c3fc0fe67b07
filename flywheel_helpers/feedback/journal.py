"""Append-only records in the Data Store: what was asked, and what people said about the answers.

A journal is a folder of JSON Lines files in a dataset repository. Each append is a commit that adds one file and
changes none, so two people can write at the same time and nothing is lost, even on a Data Store that does not check
which revision a commit was built on.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flywheel_helpers.errors import DataError, NotFound
from flywheel_helpers.services import data_store, entity_store
from flywheel_helpers.services.connection import Connection

REPOSITORY = "assistant-journal"  # in the namespace of config.py
USAGE, FEEDBACK = "usage", "feedback"


def append(nemo: Connection, journal: str, records: Sequence[dict[str, Any]]) -> str | None:
    """Add records to a journal.

    Args:
        journal: `USAGE` or `FEEDBACK`.
        records: anything JSON can hold. Never a secret.

    Returns:
        the path of the new file in the repository; None where there was nothing to add.
    """
    if not records:
        return None
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    # The time keeps the files in order; the random part keeps two writers of one moment apart.
    path = f"{journal}/{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid.uuid4().hex[:8]}.jsonl"
    entity_store.ensure_namespace(nemo)
    data_store.ensure_namespace(nemo)
    with data_store.hub_errors(nemo):
        hub = data_store.hub(nemo)
        hub.create_repo(repository(nemo), repo_type="dataset", exist_ok=True)
        hub.upload_file(
            path_or_fileobj=text.encode(),
            path_in_repo=path,
            repo_id=repository(nemo),
            repo_type="dataset",
            commit_message=f"Add {len(records)} records to {journal}",
        )
    return path


def read(nemo: Connection, journal: str) -> list[dict[str, Any]]:
    """All records of a journal, in the order in which they were added; empty where there is none yet.

    Raises:
        DataError: a line is not a JSON object; the message names the file and the line.
    """
    records: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            with data_store.hub_errors(nemo):
                copy = data_store.hub(nemo).snapshot_download(
                    repository(nemo), repo_type="dataset", local_dir=folder, allow_patterns=f"{journal}/*.jsonl"
                )
        except NotFound:
            return []
        for path in sorted(Path(copy, journal).glob("*.jsonl")):
            for number, line in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n"), 1):
                records.append(_record(line, f"{journal}/{path.name}, line {number}"))
    return records


def repository(nemo: Connection) -> str:
    """Full name of the dataset repository that holds the journals."""
    return f"{nemo.settings.namespace}/{REPOSITORY}"


def _record(line: str, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise DataError(f"{place} is not a JSON object.", "Remove the line in the Data Store, or delete the file.")
    return record
