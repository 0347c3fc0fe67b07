"""The base models of a platform, and adding one, against a platform that is a function."""

from __future__ import annotations

import time

import httpx
import pytest
from altered import altered

from flywheel_helpers import polling
from flywheel_helpers.errors import ConfigError, Conflict, DataError, PlatformError, WaitTimeout
from flywheel_helpers.services import base_models

HUB = "https://huggingface.co"
BUILT_IN = {
    "namespace": "huggingfacetb",
    "name": "smollm2@v1.0.0",
    "base_model": "huggingfacetb/smollm2",
    "status": "ready",
    "num_parameters": 134_515_008,
    "model_facts": {"context_length": 8192, "license": "apache-2.0", "training_bytes": 4_600_000_000},
}


class Platform:
    """Customizer and NIM: a new target goes through some states, one at each request."""

    def __init__(self) -> None:
        self.targets = [dict(BUILT_IN)]
        self.states = [("downloading", "Downloading: 40%."), ("downloading", "Converting."), ("ready", None)]
        self.stuck = False
        self.sent: list[tuple[str, str, dict]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        body = httpx.Response(200, content=request.content).json() if request.content else {}
        if request.method != "GET":
            self.sent.append((request.method, path, body))
        if path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": target["base_model"]} for target in self.targets]})
        if path == "/v1/customization/configs":
            ready = [target for target in self.targets if target["status"] == "ready"]
            return httpx.Response(200, json={"data": list(map(self.config, ready))})
        if path == "/v1/customization/targets":
            if request.method == "GET":
                return httpx.Response(200, json={"data": self.targets})
            if any(target["base_model"] == body["base_model"] for target in self.targets):
                return httpx.Response(409, json={"detail": "already exists"})
            self.targets.append({**body, "status": "created"})
            return httpx.Response(200, json=self.targets[-1])
        target = next(t for t in self.targets if path.endswith(f"{t['namespace']}/{t['name']}"))
        if request.method == "DELETE":
            self.targets.remove(target)
        elif request.method == "GET" and target["status"] != "ready" and not self.stuck:
            target["status"], target["warning_message"] = self.states.pop(0) if self.states else ("ready", None)
        return httpx.Response(200, json=target)

    @staticmethod
    def config(target: dict) -> dict:
        speed = {"tokens_per_second": 408.5} if target["base_model"] == BUILT_IN["base_model"] else {}
        name = f"{target['base_model'].partition('/')[2]}@v1.0.0+CPU"
        return {"namespace": target["namespace"], "name": name, "target": target, **speed}


@pytest.fixture
def platform(monkeypatch) -> Platform:
    monkeypatch.setattr(polling, "time", altered(time, sleep=lambda _: None))
    return Platform()


def test_each_model_is_listed_with_what_the_platform_says_of_it(platform, connection):
    platform.targets.append({**BUILT_IN, "name": "new", "base_model": "tiny/new", "status": "downloading"})
    first, second = base_models.list_base_models(connection(platform))
    assert (first.name, first.versions, first.parameters) == ("huggingfacetb/smollm2", ("v1.0.0+CPU",), 134_515_008)
    assert (first.license, first.context_length) == ("apache-2.0", 8192)
    assert first.minutes == pytest.approx(10.0)
    assert (second.name, second.versions, second.status, second.minutes) == ("tiny/new", (), "downloading", None)


def test_what_a_cluster_does_not_say_is_left_out(connection):
    target = {"name": "llama@2.0", "namespace": "meta", "base_model": "meta/llama", "num_parameters": 10**9}
    config = {"name": "meta/llama@v1.0.0+L40", "target": target}

    def cluster(request):
        return httpx.Response(200, json={"data": [target if request.url.path.endswith("targets") else config]})

    (model,) = base_models.list_base_models(connection(cluster, profile="pcai"))
    assert (model.name, model.versions, model.status) == ("meta/llama", ("v1.0.0+L40",), "unknown")
    assert model.license is model.context_length is model.minutes is model.training_bytes is None


def test_a_hub_model_is_added_under_its_own_name_with_progress(platform, connection):
    said = []
    added = base_models.add(connection(platform), "Qwen/Qwen3-0.6B@main", None, HUB, said.append)
    assert (added.name, added.versions) == ("qwen/qwen3-0.6b", ("v1.0.0+CPU",))
    assert said == ["Downloading: 40%.", "Converting."]
    (method, _, body), *_ = platform.sent
    assert (method, body["model_uri"], body["hf_endpoint"]) == ("POST", "hf://Qwen/Qwen3-0.6B@main", HUB)
    assert (body["namespace"], body["name"], body["enabled"]) == ("qwen", "qwen3-0.6b@v1.0.0", True)


def test_a_folder_is_given_by_its_absolute_path(platform, connection, tmp_path, monkeypatch):
    (tmp_path / "My Model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert base_models.add(connection(platform), "My Model", None, HUB, print).name == "local/my-model"
    assert platform.sent[0][2]["model_uri"] == str(tmp_path / "My Model") and not platform.sent[0][2]["hf_endpoint"]
    named = base_models.add(connection(platform), "hf://tiny/hosted", "own/model", HUB, print)
    assert named.name == "own/model" and platform.sent[-1][2]["hf_endpoint"] is None
    with pytest.raises(DataError, match="namespace/name"):
        base_models.add(connection(platform), "My Model", "plain", HUB, print)


def test_a_failure_is_shown_and_the_next_call_tries_again(platform, connection):
    platform.states = [("failed", "The model is gated. Accept its licence.")]
    with pytest.raises(PlatformError, match="org/model could not be added. The model is gated"):
        base_models.add(connection(platform), "org/model", None, HUB, print)
    platform.states = [("downloading", None), ("ready", None)]
    assert base_models.add(connection(platform), "org/model", None, HUB, print).status == "ready"
    assert [method for method, *_ in platform.sent] == ["POST", "POST", "PATCH"]
    assert base_models.add(connection(platform), "org/model", None, HUB, print).status == "ready"  # it is there
    with pytest.raises(Conflict, match="--name"):
        base_models.add(connection(platform), "org/other", "org/model", HUB, print)


def test_a_model_that_is_being_removed_is_not_waited_for(platform, connection):
    platform.states = [("deleting", None)]
    with pytest.raises(PlatformError, match="(?s)org/model is being removed.*flywheel models remove org/model"):
        base_models.add(connection(platform), "org/model", None, HUB, print)


def test_a_wait_that_is_too_long_ends(platform, connection):
    platform.stuck = True
    with pytest.raises(WaitTimeout, match="run the command again"):
        base_models.add(connection(platform), "org/model", None, HUB, print, timeout=0)


def test_an_added_model_is_removed_and_the_built_in_one_is_not(platform, connection):
    base_models.add(connection(platform), "org/model", None, HUB, print)
    base_models.remove(connection(platform), "org/model")
    assert len(platform.targets) == 1
    with pytest.raises(DataError, match="no base model org/model"):
        base_models.remove(connection(platform), "org/model")
    with pytest.raises(DataError, match="built into"):
        base_models.remove(connection(platform), "huggingfacetb/smollm2")


def test_on_a_cluster_the_host_adds_models(platform, connection):
    for call in (
        lambda nemo: base_models.add(nemo, "org/model", None, HUB, print),
        lambda nemo: base_models.remove(nemo, "org/model"),
    ):
        with pytest.raises(ConfigError, match="docs/pcai.md"):
            call(connection(platform, profile="pcai"))
    assert platform.sent == []
