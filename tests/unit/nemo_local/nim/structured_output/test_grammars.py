"""Whatever a grammar lets through fits the schema, and is written as the prompt writes calls."""

from __future__ import annotations

import json
import random
import socket

import jsonschema
import pytest
from ebnf import Grammar

from nemo_local.nim.structured_output.grammars import BASICS, UnsupportedSchema, check_value, tool_call_grammar
from nemo_local.nim.structured_output.number_grammars import integer_range, number_range
from tool_calling.schema_dialects import SchemaError, modern

POINT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
# Schemas of one property each. They are legal, or what clients send in their place.
PROPERTIES = {
    "true": True,
    "an empty schema": {},
    "null": None,
    "items true": {"type": "array", "items": True},
    "items false": {"type": "array", "items": False},
    "items null": {"type": "array", "items": None},
    "a tuple": {"type": "array", "prefixItems": [{"type": "boolean"}, {"const": "end"}], "minItems": 2},
    "a tuple of draft 7": {"type": "array", "items": [{"type": "boolean"}, {"type": "null"}], "additionalItems": False},
    "a tuple and more": {"type": "array", "prefixItems": [{"type": "null"}], "items": {"type": "null"}, "minItems": 3},
    "a tuple cut short": {"type": "array", "prefixItems": [{"type": "null"}] * 3, "maxItems": 2},
    "enum null": {"type": "string", "enum": None},
    "an enum": {"enum": ["°C", "a\nb", 3, None, {"a": [1]}]},
    "an enum and a type": {"enum": ["a", 3], "type": "integer"},
    "const null": {"const": None},
    "anyOf with true": {"anyOf": [True, {"type": "string"}]},
    "anyOf with false": {"anyOf": [False, {"type": "null"}]},
    "anyOf beside a type": {"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": -5}]},
    "oneOf": {"oneOf": [{"type": "integer", "maximum": 3}, {"type": "null"}]},
    "a list of types": {"type": ["integer", "null"], "maximum": 4},
    "a list of one type": {"type": ["null"]},
    "a reference": {"$ref": "#/$defs/point"},
    "a reference with a sibling": {"$ref": "#/$defs/small", "minimum": 2},
    "a reference of a reference": {"$ref": "#/$defs/points"},
    "allOf": {"allOf": [POINT, {"properties": {"y": {"type": "null"}}, "required": ["y"]}]},
    "allOf of numbers": {"allOf": [{"type": "number"}, {"type": "integer", "minimum": 2}, {"maximum": 4}]},
    "allOf of lists": {"allOf": [{"type": "array", "items": {"type": "integer"}}, {"items": {"minimum": 7}}]},
    "allOf of enums": {"allOf": [{"enum": [1, 2, True]}, {"enum": [2, True, 3]}]},
    "allOf that closes": {"allOf": [{**POINT, "additionalProperties": False}, {"properties": {"y": {}}}]},
    "allOf of unions": {"allOf": [{"type": ["integer", "null"]}, {"anyOf": [{"type": "null"}, {"type": "string"}]}]},
    "only required": {"type": "object", "required": ["a", "b"], "additionalProperties": {"type": "integer"}},
    "a property that may not be": {"type": "object", "properties": {"a": False, "b": {"type": "null"}}},
    "a map": {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}},
    "a map with bounds": {"type": "object", "additionalProperties": True, "minProperties": 2, "maxProperties": 3},
    "no properties": {"type": "object", "properties": {}, "additionalProperties": False},
    "an exclusive bound of draft 4": {"type": "integer", "minimum": 3, "exclusiveMinimum": True, "maximum": 4},
    "text bounds": {"type": "string", "minLength": 2.0, "maxLength": 5},
    "keywords without a type": {"properties": {"a": {"minimum": 5, "maximum": 6}}, "required": ["a"]},
}
DEFS = {
    "point": POINT,
    "points": {"type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 1, "maxItems": 2},
    "small": {"type": "integer", "maximum": 9},
}


def texts(grammar: str, count: int = 30) -> list[str]:
    parsed = Grammar(grammar)
    return [parsed.sample(random.Random(seed)) for seed in range(count)]


@pytest.mark.parametrize("name", PROPERTIES)
def test_calls_fit_the_schema(name):
    parameters = {"type": "object", "properties": {"x": PROPERTIES[name]}, "required": ["x"], "$defs": DEFS}
    schema = modern(parameters)
    jsonschema.Draft202012Validator.check_schema(schema)
    for text in texts(tool_call_grammar([{"function": {"name": "f", "parameters": parameters}}])):
        for call in json.loads(text):
            assert (call["name"], [*call]) == ("f", ["name", "arguments"])
            # Without a type a keyword says nothing of other values, so that anything would fit.
            jsonschema.Draft202012Validator(schema).validate(call["arguments"])
            assert check_value(call["arguments"], parameters, "arguments") is None


@pytest.mark.parametrize("name", PROPERTIES)
def test_calls_are_written_as_the_prompt_writes_them(name):
    parameters = {"type": "object", "properties": {"x": PROPERTIES[name]}, "required": ["x"], "$defs": DEFS}
    for text in texts(tool_call_grammar([{"function": {"name": "f", "parameters": parameters}}])):
        if not any(character in text for character in ".\\"):  # numbers and escapes have more than one spelling
            assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False)


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"type": "object", "properties": {}}])
def test_a_function_without_parameters_takes_no_arguments(parameters):
    grammar = tool_call_grammar([{"function": {"name": "f", "parameters": parameters}}], parallel=False)
    assert {text for text in texts(grammar)} == {'[\n  {\n    "name": "f",\n    "arguments": {}\n  }\n]'}


def test_parameters_may_be_alternatives():
    parameters = {"anyOf": [POINT, {"type": "object", "properties": {"y": {"type": "null"}}, "required": ["y"]}]}
    grammar = tool_call_grammar([{"function": {"name": "f", "parameters": parameters}}], parallel=False)
    found = [json.loads(text)[0]["arguments"] for text in texts(grammar)]
    assert {key for arguments in found for key in arguments} == {"x", "y"}
    assert all(check_value(arguments, parameters, "arguments") is None for arguments in found)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"properties": {"x": {"$ref": "#/$defs/no"}}}, "#/\\$defs/no leads nowhere"),
        ({"properties": {"x": {"$ref": "#/properties/x"}}}, "contains itself"),
        ({"properties": {"x": {"type": "array", "items": {"$ref": "#/properties/x"}}}}, "contains itself"),
        ({"properties": {"x": {"enum": ["a"], "type": "integer"}}}, 'no value of \\["a"\\] fits'),
        ({"properties": {"x": {"type": "float"}}}, "float"),
        ({"properties": {"x": {"type": "integer", "minimum": 3, "maximum": 2}}}, "within the bounds"),
        ({"properties": {"x": {"type": "array", "items": False, "minItems": 1}}}, "needs 1 items"),
        ({"properties": {"x": {"type": "string", "minLength": -1}}}, "-1"),
        ({"properties": {"x": False}, "required": ["x"]}, "no value fits"),
        ({"type": "string"}, "must be an object"),
    ],
)
def test_a_schema_nothing_can_be_made_of_is_refused_with_the_function(parameters, message):
    with pytest.raises(UnsupportedSchema, match=f"the parameters of 'f': .*{message}"):
        tool_call_grammar([{"function": {"name": "f", "parameters": parameters}}])


BOUNDS = [0, 1, -1, 7, -7, 10, 99, -99, 100, 1234, 10**9, -(10**9), 10**20, 0.5, -0.25, 1.75, 99.99, 2.0]


@pytest.mark.parametrize(
    "place",
    [
        lambda ref: ref,
        lambda ref: {"not": ref},
        lambda ref: {"properties": {"x": {"type": "array", "contains": ref}}},
        lambda ref: {"properties": {"x": {"type": "object", "unevaluatedProperties": ref}}},
        lambda ref: {"if": {"properties": {"x": {"propertyNames": ref}}}, "then": {}},
    ],
)
def test_a_schema_makes_this_machine_ask_no_address(place, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was opened"))
    for keyword in ("$ref", "$dynamicRef"):
        parameters = {"type": "object", **place({keyword: "http://127.0.0.1:9/schema.json"})}
        tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
        with pytest.raises(UnsupportedSchema, match=r"'f'.*(leads out of the schema|no other is followed)"):
            tool_call_grammar([tool])
        with pytest.raises(SchemaError):
            check_value({"x": [1]}, parameters, "value")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"not": {"$ref": "#/$defs/missing"}}, "leads nowhere"),
        ({"not": {"$ref": "#"}}, "contains itself"),
    ],
)
def test_a_reference_that_no_check_can_follow_is_refused(parameters, message):
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", **parameters}}}
    with pytest.raises(UnsupportedSchema, match=message):
        tool_call_grammar([tool])


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_numbers_stay_within_every_pair_of_bounds(kind):
    write = integer_range if kind == "integer" else number_range
    source = random.Random(1)
    written = 0
    for _ in range(150):
        names = source.sample(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], source.randint(0, 3))
        schema = {"type": kind, **{name: source.choice(BOUNDS) for name in names}}
        validator = jsonschema.Draft202012Validator(schema)
        expression = write(schema)
        if expression is None:
            assert not any(validator.is_valid(value) for value in range(-1_300, 1_300))
            continue
        written += 1
        for text in texts(f"root ::= {expression}\n{BASICS}", 6):
            validator.validate(json.loads(text))
    assert written > 60


@pytest.mark.parametrize(("low", "high"), [(0, 9), (3, 3), (0, 120), (7, 205), (98, 102), (-15, 4), (-30, -8)])
def test_every_integer_between_the_bounds_can_be_written(low, high):
    grammar = Grammar(f"root ::= {integer_range({'minimum': low, 'maximum': high})}")
    source = random.Random(2)
    assert {int(grammar.sample(source)) for _ in range(40 * (high - low + 1))} == set(range(low, high + 1))


def test_content_fits_its_schema():
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"enum": [1, 2]}},
        "required": ["city"],
    }
    for text in texts(tool_call_grammar([], content=schema)):
        assert check_value(json.loads(text), schema, "the answer") is None
        assert text.startswith('{\n  "city": "')
    assert all(isinstance(json.loads(text), dict) for text in texts(tool_call_grammar([], content={"type": "object"})))
    with pytest.raises(UnsupportedSchema, match="the schema of `response_format`: properties.x.type: 'float'"):
        tool_call_grammar([], content={"properties": {"x": {"type": "float"}}})


def test_content_may_be_given_instead_of_calls():
    grammar = tool_call_grammar([{"function": {"name": "f"}}], content={"type": "null"}, parallel=False)
    assert {json.dumps(json.loads(text)) for text in texts(grammar)} == {'[{"name": "f", "arguments": {}}]', "null"}
