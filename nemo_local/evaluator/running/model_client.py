"""One request to the model, repeated where that can help."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx

from nemo_local.evaluator.endpoints import Endpoint
from tool_calling import strict_json

PATHS = {"chat-completion": "/chat/completions", "completion": "/completions"}

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0  # seconds


class RequestFailed(Exception):
    """A request that got no usable answer.

    Args:
        message: what happened, with the server's own words.
        status: HTTP status of the last answer; None when there was none.
        unavailable: whether the target was down, overloaded or erring, so that the next request may fare no better.
    """

    def __init__(self, message: str, status: int | None, unavailable: bool) -> None:
        super().__init__(message)
        self.status = status
        self.unavailable = unavailable


class ModelClient:
    """Sends requests for one model.

    Args:
        endpoint: the API and the model's name there.
        parallelism: number of connections.
        timeout: seconds to wait for an answer.
        max_retries: how often a request is repeated after a failed connection, 429, 5xx or an unreadable answer.
    """

    def __init__(self, endpoint: Endpoint, parallelism: int, timeout: float, max_retries: int) -> None:
        self._endpoint = endpoint
        self._max_retries = max_retries
        self._http = endpoint.client(timeout, parallelism)

    async def __aenter__(self) -> ModelClient:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._http.__aexit__(*exc_info)

    async def ask(self, kind: str, body: dict) -> dict:
        """Send one request and return the sample it gives.

        Args:
            kind: ``chat-completion`` or ``completion``.
            body: the whole request.

        Returns:
            ``output_text``, ``tool_calls``, ``message`` (the assistant's message) and ``response`` (all of it).

        Raises:
            RequestFailed: after the last repetition.
        """
        attempt = 0
        while True:
            try:
                return await self._ask_once(kind, body)
            except RequestFailed as error:
                if attempt == self._max_retries or not error.unavailable:
                    attempts = f" (after {attempt + 1} attempts)" if attempt else ""
                    raise RequestFailed(f"{error}{attempts}", error.status, error.unavailable) from error
            pause = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
            # Jitter, so that requests that failed together do not come back together.
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))
            attempt += 1

    async def _ask_once(self, kind: str, body: dict) -> dict:
        url = self._endpoint.url + PATHS[kind]
        try:
            response = await self._http.post(url, json=body)
        except httpx.HTTPError as error:
            text = f": {error}" if str(error) else ""
            raise RequestFailed(f"POST {url} got no answer: {type(error).__name__}{text}", None, True) from error
        status = response.status_code
        if response.is_error:
            raise RequestFailed(
                f"POST {url} answered {status}: {response.text[:500]}", status, status in (408, 429) or status >= 500
            )
        try:
            answer = strict_json.loads(response.content)
            return sample_of(_message(kind, answer["choices"][0]), answer)
        except (strict_json.NotJson, LookupError, TypeError, AttributeError) as error:
            what = f"something that is not a {kind}: {response.text[:200]!r}"
            raise RequestFailed(f"POST {url} answered {status} with {what}", status, True) from error
        except strict_json.NotStrict as error:  # the model's own doing, and it would say the same again
            raise RequestFailed(f"POST {url} gave an answer that cannot be used: {error}", status, False) from error


def _message(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    if kind == "completion":
        return {"role": "assistant", "content": choice["text"]}
    return choice["message"]


def sample_of(message: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """What templates and metrics see as ``sample``.

    Args:
        message: the assistant's message.
        response: the whole answer.

    Raises:
        TypeError: the message is not one.
    """
    text, tool_calls = message.get("content") or "", message.get("tool_calls") or []
    if not isinstance(text, str) or not isinstance(tool_calls, list):
        raise TypeError("content must be a text and tool_calls a list")
    return {"output_text": text, "tool_calls": tool_calls, "message": message, "response": response}
