"""The exercises arrive unsolved, and the way that the notebook offers to solve each of them is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from course_support import NOTEBOOKS

from flywheel_helpers.course import answers, exercises
from flywheel_helpers.data import examples, xlam
from tool_calling import prompt

QUESTION = xlam.to_evaluation_row(examples.EXAMPLE)
# The function that a learner writes, by notebook, and its check.
EXERCISES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "02": ("numbers_to_train", exercises.check_adapter_size),
    "03": ("my_metric", lambda metric: exercises.check_metric(metric, [])),
    "04": ("may_pass", exercises.check_gate),
    "06": ("my_rule", exercises.check_rule),
    "05": ("my_text", lambda write: exercises.check_question_text(write, [QUESTION])),
}


def check(number: str, code: str) -> str:
    """What the check of a notebook's exercise says to this code."""
    name, ask = EXERCISES[number]
    names = {"answers": answers, "prompt": prompt}  # as the notebooks have imported them
    exec(code, names)
    return ask(names[name])


def cells(number: str) -> list[nbformat.NotebookNode]:
    return nbformat.read(next(path for path in NOTEBOOKS if path.name.startswith(number)), as_version=4).cells


@pytest.mark.parametrize("number", EXERCISES)
def test_arrives_unsolved(number):
    start = next(cell.source for cell in cells(number) if f"def {EXERCISES[number][0]}(" in cell.source)
    said = check(number, start)
    assert said.startswith("Not yet: ") and "stopped with" not in said, said


@pytest.mark.parametrize("number", EXERCISES)
def test_the_offered_way_is_right(number):
    text = "\n".join(cell.source for cell in cells(number) if cell.cell_type == "markdown")
    offered = re.search(r"<details><summary>One way to write it</summary>\n\n```python\n(.*?)```", text, re.DOTALL)
    assert check(number, offered[1]).startswith("Right: ")


@pytest.mark.parametrize("number", EXERCISES)
def test_the_committed_output_is_what_the_check_says(number):
    start = next(cell.source for cell in cells(number) if f"def {EXERCISES[number][0]}(" in cell.source)
    shown = next(cell.outputs[0].text for cell in cells(number) if "print(exercises.check_" in cell.source)
    assert shown.strip() == check(number, start)
