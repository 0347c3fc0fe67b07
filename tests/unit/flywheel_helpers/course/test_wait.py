"""Waiting survives failed polls, shows progress, and tells why a job failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from flywheel_helpers import errors
from flywheel_helpers.course import wait
from flywheel_helpers.services.jobs import Job


def test_waiting_for_a_late_model(connection, capsys):
    answers = iter([httpx.Response(200, json={"data": []}), httpx.Response(500, json={"detail": "reloading"})])
    last = {"data": [{"id": "ada/caller@v1"}]}
    nemo = connection(lambda request: next(answers, None) or httpx.Response(200, json=last))
    wait.wait_for_model(nemo, "ada/caller@v1", poll_seconds=0)
    assert "warning | could not ask the NIM proxy" in capsys.readouterr().out


def test_a_model_that_never_comes(connection):
    nemo = connection(lambda request: httpx.Response(200, json={"data": [{"id": "other"}]}))
    with pytest.raises(errors.WaitTimeout, match="Served: other"):
        wait.wait_for_model(nemo, "ada/caller@v1", timeout=0.05, poll_seconds=0.01)


# --- Waiting for jobs

JOB = Job("job-1", "new", "ada/caller@v1", "")


def serving(*answers):
    """Each answer once, and the last one again and again: a job as a dict, or an HTTP status."""
    left = list(answers)

    def server(request):
        answer = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(answer) if isinstance(answer, int) else httpx.Response(200, json=answer)

    return server


def running(percent, **details):
    return {"id": "job-1", "status": "running", "status_details": {"percentage_done": percent, **details}}


def test_progress_is_a_line_for_every_change(connection, capsys):
    curves = {"metrics": {"train_loss": [{"step": 1, "value": 0.5}], "val_loss": []}}
    since = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    pending = {"id": "job-1", "status": "pending",
               "status_details": {"status_logs": [{"updated_at": since, "message": "No GPU is free"}]}}  # fmt: skip
    done = {"id": "job-1", "status": "completed",
            "status_details": {"percentage_done": 100, "steps_completed": 10, "metrics": curves}}  # fmt: skip
    server = serving(pending, running(1), running(2), running(3), running(55, train_loss=0.25, steps_completed=5), done)
    finished = wait.wait_for_training(connection(server), JOB, poll_seconds=0)
    assert finished["status"] == "completed"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Training ada/caller@v1"
    assert "No GPU is free (for 3 min)" in lines[1]
    assert [("running" in line) for line in lines] == [False, False, True, True, False]
    assert "step 5, training loss 0.250" in lines[3]
    assert lines[-1] == "completed: step 10, training loss 0.500"


def test_a_failed_poll_is_a_warning(connection, capsys):
    server = serving(running(10), 500, 500, {**running(100), "status": "completed"})
    wait.wait_for_training(connection(server), JOB, poll_seconds=0)
    assert capsys.readouterr().out.count("could not ask for the job's status") == 2


def test_failed_polls_are_bounded(connection, monkeypatch):
    monkeypatch.setattr(wait, "MAX_FAILED_POLLS", 3)
    with pytest.raises(errors.ServerFault):
        wait.wait_for_training(connection(serving(500)), JOB, poll_seconds=0)


def test_a_job_that_is_gone_ends_the_waiting_at_once(connection):
    with pytest.raises(errors.NotFound):
        wait.wait_for_training(connection(serving(404)), JOB, poll_seconds=0)


@pytest.mark.parametrize(("status", "kind"), [("failed", errors.JobFailed), ("cancelled", errors.JobCancelled)])
def test_the_end_of_a_job_comes_with_its_log(connection, status, kind):
    logs = [{"updated_at": "2025-01-01T00:00:00", "message": "Dataset check", "detail": "training.jsonl:7 no messages"}]
    job = {"id": "job-1", "status": status, "status_details": {"status_logs": logs}}
    with pytest.raises(kind, match="training.jsonl:7 no messages") as caught:
        wait.wait_for_training(connection(serving(job)), JOB, poll_seconds=0)
    assert type(caught.value) is kind and "un the cell that starts it again" in caught.value.hint


def test_waiting_has_an_end(connection):
    with pytest.raises(errors.WaitTimeout, match="The job continues"):
        wait.wait_for_evaluation(connection(serving(running(1))), JOB, timeout=0.05, poll_seconds=0.01)


# --- What a running training shows


def training(steps: int, seconds_a_step: float = 3.0, every: int = 5, **more) -> dict:
    """A training as NeMo reports it: 2 epochs of 100 steps, with a loss every few steps."""
    started = datetime(2025, 1, 1, tzinfo=UTC)
    losses = [
        {"step": step, "value": 0.5, "timestamp": (started + timedelta(seconds=step * seconds_a_step)).isoformat()}
        for step in range(every, steps + 1, every)
    ]
    details = {"steps_completed": steps, "steps_per_epoch": 100, "epochs_completed": steps // 100}
    details["metrics"] = {"metrics": {"train_loss": losses, "val_loss": []}}
    hyperparameters = {"epochs": 2, **more}
    return {"id": "job-1", "status": "running", "status_details": details, "hyperparameters": hyperparameters}


def shown(connection, capsys, job, waiting=wait.wait_for_training) -> str:
    """The line of progress about a job."""
    waiting(connection(serving(job, {**job, "status": "completed"})), JOB, poll_seconds=0)
    return capsys.readouterr().out.splitlines()[1]


def test_progress_says_how_far_and_how_long_still(connection, capsys):
    line = shown(connection, capsys, training(100))
    assert " |  50% | running | step 100 of 200, about 5 min left, epochs done 1, training loss 0.500" in line


def test_a_job_that_waited_for_its_platform_is_as_fast_as_its_last_steps(connection, capsys):
    job = training(100)
    for point in job["status_details"]["metrics"]["metrics"]["train_loss"][:10]:
        point["timestamp"] = "2024-12-31T00:00:00Z"  # before a night in which the platform was down
    assert "about 5 min left" in shown(connection, capsys, job)


def test_a_platform_whose_clock_is_ahead_has_not_kept_anybody_waiting(connection, capsys):
    entry = {"updated_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(), "message": "No GPU is free"}
    pending = {"id": "job-1", "status": "pending", "status_details": {"status_logs": [entry]}}
    assert "No GPU is free (for 0 s)" in shown(connection, capsys, pending)


@pytest.mark.parametrize("limit", [120, None, -1])
def test_the_job_s_own_limit_of_steps_counts(connection, capsys, limit):
    line = shown(connection, capsys, training(100, max_steps=limit))
    expected = "step 100 of 120, about 60 s left" if limit == 120 else "step 100 of 200, about 5 min left"
    assert expected in line


@pytest.mark.parametrize("steps", [0, 4, 5])
def test_what_is_not_known_yet_is_not_guessed(connection, capsys, steps):
    line = shown(connection, capsys, training(steps))
    assert f"step {steps} of 200" in line and "left" not in line


def test_without_the_steps_of_an_epoch_there_is_no_total(connection, capsys):
    job = training(100)
    job["status_details"] |= {"steps_per_epoch": None, "percentage_done": 30}
    line = shown(connection, capsys, job)
    assert " |  30% | " in line and "step 100, epochs" in line and "left" not in line


def test_losses_without_times_give_no_pace(connection, capsys):
    job = training(100)
    for point in job["status_details"]["metrics"]["metrics"]["train_loss"]:
        del point["timestamp"]
    assert "step 100 of 200, epochs done 1" in shown(connection, capsys, job)


def test_nothing_is_left_after_the_last_step(connection, capsys):
    assert "step 200 of 200, epochs done 2" in shown(connection, capsys, training(200))


# --- What a job in a queue shows


@pytest.mark.parametrize("status", ["created", "pending", "running"])
def test_an_evaluation_in_a_queue_says_for_what_and_for_how_long(connection, capsys, status):
    details = {"message": "Waiting for 2 other evaluations.", "progress": 0.0, "samples_processed": 0}
    created = (datetime.now(UTC) - timedelta(minutes=4)).isoformat()
    job = {"id": "job-1", "status": status, "created_at": created, "status_details": details}
    line = shown(connection, capsys, job, wait.wait_for_evaluation)
    assert f"{status} | Waiting for 2 other evaluations. (for 4 min)" in line


def test_an_evaluation_under_way_counts_its_rows(connection, capsys):
    details = {"message": "7 of 50 samples", "progress": 14.0, "samples_processed": 7}
    job = {"id": "job-1", "status": "running", "created_at": "2025-01-01T00:00:00", "status_details": details}
    assert "running | 7 rows done" in shown(connection, capsys, job, wait.wait_for_evaluation)
