"""The notebooks as people use them: opened in JupyterLab, all cells run, an exercise solved, the kernel restarted."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from course_support import NOTEBOOKS
from jupyter_lab import JupyterLab, environment_of, jupyterlab
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from playwright.sync_api import Page, expect
from running import Running

from flywheel_helpers.run import parameters

SMALL = {
    "TRAIN_ROWS": 8,
    "VALIDATION_ROWS": 2,
    "TEST_ROWS": 6,
    "MAX_STEPS": 2,
    "WARMUP_STEPS": 0,
    "LIMIT": 4,
}
SETTINGS = {
    # All cells are in the page, not only those in sight.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark", "adaptive-theme": False},
}
SECONDS = 600  # that a notebook may take


@dataclass(frozen=True)
class Lab:
    """A JupyterLab with the first notebooks, and a platform of its own."""

    server: JupyterLab
    folder: Path

    def name(self, number: str) -> str:
        return next(self.folder.glob(f"notebooks/{number}_*.ipynb")).relative_to(self.folder).as_posix()


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("course")
    (folder / "notebooks").mkdir()
    for path in NOTEBOOKS[:4]:
        declared = parameters.of_notebook(path)
        small = {name: value for name, value in (SMALL | {"WORK_FOLDER": str(folder)}).items() if name in declared}
        notebook = parameterize_notebook(load_notebook_node(str(path)), small)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / "notebooks" / path.name)
    platform = Running("nemo_local", folder / "home")
    platform.start(f"{platform.gateway_url}/health", f"{platform.nim_url}/v1/health/ready", seconds=600)
    ports = {"FLYWHEEL_GATEWAY_PORT": platform.gateway_port, "FLYWHEEL_NIM_PORT": platform.nim_port}
    environment = environment_of(folder, FLYWHEEL_HOME=str(platform.home), **{k: str(v) for k, v in ports.items()})
    try:
        with jupyterlab(folder, environment, SETTINGS) as server:
            yield Lab(server, folder)
    finally:
        platform.stop()


def run_all(page: Page) -> None:
    """Run all cells by the menu, and wait until the last one has been run."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    deadline = time.monotonic() + SECONDS
    while not all(re.fullmatch(r"\[\d+\]:", text) for text in prompts.all_inner_texts()):
        assert errors(page) == [], "a cell has failed"
        assert time.monotonic() < deadline, prompts.all_inner_texts()
        page.wait_for_timeout(300)


def errors(page: Page) -> list[str]:
    """What cells wrote to stderr, and exceptions."""
    kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
    return page.locator(",".join(f'[data-mime-type="{kind}"]' for kind in kinds)).all_inner_texts()


def write_and_run(page: Page, start: str, code: str) -> None:
    """Put other code in the place of a cell's, and run it and the next cell, which checks it."""
    editor = page.locator(".jp-CodeCell .cm-content").filter(has_text=start)
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")


def outputs(page: Page, text: str) -> str:
    """What the first code cell that contains this text has given."""
    cell = page.locator(".jp-CodeCell").filter(has=page.locator(".cm-content", has_text=text)).first
    return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())


def test_run_all_solve_an_exercise_restart_and_run_all_again(lab, page):
    lab.server.open(page, lab.name("00"))
    run_all(page)
    assert "All checks passed." in outputs(page, "report.require()")

    lab.server.open(page, lab.name("01"))
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    run_all(page)
    assert errors(page) == []
    assert "8 rows" in outputs(page, "data_store.FILES")
    assert outputs(page, "exercises.check_required").startswith("Not yet")
    write_and_run(
        page,
        "def required(",
        "required = lambda parameters: [name for name, one in parameters.items() if 'default' not in one "
        "and not type_hints.parse_type_hint(one['type']).optional]",
    )
    check = page.locator(".jp-CodeCell").filter(has=page.locator(".cm-content", has_text="exercises.check_required"))
    expect(check.locator(".jp-OutputArea-output").first).to_contain_text("Right: ")

    lab.server.restart_kernels()
    lab.server.open(page, lab.name("01"))
    run_all(page)
    assert errors(page) == []

    lab.server.open(page, lab.name("02"))
    live = page.locator(".jp-CodeCell .widget-hprogress, .jp-CodeCell .jupyter-widgets")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(live.first).to_be_visible()  # progress that moves while the training runs ...
    run_all(page)  # ... again, which finds what is there
    assert errors(page) == []
    expect(live).to_have_count(0)  # ... and is replaced by what stays
    assert "completed: step 2 of 2" in outputs(page, "wait.wait_for_training")
    pictures = page.locator(".jp-RenderedImage img")
    assert pictures.count() >= 4
    assert all(picture.evaluate("image => image.naturalWidth > 200") for picture in pictures.all())
    if shots := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(shots) / "02-dark.png", full_page=True)

    lab.server.open(page, lab.name("03"))
    run_all(page)
    assert errors(page) == []
    assert "practised functions" in outputs(page, "results.exams_table(exams)")
