"""Runs a plan: asks the model about every row, many at a time, and scores the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from nemo_local.common.errors import ApiError
from nemo_local.evaluator.datasets import Row
from nemo_local.evaluator.endpoints import Endpoint, served_models
from nemo_local.evaluator.plan import Plan, Task
from nemo_local.evaluator.running.model_client import ModelClient, RequestFailed
from nemo_local.evaluator.templates import RenderError

GIVE_UP_AFTER = 20
"""Samples in a row that failed because the target was unavailable, each after all its retries: it is gone."""


class EvaluationFailed(Exception):
    """The evaluation cannot give a result; the text says why and what to do."""


@dataclass(frozen=True)
class Question:
    """One row of one task and what to ask about it.

    Args:
        task: the task.
        index: number of the row in its task, from 0.
        row: the row.
        body: the request without the model and the defaults; None where no model is asked.
    """

    task: Task
    index: int
    row: Row
    body: dict | None


def make_questions(plan: Plan, rows: dict[str, list[Row]]) -> list[Question]:
    """Render all requests, so that a wrong template or row is found before the first one is sent.

    Args:
        plan: the plan.
        rows: the rows by name of the task.

    Raises:
        EvaluationFailed: naming the file, the line and what is wrong.
    """
    try:
        return [
            Question(task, index, row, task.request(row))
            for task in plan.tasks
            for index, row in enumerate(rows[task.name])
        ]
    except RenderError as error:
        raise EvaluationFailed(str(error)) from error


async def run(
    plan: Plan, questions: list[Question], endpoint: Endpoint | None, on_record: Callable[[dict], None]
) -> None:
    """Ask and score, with ``plan.params.parallelism`` requests in flight.

    Args:
        plan: for the common parameters.
        questions: what is still to be asked.
        endpoint: where; None when no task asks a model.
        on_record: called with the record of each row as it is done: ``task``, ``index``, ``item``, ``request``,
            ``response`` (the assistant's message), ``scores`` (by metric, then by name) and ``error``.

    Raises:
        EvaluationFailed: the model is no longer served, or the target is gone.
    """
    if endpoint is None:
        for question in questions:
            on_record(_record(question, None, {}, None))
            await asyncio.sleep(0)  # lets a cancellation in
        return

    params, defaults = plan.params, plan.request_defaults()
    pending = iter(questions)
    failed_in_a_row = 0

    async def work() -> None:
        nonlocal failed_in_a_row
        for question in pending:  # shared by all workers: each takes the next one
            if question.body is None:
                on_record(_record(question, None, {}, None))
                continue
            request = {"model": endpoint.model_id, **defaults, **question.body}
            try:
                sample = await client.ask(question.task.kind, request)
            except RequestFailed as failure:
                failed_in_a_row = failed_in_a_row + 1 if failure.unavailable else 0
                await _stop_if_gone(endpoint, failure, failed_in_a_row)
                on_record(_record(question, request, {}, str(failure)))
            else:
                failed_in_a_row = 0
                on_record(_record(question, request, sample, None))

    async with ModelClient(endpoint, params.parallelism, params.request_timeout, params.max_retries) as client:
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(params.parallelism, len(questions))):
                    workers.create_task(work())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None


async def _stop_if_gone(endpoint: Endpoint, failure: RequestFailed, failed_in_a_row: int) -> None:
    # Zeros for every row that is left would look like a verdict on the model.
    if failed_in_a_row >= GIVE_UP_AFTER:
        raise EvaluationFailed(
            f"Gave up: the target could not answer {failed_in_a_row} samples in a row. The last one: {failure}"
        )
    if failure.status == 404:
        try:
            known = await served_models(endpoint)
        except ApiError:
            return
        if endpoint.model_id not in known:
            raise EvaluationFailed(
                f"The model {endpoint.model_id!r} is no longer served at {endpoint.url}; it serves: "
                f"{', '.join(known) or 'none'}. Deploy it and create the job again."
            ) from failure


def _record(question: Question, request: dict | None, sample: dict, error: str | None) -> dict:
    """A row without an answer, or with one that cannot be scored, counts 0 in every score and says why."""
    metrics, item = question.task.metrics, question.row.item
    scores = {name: dict.fromkeys(metric.scores, 0.0) for name, metric in metrics.items()}
    if error is None:
        try:
            scores = {name: metric.score(item, sample) for name, metric in metrics.items()}
        except RenderError as failure:
            error = f"The answer cannot be scored: {failure}"
    return {
        "task": question.task.name,
        "index": question.index,
        "item": item,
        "request": request,
        "response": sample.get("message"),
        "scores": scores,
        "error": error,
    }
