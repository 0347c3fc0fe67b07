"""Ratings as Open WebUI keeps them, read by an administrator and by an ordinary account."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from flywheel_helpers.errors import Unauthorized
from flywheel_helpers.feedback import journal, ratings, verdicts
from flywheel_helpers.webui.client import RATINGS_A_PAGE, OpenWebUI
from tool_calling import prompt

CALL = {"name": "log_hours", "arguments": {"project": "Papaya", "hours": 2}}
ANSWER = prompt.render_tool_calls([CALL])


@pytest.fixture
def question(logged):
    return prompt.question_text("Two hours on Papaya.", logged(1)["tools"])


@pytest.fixture
def rating(question):
    def make(value, comment="", answer=ANSWER, asked=question, number=1, snapshot=True) -> dict:
        messages = {
            "u": {"id": "u", "role": "user", "content": asked, "timestamp": 1_772_000_000},
            "a": {"id": "a", "parentId": "u", "role": "assistant", "content": answer, "model": "preset"},
        }
        return {
            "id": f"rating-{number}",
            "user_id": "0b2c-user",
            "type": "rating",
            "data": {"rating": value, "comment": comment, "model_id": "preset"},
            "meta": {"chat_id": f"chat-{number}", "message_id": "a", "base_models": {"preset": "ada/caller@v1"}},
            "snapshot": {"chat": {"title": "x", "chat": {"history": {"messages": messages}}}} if snapshot else None,
            "created_at": 1_772_000_100,
            "updated_at": 1_772_000_200,
        }

    return make


@pytest.fixture
def webui(settings):
    """Makes an Open WebUI that holds these ratings."""

    def make(found: list[dict], admin: bool = True, chats: dict | None = None, key: bool = True) -> OpenWebUI:
        def server(request: httpx.Request) -> httpx.Response:
            path = request.url.path.removeprefix("/api/v1")
            refused = httpx.Response(401, json={"detail": "no"})
            if not key:
                return refused
            if path == "/evaluations/feedbacks/all/export":
                return httpx.Response(200, json=found) if admin else refused
            if path == "/evaluations/feedbacks/user":
                first = (int(request.url.params["page"]) - 1) * RATINGS_A_PAGE
                page = [{**one, "snapshot": None} for one in found[first : first + RATINGS_A_PAGE]]
                return httpx.Response(200, json={"items": page, "total": len(found)})
            if path.startswith("/evaluations/feedback/"):
                return httpx.Response(200, json=next(one for one in found if path.endswith(f"/{one['id']}")))
            chat = (chats or {}).get(path.removeprefix("/chats/"))
            return httpx.Response(200, json=chat) if chat else refused

        return OpenWebUI(replace(settings, openwebui_url="http://chat.test"), "key", httpx.MockTransport(server))

    return make


def test_up_is_right_and_down_is_wrong(webui, rating, logged):
    found = ratings.read(webui([rating(1), rating("-1", number=2)]))
    assert [one["verdict"] for one in found.feedback] == ["right", "wrong"]
    assert [one["calls"] for one in found.feedback] == [None, None]
    used = found.usage[0]
    assert used["request_id"] == found.feedback[0]["request_id"] == "open-webui/chat-1/a"
    assert used["messages"] == [{"role": "user", "content": "Two hours on Papaya."}]
    assert [tool["function"]["name"] for tool in used["tools"]] == ["log_hours", "invite"]
    assert verdicts.judge(used, [CALL], "recorded")["verdict"] == "right", "the answer is read"
    assert used["model"] == "ada/caller@v1", "the model behind the preset"
    assert used["time"] == "2026-02-25T06:13:20+00:00"
    assert found.feedback[0]["time"] == "2026-02-25T06:16:40+00:00" and found.feedback[0]["source"] == "open-webui"
    assert used["user"].startswith("user-") and "0b2c" not in json.dumps(found.usage)


@pytest.mark.parametrize(
    ("comment", "calls"),
    [
        ("It should be three hours.", None),
        ("Right is:\n" + prompt.render_tool_calls([{"name": "invite", "arguments": {"title": "x"}}]), "invite"),
        ("{[]}", []),
        (None, None),
    ],
)
def test_a_comment_may_hold_a_correction(webui, rating, comment, calls):
    (feedback,) = ratings.read(webui([rating(-1, comment)])).feedback
    said = feedback["calls"]
    assert (said[0]["name"] if said else said) == calls
    (praised,) = ratings.read(webui([rating(1, comment)])).feedback
    assert praised["calls"] is None, "an answer that is right needs no correction"


def test_other_chats_are_left_out_and_counted(webui, rating):
    others = [
        rating(1, asked="What is the capital of France?"),
        rating(1, answer="[{broken"),
        rating(None),
        {**rating(1), "meta": None},
        {**rating(1), "data": None},
        rating(1, snapshot=False),  # and the conversation was deleted
    ]
    found = ratings.read(webui([*others, rating(-1, answer="[{broken")]))
    assert found.left_out == len(others) and [one["verdict"] for one in found.feedback] == ["wrong"]


def test_without_a_snapshot_the_conversation_is_asked_for(webui, rating):
    chat = rating(1)["snapshot"]["chat"]
    found = ratings.read(webui([rating(1, snapshot=False)], chats={"chat-1": chat}))
    assert len(found.feedback) == 1


def test_an_ordinary_account_reads_all_of_its_own(webui, rating):
    mine = [rating(1, number=number) for number in range(2 * RATINGS_A_PAGE + 5)]
    found = ratings.read(webui(mine, admin=False))
    assert [one["request_id"] for one in found.usage] == [f"open-webui/chat-{number}/a" for number in range(len(mine))]


def test_a_key_that_is_refused_is_an_error(webui, rating):
    with pytest.raises(Unauthorized, match="OPENWEBUI_API_KEY"):
        ratings.read(webui([rating(1)], key=False))


def test_both_journals_get_what_is_new(webui, rating, journals, connection, monkeypatch, capsys, tmp_path):
    held = [rating(1), rating(1, asked="Hello!", number=2)]
    monkeypatch.setattr(ratings.server, "reachable", lambda settings, home: webui(held))
    nemo = connection(None)
    for value in (1, 1, -1, 1):  # looked at twice, then changed, then changed back
        held[0]["data"]["rating"] = value
        ratings.collect(nemo, tmp_path)
    assert len(journals[journal.USAGE]) == 1
    assert [one["verdict"] for one in journals[journal.FEEDBACK]] == ["right", "wrong", "right"]
    assert verdicts.best(journals[journal.FEEDBACK])["open-webui/chat-1/a"]["verdict"] == "right"
    assert "Open WebUI has 2 ratings, 1 of them of tool calls." in capsys.readouterr().out
    monkeypatch.setattr(ratings.server, "reachable", lambda settings, home: None)  # another day, without it
    before = ratings.collect(nemo, tmp_path)
    assert before.usage == journals[journal.USAGE] and before.feedback == journals[journal.FEEDBACK][-1:]
    assert "Those that were read before are used (1)." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "OPENWEBUI_URL is not set"), ("https://chat.example.test", "OPENWEBUI_API_KEY is not set")],
)
def test_without_open_webui_there_is_nothing_and_one_line_says_so(connection, tmp_path, capsys, url, said, journals):
    found = ratings.collect(connection(None, openwebui_url=url), tmp_path)
    assert found == ratings.Ratings([], [])
    line = capsys.readouterr().out
    assert line.startswith("No ratings from Open WebUI: ") and said in line and line.count("\n") == 1


def test_an_open_webui_that_is_down(settings, connection, tmp_path, capsys, journals, monkeypatch):
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    url = "https://chat.example.test"
    webui = OpenWebUI(replace(settings, openwebui_url=url), "key", httpx.MockTransport(refuse))
    webui.connection.first_delay = 0.0
    monkeypatch.setattr(ratings.server, "reachable", lambda settings, home: webui)
    nemo = connection(None, openwebui_url=url, openwebui_api_key="key")
    assert ratings.collect(nemo, tmp_path) == ratings.Ratings([], [])
    assert f"it does not answer at {url}" in capsys.readouterr().out
