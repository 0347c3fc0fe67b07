"""Deployment Management as the official SDK sees it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import nemo_microservices as nemo
import pytest

BASE_MODEL = "huggingfacetb/smollm2-135m-instruct"
NIM_DEPLOYMENT = {"gpu": 0, "image_name": "local", "image_tag": "1"}


@pytest.fixture(scope="module")
def client(gateway) -> nemo.NeMoMicroservices:
    return nemo.NeMoMicroservices(base_url=gateway.gateway_url, inference_base_url=gateway.nim_url, max_retries=0)


@pytest.fixture
def name() -> str:
    return f"d-{uuid.uuid4().hex[:8]}"


def test_the_base_model_is_deployed_from_the_start(client, gateway):
    found = {d.name: d for d in client.deployment.model_deployments.list()}
    default = found["smollm2-135m-instruct"]
    assert (default.namespace, default.models, default.url) == ("default", [BASE_MODEL], gateway.nim_url)
    assert client.deployment.configs.retrieve("smollm2-135m-instruct", namespace="default").model == BASE_MODEL


def test_without_a_nim_proxy_nothing_is_ready_and_the_reason_is_said(client, gateway):
    default = client.deployment.model_deployments.retrieve("smollm2-135m-instruct", namespace="default")
    assert default.status_details.status == "pending" and not default.deployed
    assert gateway.nim_url in default.status_details.description


def test_a_deployment_is_ready_when_the_nim_proxy_lists_its_model(start_gateway, tmp_path):
    class NimModels(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"object": "list", "data": [{"id": BASE_MODEL}]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    running = start_gateway(tmp_path / "home")
    client = nemo.NeMoMicroservices(base_url=running.gateway_url, inference_base_url=running.nim_url)
    with HTTPServer(("127.0.0.1", running.nim_port), NimModels) as nim:
        threading.Thread(target=nim.serve_forever, daemon=True).start()
        deadline = time.monotonic() + 20
        while not (found := client.deployment.model_deployments.list().data[0]).deployed:
            assert time.monotonic() < deadline, found.status_details
            time.sleep(0.2)
        nim.shutdown()
    assert found.status_details.status == "ready"


def test_life_of_a_config_and_a_deployment(client, name):
    client.deployment.configs.create(name=name, namespace="default", model=BASE_MODEL, nim_deployment=NIM_DEPLOYMENT)
    made = client.deployment.model_deployments.create(name=name, namespace="default", config=f"default/{name}")
    assert made.models == [BASE_MODEL] and made.config == f"default/{name}"
    with pytest.raises(nemo.ConflictError, match="Delete the deployment first"):
        client.deployment.configs.delete(name, namespace="default")
    changed = client.deployment.model_deployments.update(name, namespace="default", description="mine")
    assert (changed.description, changed.models) == ("mine", [BASE_MODEL])
    other = {"model": BASE_MODEL, "nim_deployment": NIM_DEPLOYMENT}
    changed = client.deployment.model_deployments.update(name, namespace="default", config=other)
    assert (changed.config.model, changed.models) == (BASE_MODEL, [BASE_MODEL])
    client.deployment.model_deployments.delete(name, namespace="default")
    client.deployment.configs.delete(name, namespace="default")
    with pytest.raises(nemo.NotFoundError):
        client.deployment.configs.retrieve(name, namespace="default")


def test_a_config_may_come_with_its_deployment(client, name):
    config = {"model": BASE_MODEL, "nim_deployment": NIM_DEPLOYMENT}
    made = client.deployment.model_deployments.create(name=name, config=config)
    assert made.config.model == BASE_MODEL and made.models == [BASE_MODEL]
    # NVIDIA's data flywheel looks for these words, to tell a deployment that is there already from a failure.
    with pytest.raises(nemo.ConflictError, match="model deployment already exists"):
        client.deployment.model_deployments.create(name=name, config=config)
    # A stored config that no deployment names can still be deleted beside one that has its own.
    client.deployment.configs.create(name=name, model=BASE_MODEL)
    client.deployment.configs.delete(name, namespace="default")
    client.deployment.model_deployments.delete(name, namespace="default")


def test_an_unknown_base_model_is_refused_with_the_known_ones(client, name):
    for create in (
        lambda: client.deployment.configs.create(name=name, model="meta/llama-9"),
        lambda: client.deployment.model_deployments.create(name=name, config={"model": "meta/llama-9"}),
    ):
        with pytest.raises(nemo.UnprocessableEntityError) as caught:
            create()
        problem = caught.value.body["detail"][0]
        assert problem["loc"] == ["body", "model"] and BASE_MODEL in problem["msg"] and "meta/llama-9" in problem["msg"]


def test_an_unknown_config_is_refused_with_the_known_ones(client, name):
    with pytest.raises(nemo.UnprocessableEntityError, match="default/smollm2-135m-instruct"):
        client.deployment.model_deployments.create(name=name, config="default/none-such")


def test_a_config_without_model_and_one_elsewhere_are_refused(client, name):
    with pytest.raises(nemo.UnprocessableEntityError, match="known base models"):
        client.deployment.configs.create(name=name)
    with pytest.raises(nemo.UnprocessableEntityError, match="external_endpoint"):
        client.deployment.configs.create(name=name, model=BASE_MODEL, external_endpoint={"host_url": "https://x"})


def test_a_token_is_not_kept(client, gateway, name):
    client.deployment.model_deployments.create(name=name, config={"model": BASE_MODEL}, hf_token="hf_secret123")
    client.deployment.model_deployments.update(name, namespace="default", hf_token="hf_secret123")
    stored = b"".join(path.read_bytes() for path in (gateway.home / "deployment").iterdir() if path.is_file())
    assert name.encode() in stored and b"hf_secret123" not in stored
    client.deployment.model_deployments.delete(name, namespace="default")


def test_a_deleted_default_deployment_stays_deleted(start_gateway, tmp_path):
    running = start_gateway(tmp_path / "home")
    client = nemo.NeMoMicroservices(base_url=running.gateway_url, inference_base_url=running.nim_url)
    client.deployment.model_deployments.delete("smollm2-135m-instruct", namespace="default")
    running.stop()
    start_gateway(tmp_path / "home", again=running)
    assert client.deployment.model_deployments.list().data == []
