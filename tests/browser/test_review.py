"""A person reviews answers in JupyterLab: judges, corrects, reloads the page, restarts the kernel, and goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import nbformat
import pytest
from accessibility import violations
from jupyter_lab import JupyterLab, OpenNotebook, environment_of, jupyterlab
from playwright.sync_api import Page, expect
from running import Running

from flywheel_helpers import checkout
from flywheel_helpers.data import xlam
from flywheel_helpers.feedback import journal
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.settings import Settings
from sample_data.production import production_log

NOTEBOOK = "review.ipynb"
CELL = """
import json
import config
from flywheel_helpers.feedback import review
from flywheel_helpers.services.connection import connect

review.show(connect(config), json.load(open("usage.json")))
"""


@dataclass(frozen=True)
class Lab:
    """A JupyterLab whose notebook talks to a gateway of its own."""

    server: JupyterLab
    gateway: Running
    nemo: Connection
    usage: list[dict]

    def saved(self) -> list[tuple[str, object]]:
        return [(one["verdict"], one["calls"]) for one in journal.read(self.nemo, journal.FEEDBACK)]


def logged(row: dict) -> dict:
    """A question to which the model gave the right answer."""
    asked = xlam.to_evaluation_row(row)
    answer = {"role": "assistant", "content": None, "tool_calls": asked["tool_calls"]}
    return {"request_id": row["id"], "messages": asked["messages"], "tools": asked["tools"], "answer": answer}


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    rows = [row for row in production_log().last_week if '"log_hours"' in row["answers"] and "one" in row["need"]][:6]
    usage = [logged(row) for row in rows]
    (folder / "usage.json").write_text(json.dumps(usage))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.strip())])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}  # else JupyterLab asks for one
    nbformat.write(notebook, folder / NOTEBOOK)
    gateway = Running("nemo_local.server.gateway", folder / "home")
    gateway.start(f"{gateway.gateway_url}/health", seconds=300)
    environment = environment_of(folder, FLYWHEEL_GATEWAY_PORT=str(gateway.gateway_port))
    with patch.dict(os.environ, environment, clear=True):
        nemo = Connection(Settings.from_config(checkout.load_config("local")))
    try:
        with jupyterlab(folder, environment) as server:
            yield Lab(server, gateway, nemo, usage)
    finally:
        if gateway.process.poll() is None:
            gateway.stop()


def run_cell(page: Page) -> None:
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")


def position(page: Page, text: str) -> None:
    expect(page.locator(".flywheel-review b[role=status]")).to_have_text(text)


def press(page: Page, name: str) -> None:
    """Find a button as a keyboard user does, by tabbing to it, and press it."""
    for _ in range(20):
        focused = page.evaluate("document.activeElement.textContent")
        if focused == name:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus is visible"
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to the button {name} by keyboard")


def tab_through(page: Page, count: int) -> list[str]:
    """The names of what has the focus, now and after each press of the Tab key."""
    names = []
    for _ in range(count):
        if names:
            page.keyboard.press("Tab")
        name = "element => (element.labels?.[0] ?? element).textContent"
        names.append(page.locator(":focus").evaluate(name))
    return names


def accessible(page: Page) -> None:
    """In both themes."""
    for theme in ("Dark", "Light"):
        OpenNotebook(page).use_theme(theme)
        if shots := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{shots}/review-{theme}-{len(os.listdir(shots))}.png")
        assert violations(page, ".flywheel-review") == [], theme


def test_label_three_correct_one_reload_and_go_on(lab, page):
    lab.server.open(page, NOTEBOOK)
    run_cell(page)
    position(page, "1 of 6")
    expect(page.get_by_text(lab.usage[0]["messages"][0]["content"])).to_be_visible()

    accessible(page)

    page.get_by_role("button", name="Right").focus()
    page.keyboard.press("Enter")
    position(page, "2 of 6")
    page.keyboard.press("Space")  # the button keeps the focus: the same key judges the next one
    position(page, "3 of 6")
    press(page, "Skip")
    position(page, "4 of 6")
    expect(page.get_by_text("All verdicts are saved.")).to_be_visible()
    assert lab.saved() == [("right", None), ("right", None), ("skipped", None)]

    press(page, "Wrong")
    tool, save = page.get_by_label("Right tool"), page.get_by_role("button", name="Save the correction")
    expect(tool).to_be_focused()
    page.keyboard.press("w")  # JupyterLab takes keys for its commands, unless they are for a field
    page.keyboard.press("m")
    expect(page.locator(".jp-MarkdownCell")).to_have_count(0)
    tool.select_option("log_hours")
    expect(save).to_be_disabled()
    hours = page.get_by_label("hours", exact=True)
    hours.fill("")
    hours.press_sequentially("two")
    expect(page.get_by_text("'two' is not of type 'number'", exact=True)).to_be_visible()
    expect(save).to_be_disabled()
    accessible(page)
    tool.focus()
    fields = ["Right tool", "project", "hours", "day", "note"]
    assert tab_through(page, 8) == [*fields, "Add a call", "Save without a correction", "Back"]
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Wrong")).to_be_focused()
    page.keyboard.press("Enter")
    tool.select_option("log_hours")
    hours.fill("2.5")
    expect(save).to_be_enabled()
    press(page, "Save the correction")
    position(page, "5 of 6")
    expect(page.get_by_text("All verdicts are saved.")).to_be_visible()
    right = lab.usage[3]["answer"]["tool_calls"][0]["function"]
    corrected = {"name": "log_hours", "arguments": {**right["arguments"], "hours": 2.5}}
    assert lab.saved()[3:] == [("wrong", [corrected])]

    lab.server.open(page, NOTEBOOK)  # the page is loaded anew, and its widgets are gone
    run_cell(page)
    position(page, "5 of 6")
    page.get_by_role("button", name="Wrong").click()
    page.get_by_label("Right tool").select_option("no tool fits")
    page.get_by_role("button", name="Save the correction").click()
    position(page, "6 of 6")
    expect(page.get_by_text("All verdicts are saved.")).to_be_visible()

    lab.server.restart_kernels()
    lab.server.open(page, NOTEBOOK)
    run_cell(page)
    position(page, "6 of 6")

    lab.gateway.stop()
    page.get_by_role("button", name="Right").click()
    expect(page.locator(".flywheel-review [role=alert]")).to_contain_text("1 verdict is not saved yet")
    lab.gateway.start(f"{lab.gateway.gateway_url}/health", seconds=300)
    page.get_by_role("button", name="Save again").click()
    expect(page.get_by_text("All verdicts are saved.")).to_be_visible()
    assert lab.saved()[4:] == [("wrong", []), ("right", None)]
    expect(page.get_by_text("All 6 answers have been reviewed.")).to_be_visible()
