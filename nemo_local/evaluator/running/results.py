"""From the records of the rows to the results of a job."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from nemo_local.evaluator.metrics import Metric
from nemo_local.evaluator.plan import Plan
from nemo_local.evaluator.running.engine import EvaluationFailed
from nemo_local.evaluator.running.model_client import sample_of
from nemo_local.evaluator.templates import RenderError

SHOWN_ERRORS = 5


def task_results(plan: Plan, records: list[dict]) -> dict[str, Any]:
    """The ``tasks`` of an evaluation result.

    Args:
        plan: the plan that ran.
        records: of all rows.

    Returns:
        By task: ``metrics.<metric>.scores.<score>.{value, stats}``, and ``data`` with the numbers of samples and of
        errors and the first few errors. Rows that failed are counted, with 0.
    """
    results = {}
    for task in plan.tasks:
        of_task = sorted((r for r in records if r["task"] == task.name), key=lambda r: r["index"])
        errors = [f"sample {r['index']}: {r['error']}" for r in of_task if r["error"]]
        results[task.name] = {
            "data": {"samples": len(of_task), "errors": len(errors), "first_errors": errors[:SHOWN_ERRORS]},
            "metrics": {name: {"scores": _scores(name, metric, of_task)} for name, metric in task.metrics.items()},
        }
    return results


def _scores(name: str, metric: Metric, records: list[dict]) -> dict[str, dict]:
    scores = {}
    for score in metric.scores:
        stats = statistics([record["scores"][name][score] for record in records])
        scores[score] = {"value": stats["mean"], "stats": stats}
    try:
        aggregates = metric.aggregate([(r["item"], _sample(r)) for r in records])
    except RenderError as error:
        raise EvaluationFailed(
            f"{name} cannot be computed over all rows: {error}. Of the answer, only the message is kept until then, so "
            "use sample.output_text, sample.tool_calls or sample.response.choices[0].message."
        ) from error
    for score, value in aggregates.items():
        scores[score] = {"value": value, "stats": {"count": len(records)}}
    return scores


def _sample(record: dict) -> dict | None:
    if record["error"]:
        return None
    message = record["response"]
    return sample_of(message, {"choices": [{"message": message}]}) if message else {}


def statistics(scores: list[float | None]) -> dict[str, float | int]:
    """Count, sum, mean, extremes, and population variance and standard deviation, as the SDK's ``ScoreStats``.

    Args:
        scores: at least one number. None, of a judge that gave no score, is left out and counted as ``nan_count``.
    """
    values = [score for score in scores if score is not None]
    count, total = len(values), math.fsum(values)
    mean = total / count
    variance = math.fsum((value - mean) ** 2 for value in values) / count
    return {
        "count": count,
        **({"nan_count": len(scores) - count} if count < len(scores) else {}),
        "sum": total,
        "mean": mean,
        "min": min(values),
        "max": max(values),
        "variance": variance,
        "stddev": math.sqrt(variance),
    }


def write_results_zip(path: Path, result: dict, records: list[dict]) -> None:
    """Write the archive of a job: ``results.json``, and ``samples.jsonl`` with a line a row in the dataset's order."""
    tasks = list(dict.fromkeys(record["task"] for record in records))
    in_order = sorted(records, key=lambda record: (tasks.index(record["task"]), record["index"]))
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in in_order)
    write_zip(
        path,
        [("results.json", json.dumps(result, ensure_ascii=False, indent=2)), ("samples.jsonl", "".join(lines))],
    )


def write_zip(path: Path, files: list[tuple[str, str]]) -> None:
    """Write ``(name, text)`` pairs into a zip file, whole or not at all."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
        try:
            with ZipFile(unfinished, "w", ZIP_DEFLATED) as archive:
                for name, text in files:
                    archive.writestr(name, text)
        except BaseException:
            Path(unfinished.name).unlink()
            raise
    Path(unfinished.name).replace(path)
