"""Open WebUI's REST API and what the course sets up in it, against a stand-in that keeps what it is sent."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.errors import ConfigError, PlatformError, ServiceError, Unauthorized
from flywheel_helpers.webui import setup
from flywheel_helpers.webui.client import SERVICE, TESTED_VERSION, OpenWebUI, sign_in
from tool_calling import prompt

URL = "http://webui.test:3000"
MODELS = {"tuned": "ada/caller@v1", "base": "meta/llama-3.2-1b-instruct"}
KEY = "sk-1234567890"


class FakeOpenWebUI:
    """As much of Open WebUI as the course uses. `refuse` maps a path to the status it answers there."""

    def __init__(self):
        self.role = "admin"
        self.config = {
            "ENABLE_OPENAI_API": True,
            "OPENAI_API_BASE_URLS": ["https://elsewhere.test/v1"],
            "OPENAI_API_KEYS": ["sk-of-somebody"],
            "OPENAI_API_CONFIGS": {"0": {"enable": True}},
        }
        self.presets: dict[str, dict] = {}
        self.served = list(MODELS.values())
        self.refuse: dict[str, httpx.Response] = {}
        self.written: list[str] = []
        self.tokens: set[str | None] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.tokens.add(request.headers.get("Authorization"))
        if path in self.refuse:
            return self.refuse[path]
        if path == "/api/version":
            return httpx.Response(200, json={"version": "0.9.9"})
        if path == "/api/v1/auths/signin":
            return httpx.Response(200, json={"token": KEY})
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return httpx.Response(401, json={"detail": "Your session has expired or the token is invalid."})
        body = json.loads(request.content) if request.content else {}
        if request.method == "POST":
            self.written.append(path)
        status, answer = self.answer(path, body, request.url.params)
        return httpx.Response(status, json=answer)

    def answer(self, path, body, params):
        if path == "/api/v1/auths/":
            return 200, {"role": self.role}
        if path.startswith("/openai/config") and self.role != "admin":
            return 401, {"detail": "You do not have permission"}
        if path == "/openai/config":
            return 200, self.config
        if path == "/openai/config/update":
            self.config = body
            return 200, body
        if path == "/api/models":
            return 200, {"data": [{"id": name} for name in [*self.served, *self.presets]]}
        if path == "/api/v1/models/model":
            found = self.presets.get(params["id"])
            missing = {"detail": "We could not find what you're looking for"}
            return (200, found) if found else (404, missing)
        if path in ("/api/v1/models/create", "/api/v1/models/model/update"):
            self.presets[body["id"]] = body
            return 200, body
        message = {"role": "assistant", "content": "[]"}
        return 200, {"choices": [{"message": message}]}


@pytest.fixture
def server() -> FakeOpenWebUI:
    return FakeOpenWebUI()


@pytest.fixture
def webui(settings, server) -> OpenWebUI:
    return OpenWebUI(
        replace(settings, openwebui_url=URL, nemo_token="the-platforms-own"), KEY, httpx.MockTransport(server)
    )


@pytest.fixture
def ready(webui, server) -> FakeOpenWebUI:
    """Provisioned once."""
    setup.provision(webui, MODELS)
    server.written.clear()
    return server


def outcomes(steps) -> list[str]:
    return [step.outcome for step in steps]


def test_the_version_is_the_one_that_is_installed():
    pinned = (ROOT / "requirements-openwebui.txt").read_text()
    assert f"open-webui=={TESTED_VERSION}\n" in pinned


def test_presets_are_what_the_seed_asks_for(webui, server):
    assert outcomes(setup.provision(webui, MODELS)) == ["created"] * 3
    assert [preset["name"] for preset in server.presets.values()] == ["Tool selector (tuned)", "Tool selector (base)"]
    for preset, model in zip(server.presets.values(), MODELS.values(), strict=True):
        assert preset["base_model_id"] == model
        assert preset["params"]["system"] == prompt.SYSTEM_MESSAGE
        assert (preset["params"]["seed"], preset["params"]["temperature"]) == (42, 0)
        assert preset["meta"]["suggestion_prompts"][0]["content"] == setup.example_text()
        assert preset["meta"]["capabilities"]["builtin_tools"] is False


def test_the_connection_joins_those_that_are_there(webui, server):
    setup.provision(webui, MODELS)
    assert server.config["OPENAI_API_BASE_URLS"] == ["https://elsewhere.test/v1", "http://nim.test:8000/v1"]
    assert server.config["OPENAI_API_KEYS"] == ["sk-of-somebody", ""]
    assert server.config["OPENAI_API_CONFIGS"]["0"] == {"enable": True}


@pytest.mark.parametrize(("key", "enabled"), [("", False), ("sk-of-somebody", True)])
def test_open_webuis_default_is_switched_off_where_it_has_no_key(webui, server, key, enabled):
    server.config |= {"OPENAI_API_BASE_URLS": ["https://api.openai.com/v1"], "OPENAI_API_KEYS": [key]}
    setup.provision(webui, MODELS)
    assert server.config["OPENAI_API_CONFIGS"]["0"].get("enable", True) is enabled
    assert server.config["OPENAI_API_CONFIGS"]["1"]["enable"] is True
    assert outcomes(setup.provision(webui, MODELS)) == ["unchanged"] * 3


def test_only_its_own_token_is_sent(webui, server):
    setup.provision(webui, MODELS)
    assert server.tokens == {f"Bearer {KEY}"}


def test_a_second_run_writes_nothing(webui, ready):
    assert outcomes(setup.provision(webui, MODELS)) == ["unchanged"] * 3
    assert ready.written == []


def test_a_connection_of_ours_follows_the_address(webui, ready, settings):
    moved = OpenWebUI(
        replace(settings, openwebui_url=URL, nim_url="http://nim.test:9"), KEY, httpx.MockTransport(ready)
    )
    assert setup.provision(moved, MODELS)[0].outcome == "updated"
    assert ready.config["OPENAI_API_BASE_URLS"] == ["https://elsewhere.test/v1", "http://nim.test:9/v1"]


def test_a_connection_that_was_switched_off_is_switched_on(webui, ready):
    ready.config["OPENAI_API_CONFIGS"]["1"]["enable"] = False
    assert setup.provision(webui, MODELS)[0].outcome == "updated"
    assert ready.config["OPENAI_API_CONFIGS"]["1"]["enable"] is True


def test_a_preset_follows_the_newest_model(webui, ready):
    newer = {**MODELS, "tuned": "ada/caller@v2"}
    ready.served.append(newer["tuned"])
    steps = setup.provision(webui, newer)
    assert outcomes(steps) == ["unchanged", "updated", "unchanged"]
    assert "model" in steps[1].note
    assert ready.presets["ada-tool-selector-tuned"]["base_model_id"] == newer["tuned"]


def test_a_preset_edited_by_hand_is_kept_unless_asked(webui, ready):
    preset = ready.presets["ada-tool-selector-tuned"]
    preset["params"] |= {"system": "Be a pirate.", "top_p": 0.5}
    preset["meta"]["tags"] = [{"name": "mine"}]
    step = setup.provision(webui, MODELS)[1]
    assert step.outcome == "kept" and "edited: system message" in step.note and "RESET_PRESETS" in step.note
    assert ready.written == [] and preset["params"]["system"] == "Be a pirate."
    assert setup.provision(webui, MODELS, reset=True)[1].outcome == "updated"
    preset = ready.presets["ada-tool-selector-tuned"]
    assert preset["params"]["system"] == prompt.SYSTEM_MESSAGE and preset["meta"]["tags"] == [{"name": "mine"}]
    assert setup.provision(webui, MODELS)[1].outcome == "unchanged"


def test_two_namespaces_have_presets_of_their_own():
    ada, bob = (setup.presets(name, MODELS) for name in ("ada", "bob"))
    assert not {preset.id for preset in ada.values()} & {preset.id for preset in bob.values()}


def test_without_an_administrators_rights(webui, server):
    server.role = "user"
    assert outcomes(setup.provision(webui, MODELS)) == ["kept", "created", "created"]
    server.served.clear()
    with pytest.raises(Unauthorized, match="Ask an administrator to add http://nim.test:8000/v1"):
        setup.provision(webui, MODELS)


def test_without_the_right_to_make_models(webui, server):
    server.role = "user"
    server.refuse["/api/v1/models/create"] = httpx.Response(401, json={"detail": "401 Unauthorized"})
    with pytest.raises(Unauthorized, match="Ask an administrator to allow it"):
        setup.provision(webui, MODELS)


def test_models_that_do_not_appear(webui, server):
    server.served.remove(MODELS["tuned"])
    with pytest.raises(PlatformError, match="does not list ada/caller@v1"):
        setup.provision(webui, MODELS)
    assert server.presets == {}


def test_an_older_release_says_401_for_a_preset_that_is_not_there(webui, server):
    missing = {"detail": "We could not find what you're looking for :/"}
    server.refuse["/api/v1/models/model"] = httpx.Response(401, json=missing)
    assert outcomes(setup.provision(webui, MODELS)) == ["created"] * 3


def test_a_wrong_key(settings, server):
    stranger = OpenWebUI(replace(settings, openwebui_url=URL), "sk-wrong-secret", httpx.MockTransport(server))
    with pytest.raises(Unauthorized, match="OPENWEBUI_API_KEY") as caught:
        stranger.role()
    assert "sk-wrong-secret" not in str(caught.value)


def test_a_wrong_password(settings, server):
    server.refuse["/api/v1/auths/signin"] = httpx.Response(400, json={"detail": "The email or password is incorrect."})
    with pytest.raises(Unauthorized, match="could not sign in") as caught:
        sign_in(replace(settings, openwebui_url=URL), "admin@localhost", "hunter2", httpx.MockTransport(server))
    assert "hunter2" not in str(caught.value)


def test_no_address(settings):
    with pytest.raises(ConfigError, match="OPENWEBUI_URL is not set"):
        OpenWebUI(settings)


@pytest.mark.parametrize("status", [404, 405, 422, 500])
@pytest.mark.parametrize("path", ["/openai/config/update", "/api/v1/models/create", "/api/v1/models/model"])
def test_another_version_that_refuses_a_call(webui, server, path, status):
    before = json.loads(json.dumps(server.config))
    server.refuse[path] = httpx.Response(status, json={"detail": "Not Found"})
    with pytest.raises(ServiceError, match=r"Open WebUI 0\.9\.9; the course was tested with") as caught:
        setup.provision(webui, MODELS)
    assert "Admin Panel" in str(caught.value)
    assert server.config["OPENAI_API_KEYS"][0] == before["OPENAI_API_KEYS"][0] and server.presets == {}


def test_another_version_that_keeps_its_connections_elsewhere(webui, server):
    server.config = {"connections": []}
    with pytest.raises(ServiceError, match="no list OPENAI_API_BASE_URLS(.*\n)*.*Admin Panel"):
        setup.provision(webui, MODELS)
    assert server.written == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={"detail": "Open WebUI: Server Connection Error"}),
        httpx.Response(400, json={"detail": "Model not found"}),
        httpx.Response(404, json={"error": {"message": "The model is not served here"}}),
    ],
)
def test_the_models_are_down_while_chatting(webui, server, answer):
    server.refuse["/api/chat/completions"] = answer
    with pytest.raises(ServiceError, match="flywheel status"):
        webui.chat("ada-tool-selector-tuned", "hello")


@pytest.mark.parametrize("body", [{"choices": []}, {"error": "x"}])
def test_an_answer_without_a_message(webui, server, body):
    server.refuse["/api/chat/completions"] = httpx.Response(200, json=body)
    with pytest.raises(ServiceError, match="contains no message"):
        webui.chat("ada-tool-selector-tuned", "hello")


def test_it_is_not_up(settings):
    def refused(request):
        raise httpx.ConnectError("refused", request=request) from ConnectionRefusedError()

    webui = OpenWebUI(replace(settings, openwebui_url=URL), KEY, httpx.MockTransport(refused))
    webui.connection.first_delay = 0
    with pytest.raises(ServiceError, match="flywheel webui up") as caught:
        webui.version()
    assert caught.value.service == SERVICE
