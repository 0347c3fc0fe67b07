"""What the scheduler makes of a training process that was killed, with a process that ends as the test says."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from nemo_local.customizer import scheduler as module
from nemo_local.customizer.jobs import FINISHED, Jobs
from nemo_local.customizer.scheduler import Scheduler
from nemo_local.customizer.worker_process import EXIT_DISK_FULL
from nemo_local.settings import Settings

SIGTERM, SIGKILL = -15, -9


class Worker:
    """Ends at once with the first exit code of `plan` that is left, after a checkpoint if it is told to save one, and
    publishes the model if the code is 0. With None it runs until it is stopped."""

    plan: list[int | None]
    saves = False
    pid = 4242
    memory = 2**30

    def __init__(self, job_dir: Path, order: dict) -> None:
        job_dir.mkdir(parents=True, exist_ok=True)
        self.code = self.plan.pop(0)
        if self.saves:
            folder = job_dir / "checkpoint.old"  # what a kill leaves of a checkpoint that was being replaced
            folder.mkdir(exist_ok=True)
            (folder / "progress.json").touch()
        with (job_dir / "events.jsonl").open("a") as events:
            if self.code == 0:
                events.write(json.dumps({"type": "published", "message": "Registered"}) + "\n")

    def exit_code(self) -> int | None:
        return self.code

    def stop(self) -> None:
        pass


@pytest.fixture
def jobs(tmp_path, monkeypatch) -> Jobs:
    monkeypatch.setattr(module, "WorkerProcess", Worker)
    monkeypatch.setattr(module, "RESTART_PAUSE", 0.3)
    return Jobs(tmp_path / "home" / "customizer" / "jobs.db")


def run(
    jobs: Jobs, home: Path, plan: list[int | None], meanwhile: Callable[[Scheduler, str], None] = lambda *_: None
) -> dict:
    """A job whose processes end with these codes, one after the other, and what has become of it."""
    Worker.plan = plan
    snapshot = {"base_model": "base", "max_seq_length": 512}
    body = {"config_snapshot": snapshot, "hyperparameters": {}, "provenance": {}, "plan": {}}
    job_id = jobs.create("default", None, body)["id"]
    scheduler = Scheduler(jobs, Settings(home=home))
    scheduler.start()
    scheduler.submit(job_id)
    meanwhile(scheduler, job_id)
    deadline = time.monotonic() + 20
    while jobs.get(job_id)["status"] not in FINISHED and scheduler._thread.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if scheduler._thread.is_alive():
        scheduler.stop()
    return jobs.get(job_id)


def lines(job: dict) -> list[str]:
    return [entry["message"] for entry in job["status_details"]["status_logs"]]


def wait_for(jobs: Jobs, job_id: str, text: str) -> None:
    deadline = time.monotonic() + 20
    while text not in lines(jobs.get(job_id))[-1]:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_killed_training_starts_again_and_says_so(jobs, tmp_path):
    job = run(jobs, tmp_path / "home", [SIGKILL, 0])
    assert job["status"] == "completed" and Worker.plan == []
    [said] = [line for line in lines(job) if line.startswith(module.KILLED)]
    assert said.endswith("by SIGKILL; it starts again from the beginning, but only this once.")


def test_a_training_with_a_checkpoint_says_that_it_goes_on_from_there(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(Worker, "saves", True)
    job = run(jobs, tmp_path / "home", [SIGKILL, 0])
    assert any(line.endswith("from its last checkpoint, but only this once.") for line in lines(job))


@pytest.mark.parametrize(("code", "status"), [(0, "completed"), (1, "failed")])
def test_a_training_that_has_ended_keeps_no_checkpoint(jobs, tmp_path, monkeypatch, code, status):
    monkeypatch.setattr(Worker, "saves", True)
    job = run(jobs, tmp_path / "home", [code])
    assert job["status"] == status and not list((tmp_path / "home").rglob("checkpoint*"))


def test_a_second_kill_fails_the_job_also_if_the_platform_was_restarted_in_between(jobs, tmp_path):
    def stop(scheduler: Scheduler, job_id: str) -> None:
        while Worker.plan:  # until the second process runs
            time.sleep(0.02)
        scheduler.stop()

    job_id = run(jobs, tmp_path / "home", [SIGKILL, None], stop)["id"]
    Worker.plan = [SIGKILL, 0]
    again = Scheduler(jobs, Settings(home=tmp_path / "home"))
    again.start()
    wait_for(jobs, job_id, "Job failed")
    again.stop()
    failed = jobs.get(job_id)
    assert failed["status"] == "failed" and Worker.plan == [0]
    assert "killed by SIGKILL while it used 1.0 GiB of memory" in lines(failed)[-1]


def test_a_training_that_is_cancelled_after_its_process_was_killed_does_not_start_again(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RESTART_PAUSE", 1.0)

    def cancel(scheduler: Scheduler, job_id: str) -> None:
        wait_for(jobs, job_id, "Running in process")
        time.sleep(0.2)  # the process has ended; the pause has begun
        jobs.request_cancel(job_id)

    job = run(jobs, tmp_path / "home", [SIGKILL, 0], cancel)
    assert job["status"] == "cancelled" and Worker.plan == [0]


def test_a_shutdown_of_the_machine_is_no_kill(jobs, tmp_path, monkeypatch):
    """It ends the training process first, and the scheduler a moment later."""
    monkeypatch.setattr(module, "RESTART_PAUSE", 10.0)

    def stop(scheduler: Scheduler, job_id: str) -> None:
        wait_for(jobs, job_id, "Running in process")
        time.sleep(0.2)
        scheduler.stop()

    job = run(jobs, tmp_path / "home", [SIGTERM, 0], stop)
    assert job["status"] == "running" and Worker.plan == [0]
    assert not any(line.startswith(module.KILLED) for line in lines(job))


def test_a_training_that_found_the_disk_full_says_so_and_nothing_else(jobs, tmp_path):
    log = tmp_path / "home" / "customizer" / "jobs"

    def write_log(_: Scheduler, job_id: str) -> None:
        (log / job_id).mkdir(parents=True, exist_ok=True)
        (log / job_id / "worker.log").write_text("Traceback (most recent call last):")

    job = run(jobs, tmp_path / "home", [EXIT_DISK_FULL], write_log)
    last = job["status_details"]["status_logs"][-1]
    assert last["message"].startswith("Job failed: The disk is full") and not last.get("detail")


def test_a_disk_that_was_full_for_a_moment_fails_the_job_with_what_to_do(jobs, tmp_path, monkeypatch):
    def report(*_: object) -> None:
        raise OperationalError("UPDATE documents", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(jobs, "report", report)
    job = run(jobs, tmp_path / "home", [None])
    assert job["status"] == "failed"
    assert lines(job)[-1].startswith("Job failed: The disk is full") and "UPDATE" not in lines(job)[-1]


def test_a_job_that_is_created_while_the_scheduler_starts_is_queued_once(jobs, tmp_path):
    body = {"config_snapshot": {}, "hyperparameters": {}, "provenance": {}, "plan": {}}
    left = jobs.create("default", None, body)["id"]
    scheduler = Scheduler(jobs, Settings(home=tmp_path / "home"))
    created = jobs.create("default", None, body)["id"]
    scheduler.submit(created)
    scheduler._work = lambda: None
    scheduler._thread = threading.Thread(target=scheduler._work)
    scheduler.start()
    scheduler._lock.release()
    assert sorted(scheduler._waiting) == sorted([left, created])
