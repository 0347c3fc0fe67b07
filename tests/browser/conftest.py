"""The real platform with a tuned model, the real Open WebUI, and a real browser: for the tests of the chat window.

Nothing here is skipped: without Open WebUI (`make webui`) or Chromium (`make browser`) the tests fail and say so.
All of it ends with the module: Playwright keeps an event loop running, in which no other test could start its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from chat_support import Chat, flywheel, train
from playwright.sync_api import Browser, Page, expect, sync_playwright
from ports import free_port

from flywheel_helpers import checkout
from flywheel_helpers.services.connection import connect
from flywheel_helpers.webui import screenshot, server, setup


@pytest.fixture(scope="module")
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
        nemo = connect(checkout.load_config("local"))
    settings = nemo.settings
    try:
        flywheel(environment, "up")
        with nemo:
            models = {"tuned": train(nemo, home / "rows"), "base": settings.base_model}
        flywheel(environment, "webui", "up")
        webui = server.signed_in(settings, home)
        setup.provision(webui, models)
        yield Chat(webui, setup.presets(settings.namespace, models), home, environment)
    finally:
        flywheel(environment, "webui", "down")
        flywheel(environment, "down")


@pytest.fixture(scope="module")
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
    expect.set_options(timeout=180_000)
    yield context.new_page()
    context.close()
