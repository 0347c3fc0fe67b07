"""From a validated request to the answer: the prompt, the generation, and the message in the generated text."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from nemo_local.model.chat_template import ChatTemplate
from nemo_local.model.jinja import ChatTemplateError
from nemo_local.nim.engine import EngineError, Generation, Sampling
from nemo_local.nim.errors import NimError
from nemo_local.nim.schemas import ChatBody, CompletionBody, GenerationBody
from nemo_local.nim.served import Catalog, EnginePool
from nemo_local.nim.structured_output.grammars import UnsupportedSchema, check_calls, check_value, tool_call_grammar
from tool_calling import strict_json
from tool_calling.parsing import parse_tool_calls

_NOT_ENFORCED = "This keyword cannot be enforced while decoding: leave it out of the schema"
# Limit of an answer, in tokens, where the request sets none. A small model that repeats itself would fill the context.
DEFAULT_MAX_TOKENS = 1024


class ClientGone(Exception):
    """The client closed the connection."""


@dataclass
class Answer:
    """One answer in progress: its generation, and what all its pieces on the wire have in common."""

    body: GenerationBody
    generation: Generation
    id: str
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def usage(self) -> dict[str, int]:
        prompt, completion = self.generation.prompt_tokens, self.generation.completion_tokens
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def envelope(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """A response object, or one chunk of a stream."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.body.model, "choices": choices}

    async def pieces(self, request: Request) -> AsyncIterator[str]:
        """The text as it is generated. Whatever ends the iteration early, such as a lost client, ends the generation.

        Raises:
            ClientGone: the connection is closed.
            NimError: the engine failed.
        """
        try:
            async for piece in self.generation:
                if await request.is_disconnected():
                    raise ClientGone
                yield piece
        except EngineError as error:
            raise NimError(500, f"The answer could not be finished: {error}", code="engine_failed") from error
        finally:
            self.generation.cancel()

    async def text(self, request: Request) -> str:
        """The whole text, with the errors of :meth:`pieces`."""
        return "".join([piece async for piece in self.pieces(request)])


async def begin_completion(body: CompletionBody, catalog: Catalog, pool: EnginePool) -> Answer:
    """Begin a plain completion. Raises NimError if the request is wrong."""
    return await _begin(body, lambda _: body.prompt, body.max_tokens, None, "cmpl", catalog, pool)


async def begin_chat(body: ChatBody, catalog: Catalog, pool: EnginePool) -> Answer:
    """Begin a chat answer. Raises NimError if the request is wrong."""
    catalog.find(body.model)
    try:
        # A small grammar is written in milliseconds, the largest in seconds: not on the event loop.
        grammar = await asyncio.to_thread(_grammar, body)
    except UnsupportedSchema as error:
        raise NimError(422, str(error), param="tools" if body.must_call else None, code="unsupported_schema") from None
    messages = [message.model_dump(exclude_none=True) for message in body.messages]
    tools = [tool.model_dump() for tool in offered_tools(body)]

    def prompt(template: ChatTemplate) -> str:
        return template.render(messages, tools)

    limit = body.max_completion_tokens or body.max_tokens
    return await _begin(body, prompt, limit, grammar, "chatcmpl", catalog, pool)


def _grammar(body: ChatBody) -> str | None:
    """What the answer is held to; None where it is free."""
    parallel = body.parallel_tool_calls and body.named_tool is None
    if body.must_call:
        return tool_call_grammar(callable_tools(body), parallel=parallel)
    if body.content_schema is None:
        return None
    return tool_call_grammar([tool.model_dump() for tool in offered_tools(body)], parallel, body.content_schema)


def offered_tools(body: ChatBody) -> list:
    """The tools that the model is shown."""
    return [] if body.tool_choice == "none" else body.tools or []


def callable_tools(body: ChatBody) -> list[dict[str, Any]]:
    """The tools that the model may call."""
    tools = [tool.model_dump() for tool in body.tools or []]
    return [tool for tool in tools if body.named_tool in (None, tool["function"]["name"])]


def read_chat_answer(body: ChatBody, text: str, finish_reason: str) -> tuple[dict[str, Any], str]:
    """The assistant message in a text, and its finish reason.

    Raises:
        NimError: 422, a required call does not fit a rule of its schema that cannot be enforced while decoding.
    """
    message: dict[str, Any] = {"role": "assistant", "content": text}
    offered = [tool.model_dump() for tool in offered_tools(body)]
    calls = parse_tool_calls(text, offered) if offered and not (body.must_call and finish_reason == "length") else None
    if calls and not body.parallel_tool_calls:
        calls = calls[:1]
    if calls and body.must_call and (problem := check_calls(calls, callable_tools(body))):
        raise NimError(
            422,
            f'The model\'s call does not fit its tool. {problem}. {_NOT_ENFORCED}, or use `tool_choice` "auto".',
            param="tools",
            code="call_does_not_fit",
        )
    if not calls:
        _check_content(body, text)
        return message, finish_reason
    message |= {"content": None, "tool_calls": [_tool_call(call) for call in calls]}
    return message, "length" if finish_reason == "length" else "tool_calls"


def _check_content(body: ChatBody, text: str) -> None:
    if body.content_schema is None or body.must_call:
        return
    try:
        value = strict_json.loads(text)
    except strict_json.NotStrict:  # cut off by the limit of tokens or a stop text, as the finish reason says
        return
    if problem := check_value(value, body.content_schema, "answer"):
        raise NimError(
            422,
            f"The model's answer does not fit `response_format`. {problem}. {_NOT_ENFORCED}.",
            param="response_format",
            code="answer_does_not_fit",
        )


def _tool_call(call: dict[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(call["arguments"], ensure_ascii=False)
    function = {"name": call["name"], "arguments": arguments}
    return {"id": f"call_{uuid.uuid4().hex}", "type": "function", "function": function}


async def _begin(
    body: GenerationBody,
    prompt: Callable[[ChatTemplate], str],
    max_tokens: int | None,
    grammar: str | None,
    prefix: str,
    catalog: Catalog,
    pool: EnginePool,
) -> Answer:
    engine = await pool.get(catalog.find(body.model))
    sampling = Sampling(
        max_tokens=max_tokens or DEFAULT_MAX_TOKENS,
        temperature=body.temperature,
        top_p=body.top_p,
        seed=body.seed,
        presence_penalty=body.presence_penalty,
        frequency_penalty=body.frequency_penalty,
        stop=tuple(body.stop or ()),
        grammar=grammar,
    )
    try:
        generation = engine.submit(engine.encode(prompt(engine.template)), sampling)
    except EngineError as error:  # it has failed since the pool handed it out
        raise NimError(503, f"The answer could not be begun: {error}. Try again.", code="engine_failed") from error
    except ChatTemplateError as error:
        raise NimError(400, f"{error}.", param="messages", code="invalid_value") from None
    except ValueError as error:
        field = "messages" if isinstance(body, ChatBody) else "prompt"
        message = f"The request is too long: {error}. Shorten {field} or the tools."
        raise NimError(400, message, param=field, code="context_length_exceeded") from None
    return Answer(body, generation, f"{prefix}-{uuid.uuid4().hex}")
