"""The gateway, the SDK, and one server that plays both models."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from model_server import SAFETY, ModelServer
from nemo_microservices import NeMoMicroservices


@pytest.fixture(scope="session")
def sdk(gateway) -> NeMoMicroservices:
    return NeMoMicroservices(base_url=gateway.gateway_url, max_retries=0)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.stop()


@pytest.fixture
def data(server) -> dict[str, Any]:
    """A config whose models are both at the server."""
    return rails_config(server.url)


@pytest.fixture
def stored(sdk, data) -> Callable[..., str]:
    """Stores a config, with changes, and gives its id."""

    def store(**changes: Any) -> str:
        name = f"c-{uuid.uuid4().hex[:8]}"
        sdk.guardrail.configs.create(name=name, namespace="ada", data={**data, **changes})
        return f"ada/{name}"

    return store


def rails_config(url: str) -> dict[str, Any]:
    def prompt(direction: str, content: str) -> dict[str, Any]:
        parser = {"input": "nemoguard_parse_prompt_safety", "output": "nemoguard_parse_response_safety"}[direction]
        task = f"content_safety_check_{direction} $model=content_safety"
        return {"task": task, "content": content, "output_parser": parser, "max_tokens": 50}

    return {
        "models": [
            {"type": "main", "engine": "nim", "model": "any", "parameters": {"base_url": url}},
            {"type": "content_safety", "engine": "nim", "model": SAFETY, "parameters": {"base_url": url, "timeout": 2}},
        ],
        "rails": {"input": {"flows": ["content safety check input $model=content_safety"]}},
        "prompts": [
            prompt("input", "Judge this: {{ user_input }} (by S1 to S24)"),
            prompt("output", "Judge the answer {{ bot_response }} to {{ user_input }}"),
        ],
    }
