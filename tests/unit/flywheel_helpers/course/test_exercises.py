"""The exercises' checks: they pass what is right, and say what is wrong with the rest."""

from __future__ import annotations

import json
import re

import pytest

from flywheel_helpers.course import exercise_cases, exercises
from flywheel_helpers.data import xlam

TOOLS = [
    {
        "name": "brew",
        "description": "Brews.",
        "parameters": {"cups": {"type": "int"}, "strength": {"type": "float, optional"}},
    },
    {"name": "boil", "description": "Boils.", "parameters": {"liters": {"type": "float"}}},
]


@pytest.fixture(scope="module")
def data():
    return xlam.load_sample(rows=240)


def row(tools=TOOLS, **arguments):
    answers = json.dumps([{"name": "brew", "arguments": arguments}])
    return {"id": 0, "query": "Four cups, please", "tools": json.dumps(tools), "answers": answers}


def test_a_good_row(data):
    assert exercises.check_row(row(cups=4), data).startswith("Right: ")


def test_a_row_without_a_call_is_good_too(data):
    assert exercises.check_row({**row(), "answers": "[]"}, data).startswith("Right: ")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(cups="four"), "cups is 'four'"),
        (row(strength=0.5), "needs cups"),
        (row(TOOLS[:1], cups=4), "second tool"),
        (row(TOOLS[1:], cups=4), "not offered"),
        (row(cups=4, milk=True), "does not take"),
        (row([*TOOLS, {"name": "sip", "parameters": {}}], cups=4), "sip needs a description"),
        (row([*TOOLS, {**TOOLS[1], "name": "sip", "parameters": {"of": {"type": "tea"}}}], cups=4), '"tea" is no type'),
        ({**row(cups=4), "query": " "}, "query is missing"),
        ({**row(cups=4), "tools": "[{"}, "not JSON"),
    ],
)
def test_a_wrong_row(data, wrong, said):
    verdict = exercises.check_row(wrong, data)
    assert verdict.startswith("Not yet: ") and said in verdict


@pytest.mark.parametrize("part", ["development", "testing"])
def test_a_row_that_gives_away_what_is_held_out(data, part):
    held_out = json.loads(data.splits()[part][0]["tools"])[0]
    assert "held out" in exercises.check_row(row([*TOOLS, held_out], cups=4), data)


def test_adapter_size():
    assert exercises.check_adapter_size(lambda inputs, outputs, rank: rank * (inputs + outputs)).startswith("Right: ")
    assert "says 331776" in exercises.check_adapter_size(lambda inputs, outputs, rank: inputs * outputs)
    assert "TypeError" in exercises.check_adapter_size(lambda inputs: inputs)


def sample(answered, names, both):
    def calls(arguments):
        return [{"type": "function", "function": {"name": "add", "arguments": arguments}}]

    return {
        "index": 7,
        "item": {"tool_calls": calls({"a": 1})},
        "response": {"tool_calls": calls(json.dumps(answered))},
        "scores": {"function_name_accuracy": names, "function_name_and_args_accuracy": both},
        "error": None,
    }


def good_metric(truth, answered):
    def key(call):  # as JSON compares: 2 is 2.0, and true is not 1
        return call["name"], sorted(
            (name, isinstance(value, bool), float(value)) for name, value in call["arguments"].items()
        )

    names = {call["name"] for call in truth} == {call["name"] for call in answered}
    return names, names and sorted(map(key, truth)) == sorted(map(key, answered))


def test_a_good_metric():
    samples = [sample({"a": 1}, 1, 1), sample({"a": 2}, 1, 0), {**sample({}, 0, 0), "error": "no answer"}]
    verdict = exercises.check_metric(good_metric, samples)
    assert verdict.startswith("Right: ") and "all 2 rows" in verdict


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (lambda truth, answered: (1, 1), "a wrong value"),
        (lambda truth, answered: (truth == answered,) * 2, "a wrong value"),
        (lambda truth, answered: None, "TypeError"),
        # A share of the names is no verdict: one call of two would score a half.
        (
            lambda truth, answered: (
                len({c["name"] for c in truth} & {c["name"] for c in answered}) / max(1, len(truth)),
                good_metric(truth, answered)[1],
            ),
            "gives (0.5,",
        ),
        (
            lambda truth, answered: good_metric(truth[:1], answered[:1]),
            "two calls in the other order",
        ),
        # Every right call is there, but so are others.
        (
            lambda truth, answered: (
                good_metric(truth, answered)[0],
                all(call in answered for call in truth) if truth else not answered,
            ),
            "should score",
        ),
        # Python takes true for 1.
        (
            lambda truth, answered: (
                good_metric(truth, answered)[0],
                sorted(map(str, truth)) == sorted(map(str, answered))
                or all(c in truth for c in answered)
                and len(truth) == len(answered),
            ),
            "true where the truth says 1",
        ),
    ],
)
def test_a_wrong_metric(metric, said):
    verdict = exercises.check_metric(metric, [])
    assert verdict.startswith("Not yet: ") and said in verdict


def test_a_metric_that_takes_its_lists_apart_spoils_nothing():
    def greedy(truth, answered):
        verdict = good_metric(truth, answered)
        truth.clear()
        answered.clear()
        return verdict

    assert exercises.check_metric(greedy, []).startswith("Right: ")
    assert exercises.check_metric(good_metric, []).startswith("Right: ")


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (lambda answer: answer is not None and '"User Safety": "safe"' in answer, "other spacing"),
        (lambda answer: bool(answer) and re.search(r'"User Safety": ?"safe"', answer), "words that quote"),
        (lambda answer: bool(answer) and re.match(r'{.*"User Safety": ?"safe"', answer), "breaks off"),
        (lambda answer: bool(answer) and re.match(r'{.*"User Safety": ?"safe".*}$', answer), "inside something else"),
    ],
)
def test_a_gate_that_fails_open(gate, said):
    verdict = exercises.check_gate(gate)
    assert verdict.startswith("Not yet: ") and said in verdict


def test_a_metric_that_differs_from_the_evaluator():
    assert "on row 7" in exercises.check_metric(good_metric, [sample({"a": 1}, 0, 0)])


@pytest.mark.parametrize(
    ("ask", "cases"),
    [
        (exercises.check_required, exercise_cases.REQUIRED),
        (exercises.check_merged, exercise_cases.MERGED),
        (exercises.check_gained_and_lost, exercise_cases.GAINED_AND_LOST),
        (exercises.check_precision_and_recall, exercise_cases.PRECISION_AND_RECALL),
        (exercises.check_answer_calls, exercise_cases.ANSWER_CALLS),
    ],
)
def test_a_function_must_be_right_in_every_case(ask, cases):
    """One that knows all answers passes, and one that has a single wrong one is told in which case."""

    def knows(wrong: int | None = None):
        turn = iter(range(len(cases)))

        def function(*arguments):
            number = next(turn)
            return "nonsense" if number == wrong else cases[number][2]

        return function

    assert ask(knows()).startswith("Right: ")
    for number, (words, _, _) in enumerate(cases):
        said = ask(knows(wrong=number))
        assert said.startswith(f"Not yet: with {words} ") and "nonsense" in said


def test_a_function_that_stops_is_told_so():
    assert "stops with ZeroDivisionError" in exercises.check_precision_and_recall(lambda unsafe, blocked: 1 / 0)
