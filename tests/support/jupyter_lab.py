"""A JupyterLab of a test's own, with settings, a runtime folder and a token that nobody else has; and its notebooks."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, Response, expect
from ports import free_port

from flywheel_helpers import checkout

TOKEN = secrets.token_urlsafe(18)


SECONDS = 600  # that a notebook may take
# JupyterLab's own, and that of Notebook 7, which the same server has: the address of a notebook, and what the page has
# when the kernel is ready (Notebook 7 fades its status out then).
INTERFACES = {
    "lab": ("doc/tree", "text=| Idle"),
    "notebook": ("notebooks", ".jp-NotebookKernelStatus-fade:not(.jp-NotebookKernelStatus-info)"),
}


@dataclass(frozen=True)
class OpenNotebook:
    """One that is open in a browser, with a kernel."""

    page: Page

    def start_all(self) -> None:
        """Run all cells by the menu."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def run_all(self) -> None:
        """Run all cells by the menu, and wait until the last one has been run."""
        self.start_all()
        prompts = self.page.locator(".jp-CodeCell .jp-InputPrompt")
        deadline = time.monotonic() + SECONDS
        while not all(re.fullmatch(r"\[\d+\]:", text) for text in prompts.all_inner_texts()):
            assert self.errors() == [], "a cell has failed"
            assert time.monotonic() < deadline, prompts.all_inner_texts()
            self.page.wait_for_timeout(300)

    def errors(self) -> list[str]:
        """What cells wrote to stderr, and exceptions."""
        kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
        return self.page.locator(",".join(f'[data-mime-type="{kind}"]' for kind in kinds)).all_inner_texts()

    def cell(self, text: str) -> Locator:
        """The first code cell that contains this text."""
        return self.page.locator(".jp-CodeCell").filter(has=self.page.locator(".cm-content", has_text=text)).first

    def shown(self, cell: Locator) -> Locator:
        """The first output of a cell."""
        return cell.locator(".jp-OutputArea-output").first

    def output(self, text: str) -> str:
        """All that the first code cell with this text has given."""
        return "\n".join(self.cell(text).locator(".jp-OutputArea-output").all_inner_texts())

    def run(self, cell: Locator) -> None:
        """Run one cell by the keyboard."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def write_and_run(self, cell: Locator, code: str) -> None:
        """Paste other code in the place of a cell's, and run it. The page has to be allowed to paste."""
        self.page.evaluate("code => navigator.clipboard.writeText(code)", code)
        cell.locator(".cm-content").click()
        for keys in ("ControlOrMeta+a", "ControlOrMeta+v", "Shift+Enter"):
            self.page.keyboard.press(keys)

    def use_theme(self, theme: str) -> None:
        """Switch the colours by the menu: to "Light" or to "Dark"."""
        self.page.get_by_role("menuitem", name="Settings", exact=True).click()
        self.page.get_by_text("Theme", exact=True).click()
        self.page.get_by_text(f"JupyterLab {theme}", exact=True).click()
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)  # it lies over everything for a moment

    def save(self) -> None:
        """Save it, and wait until that is done."""

        def written(answer: Response) -> bool:
            return answer.request.method == "PUT" and "/api/contents/" in answer.url

        with self.page.expect_response(written):
            self.page.keyboard.press("ControlOrMeta+s")


@dataclass(frozen=True)
class JupyterLab:
    """One that answers at `url`."""

    url: str

    def open(self, page: Page, notebook: str, interface: str = "lab") -> OpenNotebook:
        """Open a notebook, and wait for its kernel: a cell that is run before that is not run at all.

        Args:
            notebook: its path from the folder that is served.
            interface: one of `INTERFACES`.
        """
        address, ready = INTERFACES[interface]
        page.goto(f"{self.url}/{address}/{notebook}?reset&token={TOKEN}")
        page.locator(ready).wait_for(state="attached")
        return OpenNotebook(page)

    def restart_kernels(self) -> None:
        """Restart all of them, as the menu does."""
        headers = {"Authorization": f"token {TOKEN}"}
        with httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=120) as server:
            for kernel in server.get("/api/kernels").raise_for_status().json():
                server.post(f"/api/kernels/{kernel['id']}/restart").raise_for_status()


def environment_of(folder: Path, **values: str) -> dict[str, str]:
    """What a JupyterLab in `folder` and its kernels have in their environment, with some values of the test's own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NEMO_", "FLYWHEEL_", "NIM_"))},
        "PYTHONPATH": str(checkout.ROOT),
        **values,
        **{f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "RUNTIME", "DATA")},
        "IPYTHONDIR": str(folder / "ipython"),
    }


@contextmanager
def jupyterlab(
    folder: Path, environment: dict[str, str], settings: dict[str, dict] | None = None
) -> Iterator[JupyterLab]:
    """Start one that serves `folder`, and stop it at the end.

    Args:
        environment: from `environment_of`.
        settings: of extensions, by the extension's name, such as "@jupyterlab/apputils-extension/themes".
    """
    for name, values in (settings or {}).items():
        file = folder / "CONFIG" / "lab" / "user-settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    port = free_port()
    options = [f"--port={port}", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    options += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    log = folder / "lab.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/api", process, log)
        yield JupyterLab(url)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)
