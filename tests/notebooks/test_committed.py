"""The notebooks as they are committed: complete, tidy, and equal to what they give when run again."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from course_support import NOTEBOOKS, ROOT, Course
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from flywheel_helpers.run import parameters

MOST_LINES = 30
names = [path.stem for path in NOTEBOOKS]
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=names)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_the_course_is_complete():
    assert names == [
        "00_preflight",
        "01_data_preparation",
        "02_customization",
        "03_evaluation",
        "04_guardrails",
        "05_openwebui_chat",
        "06_flywheel",
    ]


@every_notebook
def test_has_one_cell_of_parameters_in_upper_case(path):
    tagged = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    declared = parameters.of_notebook(path)
    assert declared and all(name.isupper() for name in declared), declared


@every_notebook
def test_papermill_reads_every_parameter_and_its_type(path):
    declared = {name: ast.unparse(one.annotation) for name, one in parameters.of_notebook(path).items()}
    inspected = papermill.inspect_notebook(str(path))
    assert {name: one["inferred_type_name"] for name, one in inspected.items()} == declared


@every_notebook
def test_every_parameter_can_be_set_to_its_default(path):
    declared = {name: ast.literal_eval(one.default) for name, one in parameters.of_notebook(path).items()}
    assert parameters.parse([(name, str(value)) for name, value in declared.items()], [path]) == declared


@every_notebook
def test_cells_are_short(path):
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= MOST_LINES, cell.source


@every_notebook
def test_opens_with_what_it_teaches_needs_and_takes(path):
    opening = nbformat.read(path, as_version=4).cells[0].source
    for word in ("You will learn", "You need", "It takes"):
        assert f"**{word}**" in opening, word


@every_notebook
def test_was_run_from_top_to_bottom_without_errors(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    for output in outputs:
        assert output.output_type != "error", output
        assert output.get("name") != "stderr", output.text


@every_notebook
def test_names_no_machine(path):
    """No folder of the machine it was run on, and no papermill record of that run."""
    text = path.read_text()
    assert not (found := re.search(r".*/(?:home|root|Users|tmp|work|var)/\w.*", text)), found
    assert "papermill" not in nbformat.read(path, as_version=4).metadata


@every_notebook
def test_gives_the_committed_outputs_again(course: Course, first, path, tmp_path):
    """Run by nbval on the platform of the first run, where every step finds its result."""
    notebook = load_notebook_node(str(path))  # parameterize_notebook needs the tags that this adds
    declared = parameters.of_notebook(path)
    small = {name: value for name, value in course.parameters.items() if name in declared}
    copy = tmp_path / path.name
    nbformat.write(parameterize_notebook(notebook, small), copy)
    rules = Path(__file__).with_name("sanitize.cfg")
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(rules), "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "/dev/null", "--rootdir", str(tmp_path), str(copy)],
        env=course.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
