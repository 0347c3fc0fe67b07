"""Journals in a real Data Store: two people write at the same time, and nothing is lost."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from flywheel_helpers.errors import DataError
from flywheel_helpers.feedback import journal, verdicts
from flywheel_helpers.services import data_store
from flywheel_helpers.services.connection import Connection


@pytest.fixture
def writer(gateway, settings, request):
    """Makes a connection to a namespace of this test's own."""
    namespace = request.node.name.replace("_", "-").lower()[:60]
    url = gateway.gateway_url
    return lambda: Connection(replace(settings, data_store_url=url, entity_store_url=url, namespace=namespace))


def test_two_writers_at_the_same_time(writer):
    together, errors = threading.Barrier(2), []

    def write(name: str) -> None:
        nemo = writer()
        together.wait()
        try:
            for number in range(5):
                journal.append(nemo, journal.FEEDBACK, [verdicts.record(f"{name}{number}", verdicts.RIGHT, "review")])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert errors == []
    found = [one["request_id"] for one in journal.read(writer(), journal.FEEDBACK)]
    for name in ("ada", "bob"):
        assert [one for one in found if one.startswith(name)] == [f"{name}{number}" for number in range(5)]
    assert len(found) == 10


def test_what_is_read_is_what_was_written(writer):
    nemo = writer()
    assert journal.read(nemo, journal.USAGE) == [], "there is no repository yet"
    records = [{"request_id": "q1", "text": "Grüße\u2028und\nZeilen", "calls": [{"name": "f", "arguments": {}}]}, {}]
    assert journal.append(nemo, journal.USAGE, records).startswith("usage/")
    assert journal.append(nemo, journal.USAGE, []) is None
    assert journal.read(nemo, journal.USAGE) == records
    assert journal.read(nemo, journal.FEEDBACK) == [], "another journal of the same repository"


def test_a_line_that_is_no_record_is_named(writer):
    nemo = writer()
    journal.append(nemo, journal.USAGE, [{"request_id": "q1"}])
    data_store.hub(nemo).upload_file(
        path_or_fileobj=b'{"request_id": "q2"}\n[1]\n',
        path_in_repo="usage/99-by-hand.jsonl",
        repo_id=journal.repository(nemo),
        repo_type="dataset",
    )
    with pytest.raises(DataError, match="usage/99-by-hand.jsonl, line 2 is not a JSON object"):
        journal.read(nemo, journal.USAGE)


def test_the_same_verdict_is_added_once(writer):
    nemo = writer()
    said = verdicts.record("q1", verdicts.WRONG, "review", [])
    assert verdicts.add(nemo, [said, said]) == 1
    assert verdicts.add(nemo, [verdicts.record("q1", verdicts.WRONG, "review", [])]) == 0
    assert verdicts.add(nemo, [verdicts.record("q1", verdicts.RIGHT, "review")]) == 1
    assert verdicts.add(nemo, [said]) == 1, "somebody changed it back"
