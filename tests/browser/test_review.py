"""A person reviews answers in JupyterLab: judges, corrects, reloads the page, restarts the kernel, and goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import httpx
import nbformat
import pytest
from playwright.sync_api import Page, expect
from ports import free_port
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

    url: str
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
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NEMO_", "FLYWHEEL_", "NIM_"))},
        **{f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "RUNTIME", "DATA")},
        "IPYTHONDIR": str(folder / "ipython"),
        "FLYWHEEL_GATEWAY_PORT": str(gateway.gateway_port),
        "PYTHONPATH": str(checkout.ROOT),
    }
    with patch.dict(os.environ, environment, clear=True):
        nemo = Connection(Settings.from_config(checkout.load_config("local")))
    port = free_port()
    options = [
        f"--port={port}",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",
    ]
    options += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (folder / "lab.log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/api", process, folder / "lab.log")
        yield Lab(url, gateway, nemo, usage)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if gateway.process.poll() is None:
            gateway.stop()


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)


def open_notebook(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/doc/tree/{NOTEBOOK}?reset")
    page.get_by_text("| Idle").wait_for()  # a cell that is run before the kernel has answered is not run at all


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


def test_label_three_correct_one_reload_and_go_on(lab, page):
    open_notebook(page, lab)
    run_cell(page)
    position(page, "1 of 6")
    expect(page.get_by_text(lab.usage[0]["messages"][0]["content"])).to_be_visible()

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
    hours.fill("2.5")
    expect(save).to_be_enabled()
    press(page, "Save the correction")
    position(page, "5 of 6")
    expect(page.get_by_text("All verdicts are saved.")).to_be_visible()
    right = lab.usage[3]["answer"]["tool_calls"][0]["function"]
    corrected = {"name": "log_hours", "arguments": {**right["arguments"], "hours": 2.5}}
    assert lab.saved()[3:] == [("wrong", [corrected])]

    open_notebook(page, lab)  # the page is loaded anew, and its widgets are gone
    run_cell(page)
    position(page, "5 of 6")
    page.get_by_role("button", name="Wrong").click()
    page.get_by_label("Right tool").select_option("no tool fits")
    page.get_by_role("button", name="Save the correction").click()
    position(page, "6 of 6")
    expect(page.get_by_text("All verdicts are saved.")).to_be_visible()

    restart_kernels(lab)
    open_notebook(page, lab)
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


def restart_kernels(lab: Lab) -> None:
    for kernel in httpx.get(f"{lab.url}/api/kernels", trust_env=False).json():
        httpx.post(f"{lab.url}/api/kernels/{kernel['id']}/restart", trust_env=False, timeout=120).raise_for_status()
