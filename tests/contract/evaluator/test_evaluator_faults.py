"""Faults of the model, of the rows and of the templates while a job runs."""

from __future__ import annotations

import nemo_microservices
import pytest
from evaluator_support import METRIC, ROWS, TASK, change, inline, row, run, samples, scores, tool_config
from model_api import Refuse, Target
from nemo_microservices import NeMoMicroservices


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
        (Refuse(200, '{"choices": [{"message": {"content": "\\ud83d"}}]}'), 1, "half of a surrogate pair"),
        (Refuse(200, '{"choices": ' + "[" * 5_000 + "]" * 5_000 + "}"), 1, "nests deeper than 100 levels"),
    ],
    ids=range(7),
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


@pytest.mark.parametrize("arguments", ["{oops", '{"a": ' * 5_000 + "1" + "}" * 5_000, '{"a": "\\ud83d"}'], ids=range(3))
def test_a_call_whose_arguments_cannot_be_read_scores_zero(
    sdk: NeMoMicroservices, target: Target, arguments: str
) -> None:
    right = target.answer

    def answer(body: dict) -> dict:
        message = right(body)
        if body["messages"] == row(2)["messages"]:
            message["tool_calls"][0]["function"]["arguments"] = arguments
        return message

    target.answer = answer
    job = run(sdk, tool_config(limit=4), inline(target))
    assert (job.status, scores(sdk, job)) == ("completed", (1.0, 0.75))


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
