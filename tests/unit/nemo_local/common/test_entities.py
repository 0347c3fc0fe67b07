"""The routes that every kind of entity has, in all services that have some."""

from __future__ import annotations

import nemo_microservices.types as sdk
import pytest
from evaluator_support import tool_config
from fastapi.testclient import TestClient
from nemo_microservices.types import customization, deployment

from nemo_local.customizer.catalog import BASE_NAME, BASE_NAMESPACE, VERSION, Catalog
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModels
from nemo_local.server.gateway import create_app, load_services
from nemo_local.settings import Settings

OPTION = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}
ENDPOINT = {"url": "http://127.0.0.1:1/v1", "model_id": "m"}
KINDS = {
    "/v1/namespaces": ({"id": "mine"}, sdk.Namespace),
    "/v1/projects": ({"name": "mine"}, sdk.Project),
    "/v1/datasets": ({"name": "mine", "files_url": "hf://datasets/default/mine", "limit": 3}, sdk.Dataset),
    "/v1/models": ({"name": "mine@v1", "api_endpoint": ENDPOINT, "peft": {"finetuning_type": "lora"}}, sdk.Model),
    "/v1/deployment/configs": ({"name": "mine", "model": BASE_MODEL_NAME}, sdk.DeploymentConfig),
    "/v1/deployment/model-deployments": (
        {"name": "mine", "config": {"model": BASE_MODEL_NAME}},
        deployment.ModelDeployment,
    ),
    "/v1/customization/targets": (
        {"name": "mine@v1", "num_parameters": 1, "precision": "bf16"},
        customization.CustomizationTargetOutputWithWarningMessage,
    ),
    "/v1/customization/configs": (
        {
            "name": "mine@v1+CPU",
            "target": f"{BASE_NAMESPACE}/{BASE_NAME}@{VERSION}",
            "max_seq_length": 64,
            "training_options": [OPTION],
        },
        customization.CustomizationConfigWithWarningMessage,
    ),
    "/v1/evaluation/configs": ({"name": "mine", **tool_config()}, sdk.EvaluationConfig),
    "/v1/evaluation/targets": (
        {"name": "mine", "type": "model", "model": {"api_endpoint": ENDPOINT}},
        sdk.EvaluationTarget,
    ),
    "/v1/evaluation/results": ({"name": "mine", "job": "eval-1"}, sdk.EvaluationResult),
}
INTERNAL = {"schema_version", "type_prefix", "warning_message"}
BY_ID = ("/v1/namespaces", "/v1/evaluation/results")


@pytest.fixture(scope="module")
def http(tmp_path_factory) -> TestClient:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    services = load_services(settings, ("entity_store", "deployment", "customizer", "evaluator"))
    Catalog(settings.service_dir("customizer") / "customizer.db", BaseModels(settings)).seed()
    return TestClient(create_app(services))  # not entered: nothing is started


@pytest.fixture(params=KINDS)
def kind(request, http) -> tuple[str, dict, type]:
    """Path of a kind, its smallest body and the SDK's type; none of the kind is left behind."""
    yield (request.param, *KINDS[request.param])
    for document in http.get(request.param).json()["data"]:
        if (document.get("name") or document["id"]).startswith("mine"):
            http.delete(path_of(request.param, document)).raise_for_status()


def path_of(collection: str, document: dict) -> str:
    if collection in BY_ID:
        return f"{collection}/{document['id']}"
    return f"{collection}/{document['namespace']}/{document['name']}"


def test_what_is_created_has_the_recorded_shape(http, kind):
    path, body, sdk_type = kind
    answer = http.post(path, json=body)
    made = answer.json()
    assert answer.status_code == 200, "as NeMo answers; llama-stack takes nothing else"
    assert (sdk_type.model_fields.keys() - INTERNAL) <= made.keys()
    assert (made["custom_fields"], made["ownership"], made["description"]) == ({}, None, None)
    assert made["created_at"] == made["updated_at"] and len(made["created_at"]) == len("2025-06-20T03:58:16.182000")
    assert http.get(path_of(path, made)).json() == made
    again = http.post(path, json=body)
    assert again.status_code == 409 and "already exists" in again.json()["detail"]


def test_what_was_retrieved_may_be_sent_back(http, kind):
    path, body, _ = kind
    made = http.post(path, json=body).json()
    answer = http.patch(path_of(path, made), json=made)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**made, "updated_at": answer.json()["updated_at"]}
    http.delete(path_of(path, made)).raise_for_status()
    again = http.post(path, json=made)
    assert again.status_code == 200, again.text
    own = {"id", "created_at", "updated_at"}
    assert {k: v for k, v in again.json().items() if k not in own} == {k: v for k, v in made.items() if k not in own}


def test_a_patch_changes_what_it_names_and_null_clears_it(http, kind):
    path, body, _ = kind
    made = http.post(path, json={**body, "project": "course"}).json()
    changed = http.patch(path_of(path, made), json={"description": "new", "custom_fields": {"a": 1}}).json()
    expected = {**made, "description": "new", "custom_fields": {"a": 1}, "updated_at": changed["updated_at"]}
    assert changed == expected and changed["updated_at"] > made["updated_at"]
    cleared = http.patch(path_of(path, made), json={"description": None, "custom_fields": None}).json()
    assert cleared == {**made, "updated_at": cleared["updated_at"]}


def test_the_identity_cannot_be_changed(http, kind):
    path, body, _ = kind
    made = http.post(path, json=body).json()
    for field in made.keys() & {"id", "name", "namespace"}:
        answer = http.patch(path_of(path, made), json={field: "other"})
        assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["body", field]
        assert "create a new one" in answer.text
    assert http.get(path_of(path, made)).json() == made


def test_a_bad_change_is_refused_like_a_bad_entity(http, kind):
    path, body, _ = kind
    made = http.post(path, json=body).json()
    for bad, field in (({"colour": "red"}, "colour"), ({"custom_fields": 3}, "custom_fields")):
        for answer in (http.patch(path_of(path, made), json=bad), http.post(path, json={**body, **bad})):
            assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["body", field]


def test_a_field_that_is_needed_cannot_be_cleared(http):
    body, _ = KINDS["/v1/datasets"]
    http.post("/v1/datasets", json=body).raise_for_status()
    answer = http.patch("/v1/datasets/default/mine", json={"files_url": None})
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["body", "files_url"]
    http.delete("/v1/datasets/default/mine").raise_for_status()


def test_lists_filter_by_what_an_entity_has_and_by_nothing_else(http, kind):
    path, body, _ = kind
    http.post(path, json={**body, "project": "course"}).raise_for_status()
    assert len(http.get(path, params={"filter[project]": "course"}).json()["data"]) == 1
    assert http.get(path, params={"filter[project]": "other"}).json()["data"] == []
    for query in ({"filter[colour]": "red"}, {"filter[colour]": "true"}, {"search[colour]": "red"}):
        answer = http.get(path, params=query)
        assert answer.status_code == 422 and "no field 'colour'" in answer.text
