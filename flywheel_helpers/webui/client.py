"""Open WebUI, the chat window, through its REST API: signing in, connections, presets, and chat.

The same calls work with the one on this machine and one that a host has installed. They were written for the version in
`requirements-openwebui.txt`; if another version refuses one, the error says what to do by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import httpx

from flywheel_helpers.errors import (
    BadAnswer,
    ConfigError,
    Invalid,
    NotFound,
    Overloaded,
    ServerFault,
    ServiceError,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.settings import Settings

SERVICE = "Open WebUI"
TESTED_VERSION = "0.12.4"
RATINGS_A_PAGE = 30  # it cannot be told another number
CONNECTION_LISTS = ("OPENAI_API_BASE_URLS", "OPENAI_API_KEYS")
BY_HAND = (
    "You can set up the chat by hand: an administrator adds the connection under Admin Panel, Settings, Connections, "
    "and the presets under Workspace, Models, as notebook 05 describes them."
)


class OpenWebUI:
    """Open WebUI, as an account sees it. Use it in a `with` block, or `close` it.

    Args:
        settings: with `openwebui_url`.
        token: an API key, or the token of a session; empty without an account.
        transport: replaces the network, for tests.

    Raises:
        ConfigError: OPENWEBUI_URL is not set.
    """

    def __init__(self, settings: Settings, token: str = "", transport: httpx.BaseTransport | None = None):
        if not settings.openwebui_url:
            raise ConfigError(
                "OPENWEBUI_URL is not set, so there is no Open WebUI to talk to.",
                "Set it in config.py, or in the environment, to the address at which you open it in the browser.",
            )
        self.settings = settings
        self.token = token
        # Its own token instead of the platform's, which it must not see.
        self.connection = Connection(replace(settings, nemo_token=token), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def version(self) -> str:
        """Its version. This needs no account."""
        return str(self._get("/api/version").get("version", "unknown"))

    def role(self) -> str:
        """The role of our account: "admin", "user" or "pending".

        Raises:
            Unauthorized: the key is wrong or expired, or keys are not allowed.
        """
        return str(self._get("/api/v1/auths/").get("role", "unknown"))

    def connections(self) -> dict[str, Any]:
        """The connections to OpenAI-compatible services. Only administrators may read them."""
        with self._explained("reading the connections"):
            config = self._get("/openai/config")
            if missing := [name for name in CONNECTION_LISTS if not isinstance(config.get(name), list)]:
                url = f"GET {self.settings.openwebui_url}/openai/config"
                raise BadAnswer(SERVICE, url, f"the answer has no list {missing[0]}.", "")
            return config

    def save_connections(self, config: dict[str, Any]) -> None:
        """Replace the connections. Pass a changed copy of what `connections` returned, so that nothing else is lost."""
        with self._explained("saving the connection"):
            self._post("/openai/config/update", config)

    def served_models(self) -> list[str]:
        """Ids of everything that can be chatted with: the models of all connections, and the presets."""
        answer = self._get("/api/models", params={"refresh": "true"})
        return sorted(model["id"] for model in answer.get("data", []))

    def find_preset(self, preset_id: str) -> dict[str, Any] | None:
        """A preset as it is stored, or None."""
        with self._explained("reading a preset"):
            try:
                return self._get("/api/v1/models/model", params={"id": preset_id})
            except NotFound as error:
                if error.server_message.startswith("Not Found"):  # the route, not the preset
                    raise
                return None
            except Unauthorized as error:
                # Older releases answer 401 for a preset that does not exist.
                if "find what you" in error.server_message:
                    return None
                raise

    def create_preset(self, body: dict[str, Any]) -> None:
        """Store a new preset."""
        with self._explained("creating a preset"):
            self._post("/api/v1/models/create", body)

    def update_preset(self, body: dict[str, Any]) -> None:
        """Replace a stored preset."""
        with self._explained("updating a preset"):
            self._post("/api/v1/models/model/update", body, params={"id": body["id"]})

    def chat(self, model: str, text: str, timeout: float = 600.0) -> str:
        """Ask a model or preset, as the chat window does, and return the text of the answer.

        Args:
            model: id of a preset or model.
            text: the user's message.
            timeout: seconds; a question may wait behind others on a small machine.

        Raises:
            ServiceError: Open WebUI failed, or the model behind it did, whose message is then shown if there is one.
        """
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": False}
        path = "/api/chat/completions"
        try:
            answer = self._post(path, body, retry=True, timeout=timeout)  # an answer leaves nothing behind
        except (Invalid, NotFound, Overloaded, ServerFault) as error:
            error.hint = (
                f"Check that the model is served: {self.settings.nim_url}/v1/models. On your own machine, flywheel "
                "status shows whether the platform is up. Then run the cell again."
            )
            raise
        try:
            return answer["choices"][0]["message"]["content"] or ""
        except (KeyError, IndexError, TypeError):
            url = f"POST {self.settings.openwebui_url}{path}"
            reason = "the answer contains no message."
            raise BadAnswer(SERVICE, url, reason, "See Open WebUI's log.", server_message=str(answer)[:300]) from None

    def ratings(self) -> list[dict[str, Any]]:
        """Ratings of answers: everybody's for an administrator, else our own.

        Each has `data` (`rating`, `comment`, `model_id`), `meta` (`chat_id`, `message_id`), `user_id`, `created_at`,
        `updated_at`, and as `snapshot` the conversation as it was.
        """
        path = "/api/v1/evaluations/feedback"
        try:
            found = self.connection.request(SERVICE, "GET", f"{path}s/all/export").json()
        except Unauthorized:
            return [self._get(f"{path}/{one['id']}") for one in self._own_ratings(f"{path}s/user")]
        if not isinstance(found, list):
            url = f"GET {self.settings.openwebui_url}{path}s/all/export"
            raise BadAnswer(SERVICE, url, "the answer has no list of ratings.", f"Tested with {TESTED_VERSION}.")
        return found

    def conversation(self, chat_id: str) -> dict[str, Any] | None:
        """A stored conversation; None where it was deleted, or where we may not read it."""
        try:
            return self._get(f"/api/v1/chats/{chat_id}")
        except (Unauthorized, NotFound):
            return None

    def _own_ratings(self, path: str) -> list[dict[str, Any]]:
        """Our ratings, from a list that comes in pages and without the conversations."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self._get(path, params={"page": len(found) // RATINGS_A_PAGE + 1})
            found += answer.get("items") or []
            if not answer.get("items") or len(found) >= answer.get("total", 0):
                return found

    def chat_url(self, preset_id: str) -> str:
        """The address of a new conversation with this preset."""
        return f"{self.settings.openwebui_url}/?models={preset_id}"

    def _get(self, path: str, **content: Any) -> dict[str, Any]:
        return self.connection.json(SERVICE, "GET", path, **content)

    def _post(self, path: str, body: dict[str, Any], **content: Any) -> dict[str, Any]:
        return self.connection.json(SERVICE, "POST", path, json=body, **content)

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        """A call may be refused because the version differs: the error says which one, and what to do by hand."""
        try:
            yield
        except (Unauthorized, Unreachable, TimedOut, Overloaded):  # these have other causes
            raise
        except ServiceError as error:
            error.hint = (
                f"{action.capitalize()} failed with Open WebUI {self._version_or_unknown()}; the course was tested "
                f"with {TESTED_VERSION}. This call changed nothing. {BY_HAND}"
            )
            raise

    def _version_or_unknown(self) -> str:
        try:
            return self.version()
        except ServiceError:
            return "of unknown version"


def sign_in(settings: Settings, email: str, password: str, transport: httpx.BaseTransport | None = None) -> OpenWebUI:
    """Sign in with an account.

    Raises:
        Unauthorized: there is no such account, or the password is wrong.
    """
    with OpenWebUI(settings, transport=transport) as visitor:
        try:
            answer = visitor._post("/api/v1/auths/signin", {"email": email, "password": password})
        except Invalid as error:  # it answers 400 to a wrong password
            raise Unauthorized(
                SERVICE, error.request, f"{email} could not sign in.", "", error.status, error.server_message
            ) from None
    return OpenWebUI(settings, str(answer["token"]), transport)
