"""A teacher whose labels can be trusted, and teachers whose cannot: slow, silly, unsure, or away."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from model_api import Refuse, Target

from flywheel_helpers.errors import NotFound, ServerFault, Unauthorized
from flywheel_helpers.feedback import journal, teacher, verdicts


@pytest.fixture
def target():
    target = Target()
    target.models = ["large/model"]
    yield target
    target.close()


@pytest.fixture
def nemo(connection, target):
    made = connection(None, teacher_url=target.url, teacher_model="large/model", nemo_token="of the platform")
    made.transport = None  # the teacher is a server, not a function
    return made


def calling(*calls: dict, **more) -> dict:
    made = [{"type": "function", "function": {**call, "arguments": json.dumps(call["arguments"])}} for call in calls]
    return {"role": "assistant", "content": None, "tool_calls": made, **more}


def test_labels_are_verdicts_and_are_asked_for_once(nemo, target, journals, logged, right_call):
    target.answer = lambda body: calling(right_call)
    wrong = {"name": "invite", "arguments": {"title": "Papaya"}}
    usage = [logged(1, right_call), logged(2, wrong)]
    labels = teacher.label(nemo, usage)
    assert [(one["request_id"], one["verdict"], one["calls"], one["source"]) for one in labels.records] == [
        ("q1/model", "right", [right_call], "teacher"),
        ("q2/model", "wrong", [right_call], "teacher"),
    ]
    assert labels.outcomes == {"labelled": 2, "differs from itself": 0, "no usable answer": 0, "no answer": 0}
    assert journals[journal.FEEDBACK] == labels.records
    assert sorted(body["seed"] for body in target.requests) == [1, 1, 2, 2]
    assert all(body["tool_choice"] == "auto" and body["tools"] == usage[0]["tools"] for body in target.requests)
    again = teacher.label(nemo, usage)
    assert again.records == labels.records and len(target.requests) == 4 and again.outcomes == labels.outcomes
    assert "labelled" in repr(again.table())


def test_another_teacher_is_asked_anew(nemo, target, journals, logged, right_call):
    other_call = {**right_call, "arguments": {"project": "Mango", "hours": 3}}
    target.answer, usage = (lambda body: calling(right_call)), [logged(1, right_call)]
    teacher.label(nemo, usage)
    nemo.settings = replace(nemo.settings, teacher_model="other/model")
    target.models.append("other/model")
    target.answer = lambda body: calling(other_call)
    labels = teacher.label(nemo, usage)
    assert [one["calls"] for one in labels.records] == [[other_call]] and len(target.requests) == 4
    assert verdicts.best(journals[journal.FEEDBACK])["q1/model"]["calls"] == [other_call]
    assert teacher.label(nemo, usage).records == labels.records and len(target.requests) == 4


def test_it_gets_its_own_key_and_never_the_platforms_token(nemo, target, journals, logged, right_call, connection):
    target.answer, target.key = (lambda body: calling(right_call)), "of the teacher"
    with pytest.raises(Unauthorized, match="TEACHER_API_KEY"):
        teacher.label(nemo, [logged(1)])
    keyed = connection(None, teacher_url=target.url, teacher_model="large/model", teacher_api_key="of the teacher")
    keyed.transport = None
    assert len(teacher.label(keyed, [logged(1)]).records) == 1


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": 7},
        {"role": "assistant", "content": "I would use log_hours with 2 hours."},
        {"role": "assistant", "tool_calls": "log_hours(2)"},
        {"role": "assistant", "tool_calls": [None]},
        calling({"name": "made_up", "arguments": {}}),
        calling({"name": "log_hours", "arguments": {"project": "Papaya"}}),
        calling({"name": "log_hours", "arguments": {"project": "Papaya", "hours": "two"}}),
        calling({"name": "log_hours", "arguments": {"project": "Papaya", "hours": 2, "colour": "red"}}),
        {"role": "assistant", "tool_calls": [{"function": {"name": "log_hours", "arguments": "{nonsense"}}]},
        "no message",
        None,
    ],
)
def test_nonsense_is_no_label(nemo, target, journals, logged, message):
    target.answer = lambda body: message
    labels = teacher.label(nemo, [logged(1)])
    assert labels.records == [] and labels.outcomes["no usable answer"] == 1 and not journals[journal.FEEDBACK]


def test_an_answer_that_was_cut_off_is_no_label(logged, right_call):
    answer = {"choices": [{"message": calling(right_call), "finish_reason": "length"}]}
    assert teacher._calls(answer, logged(1)) is None
    assert teacher._calls({}, logged(1)) is None and teacher._calls({"choices": []}, logged(1)) is None


def test_no_tool_fits_is_a_label(nemo, target, journals, logged, right_call):
    target.answer = lambda body: {"role": "assistant", "content": "None of these can write poems."}
    labels = teacher.label(nemo, [logged(1, right_call), logged(2, text="{[]}")])
    assert [(one["verdict"], one["calls"]) for one in labels.records] == [("wrong", []), ("right", [])]


def test_a_teacher_that_differs_from_itself(nemo, target, journals, logged):
    target.answer = lambda body: calling({"name": "log_hours", "arguments": {"project": "P", "hours": body["seed"]}})
    labels = teacher.label(nemo, [logged(1), logged(2)])
    assert labels.records == [] and labels.outcomes["differs from itself"] == 2


def test_a_slow_teacher(nemo, target, journals, logged, right_call, monkeypatch):
    monkeypatch.setattr(teacher, "TIMEOUT", 0.3)

    def answer(body):
        if "Question 1:" in body["messages"][-1]["content"]:
            time.sleep(1.0)
        return calling(right_call)

    target.answer = answer
    labels = teacher.label(nemo, [logged(1), logged(2)])
    assert [one["request_id"] for one in labels.records] == ["q2/model"]
    assert labels.outcomes["no answer"] == 1 and len(target.requests) == 3 + 2, "asked again twice, then left alone"


def test_a_teacher_that_fails_now_and_then_is_asked_again(nemo, target, journals, logged, right_call):
    failed = []

    def answer(body):
        if len(failed) < 2:
            failed.append(body)
            raise Refuse(503)
        return calling(right_call)

    target.answer = answer
    assert len(teacher.label(nemo, [logged(1)]).records) == 1


def test_a_teacher_that_is_down_is_not_asked_for_ever(nemo, target, journals, logged, right_call):
    def answer(body):
        if "Question 1:" in body["messages"][-1]["content"]:
            return calling(right_call)
        time.sleep(0.05)  # so that the first is not overtaken
        raise Refuse(500)

    target.answer = answer
    with pytest.raises(ServerFault, match="Teacher"):
        teacher.label(nemo, [logged(number) for number in range(1, 200)])
    assert len(target.requests) < 2 + teacher.GIVE_UP + 2 * teacher.PARALLEL
    assert [one["request_id"] for one in journals[journal.FEEDBACK]] == ["q1/model"], "what came before is kept"


def test_a_wrong_name_ends_it_at_once(nemo, target, journals, logged):
    target.models = ["other/model"]
    with pytest.raises(NotFound, match="large/model not found"):
        teacher.label(nemo, [logged(number) for number in range(50)])
    assert len(target.requests) <= 2 * teacher.PARALLEL


def test_only_so_many_at_once(nemo, target, journals, logged, right_call):
    def answer(body):
        time.sleep(0.02)
        return calling(right_call)

    target.answer = answer
    teacher.label(nemo, [logged(number) for number in range(30)])
    assert 1 < target.most_at_once <= teacher.PARALLEL


def test_without_a_teacher_it_says_so(connection, journals, logged, capsys):
    labels = teacher.label(connection(None), [logged(1)])
    assert labels.records == [] and labels.outcomes == {}
    assert capsys.readouterr().out == "No labels from a teacher: TEACHER_URL is not set.\n"


def test_agreement_with_people(logged, right_call):
    other = {"name": "invite", "arguments": {"title": "x"}}

    def labelled(number: int, call: dict) -> dict:
        return verdicts.judge(logged(number, right_call), [call], "teacher")

    labels = [labelled(1, right_call), labelled(2, other), labelled(3, right_call), labelled(4, other)]
    labels += [labelled(5, right_call), labelled(6, right_call), labelled(7, right_call)]
    human = [
        verdicts.record("q1/model", verdicts.WRONG, "recorded", [other]),
        verdicts.record("q1/model", verdicts.RIGHT, "review"),  # counts more: they agree
        verdicts.record("q2/model", verdicts.WRONG, "recorded", [right_call]),  # they do not
        verdicts.record("q3/model", verdicts.WRONG, "open-webui"),  # does not say what is right
        verdicts.record("q4/model", verdicts.RIGHT, "open-webui"),  # they do not
        verdicts.record("q5/model", verdicts.WRONG, "recorded", "no JSON"),  # says nothing
        verdicts.record("q6/model", verdicts.SKIPPED, "review"),
        *labels,  # not by people
    ]
    score = teacher.agreement(labels, human)
    assert (score.value, score.n) == (pytest.approx(1 / 3), 3) and score.low < 1 / 3 < score.high
    assert teacher.agreement(labels, []) is None
