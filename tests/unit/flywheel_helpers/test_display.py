"""What people see: tables, pictures, progress with and without someone watching, and records nobody sees."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from flywheel_helpers.course import results
from flywheel_helpers.course.answers import KINDS
from flywheel_helpers.course.records import read_records
from flywheel_helpers.display import Picture, Table, Widgets
from flywheel_helpers.statistics import Score, Scores

PNG = b"\x89PNG\r\n\x1a\n"
ROOT = Path(__file__).parents[3]

WAITING = """
import httpx
from flywheel_helpers.course import wait
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.jobs import Job
from flywheel_helpers.settings import Settings
url = "http://x.test"
settings = Settings("local", url, url, url, url, url, url, url, "m/b", "v1", "ada", "d", "ada/m@v1")
curves = {"train_loss": [{"step": 1, "value": 2.0}, {"step": 2, "value": 1.0}], "val_loss": [{"step": 2, "value": 1.1}]}
states = iter(["running", "completed"])
def server(request):
    details = {"percentage_done": 50, "steps_completed": 2, "metrics": {"metrics": curves}}
    return httpx.Response(200, json={"id": "j", "status": next(states), "status_details": details})
nemo = Connection(settings, transport=httpx.MockTransport(server))
job = wait.wait_for_training(nemo, Job("j", "new", "ada/m@v1", ""), poll_seconds=0)
"""


def execute(*cells: str) -> nbformat.NotebookNode:
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    nbformat.validate(notebook)
    return notebook


def pictures_of(outputs) -> list[bytes]:
    """How they begin."""
    data = [output.data for output in outputs if output.output_type == "display_data"]
    return [base64.b64decode(bundle["image/png"])[:8] for bundle in data if "image/png" in bundle]


def text(cell) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def test_waiting_in_a_kernel_nobody_watches_and_records(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    record = 'from flywheel_helpers.course.records import record\nrecord("a", {"x": 1})\nrecord("b", 2.5)'
    notebook = execute(WAITING, record, 'record("b", 3)')
    waiting, *recording = notebook.cells
    lines = text(waiting).splitlines()
    assert lines[0] == "Training ada/m@v1"
    assert lines[-1] == "completed: step 2, training loss 1.000, validation loss 1.100"
    assert " |  50% | running | step 2" in lines[1]
    assert pictures_of(waiting.outputs) == [PNG]
    assert read_records(notebook) == {"a": {"x": 1}, "b": 3}
    assert all(output.data == {} for cell in recording for output in cell.outputs), "records must not show"


def test_waiting_in_jupyter_leaves_text_and_the_last_picture(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/somewhere/notebook.ipynb")
    picture, said = execute(WAITING).cells[0].outputs[::-1]
    last = "completed: step 2, training loss 1.000, validation loss 1.100"
    assert said.data == {"text/plain": f"Training ada/m@v1\n{last}"}, "no widget: its state is not saved"
    assert pictures_of([picture]) == [PNG]
    assert picture.data["text/html"].startswith(f'<img alt="{picture.data["text/plain"]}" ')


def test_a_widget_has_words_where_none_are_shown_and_a_failure_keeps_the_last_ones(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/somewhere/notebook.ipynb")
    progress = """
from flywheel_helpers.display import open_display
shown = open_display("Training m")
try:
    with open_display("Evaluating m") as display:
        display.update(0.4, "step 4 of 10")
        display.warn("could not ask")
        1 / 0
except ZeroDivisionError:
    pass
"""
    live, failed = execute(progress).cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in live.data
    assert live.data["text/plain"] == "Training m: the progress is shown here while the cell runs."
    assert re.fullmatch(r"Evaluating m: step 4 of 10 \(\d+ s\)\nWarning: could not ask", failed.data["text/plain"])
    assert list(failed.data) == ["text/plain"]


def test_a_live_picture_has_an_alternative_text():
    progress = Widgets("Training m")
    progress.update(0.5, "half", draw=lambda: Picture(PNG, "A <line> that falls"))
    assert progress.picture.value.startswith('<img alt="A &lt;line&gt; that falls" ')


def test_table_as_text_and_as_html():
    table = Table(["name", "n"], [["<b>", 1], ["longer name", 22]])
    assert repr(table).splitlines() == ["name         n", "-----------  --", "<b>          1", "longer name  22"]
    assert "&lt;b&gt;" in table._repr_html_() and "<b>" not in table._repr_html_()


@pytest.fixture
def scores():
    base = Scores("base", 200, Score.of(0, 200), Score.of(0, 200))
    return base, Scores("tuned", 200, Score.of(200, 200), Score.of(160, 200))


def test_pictures_also_at_the_extremes(scores):
    counts = {kind: 0 for kind in ("right", *KINDS)}
    made = [
        results.plot_accuracy(*scores),
        results.plot_kinds(counts, {**counts, "no call": 200}),
        results.plot_losses({"train_loss": [], "val_loss": [{"step": 1, "value": None}]}),
    ]
    for picture in made:
        assert picture.png.startswith(PNG) and picture.alt
        data, _ = picture._repr_mimebundle_()
        assert data["text/plain"] == picture.alt


def test_scores_table(scores):
    assert repr(results.scores_table(*scores)).splitlines()[2:] == [
        "right functions                0.0% (0.0% to 1.9%)  100.0% (98.1% to 100.0%)  200",
        "right functions and arguments  0.0% (0.0% to 1.9%)  80.0% (73.9% to 85.0%)    200",
    ]


def test_an_error_in_a_notebook_is_its_message_and_nothing_else():
    raising = "from flywheel_helpers import errors\nraise errors.DataError('There is no model yet.', 'Train it first.')"
    notebook = new_notebook(cells=[new_code_cell(raising)])
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources, allow_errors=True).execute()
    (output,) = notebook.cells[0].outputs
    assert output.traceback == ["DataError: There is no model yet.\n  What to do: Train it first."]
