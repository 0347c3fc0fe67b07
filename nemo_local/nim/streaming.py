"""Answers as server-sent events: the chunks of the OpenAI API, then ``[DONE]``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from nemo_local.nim.answers import Answer, ClientGone, offered_tools, read_chat_answer
from nemo_local.nim.errors import NimError


def stream_chat(answer: Answer, request: Request) -> StreamingResponse:
    """Stream a chat answer."""
    return _response(answer, _chat_choices(answer, request), "chat.completion.chunk")


def stream_completion(answer: Answer, request: Request) -> StreamingResponse:
    """Stream a plain completion."""
    return _response(answer, _completion_choices(answer, request), "text_completion")


async def _chat_choices(answer: Answer, request: Request) -> AsyncIterator[dict[str, Any]]:
    yield _delta({"role": "assistant", "content": ""})
    if not offered_tools(answer.body):
        async for piece in answer.pieces(request):
            yield _delta({"content": piece})
        yield _delta({}, answer.generation.finish_reason)
        return
    # Only at its end is it known whether a text is calls or content: the list may follow words, or be broken.
    text = await answer.text(request)
    message, finish_reason = read_chat_answer(answer.body, text, answer.generation.finish_reason)
    for index, call in enumerate(message.get("tool_calls", ())):
        # Whole, because NVIDIA's provider for Llama Stack reads the arguments of each delta by themselves.
        yield _delta({"tool_calls": [{"index": index, **call}]})
    if message["content"]:
        yield _delta({"content": message["content"]})
    yield _delta({}, finish_reason)


async def _completion_choices(answer: Answer, request: Request) -> AsyncIterator[dict[str, Any]]:
    async for piece in answer.pieces(request):
        yield {"index": 0, "text": piece, "logprobs": None, "finish_reason": None}
    yield {"index": 0, "text": "", "logprobs": None, "finish_reason": answer.generation.finish_reason}


def _delta(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _response(answer: Answer, choices: AsyncIterator[dict[str, Any]], kind: str) -> StreamingResponse:
    async def events() -> AsyncIterator[str]:
        try:
            async for choice in choices:
                yield _event(answer.envelope(kind, [choice]))
            if answer.body.include_usage:
                yield _event({**answer.envelope(kind, []), "usage": answer.usage})
        except ClientGone:
            return
        except NimError as error:  # the status has been sent; OpenAI's clients raise on an event with `error`
            yield _event(error.body())
        finally:
            answer.generation.cancel()
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
