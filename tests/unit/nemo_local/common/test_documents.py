"""Documents, their ids, and one page of a list of them."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import Request

from nemo_local.common.documents import DocumentStore, new_id
from nemo_local.common.errors import Conflict, Invalid, NotFound
from nemo_local.common.listing import list_page


@pytest.fixture
def store(tmp_path) -> DocumentStore:
    return DocumentStore(tmp_path / "documents.db", "job")


def get(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


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
    with pytest.raises(Conflict, match="'ns/a' exists already"):
        store.create("ns", "a", {})
    assert len(store.list()) == 2


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


DOCUMENTS = [
    {"id": f"job-{n}", "name": f"n{n}", "created_at": f"2025-01-0{n}T00:00:00.000000Z", "tags": {"gpu": n > 2}}
    for n in range(1, 5)
]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["n4", "n3", "n2", "n1"]),
        ("sort=name", ["n1", "n2", "n3", "n4"]),
        ("sort=name&page_size=3&page=2", ["n4"]),
        ("page=99", []),
        ("filter[name]=n2", ["n2"]),
        ("filter[name]=n2,n3&sort=name", ["n2", "n3"]),
        ("filter[name]=n2&filter[name]=n3&sort=name", ["n2", "n3"]),
        ("filter[tags][gpu]=true&sort=name", ["n3", "n4"]),
        ("filter[none]=true", []),
        ("filter[created_at][gt]=2025-01-02&filter[created_at][lt]=2025-01-04", ["n3"]),
        ("filter[created_at][neq]=2025-01-02T00:00:00Z&sort=name", ["n1", "n3", "n4"]),
        ("search[created_at][start]=2025-01-04T01:00:00%2B01:00", ["n4"]),
        ("search[name]=N1", ["n1"]),
    ],
)
def test_pages(query, names):
    assert [document["name"] for document in list_page(get(query), DOCUMENTS)["data"]] == names


def test_a_page_says_where_it_is_and_what_was_asked():
    page = list_page(get("page_size=3&filter[tags][gpu]=true,false&sort=-name"), DOCUMENTS)
    assert page["pagination"] == {
        "page": 1,
        "page_size": 3,
        "current_page_size": 3,
        "total_pages": 2,
        "total_results": 4,
    }
    assert (page["object"], page["sort"], page["filter"]) == ("list", "-name", {"tags": {"gpu": ["true", "false"]}})


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page_size=0",
        "page=1.5",
        "sort=weight",
        "filter=x",
        "search[a=x",
        "filter[a]=1&filter[a][b]=2",
        "filter[created_at][gte]=soon",
    ],
)
def test_a_senseless_query_is_invalid(query):
    with pytest.raises(Invalid):
        list_page(get(query), DOCUMENTS)
