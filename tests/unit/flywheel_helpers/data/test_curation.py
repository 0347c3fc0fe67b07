"""Each rule of curation, and all of them on the defects that last week's corrections were given."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel_helpers.data import curation, xlam
from flywheel_helpers.data.curation import Example
from sample_data import production

BOOK = {
    "type": "function",
    "function": {
        "name": "book",
        "description": "Books a room.",
        "parameters": {
            "type": "object",
            "properties": {"room": {"type": "string"}, "people": {"type": "integer"}},
            "required": ["room"],
        },
    },
}
CANCEL = {"type": "function", "function": {"name": "cancel", "description": "Cancels.", "parameters": {}}}


def call(name: str = "book", **arguments) -> dict:
    return {"name": name, "arguments": arguments}


def example(query: str = "Book Oslo.", calls=None, identity: str = "1", tools=(BOOK, CANCEL)) -> Example:
    return Example(identity, query, list(tools), [call(room="Oslo")] if calls is None else calls, "recorded")


def ids(examples: list[Example]) -> list[str]:
    return [one.id for one in examples]


@pytest.mark.parametrize(
    ("calls", "kept"),
    [
        ([call(room="Oslo")], True),
        ('[{"name": "book", "arguments": {"room": "Oslo"}}]', True),
        ([], True),
        ('[{"name": "book"', False),
        ("should be book", False),
        ("[" * 100_000, False),
        ({"name": "book", "arguments": {}}, False),
        ([{"name": "book", "arguments": "Oslo"}], False),
        ([{"arguments": {}}], False),
        ([{"name": "book", "arguments": {"room": float("nan")}}], False),  # no file of rows could hold it
        ('[{"name": "book", "arguments": {"room": 1e999}}]', False),
        ('[{"name": "book", "arguments": {"room": "\\ud800"}}]', False),
        (None, False),
    ],
)
def test_only_lists_of_calls_stay(calls, kept):
    found = curation.well_formed([Example("1", "Book.", [BOOK], calls, "recorded")])
    assert len(found) == kept
    assert all(isinstance(one.calls, list) for one in found)


def test_a_call_of_a_tool_that_was_not_on_offer_goes():
    assert ids(curation.on_offer([example(), example(calls=[call("move")], identity="2")])) == ["1"]


@pytest.mark.parametrize(
    "arguments", [{}, {"room": 1}, {"room": "Oslo", "people": "4"}, {"room": "Oslo", "floor": 2}, {"people": 4}]
)
def test_arguments_that_break_the_schema_go(arguments):
    assert curation.fitting([example(calls=[call(**arguments)])]) == []
    assert curation.schema_problem(arguments, BOOK["function"]["parameters"])


def test_arguments_that_fit_stay():
    assert len(curation.fitting([example(calls=[call(room="Oslo", people=4)]), example(calls=[])])) == 2


@pytest.mark.parametrize(
    "value",
    [
        "ada.byron@example.org",
        "+44 7700 900123",
        "07700 900123",
        "DE89370400440532013000",
        "GB29 NWBK 6016 1331 9268 19",
    ],
)
def test_personal_data_gets_another_value_of_the_same_shape_everywhere(value):
    one = example(f"Write {value} to Bob.", [call(room=f"Bob: {value}")])
    two = example(f"Again {value}", identity="2")
    first, second = curation.without_personal_data([one, two], seed=1)
    assert value not in first.query + str(first.calls) + second.query
    new = first.query.removeprefix("Write ").removesuffix(" to Bob.")
    assert (
        len(new) == len(value)
        and second.query == f"Again {new}"
        and first.calls[0]["arguments"]["room"] == f"Bob: {new}"
    )

    def shape(text):
        return re.sub(r"\d", "0", re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", text)))

    assert shape(new) == shape(value)
    other_seed = curation.without_personal_data([one], seed=2)[0]
    assert other_seed.query != first.query


ONE_OF = {**BOOK, "function": {**BOOK["function"], "parameters": {"type": "object", "properties": {
    "room": {"enum": ["a@x.com", "b@x.com"]}, "number": {"type": "integer"}}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("Text +49 170 1234567 to Bob", {"room": "+491701234567"}),
        ("Pay DE89 3704 0044 0532 0130 00", {"room": "DE89370400440532013000"}),
        ("Write to Anna@Example.com", {"room": "anna@example.com"}),
        ("Call 0170 1234567", {"number": 1701234567}),
        ("Write to a@x.com", {"room": "a@x.com"}),  # the tool takes only certain addresses
    ],
)
def test_an_answer_that_would_be_wrong_without_the_personal_data_goes(query, arguments):
    rows = [example(query, [call(**arguments)], tools=[ONE_OF if "number" in arguments or "a@x" in query else BOOK])]
    assert curation.without_personal_data(rows, seed=1) == []


@pytest.mark.parametrize(
    "text",
    ["on 2026-03-02 at 09:30", "14 May", "02.03.2026 at 14:00", "room 0.12", "12345 euros", "from 09:00 to 10:30"],
)
def test_dates_times_and_amounts_are_not_personal_data(text):
    assert curation.without_personal_data([example(text)], seed=1)[0].query == text


def test_a_question_with_two_answers_goes_altogether():
    other = example(calls=[call(room="Rome")], identity="2")
    unrelated = example("Cancel it.", [call("cancel")], "3")
    assert ids(curation.agreeing([example(), other, unrelated])) == ["3"]
    assert ids(curation.agreeing([example(), example(identity="2")])) == ["1", "2"]
    assert ids(curation.agreeing([example(), example(calls=[], identity="2", tools=[CANCEL])])) == ["1", "2"]


def test_of_repeated_questions_the_first_stays():
    assert ids(
        curation.distinct([example(), example("book  oslo.", identity="2"), example("Book Rome.", identity="3")])
    ) == ["1", "3"]


def test_nearly_the_same_words_for_the_same_calls_are_one_question():
    near = example("Book Oslo please, for the team meeting tomorrow at noon", identity="2")
    first = example("Book Oslo for the team meeting tomorrow at noon")
    rome = example("Book Rome for the team meeting tomorrow at noon", [call(room="Rome")], "3")
    assert ids(curation.no_near_duplicates([first, near, rome])) == ["1", "3"]


def test_what_is_nearly_in_the_exam_goes():
    exam = [production.words("Please book the big room in Oslo for Monday!")]
    rows = [example("book the big room in Oslo for Monday"), example("Which rooms are free on Monday?", identity="2")]
    assert ids(curation.not_in(rows, exam)) == ["2"]


def test_questions_without_a_word_are_questions():
    rows = [example("???", []), example("👍", [], "2"), example("???", [], "3")]
    assert ids(curation.not_in(rows, [production.words("???")])) == ["2"]
    assert ids(curation.no_near_duplicates(rows)) == ["1", "2"]


_WORDS = st.frozensets(st.sampled_from("abcdefgh"), min_size=1)


@given(st.lists(_WORDS, max_size=12), st.lists(_WORDS, max_size=12))
def test_the_rarest_words_find_all_that_is_near(questions, exam):
    rows = [example(" ".join(said), identity=str(place)) for place, said in enumerate(questions)]
    far = [
        str(place)
        for place, said in enumerate(questions)
        if not any(production.similarity(said, other) >= production.NEAR for other in exam)
    ]
    assert ids(curation.not_in(rows, exam)) == far


def test_popular_tools_are_capped():
    rows = [example(f"Book room {n}.", identity=str(n)) for n in range(5)] + [example("Hello", [], "9")]
    assert ids(curation.at_most(rows, 2)) == ["0", "1", "9"]


def test_all_planted_defects_of_last_week_are_found():
    week = production.production_log()
    rows = xlam.convert(week.last_week, xlam.to_evaluation_row).rows
    examples = [
        Example(question["id"], question["query"], row["tools"], question["correction"], "recorded")
        for question, row in zip(week.last_week, rows, strict=True)
    ]
    kept, steps = curation.curate(examples, [question["query"] for question in week.this_week], per_tool=1000)
    found = {step.rule: step for step in steps}
    planted = Counter(one.kind for one in week.planted)
    assert found["the correction is a list of calls"].dropped == planted["malformed"]
    assert found["every call is of a tool on offer"].dropped == planted["tool not on offer"]
    assert found["the arguments fit the tool's schema"].dropped == planted["schema violation"]
    personal = sum(planted[kind] for kind in ("e-mail address", "phone number", "account number"))
    assert (found["personal data is replaced"].changed, found["personal data is replaced"].dropped) == (personal, 0)
    assert found["corrections of one question agree"].dropped == 2 * planted["conflict"]
    assert found["no question twice"].dropped == planted["duplicate"]
    assert found["no near-duplicates"].dropped == planted["near-duplicate"]
    assert found["not in an exam"].dropped == 0
    truth = {question["id"]: question["answers"] for question in week.last_week}
    changed = {one.id for one in week.planted if "address" in one.kind or "number" in one.kind}
    wrong = [one.id for one in kept if one.id not in changed and one.calls != json.loads(truth[one.id])]
    assert wrong == []


def test_a_schema_that_refers_elsewhere_is_a_problem_and_fetches_nothing(monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was opened"))
    schema = {"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/x.json"}}}
    assert "refers to 'http://127.0.0.1:9/x.json'" in curation.schema_problem({"x": 1}, schema)
