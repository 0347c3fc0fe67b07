"""The wire forms of calls: the same ones are taken, and the same ones refused, wherever calls are read."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from flywheel_helpers.course import answers
from nemo_local.customizer.training.datasets import row_problems
from nemo_local.evaluator.metrics import make_metric
from nemo_local.evaluator.schemas import MetricConfig
from nemo_local.evaluator.templates import RenderError
from nemo_local.nim.schemas import ChatBody
from tool_calling.calls import MAX_CHARACTERS, MAX_DEPTH, NotACall, read_call
from tool_calling.prompt import render_tool_calls
from tool_calling.scoring import score_tool_calls


def nested(depth: int) -> dict:
    """Arguments of `depth` objects inside one another."""
    value: dict = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def call(*arguments: object, **fields: object) -> dict:
    function = {"name": "f", **({"arguments": arguments[0]} if arguments else {})}
    return {"type": "function", "function": function, **fields}


LONG = {"a": "x" * MAX_CHARACTERS}
TAKEN = {
    "object": (call({"a": 1}), {"a": 1}),
    "JSON text": (call('{"a": 1}'), {"a": 1}),
    "null": (call(None), {}),
    "no arguments": (call(), {}),
    "bare": ({"name": "f", "arguments": {"a": 1}}, {"a": 1}),
    "bare with text": ({"name": "f", "arguments": '{"a": 1}'}, {"a": 1}),
    "with an id": (call({}, id="call_1", index=0), {}),
    "without a type": ({"function": {"name": "f", "arguments": {}}}, {}),
    "type null": (call({}, type=None), {}),
    "at the bound": (call(nested(MAX_DEPTH)), nested(MAX_DEPTH)),
    "text at the bound": (call(json.dumps(nested(MAX_DEPTH))), nested(MAX_DEPTH)),
    "numbers": (call('{"a": 2.0, "b": -1e3}'), {"a": 2.0, "b": -1e3}),
}
REFUSED = {
    "text that is not JSON": call("{oops"),
    "empty text": call(""),
    "text of a list": call("[1]"),
    "a list": call([1]),
    "a number": call(1),
    "false": call(False),
    "text of text": call('"{}"'),
    "too deep": call(nested(MAX_DEPTH + 1)),
    "text too deep": call(json.dumps(nested(MAX_DEPTH + 1))),
    "text far too deep": call('{"a": ' * 50_000 + "1" + "}" * 50_000),
    "too long": call(LONG),
    "text too long": call(json.dumps(LONG)),
    "half a surrogate pair": call({"a": "\ud83d"}),
    "half a surrogate pair in text": call('{"a": "\\ud83d"}'),
    "half a surrogate pair as a key": call({"\ud83d": 1}),
    "NaN": call('{"a": NaN}'),
    "infinity": call('{"a": 1e999}'),
    "an integer of 5,000 digits": call(f'{{"a": {"1" * 5_000}}}'),
    "another type": call({}, type="retrieval"),
    "no name": {"type": "function", "function": {"arguments": {}}},
    "an empty name": {"type": "function", "function": {"name": "", "arguments": {}}},
    "a name that is no text": {"type": "function", "function": {"name": 5, "arguments": {}}},
    "bare without arguments": {"name": "f"},
    "a function that is null": {"function": None, "name": "f", "arguments": {}},
    "text": "f",
    "null": None,
}


def by_the_nim(tool_call: object) -> None:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": [tool_call]}]
    ChatBody.model_validate({"model": "m", "messages": messages})


def by_the_prompt(tool_call: object) -> None:
    render_tool_calls([tool_call])


def as_a_training_row(tool_call: object) -> None:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "", "tool_calls": [tool_call]}]
    if problems := list(row_problems({"messages": messages})):
        assert problems[0].startswith("messages[1] tool_calls[0]: ")
        raise NotACall(problems[0])


def as_ground_truth(tool_call: object) -> None:
    params = {"tool_calls_ground_truth": "{{ item.tool_calls | tojson }}"}
    make_metric(MetricConfig(type="tool-calling", params=params), "m").check_row({"tool_calls": [tool_call]})


def as_an_answer(tool_call: object) -> None:
    truth = [call(TAKEN_ARGUMENTS.get(json.dumps(tool_call), {}))]
    if not score_tool_calls([tool_call], truth)["function_name_and_args_accuracy"]:
        raise NotACall("scored 0")


TAKEN_ARGUMENTS = {json.dumps(tool_call): arguments for tool_call, arguments in TAKEN.values()}
PLACES = (by_the_nim, by_the_prompt, as_a_training_row, as_ground_truth, as_an_answer)


@pytest.mark.parametrize("form", TAKEN)
def test_what_is_taken_means_the_same(form):
    tool_call, arguments = TAKEN[form]
    assert read_call(tool_call) == ("f", arguments)
    assert answers.calls({"tool_calls": [tool_call]}) == [{"name": "f", "arguments": arguments}]


@pytest.mark.parametrize("form", TAKEN)
@pytest.mark.parametrize("read", PLACES)
def test_every_place_takes_it(read: Callable, form):
    read(TAKEN[form][0])


@pytest.mark.parametrize("form", REFUSED)
@pytest.mark.parametrize("read", PLACES)
def test_every_place_refuses_it(read: Callable, form):
    with pytest.raises((NotACall, ValidationError, RenderError)):
        read(REFUSED[form])


def test_the_reason_names_the_function_and_the_place():
    for tool_call, reason in (
        (call("{oops"), "the arguments of 'f' cannot be read as JSON: Expecting property name"),
        (call("[1]"), "the arguments of 'f' must be an object, not a list"),
        (call({"a": {"b": "\ud83d"}}), r"a.b: the text has half of a surrogate pair \(\\ud83d\)"),
        (call(nested(MAX_DEPTH + 1)), "it nests deeper than 32 levels"),
        (call(LONG), r"have 100,\d+ characters; 100,000 are allowed"),
        ({"name": "f"}, "has no function; write {"),
    ):
        with pytest.raises(NotACall, match=reason):
            read_call(tool_call)


def test_arguments_that_cannot_be_read_equal_nothing():
    broken, worse = ({"name": "f", "arguments": text} for text in ("{bad", "{worse"))
    for other in (broken, worse, {"name": "f", "arguments": {}}):
        assert score_tool_calls([broken], [other]) == {
            "function_name_accuracy": 1.0,
            "function_name_and_args_accuracy": 0.0,
        }
