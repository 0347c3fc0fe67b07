"""The routes of Guardrails."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from nemo_local.common.connections import KEEPALIVE_EXPIRY, LOOPBACK_DIRECT
from nemo_local.common.entities import add_entity_routes
from nemo_local.common.errors import ApiError, Invalid
from nemo_local.common.service import Service
from nemo_local.guardrails.configs import Configs
from nemo_local.guardrails.guarding import Guard, GuardRoom
from nemo_local.guardrails.schemas import ChatBody, CompletionBody, ConfigBody, ModelBody
from nemo_local.settings import Settings

# Fields of an answer that hold no text of the model, beside its choices.
_ENVELOPE = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "prompt_logprobs"}
)


class Redirected(httpx.RequestError):
    """A model's address sends elsewhere: somewhere that no config names."""


async def _refuse_redirect(response: httpx.Response) -> None:
    if response.is_redirect:
        raise Redirected(f"it redirects to another address ({response.status_code})", request=response.request)


def model_client() -> httpx.AsyncClient:
    """The client for guarded models and for those that guard them."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(60, connect=5, pool=None),
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=KEEPALIVE_EXPIRY),
        event_hooks={"response": [_refuse_redirect]},
        mounts=LOOPBACK_DIRECT,
    )


def create_service(settings: Settings) -> Service:
    """Guardrails, with its configs at ``home/guardrails/guardrails.db``."""
    configs, http = Configs(settings), model_client()
    room = GuardRoom(settings, configs, http)
    router = APIRouter(prefix="/v1/guardrail")
    add_entity_routes(router, "configs", configs.store, ConfigBody, prepare=configs.prepare)

    @router.get("/models")
    async def models() -> dict[str, Any]:
        """The models that can be guarded: those of the NIM proxy."""
        return {"object": "list", "data": await room.nim.models()}

    @router.post("/checks")
    async def check(body: ChatBody) -> dict[str, Any]:
        """Judge messages without asking the model: the user's by the input rails, a last answer by the output rails."""
        guard = await room.guard(body)
        users = _user_texts(body)
        last = body.messages[-1]
        if not users and last.role != "assistant":
            raise Invalid("messages", "has nothing to judge: no message of a user, and no last one of an assistant.")
        if users:
            await guard.judge_input(users)
        if last.role == "assistant" and not guard.blocked:
            await guard.judge_output(users[-1] if users else "", [last.model_dump(exclude_none=True)])
        status = "blocked" if guard.blocked else "success"
        return {"status": status, "rails_status": guard.rails_status(), "guardrails_data": guard.data()}

    @router.post("/chat/completions", response_model=None)
    async def chat(body: ChatBody) -> dict[str, Any] | StreamingResponse:
        """Input rails, then the model, then output rails."""
        users = _user_texts(body)
        return await _guarded(room, body, "/chat/completions", users, _refused_chat)

    @router.post("/completions", response_model=None)
    async def complete(body: CompletionBody) -> dict[str, Any] | StreamingResponse:
        """The same for a plain text."""
        return await _guarded(room, body, "/completions", body.texts, _refused_text)

    loading: list[asyncio.Task] = []

    async def startup() -> None:
        configs.seed()
        if importlib.util.find_spec("nemoguardrails") is None:
            raise RuntimeError("the package nemoguardrails is not installed: run `make setup`")
        # It takes seconds, and nobody needs to wait for it but the first request, which does.
        loading.append(asyncio.create_task(room.load()))

    async def shutdown() -> None:
        for task in loading:
            task.cancel()
        await http.aclose()

    return Service(name="guardrails", router=router, startup=startup, shutdown=shutdown)


async def _guarded(
    room: GuardRoom, body: ModelBody, path: str, users: list[str], refused: Callable[[str], dict[str, Any]]
) -> dict[str, Any] | StreamingResponse:
    if not body.guardrails.options.rails.dialog:
        raise Invalid("guardrails.options.rails.dialog", "without it nothing is generated; use /v1/guardrail/checks.")
    guard = await room.guard(body)
    if guard.has("input") and not users:
        raise Invalid("messages", "has no message of a user, so the input rails have nothing to judge.")
    await guard.judge_input(users)
    if guard.blocked:
        return _answer(body, guard, _envelope(body, path, refused(guard.refusal())))
    request = body.for_model()
    if body.streams and not guard.has("output"):
        return await _streamed(guard, path, request)
    # With output rails the whole answer is judged before its first word is sent, also where a stream is asked for.
    request.pop("stream_options", None)
    answer = await guard.model.ask(path, request)
    if guard.has("output"):
        # A field of the answer that no client of the API expects is judged like a choice.
        rest = {key: value for key, value in answer.items() if key not in _ENVELOPE and value}
        await guard.judge_output(users[-1] if users else "", [*answer["choices"], *([rest] if rest else [])])
        if guard.blocked:
            answer = _envelope(body, path, refused(guard.refusal()))
    return _answer(body, guard, answer)


def _answer(body: ModelBody, guard: Guard, answer: dict[str, Any]) -> dict[str, Any] | StreamingResponse:
    answer = {**answer, "guardrails_data": guard.data()}
    if not body.streams:
        return answer
    chunk = {key: value for key, value in answer.items() if key != "usage"}
    if answer["object"] == "chat.completion":
        choices = [{**_without(choice, "message"), "delta": _delta(choice["message"])} for choice in answer["choices"]]
        chunk |= {"object": "chat.completion.chunk", "choices": choices}
    return _events(iter([f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n", "data: [DONE]\n\n"]))


async def _streamed(guard: Guard, path: str, request: dict[str, Any]) -> StreamingResponse:
    """The model's own events, from the first on. A refusal of the model is still an answer with its status."""
    stack = AsyncExitStack()
    events = await stack.enter_async_context(guard.model.stream(path, request))

    async def passed_on() -> AsyncIterator[bytes]:
        async with stack:
            try:
                async for part in events:
                    yield part
            except (httpx.HTTPError, ApiError) as error:  # the status has been sent
                detail = {"error": {"message": f"The model's answer broke off: {error}", "type": "server_error"}}
                yield f"data: {json.dumps(detail)}\n\n".encode()

    return _events(passed_on())


def _events(events: Any) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def _user_texts(body: ChatBody) -> list[str]:
    return [message.text for message in body.messages if message.role == "user"]


def _refused_chat(words: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": words}
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": "content_filter"}


def _refused_text(words: str) -> dict[str, Any]:
    return {"index": 0, "text": words, "logprobs": None, "finish_reason": "content_filter"}


def _envelope(body: ModelBody, path: str, choice: dict[str, Any]) -> dict[str, Any]:
    kind = "chat.completion" if path == "/chat/completions" else "text_completion"
    return {
        "id": f"guard-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": body.model,
        "choices": [choice],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


def _delta(message: dict[str, Any]) -> dict[str, Any]:
    calls = [{"index": i, **call} for i, call in enumerate(message.get("tool_calls") or [])]
    return {**message, **({"tool_calls": calls} if calls else {})}


def _without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name != key}
