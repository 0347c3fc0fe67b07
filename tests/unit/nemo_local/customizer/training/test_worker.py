"""The worker's events and how its end is explained."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest
from filelock import FileLock

from nemo_local.customizer.progress import EventFile, TrainingProgress
from nemo_local.customizer.training import worker
from nemo_local.customizer.training.datasets import DatasetError
from nemo_local.customizer.training.loop import TrainingDiverged
from nemo_local.customizer.training.publish import PublishError
from nemo_local.customizer.training.worker import LOCK_TIMEOUT, EventLog, failure
from nemo_local.customizer.worker_process import EXIT_DISK_FULL, explain_exit
from nemo_local.model.base_model import BaseModelMissing

STARTED = {
    "type": "started",
    "steps_per_epoch": 4,
    "total_steps": 8,
    "trainable_parameters": 10,
    "dtype": "float32",
    "device": "cpu",
    "resumed_from_step": 0,
    "time": "2026-01-01T10:00:00.000000Z",
}


def at(step, kind, value=None):
    return {"type": kind, "step": step, "epoch": 1, "value": value, "time": f"t{step}"}


def test_progress_sums_up_the_events():
    progress = TrainingProgress()
    assert progress.details()["percentage_done"] == 0
    for event in [STARTED, at(5, "progress"), at(5, "train_loss", 1.5), at(5, "val_loss", 1.2)]:
        progress.apply(event)
    progress.apply({"type": "best", "step": 5, "epoch": 2, "train_loss": 1.5, "val_loss": 1.2})
    progress.apply({"type": "result", "steps": 8, "seconds": 2.0, "tokens": 100, "tokens_per_second": 50.0})
    details = progress.details()
    assert details["percentage_done"] == 62.5
    assert (details["epochs_completed"], details["steps_completed"], details["steps_per_epoch"]) == (1, 5, 4)
    assert (details["best_epoch"], details["train_loss"], details["val_loss"]) == (2, 1.5, 1.2)
    assert details["metrics"]["metrics"]["val_loss"] == [{"step": 5, "timestamp": "t5", "value": 1.2}]
    assert (details["metrics"]["tokens"], details["metrics"]["tokens_per_second"]) == (100, 50.0)


def test_steps_done_again_after_a_restart_are_counted_once():
    progress = TrainingProgress()
    for event in [STARTED, at(3, "train_loss", 3.0), at(6, "train_loss", 2.0), at(6, "progress")]:
        progress.apply(event)
    assert "resumed from the checkpoint of step 4" in progress.apply({**STARTED, "resumed_from_step": 4})
    progress.apply(at(6, "train_loss", 2.1))
    series = progress.details()["metrics"]["metrics"]["train_loss"]
    assert [(point["step"], point["value"]) for point in series] == [(3, 3.0), (6, 2.1)]


def test_a_restart_without_checkpoint_says_so():
    progress = TrainingProgress()
    assert "again" not in progress.apply(STARTED)
    progress.apply(at(2, "progress"))
    assert "again from the beginning" in progress.apply(STARTED)


def test_a_line_cut_off_by_a_kill_is_left_aside(tmp_path):
    path = tmp_path / "events.jsonl"
    EventLog(path)({"type": "progress", "step": 1})
    reader = EventFile(path)
    assert [event["step"] for event in reader.read()] == [1]
    with path.open("a") as file:
        file.write('{"type": "progress", "st')
    assert reader.read() == []
    EventLog(path)({"type": "progress", "step": 2})
    assert [event["step"] for event in reader.read()] == [2]


@pytest.mark.parametrize(
    ("minute", "step", "left"),
    [
        ("00", None, "starting"),
        ("59", 2, "about 3 h left"),
        ("02", 4, "about 2 min left"),
        ("01", 7, "less than a minute left"),
    ],
)
def test_the_time_that_a_training_still_takes(minute, step, left):
    progress = TrainingProgress()
    progress.apply(STARTED)
    if step:
        progress.apply({**at(step, "progress"), "time": f"2026-01-01T10:{minute}:00.000000Z"})
    assert progress.time_left() == left


def test_the_time_left_of_a_resumed_training_counts_its_own_steps_only():
    progress = TrainingProgress()
    for event in [STARTED, at(4, "progress"), {**STARTED, "resumed_from_step": 4}]:
        progress.apply(event)
    assert progress.time_left() == "starting"
    progress.apply({**at(5, "progress"), "time": "2026-01-01T10:01:00.000000Z"})
    assert progress.time_left() == "about 3 min left"


@pytest.mark.parametrize(
    ("code", "event", "expected"),
    [
        (-9, None, "killed by SIGKILL while it used 1.5 GiB of memory"),
        (-9, None, "lora.adapter_dim"),
        (-15, None, "killed by SIGTERM"),
        (7, None, "exit code 7"),
        (EXIT_DISK_FULL, None, "The disk is full"),
        (1, failure(RuntimeError("boom")), "RuntimeError: boom"),
    ],
)
def test_an_end_is_explained(code, event, expected):
    assert expected in explain_exit(code, event, memory=3 * 2**29)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"),
    ],
)
def test_memory_that_runs_out_is_explained_without_a_traceback(error):
    event = failure(error)
    assert "ran out of memory" in event["message"] and "lora.adapter_dim" in event["message"]
    assert event["stack_trace"] is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TrainingDiverged("the training loss of step 2 is nan"), "The training loss of step 2 is nan"),
        (PublishError("the name is taken"), "The training is done, but the name is taken. The adapter is kept"),
        (BaseModelMissing("the base model's weights are not installed"), "The base model's weights are not installed"),
    ],
)
def test_a_reason_that_the_user_can_act_on_has_no_traceback(error, message):
    event = failure(error)
    assert event["message"].startswith(message) and event["stack_trace"] is None


def _job(job_dir, **order):
    job_dir.mkdir(exist_ok=True)
    (job_dir / "job.json").write_text(json.dumps({"scheduler_pid": os.getpid(), **order}))
    return [sys.executable, "-m", "nemo_local.customizer.training.worker", str(job_dir)]


ORDER = {
    "dataset": {"label": "a/b", "endpoint": "http://127.0.0.1:9", "repo_id": "a/b", "revision": "main", "limit": None},
    "hyperparameters": {"seed": 1},
}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full, a disk that is always full, is Linux's")
def test_a_full_disk_has_an_exit_code_of_its_own(tmp_path):
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    done = subprocess.run(_job(tmp_path, **ORDER), capture_output=True, text=True, timeout=60)
    assert done.returncode == EXIT_DISK_FULL, done.stderr
    assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


def test_a_data_store_that_is_gone_fails_the_job_with_the_reason(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(worker, "STORE_PAUSES", (0, 0))
    with pytest.raises(DatasetError, match="a/b could not be downloaded"):
        worker.run(ORDER, tmp_path, lambda event: None)
    said = [record for record in caplog.records if record.name == worker.log.name]
    assert [record.getMessage().startswith("trying again in 0 s") for record in said] == [True, True]


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), RuntimeError("closed")])
def test_stores_that_come_back_are_waited_for(monkeypatch, error):
    monkeypatch.setattr(worker, "STORE_PAUSES", (0, 0))
    failures = iter([error, error])

    def publish() -> str:
        if failure := next(failures, None):
            raise PublishError("the adapter could not be uploaded") from failure
        return "ada/model@v1"

    assert worker.with_patience(publish) == "ada/model@v1"


def test_what_a_store_refuses_is_not_tried_again(monkeypatch):
    attempts = []

    def publish() -> str:
        attempts.append(1)
        raise PublishError("a model of that name was registered by someone else")

    monkeypatch.setattr(worker, "STORE_PAUSES", (0, 0))
    with pytest.raises(PublishError, match="by someone else"):
        worker.with_patience(publish)
    assert len(attempts) == 1


def test_a_worker_ends_when_its_scheduler_is_gone(tmp_path):
    """A process starts the worker and ends at once: the worker, which waits for the job's lock, must not go on."""
    script = (
        "import json, os, subprocess, sys, pathlib\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "(folder / 'job.json').write_text(json.dumps({'scheduler_pid': os.getpid()}))\n"
        "subprocess.Popen([sys.executable, '-m', 'nemo_local.customizer.training.worker', str(folder)])\n"
    )
    with FileLock(tmp_path / "worker.lock"):
        # The worker holds the pipe of stdout too: run() comes back when it has ended, long before LOCK_TIMEOUT.
        subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=LOCK_TIMEOUT / 2, check=True)
