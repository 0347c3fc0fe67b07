"""A JupyterLab of a test's own, with settings, a runtime folder and a token that nobody else has."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Page
from ports import free_port

from flywheel_helpers import checkout

TOKEN = secrets.token_urlsafe(18)


@dataclass(frozen=True)
class JupyterLab:
    """One that answers at `url`."""

    url: str

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook, and wait for its kernel: a cell that is run before that is not run at all."""
        page.goto(f"{self.url}/doc/tree/{notebook}?reset&token={TOKEN}")
        page.get_by_text("| Idle").wait_for()

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
        **{f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "RUNTIME", "DATA")},
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": str(checkout.ROOT),
        **values,
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
