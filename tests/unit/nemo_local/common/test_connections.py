"""The platform's clients give an idle connection up before servers close it."""

from __future__ import annotations

import asyncio

import pytest
from client_ports import server_of_ports

from nemo_local.common.connections import KEEPALIVE_EXPIRY
from nemo_local.evaluator.endpoints import Endpoint
from nemo_local.guardrails.service import model_client


@pytest.mark.parametrize(
    "client",
    [lambda url: Endpoint(url, "a/model").client(timeout=5, connections=2), lambda url: model_client()],
    ids=["Evaluator", "Guardrails"],
)
def test_an_idle_connection_is_given_up(client):
    async def ask(url: str) -> None:
        async with client(url) as http:
            for seconds in (0, 0, KEEPALIVE_EXPIRY + 0.3):
                await asyncio.sleep(seconds)
                await http.post(url, json={})

    with server_of_ports() as (url, ports):
        asyncio.run(ask(url))
    assert ports[0] == ports[1] != ports[2]
    assert KEEPALIVE_EXPIRY <= 2, "uvicorn closes after 5 seconds, and a busy machine is late"
