"""What more rows, or another seed, do to the accuracy: `python benchmarks/accuracy.py --rows 400 2000 --seeds 42`.

Trains once for each number of rows and each seed, with notebook 02's hyperparameters, and has the model answer the two
exams of notebook 03, or with `--split development` the questions that choices are made on. The platform must be up.
Everything is made in a namespace of its own, and an interrupted run resumes where it stopped. Prints Markdown with 95 %
intervals; `--json` adds every result to a file, where none is measured twice, and `--picture` draws its exam results.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flywheel_helpers import checkout
from flywheel_helpers.course import answers, results, wait
from flywheel_helpers.data import xlam
from flywheel_helpers.services import customizer, data_store, evaluator
from flywheel_helpers.services.connection import Connection, connect
from flywheel_helpers.statistics import SCORE_NAMES, Score

NAMESPACE = "accuracy-benchmark"
NO_TOOL_SHARE = 0.2  # as in notebook 01
VALIDATION_ROWS = 32  # as in notebook 01
EXAMS = {"exam": ("testing", "practised"), "development": ("development",)}

Result = dict[str, Any]


def dataset(nemo: Connection, rows: int, split: str) -> Connection:
    """Upload a dataset with so many training rows and the questions of a split, and return a connection that uses it.

    Raises:
        ValueError: the sample has fewer rows.
    """
    data = xlam.load_sample()
    practice = xlam.for_practice(data.training, rows, NO_TOOL_SHARE)
    if len(practice) < rows:
        raise ValueError(f"the sample has {len(practice)} training rows, not {rows}")
    questions = [xlam.convert(getattr(data, part), xlam.to_evaluation_row).rows for part in EXAMS[split]]
    parts = [
        xlam.convert(practice, xlam.to_customization_row).rows,
        xlam.convert(data.validation[:VALIDATION_ROWS], xlam.to_customization_row).rows,
        *questions,
    ]
    connection = nemo.with_dataset(f"rows-{rows}")  # the same for both splits, so that one training serves both
    with tempfile.TemporaryDirectory() as folder:
        for path, content in zip((*data_store.FILES, data_store.PRACTISED_FILE), parts, strict=False):
            xlam.write_jsonl(content, Path(folder) / path)
        data_store.upload_dataset(connection, Path(folder))
    return connection


def measure(nemo: Connection, rows: int, seed: int, split: str) -> Result:
    """Train with so many rows and this seed, and mark the answers to each exam of a split."""
    connection = dataset(nemo, rows, split)
    model = f"{NAMESPACE}/rows-{rows}-{seed}@v1"
    connection.settings = replace(connection.settings, custom_model=model)
    job = customizer.train(connection, customizer.Hyperparameters(seed=seed))
    numbers = customizer.training_numbers(wait.wait_for_training(connection, job))
    wait.wait_for_model(connection, job.model)
    result: Result = {"rows": rows, "seed": seed, "split": split, **numbers, "exams": {}}
    for part, file in zip(EXAMS[split], (data_store.FILES[-1], data_store.PRACTISED_FILE), strict=False):
        exam = evaluator.evaluate(connection, job.model, test_file=file)
        wait.wait_for_evaluation(connection, exam)
        result["exams"][part] = {
            **evaluator.scores(connection, exam).numbers(),
            "right_by_calls": by_calls(evaluator.samples(connection, exam)),
        }
    return result


def by_calls(samples: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """By how many calls a question needs: how many answers are fully right, and of how many."""
    counts: dict[str, list[int]] = {}
    for sample in sorted(samples, key=_calls_needed):
        count = counts.setdefault(str(_calls_needed(sample)), [0, 0])
        count[0] += answers.is_right(sample)
        count[1] += 1
    return counts


def _calls_needed(sample: dict[str, Any]) -> int:
    return len(sample["item"].get("tool_calls") or [])


def table(measured: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    lines = [
        f"| rows, seed | exam | {' | '.join(SCORE_NAMES.values())} | fully right with 0, 1, 2 calls | training |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in sorted(measured, key=lambda one: (one["rows"], one["seed"])):
        for part, scores in one["exams"].items():
            cells = [str(score_of(scores, name)) for name in SCORE_NAMES]
            kinds = ", ".join(f"{right} of {n}" for right, n in scores["right_by_calls"].values())
            speed = f"{one['seconds'] / 60:.0f} min, {one['tokens_per_second']:.0f} tokens/s"
            lines.append(f"| {one['rows']}, {one['seed']} | {part} | {' | '.join(cells)} | {kinds} | {speed} |")
    return "\n".join(lines)


def picture(measured: Sequence[Result]) -> bytes:
    """Accuracy over the number of rows as a PNG: right functions and arguments, with 95 % intervals."""
    figure, axes = results.new_figure(6.4, 3.8)
    styles = {"testing": ("o-", "functions never seen"), "practised": ("s--", "practised functions, new questions")}
    for part, (style, label) in styles.items():
        points = sorted((one["rows"], one["exams"][part]) for one in measured if part in one["exams"])
        scores = [score_of(scores, "function_name_and_args_accuracy") for _, scores in points]
        values = [score.value for score in scores]
        spread = [[s.value - s.low for s in scores], [s.high - s.value for s in scores]]
        axes.errorbar([rows for rows, _ in points], values, yerr=spread, fmt=style, capsize=4, label=label)
    axes.set_xscale("log")
    ticks = sorted({one["rows"] for one in measured})
    axes.set_xticks(ticks, [f"{rows:,}" for rows in ticks])
    axes.minorticks_off()
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_xlabel("training rows")
    axes.set_title("Right functions and arguments")
    axes.legend(frameon=False, loc="upper left")
    return results.to_picture(figure, "").png


def score_of(scores: dict[str, Any], name: str) -> Score:
    """A score as it was written into a result."""
    return Score(**scores[name], n=scores["n"])


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[], help="numbers of training rows")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42], help="seeds of the training")
    parser.add_argument("--split", choices=EXAMS, default="exam", help="what is asked")
    parser.add_argument("--json", type=Path, help="a file of results; new ones are added to those in it")
    parser.add_argument("--picture", type=Path, help="write a PNG of all results, accuracy over rows")
    arguments = parser.parse_args()
    measured: list[Result] = []
    if arguments.json and arguments.json.exists():
        measured = json.loads(arguments.json.read_text(encoding="utf-8"))
    if arguments.rows:
        nemo = connect(checkout.load_config())
        nemo.settings = replace(nemo.settings, namespace=NAMESPACE)
        there = {(one["rows"], one["seed"], one["split"]) for one in measured}
        for rows, seed in ((rows, seed) for rows in arguments.rows for seed in arguments.seeds):
            if (rows, seed, arguments.split) in there:
                continue
            try:
                measured.append(measure(nemo, rows, seed, arguments.split))
            except ValueError as error:
                parser.error(str(error))
            if arguments.json:
                arguments.json.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    print(table(measured))
    if arguments.picture:
        if not any(one["split"] == "exam" for one in measured):
            parser.error("there is no result of the exam to draw")
        arguments.picture.write_bytes(picture(measured))


if __name__ == "__main__":
    main()
