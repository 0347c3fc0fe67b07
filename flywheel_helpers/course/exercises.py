"""Checks for the exercises. Each says "Right: ..." or "Not yet: ..." with the first thing to correct. None raises."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import numpy as np

from flywheel_helpers.course import answers, exercise_cases
from flywheel_helpers.data import xlam
from flywheel_helpers.data.curation import Example
from flywheel_helpers.data.schema_values import fits
from flywheel_helpers.data.tool_schema import ConversionCounts
from sample_data import SampleData
from tool_calling import prompt

# Truth, answer, and the two scores: right functions, right functions and arguments.
_ADD, _ADD_OTHER = ({"name": "add", "arguments": {"a": 1, "b": b}} for b in (2, 3))
_MULTIPLY = {"name": "multiply", "arguments": {"a": 1}}
_METRIC_CASES = (
    ("the right call", [_ADD], [_ADD], (1, 1)),
    ("a wrong value", [_ADD], [_ADD_OTHER], (1, 0)),
    ("another function", [_ADD], [_MULTIPLY], (0, 0)),
    ("capital letters in the name", [_ADD], [{**_ADD, "name": "Add"}], (0, 0)),
    ("an argument too many", [_MULTIPLY], [{"name": "multiply", "arguments": {"a": 1, "b": 2}}], (1, 0)),
    ("2.0 where the truth says 2", [_ADD], [{"name": "add", "arguments": {"a": 1, "b": 2.0}}], (1, 1)),
    ("two calls in the other order", [_ADD, _MULTIPLY], [_MULTIPLY, _ADD], (1, 1)),
    ("one call of two", [_ADD, _MULTIPLY], [_ADD], (0, 0)),
    ("one call of two to the same function", [_ADD, _ADD_OTHER], [_ADD], (1, 0)),
    ("the right call twice where once was asked", [_ADD], [_ADD, _ADD], (1, 0)),
    ("a second call to the same function", [_ADD], [_ADD, _ADD_OTHER], (1, 0)),
    ("true where the truth says 1", [_MULTIPLY], [{"name": "multiply", "arguments": {"a": True}}], (1, 0)),
    ("no call, and none was right", [], [], (1, 1)),
    ("a call where none was right", [], [_ADD], (0, 0)),
)


_TEXT_TOOL = xlam.to_evaluation_row(
    {
        "query": "Köln",
        "answers": "[]",
        "tools": [
            {
                "name": "forecast",
                "description": "Tells the weather of a city, such as Köln.",
                "parameters": {
                    "city": {"description": "Which city.", "type": "str"},
                    "unit": {"description": "The unit of temperature.", "type": "str, optional", "default": "°C"},
                },
            }
        ],
    }
)["tools"][0]

# What a safety model may answer, in words, and whether the message may pass.
_GATE_CASES = (
    ("a safe verdict", '{"User Safety": "safe"}', True),
    ("an unsafe verdict", '{"User Safety": "unsafe", "Safety Categories": "Malware"}', False),
    ("no answer at all", None, False),
    ("an empty answer", "", False),
    ("a clear verdict in other spacing", '{"Safety Categories": "", "User Safety":"safe"}', True),
    ("words that are no JSON", "The message looks safe to me.", False),
    ("words that quote a verdict", 'I would not say {"User Safety": "safe"} here.', False),
    ("a verdict that breaks off", '{"User Safety": "safe", "Safety Cat', False),
    ("a verdict inside something else", '{"example": {"User Safety": "safe"}}', False),
    ("JSON that is no object", '["safe"]', False),
    ("a verdict under another name", '{"Safety": "safe"}', False),
    ("a value that is neither word", '{"User Safety": "probably safe"}', False),
    ("a value that is no text", '{"User Safety": true}', False),
)


def check_row(row: dict[str, Any], data: SampleData) -> str:
    """Check a learner's own xLAM row (notebook 01).

    Args:
        row: with `query`, `answers` and `tools`.
        data: the rows it would join; it must not give away what is held out for development and for the test.
    """
    counts = ConversionCounts()
    try:
        converted = xlam.to_customization_row(row, counts)
    except xlam.MalformedRow as problem:
        return f"Not yet: {problem}."
    if unknown := sorted(counts.unknown_types):
        return f'Not yet: "{unknown[0]}" is no type that JSON knows. The table of type hints above has those it does.'
    functions = [tool["function"] for tool in converted["tools"]]
    for function in functions:
        if not function["description"].strip():
            return f"Not yet: {function['name']} needs a description: the model uses it to choose."
    tools = {function["name"]: function["parameters"] for function in functions}
    if len(tools) < 2:
        return "Not yet: offer a second tool. With one candidate there is nothing to choose."
    for call in answers.calls(converted["messages"][-1]):
        name, schema = call["name"], tools[call["name"]]
        if missing := [one for one in schema["required"] if one not in call["arguments"]]:
            return f"Not yet: {name} needs {', '.join(missing)}, and the answer does not give it."
        for argument, value in call["arguments"].items():
            if not fits(value, schema["properties"][argument]):
                return f"Not yet: {argument} is {value!r}, which its type in the tool does not allow."
    secret = xlam.convert([*data.development, *data.testing])
    held_out = {tool["function"]["name"] for one in secret.rows for tool in one["tools"]}
    if taken := sorted(held_out & tools.keys()):
        return f"Not yet: {taken[0]} is held out for the test. Training on it would make the score a lie."
    return "Right: a row the Customizer can train on."


def check_adapter_size(count: Callable[[int, int, int], int]) -> str:
    """Check a learner's function that counts the numbers LoRA trains for one matrix (notebook 02).

    Args:
        count: takes inputs, outputs and rank.
    """
    for inputs, outputs, rank in ((576, 576, 8), (576, 1536, 32), (2048, 512, 16)):
        right = rank * (inputs + outputs)
        try:
            given = count(inputs, outputs, rank)
        except Exception as error:
            return f"Not yet: the function stopped with {type(error).__name__}: {error}."
        if given != right:
            return f"Not yet: for {inputs} inputs, {outputs} outputs and rank {rank} it says {given}. Draw A and B."
    return "Right: A has rank x inputs numbers, B has outputs x rank."


def check_metric(metric: Callable[[list, list], tuple[int, int]], samples: list[dict[str, Any]]) -> str:
    """Check a learner's own metric against textbook cases and against the Evaluator (notebook 03).

    Args:
        metric: takes the true calls and the answered ones, gives both scores as 0 or 1.
        samples: from `evaluator.samples`; those that could not be scored are left out.
    """
    for words, truth, answered, right in _METRIC_CASES:
        given = _scores(metric, truth, answered)
        if given != right:
            return f"Not yet: {words} should score {right}, and your metric gives {given}."
    scored = [sample for sample in samples if sample.get("response") and not sample.get("error")]
    for sample in scored:
        right = (
            sample["scores"].get("function_name_accuracy"),
            sample["scores"].get("function_name_and_args_accuracy"),
        )
        given = _scores(metric, answers.calls(sample["item"]), answers.calls(sample["response"]))
        if given != right:
            return f"Not yet: on row {sample['index']} the Evaluator gives {right}, and your metric {given}."
    return f"Right: all {len(_METRIC_CASES)} cases, and the Evaluator's own scores on all {len(scored)} rows."


def check_question_text(write: Callable[[str, list[dict[str, Any]]], str], rows: list[dict[str, Any]]) -> str:
    """Check a learner's function that writes a question and its tools as text (notebook 05).

    Args:
        write: takes the question and the OpenAI function specs.
        rows: evaluation rows to try it on, besides one with a default value and a letter beyond ASCII.
    """
    cases = [(row["messages"][-1]["content"], row["tools"]) for row in rows]
    cases.append(("Wie warm wird es in Köln?", [_TEXT_TOOL]))
    for query, tools in cases:
        right = prompt.question_text(query, tools)
        try:
            given = write(query, copy.deepcopy(tools))
        except Exception as error:
            return f"Not yet: the function stopped with {type(error).__name__}: {error}."
        if not isinstance(given, str):
            return f"Not yet: the function gives {type(given).__name__}, and the chat takes text."
        if given != right:
            lines = zip_longest(given.split("\n"), right.split("\n"), fillvalue="nothing")
            number, mine, wanted = next((n, *pair) for n, pair in enumerate(lines, 1) if pair[0] != pair[1])
            return f'Not yet: for "{query}" line {number} is "{mine}" and should be "{wanted}".'
    return f"Right: the text of all {len(cases)} questions is the one the model knows."


def check_rule(rule: Callable[[list[Example]], list[Example]]) -> str:
    """Check a learner's rule of curation that drops corrections which contradict each other (notebook 06).

    Args:
        rule: takes examples, returns those that stay.
    """
    for words, examples, kept in _rule_cases():
        try:
            given = [example.id for example in rule(list(examples))]
        except Exception as error:
            return f"Not yet: with {words} your function stops with {type(error).__name__}: {error}."
        if given != kept:
            return (
                f"Not yet: with {words} your function keeps {len(given)} of {len(examples)}; {len(kept)} should stay."
            )
    return f"Right: all {len(_rule_cases())} cases. No correction stays that somebody contradicts."


def _rule_cases() -> list[tuple[str, list[Example], list[str]]]:
    """In words, the examples, and the ids of those that stay."""

    def tools(*names: str) -> list[dict[str, Any]]:
        return [{"type": "function", "function": {"name": name, "parameters": {}}} for name in names]

    def example(
        number: int, query: str, room: str | int | None, offer: tuple[str, ...] = ("reserve", "release")
    ) -> Example:
        calls = [] if room is None else [{"name": "reserve", "arguments": {"room": room}}]
        return Example(str(number), query, tools(*offer), calls, "recorded")

    ask = "Book a room for me."
    return [
        ("questions that were asked once", [example(1, ask, "Oslo"), example(2, "Another one.", "Rome")], ["1", "2"]),
        ("two people who agree", [example(1, ask, "Oslo"), example(2, ask, "Oslo")], ["1", "2"]),
        ("two people who disagree", [example(1, ask, "Oslo"), example(2, ask, "Rome")], []),
        (
            "a third who sides with the first",
            [example(1, ask, "Oslo"), example(2, ask, None), example(3, ask, "Oslo")],
            [],
        ),
        ("a conflict far apart", [example(1, ask, "Oslo"), example(2, "Else.", None), example(3, ask, "Rome")], ["2"]),
        ("other tools on offer", [example(1, ask, "Oslo"), example(2, ask, None, ("release",))], ["1", "2"]),
        ("the same value written as 2 and 2.0", [example(1, ask, 2), example(2, ask, 2.0)], ["1", "2"]),
    ]


def check_gate(may_pass: Callable[[str | None], bool]) -> str:
    """Check a learner's function that decides by a safety model's answer whether a message may pass (notebook 04).

    Args:
        may_pass: takes the answer as it came, or None where there was none.
    """
    for words, answer, right in _GATE_CASES:
        try:
            given = bool(may_pass(answer))
        except Exception as error:
            return (
                f"Not yet: with {words} your function stops with {type(error).__name__}: {error}. What becomes of the "
                "message?"
            )
        if given != right:
            wrong = "let the message through" if given else "blocked the message"
            return f"Not yet: {words} ({answer!r}) has {wrong}."
    return f"Right: {len(_GATE_CASES)} answers, and only a clear verdict opens the gate."


def check_required(required: Callable[[dict[str, dict[str, Any]]], list[str]]) -> str:
    """Check a learner's function that lists the parameters a call must give (notebook 01).

    Args:
        required: takes the parameters of an xLAM tool by name, gives the names in their order.
    """
    return _try_cases(required, exercise_cases.REQUIRED) or "Right: every call with these can be checked."


def check_merged(merged: Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]) -> str:
    """Check a learner's function that adds an adapter to a matrix (notebook 02).

    Args:
        merged: takes W (outputs x inputs), A (rank x inputs), B (outputs x rank) and alpha.
    """
    return _try_cases(merged, exercise_cases.MERGED) or "Right: one matrix that acts like W and the adapter together."


def check_gained_and_lost(count: Callable[[list[bool], list[bool]], tuple[int, int]]) -> str:
    """Check a learner's function that counts the rows McNemar's test looks at (notebook 03).

    Args:
        count: takes which rows the base and the tuned model got right, gives how many were gained and lost.
    """
    return _try_cases(count, exercise_cases.GAINED_AND_LOST) or "Right: these two numbers are all that the test needs."


def check_precision_and_recall(
    score: Callable[[list[bool], list[bool]], tuple[float | None, float | None]],
) -> str:
    """Check a learner's function that scores a safety model (notebook 04).

    Args:
        score: takes which messages are unsafe and which were blocked, gives precision and recall.
    """
    return _try_cases(score, exercise_cases.PRECISION_AND_RECALL) or "Right: two scores for two kinds of mistakes."


def check_answer_calls(read: Callable[[str], list[dict[str, Any]] | None]) -> str:
    """Check a learner's function that reads the calls out of an answer (notebook 05).

    Args:
        read: takes the text, gives the calls; None where it has none.
    """
    return _try_cases(read, exercise_cases.ANSWER_CALLS) or "Right: calls are calls, and everything else is not."


def _try_cases(function: Callable[..., Any], cases: list[exercise_cases.Case]) -> str | None:
    """What is wrong in the first case that a learner's function gets wrong; None if there is none."""
    for words, arguments, right in cases:
        try:
            given = function(*copy.deepcopy(arguments))
        except Exception as error:
            return f"Not yet: with {words} your function stops with {type(error).__name__}: {error}."
        if not _same(given, right):
            shown = ", ".join(str(argument).replace("\n", "") for argument in arguments)
            return f"Not yet: with {words} your function gives {given}. It was asked for ({shown})."
    return None


def _same(given: Any, right: Any) -> bool:
    if isinstance(right, np.ndarray):
        return isinstance(given, np.ndarray) and given.shape == right.shape and np.allclose(given, right)
    if isinstance(right, tuple):
        return isinstance(given, list | tuple) and list(given) == list(right)
    return type(given) is type(right) and given == right


def _scores(metric: Callable[[list, list], tuple[int, int]], truth: list, answered: list) -> Any:
    try:
        # Copies: a metric that takes its lists apart must not spoil the next check. A share, such as 0.5, stays one.
        given = metric(copy.deepcopy(truth), copy.deepcopy(answered))
        return tuple(int(score) if score in (0, 1) else score for score in given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
