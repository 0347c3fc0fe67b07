"""The real platform with a tuned model, the real Open WebUI, and a real browser: for the tests of the chat window.

Nothing here is skipped: without Open WebUI (`make webui`) or Chromium (`make browser`) the tests fail and say so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from ports import free_port

from flywheel_helpers import (
    checkout,
    customizer,
    data_store,
    nim,
    screenshot,
    showcase,
    wait,
    webui_process,
    webui_setup,
    xlam,
)
from flywheel_helpers.http import Connection
from flywheel_helpers.settings import Settings
from flywheel_helpers.webui import OpenWebUI

STEPS = 16  # of 4 rows
NO_TOOL_QUESTION = "Write a short poem about the sea."


@dataclass(frozen=True)
class Chat:
    """Everything up, and what the tests need to know of it."""

    webui: OpenWebUI
    presets: dict[str, webui_setup.Preset]
    home: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return self.webui.settings.openwebui_url

    def flywheel(self, *arguments: str) -> str:
        return flywheel(self.environment, *arguments)


def flywheel(environment: dict[str, str], *arguments: str) -> str:
    """The command line, as a user types it."""
    command = [sys.executable, "-m", "flywheel_helpers.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"flywheel {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def chat(tmp_path_factory) -> Iterator[Chat]:
    home = tmp_path_factory.mktemp("chat")
    foreign = ("NEMO_", "FLYWHEEL_", "NIM_", "OPENWEBUI_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "FLYWHEEL_HOME": str(home),
        "FLYWHEEL_MODELS": os.environ["FLYWHEEL_MODELS"],  # shared: set by the conftest of all tests
        "FLYWHEEL_GATEWAY_PORT": str(free_port()),
        "FLYWHEEL_NIM_PORT": str(free_port()),
        "FLYWHEEL_WEBUI_PORT": str(free_port()),
        "PYTHONPATH": str(checkout.ROOT),
    }
    with patch.dict(os.environ, environment, clear=True):
        settings = Settings.from_config(checkout.load_config("local"))
    try:
        flywheel(environment, "up")
        models = {"tuned": train(Connection(settings), home / "rows"), "base": settings.base_model}
        flywheel(environment, "webui", "up")
        webui = webui_process.signed_in(settings, home)
        webui_setup.provision(webui, models)
        yield Chat(webui, webui_setup.presets(settings.namespace, models), home, environment)
    finally:
        flywheel(environment, "webui", "down")
        flywheel(environment, "down")


def train(nemo: Connection, folder: Path) -> str:
    """A model that has practised the very questions of these tests: they test the chat, not the training."""
    rows = xlam.convert(practice_rows(), xlam.to_customization_row).rows
    tests = xlam.convert([showcase.EXAMPLE], xlam.to_evaluation_row).rows
    for path, part in zip(data_store.FILES, (rows, rows[:4], tests), strict=True):
        xlam.write_jsonl(part, folder / path)
    data_store.upload_dataset(nemo, folder)
    hyperparameters = customizer.Hyperparameters(max_steps=STEPS, warmup_steps=3, val_check_interval=1.0)
    job = customizer.train(nemo, hyperparameters)
    wait.wait_for_training(nemo, job)
    nim.wait_for_model(nemo, job.model)
    return job.model


def practice_rows() -> list[dict]:
    """The example half of the time, and else the question that no tool fits."""
    no_tool = {**showcase.EXAMPLE, "query": NO_TOOL_QUESTION, "answers": json.dumps([])}
    return [showcase.EXAMPLE, no_tool] * (2 * STEPS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = screenshot.find_browser()
    assert path, "There is no Chromium or Chrome. make browser installs one (as root), or: apt-get install chromium"
    with sync_playwright() as playwright:
        driven = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield driven
        driven.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser that knows nobody, with the right to paste."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(180_000)
    yield context.new_page()
    context.close()
