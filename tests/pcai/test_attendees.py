"""Several people on one platform: names of their own, nobody in another's way, and all of it removed again."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from huggingface_hub import set_client_factory
from hypothesis import given
from hypothesis import strategies as st

from flywheel_helpers import checkout, errors
from flywheel_helpers.attendees import LONGEST, own_namespace, owner_mark
from flywheel_helpers.run import clean
from flywheel_helpers.services import customizer, data_store, entity_store, evaluator
from flywheel_helpers.settings import NAME, Settings


@pytest.mark.parametrize(
    ("attendee", "namespace"),
    [
        ("", "tool-calling"),
        ("ada", "tool-calling-ada"),
        ("attendee-07", "tool-calling-attendee-07"),
        ("Ada", "tool-calling-ada-99a563ab"),
        ("ada.lovelace@example.com", "tool-calling-ada-lovelace-examp-e814ff3d"),
    ],
)
def test_names_that_stay_readable(attendee, namespace):
    assert own_namespace(attendee) == namespace


@given(st.text(max_size=80))
def test_every_name_is_valid(attendee):
    namespace = own_namespace(attendee)
    assert len(namespace) <= LONGEST and NAME.fullmatch(namespace) and namespace[0].isalpha()
    assert own_namespace(attendee) == namespace


@given(st.lists(st.text(alphabet="aAbB-._@ 0", max_size=30), unique_by=str.strip))
def test_no_two_people_have_the_same(attendees):
    assert len({own_namespace(attendee) for attendee in attendees}) == len(attendees)


def test_nobody_can_take_the_name_that_another_gets():
    assert own_namespace("ada-99a563ab") != own_namespace("Ada")


@pytest.mark.parametrize("variable", ["ATTENDEE", "JUPYTERHUB_USER"])
def test_config_takes_the_name_from_the_environment(monkeypatch, variable):
    for name in ("ATTENDEE", "JUPYTERHUB_USER", "NMS_NAMESPACE", "CUSTOM_MODEL", "DATASET_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "ada")
    settings = Settings.from_config(checkout.load_config())
    assert settings.attendee == "ada"
    assert settings.dataset == "tool-calling-ada/xlam-tool-calling"
    assert settings.custom_model == "tool-calling-ada/tool-caller@v1"


def test_nobody_writes_into_the_namespace_of_another(nemo, rows):
    data_store.upload_dataset(nemo(attendee="ada"), rows)
    bob = nemo(attendee="bob")
    for attempt in (
        lambda: data_store.upload_dataset(bob, rows),
        lambda: customizer.train(bob, customizer.Hyperparameters()),
        lambda: evaluator.evaluate(bob, bob.settings.base_model),
        lambda: clean.find(bob),
    ):
        with pytest.raises(errors.ConfigError, match="belongs to another attendee") as caught:
            attempt()
        assert "NMS_NAMESPACE" in caught.value.hint
    assert data_store.upload_dataset(nemo(attendee="ada"), rows).unchanged


def test_clean_lists_and_removes_everything_and_a_new_start_works(nemo, rows):
    ada, bob = nemo(attendee="ada"), nemo(attendee="bob", namespace="of-bob", custom_model="of-bob/caller@v1")
    for connection in (ada, bob):
        data_store.upload_dataset(connection, rows)
    namespace = ada.settings.namespace
    job = customizer.train(ada, customizer.Hyperparameters(max_steps=1))
    body = evaluator.config_body(ada, 2)
    ada.json("Evaluator", "POST", "/v1/evaluation/configs", json=body)
    model = {"namespace": namespace, "name": "other@v1", "base_model": ada.settings.base_model}
    ada.json("Entity Store", "POST", "/v1/models", json=model)

    items = clean.find(ada)
    named = {(item.kind, item.name) for item in items}
    assert named >= {
        ("training", job.id),
        ("evaluation config", f"{namespace}/{body['name']}"),
        ("model", f"{namespace}/other@v1"),
        ("dataset", ada.settings.dataset),
        ("dataset files", ada.settings.dataset),
        ("namespace of files", namespace),
        ("namespace", namespace),
    }
    assert not any("of-bob" in name for _, name in named)
    for item in items:
        item.remove()
    assert clean.find(ada) == []
    assert customizer.get_job(ada, job.id)["status"] == "cancelled"
    assert data_store.list_files(bob)
    assert data_store.upload_dataset(ada, rows).uploaded == list(data_store.FILES)


def test_guardrail_configs_are_removed_where_there_are_any(connection, set_up_hub):
    deleted = []

    def server(request):
        if request.method == "DELETE":
            deleted.append(request.url.path)
        if request.url.path == "/v1/namespaces/ada":
            return httpx.Response(200, json={"custom_fields": {entity_store.OWNER_FIELD: owner_mark("")}})
        if request.url.path.startswith("/v1/hf/"):
            return httpx.Response(200, json=[])
        data = [{"namespace": "ada", "name": "safety"}, {"namespace": "bob", "name": "safety"}]
        found = data if request.url.path == "/v1/guardrail/configs" else []
        return httpx.Response(200, json={"data": found})

    set_client_factory(lambda: httpx.Client(transport=httpx.MockTransport(server)))
    for item in clean.find(connection(server)):
        item.remove()
    namespaces = ["/v1/datastore/namespaces/ada", "/v1/namespaces/ada"]
    assert deleted == ["/v1/guardrail/configs/ada/safety", *namespaces]


def test_a_namespace_that_the_course_did_not_make_is_refused(nemo):
    connection = nemo()
    with contextlib.suppress(errors.Conflict):
        connection.json("Entity Store", "POST", "/v1/namespaces", json={"id": connection.settings.namespace})
    with pytest.raises(errors.ConfigError, match="was not created by the course"):
        clean.find(connection)
    entity_store.ensure_namespace(connection)  # using it is fine; removing it is not
    with pytest.raises(errors.ConfigError, match="was not created by the course"):
        clean.find(connection)
