"""The helpers for Guardrails: which model judges, what is sent, and how answers are read, on either platform."""

from __future__ import annotations

import json

import httpx
import pytest

from flywheel_helpers.course import safety_results
from flywheel_helpers.errors import BadAnswer, ConfigError
from flywheel_helpers.services import guardrails
from flywheel_helpers.services.guardrails import Verdict


def answering(body: dict, status: int = 200):
    return lambda request: httpx.Response(status, json=body)


def test_the_local_model(connection):
    model = guardrails.safety_model(connection(answering({})))
    assert model["model"].startswith("flywheel/") and model["parameters"] == {"base_url": "http://nim.test:8000/v1"}


def test_nvidias_model_names_its_key_and_never_holds_it(connection):
    nemo = connection(answering({}), content_safety="nvidia", nvidia_api_key="nvapi-secret")
    model = guardrails.safety_model(nemo)
    assert model["api_key_env_var"] == "NVIDIA_API_KEY" and "secret" not in json.dumps(guardrails.config_data(nemo))
    assert model["model"] == "nvidia/llama-3.1-nemoguard-8b-content-safety"
    with pytest.raises(ConfigError, match="NVIDIA_API_KEY is not set"):
        guardrails.safety_model(connection(answering({}), content_safety="nvidia"))


@pytest.mark.parametrize("needs_key", [False, True])
def test_a_model_of_ones_own_names_its_key_though_the_notebooks_do_not_have_it(connection, needs_key):
    changes = {"content_safety_url": "https://mlis.test/v1", "content_safety_model": "Qwen/Qwen2.5-7B-Instruct"}
    nemo = connection(answering({}), content_safety="endpoint", content_safety_needs_key=needs_key, **changes)
    model = guardrails.safety_model(nemo)
    assert model["parameters"] == {"base_url": "https://mlis.test/v1"} and model["model"] == "Qwen/Qwen2.5-7B-Instruct"
    assert model.get("api_key_env_var") == ("CONTENT_SAFETY_API_KEY" if needs_key else None)


def test_a_configuration_that_is_there_is_updated(connection):
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path))
        return httpx.Response(409 if request.method == "POST" else 200, json={"detail": "there"})

    nemo = connection(server)
    guardrails.ensure_config(nemo, guardrails.config_data(nemo))
    path = "/v1/guardrail/configs"
    assert seen == [("POST", path), ("PATCH", f"{path}/ada/content-safety")]


LOG = {"log": {"activated_rails": [{"name": "r", "stop": True, "additional_info": {"reason": "why"}}]}}
# As the microservice on a cluster writes it.
CLUSTER = {
    "log": {
        "activated_rails": [{"stop": True, "executed_actions": [{"return_value": {"policy_violations": ["Threat"]}}]}]
    }
}


@pytest.mark.parametrize(
    ("answer", "blocked", "text"),
    [
        ({"status": "success"}, False, "passed"),
        ({"status": "blocked", "guardrails_data": LOG}, True, "blocked: why"),
        ({"status": "blocked", "guardrails_data": CLUSTER}, True, "blocked: Threat"),
        ({"status": "unknown"}, True, "blocked: no reason given"),
    ],
)
def test_checks_are_read(connection, answer, blocked, text):
    verdict = guardrails.check(connection(answering(answer)), "hello", "m")
    assert (verdict.blocked, str(verdict)) == (blocked, text)


@pytest.mark.parametrize("answer", [{}, {"status": "fine"}, {"status": None}])
def test_a_check_without_a_status_is_an_error_and_no_pass(connection, answer):
    with pytest.raises(BadAnswer):
        guardrails.check(connection(answering(answer)), "hello", "m")


def test_a_chat_behind_the_rails(connection):
    message = {"role": "assistant", "content": "no"}
    refused = {"choices": [{"message": message, "finish_reason": "stop"}], "guardrails_data": CLUSTER}
    assert guardrails.chat(connection(answering(refused)), "m", [], [])[1].blocked
    ran = {"log": {"activated_rails": [{"name": "r", "stop": False}]}}
    passed = {"choices": [{"message": message, "finish_reason": "stop"}], "guardrails_data": ran}
    answer, verdict = guardrails.chat(connection(answering(passed)), "m", [], [])
    assert answer == message and not verdict.blocked
    with pytest.raises(BadAnswer):
        guardrails.chat(connection(answering({"choices": []})), "m", [], [])


@pytest.mark.parametrize("told", [{}, {"guardrails_data": None}, {"guardrails_data": {"log": {"activated_rails": []}}}])
def test_a_chat_that_no_rail_is_known_to_have_judged_is_an_error_and_no_pass(connection, told):
    answer = {"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}], **told}
    with pytest.raises(BadAnswer, match="no log of the rails"):
        guardrails.chat(connection(answering(answer)), "m", [], [])
    answer["choices"][0]["finish_reason"] = "content_filter"
    assert guardrails.chat(connection(answering(answer)), "m", [], [])[1].blocked


def test_results_count_what_was_judged():
    messages = [safety_results.Labelled(str(i), "S1" if i < 4 else "safe") for i in range(10)]
    verdicts = [Verdict(blocked, (), "", 0.1) for blocked in [True] * 3 + [False] + [True] + [False] * 5]
    counts = safety_results.confusion(messages, verdicts)
    assert counts == {(True, True): 3, (True, False): 1, (False, True): 1, (False, False): 5}
    scores = safety_results.precision_and_recall(counts)
    assert (scores["precision"].value, scores["recall"].value) == (0.75, 0.75)
    assert safety_results.mistakes(messages, verdicts).splitlines() == [
        "> let through  Violence: 3",
        "> blocked      safe: 4",
    ]
    assert safety_results.precision_and_recall({**counts, (True, True): 0, (False, True): 0})["precision"] is None
