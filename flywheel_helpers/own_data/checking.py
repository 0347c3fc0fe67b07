"""A file of rows of your own: what is wrong with it, what to be wary of, and the rows for notebook 01."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flywheel_helpers.data import curation, xlam
from flywheel_helpers.errors import DataError
from flywheel_helpers.own_data import files, rows
from flywheel_helpers.own_data import tools as tool_files
from flywheel_helpers.own_data.problems import Problem, listed
from flywheel_helpers.own_data.rows import Found
from flywheel_helpers.own_data.split import Divided, divide
from sample_data import SampleData

FEW = 50  # rows: the interval of a score on a fifth of them is wider than any difference worth measuring


@dataclass(frozen=True)
class Checked:
    """What there is to say about a file of rows.

    Args:
        path: of the file, as it was given.
        rows: that can be used, in the form of xLAM.
        problems: what is wrong with the others, which are left out.
        warnings: what a model trained on these rows will suffer from.
        divided: the parts; None where there are too few rows for that.
    """

    path: str
    rows: list[dict[str, Any]]
    problems: list[Problem]
    warnings: list[str]
    divided: Divided | None

    def __repr__(self) -> str:
        """What a notebook and the command line show."""
        lines = [*listed(self.problems), *(f"Warning: {warning}" for warning in self.warnings)]
        left_out = f"; left out: {len(self.problems)}" if self.problems else ""
        lines.append(f"{self.path}: {len(self.rows)} rows can be used{left_out}.")
        if self.divided:
            parts = ", ".join(f"{len(part)} for {name}" for name, part in self.divided.data.splits().items() if part)
            lines.append(f"Divided {self.divided.how}.\n{parts}.")
        return "\n".join(lines)

    def write(self, path: Path) -> int:
        """Write the good rows as one JSONL file, each with its part. How many were written.

        Raises:
            DataError: there are too few to divide, or the file would replace the one that was read.
        """
        if path.exists() and path.samefile(files.locate(self.path)):
            files.refuse(path, "the result would replace it", "Give --output another name.")
        return xlam.write_jsonl((self.divided or divide(self.rows)).rows(), path)


def check(path: str | Path) -> Checked:
    """Check a file of rows: JSONL, a JSON list or CSV, in the form of xLAM or of the OpenAI API.

    Args:
        path: from the current folder or from the checkout.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    found, problems = rows.read(path, files.read_text(path))
    found, contradictions = _agreeing(found)
    kept = {example.id for example in curation.distinct([one.example for one in found])}
    once = [one for one in found if one.example.id in kept]
    warnings = _warnings(once)
    if repeated := len(found) - len(once):
        warnings.append(f"Rows that ask what another row asks, word for word: {repeated}. They were left out.")
    good = [one.row for one in once]
    try:
        divided = divide(good)
    except DataError as error:
        divided = None
        warnings.append(f"{error.message}. {error.hint}")
    if divided and divided.leaked:
        warnings.append(
            f"Rows that ask nearly what a test row asks: {divided.leaked}. They were left out of the training: a score "
            "on a practised question measures memory."
        )
    return Checked(str(path), good, sorted([*problems, *contradictions], key=_order), warnings, divided)


def load(path: str | Path) -> SampleData:
    """The rows of a file in place of the course's own (notebook 01), in the type of `xlam.load_sample`.

    Raises:
        DataError: the file cannot be read, a row is wrong, or there are too few.
    """
    checked = check(path)
    if checked.problems:
        raise DataError(
            f"{path} has rows that cannot be used ({len(checked.problems)}), the first: {checked.problems[0]}",
            f"flywheel data check {path} lists them all; with --output it writes the good ones.",
        )
    return (checked.divided or divide(checked.rows)).data


def _agreeing(found: list[Found]) -> tuple[list[Found], list[Problem]]:
    agreed = {example.id for example in curation.agreeing([one.example for one in found])}
    advice = "Correct the wrong one: of two answers at least one is. Until then both are left out."
    what = "another row with the same question and tools has another answer"
    problems = [Problem(one.place, what, advice) for one in found if one.example.id not in agreed]
    return [one for one in found if one.example.id in agreed], problems


def _warnings(found: Sequence[Found]) -> list[str]:
    """What is legal and yet teaches badly, each with the reason."""
    warnings = []
    calls = [one.example.calls for one in found]
    called = {call["name"] for one in calls for call in one}
    alone = sum(len(one.example.tools) == 1 for one in found)
    if len(found) < FEW:
        warnings.append(
            f"{len(found)} rows are fewer than {FEW}: enough to try things out, too few to learn or to measure from."
        )
    if found and all(calls) and len(called) == 1:
        warnings.append(f"Every row calls {called.pop()}: a model learns to call it whatever the question is.")
    elif found and all(calls):
        warnings.append("Every row has a call: a model learns to call something even where no tool fits.")
    elif found and not any(calls):
        warnings.append("No row has a call: a model learns never to call anything.")
    if alone:
        warnings.append(f"Rows that offer one tool only: {alone}. With one candidate there is nothing to choose.")
    warnings += tool_files.too_large(tool for one in found for tool in json.loads(one.row["tools"]))
    return warnings + tool_files.unknown_types(name for one in found for name in one.unknown_types)


def _order(problem: Problem) -> int:
    return int(problem.place.rpartition(" ")[2])
