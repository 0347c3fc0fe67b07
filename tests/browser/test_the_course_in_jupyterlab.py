"""The notebooks as people use them: opened in JupyterLab, all cells run, exercises solved, the kernel restarted.

Somebody new to the course runs notebooks 00 to 02 with a training of two steps; the other notebooks find what the whole
course has left on the same platform. All of it has to be accessible in both themes.

This is the last module of its folder by name: the platform of the course comes up when the other modules' have gone.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from accessibility import violations
from course_support import NOTEBOOKS, Course, offered_solutions
from jupyter_lab import JupyterLab, OpenNotebook, environment_of, jupyterlab
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from playwright.sync_api import Page, expect

from flywheel_helpers.run import parameters

SMALL = {
    "TRAIN_ROWS": 8,
    "VALIDATION_ROWS": 2,
    "TEST_ROWS": 6,
    "MAX_STEPS": 2,
    "WARMUP_STEPS": 0,
}
SETTINGS = {
    # All cells are in the page, not only those in sight.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark", "adaptive-theme": False},
}
OUTPUTS = ".jp-Notebook .jp-OutputArea-output"
WIDGETS = f"{OUTPUTS} .jupyter-widgets"
NEWCOMER = "newcomer"  # with a namespace, and so data and models, of their own
# What a cell of each notebook shows when it has found what the course left.
FOUND = {
    "03": ("results.exams_table(exams)", "practised functions"),
    "04": ("safety_results.confusion_table(counts)", "really unsafe"),
    "05": ("comparison.verdicts_table(tuned, base)", "tuned"),
    "06": ("print(decision.verdict())", "promote: no"),
}


@dataclass(frozen=True)
class Lab:
    """A JupyterLab with all notebooks, on the platform of the course."""

    server: JupyterLab
    folder: Path

    def path(self, number: str) -> Path:
        return next(self.folder.glob(f"notebooks/{number}_*.ipynb"))

    def open(self, page: Page, number: str, interface: str = "lab") -> OpenNotebook:
        return self.server.open(page, self.path(number).relative_to(self.folder).as_posix(), interface)


@pytest.fixture(scope="module")
def lab(course: Course, first) -> Iterator[Lab]:
    folder = course.folder / "lab"
    (folder / "notebooks").mkdir(parents=True)
    for path in NOTEBOOKS:
        new = path.name < "03"
        values = SMALL | {"WORK_FOLDER": str(folder)} if new else course.parameters
        _copy(path, folder / "notebooks", values, NEWCOMER if new else "python3")
    kernel = folder / "DATA" / "kernels" / NEWCOMER / "kernel.json"
    kernel.parent.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification = {"argv": start, "display_name": NEWCOMER, "language": "python", "env": {"ATTENDEE": NEWCOMER}}
    kernel.write_text(json.dumps(specification))
    with jupyterlab(folder, environment_of(folder, **course.environment), SETTINGS) as server:
        yield Lab(server, folder)


def _copy(path: Path, folder: Path, values: dict, kernel: str) -> None:
    """Put a notebook without outputs into a folder, with those of these parameters that it has."""
    declared = parameters.of_notebook(path)
    small = {name: value for name, value in values.items() if name in declared}
    notebook = parameterize_notebook(load_notebook_node(str(path)), small)
    notebook.metadata.kernelspec = {"name": kernel, "display_name": kernel}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, folder / path.name)


def check_accessible(notebook: OpenNotebook, name: str) -> None:
    """What the cells show, in both themes: JupyterLab's own surface is not ours."""
    for theme in ("Dark", "Light"):
        notebook.use_theme(theme)
        if shots := os.environ.get("SCREENSHOTS"):
            for index, picture in enumerate(notebook.page.locator(f"{OUTPUTS}:has(img)").all()):
                picture.screenshot(path=Path(shots) / f"{name}-{theme}-{index}.png")
        assert violations(notebook.page, OUTPUTS) == [], theme


def solve_exercises(notebook: OpenNotebook, path: Path) -> None:
    """Write what the notebook itself offers into each exercise, and run the cell that checks it."""
    solutions = offered_solutions(path)
    assert solutions
    for name, code in solutions.items():
        check = notebook.cell(f"({name}")
        expect(notebook.shown(check)).to_contain_text("Not yet: ")
        notebook.write_and_run(notebook.cell(f"def {name}("), code)
        notebook.run(check)
        expect(notebook.shown(check)).to_contain_text("Right: ")


def test_somebody_new_runs_all_and_restarts_the_kernel_in_the_middle(lab, page):
    preflight = lab.open(page, "00")
    preflight.run_all()
    assert "All checks passed." in preflight.output("report.require()")

    data = lab.open(page, "01")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    data.run_all()
    assert data.errors() == []
    assert "8 rows" in data.output("data_store.FILES")
    check_accessible(data, "01")
    solve_exercises(data, lab.path("01"))

    training, live = lab.open(page, "02"), page.locator(WIDGETS)
    training.start_all()
    expect(live.first).to_be_visible()  # progress that moves while the training runs ...
    assert violations(page, WIDGETS) == []
    lab.server.restart_kernels()
    training = lab.open(page, "02")
    training.run_all()  # ... again, which goes on with the same training
    assert training.errors() == []
    expect(live).to_have_count(0)  # ... and is replaced by what stays
    assert "A new job was started." not in training.output("job = customizer.train(")
    assert "completed: step 2 of 2" in training.output("wait.wait_for_training")
    pictures = page.locator(f"{OUTPUTS} img")
    assert pictures.count() >= 4
    assert all(picture.evaluate("image => image.naturalWidth > 200") for picture in pictures.all())
    check_accessible(training, "02")
    check_saved(training, lab.path("02"))
    solve_exercises(training, lab.path("02"))


@pytest.mark.parametrize("number", FOUND)
def test_runs_where_the_course_has_run(lab, page, number):
    notebook = lab.open(page, number)
    notebook.run_all()
    assert notebook.errors() == []
    cell, found = FOUND[number]
    assert found in notebook.output(cell)
    check_accessible(notebook, number)
    check_saved(notebook, lab.path(number))
    solve_exercises(notebook, lab.path(number))


def check_saved(notebook: OpenNotebook, path: Path) -> None:
    """Where no widgets are shown (VS Code may lack them, a web page does), there is a text in the place of each."""
    notebook.save()
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    widgets = [
        output.data for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    texts = [data["text/plain"] for data in widgets]
    assert all(re.fullmatch(r"\d+ of \d+ answers wait for a review: .*", text) for text in texts), texts
    assert len(texts) == path.name.startswith("06"), "progress leaves its result, and no widget"


def test_in_the_interface_of_notebook_7(lab, page):
    notebook = lab.open(page, "04", interface="notebook")
    notebook.start_all()
    expect(page.locator(WIDGETS).first).to_be_visible()
    notebook.run_all()
    assert notebook.errors() == []
    expect(page.locator(WIDGETS)).to_have_count(0)


def test_the_report_of_a_run_is_accessible(first, page):
    page.goto((first.folder / "report.html").as_uri())
    assert violations(page) == []
