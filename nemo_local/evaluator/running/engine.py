"""Runs a plan: asks the model about every row, many at a time, and scores the answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from nemo_local.common.errors import ApiError
from nemo_local.evaluator.datasets import Row
from nemo_local.evaluator.endpoints import Endpoint, served_models
from nemo_local.evaluator.metrics.llm_judge import Judgement, LlmJudge
from nemo_local.evaluator.plan import Plan, Task
from nemo_local.evaluator.running.model_client import ModelClient, RequestFailed
from nemo_local.evaluator.templates import RenderError

Judges = dict[LlmJudge, Endpoint]
"""Where each judge answers."""

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
    plan: Plan,
    questions: list[Question],
    endpoint: Endpoint | None,
    judges: Judges,
    on_record: Callable[[dict], None],
) -> None:
    """Ask and score, with ``plan.params.parallelism`` rows in flight.

    Args:
        plan: for the common parameters.
        questions: what is still to be asked.
        endpoint: where; None when no task asks a model.
        judges: where the models are that judge.
        on_record: called with the record of each row as it is done: ``task``, ``index``, ``item``, ``request``,
            ``response`` (the assistant's message), ``scores`` (by metric, then by name), ``judged`` (what judges said,
            by metric) and ``error``.

    Raises:
        EvaluationFailed: the model is no longer served, or the target or a judge is gone.
    """
    params, defaults = plan.params, plan.request_defaults()
    pending = iter(questions)
    failed_in_a_row: Counter[Endpoint] = Counter()

    async def ask(place: Endpoint, kind: str, request: dict) -> dict:
        try:
            sample = await clients[place].ask(kind, request)
        except RequestFailed as failure:
            failed_in_a_row[place] = failed_in_a_row[place] + 1 if failure.unavailable else 0
            await _stop_if_gone(place, failure, failed_in_a_row[place])
            raise
        failed_in_a_row[place] = 0
        return sample

    async def judgements(question: Question, sample: dict) -> dict[str, Judgement]:
        found = {}
        for name, metric in question.task.metrics.items():
            if isinstance(metric, LlmJudge):
                place = judges[metric]
                try:
                    request = {"model": place.model_id, **metric.request(question.row.item, sample)}
                    found[name] = metric.read((await ask(place, "chat-completion", request))["output_text"])
                except (RequestFailed, RenderError) as failure:
                    found[name] = Judgement(dict.fromkeys(metric.scores), problem=str(failure))
        return found

    async def work() -> None:
        for question in pending:  # shared by all workers: each takes the next one
            request, sample = None, {}
            if question.body is not None:
                request = {"model": endpoint.model_id, **defaults, **question.body}
                try:
                    sample = await ask(endpoint, question.task.kind, request)
                except RequestFailed as failure:
                    on_record(_record(question, request, {}, {}, str(failure)))
                    continue
            on_record(_record(question, request, sample, await judgements(question, sample), None))
            await asyncio.sleep(0)  # lets a cancellation in

    async with AsyncExitStack() as stack:
        clients = {
            place: await stack.enter_async_context(
                ModelClient(place, params.parallelism, params.request_timeout, params.max_retries)
            )
            for place in {endpoint, *judges.values()} - {None}
        }
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


def _record(
    question: Question, request: dict | None, sample: dict, judged: dict[str, Judgement], error: str | None
) -> dict:
    """A row without an answer, or with one that cannot be scored, counts 0 in every score and says why. Where a judge
    gave no score, there is none."""
    metrics, item = question.task.metrics, question.row.item
    scores = {
        name: dict.fromkeys(metric.scores, None if isinstance(metric, LlmJudge) else 0.0)
        for name, metric in metrics.items()
    }
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
        "scores": {**scores, **{name: one.scores for name, one in judged.items()}},
        "judged": {name: {"answer": one.answer, "problem": one.problem} for name, one in judged.items()},
        "error": error,
    }
