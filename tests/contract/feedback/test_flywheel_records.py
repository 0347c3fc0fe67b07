"""Journals, the model in use, model cards and solved exercises, against the real Data Store and Entity Store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from flywheel_helpers.course import gate, in_use, model_card, progress
from flywheel_helpers.data.curation import Step
from flywheel_helpers.errors import DataError
from flywheel_helpers.feedback import journal, verdicts
from flywheel_helpers.services import data_store, entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.customizer import Hyperparameters
from flywheel_helpers.statistics import Score, Scores

CALL = {"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


@pytest.fixture
def nemo(gateway, settings, request) -> Connection:
    """A connection to a gateway with a namespace of this test's own."""
    url, name = gateway.gateway_url, f"t-{abs(hash(request.node.name))}"
    addresses = {
        f"{service}_url": url for service in ("data_store", "entity_store", "customizer", "evaluator", "guardrails")
    }
    addresses |= {"deployment_url": url, "nim_url": url}
    return Connection(replace(settings, **addresses, namespace=name, custom_model=f"{name}/caller@v1"))


def register(nemo: Connection, model: str, **fields) -> None:
    namespace, name = model.split("/")
    nemo.json("Entity Store", "POST", "/v1/models", json={"namespace": namespace, "name": name, **fields})


def test_two_writers_of_one_journal_lose_nothing(nemo):
    assert journal.read(nemo, journal.USAGE) == []

    def write(writer: int) -> None:
        for number in range(3):
            journal.append(nemo, journal.USAGE, [{"writer": writer, "number": number, "text": "zwölf\u2028"}])

    journal.append(nemo, journal.USAGE, [{"writer": 9, "number": 0}])
    with ThreadPoolExecutor(4) as executor:
        list(executor.map(write, range(4)))
    records = journal.read(nemo, journal.USAGE)
    assert len(records) == 13 and records[0]["writer"] == 9
    assert {(one["writer"], one["number"]) for one in records[1:]} == {(w, n) for w in range(4) for n in range(3)}
    assert [one["number"] for one in records if one["writer"] == 2] == [0, 1, 2]
    assert journal.read(nemo, journal.FEEDBACK) == []


def test_a_broken_line_is_named(nemo):
    journal.append(nemo, journal.USAGE, [{"ok": 1}])
    with data_store.hub_errors(nemo):
        data_store.hub(nemo).upload_file(
            path_or_fileobj=b'{"ok": 2}\n[3]\n',
            path_in_repo="usage/zzz.jsonl",
            repo_id=journal.repository(nemo),
            repo_type="dataset",
        )
    with pytest.raises(DataError, match=r"usage/zzz\.jsonl, line 2"):
        journal.read(nemo, journal.USAGE)


def test_feedback_is_added_once_and_the_trusted_source_counts(nemo):
    logged = {
        "request_id": "q1",
        "messages": [{"role": "user", "content": "Add 1."}],
        "tools": [],
        "answer": {"role": "assistant", "tool_calls": [CALL]},
    }
    right = [{"name": "add", "arguments": {"a": 1.0}}]
    records = [
        verdicts.recorded(logged, '[{"name": "add", "arguments": {"a": 2}}]'),
        verdicts.judge(logged, right, "review"),
        verdicts.record("q1", verdicts.SKIPPED, "open-webui"),
        verdicts.record("q1", verdicts.WRONG, "teacher"),
    ]
    assert [one["verdict"] for one in records] == ["wrong", "right", "skipped", "wrong"]
    assert verdicts.add(nemo, records) == 4 and verdicts.add(nemo, records) == 0
    (example,) = verdicts.examples([logged], journal.read(nemo, journal.FEEDBACK))
    assert example.calls == right and example.source == "review" and example.query == "Add 1."
    assert verdicts.examples([logged], [verdicts.record("q1", verdicts.WRONG, "open-webui")]) == []
    (kept,) = verdicts.examples([logged], [verdicts.record("q1", verdicts.RIGHT, "open-webui")])
    assert kept.calls == [{"name": "add", "arguments": {"a": 1}}]
    assert verdicts.recorded(logged, "not JSON")["calls"] == "not JSON"


def test_promote_and_undo(nemo):
    one, two = (f"{nemo.settings.namespace}/caller@v{n}" for n in (1, 2))
    assert in_use.resolve(nemo) is None and in_use.former(nemo) == []
    with pytest.raises(DataError, match="no model"):
        in_use.promote(nemo, one)
    with pytest.raises(DataError, match="nothing to go back to"):
        in_use.undo(nemo)
    for model in (one, two):
        register(nemo, model)
    assert in_use.promote(nemo, one) and in_use.resolve(nemo) == one
    assert in_use.promote(nemo, two) and not in_use.promote(nemo, two)
    assert (in_use.resolve(nemo), in_use.former(nemo)) == (two, [one])
    assert in_use.undo(nemo) == one and in_use.resolve(nemo) == one
    with pytest.raises(DataError, match="nothing to go back to"):
        in_use.undo(nemo)


def test_a_model_card_is_in_both_stores(nemo, tmp_path):
    namespace = nemo.settings.namespace
    model, score = f"{namespace}/caller@v2", Score.of(8, 10)
    card = model_card.write(
        model,
        "base",
        [f"{namespace}/calls"],
        [Step("no question twice", 9, 1)],
        {"corrected questions": 9},
        Hyperparameters(),
        {"production": {"version 2": Scores(model, 10, score, score)}},
        gate.decide(([False] * 20, [True] * 20), ([True] * 20, [True] * 20)),
        {"recall": score},
    )
    with pytest.raises(DataError, match="no files"):
        model_card.store(nemo, model, card)
    entity_store.ensure_namespace(nemo)
    data_store.ensure_namespace(nemo)
    hub = data_store.hub(nemo)
    hub.create_repo(f"{namespace}/caller", repo_type="model")
    hub.create_branch(f"{namespace}/caller", repo_type="model", branch="v2")
    artifact = {"files_url": f"hf://{namespace}/caller@v2", "status": "upload_completed"}
    register(nemo, model, artifact=artifact, custom_fields={"val_loss": 0.1})
    address = model_card.store(nemo, model, card)
    assert address == f"hf://{namespace}/caller@v2/README.md"
    fields = entity_store.find_model(nemo, model)["custom_fields"]
    assert fields["model_card"] == card and fields["val_loss"] == 0.1
    copy = hub.hf_hub_download(f"{namespace}/caller", "README.md", revision="v2", local_dir=tmp_path)
    assert Path(copy).read_text(encoding="utf-8") == card
    for words in ("80.0%", "no question twice", "learning_rate", "20 gained, 0 lost", f"{namespace}/calls", "recall"):
        assert words in card


def test_solved_exercises_of_a_room(nemo):
    """Several notebooks at once lose nothing; the learner's code and the name of the person are not stored."""
    ada = Connection(replace(nemo.settings, namespace=f"{nemo.settings.namespace}-ada", attendee="Ada Lovelace"))
    names = [name for exercises in progress.EXERCISES.values() for name in exercises]
    with ThreadPoolExecutor(4) as executor:
        said = list(executor.map(lambda name: progress.keep(ada, name, "Right: well done."), names))
    assert set(said) == {"Right: well done."}
    assert progress.keep(ada, names[0], "Right: again.") == "Right: again."
    assert progress.keep(nemo, "merged", "Not yet: no.") == "Not yet: no."
    assert progress.own(nemo).solved == {}
    assert progress.keep(nemo, "merged", "Right: yes.") == "Right: yes."
    register(nemo, f"{nemo.settings.namespace}/caller@v1", peft={"finetuning_type": "lora"})

    people = {one.namespace: one for one in progress.room(nemo)}
    here, there = people[nemo.settings.namespace], people[ada.settings.namespace]
    assert (here.model, here.dataset, set(here.solved)) == (True, False, {"merged"})
    assert (here.count("02"), here.count("01")) == ("1/2", "0/2")
    assert set(there.solved) == set(names) and not there.model and "06" in progress.EXERCISES
    assert "Lovelace" not in nemo.request("Entity Store", "GET", "/v1/projects").text


def test_a_namespace_of_an_administrator_is_part_of_the_room(nemo):
    name = nemo.settings.namespace
    nemo.json("Entity Store", "POST", "/v1/namespaces", json={"id": name})
    assert name not in [one.namespace for one in progress.room(nemo)]
    progress.keep(nemo, "merged", "Right: yes.")
    assert next(one for one in progress.room(nemo) if one.namespace == name).count("02") == "1/2"


def test_an_exercise_is_solved_without_the_platform_too(nemo):
    alone = Connection(replace(nemo.settings, entity_store_url="http://127.0.0.1:9"))
    said = progress.keep(alone, "merged", "Right: yes.")
    assert said.startswith("Right: yes.\n(`flywheel progress` will not show it: Entity Store: ")
    assert "http" not in said
    other = Connection(replace(nemo.settings, attendee="somebody else"))
    progress.keep(nemo, "merged", "Right: yes.")
    assert "belongs to another attendee" in progress.keep(other, "merged", "Right: yes.")
    with pytest.raises(ValueError, match="no exercise 'merge'"):
        progress.keep(nemo, "merge", "Right: yes.")
