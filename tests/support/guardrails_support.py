"""Configurations and requests that several tests of Guardrails use."""

from __future__ import annotations

from model_server import MAIN

OUTPUT = {"flows": ["content safety check output $model=content_safety"]}


RAIL = "content safety check input $model=content_safety"
HELLO = [{"role": "user", "content": "Which live giveaways are there?"}]
TOOLS = [{"type": "function", "function": {"name": "live_giveaways", "parameters": {"type": "object"}}}]


def chat(sdk, config: str, messages=HELLO, **options):
    return sdk.guardrail.chat.completions.create(
        model=MAIN, messages=messages, tools=TOOLS, guardrails={"config_id": config}, **options
    )
