"""Training, validation and test from one list of rows: by function where there are enough, else by question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from flywheel_helpers.data import curation, splits
from flywheel_helpers.data.tool_schema import json_list
from flywheel_helpers.errors import DataError
from sample_data import SampleData

Row = dict[str, Any]

ENOUGH_FUNCTIONS = 10  # with fewer, 15 % of them would be one: a score of that one function
ENOUGH_TEST_ROWS = 10
# A row that offers functions of both sides belongs to neither. If more than a quarter does, the price is too high.
ENOUGH_KEPT = 0.75
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1  # of the questions, where those are what is divided


@dataclass(frozen=True)
class Divided:
    """The parts, and how they came about.

    Args:
        data: in the type of `xlam.load_sample`.
        how: by what the rows were divided, and why.
        leaked: how many rows were left out because they ask nearly what a test row asks.
    """

    data: SampleData
    how: str
    leaked: int

    def rows(self) -> list[Row]:
        """All rows, each with its part as `split`, so that a file keeps the division."""
        return [{**row, "split": part} for part, rows in self.data.splits().items() for row in rows]


def divide(rows: Sequence[Row], seed: int = 42) -> Divided:
    """Divide rows: as they say themselves in `split`, or else by a rule that divides the same rows the same way.

    Rows to train on that ask nearly what a test row asks are left out.

    Args:
        rows: good ones, in the form of xLAM.
        seed: of the random choice.

    Raises:
        DataError: a part has no rows.
    """
    if any("split" in row for row in rows):
        data, how = _as_they_say(rows, seed), "as the field split says"
    elif isinstance(by_function := _by_function(rows, seed), SampleData):
        data, how = by_function, "by function: those of the test occur nowhere else"
    else:
        data, how = (
            _by_question(rows, seed),
            f"by question, and the test has functions that are practised: {by_function}",
        )
    exam = [curation.words(row["query"]) for row in data.testing]
    training, validation = _not_in(data.training, exam), _not_in(data.validation, exam)
    counts = [len(training), len(validation), len(data.testing)]
    if not all(counts):
        raise DataError(
            f"There are {counts[0]} rows to train on, {counts[1]} to validate with and {counts[2]} to test with",
            "Add rows, as different as the questions will be: each part needs some, and the training the most.",
        )
    leaked = len(data.training) + len(data.validation) - counts[0] - counts[1]
    parts = (_mixed(part, seed) for part in (training, validation, data.testing))
    return Divided(SampleData(*parts), how, leaked)


def hold_out(names: Sequence[str], seed: int = 42) -> set[str]:
    """Functions for the test, chosen before there are rows; none where there are too few functions."""
    if len(names) < ENOUGH_FUNCTIONS:
        return set()
    return set(Random(f"held out {seed}").sample(sorted(names), max(2, round(len(names) * 0.15))))


def _mixed(rows: Sequence[Row], seed: int) -> list[Row]:
    """The same rows in the same order, whatever order they came in. Later steps take the first so many of a part, and a
    file may be sorted by tool."""
    return Random(seed).sample(sorted(rows, key=lambda row: (row["query"], row["tools"])), len(rows))


def _as_they_say(rows: Sequence[Row], seed: int) -> SampleData:
    parts: dict[str, list[Row]] = {"training": [], "validation": [], "testing": []}
    for row in rows:
        parts[row.get("split", "training")].append({key: value for key, value in row.items() if key != "split"})
    if not parts["validation"]:  # many have a training and a test file only
        parts["training"] = _mixed(parts["training"], seed)
        size = round(len(parts["training"]) * VALIDATION_SHARE)
        parts["validation"], parts["training"] = parts["training"][:size], parts["training"][size:]
    return SampleData(**parts)


def _by_function(rows: Sequence[Row], seed: int) -> SampleData | str:
    """The parts, or why they cannot be made that way."""
    names = {tool["name"] for row in rows for tool in json_list(row, "tools")}
    if len(names) < ENOUGH_FUNCTIONS:
        return f"there are {len(names)} functions, and {ENOUGH_FUNCTIONS} are needed to hold some out"
    data = splits.split(rows, seed=seed, development=0, practised=0)
    kept = sum(map(len, data.splits().values()))
    if kept < ENOUGH_KEPT * len(rows):
        return f"the rows mix functions, so that with some held out only {kept} of {len(rows)} would remain"
    if len(data.testing) < ENOUGH_TEST_ROWS or not data.validation:
        return f"the held-out functions have {len(data.testing)} rows, and {ENOUGH_TEST_ROWS} are needed"
    return data


def _by_question(rows: Sequence[Row], seed: int) -> SampleData:
    shuffled = _mixed(rows, seed)
    test = max(1, round(len(rows) * TEST_SHARE))
    end = test + max(1, round(len(rows) * VALIDATION_SHARE))
    return SampleData(training=shuffled[end:], validation=shuffled[test:end], testing=shuffled[:test])


def _not_in(rows: list[Row], exam: list[frozenset[str]]) -> list[Row]:
    examples = [curation.Example(str(place), row["query"], [], [], "") for place, row in enumerate(rows)]
    return [rows[int(example.id)] for example in curation.not_in(examples, exam)]
