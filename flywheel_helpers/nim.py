"""NIM proxy: the models that answer, over the OpenAI-compatible API."""

from __future__ import annotations

import time
from typing import Any

from flywheel_helpers.display import open_display
from flywheel_helpers.errors import BadAnswer, NotFound, ServiceError, WaitTimeout
from flywheel_helpers.http import Connection

SERVICE = "NIM proxy"


def list_models(nemo: Connection) -> list[str]:
    """Names of the models served now, base and tuned."""
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
        **options: further fields of the request: seed, max_tokens, tool_choice ... temperature is 0 unless given.

    Returns:
        the assistant's message, with `content` and, where it called tools, `tool_calls`.

    Raises:
        NotFound: no such model; the hint lists the ones served.
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
        raise BadAnswer(SERVICE, url, "the answer has no message in it.", "See the NIM proxy's log.") from None


def wait_for_model(nemo: Connection, model: str, timeout: float = 600.0, poll_seconds: float = 2.0) -> None:
    """Wait until a model is served. NIM looks for new adapters on an interval, so a new one takes a moment.

    Args:
        model: full name, such as `namespace/name@version`.
        timeout: seconds until giving up.
        poll_seconds: time between two looks.

    Raises:
        WaitTimeout: it is not served in time; the message lists the models that are.
    """
    started = time.monotonic()
    with open_display(f"Waiting for {model}") as display:
        served: list[str] = []
        while True:
            elapsed = time.monotonic() - started
            try:
                served = list_models(nemo)
            except ServiceError as error:
                display.warn(f"could not ask the NIM proxy: {error.reason}")
            if model in served:
                display.done(f"{model} is served.")
                return
            if elapsed > timeout:
                raise WaitTimeout(
                    f"{model} is not served after {elapsed:.0f} s. Served: {', '.join(served) or 'nothing'}.",
                    "Run the cell again to wait longer. If it never appears, see the NIM's log for the adapter's name.",
                )
            display.update(min(elapsed / timeout, 1.0), "not served yet")
            time.sleep(poll_seconds)
