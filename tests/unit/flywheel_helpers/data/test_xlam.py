"""xLAM rows to rows that train and rows that are scored: the forms, the quirks, and what is refused and counted."""

from __future__ import annotations

import json
from collections import Counter

import jsonschema
import pytest

from flywheel_helpers.data import xlam
from flywheel_helpers.data.tool_schema import MAX_PARAMETERS, ConversionCounts
from flywheel_helpers.errors import DataError

WEATHER = {
    "name": "weather.now",
    "description": "Gets the weather.",
    "parameters": {
        "city": {"description": "The city.", "type": "str"},
        "units": {"description": "The units.", "type": "str, optional", "default": "metric"},
    },
}
SUM = {
    "name": "add",
    "description": "Adds.",
    "parameters": {"numbers": {"description": "Them.", "type": "List[float]"}},
}


def row(answers, tools=(WEATHER, SUM), query="How is it in Oslo?"):
    return {"id": 1, "query": query, "answers": json.dumps(answers), "tools": json.dumps(list(tools))}


OSLO = [{"name": "weather.now", "arguments": {"city": "Oslo"}}]


def tool(**parameters):
    return {"name": "f", "description": "d", "parameters": parameters}


def converted_parameters(spec, counts=None):
    result = xlam.to_customization_row(row([], [tool(**spec)]), counts)
    return result["tools"][0]["function"]["parameters"]


def test_customization_row():
    assert xlam.to_customization_row(row(OSLO)) == {
        "messages": [
            {"role": "user", "content": "How is it in Oslo?"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"type": "function", "function": {"name": "weather_now", "arguments": {"city": "Oslo"}}}
                ],
            },
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather_now",
                    "description": "Gets the weather.",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "city": {"description": "The city.", "type": "string"},
                            "units": {"description": "The units.", "type": "string", "default": "metric"},
                        },
                        "required": ["city"],
                    },
                },
            },
            {
                "type": "function",
                "function": {
                    "name": "add",
                    "description": "Adds.",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "numbers": {"description": "Them.", "type": "array", "items": {"type": "number"}},
                        },
                        "required": ["numbers"],
                    },
                },
            },
        ],
    }


def test_evaluation_row_holds_the_same_tools_and_the_truth_apart():
    trained, scored = xlam.to_customization_row(row(OSLO)), xlam.to_evaluation_row(row(OSLO))
    assert scored == {
        "messages": trained["messages"][:1],
        "tools": trained["tools"],
        "tool_calls": trained["messages"][1]["tool_calls"],
    }


def test_no_tool_fits():
    assert xlam.to_customization_row(row([]))["messages"][1]["tool_calls"] == []
    assert xlam.to_evaluation_row(row([]))["tool_calls"] == []


def test_parallel_calls_keep_their_order():
    two = [*OSLO, {"name": "weather.now", "arguments": {"city": "Rome"}}]
    calls = xlam.to_evaluation_row(row(two))["tool_calls"]
    assert [call["function"]["arguments"]["city"] for call in calls] == ["Oslo", "Rome"]


def test_a_tool_without_parameters():
    assert converted_parameters({}) == {"type": "object", "properties": {}, "required": []}


@pytest.mark.parametrize(
    ("spec", "required", "default"),
    [
        ({"type": "int"}, True, None),
        ({"type": "int, optional"}, False, None),
        ({"type": "Optional[int]"}, False, None),
        ({"type": "int", "default": 5}, False, 5),
        ({"type": "int", "default": "5"}, False, 5),
        ({"type": "bool", "default": "False"}, False, False),
        ({"type": "str", "default": 7}, False, "7"),
        ({"type": "int", "default": ""}, False, None),
        ({"type": "int", "default": None}, False, None),
        ({"type": "List[int]", "default": "all"}, False, None),
        ({"type": "str", "default": ""}, False, ""),
    ],
)
def test_required_and_defaults(spec, required, default):
    parameters = converted_parameters({"p": {"description": "d", **spec}})
    assert parameters["required"] == (["p"] if required else [])
    assert parameters["properties"]["p"].get("default") == default


def test_wrong_defaults_are_counted():
    counts = ConversionCounts()
    converted_parameters({"a": {"type": "int", "default": "5"}, "b": {"type": "int", "default": ""}}, counts)
    assert (counts.coerced_defaults, counts.dropped_defaults) == (1, 1)


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN", "1e999", '"Infinity"', "[1, NaN]", '{"a": 1e999}'])
@pytest.mark.parametrize("hint", ["float", "str", "Any", "List[float]", "dict", "Matrix"])
def test_a_default_that_json_does_not_have_is_left_out_and_counted(value, hint):
    source = {
        "query": "q",
        "answers": "[]",
        "tools": f"""[{{"name": "f", "parameters": {{"p": {{"default": {value},
        "type": "{hint}"}}}}}}]""",
    }
    result = xlam.convert([source])
    (converted,), counts = result.rows, result.counts
    if value == '"Infinity"' and hint in ("str", "Any", "Matrix"):  # a text like any other
        assert counts.dropped_defaults == 0
    else:
        assert "default" not in converted["tools"][0]["function"]["parameters"]["properties"]["p"]
        assert counts.dropped_defaults == 1


def test_unknown_types_are_counted_by_name():
    counts = ConversionCounts()
    converted_parameters({"f": {"type": "Callable[[float], float]"}, "g": {"type": "Matrix"}, "h": {}}, counts)
    assert counts.unknown_types == Counter({"Callable": 1, "Matrix": 1, "(empty)": 1})


def test_names_become_what_the_evaluator_compares():
    counts = ConversionCounts()
    result = xlam.to_evaluation_row(row(OSLO), counts)
    assert result["tool_calls"][0]["function"]["name"] == result["tools"][0]["function"]["name"] == "weather_now"
    assert counts.renamed_functions == 1


def test_no_tool_has_more_parameters_than_a_nim_takes():
    many = {f"p{i}": {"description": "d", "type": "int, optional"} for i in range(12)}
    many["p9"]["type"] = "int"
    counts = ConversionCounts()
    result = xlam.to_evaluation_row(row([{"name": "f", "arguments": {"p11": 1}}], [tool(**many)]), counts)
    parameters = result["tools"][0]["function"]["parameters"]
    assert list(parameters["properties"]) == ["p0", "p1", "p2", "p3", "p4", "p5", "p9", "p11"]
    assert parameters["required"] == ["p9"]
    assert counts.trimmed_tools == 1


def test_required_never_names_a_trimmed_parameter():
    parameters = converted_parameters({f"p{i}": {"type": "int"} for i in range(12)})
    assert parameters["required"] == list(parameters["properties"]) == [f"p{i}" for i in range(MAX_PARAMETERS)]


def _answers(numbers: str) -> str:
    return f'[{{"name": "add", "arguments": {{"numbers": {numbers}}}}}]'


NOT_FINITE = "the number is not finite, so JSON cannot express it"
HALF_A_PAIR = r"the text has half of a surrogate pair (\ud83d), which is not a character"
TOO_MANY = [{"name": "f", "arguments": {f"p{i}": 1 for i in range(9)}}]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("text", "the query is missing or empty"),
        ({}, "the query is missing or empty"),
        (row(OSLO, query="  "), "the query is missing or empty"),
        ({"query": "q", "answers": "[]"}, "tools is not a list"),
        ({"query": "q", "tools": "[", "answers": "[]"}, "tools is not JSON"),
        ({"query": "q", "tools": json.dumps([SUM]), "answers": "{]"}, "answers is not JSON"),
        ({"query": "q", "tools": json.dumps([SUM]), "answers": "{}"}, "answers is not a list"),
        (row([], tools=[]), "no tools are offered"),
        (row(["add"]), "an answer has no name"),
        (row([{"name": "add", "arguments": "{}"}]), "the arguments of an answer are not an object"),
        (row([{"name": "add"}]), "the arguments of an answer are not an object"),
        (row([{"name": "subtract", "arguments": {}}]), "an answer calls a tool that is not offered"),
        (row([{"name": "add", "arguments": {"n": 1}}]), "an answer has an argument that its tool does not take"),
        (row([], tools=[{"description": "d"}]), "a tool has no name"),
        (
            row([], tools=[{"name": "f", "parameters": {"a": "int"}}]),
            "the parameters of a tool are not an object of objects",
        ),
        (row([], tools=[WEATHER, {**SUM, "name": "weather_now"}]), "two tools have the same name"),
        (
            {"query": "q", "tools": json.dumps([SUM]), "answers": f"[{'9' * 5000}]"},
            "answers is not JSON",
        ),
        (row([{"name": "add", "arguments": {"numbers": [float("inf")]}}]), NOT_FINITE),
        (row([{"name": "add", "arguments": {"numbers": [{"a": float("nan")}]}}]), NOT_FINITE),
        (
            {"query": "q", "tools": [SUM], "answers": _answers("1e999")},
            NOT_FINITE,
        ),
        (
            {"query": "q", "tools": [SUM], "answers": _answers("[" * 150 + "]" * 150)},
            "it nests deeper than 100 levels",
        ),
        (row(OSLO, query="Hi \ud83d"), HALF_A_PAIR),
        (row([{"name": "add", "arguments": {"numbers": ["\ud83d"]}}]), HALF_A_PAIR),
        (row([], tools=[{**SUM, "description": "\ud83d"}]), HALF_A_PAIR),
        (row([], tools=[tool(p={"type": "str", "default": "\ud83d"})]), HALF_A_PAIR),
        (row(TOO_MANY, [tool(**{f"p{i}": {"type": "int"} for i in range(9)})]), "an answer has more than 8 arguments"),
    ],
)
def test_malformed_rows_are_skipped_and_counted_with_the_reason(bad, reason):
    with pytest.raises(xlam.MalformedRow) as raised:
        xlam.to_customization_row(bad)
    assert str(raised.value) == reason
    result = xlam.convert([bad, row(OSLO), bad])
    assert len(result.rows) == 1
    assert result.counts.skipped == Counter({reason: 2})
    assert result.counts.renamed_functions == 1, "a skipped row must not be counted otherwise"


def test_a_whole_surrogate_pair_is_a_character_like_any_other(tmp_path):
    source = {**row(OSLO), "answers": json.dumps([{"name": "weather.now", "arguments": {"city": "\U0001f600"}}])}
    assert "\\ud83d" in source["answers"]
    xlam.write_jsonl(xlam.convert([source]).rows, tmp_path / "rows.jsonl")
    assert "\U0001f600" in (tmp_path / "rows.jsonl").read_text(encoding="utf-8")


def test_lists_that_are_not_text_are_taken_too():
    assert xlam.to_evaluation_row({"query": "q", "tools": [SUM], "answers": []})["tool_calls"] == []


def test_converting_leaves_the_source_alone():
    source = {"query": "q", "tools": [tool(p={"type": "list", "default": ["a"]})], "answers": []}
    before = json.dumps(source)
    xlam.to_customization_row(source)["tools"][0]["function"]["parameters"]["properties"]["p"]["default"].append("b")
    assert json.dumps(source) == before


def test_rows_for_practice_have_the_share_without_a_tool_in_the_order_of_the_source():
    source = [{"id": i, "answers": "[]" if i % 10 == 0 else "[{}]"} for i in range(100)]
    chosen = xlam.for_practice(source, 20, 0.25)
    assert [row["id"] for row in chosen if row["answers"] == "[]"] == [0, 10, 20, 30, 40]
    assert [row["id"] for row in chosen] == sorted(row["id"] for row in chosen) and len(chosen) == 20


@pytest.mark.parametrize(
    ("count", "share", "without", "in_all"), [(50, 0.9, 10, 50), (20, 0.0, 0, 20), (200, 0.1, 10, 100)]
)
def test_where_rows_without_a_tool_are_few(count, share, without, in_all):
    source = [{"answers": "[]" if i % 10 == 0 else "[{}]"} for i in range(100)]
    chosen = xlam.for_practice(source, count, share)
    assert len(chosen) == in_all and sum(row["answers"] == "[]" for row in chosen) == without


@pytest.mark.parametrize(("share", "in_all"), [(0.2, 50), (0, 25)])
def test_where_rows_with_a_call_are_few(share, in_all):
    source = [{"answers": "[]" if i % 2 else "[{}]"} for i in range(50)]
    assert len(xlam.for_practice(source, 50, share)) == in_all


def test_more_rows_without_a_tool_are_made_from_rows_that_would_be_left_out():
    def row(i: int, *tools: str) -> dict:
        return {"id": i, "query": f"q{i}", "tools": json.dumps([{"name": name} for name in tools]),
                "answers": json.dumps([{"name": tools[0], "arguments": {}}] if i else [])}  # fmt: skip

    source = [row(0, "a"), row(1, "a", "b"), row(2, "a.x", "b"), row(3, "a"), row(4, "b", "a.x", "c"), row(5, "c", "d")]
    chosen = xlam.for_practice(source, 4, 0.5)
    assert [(one["id"], json.loads(one["answers"])) for one in chosen if one["answers"] == "[]"] == [(0, []), (4, [])]
    assert [tool["name"] for tool in json.loads(chosen[-1]["tools"])] == ["a.x", "c"], (
        "the tool that row 4 calls is gone"
    )
    assert chosen[:3] == source[:3] and "b" in source[4]["tools"]


@pytest.mark.parametrize("share", [25, -0.1, float("nan")])
def test_a_share_that_is_not_between_0_and_1(share):
    with pytest.raises(DataError, match=f"between 0 and 1, got {share}"):
        xlam.for_practice([], 1, share)


@pytest.mark.parametrize("none", ["[]", "[ ]", " []\n", []])
def test_rows_for_practice_know_an_empty_list_in_any_spelling(none):
    source = [{"id": 0, "answers": none}, {"id": 1, "answers": "[{}]"}]
    assert [row["id"] for row in xlam.for_practice(source, 1, 1.0)] == [0]
    assert [row["id"] for row in xlam.for_practice(source, 1, 0.0)] == [1]


def test_rows_for_practice_leave_malformed_rows_to_the_conversion():
    source = ["text", {"answers": "["}, {"query": "q"}]
    chosen = xlam.for_practice(source, 3, 0.5)
    assert chosen == source and xlam.convert(chosen).counts.skipped.total() == 3


def test_the_whole_sample_converts_and_its_answers_obey_their_schemas():
    data = xlam.load_sample(rows=1200)
    for rows in data.splits().values():
        result = xlam.convert(rows, xlam.to_evaluation_row)
        assert len(result.rows) == len(rows) and not result.counts.skipped
        for one in result.rows:
            schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in one["tools"]}
            for schema in schemas.values():
                assert len(schema["properties"]) <= MAX_PARAMETERS
            for call in one["tool_calls"]:
                jsonschema.validate(call["function"]["arguments"], schemas[call["function"]["name"]])
