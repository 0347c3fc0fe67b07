"""Cancelling and deleting jobs, many at once, and a platform that stops in the middle of one."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import httpx
import nemo_microservices
import pytest
from evaluator_support import ROWS, ended, fill, inline, run, samples, scores, slow, tool_config, wait_until
from model_api import Target
from nemo_microservices import NeMoMicroservices


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
    with pytest.raises(nemo_microservices.ConflictError, match="already completed"):
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


def test_a_deleted_job_leaves_no_result(sdk: NeMoMicroservices, target: Target) -> None:
    job, other = (run(sdk, tool_config(limit=1), inline(target)) for _ in range(2))
    sdk.evaluation.jobs.delete(job.id)
    listed = [result.job for result in sdk.evaluation.results.list(page_size=1000)]
    assert job.id not in listed and other.id in listed


def test_jobs_do_not_hold_up_the_gateway(sdk: NeMoMicroservices, url: str, target: Target) -> None:
    target.answer = slow(target.answer, 0.3)
    jobs = [sdk.evaluation.jobs.create(config=tool_config(parallelism=4), target=inline(target)) for _ in range(3)]
    wait_until(lambda: len(target.requests) >= 12)
    with httpx.Client(base_url=url, trust_env=False) as http:
        began = time.monotonic()
        for _ in range(20):
            assert http.get("/health").status_code == 200
        assert time.monotonic() - began < 3  # each answer of a model takes 0.3 s: waiting for one each would take 6
    assert target.most_at_once == 12
    assert {ended(sdk, job.id).status for job in jobs} == {"completed"}


def test_a_job_that_waits_for_others_is_created_and_says_so(sdk: NeMoMicroservices, target: Target) -> None:
    """NVIDIA's data flywheel takes any other state than `created`, `running` and `completed` for a failure."""
    right, release = target.answer, threading.Event()

    def answer(body: dict) -> dict:
        release.wait(60)
        return right(body)

    target.answer = answer
    try:
        jobs = [sdk.evaluation.jobs.create(config=tool_config(limit=1), target=inline(target)) for _ in range(6)]
        wait_until(lambda: len(target.requests) == 4, seconds=30)
        for job in jobs[4:]:
            retrieve = partial(sdk.evaluation.jobs.retrieve, job.id)
            waiting = wait_until(
                lambda get=retrieve: "Waiting to start" in (job := get()).status_details.message and job
            )
            assert waiting.status == "created" and "4 evaluations run at a time" in waiting.status_details.message
    finally:
        release.set()
    assert {ended(sdk, job.id).status for job in jobs} == {"completed"}


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_job_survives_a_stop_of_the_platform(tmp_path: Path, target: Target, start_gateway, end: str) -> None:
    right, release = target.answer, threading.Event()

    def answer(body: dict) -> dict:
        if len(target.requests) > 10:
            release.wait(20)
        return right(body)

    target.answer = answer
    running = start_gateway(tmp_path)
    fill(running.gateway_url)
    sdk = NeMoMicroservices(base_url=running.gateway_url, max_retries=0)
    job = sdk.evaluation.jobs.create(config=tool_config(parallelism=2), target=inline(target))
    wait_until(lambda: len(target.requests) >= 12)
    keyed = sdk.evaluation.jobs.create(config=tool_config(), target=inline(target, api_key="k"))
    kept = tmp_path / "evaluator" / "jobs" / job.id / "samples.jsonl"
    wait_until(lambda: len(kept.read_text().splitlines()) == 10)
    getattr(running, end)()
    release.set()
    with kept.open("a") as file:  # as a crash may leave it
        file.write('{"task": "custom-too')

    target.reset()
    start_gateway(tmp_path, again=running)
    job = ended(sdk, job.id)
    assert (job.status, scores(sdk, job)) == ("completed", (1.0, 1.0))
    assert [line["index"] for line in samples(sdk, job)] == list(range(ROWS))
    assert len(target.requests) == ROWS - 10
    keyed = ended(sdk, keyed.id)
    assert (keyed.status, "keys are not kept" in keyed.status_details.message) == ("failed", True)
