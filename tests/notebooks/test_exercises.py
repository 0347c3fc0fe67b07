"""The exercises arrive unsolved, and the way that the notebook offers to solve each of them is right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from course_support import NOTEBOOKS, offered_solutions

from flywheel_helpers.course import answers, exercises, progress
from flywheel_helpers.data import examples, type_hints, xlam
from tool_calling import prompt

QUESTION = xlam.to_evaluation_row(examples.EXAMPLE)
# The functions that a learner writes, each with its notebook and its check.
EXERCISES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "required": ("01", exercises.check_required),
    "numbers_to_train": ("02", exercises.check_adapter_size),
    "merged": ("02", exercises.check_merged),
    "gained_and_lost": ("03", exercises.check_gained_and_lost),
    "my_metric": ("03", lambda metric: exercises.check_metric(metric, [])),
    "precision_and_recall": ("04", exercises.check_precision_and_recall),
    "may_pass": ("04", exercises.check_gate),
    "my_text": ("05", lambda write: exercises.check_question_text(write, [QUESTION])),
    "read_calls": ("05", exercises.check_answer_calls),
    "my_rule": ("06", exercises.check_rule),
}


def check(name: str, code: str) -> str:
    """What an exercise's check says to this code."""
    names = {"answers": answers, "json": json, "prompt": prompt, "type_hints": type_hints}  # as the notebooks have them
    exec(code, names)
    return EXERCISES[name][1](names[name])


def notebook(name: str) -> Path:
    return next(path for path in NOTEBOOKS if path.name.startswith(EXERCISES[name][0]))


def cells(name: str) -> list[nbformat.NotebookNode]:
    return nbformat.read(notebook(name), as_version=4).cells


def start(name: str) -> str:
    """The code that a learner begins with."""
    return next(cell.source for cell in cells(name) if cell.cell_type == "code" and f"def {name}(" in cell.source)


@pytest.mark.parametrize("name", EXERCISES)
def test_arrives_unsolved(name):
    said = check(name, start(name))
    assert said.startswith("Not yet: ") and "function stops" not in said, said


@pytest.mark.parametrize("name", EXERCISES)
def test_the_offered_way_is_right(name):
    assert check(name, offered_solutions(notebook(name))[name]).startswith("Right: ")


@pytest.mark.parametrize("name", EXERCISES)
def test_the_committed_output_is_what_the_check_says(name):
    shown = next(
        cell.outputs[0].text for cell in cells(name) if re.search(rf"exercises\.check_\w+\({name}\b", cell.source)
    )
    assert shown.strip() == check(name, start(name))


def test_every_notebook_from_01_to_05_has_two_exercises():
    for path in NOTEBOOKS:
        if "01" <= path.name[:2] <= "05":
            text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
            assert len(re.findall(r"^## Exercise: ", text, re.MULTILINE)) >= 2, path.name


def test_the_exercises_that_are_recorded_are_those_of_the_notebooks():
    for path in NOTEBOOKS:
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        recorded = re.findall(r'progress\.keep\(nemo, "(\w+)", exercises\.check_\w+\((\w+)', text)
        assert all(name == written for name, written in recorded)
        assert tuple(name for name, _ in recorded) == progress.EXERCISES.get(path.name[:2], ())
        assert len(recorded) == len(re.findall(r"exercises\.check_", text))
