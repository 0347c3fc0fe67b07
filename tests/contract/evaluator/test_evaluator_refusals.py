"""What is refused when a job is created, and with which words."""

from __future__ import annotations

from typing import Any

import httpx
import nemo_microservices
import pytest
from evaluator_support import FILES, change, inline, refused, run, tool_config
from model_api import Target
from nemo_microservices import NeMoMicroservices


@pytest.mark.parametrize(
    ("path", "value", "field", "message"),
    [
        ("type", "mmlu", "type", "known types: custom"),
        ("tasks", {}, "tasks", "at least one task"),
        ("groups", {"g": {}}, "groups", "not supported"),
        ("tasks/TASK/type", "chat", "type", "chat-completion, completion"),
        ("tasks/TASK/metrics", {}, "metrics", "at least one metric"),
        ("tasks/TASK/metrics/METRIC/type", "accuracy", "type", "tool-calling, string-check, exact_match"),
        ("tasks/TASK/metrics/METRIC/params", {}, "tool_calls_ground_truth", "required"),
        ("tasks/TASK/params", {}, "messages", "required"),
        ("tasks/TASK/params/template/messages", "{{ item.", "messages", "not a valid Jinja template"),
        ("tasks/TASK/params/template/stream", True, "stream", "leave it out"),
        ("tasks/TASK/dataset", {"files_url": "hf://datasets/team/rows/../x.jsonl"}, "files_url", "without '..'"),
        ("tasks/TASK/dataset", {"files_url": "s3://bucket/x.jsonl"}, "files_url", "hf://datasets/"),
        ("tasks/TASK/dataset", {"files_url": FILES, "limit": 0}, "limit", "greater than or equal to 1"),
        ("tasks/TASK/metric", {}, "metric", "Extra inputs"),
        ("params", {"paralelism": 8}, "paralelism", "Extra inputs"),
    ],
)
def test_a_wrong_configuration_names_the_field(
    sdk: NeMoMicroservices, path: str, value: Any, field: str, message: str
) -> None:
    with refused() as error:
        sdk.evaluation.configs.create(**change(path, value))
    detail = error.value.body["detail"][0]
    assert (detail["loc"][-1], message in detail["msg"]) == (field, True), detail


def test_an_unregistered_base_model_says_what_to_do(sdk: NeMoMicroservices, target: Target) -> None:
    sdk.models.create(name="base", namespace="lonely")
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(), target={"type": "model", "model": "lonely/base"})
    message = str(error.value)
    assert "is not registered with an api_endpoint" in message
    assert "PATCH /v1/models/lonely/base" in message

    sdk.models.create(name="adapter", namespace="lonely", base_model="lonely/base")
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(), target={"type": "model", "model": "lonely/adapter"})
    assert "(the base model of lonely/adapter) is not registered" in str(error.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"type": "model"}, "is required"),
        ({"type": "retriever"}, "known types: model, rows"),
        ({"type": "rows", "rows": [{"a": 1}]}, "asks a model"),
        ({"type": "model", "model": "nobody/nothing"}, "is not in the Entity Store"),
        ({"type": "model", "model": "../../health"}, "<namespace>/<name>"),
        ({"type": "model", "model": {"api_endpoint": {"url": "ftp://x/v1", "model_id": "m"}}}, "ends in /v1"),
        ({"type": "model", "model": {"api_endpoint": {"url": "http://x:1", "model_id": "m"}}}, "ends in /v1"),
        ({"type": "model", "model": {"api_endpoint": {"url": "http://u:p@x/v1", "model_id": "m"}}}, "api_key"),
    ],
)
def test_a_wrong_target(sdk: NeMoMicroservices, wrong: dict, message: str) -> None:
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(), target=wrong)
    assert message in str(error.value)


def test_a_model_the_target_does_not_serve_lists_those_it_does(sdk: NeMoMicroservices, target: Target) -> None:
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(), target=inline(target, "team/other"))
    assert "serves: meta/base, team/tuned@v1" in str(error.value)


def test_a_target_that_is_down(sdk: NeMoMicroservices) -> None:
    closed = Target()
    closed.close()
    with refused(503) as error:
        sdk.evaluation.jobs.create(config=tool_config(), target=inline(closed))
    assert "does not answer" in str(error.value) and "ConnectError" in str(error.value)


def test_a_url_that_is_no_model_api(sdk: NeMoMicroservices, url: str) -> None:
    wrong = {"type": "model", "model": {"api_endpoint": {"url": f"{url}/v1/hf/v1", "model_id": "m"}}}
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(), target=wrong)
    assert "does not speak the OpenAI protocol" in str(error.value)


def test_a_reference_to_nothing(sdk: NeMoMicroservices, target: Target) -> None:
    with pytest.raises(nemo_microservices.NotFoundError, match="team/nothing"):
        sdk.evaluation.jobs.create(config="team/nothing", target=inline(target))
    for call in (sdk.evaluation.jobs.retrieve, sdk.evaluation.jobs.cancel, sdk.evaluation.jobs.delete):
        with pytest.raises(nemo_microservices.NotFoundError, match="eval-nothing"):
            call("eval-nothing")


def test_an_api_key_is_used_and_never_shown(
    sdk: NeMoMicroservices, url: str, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target.key = "sk-very-secret"
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(limit=1), target=inline(target))
    assert "refused the key" in str(error.value)

    stored = sdk.evaluation.targets.create(name="keyed", namespace="keys", **inline(target, api_key=target.key))
    assert stored.model.api_endpoint.api_key is None
    target.models.append("keyed/tuned@v1")
    endpoint = {"url": f"{target.url}/chat/completions", "model_id": "meta/base", "api_key": target.key}
    sdk.models.create(name="base", namespace="keys", api_endpoint=endpoint)
    sdk.models.create(name="tuned@v1", namespace="keyed", base_model="keys/base")
    for given in (
        "keys/keyed",
        inline(target, api_key=target.key),
        {"type": "model", "model": "keys/base"},
        {"type": "model", "model": "keyed/tuned@v1"},  # asked at its base model's address, with that one's key
    ):
        assert run(sdk, tool_config(limit=1), given).status == "completed"
    with refused() as error:  # a mistake beside the key must not echo the key
        sdk.evaluation.targets.create(**inline(target, api_key=target.key, formt="openai"))
    assert target.key not in str(error.value)
    written = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]
    assert any(path.name == "evaluator.db" for path in written)
    assert not [path for path in written if target.key.encode() in path.read_bytes()]
    for path in ("models", "evaluation/configs", "evaluation/targets", "evaluation/jobs"):
        answer = httpx.get(f"{url}/v1/{path}", params={"page_size": 1000})
        assert answer.is_success and target.key not in answer.text


def test_a_key_is_not_sent_to_another_address(sdk: NeMoMicroservices, target: Target) -> None:
    target.key = "sk-for-another-host"
    elsewhere = {"url": "http://127.0.0.1:1/v1", "model_id": "meta/base"}
    sdk.models.create(name="moved", namespace="keys", api_endpoint={**elsewhere, "api_key": target.key})
    sdk.evaluation.targets.create(
        name="moved", namespace="keys", type="model", model={"api_endpoint": {**elsewhere, "api_key": target.key}}
    )
    here = {"url": target.url, "model_id": "meta/base"}
    sdk.models.update("moved", namespace="keys", api_endpoint=here)
    sdk.evaluation.targets.update("moved", namespace="keys", model={"api_endpoint": here})
    for given in ("keys/moved", {"type": "model", "model": "keys/moved"}):
        with refused() as error:
            sdk.evaluation.jobs.create(config=tool_config(limit=1), target=given)
        assert "refused the key" in str(error.value)
    sdk.models.update("moved", namespace="keys", api_endpoint={**here, "api_key": target.key})
    # Sent back as it was retrieved, without the key: it stays.
    sdk.models.update("moved", namespace="keys", api_endpoint=here)
    assert run(sdk, tool_config(limit=1), {"type": "model", "model": "keys/moved"}).status == "completed"
