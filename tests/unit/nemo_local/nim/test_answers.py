"""What the NIM proxy makes of a model's text, and of the pieces in which it comes."""

from __future__ import annotations

import asyncio
import json
import time
from collections import namedtuple
from types import SimpleNamespace

import psutil
import pytest
from altered import altered
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from nemo_local.model.jinja import ChatTemplateError
from nemo_local.model.registry import BaseModels
from nemo_local.nim import served
from nemo_local.nim.answers import begin_chat, read_chat_answer
from nemo_local.nim.engine import EngineError
from nemo_local.nim.errors import NimError
from nemo_local.nim.schemas import ChatBody
from nemo_local.nim.served import CAPACITY, Catalog, EnginePool, ServedModel, memory_budget
from nemo_local.nim.text import TextStream
from nemo_local.settings import Settings

CALLS = '[\n  {\n    "name": "f",\n    "arguments": {\n      "x": 3\n    }\n  }\n]'


def chat_body(parameters: dict | None = None, **fields) -> ChatBody:
    function = {"name": "f", "parameters": parameters or {"type": "object", "properties": {"x": {"type": "integer"}}}}
    defaults = {
        "model": "m",
        "messages": [{"role": "user", "content": "?"}],
        "tools": [{"type": "function", "function": function}],
    }
    return ChatBody.model_validate({**defaults, **fields})


def test_a_list_of_calls_becomes_tool_calls():
    message, finish_reason = read_chat_answer(chat_body(), CALLS, "stop")

    assert finish_reason == "tool_calls"
    assert message["content"] is None
    (call,) = message["tool_calls"]
    assert call["type"] == "function" and call["id"].startswith("call_")
    assert call["function"] == {"name": "f", "arguments": '{"x": 3}'}


@pytest.mark.parametrize("text", ["{[]}", "I cannot help with that.", '[{"name": "f", "arguments": '])
def test_what_is_no_call_stays_content(text):
    assert read_chat_answer(chat_body(), text, "stop") == ({"role": "assistant", "content": text}, "stop")


@pytest.mark.parametrize("fields", [{"tools": None}, {"tool_choice": "none"}])
def test_without_tools_a_list_of_calls_is_only_text(fields):
    message, finish_reason = read_chat_answer(chat_body(**fields), CALLS, "stop")
    assert (message["content"], finish_reason) == (CALLS, "stop")


TWO_CALLS = json.dumps([{"name": "f", "arguments": {"x": 1}}, {"name": "f", "arguments": {"x": 2}}])


@pytest.mark.parametrize("choice", ["auto", "required"])
@pytest.mark.parametrize(("parallel", "values"), [(False, [1]), (True, [1, 2]), (None, [1, 2])])
def test_without_parallel_calls_the_first_one_is_the_answer(choice, parallel, values):
    body = chat_body(tool_choice=choice, parallel_tool_calls=parallel)
    message, finish_reason = read_chat_answer(body, TWO_CALLS, "stop")
    assert [json.loads(call["function"]["arguments"])["x"] for call in message["tool_calls"]] == values
    assert finish_reason == "tool_calls"


def test_an_echo_of_the_tools_is_content():
    echo = json.dumps([{"name": "f", "arguments": {"x": {"type": "int", "description": "A number."}}}])
    assert read_chat_answer(chat_body(), echo, "stop") == ({"role": "assistant", "content": echo}, "stop")


def test_a_required_call_that_a_stop_text_cut_is_content():
    message, finish_reason = read_chat_answer(chat_body(tool_choice="required", stop="]"), CALLS[:-1], "stop")
    assert (message, finish_reason) == ({"role": "assistant", "content": CALLS[:-1]}, "stop")


FORMAT = {"type": "json_schema", "json_schema": {"schema": {"properties": {"x": {"multipleOf": 2}}}}}


@pytest.mark.parametrize("text", ['{"x": 4}', '{"x": 4', "5"])
def test_an_answer_in_its_format_or_cut_off_is_content(text):
    body = chat_body(tools=None, response_format=FORMAT)
    assert read_chat_answer(body, text, "stop") == ({"role": "assistant", "content": text}, "stop")


def test_an_answer_against_a_rule_no_grammar_knows_is_an_error_that_names_the_rule():
    with pytest.raises(NimError, match="answer.x does not fit the schema's 'multipleOf'") as caught:
        read_chat_answer(chat_body(tools=None, response_format=FORMAT), '{"x": 3}', "stop")
    assert (caught.value.status, caught.value.param) == (422, "response_format")


def test_with_tools_on_offer_a_call_may_come_instead_of_the_format():
    message, finish_reason = read_chat_answer(chat_body(response_format=FORMAT), CALLS, "stop")
    assert (len(message["tool_calls"]), finish_reason) == (1, "tool_calls")


def test_a_required_call_that_was_cut_is_not_passed_off_as_a_call():
    message, finish_reason = read_chat_answer(chat_body(tool_choice="required"), CALLS[:-20], "length")
    assert (message, finish_reason) == ({"role": "assistant", "content": CALLS[:-20]}, "length")


def test_a_required_call_against_a_rule_no_grammar_knows_is_an_error_that_names_the_rule():
    parameters = {"type": "object", "properties": {"x": {"type": "integer", "multipleOf": 2}}}
    with pytest.raises(NimError, match="arguments.x does not fit the schema's 'multipleOf'") as caught:
        read_chat_answer(chat_body(parameters, tool_choice="required"), CALLS, "stop")
    assert caught.value.status == 422


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """One token for each byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: n for n, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str, *stop: str) -> list[str]:
    stream = TextStream(tokenizer, stop)
    collected = []
    for token in tokenizer.encode(text).ids:
        collected.append(stream.add([token]))
        if stream.stopped:
            break
    return [piece for piece in (*collected, stream.rest()) if piece]


def test_a_character_comes_whole_or_not_at_all(tokenizer):
    assert pieces(tokenizer, "é🙂x") == ["é", "🙂", "x"]


def test_a_space_between_pieces_is_kept_where_the_tokenizer_leaves_out_the_first():
    vocabulary = {"\N{LOWER ONE EIGHTH BLOCK}Hello": 0, "\N{LOWER ONE EIGHTH BLOCK}world": 1, "!": 2}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.decoder = decoders.Metaspace()
    stream = TextStream(tokenizer)
    assert [stream.add([0]), stream.add([1]), stream.add([2, 1]), stream.rest()] == ["Hello", " world", "! world", ""]


@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("one END two", ["END"], "one "),
        ("one EN", ["END"], "one EN"),
        ("aab", ["ab"], "a"),
        ("EENDE", ["END"], "E"),
        ("x.y;z", [";", "."], "x"),
        ("no stop here", ["END", "xyz"], "no stop here"),
    ],
)
def test_a_stop_text_ends_the_answer_though_it_comes_in_pieces(tokenizer, text, stop, expected):
    assert "".join(pieces(tokenizer, text, *stop)) == expected


def test_a_conversation_that_the_chat_template_refuses_is_a_bad_request():
    def refuse(*_: object) -> str:
        raise ChatTemplateError("the model's chat template refuses this conversation: too long")

    async def get(_: ServedModel) -> SimpleNamespace:
        return SimpleNamespace(template=SimpleNamespace(render=refuse), encode=None, submit=None)

    catalog = Catalog()
    catalog.models["m"] = ServedModel("m", "m", 0)
    with pytest.raises(NimError, match="refuses this conversation: too long") as caught:
        asyncio.run(begin_chat(chat_body(), catalog, SimpleNamespace(get=get)))
    assert (caught.value.status, caught.value.param) == (400, "messages")


class FakeEngine:
    def __init__(self, model: ServedModel) -> None:
        self.model, self.idle, self.closed, self.broken = model, True, False, False

    def close(self) -> None:
        self.closed = True


MODELS = [ServedModel(name, "base", 0) for name in "abcd"]


def test_the_pool_makes_room_by_unloading_what_is_idle_and_unused_the_longest():
    async def use() -> list[bool]:
        pool = EnginePool(FakeEngine, capacity=3)
        a, b, c = [await pool.get(model) for model in MODELS[:3]]
        assert await pool.get(MODELS[0]) is a
        b.idle = False
        await pool.get(MODELS[3])
        return [engine.closed for engine in (a, b, c)]

    assert asyncio.run(use()) == [False, False, True]


def test_the_pool_makes_room_for_a_large_model_by_memory_too():
    small, other, large = (ServedModel(name, "base", 0, memory=size) for name, size in (("a", 1), ("b", 2), ("c", 9)))

    async def use() -> list[bool]:
        pool = EnginePool(FakeEngine, budget=3)
        first, second = await pool.get(small), await pool.get(other)
        assert not first.closed
        third = await pool.get(large)  # alone it may take more
        await pool.get(small)
        return [engine.closed for engine in (first, second, third)]

    assert asyncio.run(use()) == [True, True, True]


def test_the_budget_has_room_for_as_many_of_the_built_in_model_as_ever(tmp_path, monkeypatch):
    models = BaseModels(Settings(home=tmp_path))

    def budget(total: int) -> int:
        memory = namedtuple("memory", "total")(total)
        monkeypatch.setattr(served, "psutil", altered(psutil, virtual_memory=lambda: memory))
        return memory_budget(models)

    assert budget(2**30) == CAPACITY * models.all()[0].facts.serving_bytes
    assert budget(2**36) == 2**35


def test_what_a_request_unloads_while_unused_engines_are_unloaded_is_passed_over():
    async def use() -> list[bool]:
        pool = EnginePool(FakeEngine, capacity=2, unused_seconds=0.0)
        slow, other = [await pool.get(model) for model in MODELS[:2]]
        slow.close = lambda: time.sleep(0.2)
        unloading = asyncio.create_task(pool.unload_unused())
        await asyncio.sleep(0.05)
        other.idle = False
        await pool.discard(MODELS[1])
        await unloading
        return [MODELS[1] in pool._last_used, other.closed]

    assert asyncio.run(use()) == [False, True]


def test_the_pool_unloads_what_nobody_has_asked_for_a_while_but_not_what_is_at_work():
    async def use() -> list[bool]:
        pool = EnginePool(FakeEngine, unused_seconds=0.05)
        unused, working = [await pool.get(model) for model in MODELS[:2]]
        working.idle = False
        await asyncio.sleep(0.06)
        just_used = await pool.get(MODELS[2])
        await pool.unload_unused()
        working.idle = True  # only now does its time begin
        await pool.unload_unused()
        assert await pool.get(MODELS[0]) is not unused  # loaded again when it is asked for
        return [engine.closed for engine in (unused, working, just_used)]

    assert asyncio.run(use()) == [True, False, False]


def test_a_broken_engine_is_made_again_when_it_is_asked_for():
    async def use() -> tuple[bool, bool]:
        pool = EnginePool(FakeEngine)
        first = await pool.get(MODELS[0])
        first.broken = True
        second, third = await asyncio.gather(pool.get(MODELS[0]), pool.get(MODELS[0]))
        return first.closed, second is third is not first

    assert asyncio.run(use()) == (True, True)


def test_an_engine_that_takes_no_more_requests_is_unavailable():
    def submit(*_: object) -> None:
        raise EngineError("the engine takes no more requests")

    async def get(_: ServedModel) -> SimpleNamespace:
        return SimpleNamespace(template=SimpleNamespace(render=lambda *_: ""), encode=lambda _: [1], submit=submit)

    catalog = Catalog()
    catalog.models["m"] = ServedModel("m", "m", 0)
    with pytest.raises(NimError, match="takes no more requests. Try again.") as caught:
        asyncio.run(begin_chat(chat_body(), catalog, SimpleNamespace(get=get)))
    assert caught.value.status == 503


def test_the_pool_loads_a_model_once_for_many_requests():
    loaded = []

    def load(model: ServedModel) -> FakeEngine:
        loaded.append(model.id)
        return FakeEngine(model)

    async def use() -> None:
        pool = EnginePool(load, capacity=2)
        await asyncio.gather(*(pool.get(model) for model in MODELS[:2] * 5))

    asyncio.run(use())
    assert sorted(loaded) == ["a", "b"]


def test_a_model_that_cannot_be_loaded_is_a_503_with_the_reason_and_can_be_asked_for_again():
    def load(model: ServedModel) -> FakeEngine:
        raise OSError("no such file")

    async def use() -> list[int]:
        pool = EnginePool(load)
        results = await asyncio.gather(*(pool.get(MODELS[0]) for _ in range(2)), return_exceptions=True)
        assert all("no such file" in result.message for result in results)
        return [result.status for result in results]

    assert asyncio.run(use()) == [503, 503]


def test_an_unknown_model_is_a_404_with_the_known_ones():
    catalog = Catalog()
    catalog.models = {model.id: model for model in MODELS[:2]}
    with pytest.raises(NimError, match="'z' is not served here. Served: a, b") as caught:
        catalog.find("z")
    assert (caught.value.status, caught.value.param) == (404, "model")
