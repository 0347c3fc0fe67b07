"""Teachers that write good questions, and teachers that write nonsense, contradict themselves, repeat themselves."""

from __future__ import annotations

import json
import re

import pytest
from model_api import Refuse, Target

from flywheel_helpers.data import xlam
from flywheel_helpers.errors import ConfigError, DataError, Invalid, ServerFault, Unauthorized
from flywheel_helpers.feedback import teacher
from flywheel_helpers.own_data import split, synthesise, two_passes

FEW = [
    {
        "name": name,
        "description": f"Does {name}.",
        "parameters": {
            "number": {"description": "Which.", "type": "int"},
            "loud": {"description": "", "type": "bool, optional"},
        },
    }
    for name in ("alpha", "beta", "gamma")
]
MANY = [{**FEW[0], "name": f"tool{number}"} for number in range(20)]


@pytest.fixture
def target():
    target = Target()
    target.models = ["large/model"]
    target.answer = good
    yield target
    target.close()


@pytest.fixture
def nemo(connection, target):
    made = connection(None, teacher_url=target.url, teacher_model="large/model", nemo_token="of the platform")
    made.transport = None  # the teacher is a server, not a function
    return made


def query(name: str, number: int) -> str:
    return f"Do {name} with {number}: w{number}a w{number}b w{number}c"


def asked_for(body: dict) -> tuple[str, int]:
    """The tool that questions are wanted for, and how many."""
    found = re.match(r"(\d+) questions for this tool:\n(.*)", body["messages"][-1]["content"], re.DOTALL)
    return json.loads(found[2])["name"], int(found[1])


def write(body: dict, **changes) -> dict:
    """The first pass of a good teacher: other numbers in each answer."""
    name, count = asked_for(body)
    questions = []
    for place in range(count):
        number = 10 * body["seed"] + place
        questions.append({"query": query(name, number), "arguments": {"number": number}, **changes})
    return {"role": "assistant", "content": json.dumps({"questions": questions})}


def call(body: dict, **changes) -> dict:
    """The second pass of a good teacher: it reads the question."""
    found = re.match(r"Do (\w+) with (\d+)", body["messages"][-1]["content"])
    function = {"name": found[1], "arguments": {"number": int(found[2])}, **changes}
    function["arguments"] = json.dumps(function["arguments"])
    return {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}


def good(body: dict) -> dict:
    return write(body) if "response_format" in body else call(body)


def thrown_away(made: synthesise.Made) -> dict[str, int]:
    return {step.rule: step.dropped for step in made.steps if step.dropped}


def test_a_good_teacher(nemo, target):
    made = synthesise.make(nemo, FEW, 60)
    assert thrown_away(made) == {}
    parts = made.divided.data.splits()
    rows = [row for part in parts.values() for row in part]
    assert len(rows) == 60 and "3 functions" in made.divided.how
    assert "Thrown away: 0 of 60 (0%)." in repr(made)
    without = [row for row in rows if row["answers"] == "[]"]
    assert len(without) == 6
    for row in without:
        assert re.match(r"Do (\w+)", row["query"])[1] not in {tool["name"] for tool in json.loads(row["tools"])}
    assert not xlam.convert(rows).counts.skipped
    again = synthesise.make(nemo, FEW, 60)
    assert again.divided == made.divided, "whichever answer comes first"


def test_what_the_teacher_is_asked(nemo, target):
    synthesise.make(nemo, FEW, 12)
    first = [body for body in target.requests if "response_format" in body]
    second = [body for body in target.requests if "response_format" not in body]
    assert sorted(asked_for(body)[1] for body in first) == [4, 4, 4] and len(second) == 12
    schema = first[0]["response_format"]["json_schema"]["schema"]["properties"]["questions"]["items"]
    assert schema["properties"]["arguments"]["properties"]["number"]["type"] == "integer"
    assert schema["properties"]["arguments"]["required"] == ["number"]
    assert schema["properties"]["arguments"]["additionalProperties"] is False
    for body in second:
        assert "arguments" not in json.dumps(body["messages"]), "it must not be told what was meant"
        assert len(body["tools"]) == 3 and body["tool_choice"] == "auto"


def test_every_tool_has_its_turn(nemo, target):
    tools = [{**FEW[0], "name": f"tool_{number}"} for number in range(20)]
    synthesise.make(nemo, tools, 60)
    first = [asked_for(body) for body in target.requests if "response_format" in body]
    assert {name for name, _ in first} == {tool["name"] for tool in tools} and sum(size for _, size in first) == 60
    with pytest.raises(DataError, match="19 questions are too few for 20 tools"):
        synthesise.make(nemo, tools, 19)


def test_functions_are_held_out_where_there_are_enough(nemo):
    made = synthesise.make(nemo, MANY, 200)
    assert made.divided.how == "as the field split says"
    parts = made.divided.data.splits()

    def offered(*names):
        return {tool["name"] for name in names for row in parts[name] for tool in json.loads(row["tools"])}

    assert len(offered("testing")) == 3 and len(parts["testing"]) == 30
    assert not offered("testing") & offered("training", "validation")


def test_held_out_functions_that_the_teacher_is_bad_at(nemo, target):
    held_out = split.hold_out([tool["name"] for tool in MANY])

    def answer(body):
        bad = "response_format" in body and asked_for(body)[0] in held_out
        return {"role": "assistant", "content": "{}"} if bad else good(body)

    target.answer = answer
    made = synthesise.make(nemo, MANY, 200)
    assert made.steps[-1].kept == 170 and made.divided.how.startswith("by question")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "no JSON",
        "[]",
        '{"questions": 7}',
        '{"questions": [7, {"query": "x"}]}',
        '{"questions": [{"query": " ", "arguments": {"number": 1}}]}',
        '{"questions": [{"query": 7, "arguments": {"number": 1}}]}',
        '{"questions": [{"query": "x", "arguments": []}]}',
        '{"questions": [{"query": "x", "arguments": {"number": "one"}}]}',
        '{"questions": [{"query": "x", "arguments": {}}]}',
        '{"questions": [{"query": "x", "arguments": {"number": 1, "other": 2}}]}',
    ],
)
def test_nonsense_in_the_first_pass(nemo, target, content):
    def answer(body):
        bad = "response_format" in body and body["seed"] % 2
        return {"role": "assistant", "content": content} if bad else good(body)

    target.answer = answer
    made = synthesise.make(nemo, FEW, 60)
    assert thrown_away(made) == {two_passes.UNWRITTEN: 30}
    assert "Thrown away: 30 of 60 (50%)." in repr(made)


def test_more_questions_than_were_asked_for_do_not_count(nemo, target):
    def answer(body):
        if "response_format" not in body:
            return call(body)
        content = json.loads(write(body)["content"])["questions"]
        return {"role": "assistant", "content": json.dumps({"questions": content * 3})}

    target.answer = answer
    assert synthesise.make(nemo, FEW, 60).steps[-1].kept == 60


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"arguments": {"number": -1}}, two_passes.DIFFERS),
        ({"arguments": {"number": "one"}}, two_passes.UNUSABLE),
        ({"name": "made_up"}, two_passes.UNUSABLE),
    ],
)
def test_a_second_pass_that_does_not_agree(nemo, target, changes, lost):
    def answer(body):
        if "response_format" in body:
            return write(body)
        number = int(re.search(r"with (\d+)", body["messages"][-1]["content"])[1])
        return call(body, **changes) if number % 10 == 0 else call(body)

    target.answer = answer
    assert thrown_away(synthesise.make(nemo, FEW, 60)) == {lost: 12}


def test_the_same_again_is_thrown_away(nemo, target):
    def answer(body):
        if "response_format" not in body:
            return call(body)
        return write({**body, "seed": body["seed"] if body["seed"] < 9 else 0})

    target.answer = answer
    # Four batches of 12: the last three repeat the first of their tool, one of them with other tools on offer.
    made = synthesise.make(nemo, FEW, 60)
    assert made.steps[-1].kept < 60 and sum(thrown_away(made).values()) == 60 - made.steps[-1].kept
    rows = [row for part in made.divided.data.splits().values() for row in part]
    questions = [row["query"] for row in rows]
    assert len(set(questions)) == len(questions)


def test_questions_of_the_test_are_not_practised(nemo, target):
    def same(name: str, number: int) -> str:
        return f"Do {name} with {number}: one two three four five six seven eight nine ten eleven twelve"

    def answer(body):
        if "response_format" not in body:
            return call(body)
        questions = json.loads(write(body)["content"])["questions"]
        for one in questions:  # of one tool they differ in the number alone
            one["query"] = same(asked_for(body)[0], one["arguments"]["number"])
        return {"role": "assistant", "content": json.dumps({"questions": questions})}

    target.answer = answer
    made = synthesise.make(nemo, FEW, 60)
    leaked = thrown_away(made)["not nearly a question of the test"]
    parts = {name: [row["query"].split()[1] for row in rows] for name, rows in made.divided.data.splits().items()}
    assert leaked == made.divided.leaked == 60 - sum(map(len, parts.values())) > 0
    assert not set(parts["testing"]) & {*parts["training"], *parts["validation"]}


def test_silence_now_and_then(nemo, target):
    def answer(body):
        if body["seed"] == 1:
            raise Refuse(500)
        return good(body)

    target.answer = answer
    assert thrown_away(synthesise.make(nemo, FEW, 60)) == {two_passes.SILENT: 5}


def test_a_teacher_that_only_fails(nemo, target):
    def refuse(body):
        raise Refuse(400, '{"error": {"message": "response_format is not supported"}}')

    target.answer = refuse
    with pytest.raises(Invalid, match="response_format is not supported"):
        synthesise.make(nemo, FEW, 20)

    def fail(body):
        raise Refuse(500)

    target.answer = fail
    target.requests.clear()
    with pytest.raises(ServerFault):
        synthesise.make(nemo, FEW, 2000)
    assert len(target.requests) < teacher.GIVE_UP + 2 * teacher.PARALLEL


def test_what_was_written_before_the_teacher_failed_is_kept(nemo, target, capsys):
    def answer(body):
        if "response_format" in body and body["seed"] >= 8:
            raise Refuse(401, '{"error": {"message": "the credit is used up"}}')
        return good(body)

    target.answer = answer
    made = synthesise.make(nemo, FEW, 200)
    assert thrown_away(made) == {two_passes.SILENT: 160} and made.steps[-1].kept == 40
    assert "the credit is used up" in capsys.readouterr().out


def test_what_was_written_before_ctrl_c_is_kept(nemo, target, capsys, monkeypatch):
    ask, asked = two_passes._ask, []

    def interrupted(connection, batch):
        asked.append(batch)
        if batch.number == 3:
            raise KeyboardInterrupt
        return ask(connection, batch)

    monkeypatch.setattr(two_passes, "_ask", interrupted)
    made = synthesise.make(nemo, FEW, 60)
    assert made.steps[-1].kept == 15 and thrown_away(made) == {two_passes.SILENT: 45}
    assert "What has been written so far is kept" in capsys.readouterr().out


def test_it_has_a_key_of_its_own(nemo, target):
    target.key = "of the teacher"
    with pytest.raises(Unauthorized, match="TEACHER_API_KEY"):
        synthesise.make(nemo, FEW, 20)


def test_what_is_missing(nemo, connection):
    with pytest.raises(ConfigError, match="TEACHER_URL"):
        synthesise.make(connection(None), FEW, 20)
    with pytest.raises(DataError, match="One tool is too few"):
        synthesise.make(nemo, FEW[:1], 20)
