"""The sample: the same bytes for the same seed, an honest split, and answers a reader could derive from the query."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter

import pytest

from sample_data import exam, generate, write
from sample_data.catalogue import DOMAINS
from sample_data.phrasing import bare, is_command
from sample_data.spec import PLACEHOLDER

CATALOGUE = {function.name: function for domain in DOMAINS for function in domain.functions}
EXAM = {function.name: function for domain in exam.DOMAINS for function in domain.functions}
FUNCTIONS = CATALOGUE | EXAM
# The rows to practise and to choose with, as committed: training, validation and development, one after the other.
# A change here is a change of the course's data: its results must be measured anew.
DIGEST = "b435d738b024d49875acc508ea8dfebc64edbca38e8cd76fada0c15089ab5396"
# The exams as committed. The exam is frozen and never used for a choice: once it is, the course needs another one.
EXAM_DIGESTS = {
    "testing": "10e40321d2e1b8156c2a52de9075dcbdc48b79e5f430433a7226c98035d094da",
    "practised": "d6417b140a4473d8d996e24686d84ddaf34ed03e171fe96c2d55f52f8f2ff110",
}
SPLITS = ("training", "validation", "development", "testing", "practised")


@pytest.fixture(scope="module")
def data():
    return generate()


@pytest.fixture(scope="module")
def everything(data):
    return [row for rows in data.splits().values() for row in rows]


def names(row) -> set[str]:
    return {tool["name"] for tool in json.loads(row["tools"])}


def offered(rows) -> set[str]:
    return set().union(*map(names, rows))


def called(rows) -> set[str]:
    return {answer["name"] for row in rows for answer in json.loads(row["answers"])}


def written(data, directory) -> dict[str, bytes]:
    files = {path.stem: path.read_bytes() for path in write(data, directory)}
    assert tuple(files) == SPLITS
    return files


def test_same_seed_same_bytes(data, tmp_path):
    first = written(data, tmp_path / "a")
    assert first == written(generate(seed=42), tmp_path / "b")
    assert hashlib.sha256(first["training"] + first["validation"] + first["development"]).hexdigest() == DIGEST
    other = written(generate(seed=43), tmp_path / "c")
    assert not any(first[split] == other[split] for split in SPLITS)


def test_the_exams_are_frozen(data, tmp_path):
    files = written(data, tmp_path)
    assert {split: hashlib.sha256(files[split]).hexdigest() for split in EXAM_DIGESTS} == EXAM_DIGESTS


def test_sizes(data, everything):
    assert {name: len(rows) for name, rows in data.splits().items()} == {
        "training": 3060,
        "validation": 240,
        "development": 300,
        "testing": 400,
        "practised": 200,
    }
    assert [row["id"] for row in everything] == list(range(4200))
    assert all(row.keys() == {"id", "query", "answers", "tools"} for row in everything)


@pytest.mark.parametrize("rows", [60, 240])
def test_a_small_sample_has_small_exams(rows):
    data = generate(rows=rows)
    assert len(data.training + data.validation + data.development) == rows
    assert (len(data.testing), len(data.practised)) == (rows // 9, rows // 18)
    assert called(data.practised) <= called(data.training)


def test_too_few_rows():
    with pytest.raises(ValueError, match="too few"):
        generate(rows=59)


def test_development_and_exam_have_functions_of_their_own(data):
    known = offered(data.training + data.validation + data.practised)
    assert known == {name for name, function in CATALOGUE.items() if not function.held_out}
    development, testing = offered(data.development), offered(data.testing)
    assert development == CATALOGUE.keys() - known
    assert len(development) >= 30
    assert sum(all(function.held_out for function in domain.functions) for domain in DOMAINS) >= 2
    assert testing == EXAM.keys()


def test_no_question_is_asked_twice(everything):
    queries = Counter(row["query"].casefold() for row in everything)
    assert queries.most_common(1)[0][1] == 1


def test_a_question_of_the_exams_differs_by_more_than_a_greeting(data):
    asked = [{bare(row["query"]) for row in rows} for rows in (data.testing, data.practised)]
    assert [len(questions) for questions in asked] == [400, 200]
    others = {bare(row["query"]) for row in data.training + data.validation + data.development}
    assert not asked[0] & asked[1] and not (asked[0] | asked[1]) & others


def test_a_function_about_which_all_has_been_asked_gives_its_turn_to_another():
    """Some functions take no arguments, so there are few ways to ask for them."""
    assert len(generate(rows=9_000).testing) == 9_000 // 9


@pytest.mark.parametrize(
    ("query", "plain"),
    [
        ("Hi there. Is {x} open?", "is {x} open"),
        ("Could you open {x}?", "open {x}"),
        ("Please open {x}.", "open {x}"),
        ("Open {x}. Thanks in advance.", "open {x}"),
        ("{x}, Open", "{x}, open"),
    ],
)
def test_bare(query, plain):
    assert bare(query) == plain


def test_practised_rows_ask_for_one_call_that_training_shows(data):
    assert all(len(json.loads(row["answers"])) == 1 for row in data.practised)
    assert called(data.practised) <= called(data.training)
    assert len(called(data.practised)) > 100


def test_the_showcase_example_is_unknown_to_training(data):
    text = json.dumps(data.training + data.validation)
    for word in ("future_investment_value", "calculate_standard_deviation", "compound interest", "future value"):
        assert word not in text.casefold()


def test_the_showcase_function_has_the_spec_of_the_course():
    assert FUNCTIONS["future_investment_value"].as_xlam() == {
        "name": "future_investment_value",
        "description": "Calculates the future value of an investment based on the present value, annual interest rate, "
        "and number of years.",
        "parameters": {
            "present_value": {"description": "The present value of the investment.", "type": "float"},
            "annual_interest_rate": {
                "description": "The annual interest rate as a decimal (e.g., 0.05 for 5%).",
                "type": "float",
            },
            "years": {"description": "The number of years the investment will grow.", "type": "int"},
        },
    }


@pytest.mark.parametrize("split", ["training", "validation", "development", "testing"])
def test_proportions(data, split):
    rows = data.splits()[split]
    calls = Counter(min(len(json.loads(row["answers"])), 2) for row in rows)
    assert 0.08 <= calls[0] / len(rows) <= 0.12
    assert 0.12 <= calls[2] / len(rows) <= 0.18
    tools = Counter(len(names(row)) for row in rows)
    assert set(tools) == {2, 3, 4, 5}
    assert tools[2] + tools[3] > 0.6 * len(rows)


def test_the_right_tool_is_anywhere(data):
    places = Counter()
    for row in data.training:
        answers, tools = json.loads(row["answers"]), json.loads(row["tools"])
        if len(answers) == 1 and len(tools) == 3:
            places[[tool["name"] for tool in tools].index(answers[0]["name"])] += 1
    total = sum(places.values())
    assert all(0.28 <= places[i] / total <= 0.39 for i in range(3)), places


def test_every_prefix_of_training_is_diverse(data):
    count = sum(not function.held_out for function in CATALOGUE.values())
    for start in (0, 300):
        seen = offered(data.training[start : start + 200])
        assert len(seen) > 0.97 * count


def test_wrong_candidates_are_plausible(data):
    """Most rows offer a sibling of the function asked for, or the wrong tools would give themselves away. Not all do: a
    model as small as the course's learns little from rows in which every choice is a close one."""
    domain_of = {function.name: domain.name for domain in DOMAINS for function in domain.functions}
    near = single = 0
    for row in data.training:
        answers = json.loads(row["answers"])
        if len(answers) == 1:
            single += 1
            right = answers[0]["name"]
            near += any(domain_of[name] == domain_of[right] for name in names(row) - {right})
    assert near / single > 0.5


def test_no_row_offers_two_tools_that_fit(everything):
    for row in everything:
        for answer in json.loads(row["answers"]):
            assert not names(row) & set(FUNCTIONS[answer["name"]].not_with)


def test_rows_stay_short(everything):
    """Training time grows with length. 3.2 characters a token is what SmolLM2's tokenizer makes of this JSON."""
    lengths = [len(row["query"]) + len(json.dumps(json.loads(row["tools"]), indent=2)) for row in everything]
    assert sum(lengths) / len(lengths) < 300 * 3.6
    assert max(lengths) < 700 * 3.4


class TestFunctions:
    def test_size(self):
        assert len(DOMAINS) >= 15
        assert len(CATALOGUE) == sum(len(domain.functions) for domain in DOMAINS) >= 120

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_a_function_is_whole(self, name):
        function = FUNCTIONS[name]
        assert re.fullmatch(r"[a-z]+(\.[a-z]+)?[a-z_]*", name)
        assert len(function.description.split()) <= 14 or name == "future_investment_value"
        assert len(function.parameters) <= 4
        assert len(set(function.phrasings)) == len(function.phrasings) >= 6
        assert set(function.not_with) <= FUNCTIONS.keys()
        known = {parameter.name for parameter in function.parameters}
        needed = {parameter.name for parameter in function.parameters if "optional" not in parameter.type}
        said = [{blank for _, blank in PLACEHOLDER.findall(line)} for line in function.lines]
        assert set().union(*said) == known, "every parameter is said somewhere, and nothing else"
        assert all(needed <= blanks for blanks in said), "no phrasing leaves a required value unsaid"

    def test_the_quirks_of_xlam_occur(self, data):
        types = {
            parameter["type"]
            for row in data.training
            for tool in json.loads(row["tools"])
            for parameter in tool["parameters"].values()
        }
        assert types >= {
            "str, optional",
            "List[Union[int, float]]",
            "Callable[[float], float]",
            "Dict[str, int]",
            "Tuple[float, float]",
            "Union[int, float]",
            "list",
        }
        defaults = [
            (parameter["type"], parameter["default"])
            for row in data.training
            for tool in json.loads(row["tools"])
            for parameter in tool["parameters"].values()
            if "default" in parameter
        ]
        assert ("int, optional", "5") in defaults and ("float, optional", "") in defaults
        assert any(not tool["parameters"] for row in data.training for tool in json.loads(row["tools"]))

    def test_what_the_exam_asks_training_has_taught(self):
        """A rule (percent to decimal, words to numbers, ...) that held-out functions need is shown by others."""
        rules = {secret: Counter() for secret in (True, False)}
        for name, function in FUNCTIONS.items():
            secret = function.held_out or name in EXAM
            rules[secret].update({parameter.sampler.rule for parameter in function.parameters})
        for rule in rules[True]:
            assert rules[False][rule] >= 3, rule
        assert rules[False]["percent to decimal"] >= 10

    def test_commands_are_told_from_statements(self):
        assert is_command("Find a car in {city}.")
        assert not is_command("Is {city} warm?")
        assert not is_command("I need a car.")
        assert not is_command("{city} is warm.")
