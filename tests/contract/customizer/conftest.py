"""A gateway with two small datasets to train on."""

from __future__ import annotations

import httpx
import pytest
from customizer_support import NAMESPACE, Customizer, chat_row, tool_row


@pytest.fixture(scope="module")
def customizer(start_gateway, tmp_path_factory) -> Customizer:
    server = start_gateway(tmp_path_factory.mktemp("customizer-home"))
    httpx.post(f"{server.gateway_url}/v1/datastore/namespaces", data={"namespace": NAMESPACE}).raise_for_status()
    one = Customizer(server)
    one.sdk.namespaces.create(id=NAMESPACE)
    one.add_dataset(
        "tiny",
        {
            "training/training.jsonl": [tool_row(city) for city in ("Oslo", "Bern", "Lima")],
            "validation/validation.jsonl": [tool_row("Paris")],
        },
    )
    one.add_dataset("chat", {"training/a.jsonl": [chat_row(i) for i in range(12)]})
    return one
