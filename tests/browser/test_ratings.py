"""Thumbs up and down, given in the real Open WebUI by people in a browser, and read through its API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from chat_support import flywheel
from playwright.sync_api import Page
from ports import free_port

from flywheel_helpers import checkout
from flywheel_helpers.data import examples, xlam
from flywheel_helpers.feedback import ratings
from flywheel_helpers.settings import Settings
from flywheel_helpers.webui import server, setup
from flywheel_helpers.webui.client import OpenWebUI, sign_in
from tool_calling import prompt

ROW = xlam.to_evaluation_row(examples.EXAMPLE)
ANSWER = prompt.render_tool_calls(ROW["tool_calls"])
CORRECTION = '[{"name": "live_giveaways", "arguments": {"platform": "pc"}}]'


@dataclass(frozen=True)
class People:
    """An administrator and an ordinary user, signed in."""

    admin: OpenWebUI
    user: OpenWebUI
    home: Path


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Iterator[People]:
    """Open WebUI alone: what is rated here was answered before."""
    home = tmp_path_factory.mktemp("ratings")
    foreign = ("NEMO_", "FLYWHEEL_", "NIM_", "OPENWEBUI_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "FLYWHEEL_HOME": str(home),
        "FLYWHEEL_WEBUI_PORT": str(free_port()),
        "PYTHONPATH": str(checkout.ROOT),
    }
    with patch.dict(os.environ, environment, clear=True):
        settings = Settings.from_config(checkout.load_config("local"))
    try:
        flywheel(environment, "webui", "up")
        admin = server.signed_in(settings, home)
        account = {"name": "Bob Builder", "email": "bob@example.test", "password": "builder-1", "role": "user"}
        admin._post("/api/v1/auths/add", account)
        yield People(admin, sign_in(settings, account["email"], account["password"]), home)
    finally:
        flywheel(environment, "webui", "down")


def stored(webui: OpenWebUI, text: str, answer: str) -> str:
    """A conversation as the chat window stores one; its id."""
    question = {"id": "u", "parentId": None, "childrenIds": ["a"], "role": "user", "content": text, "timestamp": 1}
    reply = {"id": "a", "parentId": "u", "childrenIds": [], "role": "assistant", "content": answer, "timestamp": 2}
    reply |= {"model": "preset", "modelName": "preset", "modelIdx": 0, "done": True}
    history = {"messages": {"u": question | {"models": ["preset"]}, "a": reply}, "currentId": "a"}
    chat = {"title": "A question", "models": ["preset"], "history": history, "messages": [question, reply]}
    return webui._post("/api/v1/chats/new", {"chat": chat})["id"]


def rate(page: Page, webui: OpenWebUI, chat: str, thumb: str, comment: str = "") -> None:
    """Open a conversation, press a thumb and write a comment."""
    page.add_init_script(f"localStorage.token = '{webui.token}'")
    page.goto(f"{webui.settings.openwebui_url}/c/{chat}")
    page.get_by_label(thumb).click()
    page.get_by_label("Additional feedback comments").fill(comment)
    with page.expect_response(lambda answer: "/evaluations/feedback" in answer.url and answer.ok):
        page.locator("#message-feedback-a").get_by_role("button", name="Save").click()


def test_thumbs_become_verdicts(people, page, browser):
    mine = stored(people.user, setup.example_text(), ANSWER)
    rate(page, people.user, mine, "Good Response")
    rate(page, people.user, stored(people.user, "Hello!", "Hello, Bob."), "Good Response")
    theirs = stored(people.admin, setup.example_text(), ANSWER)
    other = browser.new_context().new_page()
    other.set_default_timeout(180_000)
    rate(other, people.admin, theirs, "Bad Response", f"I meant {CORRECTION}")

    own = ratings.read(people.user)
    assert [one["request_id"] for one in own.usage] == [f"open-webui/{mine}/a"] and own.left_out == 1
    everybodys = ratings.read(people.admin)
    assert everybodys.left_out == 1
    verdicts = {one["request_id"]: (one["verdict"], one["calls"]) for one in everybodys.feedback}
    correction = [{"name": "live_giveaways", "arguments": {"platform": "pc"}}]
    assert verdicts == {f"open-webui/{mine}/a": ("right", None), f"open-webui/{theirs}/a": ("wrong", correction)}
    used = next(one for one in everybodys.usage if mine in one["request_id"])
    assert used["messages"] == ROW["messages"] and used["model"] == "preset"
    assert prompt.question_text(used["messages"][0]["content"], used["tools"]) == setup.example_text()
    assert "Bob" not in str(everybodys) and "example.test" not in str(everybodys), "people stay unnamed"

    people.user.connection.request("Open WebUI", "DELETE", f"/api/v1/chats/{mine}")
    assert len(ratings.read(people.user).feedback) == 1, "the rating has kept the conversation"


def test_the_wire_format_is_the_one_that_was_tested(people):
    """What the unit tests' fake answers stands or falls with these routes."""
    answer = httpx.get(
        f"{people.user.settings.openwebui_url}/api/v1/evaluations/feedbacks/all/export",
        headers={"Authorization": f"Bearer {people.user.token}"},
        trust_env=False,
    )
    assert answer.status_code == 401, "an ordinary account may not read everybody's"
