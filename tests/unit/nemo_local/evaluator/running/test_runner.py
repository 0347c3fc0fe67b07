"""Cancelling at the worst moment, and a disk that is full."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemo_local.common.documents import DocumentStore
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
