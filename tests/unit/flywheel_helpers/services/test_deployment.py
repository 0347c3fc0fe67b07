"""Deploying the base model: once, with what the NIM needs to find adapters, and not where it is served."""

from __future__ import annotations

import json

import httpx

from flywheel_helpers.services import deployment

PEFT = {"NIM_PEFT_SOURCE": "http://nemo-entity-store:8000"}


def platform(served, requests, there=False):
    def server(request):
        requests.append(request)
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": name} for name in served]})
        if request.method == "POST" and there:
            return httpx.Response(409, json={"detail": "exists"})
        return httpx.Response(200, json={"status_details": {"status": "pending"}})

    return server


def deploy(nemo):
    return deployment.deploy_base_model(nemo, "nvcr.io/nim/meta/llama", "1.8", environment=PEFT)


def test_it_goes_by_the_name_of_the_model(connection):
    requests = []
    assert deploy(connection(platform([], requests)))["status_details"] == {"status": "pending"}
    body = json.loads(requests[-1].content)
    assert (body["namespace"], body["name"]) == ("meta", "llama-3.2-1b-instruct")
    started = body["config"]["nim_deployment"]
    assert started["gpu"] == 1 and started["additional_envs"] == PEFT and started["disable_lora_support"] is False


def test_a_second_time_finds_the_first(connection):
    requests = []
    assert deploy(connection(platform([], requests, there=True)))["status_details"]
    assert requests[-1].url.path == "/v1/deployment/model-deployments/meta/llama-3.2-1b-instruct"


def test_a_model_that_is_served_is_left_alone(connection):
    requests = []
    assert deploy(connection(platform(["meta/llama-3.2-1b-instruct"], requests))) is None
    assert [request.method for request in requests] == ["GET"]
