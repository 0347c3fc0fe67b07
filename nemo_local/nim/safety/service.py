"""The safety model behind the OpenAI API: it reads a content-safety prompt, and answers with a verdict in JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from nemo_local.nim.errors import NimError
from nemo_local.nim.safety.model import Judgement, SafetyModel
from nemo_local.nim.schemas import ChatBody
from tool_calling.safety_policy import BEGIN, END, LOCAL_MODEL

log = logging.getLogger(__name__)

_ANSWER = re.compile(r"^\s*(?:response: )?agent:\s?", re.MULTILINE)
_ASKS_FOR_ANSWER = "Response Safety"


class SafetyService:
    """The one safety model of the platform, loaded in the background when the NIM proxy starts."""

    def __init__(self) -> None:
        self._model: SafetyModel | None = None
        self._problem: str | None = None
        self._created = int(time.time())

    @property
    def loading(self) -> bool:
        """Whether it may still come."""
        return self._model is None and self._problem is None

    async def load(self) -> None:
        """Load it. Where that fails the proxy serves its other models, and this one's requests say why."""
        try:
            self._model = await asyncio.to_thread(SafetyModel)
            log.info("serving %s", LOCAL_MODEL)
        except Exception as error:
            log.exception("%s could not be loaded", LOCAL_MODEL)
            self._problem = f"{type(error).__name__}: {error}"

    def views(self) -> list[dict[str, Any]]:
        """Its entry in the list of models, once it is served."""
        if self._model is None:
            return []
        view = {"id": LOCAL_MODEL, "object": "model", "created": self._created, "owned_by": LOCAL_MODEL.split("/")[0]}
        return [{**view, "root": LOCAL_MODEL, "parent": None}]

    async def chat(self, body: ChatBody) -> dict[str, Any] | StreamingResponse:
        """Judge the conversation in a content-safety prompt.

        Raises:
            NimError: 422 for a request that is no such prompt, 503 while there is no model.
        """
        if self._model is None:
            reason = self._problem or "it is being loaded; try again in a few seconds"
            raise NimError(503, f"{LOCAL_MODEL} cannot judge now: {reason}", code="model_not_loaded")
        user, response = read_prompt("\n".join(_text(message) for message in body.messages))
        judged = [await asyncio.to_thread(self._model.judge, text) for text in (user, response) if text is not None]
        content = write_verdict(*judged)
        envelope = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model}
        if body.stream:
            return StreamingResponse(_events(envelope, content), media_type="text/event-stream")
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "logprobs": None}
        choices = [{**choice, "finish_reason": "stop"}]
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}  # a verdict is not generated
        return {**envelope, "object": "chat.completion", "choices": choices, "usage": usage}


def read_prompt(prompt: str) -> tuple[str, str | None]:
    """The user's message and the model's answer, None where there is none, in a content-safety prompt.

    The conversation reaches from the first begin mark to the last end mark, so that a message with such marks in it
    cannot leave a part of itself outside.

    Raises:
        NimError: 422, there is no conversation in it.
    """
    start, end = prompt.find(BEGIN), prompt.rfind(END)
    if start < 0 or end < start:
        raise NimError(
            422,
            f"{LOCAL_MODEL} judges conversations, and chats about nothing. Put the one to be judged between {BEGIN} "
            f"and {END}, as the content-safety prompt does.",
            param="messages",
            code="no_conversation",
        )
    conversation = prompt[start + len(BEGIN) : end]
    answer = _ANSWER.search(conversation) if _ASKS_FOR_ANSWER in prompt[:start] + prompt[end:] else None
    if answer is None:  # also where a user wrote such a mark: it is judged with the rest of the message
        return _without_label(conversation), None
    # From the first mark on, so that marks inside an answer cannot hide its beginning.
    return _without_label(conversation[: answer.start()]), conversation[answer.end() :].strip()


def write_verdict(user: Judgement, response: Judgement | None = None) -> str:
    """The verdict in the form of NemoGuard models."""
    judged = {"User Safety": user, **({"Response Safety": response} if response else {})}
    verdict = {name: "unsafe" if judgement.unsafe else "safe" for name, judgement in judged.items()}
    categories = dict.fromkeys(name for judgement in judged.values() for name in judgement.categories)
    if categories:
        verdict["Safety Categories"] = ", ".join(categories)
    return json.dumps(verdict)


def _without_label(text: str) -> str:
    return re.sub(r"^\s*user:\s?", "", text).strip()


def _text(message: Any) -> str:
    if isinstance(message.content, list):
        return "".join(part.text for part in message.content)
    return message.content or ""


async def _events(envelope: dict[str, Any], content: str) -> AsyncIterator[str]:
    for delta, reason in (({"role": "assistant", "content": content}, None), ({}, "stop")):
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]
        yield f"data: {json.dumps({**envelope, 'object': 'chat.completion.chunk', 'choices': choices})}\n\n"
    yield "data: [DONE]\n\n"
