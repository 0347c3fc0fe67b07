"""The model that is guarded: asked over HTTP, exactly as the client asked."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from nemo_local.common.errors import ApiError
from nemo_local.guardrails.validation import address

# Seconds between two parts of an answer. A laptop takes a minute for a long one, and says nothing until it is through.
_TIMEOUT = httpx.Timeout(600, connect=5)


@dataclass(frozen=True)
class MainModel:
    """Where the guarded model answers.

    Args:
        http: the client, which follows no redirects.
        base_url: up to and including ``/v1``.
        api_key: bearer token, kept in memory only.
    """

    http: httpx.AsyncClient
    base_url: str
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def of_configs(cls, http: httpx.AsyncClient, configs: list[dict[str, Any]], nim_url: str) -> MainModel:
        """The ``main`` model of the first config that has one with an address; else the NIM proxy."""
        for data in configs:
            for model in data.get("models") or []:
                base_url, key_name = address(model)
                if model["type"] == "main" and base_url:
                    return cls(http, base_url.rstrip("/"), os.environ.get(key_name) if key_name else None)
        return cls(http, f"{nim_url}/v1")

    async def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return the answer.

        Args:
            path: ``/chat/completions`` or ``/completions``.
            body: of the request.

        Raises:
            ApiError: the model refused (its own status), or there is no usable answer (502 or 503).
        """
        async with self._sent(path, body) as response:
            await response.aread()
            try:
                answer = response.json()
                answer["choices"][0]
            except (ValueError, LookupError, TypeError):
                raise ApiError(502, f"{self.base_url} gave an answer that is none: {response.text[:200]!r}.") from None
            return answer

    @asynccontextmanager
    async def stream(self, path: str, body: dict[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Send a request whose answer comes as events; gives them as they come. Raises like :meth:`ask`."""
        async with self._sent(path, {**body, "stream": True}) as response:
            yield response.aiter_bytes()

    @asynccontextmanager
    async def _sent(self, path: str, body: dict[str, Any]) -> AsyncIterator[httpx.Response]:
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        url = self.base_url + path
        try:
            async with self.http.stream("POST", url, json=body, headers=headers, timeout=_TIMEOUT) as response:
                if not response.is_success:
                    await response.aread()
                    status = response.status_code if 400 <= response.status_code < 500 else 502
                    raise ApiError(status, f"The model refused the request: {_message(response)}")
                yield response
        except httpx.HTTPError as error:
            raise ApiError(503, f"The model at {url} does not answer: {error or type(error).__name__}.") from error

    async def models(self) -> list[dict[str, Any]]:
        """Its list of models."""
        try:
            response = await self.http.get(f"{self.base_url}/models", timeout=10)
            return response.raise_for_status().json()["data"]
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            raise ApiError(503, f"{self.base_url} gives no list of models: {error or type(error).__name__}.") from error


def _message(response: httpx.Response) -> str:
    try:
        body = response.json()
        said = body.get("error") or body.get("detail") or body
        return said["message"] if isinstance(said, dict) and "message" in said else json.dumps(said)[:500]
    except (ValueError, AttributeError):
        return f"status {response.status_code}, {response.text[:200]!r}"
