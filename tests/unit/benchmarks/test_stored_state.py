"""What is found in the files of a platform: that it is whole, damaged, or has lost something."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import stored_state

from nemo_local.common.documents import DocumentStore
from nemo_local.data_store.changes import Put
from nemo_local.data_store.paths import RepoId
from nemo_local.data_store.repositories import Repositories

CONTENT = b"twelve bytes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MODEL = {"files_url": "hf://datasets/ada/rows"}


@pytest.fixture
def home(tmp_path) -> Path:
    """A platform with a dataset, a file, and a job of each kind."""
    DocumentStore(tmp_path / "entity-store" / "entities.db", "dataset").create("ada", "rows", MODEL)
    jobs(tmp_path).create("ada", "first", {"id": "cust-1", "status": "completed", "status_details": {}})
    jobs(tmp_path).create("ada", "second", {"id": "cust-2", "status": "running", "status_details": {}})
    repositories = Repositories(tmp_path / "data-store")
    rows = RepoId("dataset", "ada", "rows")
    repositories.create(rows)
    with repositories.blobs.writer(len(CONTENT)) as writer:
        writer.write(CONTENT)
        blob = repositories.keep(writer)
    repositories.commit(rows, "main", [Put("rows.jsonl", blob, False)], "Upload", "", None)
    return tmp_path


def jobs(home: Path) -> DocumentStore:
    return DocumentStore(home / "customizer" / "customizer.db", "customization job")


def content(home: Path) -> Path:
    return home / "data-store" / "blobs" / SHA256[:2] / SHA256


def test_a_platform_that_is_whole(home):
    state = stored_state.read(home)
    assert state.problems == [] and stored_state.unfinished_files(home) == []
    assert state.jobs == {"cust-1": "completed", "cust-2": "running"}
    assert state.unfinished() == ["the job cust-2 is running"]
    assert sorted(kind for kind, *_ in state.items if not kind.endswith(".db")) == ["commit", "commit", "content"]
    assert state.lost_since(state) == []


def test_what_open_webui_has_stored_counts_too(home):
    database = home / "openwebui" / "data" / "webui.db"
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as chats, chats:
        chats.execute("CREATE TABLE model (id TEXT)")
        chats.execute("INSERT INTO model VALUES ('ada-tool-selector')")
    before = stored_state.read(home)
    with closing(sqlite3.connect(database)) as chats, chats:
        chats.execute("DELETE FROM model")
    lost = stored_state.read(home).lost_since(before)
    assert lost == ["lost: openwebui/data/webui.db model ada-tool-selector"]


def test_a_content_that_changed_and_one_that_is_missing(home):
    content(home).write_bytes(b"twelve bites")
    assert stored_state.read(home).problems == [f"the content {SHA256} is damaged"]
    content(home).unlink()
    assert stored_state.read(home).problems == [f"the content {SHA256} is missing"]


def test_a_database_that_was_overwritten(home):
    path = home / "entity-store" / "entities.db"
    path.with_name("entities.db-wal").unlink(missing_ok=True)
    path.write_bytes(b"x" * 8192)
    assert any(problem.startswith("entity-store/entities.db: ") for problem in stored_state.read(home).problems)


def test_a_document_and_a_job_that_are_not_what_they_were(home):
    before = stored_state.read(home)
    dataset = DocumentStore(home / "entity-store" / "entities.db", "dataset").delete("ada", "rows")
    jobs(home).update("ada", "first", {"status": "running"})
    jobs(home).update("ada", "second", {"status": "failed"})  # as jobs do
    assert stored_state.read(home).lost_since(before) == [
        f"lost: entity-store/entities.db dataset {dataset['id']}",
        "the job cust-1 was completed and is running",
    ]


def test_a_status_that_no_job_has(home):
    jobs(home).update("ada", "second", {"status": "lost"})
    assert stored_state.read(home).problems == ["the job cust-2 is lost"]


def test_files_that_should_not_be_there(home):
    (home / "data-store" / "blobs" / "incoming" / "half").touch()
    (home / "customizer" / "jobs" / "cust-1" / "checkpoint.tmp").mkdir(parents=True)
    (home / "customizer" / "jobs" / "cust-1" / "job.json").write_text('{"cut": ')
    assert stored_state.unfinished_files(home) == [
        "left behind: data-store/blobs/incoming/half",
        "left behind: customizer/jobs/cust-1/checkpoint.tmp",
        "half-written: customizer/jobs/cust-1/job.json",
    ]
