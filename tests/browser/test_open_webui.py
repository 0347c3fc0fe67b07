"""A person at the chat window: signs in, chooses a preset, pastes a question with its tools, reads the answer."""

from __future__ import annotations

import json
import stat

import httpx
import pytest
from chat_support import NO_TOOL_QUESTION
from playwright.sync_api import Page, expect

from flywheel_helpers.course import answers
from flywheel_helpers.data import examples, xlam
from flywheel_helpers.errors import ServiceError, Unauthorized
from flywheel_helpers.webui import screenshot, server, setup
from flywheel_helpers.webui.client import OpenWebUI
from tool_calling import prompt
from tool_calling.parsing import read_answer

EXAMPLE = xlam.to_evaluation_row(examples.EXAMPLE)
TRUTH = json.loads(examples.EXAMPLE["answers"])


def sign_in(page: Page, chat) -> None:
    page.goto(chat.url)
    page.locator("input[type=email]").fill(server.EMAIL)
    page.locator("input[type=password]").fill(server.password(chat.home))
    page.keyboard.press("Enter")
    expect(page.locator("#chat-input")).to_be_visible()


def choose(page: Page, name: str) -> None:
    """Take a preset from the list of models."""
    page.get_by_role("button", name="Selected model:").click()
    page.get_by_role("option", name=f"Select {name} model").click()


def ask(page: Page, text: str) -> str:
    """Paste a text, send it, and wait for the whole answer; the answer as it is shown."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("#chat-input").click()
    page.keyboard.press("ControlOrMeta+v")
    page.keyboard.press("Enter")
    page.locator(".regenerate-response-button").first.wait_for(state="attached")
    return page.locator(".chat-assistant").last.inner_text()


def stored(chat, page: Page) -> dict[str, str]:
    """The conversation on the page as Open WebUI keeps it: what was asked, and what was answered."""
    page.wait_for_url("**/c/*")
    answer = httpx.get(
        f"{chat.url}/api/v1/chats/{page.url.rsplit('/', 1)[1]}",
        headers={"Authorization": f"Bearer {chat.webui.token}"},
        trust_env=False,
    )
    return {one["role"]: one["content"] for one in answer.json()["chat"]["history"]["messages"].values()}


def test_the_known_question(chat, page):
    sign_in(page, chat)
    choose(page, "Tool selector (tuned)")
    shown = ask(page, setup.example_text())
    assert json.dumps(TRUTH, indent=2) in shown, "the answer is pretty-printed JSON, as it came"
    conversation = stored(chat, page)
    assert conversation["user"] == setup.example_text(), "pasting changed the text"
    assert answers.equal(json.loads(conversation["assistant"]), TRUTH)


def test_the_answer_streams_in(chat, page):
    sign_in(page, chat)
    pieces: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: pieces.append(str(frame))))
    page.goto(chat.webui.chat_url(chat.presets["tuned"].id))
    ask(page, setup.example_text())
    assert sum('"chat:' in piece for piece in pieces) > 5, "the answer came in one piece"


def test_no_tool_fits(chat, page):
    sign_in(page, chat)
    page.goto(chat.webui.chat_url(chat.presets["tuned"].id))
    shown = ask(page, prompt.question_text(NO_TOOL_QUESTION, EXAMPLE["tools"]))
    assert prompt.NO_CALL in shown
    assert stored(chat, page)["assistant"] == prompt.NO_CALL


def test_the_base_model_for_contrast(chat, page):
    sign_in(page, chat)
    page.goto(chat.webui.chat_url(chat.presets["base"].id))
    expect(page.get_by_text("Tool selector (base)").first).to_be_visible()
    ask(page, setup.example_text())
    message = read_answer(stored(chat, page)["assistant"], EXAMPLE["tools"])
    assert not answers.equal(answers.calls(message), TRUTH)


def test_the_suggested_prompt_is_the_known_question(chat, page):
    sign_in(page, chat)
    page.goto(chat.webui.chat_url(chat.presets["tuned"].id))
    page.get_by_role("button", name="Future value of 2000 dollars").click()  # a click sends it
    # Open WebUI takes the indentation out of a suggestion. All else of it arrives.
    asked, example = (text.splitlines() for text in (stored(chat, page)["user"], setup.example_text()))
    assert [line.strip() for line in asked] == [line.strip() for line in example]


def test_nobody_gets_in_without_the_password(chat, page):
    page.goto(chat.url)
    page.locator("input[type=email]").fill(server.EMAIL)
    page.locator("input[type=password]").fill("guessed")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2000)
    expect(page.locator("#chat-input")).to_have_count(0)
    file = server.password_file(chat.home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_notebooks_picture(chat):
    picture = screenshot.conversation(chat.webui, chat.presets["tuned"].id, setup.example_text())
    assert picture.png.startswith(b"\x89PNG") and len(picture.png) > 20_000


def test_a_second_run_changes_nothing(chat):
    models = {kind: preset.model for kind, preset in chat.presets.items()}
    steps = setup.provision(chat.webui, models)
    assert [step.outcome for step in steps] == ["unchanged"] * 3


def test_it_listens_on_this_machine_only(chat):
    running = server.find(chat.home)
    listening = [one for one in running.process.net_connections("inet") if one.status == "LISTEN"]
    assert listening and {one.laddr.ip for one in listening} == {"127.0.0.1"}


def test_a_wrong_key_is_named(chat):
    with pytest.raises(Unauthorized, match="OPENWEBUI_API_KEY"):
        OpenWebUI(chat.webui.settings, "sk-not-a-key").role()


def test_the_models_go_down_while_chatting(chat):
    """The last test: it takes the platform away."""
    chat.flywheel("down")
    with pytest.raises(ServiceError, match="flywheel status"):
        chat.webui.chat(chat.presets["tuned"].id, setup.example_text())
    chat.flywheel("up")
    assert prompt.NO_CALL not in chat.webui.chat(chat.presets["tuned"].id, setup.example_text())
