"""Repositories and namespaces of the Data Store: made, listed, renamed, deleted, refused."""

from __future__ import annotations

import base64
import json
import re
import uuid

import httpx
import pytest
from data_store_support import put, read
from huggingface_hub.errors import (
    HfHubHTTPError,
    RepositoryNotFoundError,
)


def test_life_of_a_repository(hub, any_repo):
    name, kind = any_repo
    assert hub.repo_exists(name, repo_type=kind)
    url = hub.create_repo(name, repo_type=kind, exist_ok=True)
    assert (url.repo_id, url.repo_type) == (name, kind)
    with pytest.raises(HfHubHTTPError, match="already exists") as caught:
        hub.create_repo(name, repo_type=kind)
    assert caught.value.response.status_code == 409
    info = hub.repo_info(name, repo_type=kind)
    assert info.id == name and len(info.sha) == 40 and info.siblings == []
    hub.delete_repo(name, repo_type=kind)
    assert not hub.repo_exists(name, repo_type=kind)
    with pytest.raises(RepositoryNotFoundError, match=name):
        hub.delete_repo(name, repo_type=kind)


def test_a_dataset_and_a_model_may_share_a_name(hub, repo):
    hub.create_repo(repo, repo_type="model")
    put(hub, repo, "only-in-the-dataset", b"x")
    assert hub.list_repo_files(repo, repo_type="model") == []


def test_repositories_are_listed_and_renamed(hub, repo):
    renamed = f"moved/{repo.split('/')[1]}"
    put(hub, repo, "a", b"1")
    hub.move_repo(repo, renamed, repo_type="dataset")
    assert [found.id for found in hub.list_datasets(author="moved")] == [renamed]
    assert read(hub, renamed, "a") == b"1" and not hub.repo_exists(repo, repo_type="dataset")


@pytest.mark.parametrize("name", ["course", "-course/x", "course/.x", "course/x/y", "course/a..b", "../x/y", "a b/c"])
def test_bad_repository_names_are_refused(gateway, name):
    namespace, _, last = name.rpartition("/")
    body = {"organization": namespace or None, "name": last, "type": "dataset"}
    answer = httpx.post(f"{gateway.gateway_url}/v1/hf/api/repos/create", json=body)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"][1] in ("organization", "name")


def test_spaces_are_refused(hub):
    with pytest.raises(HfHubHTTPError, match="'model' or 'dataset'"):
        hub.create_repo("course/space", repo_type="space", space_sdk="docker")


def test_namespaces_are_posted_as_a_form(gateway):
    url = f"{gateway.gateway_url}/v1/datastore/namespaces"
    name = f"ns-{uuid.uuid4().hex[:8]}"
    assert httpx.post(url, data={"namespace": name}).status_code == 201
    again = httpx.post(url, data={"namespace": name})
    assert again.status_code == 409 and "already exists" in again.json()["detail"]
    found = httpx.get(f"{url}/{name}").json()
    assert found["namespace"] == name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["updated_at"]), "as NeMo's Data Store writes it"
    assert [item["namespace"] for item in httpx.get(url, params={"filter[namespace]": name}).json()["data"]] == [name]
    assert name in [item["namespace"] for item in httpx.get(url).json()["data"]]
    assert httpx.delete(f"{url}/{name}").status_code == 200
    assert httpx.get(f"{url}/{name}").status_code == 404
    for data in ({}, {"namespace": "../x"}, {"namespace": ""}):
        refused = httpx.post(url, data=data)
        assert refused.status_code == 422 and refused.json()["detail"][0]["loc"] == ["body", "namespace"]


def test_a_namespace_with_repositories_is_not_deleted(gateway, hub, repo):
    answer = httpx.delete(f"{gateway.gateway_url}/v1/datastore/namespaces/course")
    assert answer.status_code == 409 and "Delete them first" in answer.json()["detail"]
    assert hub.repo_exists(repo, repo_type="dataset")


def test_content_in_plain_text(hub, repo):
    lines = [
        {"key": "header", "value": {"summary": "both encodings"}},
        {"key": "file", "value": {"path": "plain", "content": "früh"}},
        {"key": "file", "value": {"path": "base64", "content": base64.b64encode(b"\0").decode(), "encoding": "base64"}},
    ]
    body = "\n".join(json.dumps(line) for line in lines)
    httpx.post(f"{hub.endpoint}/api/datasets/{repo}/commit/main", content=body).raise_for_status()
    assert (read(hub, repo, "plain"), read(hub, repo, "base64")) == ("früh".encode(), b"\0")
