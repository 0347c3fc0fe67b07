"""Waiting for jobs and models, with their progress. A poll that fails is a warning, not the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flywheel_helpers import polling
from flywheel_helpers.course import results
from flywheel_helpers.display import Picture, open_display
from flywheel_helpers.errors import (
    Invalid,
    JobCancelled,
    JobFailed,
    NotFound,
    ServiceError,
    Unauthorized,
    WaitTimeout,
)
from flywheel_helpers.services import customizer, evaluator, nim
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.jobs import Job

MAX_FAILED_POLLS = 20  # in a row; each of them includes the client's own retries
FINAL_ERRORS = (NotFound, Unauthorized, Invalid)  # the same request would fail again
PACE_POINTS = 5  # how many of the last reported training losses tell how fast the training is


@dataclass(frozen=True)
class View:
    """What to show of a job at one moment. A change of `state` is always shown."""

    fraction: float
    text: str
    state: str = ""
    draw: Callable[[], Picture] | None = None


def wait_for_training(nemo: Connection, job: Job, timeout: float = 6 * 3600, poll_seconds: float = 2.0) -> dict:
    """Wait until a training has finished, showing its progress and its losses.

    Args:
        job: from `customizer.train`.
        timeout: seconds to wait. The job continues after that.
        poll_seconds: time between two requests.

    Returns:
        the job as the Customizer describes it.

    Raises:
        JobFailed: the job failed; the message contains the platform's status log. JobCancelled likewise.
        WaitTimeout: it has not finished in time.
    """
    return _wait(
        f"Training {job.model}", lambda: customizer.get_job(nemo, job.id), _training_view, timeout, poll_seconds
    )


def wait_for_evaluation(nemo: Connection, job: Job, timeout: float = 2 * 3600, poll_seconds: float = 2.0) -> dict:
    """Wait until an evaluation has finished, showing its progress.

    Arguments, result and errors are those of `wait_for_training`.
    """
    return _wait(
        f"Evaluating {job.model}", lambda: evaluator.get_job(nemo, job.id), _evaluation_view, timeout, poll_seconds
    )


def wait_for_model(nemo: Connection, model: str, timeout: float = 600.0, poll_seconds: float = 2.0) -> None:
    """Wait until a model is served. NIM looks for new adapters on an interval, so a new one takes a moment.

    Args:
        model: full name, such as `namespace/name@version`.
        timeout: seconds to wait.
        poll_seconds: time between two requests.

    Raises:
        WaitTimeout: it is not served in time; the message lists the models that are.
    """
    served: list[str] = []
    with open_display(f"Waiting for {model}") as display:
        for elapsed in polling.attempts(timeout, poll_seconds):
            try:
                served = nim.list_models(nemo)
            except FINAL_ERRORS:
                raise
            except ServiceError as error:
                display.warn(f"could not ask the NIM proxy: {error.reason}")
            if model in served:
                display.done(f"{model} is served.")
                return
            display.update(min(elapsed / timeout, 1.0) if timeout else 1.0, "not served yet")
    raise WaitTimeout(
        f"{model} is not served after {elapsed:.0f} s. Served: {', '.join(served) or 'nothing'}.",
        "Run the cell again to wait longer. If it never appears, look for the adapter's name in the NIM's log.",
    )


def _wait(
    title: str,
    fetch: Callable[[], dict[str, Any]],
    view: Callable[[dict[str, Any]], View],
    timeout: float,
    poll_seconds: float,
) -> dict[str, Any]:
    failed_polls, last = 0, "nothing"
    with open_display(title) as display:
        for _ in polling.attempts(timeout, poll_seconds):
            try:
                job = fetch()
            except FINAL_ERRORS:
                raise
            except ServiceError as error:
                failed_polls += 1
                if failed_polls >= MAX_FAILED_POLLS:
                    raise
                failures = f"{failed_polls} of {MAX_FAILED_POLLS}"
                display.warn(f"could not ask for the job's status ({failures}): {error.reason}")
                continue
            failed_polls = 0
            status, now = job.get("status", "unknown"), view(job)
            if status == "completed":
                display.done(f"completed: {now.text}", now.draw() if now.draw else None)
                return job
            if status in ("failed", "cancelled"):
                raise _ended(title, job)
            display.update(now.fraction, f"{status} | {now.text}", f"{status} {now.state}", now.draw)
            last = f"{status}, {now.text}"
    raise WaitTimeout(
        f"{title}: not finished after {timeout:.0f} s. Its last known status: {last}.",
        "The job continues. Run the cell again to wait longer.",
    )


def _training_view(job: dict[str, Any]) -> View:
    details = job.get("status_details") or {}
    if job.get("status") in ("created", "pending"):
        return _queued_view(job)
    steps, total = details.get("steps_completed") or 0, _total_steps(job)
    curves = (details.get("metrics") or {}).get("metrics") or {}
    parts = [f"step {steps} of {total}" if total else f"step {steps}"]
    if left := _seconds_left(total - steps, curves.get("train_loss") or []):
        parts.append(f"about {_duration(10 * math.ceil(left / 10))} left")
    if details.get("epochs_completed") is not None:
        parts.append(f"epochs done {details['epochs_completed']}")
    for key, name in (("train_loss", "training loss"), ("val_loss", "validation loss")):
        # The latest of the curve: the job's own field is that of its best checkpoint, which may be an earlier one.
        latest = curves[key][-1]["value"] if curves.get(key) else details.get(key)
        if latest is not None:
            parts.append(f"{name} {latest:.3f}")
    # NeMo's percentage counts whole epochs only.
    fraction = steps / total if total else (details.get("percentage_done") or 0) / 100
    draw = (lambda: results.plot_losses(curves)) if any(curves.values()) else None
    return View(min(fraction, 1.0), ", ".join(parts), draw=draw)


def _total_steps(job: dict[str, Any]) -> int:
    """How many steps a training will take; 0 while the platform does not know yet."""
    hyperparameters = job.get("hyperparameters") or {}
    total = ((job.get("status_details") or {}).get("steps_per_epoch") or 0) * (hyperparameters.get("epochs") or 0)
    limit = hyperparameters.get("max_steps") or 0  # NeMo writes -1 for none
    return min(total, limit) if total and limit > 0 else total


def _seconds_left(steps: int, points: list[dict[str, Any]]) -> float:
    """How long these steps will take at the pace of the last ones; 0 if that is not known.

    Args:
        steps: still to be done.
        points: of the curve of training losses, each with its `step` and `timestamp`.
    """
    last = [point for point in points[-PACE_POINTS:] if point.get("timestamp")]
    if steps <= 0 or len(last) < 2 or last[-1]["step"] <= last[0]["step"]:
        return 0.0
    seconds = (_moment(last[-1]["timestamp"]) - _moment(last[0]["timestamp"])).total_seconds()
    return max(steps * seconds / (last[-1]["step"] - last[0]["step"]), 0.0)


def _evaluation_view(job: dict[str, Any]) -> View:
    details = job.get("status_details") or {}
    rows, fraction = details.get("samples_processed"), min((details.get("progress") or 0) / 100, 1.0)
    # One that waits for others may be reported as running.
    if job.get("status") in ("created", "pending") or (not rows and not fraction and job.get("status") == "running"):
        return _queued_view(job)
    if rows is not None:
        return View(fraction, f"{rows} row{'s' * (rows != 1)} done")
    return View(fraction, details.get("message") or f"{fraction:.0%} done")


def _queued_view(job: dict[str, Any]) -> View:
    """What a job waits for, in the platform's own words where it gives any, and for how long; a line each minute."""
    details = job.get("status_details") or {}
    logs = details.get("status_logs") or []
    reason = (logs[-1].get("message") if logs else details.get("message")) or "waiting to start"
    since = logs[-1].get("updated_at") if logs else job.get("created_at")
    if not since:
        return View(0.0, reason, reason)
    # Never less than nothing: the platform's clock may be ahead of ours.
    seconds = max(0.0, (datetime.now(UTC) - _moment(since)).total_seconds())
    return View(0.0, f"{reason} (for {_duration(seconds)})", f"{reason} {seconds // 60:.0f}")


def _moment(timestamp: str) -> datetime:
    moment = datetime.fromisoformat(timestamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _ended(title: str, job: dict[str, Any]) -> JobFailed:
    details = job.get("status_details") or {}
    logs = [
        " ".join(str(part) for part in (entry.get("message"), entry.get("detail")) if part)
        for entry in details.get("status_logs") or []
    ]
    said = "\n    ".join(logs[-8:] or [details.get("message") or "the platform gives no reason"])
    if job.get("status") == "cancelled":
        return JobCancelled(
            f"{title}: the job {job.get('id')} was cancelled.\n    {said}",
            "Run the cell that starts it again to create a new one.",
        )
    return JobFailed(
        f"{title}: the job {job.get('id')} failed.\n    {said}",
        "Fix what the log names, then run the cell that starts it again. Everything stored is still there.",
    )
