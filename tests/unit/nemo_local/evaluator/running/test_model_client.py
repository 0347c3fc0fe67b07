"""How long a request is repeated."""

from __future__ import annotations

import asyncio

import pytest
from altered import altered
from ports import free_port

from nemo_local.evaluator.endpoints import Endpoint
from nemo_local.evaluator.running import model_client
from nemo_local.evaluator.running.model_client import ModelClient, RequestFailed
from nemo_local.evaluator.schemas import EvaluationParams


def test_by_default_it_is_repeated_until_a_killed_nim_is_back(monkeypatch):
    """On two cores a NIM needs up to 20 seconds to start again."""
    pauses = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def ask() -> None:
        endpoint = Endpoint(f"http://127.0.0.1:{free_port()}/v1", "a/model")
        params = EvaluationParams()
        async with ModelClient(endpoint, params.parallelism, 5, params.max_retries) as client:
            await client.ask("chat-completion", {})

    monkeypatch.setattr(model_client, "asyncio", altered(asyncio, sleep=sleep))
    with pytest.raises(RequestFailed, match="after 9 attempts"):
        asyncio.run(ask())
    assert 25 < sum(pauses) < 60
