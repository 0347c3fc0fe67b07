"""Notebook 01 with rows of one's own: its cells before the upload, without a platform."""

from __future__ import annotations

import json
from types import SimpleNamespace

import nbformat
import pytest
from course_support import NOTEBOOKS

from flywheel_helpers import own_data
from flywheel_helpers.course import diagrams
from flywheel_helpers.data import budget, xlam
from flywheel_helpers.display import Table, compact

CELLS = {cell.id: cell for cell in nbformat.read(NOTEBOOKS[1], as_version=4).cells}


def run(path: str, capsys) -> tuple[dict, str]:
    """The names after the cells, and what they printed."""
    names = {"own_data": own_data, "xlam": xlam, "diagrams": diagrams, "Table": Table, "compact": compact, "json": json}
    names |= {"budget": budget, "nemo": None, "customizer": SimpleNamespace(training_speed=lambda _: 300.0)}
    exec(CELLS["01-01"].source, names)
    names["DATA"] = path
    for cell in ("01-10", "01-12", "01-14", "01-22", "01-24", "01-26"):
        exec(CELLS[cell].source, names)
    return names, capsys.readouterr().out


def rows(functions: int) -> list[str]:
    made = []
    for number in range(functions * 10):
        # Pairs of functions, so that holding one out costs its partner at most.
        pair = [f"f{number % functions}", f"f{number % functions ^ 1}"]
        tools = [{"name": name, "description": "Does it.", "parameters": {}} for name in pair]
        query = f"w{number}a w{number}b w{number}c w{number}d"
        made.append(json.dumps({"query": query, "tools": tools, "answers": [{"name": pair[0], "arguments": {}}]}))
    return made


@pytest.mark.parametrize("functions", [4, 40])
def test_it_says_what_the_exam_can_tell(tmp_path, capsys, functions):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(rows(functions)))
    names, said = run(str(path), capsys)
    assert names["training"].rows and names["validation"].rows and names["testing"].rows
    assert ("the exam says little about new ones" in said) is bool(names["both"])
    assert bool(names["both"]) is (functions == 4)


def test_a_file_with_mistakes_is_refused(capsys):
    with pytest.raises(Exception, match="flywheel data check") as error:
        run("notebooks/examples/own_rows.jsonl", capsys)
    assert "line 2" in str(error.value)


def test_the_committed_check_of_the_example_is_what_it_says():
    cell = CELLS["01-29b"]
    assert cell.outputs[0].data["text/plain"] == repr(eval(cell.source, {"own_data": own_data}))


def test_the_courses_rows_are_used_by_default(capsys):
    names, said = run("", capsys)
    assert names["data"] == xlam.load_sample() and not names["both"] and "says little" not in said
