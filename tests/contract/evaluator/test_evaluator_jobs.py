"""A job from beginning to end, by the official SDK."""

from __future__ import annotations

import io
import json
import zipfile

import httpx
import pytest
from evaluator_support import (
    FILES,
    METRIC,
    ROWS,
    TASK,
    ended,
    inline,
    refused,
    row,
    run,
    samples,
    scores,
    slow,
    tool_config,
)
from model_api import Target
from nemo_microservices import NeMoMicroservices

BASE_MODEL = "huggingfacetb/smollm2-135m-instruct"


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


def test_the_base_model_can_be_evaluated_on_a_fresh_platform(sdk: NeMoMicroservices, gateway) -> None:
    nim = Target(gateway.nim_port)
    try:
        nim.models = [BASE_MODEL]
        job = run(sdk, tool_config(limit=2), {"type": "model", "model": BASE_MODEL})
        assert job.status == "completed", job.status_details
        assert {request["model"] for request in nim.requests} == {BASE_MODEL}
    finally:
        nim.close()


def test_the_shape_of_a_job_and_its_result(sdk: NeMoMicroservices, url: str, target: Target) -> None:
    body = {"config": tool_config(limit=1), "target": inline(target), "namespace": "team"}
    answer = httpx.post(f"{url}/v1/evaluation/jobs", json=body)
    job = answer.json()
    assert answer.status_code == 200
    assert (job["custom_fields"], job["ownership"], job["output_files_url"], job["result"]) == ({}, None, None, None)
    for part, prefix in (("config", "eval-config-"), ("target", "eval-target-")):
        # A configuration or target written into the job gets an id, and its id as its name.
        assert job[part]["id"] == job[part]["name"] and job[part]["id"].startswith(prefix)
        assert (job[part]["namespace"], job[part]["custom_fields"]) == ("default", {})
        assert len(job[part]["created_at"]) == len(job["created_at"]) == len("2025-06-20T16:36:27.493465")
    again = httpx.post(f"{url}/v1/evaluation/jobs", json=ended(sdk, job["id"]).model_dump(mode="json"))
    assert again.status_code == 200, again.text
    assert ended(sdk, again.json()["id"]).status == "completed"

    result = httpx.get(f"{url}/v1/evaluation/jobs/{job['id']}/results").json()
    assert result["id"].startswith("evaluation_result-")
    shape = {key: result[key] for key in ("job", "groups", "files_url", "custom_fields", "ownership", "description")}
    nothing = {"files_url": None, "ownership": None, "description": None}
    assert shape == {"job": job["id"], "groups": {}, "custom_fields": {}, **nothing}


def test_a_tool_calling_metric_with_a_judge(sdk: NeMoMicroservices, target: Target) -> None:
    """As NVIDIA's data flywheel sends it; no judge is asked, and its key is not shown."""
    config = tool_config(limit=2)
    judge = {"api_endpoint": {"url": "https://judge.example/v1", "model_id": "j", "api_key": "sk-judge"}}
    config["tasks"][TASK]["metrics"][METRIC]["params"]["model"] = judge
    stored = sdk.evaluation.configs.create(name="judged", namespace="team", **config)
    job = run(sdk, config, inline(target))
    assert (job.status, scores(sdk, job)) == ("completed", (1.0, 1.0))
    for found in (stored, job.config):
        shown = found.tasks[TASK].metrics[METRIC].params["model"]["api_endpoint"]
        assert shown == {**judge["api_endpoint"], "api_key": "******"}


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


@pytest.mark.parametrize("guard", ["", "/guardrail"])
@pytest.mark.parametrize("ending", ["", "/chat/completions", "/completions"])
def test_the_endpoint_url_may_end_in_three_ways_and_be_guarded(
    sdk: NeMoMicroservices, target: Target, ending: str, guard: str
) -> None:
    job = run(sdk, tool_config(limit=2), inline(target, url=target.url + guard + ending))
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


def test_values_in_the_template_that_change_nothing(sdk: NeMoMicroservices, target: Target) -> None:
    config = tool_config(limit=1)
    config["tasks"][TASK]["params"]["template"] |= {"stream": False, "n": 1, "model": None}
    assert run(sdk, config, inline(target)).status == "completed"
    assert target.requests[0].keys() & {"stream", "n"} == set() and target.requests[0]["model"] == "team/tuned@v1"


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


def test_a_completion_with_messages_is_a_chat_and_its_text_is_output_text(
    sdk: NeMoMicroservices, target: Target
) -> None:
    """As in NVIDIA's tutorials for Llama Stack."""
    target.answer = lambda body: {"role": "assistant", "content": " Paris\n"}
    config = {
        "type": "custom",
        "tasks": {
            "qa": {
                "type": "completion",
                "dataset": {"files_url": "hf://datasets/team/rows/testing/qa.csv"},
                "params": {"template": {"messages": [{"role": "user", "content": "{{item.question}}"}]}},
                "metrics": {
                    "says": {
                        "type": "string-check",
                        "params": {"check": ["{{answer | trim}}", "equals", "{{output_text | trim}}"]},
                    },
                },
            }
        },
    }
    job = run(sdk, config, inline(target))
    assert job.status == "completed", job.status_details
    assert {request["messages"][0]["content"] for request in target.requests} == {"France?", "Italy?"}
    assert sdk.evaluation.jobs.results(job.id).tasks["qa"].metrics["says"].scores["string-check"].value == 0.5
    config["tasks"]["qa"]["params"]["template"] = {}
    with refused() as error:
        run(sdk, config, inline(target))
    assert "template.prompt" in str(error.value).replace("', '", ".")


def test_a_dataset_of_the_entity_store(sdk: NeMoMicroservices, target: Target) -> None:
    config = tool_config(limit_samples=2)
    config["tasks"][TASK]["dataset"] = "team/rows"
    job = run(sdk, config, inline(target))
    assert (job.status, job.config.tasks[TASK].dataset.files_url) == ("completed", FILES)


def test_a_limit_and_a_hub_of_a_registered_dataset_count(sdk: NeMoMicroservices, target: Target) -> None:
    for name, fields in (("limited", {"limit": 1}), ("elsewhere", {"hf_endpoint": "http://127.0.0.1:1"})):
        sdk.datasets.create(name=name, namespace="team", files_url=FILES, **fields)
    config = tool_config()
    config["tasks"][TASK]["dataset"] = "team/limited"
    job = run(sdk, config, inline(target))
    assert (job.status, len(samples(sdk, job))) == ("completed", 1)
    config["tasks"][TASK]["dataset"] = "team/elsewhere"
    job = run(sdk, config, inline(target))
    assert job.status == "failed" and "http://127.0.0.1:1" in job.status_details.message
