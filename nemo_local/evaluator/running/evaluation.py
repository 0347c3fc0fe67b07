"""One evaluation from beginning to end: rows, questions, answers, results. Jobs and live evaluations share it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nemo_local.evaluator.datasets import DatasetError, DatasetUnavailable, Row, Source, fetch, read_rows
from nemo_local.evaluator.endpoints import Endpoint
from nemo_local.evaluator.metrics import LlmJudge
from nemo_local.evaluator.plan import Plan, Task
from nemo_local.evaluator.running.engine import EvaluationFailed, Judges, make_questions, run
from nemo_local.evaluator.running.job_files import JobFiles
from nemo_local.evaluator.running.results import task_results
from tool_calling import strict_json

FETCH_PAUSES = (0.5, 1, 2, 4)
"""Seconds between attempts to fetch a dataset. A platform that stops closes its Data Store a little before its jobs,
which must not take that for a failure."""


class Progress:
    """How far an evaluation is, in the shape of the SDK's ``EvaluationStatusDetails``.

    Args:
        totals: number of rows by task.
        on_change: called with the details after every row.
    """

    def __init__(self, totals: dict[str, int], on_change: Callable[[dict], None]) -> None:
        self._totals = totals
        self._done = dict.fromkeys(totals, 0)
        self._errors = 0
        self._on_change = on_change

    def add(self, record: dict) -> None:
        """Count one row."""
        self._done[record["task"]] += 1
        self._errors += record["error"] is not None
        self._on_change(self.details())

    def details(self) -> dict[str, Any]:
        """The details now."""
        done, total = sum(self._done.values()), sum(self._totals.values())
        errors = f", {self._errors} with an error" if self._errors else ""
        return {
            "message": f"{done} of {total} samples{errors}",
            "progress": round(100 * done / total, 1),
            "samples_processed": done,
            "task_status": {task: self._state(task) for task in self._totals},
        }

    def _state(self, task: str) -> str:
        done = self._done[task]
        return "completed" if done == self._totals[task] else "running" if done else "pending"


async def evaluate(
    plan: Plan,
    target_rows: list[dict] | None,
    endpoint: Endpoint | None,
    judges: Judges,
    files: JobFiles,
    hub_endpoint: str,
    on_progress: Callable[[dict], None],
) -> dict[str, Any]:
    """Run a plan. What ``files`` already holds from an earlier run is not asked again.

    Args:
        plan: what to do.
        target_rows: rows given with the target, for tasks without a dataset.
        endpoint: where the model is; None when no task asks one.
        judges: where the models are that judge.
        files: where datasets and records are kept.
        hub_endpoint: Hub endpoint of the Data Store.
        on_progress: called with status details after every row.

    Returns:
        The ``tasks`` of the result.

    Raises:
        DatasetError: a dataset cannot be had or read.
        EvaluationFailed: a template does not fit a row, the target is gone, or not one row got an answer.
    """
    rows = {
        task.name: await _load(task, target_rows, files.dataset(number), hub_endpoint)
        for number, task in enumerate(plan.tasks)
    }
    # In a thread, as is the reading: thousands of rows must not hold up the other jobs.
    questions = await asyncio.to_thread(make_questions, plan, rows)
    progress = Progress({name: len(of_task) for name, of_task in rows.items()}, on_progress)
    done = set()
    for record in files.records():
        done.add((record["task"], record["index"]))
        progress.add(record)
    pending = [q for q in questions if (q.task.name, q.index) not in done]
    files.log(f"{len(questions)} samples, {len(done)} of them done before")

    def keep(record: dict) -> None:
        files.append(record)
        for name, said in record["judged"].items():
            if said["problem"]:
                files.log(f"task {record['task']}, sample {record['index']}, {name}: no score, {said['problem']}")
        if record["error"]:
            files.log(f"task {record['task']}, sample {record['index']}: {record['error']}")
        progress.add(record)

    await run(plan, pending, endpoint, judges, keep)
    records = files.records()
    if all(record["error"] for record in records):
        raise EvaluationFailed(f"None of the {len(records)} samples could be scored. The first: {records[0]['error']}")
    for task in plan.tasks:
        for name, metric in task.metrics.items():
            of_task = [record for record in records if record["task"] == task.name]
            if isinstance(metric, LlmJudge) and not any(_scored(record, name) for record in of_task):
                problems = (record["judged"][name]["problem"] for record in of_task if name in record["judged"])
                why = next(problems, of_task[0]["error"])
                raise EvaluationFailed(f"The judge {name} gave no score for any of {len(of_task)} samples: {why}")
    return task_results(plan, records)


def _scored(record: dict, metric: str) -> bool:
    return all(value is not None for value in record["scores"][metric].values())


async def _load(task: Task, target_rows: list[dict] | None, directory: Path, hub_endpoint: str) -> list[Row]:
    if task.dataset is None:
        rows = [Row(f"target.rows, row {number}", item) for number, item in enumerate(target_rows or [], start=1)]
        for row in rows:
            try:
                strict_json.check(row.item)
            except strict_json.NotStrict as error:
                raise DatasetError(f"{row.where}: {error}") from error
        return rows[: task.limit]
    path = await _fetch(task.dataset, hub_endpoint, directory)
    return await asyncio.to_thread(read_rows, path, path.relative_to(directory).as_posix(), task.limit)


async def _fetch(source: Source, hub_endpoint: str, directory: Path) -> Path:
    for pause in FETCH_PAUSES:
        try:
            return await asyncio.to_thread(fetch, source, hub_endpoint, directory)
        except DatasetUnavailable:
            await asyncio.sleep(pause)
    return await asyncio.to_thread(fetch, source, hub_endpoint, directory)
