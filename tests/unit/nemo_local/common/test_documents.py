"""Documents and their ids."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from nemo_local.common.documents import DocumentStore, new_id, read_time, utc_now
from nemo_local.common.errors import Conflict, NotFound


@pytest.fixture
def store(tmp_path) -> DocumentStore:
    return DocumentStore(tmp_path / "documents.db", "job")


def test_ids_are_base58_and_differ():
    ids = {new_id("cust") for _ in range(1000)}
    assert len(ids) == 1000
    for identity in ids:
        prefix, _, digits = identity.partition("-")
        assert prefix == "cust" and len(digits) <= 22 and not set(digits) & set("0OIl")


def test_create_get_update_delete(store):
    made = store.create("ns", "a", {"status": "created"})
    assert made["id"].startswith("job-") and store.get("ns", "a") == made == store.get_by_id(made["id"])
    changed = store.update("ns", "a", {"status": "running", "name": "other", "id": "other", "created_at": "never"})
    assert changed == {**made, "status": "running", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    assert store.delete("ns", "a") == changed
    for lookup in (lambda: store.get("ns", "a"), lambda: store.get_by_id(made["id"]), lambda: store.delete("ns", "a")):
        with pytest.raises(NotFound):
            lookup()


def test_names_are_unique_within_namespace_and_collection(store, tmp_path):
    store.create("ns", "a", {})
    store.create("other", "a", {})
    DocumentStore(tmp_path / "documents.db", "result").create("ns", "a", {})
    with pytest.raises(Conflict, match="This job already exists: ns/a"):
        store.create("ns", "a", {})
    assert len(store.list()) == 2


def test_times_have_no_offset_and_are_in_utc():
    now = utc_now()
    assert len(now) == len("2025-06-20T03:58:16.182000") and "Z" not in now and "+" not in now
    assert abs(datetime.now(UTC) - read_time(now)) < timedelta(minutes=1)
    assert read_time("2025-01-04T01:00:00+01:00") == read_time("2025-01-04T00:00:00Z") == read_time("2025-01-04")


def test_a_document_without_a_name_gets_its_id(store):
    assert store.create("ns", None, {"id": "job-mine"})["name"] == "job-mine"


def test_updates_of_many_threads_and_stores_all_hold(store, tmp_path):
    store.create("ns", "a", {})
    second = DocumentStore(tmp_path / "documents.db", "job")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: (store, second)[n % 2].update("ns", "a", {f"field{n}": n}), range(60)))
    assert all(store.get("ns", "a")[f"field{n}"] == n for n in range(60))


def test_the_file_is_in_wal_mode(store, tmp_path):
    with sqlite3.connect(tmp_path / "documents.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
