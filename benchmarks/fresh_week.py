"""How much better version 2 is on questions that nobody has seen: `python benchmarks/fresh_week.py --seed 7`.

Notebook 06 measures on this week's questions. Once its recipe has been changed after a look at the result, that figure
is one of development. This makes another week with the same tools and phrasings, from a seed of your choice, leaves out
what is near a question of the three weeks, and asks both versions. Use each seed once.

The platform must be up, with the models of notebooks 02 and 06 on it. Prints Markdown, with 95 % intervals.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from flywheel_helpers import checkout, connect
from flywheel_helpers.course import answers, in_use, wait
from flywheel_helpers.data import xlam
from flywheel_helpers.services import data_store, evaluator
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.statistics import SCORE_NAMES, compare
from sample_data import production


def fresh_questions(seed: int, count: int) -> list[production.Row]:
    """The first questions of another seed's week that are not near any of the course's three weeks.

    Raises:
        ValueError: the seed is the course's own, or too few questions are left.
    """
    if seed == 42:
        raise ValueError("seed 42 makes the course's own weeks; take another")
    seen = [production.words(row["query"]) for rows in production.production_log().weeks().values() for row in rows]
    fresh = [
        row
        for row in production.production_log(seed).this_week
        if all(production.similarity(production.words(row["query"]), other) < production.NEAR for other in seen)
    ]
    if len(fresh) < count:
        raise ValueError(f"seed {seed} has only {len(fresh)} questions that are far from the course's")
    return fresh[:count]


def upload(nemo: Connection, questions: list[production.Row]) -> None:
    """Make the questions the exam of a dataset of their own. It needs training rows too, which nobody trains on."""
    rows = xlam.convert(questions, xlam.to_evaluation_row).rows
    practice = xlam.convert(xlam.load_sample().validation[:2], xlam.to_customization_row).rows
    with tempfile.TemporaryDirectory() as folder:
        for path, content in zip(data_store.FILES, (practice, practice, rows), strict=True):
            xlam.write_jsonl(content, Path(folder) / path)
        data_store.upload_dataset(nemo, Path(folder))


def main() -> None:
    """Ask both versions and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True, help="of the week; any but 42")
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    try:
        questions = fresh_questions(arguments.seed, arguments.questions)
    except ValueError as error:
        parser.error(str(error))
    nemo = connect(checkout.load_config())
    fresh = nemo.with_dataset(f"fresh-week-{arguments.seed}")
    upload(fresh, questions)
    version_2, former = in_use.resolve(nemo), in_use.former(nemo)
    if version_2 is None or not former:
        parser.error("no version 2 has been promoted over a version 1: run notebook 06 first")
    right: dict[str, list[bool]] = {}
    table = [
        f"| seed {arguments.seed}, {len(questions)} questions | {' | '.join(SCORE_NAMES.values())} |",
        "| --- | --- | --- |",
    ]
    for name, model in (("version 1", former[0]), ("version 2", version_2)):
        job = evaluator.evaluate(fresh, model)
        wait.wait_for_evaluation(fresh, job)
        scores = evaluator.scores(fresh, job)
        table.append(f"| {name}, {model} | {' | '.join(str(getattr(scores, score)) for score in SCORE_NAMES)} |")
        right[name] = [answers.is_right(sample) for sample in evaluator.samples(fresh, job)]
    print("\n".join(table))
    found = compare(*right.values())
    print(f"\n{found.gained} gained, {found.lost} lost, p = {found.p:.2g}. Right functions and arguments, by need:\n")
    needs = [question["need"] for question in questions]
    for need in dict.fromkeys(needs):
        counts = [sum(r for r, n in zip(rights, needs, strict=True) if n == need) for rights in right.values()]
        print(f"- {need}: {' and '.join(map(str, counts))} of {needs.count(need)}")


if __name__ == "__main__":
    main()
