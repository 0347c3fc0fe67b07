"""The Evaluator over real HTTP, driven by the official SDK, with a counting model API in the NIM's place."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import nemo_microservices
import pytest
from evaluator_support import SERVICES, Refuse, Target, free_port, gateway, healthy, wait_until
from huggingface_hub import HfApi
from nemo_microservices import NeMoMicroservices

ENDED = ("completed", "failed", "cancelled")
TASK, METRIC = "custom-tool-calling", "tool-calling-accuracy"
FILES = "hf://datasets/team/rows/testing/rows.jsonl"
ROWS = 24


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gateway(tmp_path_factory.mktemp("home"), free_port()) as url:
        fill(url)
        yield url


def fill(url: str) -> None:
    """The entities and files the tests refer to."""
    http = httpx.Client(base_url=url, trust_env=False)
    http.post("/v1/namespaces", json={"id": "team"}).raise_for_status()
    http.post("/v1/datastore/namespaces", data={"namespace": "team"}).raise_for_status()
    http.post("/v1/datasets", json={"name": "rows", "namespace": "team", "files_url": FILES}).raise_for_status()
    hub = HfApi(endpoint=f"{url}/v1/hf", token="unused")
    hub.create_repo("team/rows", repo_type="dataset")
    files = {
        "testing/rows.jsonl": "".join(json.dumps(row(number)) + "\n" for number in range(ROWS)),
        "testing/qa.csv": "question,answer\nFrance?,Paris\nItaly?,Rome\n",
        "testing/broken.jsonl": json.dumps(row(0)) + '\n{"messages": \n',
    }
    for path, content in files.items():
        hub.upload_file(path_or_fileobj=content.encode(), path_in_repo=path, repo_id="team/rows", repo_type="dataset")


def row(number: int) -> dict:
    """A row whose answer the target reads off the question."""
    calls = [
        {
            "id": "c",
            "type": "function",
            "function": {"name": "get.weather", "arguments": {"city": "Rome", "days": number}},
        }
    ]
    question = json.dumps({"role": "assistant", "content": None, "tool_calls": calls})
    tool = {"type": "function", "function": {"name": "get.weather", "parameters": {"type": "object"}}}
    return {"messages": [{"role": "user", "content": question}], "tools": [tool], "tool_calls": calls}


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    target = Target()
    yield target
    target.close()


@pytest.fixture
def target(server: Target) -> Target:
    server.reset()
    return server


@pytest.fixture(scope="module")
def sdk(url: str) -> NeMoMicroservices:
    return NeMoMicroservices(base_url=url, max_retries=0)


def tool_config(files_url: str = FILES, limit: int | None = None, **params: Any) -> dict:
    return {
        "type": "custom",
        "params": {"max_retries": 2, **params},
        "tasks": {
            TASK: {
                "type": "chat-completion",
                "dataset": {"files_url": files_url, **({"limit": limit} if limit else {})},
                "params": {
                    "template": {
                        "messages": "{{ item.messages | tojson }}",
                        "tools": "{{ item.tools | tojson }}",
                        "tool_choice": "auto",
                    }
                },
                "metrics": {
                    METRIC: {
                        "type": "tool-calling",
                        "params": {"tool_calls_ground_truth": "{{ item.tool_calls | tojson }}"},
                    }
                },
            }
        },
    }


def inline(target: Target, model: str = "team/tuned@v1", **endpoint: str) -> dict:
    return {"type": "model", "model": {"api_endpoint": {"url": target.url, "model_id": model, **endpoint}}}


def ended(sdk: NeMoMicroservices, job_id: str, seconds: float = 20) -> Any:
    return wait_until(lambda: (job := sdk.evaluation.jobs.retrieve(job_id)).status in ENDED and job, seconds)


def run(sdk: NeMoMicroservices, config: Any, target: Any) -> Any:
    return ended(sdk, sdk.evaluation.jobs.create(config=config, target=target, namespace="team").id)


def scores(sdk: NeMoMicroservices, job: Any) -> tuple[float, float]:
    found = sdk.evaluation.jobs.results(job.id).tasks[TASK].metrics[METRIC].scores
    return found["function_name_accuracy"].value, found["function_name_and_args_accuracy"].value


def samples(sdk: NeMoMicroservices, job: Any) -> list[dict]:
    with zipfile.ZipFile(io.BytesIO(sdk.evaluation.jobs.download_results(job.id).read())) as archive:
        assert sorted(archive.namelist()) == ["results.json", "samples.jsonl"]
        return [json.loads(line) for line in archive.read("samples.jsonl").decode().splitlines()]


def refused(status: int = 422):
    error = {422: nemo_microservices.UnprocessableEntityError, 503: nemo_microservices.InternalServerError}
    return pytest.raises(error[status])


# --- a job from beginning to end ---------------------------------------------------------------------------------------


def test_a_job_by_reference(sdk: NeMoMicroservices, url: str, target: Target) -> None:
    for name, extra in (
        ("base", {"api_endpoint": {"url": f"{target.url}/chat/completions", "model_id": "meta/base"}}),
        ("tuned@v1", {"base_model": "team/base", "peft": {"finetuning_type": "lora"}}),
    ):
        sdk.models.create(name=name, namespace="team", **extra)
    sdk.evaluation.configs.create(name="calls", namespace="team", **tool_config(parallelism=6))
    sdk.evaluation.targets.create(name="tuned", namespace="team", type="model", model="team/tuned@v1")
    target.answer = slow(target.answer, 0.05)

    job = sdk.evaluation.jobs.create(config="team/calls", target="team/tuned", namespace="team")
    assert (job.id.startswith("eval-"), job.status, job.config.name) == (True, "created", "calls")
    job = ended(sdk, job.id)

    assert job.status == "completed", job.status_details
    details = sdk.evaluation.jobs.status(job.id)
    assert (details.progress, details.samples_processed, details.task_status) == (100, ROWS, {TASK: "completed"})
    # A tuned model is asked under its own name at its base model's endpoint.
    assert {request["model"] for request in target.requests} == {"team/tuned@v1"}
    assert (len(target.requests), target.most_at_once) == (ROWS, 6)

    result = sdk.evaluation.jobs.results(job.id)
    assert (result.id, result.job) == (job.result, job.id)
    score = result.tasks[TASK].metrics[METRIC].scores["function_name_and_args_accuracy"]
    assert score.value == 1.0
    assert (score.stats.count, score.stats.sum, score.stats.mean, score.stats.stddev) == (ROWS, ROWS, 1.0, 0.0)
    assert result.tasks[TASK].data == {"samples": ROWS, "errors": 0, "first_errors": []}

    lines = samples(sdk, job)
    assert [line["index"] for line in lines] == list(range(ROWS))
    assert lines[3]["item"] == row(3)
    assert lines[3]["request"] == {
        "model": "team/tuned@v1",
        "temperature": 0,
        "messages": row(3)["messages"],
        "tools": row(3)["tools"],
        "tool_choice": "auto",
    }
    assert lines[3]["response"]["tool_calls"] == row(3)["tool_calls"]
    assert lines[3]["scores"] == {METRIC: {"function_name_accuracy": 1.0, "function_name_and_args_accuracy": 1.0}}
    assert lines[3]["error"] is None

    logs = sdk.evaluation.jobs.with_raw_response.download_logs(job.id).read()
    with zipfile.ZipFile(io.BytesIO(logs)) as archive:
        assert "completed" in archive.read("job.log").decode()

    assert job.id in [listed.id for listed in sdk.evaluation.jobs.list(filter={"config": "team/calls"})]
    assert job.id not in [listed.id for listed in sdk.evaluation.jobs.list(filter={"config": "team/other"})]
    assert [found.id for found in sdk.evaluation.results.list(filter={"job_id": job.id})] == [result.id]


def slow(answer, seconds: float):
    def slowly(body: dict) -> dict:
        time.sleep(seconds)
        return answer(body)

    return slowly


def test_scores_of_a_model_that_is_partly_wrong(sdk: NeMoMicroservices, target: Target) -> None:
    right = target.answer

    def answer(body: dict) -> dict:
        message = right(body)
        days = message["tool_calls"][0]["function"]["arguments"]["days"]
        if days < 6:
            return {"role": "assistant", "content": "I would look out of the window."}
        arguments = {"city": "Rome", "days": days if days >= 12 else str(days)}
        message["tool_calls"][0]["function"] = {"name": "get_weather", "arguments": json.dumps(arguments)}
        return message

    target.answer = answer
    job = run(sdk, tool_config(), inline(target))
    assert scores(sdk, job) == (18 / 24, 12 / 24)
    stats = sdk.evaluation.jobs.results(job.id).tasks[TASK].metrics[METRIC].scores["function_name_accuracy"].stats
    assert (stats.count, stats.sum, stats.variance) == (24, 18, pytest.approx(0.1875))


@pytest.mark.parametrize("ending", ["", "/chat/completions", "/completions"])
def test_the_endpoint_url_may_end_in_three_ways(sdk: NeMoMicroservices, target: Target, ending: str) -> None:
    job = run(sdk, tool_config(limit=2), inline(target, url=target.url + ending))
    assert (job.status, len(target.requests)) == ("completed", 2)


def test_the_smaller_of_two_limits_counts(sdk: NeMoMicroservices, target: Target) -> None:
    job = run(sdk, tool_config(limit=5, limit_samples=3), inline(target))
    assert (job.status_details.samples_processed, len(target.requests)) == (3, 3)


def test_what_the_template_says_wins_over_the_parameters(sdk: NeMoMicroservices, target: Target) -> None:
    config = tool_config(limit=1, temperature=0.9, max_tokens=5, extra={"seed": 7})
    config["tasks"][TASK]["params"]["template"]["temperature"] = 0.1
    run(sdk, config, inline(target))
    request = target.requests[0]
    assert (request["temperature"], request["max_tokens"], request["seed"]) == (0.1, 5, 7)


def test_completions_with_the_text_metrics(sdk: NeMoMicroservices, target: Target) -> None:
    target.answer = lambda body: {"content": "paris"}
    truth = {"params": {"ground_truth": "{{ item.answer }}"}}
    config = {
        "type": "custom",
        "tasks": {
            "qa": {
                "type": "completion",
                "dataset": {"files_url": "hf://datasets/team/rows/testing/qa.csv"},
                "params": {"template": {"prompt": "Capital of {{ item.question }}"}},
                "metrics": {
                    "em": {"type": "em", **truth},
                    "f1": {"type": "f1", **truth},
                    "rouge": {"type": "rouge", **truth},
                    "bleu": {"type": "bleu", "params": {"references": ["{{ item.answer | lower }}"]}},
                    "says": {
                        "type": "string-check",
                        "params": {"check": ["{{ sample.output_text }}", "equals", "{{ item.answer | lower }}"]},
                    },
                },
            }
        },
    }
    job = run(sdk, config, inline(target))
    assert job.status == "completed", job.status_details
    metrics = sdk.evaluation.jobs.results(job.id).tasks["qa"].metrics
    found = {f"{name}.{key}": score.value for name, metric in metrics.items() for key, score in metric.scores.items()}
    assert {request["prompt"] for request in target.requests} == {"Capital of France?", "Capital of Italy?"}
    assert (found["em.em_score"], found["f1.f1_score"], found["says.string-check"]) == (0.5, 0.5, 0.5)
    assert (found["rouge.rouge_1_score"], found["bleu.sentence"]) == (0.5, pytest.approx(50))
    assert "bleu.corpus" in found


def test_a_dataset_of_the_entity_store(sdk: NeMoMicroservices, target: Target) -> None:
    config = tool_config(limit_samples=2)
    config["tasks"][TASK]["dataset"] = "team/rows"
    job = run(sdk, config, inline(target))
    assert (job.status, job.config.tasks[TASK].dataset.files_url) == ("completed", FILES)


# --- stored configurations, targets and results ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["configs", "targets"])
def test_stored_entities(sdk: NeMoMicroservices, target: Target, kind: str) -> None:
    resource = getattr(sdk.evaluation, kind)
    body = tool_config() if kind == "configs" else {"type": "model", "model": "team/base"}
    created = [resource.create(name=f"{kind}-{n}", namespace="crud", **body) for n in (1, 2, 3)]
    with pytest.raises(nemo_microservices.ConflictError, match="exists already"):
        resource.create(name=f"{kind}-1", namespace="crud", **body)

    listed = resource.list(filter={"namespace": "crud"}, sort="created_at", page_size=2)
    assert [entity.name for entity in listed.data] == [f"{kind}-1", f"{kind}-2"]
    assert listed.pagination.total_results == 3
    assert [entity.id for entity in listed] == [entity.id for entity in created]
    assert [entity.name for entity in resource.list(search={"name": "S-2"})] == [f"{kind}-2"]

    place = {"namespace" if kind == "targets" else "path_namespace": "crud"}  # the SDK names it differently
    updated = resource.update(f"{kind}-1", **place, description="better")
    assert (updated.id, updated.description, updated.type) == (created[0].id, "better", body["type"])
    assert resource.retrieve(f"{kind}-1", namespace="crud") == updated
    with refused():
        resource.update(f"{kind}-1", **place, extra_body={"name": "other"})
    assert resource.delete(f"{kind}-1", namespace="crud").id == created[0].id
    with pytest.raises(nemo_microservices.NotFoundError, match=f"crud/{kind}-1"):
        resource.retrieve(f"{kind}-1", namespace="crud")


def test_a_config_update_is_checked_like_a_new_one(sdk: NeMoMicroservices) -> None:
    sdk.evaluation.configs.create(name="checked", namespace="crud", **tool_config())
    with refused() as error:
        sdk.evaluation.configs.update("checked", path_namespace="crud", tasks={TASK: {"type": "chat"}})
    assert error.value.body["detail"][0]["loc"] == ["body", "tasks", TASK, "type"]
    assert sdk.evaluation.configs.retrieve("checked", namespace="crud").tasks[TASK].type == "chat-completion"


def test_results_by_hand(sdk: NeMoMicroservices) -> None:
    tasks = {"t": {"metrics": {"m": {"scores": {"s": {"value": 0.5, "stats": {"count": 2, "sum": 1}}}}}}}
    result = sdk.evaluation.results.create(job="eval-elsewhere", namespace="crud", tasks=tasks)
    assert sdk.evaluation.results.retrieve(result.id).tasks["t"].metrics["m"].scores["s"].value == 0.5
    assert sdk.evaluation.results.update(result.id, description="by hand").description == "by hand"
    assert [found.id for found in sdk.evaluation.results.list(filter={"job_id": "eval-elsewhere"})] == [result.id]
    sdk.evaluation.results.delete(result.id)
    with pytest.raises(nemo_microservices.NotFoundError):
        sdk.evaluation.results.retrieve(result.id)


# --- what is refused when a job is created -----------------------------------------------------------------------------


def change(path: str, value: Any) -> dict:
    """The tool-calling configuration with one thing changed."""
    config = tool_config()
    *way, last = path.replace("TASK", TASK).replace("METRIC", METRIC).split("/")
    level = config
    for part in way:
        level = level[part]
    level[last] = value
    return config


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
    # The platform's own base model has no endpoint until the course registers it.
    base = {"type": "model", "model": "huggingfacetb/smollm2-135m-instruct"}
    with refused() as error:
        sdk.evaluation.jobs.create(config=tool_config(), target=base)
    message = str(error.value)
    assert "is not registered with an api_endpoint" in message
    assert "PATCH /v1/models/huggingfacetb/smollm2-135m-instruct" in message

    sdk.models.create(name="adapter", namespace="lonely", base_model="huggingfacetb/smollm2-135m-instruct")
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
    down = {"type": "model", "model": {"api_endpoint": {"url": f"http://127.0.0.1:{free_port()}/v1", "model_id": "m"}}}
    with refused(503) as error:
        sdk.evaluation.jobs.create(config=tool_config(), target=down)
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

    stored = sdk.evaluation.targets.create(name="keyed", namespace="crud", **inline(target, api_key=target.key))
    assert stored.model.api_endpoint.api_key is None
    by_reference = run(sdk, tool_config(limit=1), "crud/keyed")
    given_inline = run(sdk, tool_config(limit=1), inline(target, api_key=target.key))
    assert (by_reference.status, given_inline.status) == ("completed", "completed")
    with refused() as error:  # a mistake beside the key must not echo the key
        sdk.evaluation.targets.create(**inline(target, api_key=target.key, formt="openai"))
    assert target.key not in str(error.value)
    written = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]
    assert any(path.name == "evaluator.db" for path in written)
    assert not [path for path in written if target.key.encode() in path.read_bytes()]


# --- faults while a job runs -------------------------------------------------------------------------------------------


def test_errors_that_pass_are_not_seen_in_the_results(sdk: NeMoMicroservices, target: Target) -> None:
    right, failures = target.answer, iter([500, 503, 429, 502])

    def answer(body: dict) -> dict:
        if status := next(failures, None):
            raise Refuse(status)
        return right(body)

    target.answer = answer
    job = run(sdk, tool_config(), inline(target))
    assert (job.status, scores(sdk, job), len(target.requests)) == ("completed", (1.0, 1.0), ROWS + 4)


@pytest.mark.parametrize(
    ("refusal", "attempts", "message"),
    [
        (Refuse(500), 3, "answered 500"),
        (Refuse(400), 1, "told to fail"),
        (Refuse(200, "<html>not json"), 3, "something that is not a chat-completion"),
        (Refuse(200, '{"choices": []}'), 3, "something that is not a chat-completion"),
        (Refuse(200, '{"choices": [{"message": {"content": 7}}]}'), 3, "something that is not a chat-completion"),
    ],
)
def test_a_sample_that_fails_for_good_counts_zero_and_says_so(
    sdk: NeMoMicroservices, target: Target, refusal: Refuse, attempts: int, message: str
) -> None:
    right = target.answer

    def answer(body: dict) -> dict:
        if body["messages"] == row(2)["messages"]:
            raise refusal
        return right(body)

    target.answer = answer
    job = run(sdk, tool_config(limit=4), inline(target))
    assert job.status == "completed"
    assert "1 with an error" in job.status_details.message
    assert scores(sdk, job) == (0.75, 0.75)
    assert len(target.requests) == 3 + attempts
    data = sdk.evaluation.jobs.results(job.id).tasks[TASK].data
    assert (data["samples"], data["errors"]) == (4, 1)
    assert data["first_errors"][0].startswith("sample 2: ") and message in data["first_errors"][0]
    failed = samples(sdk, job)[2]
    assert message in failed["error"] and failed["response"] is None
    assert set(failed["scores"][METRIC].values()) == {0.0}


def test_a_job_without_one_answer_fails_with_the_reason(sdk: NeMoMicroservices, target: Target) -> None:
    def answer(body: dict) -> dict:
        raise Refuse(400, '{"error": {"message": "too many tools"}}')

    target.answer = answer
    job = run(sdk, tool_config(limit=3), inline(target))
    assert job.status == "failed"
    assert "None of the 3 samples" in job.status_details.message and "too many tools" in job.status_details.message
    with pytest.raises(nemo_microservices.NotFoundError, match="too many tools"):
        sdk.evaluation.jobs.results(job.id)
    assert len(samples(sdk, job)) == 3


def test_a_target_that_goes_away_fails_the_job_and_keeps_what_was_done(sdk: NeMoMicroservices, target: Target) -> None:
    right = target.answer

    def answer(body: dict) -> dict:
        if len(target.requests) > 3:
            raise Refuse(503)
        return right(body)

    target.answer = answer
    job = run(sdk, tool_config(max_retries=0, parallelism=1), inline(target))
    assert job.status == "failed"
    assert "20 samples in a row" in job.status_details.message and "answered 503" in job.status_details.message
    assert [line["error"] for line in samples(sdk, job)[:3]] == [None] * 3


def test_a_model_that_vanishes_fails_the_job(sdk: NeMoMicroservices, target: Target) -> None:
    right = target.answer

    def answer(body: dict) -> dict:
        if len(target.requests) == 5:
            target.models = ["meta/base"]
        return right(body)

    target.answer = answer
    job = run(sdk, tool_config(parallelism=1), inline(target))
    assert job.status == "failed"
    assert "'team/tuned@v1' is no longer served" in job.status_details.message
    assert "serves: meta/base" in job.status_details.message
    assert [line["error"] for line in samples(sdk, job)] == [None] * 5


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "tasks/TASK/dataset/files_url",
            "hf://datasets/team/rows/testing/broken.jsonl",
            "broken.jsonl, line 2: not valid",
        ),
        ("tasks/TASK/dataset/files_url", "hf://datasets/team/rows/testing/none.jsonl", "it has: "),
        ("tasks/TASK/dataset/files_url", "hf://datasets/team/none/x.jsonl", "dataset repository team/none"),
        ("tasks/TASK/dataset/files_url", "hf://datasets/team/rows", "has 3 data files"),
        (
            "tasks/TASK/params/template/tools",
            "{{ item.tuls | tojson }}",
            "rows.jsonl, line 1: tasks.custom-tool-calling",
        ),
        ("tasks/TASK/params/template/tools", "{{ item.tuls | tojson }}", "'tuls'"),
        ("tasks/TASK/params/template/messages", "{{ item.messages }}", "tojson"),
        ("tasks/TASK/metrics/METRIC/params/tool_calls_ground_truth", "{{ item.truth | tojson }}", "'truth'"),
    ],
)
def test_rows_and_templates_that_do_not_fit_fail_the_job_before_any_request(
    sdk: NeMoMicroservices, target: Target, path: str, value: str, message: str
) -> None:
    job = run(sdk, change(path, value), inline(target))
    assert job.status == "failed"
    assert message in job.status_details.message
    assert target.requests == []


# --- cancelling, deleting, restarting ----------------------------------------------------------------------------------


def test_cancel_takes_less_than_a_second_and_keeps_what_was_done(sdk: NeMoMicroservices, target: Target) -> None:
    right, release = target.answer, threading.Event()

    def answer(body: dict) -> dict:
        if len(target.requests) > 4:
            release.wait(20)
        return right(body)

    target.answer = answer
    job = sdk.evaluation.jobs.create(config=tool_config(parallelism=2), target=inline(target))
    wait_until(lambda: len(target.requests) >= 6)
    assert sdk.evaluation.jobs.retrieve(job.id).status == "running"
    with pytest.raises(nemo_microservices.NotFoundError, match="it is running"):
        sdk.evaluation.jobs.results(job.id)
    with pytest.raises(nemo_microservices.ConflictError, match="running"):
        sdk.evaluation.jobs.download_results(job.id)

    began = time.monotonic()
    assert sdk.evaluation.jobs.cancel(job.id)["status"] == "cancelled"
    assert time.monotonic() - began < 1
    release.set()
    assert len(samples(sdk, job)) == 4
    assert sdk.evaluation.jobs.cancel(job.id)["status"] == "cancelled"  # again: nothing to do
    assert len(target.requests) == 6


def test_a_finished_job_cannot_be_cancelled(sdk: NeMoMicroservices, target: Target) -> None:
    job = run(sdk, tool_config(limit=1), inline(target))
    with pytest.raises(nemo_microservices.ConflictError, match="completed already"):
        sdk.evaluation.jobs.cancel(job.id)


def test_deleting_a_running_job_stops_it(sdk: NeMoMicroservices, target: Target) -> None:
    target.answer = slow(target.answer, 0.2)
    job = sdk.evaluation.jobs.create(config=tool_config(parallelism=1), target=inline(target))
    wait_until(lambda: target.requests)
    sdk.evaluation.jobs.delete(job.id)
    asked = len(target.requests)
    with pytest.raises(nemo_microservices.NotFoundError):
        sdk.evaluation.jobs.retrieve(job.id)
    time.sleep(0.5)
    assert len(target.requests) == asked


def test_jobs_do_not_hold_up_the_gateway(sdk: NeMoMicroservices, url: str, target: Target) -> None:
    target.answer = slow(target.answer, 0.3)
    jobs = [sdk.evaluation.jobs.create(config=tool_config(parallelism=4), target=inline(target)) for _ in range(3)]
    wait_until(lambda: len(target.requests) >= 12)
    with httpx.Client(base_url=url, trust_env=False) as http:
        began = time.monotonic()
        for _ in range(20):
            assert http.get("/health").status_code == 200
        assert time.monotonic() - began < 1
    assert target.most_at_once == 12
    assert {ended(sdk, job.id).status for job in jobs} == {"completed"}


GATEWAY = """
import sys
from pathlib import Path
from nemo_local.gateway import create_app, load_services
from nemo_local.serving import serve
from nemo_local.settings import Settings
settings = Settings(home=Path(sys.argv[1]), gateway_port=int(sys.argv[2]), nim_port=1)
serve(create_app(load_services(settings, sys.argv[3].split(","))), settings.host, settings.gateway_port)
"""


@contextmanager
def killed_gateway(home: Path, port: int) -> Iterator[str]:
    """A gateway in a process of its own, which ends without warning."""
    process = subprocess.Popen([sys.executable, "-c", GATEWAY, str(home), str(port), ",".join(SERVICES)])
    try:
        wait_until(lambda: healthy(f"http://127.0.0.1:{port}"), 30)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("platform", [gateway, killed_gateway])
def test_a_job_survives_a_stop_of_the_platform(tmp_path: Path, target: Target, platform) -> None:
    port = free_port()
    right, release = target.answer, threading.Event()

    def answer(body: dict) -> dict:
        if len(target.requests) > 10:
            release.wait(20)
        return right(body)

    target.answer = answer
    with platform(tmp_path, port) as url:
        fill(url)
        sdk = NeMoMicroservices(base_url=url, max_retries=0)
        job = sdk.evaluation.jobs.create(config=tool_config(parallelism=2), target=inline(target))
        wait_until(lambda: len(target.requests) >= 12)
        keyed = sdk.evaluation.jobs.create(config=tool_config(), target=inline(target, api_key="k"))
        kept = tmp_path / "evaluator" / "jobs" / job.id / "samples.jsonl"
        wait_until(lambda: len(kept.read_text().splitlines()) == 10)
    release.set()
    with kept.open("a") as file:  # as a crash may leave it
        file.write('{"task": "custom-too')

    target.reset()
    with gateway(tmp_path, port):
        job = ended(sdk, job.id)
        assert (job.status, scores(sdk, job)) == ("completed", (1.0, 1.0))
        assert [line["index"] for line in samples(sdk, job)] == list(range(ROWS))
        assert len(target.requests) == ROWS - 10
        keyed = ended(sdk, keyed.id)
        assert (keyed.status, "keys are not kept" in keyed.status_details.message) == ("failed", True)


# --- live --------------------------------------------------------------------------------------------------------------


def test_a_live_evaluation_of_rows(sdk: NeMoMicroservices) -> None:
    check = ["{{ item.output }}", "contains", "{{ item.expected }}"]
    answer = sdk.evaluation.live(
        config={
            "type": "custom",
            "tasks": {"qa": {"type": "data", "metrics": {"ok": {"type": "string-check", "params": {"check": check}}}}},
        },
        target={
            "type": "rows",
            "rows": [{"output": "It is Paris.", "expected": "Paris"}, {"output": "", "expected": "R"}],
        },
    )
    assert answer.status == "completed", answer.status_details
    assert answer.result.tasks["qa"].metrics["ok"].scores["string-check"].value == 0.5
    assert answer.status_details.samples_processed == 2


def test_a_live_evaluation_of_a_model_leaves_no_job(sdk: NeMoMicroservices, target: Target) -> None:
    before = sdk.evaluation.jobs.list().pagination.total_results
    answer = sdk.evaluation.live(config=tool_config(limit=3), target=inline(target))
    assert answer.result.tasks[TASK].metrics[METRIC].scores["function_name_accuracy"].value == 1.0
    assert sdk.evaluation.jobs.list().pagination.total_results == before
    assert len(target.requests) == 3


def test_a_live_evaluation_that_fails_says_why(sdk: NeMoMicroservices, target: Target) -> None:
    config = change("tasks/TASK/params/template/tools", "{{ item.tuls | tojson }}")
    config["tasks"][TASK]["dataset"]["limit"] = 2
    answer = sdk.evaluation.live(config=config, target=inline(target))
    assert (answer.status, "'tuls'" in answer.status_details.message) == ("failed", True)


def test_a_live_evaluation_has_a_limit(sdk: NeMoMicroservices, target: Target) -> None:
    with refused() as error:
        sdk.evaluation.live(config=tool_config(), target=inline(target))
    assert "at most 100 samples" in str(error.value)
