"""Waiting for jobs, with something to look at. A poll that fails is a warning, not the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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

MAX_FAILED_POLLS = 20  # in a row; each has the client's own retries inside
# Errors that asking again does not mend.
FINAL_ERRORS = (NotFound, Unauthorized, Invalid)


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
        timeout: seconds until giving up; the job goes on all the same.
        poll_seconds: time between two looks.

    Returns:
        the job as the Customizer knows it.

    Raises:
        JobFailed: with the platform's status log. JobCancelled likewise.
        WaitTimeout: it is not finished in time.
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
        timeout: seconds until giving up.
        poll_seconds: time between two looks.

    Raises:
        WaitTimeout: it is not served in time; the message lists the models that are.
    """
    started = time.monotonic()
    with open_display(f"Waiting for {model}") as display:
        served: list[str] = []
        while True:
            elapsed = time.monotonic() - started
            try:
                served = nim.list_models(nemo)
            except ServiceError as error:
                display.warn(f"could not ask the NIM proxy: {error.reason}")
            if model in served:
                display.done(f"{model} is served.")
                return
            if elapsed > timeout:
                raise WaitTimeout(
                    f"{model} is not served after {elapsed:.0f} s. Served: {', '.join(served) or 'nothing'}.",
                    "Run the cell again to wait longer. If it never appears, see the NIM's log for the adapter's name.",
                )
            display.update(min(elapsed / timeout, 1.0), "not served yet")
            time.sleep(poll_seconds)


def _wait(
    title: str,
    fetch: Callable[[], dict[str, Any]],
    view: Callable[[dict[str, Any]], View],
    timeout: float,
    poll_seconds: float,
) -> dict[str, Any]:
    started, failed_polls, last = time.monotonic(), 0, "nothing"
    with open_display(title) as display:
        while True:
            try:
                job = fetch()
                failed_polls = 0
            except FINAL_ERRORS:
                raise
            except ServiceError as error:
                failed_polls += 1
                if failed_polls >= MAX_FAILED_POLLS:
                    raise
                display.warn(f"could not ask how the job is ({failed_polls} of {MAX_FAILED_POLLS}): {error.reason}")
            else:
                status, now = job.get("status", "unknown"), view(job)
                if status == "completed":
                    display.done(f"completed: {now.text}", now.draw() if now.draw else None)
                    return job
                if status in ("failed", "cancelled"):
                    raise _ended(title, job)
                display.update(now.fraction, f"{status} | {now.text}", f"{status} {now.state}", now.draw)
                last = f"{status}, {now.text}"
            if time.monotonic() - started > timeout:
                raise WaitTimeout(
                    f"{title}: not finished after {timeout:.0f} s. The last that was heard of it: {last}.",
                    "The job goes on. Run the cell again to wait more.",
                )
            time.sleep(poll_seconds)


def _training_view(job: dict[str, Any]) -> View:
    details = job.get("status_details") or {}
    if job.get("status") in ("created", "pending"):
        return _pending_view(job)
    parts = [f"step {details.get('steps_completed') or 0}"]
    if details.get("epochs_completed") is not None:
        parts.append(f"epochs done {details['epochs_completed']}")
    curves = (details.get("metrics") or {}).get("metrics") or {}
    for key, name in (("train_loss", "training loss"), ("val_loss", "validation loss")):
        # The latest of the curve: the job's own field is that of its best checkpoint, and stands still meanwhile.
        latest = curves[key][-1]["value"] if curves.get(key) else details.get(key)
        if latest is not None:
            parts.append(f"{name} {latest:.3f}")
    draw = (lambda: results.plot_losses(curves)) if any(curves.values()) else None
    return View(min((details.get("percentage_done") or 0) / 100, 1.0), ", ".join(parts), draw=draw)


def _evaluation_view(job: dict[str, Any]) -> View:
    details = job.get("status_details") or {}
    if job.get("status") in ("created", "pending"):
        return _pending_view(job)
    fraction = min((details.get("progress") or 0) / 100, 1.0)
    if details.get("samples_processed") is not None:
        return View(fraction, f"{details['samples_processed']} rows done")
    return View(fraction, details.get("message") or f"{fraction:.0%} done")


def _pending_view(job: dict[str, Any]) -> View:
    """The platform's own reason, where it gives one, and for how long it has been so; a line each minute."""
    details = job.get("status_details") or {}
    logs = details.get("status_logs") or []
    reason = (logs[-1].get("message") if logs else details.get("message")) or "waiting to start"
    since = logs[-1].get("updated_at") if logs else job.get("created_at")
    if not since:
        return View(0.0, reason, reason)
    seconds = _age(since)
    return View(0.0, f"{reason} (for {_words(seconds)})", f"{reason} {seconds // 60:.0f}")


def _age(timestamp: str) -> float:
    moment = datetime.fromisoformat(timestamp)
    return (datetime.now(UTC) - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds()


def _words(seconds: float) -> str:
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
            "Run the cell that starts it again, for a new one.",
        )
    return JobFailed(
        f"{title}: the job {job.get('id')} failed.\n    {said}",
        "Correct what the log names, then run the cell that starts it again. What was stored is still there.",
    )
