"""Every metric, one row at a time, with the edge cases that decide a score."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.metrics import METRICS, make_metric
from nemo_local.evaluator.metrics.text import OPERATORS, normalize_answer
from nemo_local.evaluator.schemas import MetricConfig
from nemo_local.evaluator.templates import RenderError
from tool_calling.scoring import json_equal, score_tool_calls

BOTH, NAME_ONLY, NEITHER = (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)


def call(name: str, arguments: object) -> dict:
    return {"id": "call-1", "type": "function", "function": {"name": name, "arguments": arguments}}


def tool_scores(predicted: list, expected: list) -> tuple[float, float]:
    scores = score_tool_calls(predicted, expected)
    return scores["function_name_accuracy"], scores["function_name_and_args_accuracy"]


@pytest.mark.parametrize(
    ("predicted", "expected", "scores"),
    [
        pytest.param([call("f", {"a": 1})], [call("f", {"a": 1})], BOTH, id="same"),
        pytest.param([call("f", '{"a": 1}')], [call("f", {"a": 1})], BOTH, id="arguments as text"),
        pytest.param([call("f", {"a": 1})], [call("f", '{"a":1}')], BOTH, id="truth as text"),
        pytest.param([call("f", {"a": 1})], [{"name": "f", "arguments": {"a": 1}}], BOTH, id="bare truth"),
        pytest.param([call("f", {"a": 2})], [call("f", {"a": 2.0})], BOTH, id="2 is 2.0"),
        pytest.param([call("f", {"a": True})], [call("f", {"a": 1})], NAME_ONLY, id="true is not 1"),
        pytest.param([call("f", {"a": [{"b": False}]})], [call("f", {"a": [{"b": 0}]})], NAME_ONLY, id="nor nested"),
        pytest.param([call("f", {"a": "1"})], [call("f", {"a": 1})], NAME_ONLY, id="text is not a number"),
        pytest.param([call("f", {"a": None})], [call("f", {})], NAME_ONLY, id="null is not missing"),
        pytest.param([call("f", {"a": "x"})], [call("f", {"a": "X"})], NAME_ONLY, id="values keep their case"),
        pytest.param([call("F", {})], [call("f", {})], NEITHER, id="names keep their case"),
        pytest.param([call("f", {"a": [1, 2]})], [call("f", {"a": [2, 1]})], NAME_ONLY, id="lists keep their order"),
        pytest.param([call("f", '{"b":1,"a":2}')], [call("f", {"a": 2, "b": 1})], BOTH, id="keys have no order"),
        pytest.param([call("f", {}), call("g", {})], [call("g", {}), call("f", {})], BOTH, id="calls have no order"),
        pytest.param([call("f", {})], [call("f", {}), call("g", {})], NEITHER, id="one call short"),
        pytest.param([call("f", {}), call("g", {})], [call("f", {})], NEITHER, id="one function too many"),
        pytest.param([], [call("f", {})], NEITHER, id="no call"),
        pytest.param([call("f", {})], [], NEITHER, id="a call where none was right"),
        pytest.param([], [], BOTH, id="rightly no call"),
        pytest.param([call("math_sqrt", {})], [call("math.sqrt", {})], BOTH, id="dots are underscores"),
        pytest.param([call("math.sqrt", {})], [call("math_sqrt", {})], BOTH, id="on either side"),
        pytest.param([call("f", "{not json")], [call("f", {})], NAME_ONLY, id="unparsable arguments"),
        pytest.param([call("f", "")], [call("f", {})], NAME_ONLY, id="empty arguments"),
        pytest.param([call("f", "[1]")], [call("f", {})], NAME_ONLY, id="arguments that are no object"),
        pytest.param([call("f", None)], [call("f", {})], BOTH, id="absent arguments"),
        pytest.param(["f"], [call("f", {})], NEITHER, id="not a call"),
        pytest.param([{"function": {"arguments": "{}"}}], [call("f", {})], NEITHER, id="call without a name"),
        pytest.param(
            [call("f", {"a": 2}), call("f", {"a": 1})],
            [call("f", {"a": 1}), call("f", {"a": 2})],
            BOTH,
            id="twice the same function",
        ),
        pytest.param(
            [call("f", {"a": 1}), call("f", {"a": 1})],
            [call("f", {"a": 1}), call("f", {"a": 2})],
            NAME_ONLY,
            id="twice the same arguments",
        ),
        pytest.param([call("f", {"a": 1})], [call("f", {"a": 1}), call("f", {"a": 1})], NAME_ONLY, id="once of twice"),
        pytest.param([call("f", {}), call("f", {})], [call("f", {})], NAME_ONLY, id="twice instead of once"),
    ],
)
def test_tool_calling(predicted: list, expected: list, scores: tuple[float, float]) -> None:
    assert tool_scores(predicted, expected) == scores


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_a_json_value_equals_itself_after_a_round_trip(value: object) -> None:
    assert json_equal(value, json.loads(json.dumps(value)))


@given(json_values, json_values)
def test_json_equality_is_symmetric_and_never_looser_than_pythons(a: object, b: object) -> None:
    assert json_equal(a, b) == json_equal(b, a)
    assert not json_equal(a, b) or a == b


@given(st.permutations([call("f", {"a": 1}), call("f", {"a": 2}), call("g", {}), call("g", {})]))
def test_the_order_of_calls_never_matters(calls: list) -> None:
    assert tool_scores(calls, [call("g", {}), call("f", {"a": 1}), call("g", {}), call("f", {"a": 2})]) == BOTH


def metric(kind: str, **params: object):
    return make_metric(MetricConfig(type=kind, params=params), "m")


def score(kind: str, item: dict, output: str, **params: object) -> dict[str, float]:
    sample = {"output_text": output, "tool_calls": [], "response": {}}
    return metric(kind, **params).score(item, sample)


@pytest.mark.parametrize(
    "truth",
    [
        pytest.param([{"name": "f", "arguments": "{oops"}], id="unparsable arguments"),
        pytest.param([{"arguments": {}}], id="no name"),
        pytest.param({"name": "f"}, id="not a list"),
    ],
)
def test_a_ground_truth_that_can_never_match_is_an_error_of_the_row(truth: object) -> None:
    checked = metric("tool-calling", tool_calls_ground_truth="{{ item.truth | tojson }}")
    with pytest.raises(RenderError, match="tool_calls_ground_truth"):
        checked.check_row({"truth": truth})


def test_a_ground_truth_without_tojson_says_what_to_write() -> None:
    checked = metric("tool-calling", tool_calls_ground_truth="{{ item.truth }}")
    with pytest.raises(RenderError, match="tojson"):
        checked.check_row({"truth": [{"name": "f", "arguments": {}}]})


def test_no_ground_truth_means_no_call() -> None:
    checked = metric("tool-calling", tool_calls_ground_truth="{{ item.truth | tojson }}")
    assert checked.score({"truth": None}, {"tool_calls": []})["function_name_accuracy"] == 1.0


@pytest.mark.parametrize(
    ("operator", "left", "right", "holds"),
    [
        ("equals", "a", "a", True),
        ("equals", "a", "A", False),
        ("==", "a", "a", True),
        ("not equals", "a", "b", True),
        ("!=", "a", "a", False),
        ("<>", "a", "b", True),
        ("contains", "abc", "b", True),
        ("contains", "b", "abc", False),
        ("not contains", "abc", "d", True),
        ("not contains", "abc", "c", False),
        ("startswith", "abc", "ab", True),
        ("startswith", "abc", "bc", False),
        ("endswith", "abc", "bc", True),
        ("endswith", "abc", "ab", False),
    ],
)
def test_string_check(operator: str, left: str, right: str, holds: bool) -> None:
    check = ["{{ sample.output_text }}", operator, "{{ item.answer }}"]
    assert score("string-check", {"answer": right}, left, check=check) == {"string-check": float(holds)}


@pytest.mark.parametrize(
    ("check", "message"),
    [(["a", "equals"], "left template"), (["a", "resembles", "b"], "not contains"), (["a", ["=="], "b"], "operator")],
)
def test_string_check_refuses(check: list, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        metric("string-check", check=check)


def test_string_check_finds_a_missing_field_before_any_request() -> None:
    with pytest.raises(RenderError, match="'answr'.*answer"):
        metric("string-check", check=["{{ sample.output_text }}", "equals", "{{ item.answr }}"]).check_row(
            {"answer": 1}
        )


def test_the_text_of_the_answer_is_output_text_unless_a_column_is() -> None:
    check = ["{{ output_text | trim }}", "equals", "{{ item.answer }}"]
    metric("string-check", check=check).check_row({"answer": "a"})
    assert score("string-check", {"answer": "a"}, " a ", check=check) == {"string-check": 1.0}
    assert score("string-check", {"answer": "a", "output_text": "b"}, "a", check=check) == {"string-check": 0.0}


def test_normalize_answer() -> None:
    assert normalize_answer(" The  Eiffel-Tower, an icon! ") == "eiffeltower icon"


@pytest.mark.parametrize("kind", ["em", "exact_match"])
@pytest.mark.parametrize(("output", "value"), [("The Paris!", 1.0), ("Paris, France", 0.0), ("", 0.0)])
def test_exact_match(kind: str, output: str, value: float) -> None:
    assert score(kind, {"a": "paris"}, output, ground_truth="{{ item.a }}") == {"em_score": value}


@pytest.mark.parametrize(
    ("output", "value"), [("paris france", 1.0), ("paris", 2 / 3), ("rome", 0.0), ("", 0.0), ("paris paris", 0.5)]
)
def test_f1(output: str, value: float) -> None:
    assert score("f1", {"a": "Paris, France"}, output, ground_truth="{{ item.a }}")["f1_score"] == pytest.approx(value)


def test_f1_of_two_empty_texts_is_one() -> None:
    assert score("f1", {"a": "the"}, "", ground_truth="{{ item.a }}") == {"f1_score": 1.0}


def test_rouge_counts_words_and_the_longest_common_sequence() -> None:
    scores = score("rouge", {"a": "one two three four"}, "one two four", ground_truth="{{ item.a }}")
    assert scores["rouge_1_score"] == pytest.approx(6 / 7)
    assert scores["rouge_2_score"] == pytest.approx(2 / 5)
    assert scores["rouge_3_score"] == 0
    assert scores["rouge_L_score"] == pytest.approx(6 / 7)


def test_bleu_of_a_short_right_answer_is_100_and_the_best_reference_counts() -> None:
    references = ["{{ item.a }}", "{{ item.b }}"]
    scores = score("bleu", {"a": "guten Tag", "b": "hello there"}, "hello there", references=references)
    assert scores["sentence"] == pytest.approx(100)


def test_bleu_of_the_corpus_counts_rows_without_an_answer() -> None:
    bleu = metric("bleu", references=["{{ item.a }}"])
    item, sample = {"a": "the cat sat on the mat"}, {"output_text": "the cat sat on the mat"}
    assert bleu.aggregate([(item, sample)])["corpus"] == pytest.approx(100)
    assert bleu.aggregate([(item, sample), (item, None)])["corpus"] < 50


def test_a_candidate_template_replaces_the_output_text() -> None:
    scores = score("em", {"a": "yes"}, "YES?", ground_truth="{{ item.a }}", candidate="{{ sample.output_text[:2] }}")
    assert scores == {"em_score": 0.0}


def test_an_unknown_metric_lists_the_known_ones() -> None:
    with pytest.raises(Invalid) as error:
        metric("accuracy")
    assert error.value.field == "m.type"
    assert all(name in error.value.detail for name in METRICS)


@pytest.mark.parametrize("kind", sorted(METRICS))
def test_a_metric_without_its_parameters_names_the_field(kind: str) -> None:
    with pytest.raises(Invalid) as error:
        metric(kind)
    assert error.value.field.startswith("m.params.")


def test_an_unknown_parameter_is_an_error() -> None:
    with pytest.raises(Invalid, match="tool_calls_ground_truth") as error:
        metric("tool-calling", ground_truth="x")
    assert error.value.field == "m.params.ground_truth"


def test_all_operators_of_nemo_are_there() -> None:
    assert {"equals", "not equals", "contains", "not contains", "startswith", "endswith"} <= set(OPERATORS)
