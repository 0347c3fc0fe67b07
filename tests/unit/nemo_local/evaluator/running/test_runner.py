"""Cancelling at the worst moment, and a disk that is full."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import ApiError, Invalid
from nemo_local.evaluator.running import runner as module
from nemo_local.evaluator.running.job_files import JobFiles
from nemo_local.evaluator.running.runner import JobRunner
from nemo_local.settings import Settings

METRIC = {"type": "string-check", "params": {"check": ["{{ item.a }}", "equals", "1"]}}
ROWS = {"type": "rows", "rows": [{"a": 1}]}


@pytest.fixture
def jobs(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path / "jobs.db", "evaluation-job")


@pytest.fixture
def runner(tmp_path: Path, jobs: DocumentStore) -> Iterator[JobRunner]:
    # Nothing listens on the gateway's port: a job that needs a dataset waits for it.
    settings = Settings(home=tmp_path, gateway_port=1, nim_port=2)
    runner = JobRunner(settings, jobs, DocumentStore(tmp_path / "jobs.db", "evaluation-result"))
    runner.start()
    yield runner
    runner.stop()


def new_job(jobs: DocumentStore, dataset: bool) -> dict:
    task = {"type": "data", "metrics": {"m": METRIC}}
    if dataset:
        task["dataset"] = {"files_url": "hf://datasets/ns/name/rows.jsonl"}
    details = {"message": "", "progress": 0.0, "samples_processed": 0, "task_status": {"t": "pending"}}
    body = {
        "config": {"id": "eval-config-1", "type": "custom", "tasks": {"t": task}},
        "target": ROWS,
        "status": "created",
        "status_details": details,
    }
    return jobs.create("default", None, body)


def test_a_job_that_is_created_while_the_platform_starts_runs_once(
    tmp_path: Path, jobs: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    async def run(self: JobRunner, job: dict, endpoint: object, resumed: bool) -> None:
        runs.append((job["id"], resumed))

    monkeypatch.setattr(JobRunner, "_run", run)
    left = new_job(jobs, dataset=False)
    JobFiles(tmp_path / "evaluator" / "jobs" / left["id"]).keep_endpoint(None)
    runner = JobRunner(Settings(home=tmp_path), jobs, DocumentStore(tmp_path / "jobs.db", "evaluation-result"))
    created = new_job(jobs, dataset=False)
    JobFiles(tmp_path / "evaluator" / "jobs" / created["id"]).keep_endpoint(None)
    runner.submit(dict(created), None)
    runner.start()
    deadline = time.monotonic() + 10
    while len(runs) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)
    runner.stop()
    assert sorted(runs) == sorted([(left["id"], True), (created["id"], False)])


def test_a_job_cancelled_before_its_first_step_is_cancelled(runner: JobRunner, jobs: DocumentStore) -> None:
    for _ in range(20):
        job = new_job(jobs, dataset=True)
        runner.submit(dict(job), None)
        asyncio.run(runner.cancel(job["id"]))
        assert jobs.get_by_id(job["id"])["status"] == "cancelled"


def test_a_full_disk_fails_the_job_with_what_to_do(
    runner: JobRunner, jobs: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    update, failures = jobs.update, iter([OSError(errno.ENOSPC, "No space left on device")] * 2)

    def save(namespace: str, name: str, patch: dict) -> dict:
        """The disk is still full when the end of the job is stored, and again; then there is room."""
        if patch.get("status") == "failed" and (failure := next(failures, None)):
            raise failure
        return update(namespace, name, patch)

    monkeypatch.setattr(JobFiles, "append", append)
    monkeypatch.setattr(jobs, "update", save)
    monkeypatch.setattr(module, "FULL_DISK_PAUSE", 0.1)
    job = new_job(jobs, dataset=False)
    runner.submit(dict(job), None)
    deadline = time.monotonic() + 10
    while (found := jobs.get_by_id(job["id"]))["status"] != "failed":
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    assert "The disk is full" in found["status_details"]["message"]
    assert found["status_details"]["task_status"] == {"t": "failed"}
    assert next(failures, None) is None


def test_a_job_whose_endpoint_a_power_cut_emptied_fails_alone(tmp_path: Path, jobs: DocumentStore) -> None:
    left = [new_job(jobs, dataset=False) for _ in range(2)]
    for job in left:
        JobFiles(tmp_path / "evaluator" / "jobs" / job["id"]).keep_endpoint(None)
    (tmp_path / "evaluator" / "jobs" / left[0]["id"] / "endpoint.json").write_text("")
    runner = JobRunner(Settings(home=tmp_path), jobs, DocumentStore(tmp_path / "jobs.db", "evaluation-result"))
    runner.start()
    try:
        broken = jobs.get_by_id(left[0]["id"])
        assert (broken["status"], "cannot resume it" in broken["status_details"]["message"]) == ("failed", True)
        deadline = time.monotonic() + 20
        while (other := jobs.get_by_id(left[1]["id"]))["status"] != "completed":
            assert time.monotonic() < deadline, other["status_details"]
            time.sleep(0.05)
    finally:
        runner.stop()


@pytest.mark.parametrize("error", [ApiError(503, "The NIM is starting."), Invalid("judge", "is not served.")])
def test_a_resumed_job_waits_for_its_judges_and_a_new_one_does_not(
    runner: JobRunner, monkeypatch: pytest.MonkeyPatch, error: ApiError
) -> None:
    asked = []

    async def connect_judges(*_: object) -> dict:
        asked.append(time.monotonic())
        if len(asked) < 2:
            raise error
        return {}

    monkeypatch.setattr(module, "connect_judges", connect_judges)
    assert asyncio.run(runner._connect_judges("config", None, 30.0)) == {}
    asked.clear()
    with pytest.raises(ApiError):
        asyncio.run(runner._connect_judges("config", None, 0.0))
