"""NIM proxy: the served models, through the OpenAI-compatible API."""

from __future__ import annotations

from typing import Any

from flywheel_helpers.errors import BadAnswer, NotFound
from flywheel_helpers.services.connection import Connection

SERVICE = "NIM proxy"


def list_models(nemo: Connection) -> list[str]:
    """Names of the models that are served now, base and tuned."""
    answer = nemo.json(SERVICE, "GET", "/v1/models")
    return sorted(model["id"] for model in answer.get("data", []))


def chat(
    nemo: Connection,
    model: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Ask a model and return its message.

    Args:
        model: a name from `list_models`.
        messages: the conversation so far.
        tools: OpenAI function specs the model may call.
        **options: further fields of the request, such as seed, max_tokens and tool_choice; temperature defaults to 0.

    Returns:
        the assistant's message, with `content` and, if it calls tools, `tool_calls`.

    Raises:
        NotFound: the model is not served; the hint lists those that are.
    """
    body: dict[str, Any] = {"model": model, "messages": messages, "temperature": 0.0, **options}
    if tools:
        body["tools"] = tools
    try:
        answer = nemo.json(SERVICE, "POST", "/v1/chat/completions", json=body, retry=True, timeout=180.0)
    except NotFound as error:
        error.hint = "Models served now: " + ", ".join(list_models(nemo)) + "."
        raise
    try:
        return answer["choices"][0]["message"]
    except (KeyError, IndexError, TypeError):
        url = f"POST {nemo.settings.nim_url}/v1/chat/completions"
        raise BadAnswer(SERVICE, url, "the answer contains no message.", "See the NIM proxy's log.") from None
