"""JSON Schema in every legal form: what the model is shown of it, and that the plain form means the same."""

from __future__ import annotations

import json
import time

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tool_calling import schemas
from tool_calling.prompt import shown_tool
from tool_calling.schema_dialects import SchemaError, modern

DEFS = {
    "unit": {"enum": ["day", "year"], "description": "A unit."},
    "point": {"type": "object", "properties": {"x": {"type": "integer"}}},
    "tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}},
    "a/b%": {"type": "integer"},
}


def shown(schema: object) -> dict:
    """What the model is shown of a required parameter."""
    parameters = {"type": "object", "properties": {"x": schema}, "required": ["x"], "$defs": DEFS}
    return shown_tool({"function": {"name": "f", "parameters": parameters}})["parameters"]["x"]


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        (True, "Any"),
        ({}, "Any"),
        (None, "Any"),
        ({"description": "Whatever."}, "Any"),
        ({"type": "string"}, "str"),
        ({"type": "null"}, "None"),
        ({"type": ["integer", "null"]}, "Union[int, None]"),
        ({"type": ["integer"]}, "int"),
        ({"type": "array"}, "list"),
        ({"type": "array", "items": True}, "list"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "List[List[float]]"),
        ({"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}, "Tuple[str, int]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, True], "items": False}, "Tuple[str, Any]"),
        ({"type": "object"}, "dict"),
        ({"type": "object", "additionalProperties": True}, "dict"),
        ({"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}}, "Dict[str, int]"),
        ({"enum": None, "type": "string"}, "str"),
        ({"enum": ["a", 1, None]}, 'Literal["a", 1, null]'),
        ({"const": "a"}, 'Literal["a"]'),
        ({"anyOf": [True, {"type": "string"}]}, "Any"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "Union[str, None]"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "Union[int, float]"),
        ({"anyOf": [{"type": "string", "minLength": 1}, {"type": "string", "maxLength": 9}]}, "str"),
        ({"anyOf": [{"type": "string"}, False]}, "str"),
        ({"$ref": "#/$defs/unit"}, 'Literal["day", "year"]'),
        ({"$ref": "#/$defs/point"}, "dict"),
        ({"$ref": "#/$defs/tree"}, "dict"),
        ({"$ref": "#/$defs/a~1b%25"}, "int"),
        ({"type": "array", "items": {"$ref": "#/$defs/unit"}}, 'List[Literal["day", "year"]]'),
        ({"anyOf": [{"$ref": "#/$defs/point"}, {"type": "null"}]}, "Union[dict, None]"),
        ({"allOf": [{"$ref": "#/$defs/unit"}]}, 'Literal["day", "year"]'),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, "int"),
        ({"allOf": [{"type": ["string", "null"]}, {"type": ["null", "integer"]}]}, "None"),
        ({"properties": {"a": True}}, "dict"),
        ({"minimum": 0}, "float"),
    ],
)
def test_a_parameter_is_shown_as_what_it_is(schema, hint):
    assert shown(schema)["type"] == hint


def test_a_reference_brings_its_description_and_a_sibling_wins():
    assert shown({"$ref": "#/$defs/unit"})["description"] == "A unit."
    assert shown({"$ref": "#/$defs/unit", "description": "Another."})["description"] == "Another."


def test_a_schema_may_contain_itself():
    assert schemas.plain({"$ref": "#/$defs/tree", "$defs": DEFS})["properties"]["children"]["items"] == {
        "$ref": "#/$defs/tree",
        "type": "object",
    }


def test_parameters_may_be_alternatives_of_which_each_is_shown():
    one = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a", "b"]}
    other = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    found = shown_tool({"function": {"name": "f", "parameters": {"anyOf": [one, other]}}})["parameters"]
    assert {name: parameter["type"] for name, parameter in found.items()} == {
        "a": "Union[int, str]",
        "b": "str, optional",
    }


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"properties": None}, {"required": None}])
def test_a_tool_may_have_no_parameters(parameters):
    assert shown_tool({"function": {"name": "f", "description": None, "parameters": parameters}}) == {
        "name": "f",
        "description": "",
        "parameters": {},
    }


def doubling(count: int) -> dict:
    """A schema of which every definition contains the next one twice."""
    pair = {f"d{n}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(count)}
    return {"properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": {**pair, f"d{count}": {}}}


def chain(count: int) -> dict:
    links = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(count)}
    return {"properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": {**links, f"d{count}": {}}}


def nested(depth: int) -> dict:
    schema: dict = {}
    for _ in range(depth):
        schema = {"properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"properties": {"x": "str"}}, "properties.x: a schema must be an object, true or false, not a text"),
        ({"properties": []}, "properties: must be an object of schemas, not a list"),
        ({"properties": {"x": {"type": "float"}}}, "properties.x.type: 'float' is not one of the types null, boolean"),
        ({"properties": {"x": {"type": []}}}, "properties.x.type: must have at least one type"),
        ({"properties": {"x": {"enum": "a"}}}, "properties.x.enum: must be a list, not a text"),
        ({"properties": {"x": {"anyOf": []}}}, "properties.x.anyOf: must be a list of schemas that is not empty"),
        ({"properties": {"x": {"anyOf": [1]}}}, "properties.x.anyOf.0: a schema must be an object, true or false"),
        ({"properties": {"x": {"minimum": "1"}}}, "properties.x.minimum: must be a number, not a text"),
        ({"required": True}, "required: must be a list of names"),
        ({"properties": {"x": {"required": True}}}, "properties.x.required: must be a list of names"),
        ({"properties": {"x": {"$ref": "#/$defs/no"}}}, "properties.x: the reference #/$defs/no leads nowhere"),
        (
            {"properties": {"x": {"$ref": "#/properties/x"}}},
            "properties.x: the reference #/properties/x contains itself",
        ),
        ({"properties": {"x": {"$ref": "https://example.com/x"}}}, "leads out of the schema"),
        ({"properties": {"x": {"$ref": 5}}}, "properties.x.$ref: the reference 5 leads out"),
        ({"properties": {"x": {"$ref": "#/required"}}, "required": ["x"]}, "does not lead to a schema"),
        (
            {"properties": {"x": {"allOf": [{"type": "string"}, {"type": "null"}]}}, "required": ["x"]},
            "no value fits it",
        ),
        (
            {"properties": {"x": {"description": "\ud83d"}}},
            "properties.x.description: the text has half of a surrogate",
        ),
        ({"properties": {"x": {"default": float("nan")}}}, "properties.x.default: the number is not finite"),
        ({"type": "array"}, "the parameters of a function must be an object"),
        (nested(45), "nests deeper than 40 levels"),
        (nested(5_000), "nests deeper than 100 levels"),
        (chain(5_000), "nests deeper than 40 levels, references included"),
        (doubling(15), "has more than 2,000 parts"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_what_cannot_be_honoured_says_where_and_why(parameters, message):
    started = time.monotonic()
    with pytest.raises(SchemaError) as caught:
        schemas.parameters(parameters)
    assert message in str(caught.value)
    assert time.monotonic() - started < 5


json_values = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2.5, -3, "", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def bounds(names: list[str], values: st.SearchStrategy) -> st.SearchStrategy:
    return st.dictionaries(st.sampled_from(names), values, max_size=2)


def combined(inner: st.SearchStrategy) -> st.SearchStrategy:
    some = st.lists(inner, min_size=1, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", ["object", "array", "string"]]),
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "required": st.lists(st.sampled_from("ab"), unique=True, max_size=1),
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": some,
            "anyOf": some,
            "allOf": some,
            "$ref": st.sampled_from(["#/$defs/a", "#/$defs/b"]),
        },
    )


any_schema = st.recursive(
    st.booleans()
    | st.fixed_dictionaries({"enum": st.lists(json_values, min_size=1, max_size=3)})
    | st.fixed_dictionaries({"const": json_values})
    | st.fixed_dictionaries({"type": st.sampled_from(schemas.TYPES)})
    | bounds(["minimum", "maximum", "exclusiveMinimum"], st.sampled_from([-3, 0, 1, 2.5]))
    | bounds(["minLength", "maxLength", "minItems", "maxItems", "minProperties"], st.integers(0, 2)),
    combined,
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_schema, any_schema, any_schema, st.lists(json_values, max_size=8))
def test_a_value_that_fits_a_schema_fits_its_plain_form(schema, a, b, values):
    if isinstance(schema, bool):
        schema = {"allOf": [schema]}
    schema = {**schema, "$defs": {"a": a, "b": b}}
    validator = jsonschema.Draft202012Validator(modern(schema))
    try:
        found = schemas.plain(schema)
    except SchemaError as error:
        assert "contains itself" in str(error) or not any(map(validator.is_valid, values))
        return
    if '"$ref"' not in json.dumps(found):  # else it contains itself, and the rest of it is not in the plain form
        plain = jsonschema.Draft202012Validator(found)
        assert all(plain.is_valid(value) for value in values if validator.is_valid(value))
