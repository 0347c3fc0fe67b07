"""Type hints to JSON Schema: the forms that tool data sets use, and what holds for any text."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel_helpers.data.schema_values import coerce, fits
from flywheel_helpers.data.type_hints import parse_type_hint

STRING, INTEGER, NUMBER, BOOLEAN = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
ANY_ITEM = {"anyOf": [STRING, NUMBER]}


def array(items: dict, size: int | None = None) -> dict:
    length = {} if size is None else {"minItems": size, "maxItems": size}
    return {"type": "array", "items": items, **length}


def mapping(values: dict | bool) -> dict:
    return {"type": "object", "properties": {}, "additionalProperties": values}


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        ("str", STRING),
        ("int", INTEGER),
        ("float", NUMBER),
        ("bool", BOOLEAN),
        (" int ", INTEGER),
        ("Integer", INTEGER),
        ("string", STRING),
        ("datetime.date", STRING),
        ("List[int]", array(INTEGER)),
        ("list[int]", array(INTEGER)),
        ("typing.List[str]", array(STRING)),
        ("List[Union[int, float]]", array({"anyOf": [INTEGER, NUMBER]})),
        ("List[List[int]]", array(array(INTEGER))),
        ("list", array(ANY_ITEM)),
        ("array", array(ANY_ITEM)),
        ("set", array(ANY_ITEM)),
        ("Set[str]", array(STRING)),
        ("tuple", array(ANY_ITEM)),
        ("Tuple[float, float]", array(NUMBER, 2)),
        ("Tuple[str, int]", array({"anyOf": [STRING, INTEGER]}, 2)),
        ("Tuple[int, ...]", array(INTEGER)),
        ("Tuple[Tuple[int, int], Tuple[int, int]]", array(array(INTEGER, 2), 2)),
        ("dict", mapping(True)),
        ("object", mapping(True)),
        ("Dict[str, int]", mapping(INTEGER)),
        ("Dict[str, List[float]]", mapping(array(NUMBER))),
        ("List[Dict[str, int]]", array(mapping(INTEGER))),
        ("Union[str, int]", {"anyOf": [STRING, INTEGER]}),
        ("Union[str, Union[int, str]]", {"anyOf": [STRING, INTEGER]}),
        ("Union[int]", INTEGER),
        ("int or str", {"anyOf": [INTEGER, STRING]}),
        ("int | str", {"anyOf": [INTEGER, STRING]}),
        ("Literal['km', 'mi']", {"enum": ["km", "mi"], "type": "string"}),
        ("Literal[1, 2]", {"enum": [1, 2], "type": "integer"}),
        ("Literal['cup of tea', 'b, default c']", {"enum": ["cup of tea", "b, default c"], "type": "string"}),
        ("Literal[-1.5, None]", {"enum": [-1.5, None]}),
        ("List[Optional[int]]", array({"anyOf": [INTEGER, {"type": "null"}]})),
        ("str, required", STRING),
        ("list of int", array(INTEGER)),
        ("List of strings", array(STRING)),
        ("list of list of int or str", {"anyOf": [array(array(INTEGER)), STRING]}),
        ("list of Dict[str, List[int]]", array(mapping(array(INTEGER)))),
        ("Any", {}),
        ("typing.Any", {}),
        ("List[Any]", array({})),
        ("Union[int, Any]", {}),
        ("Dict[str, Any]", mapping(True)),
        ("Dict[str, Union[int, Any]]", mapping(True)),
        ("np.ndarray", array({"anyOf": [NUMBER, array(NUMBER)]})),
        ("npt.NDArray[np.float64]", array({"anyOf": [NUMBER, array(NUMBER)]})),
        ("datetime", STRING),
        ("datetime.datetime", STRING),
    ],
)
def test_required_hints(hint, schema):
    parsed = parse_type_hint(hint)
    assert parsed.schema == schema
    assert not parsed.optional
    assert parsed.unknown == ()


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        ("str, optional", STRING),
        ("str,optional", STRING),
        ("List[int], optional", array(INTEGER)),
        ("Optional[float]", NUMBER),
        ("Optional[List[str]]", array(STRING)),
        ("Optional[int], optional", INTEGER),
        ("Union[int, None]", INTEGER),
        ("Union[int, str, None]", {"anyOf": [INTEGER, STRING]}),
        ("int | None", INTEGER),
        ("int, default 5", INTEGER),
        ("float, optional, default is 0.5", NUMBER),
        ("int, default=5", INTEGER),
        ("int, default: 5", INTEGER),
        ("int, defaults to 5", INTEGER),
        ("int = 5", INTEGER),
        ("int=5", INTEGER),
        ("int default 5", INTEGER),
        ("int optional", INTEGER),
        ("int (optional)", INTEGER),
        ("bool (default: False)", BOOLEAN),
        ("str, optional (default: 'a, b')", STRING),
        ("str, default='[x'", STRING),
        ("List[str], default=[]", array(STRING)),
        ("Tuple[int, int], default=(0, 0)", array(INTEGER, 2)),
        ("Dict[str, Optional[int]], optional", mapping({"anyOf": [INTEGER, {"type": "null"}]})),
        ("list of int, optional", array(INTEGER)),
        ("int or None", INTEGER),
        ("Optional[str] = None", STRING),
        ("Optional[Any]", {}),
        ("default='London'", STRING),
        ("default=5", INTEGER),
        ("default=[]", array(ANY_ITEM)),
    ],
)
def test_optional_hints(hint, schema):
    parsed = parse_type_hint(hint)
    assert parsed.schema == schema
    assert parsed.optional
    assert parsed.unknown == ()


@pytest.mark.parametrize(
    ("hint", "unknown"),
    [
        ("Callable[[float], float]", "Callable"),
        ("Callable", "Callable"),
        ("Callable[..., float]", "Callable"),
        ("pd.DataFrame", "pd.DataFrame"),
        ("Matrix", "Matrix"),
        ("Class", "Class"),
        ("int[str]", "int"),
        ("default=None", "default=None"),
        ("default=London", "default=London"),
        ("dict of str to int", "dict of str to int"),
        ("Optional", "Optional"),
        ("Union[]", "Union[]"),
        ("int[5]", "int[5]"),
        ("", "(empty)"),
        ("   ", "(empty)"),
        ("List[int", "List[int"),
        ("List int]", "List int]"),
        ("int, str", "int, str"),
        ("List[,]", "List[,]"),
        ("5", "5"),
        ("???", "???"),
        ("Literal[]", "Literal[]"),
        ("Literal[1e999]", "Literal[1e999]"),
        ("Literal[b'a']", "Literal[b'a']"),
        ("Literal[[1]]", "Literal[[1]]"),
        ("Literal[{[]: 1}]", "Literal[{[]: 1}]"),
        ("f(int)", "f(int)"),
        ("List['int']", "List['int']"),
    ],
)
def test_unknown_and_malformed_hints_fall_back_to_string_and_are_named(hint, unknown):
    parsed = parse_type_hint(hint)
    assert parsed.schema == STRING
    assert parsed.unknown == (unknown,)


def test_an_unknown_part_does_not_spoil_the_rest():
    parsed = parse_type_hint("Dict[str, Matrix], optional")
    assert (parsed.schema, parsed.optional, parsed.unknown) == (mapping(STRING), True, ("Matrix",))


def test_an_unreadable_optional_hint_stays_optional():
    assert parse_type_hint("List[int, optional").optional


@pytest.mark.parametrize(
    "hint",
    [
        "List[" * 5000 + "int" + "]" * 5000,
        "List[" * 50 + "int" + "]" * 50,
        "Callable[" + "[" * 5000,
        " of ".join(["list"] * 5000),
        "|".join(["int"] * 50_000),
        "-" * 50_000 + "1",
        "a." * 50_000 + "a",
        "9" * 5000,
        "(" + " " * 50_000 + "int",
        "a\0b",
        "\ud83d",
    ],
    ids=range(11),
)
def test_hints_that_break_a_parser_are_refused(hint):
    parsed = parse_type_hint(hint)
    assert (parsed.schema, parsed.unknown) == (STRING, (hint,))


def test_a_backslash_in_a_literal_is_not_reported(recwarn):
    assert parse_type_hint(r"Literal['\d']").schema["enum"] == [r"\d"]
    assert not recwarn.list


def test_a_hint_that_is_no_text():
    assert parse_type_hint(None).unknown == ("(empty)",)
    assert parse_type_hint({"a": 1}).unknown == ("{'a': 1}",)


def test_a_result_may_be_changed_without_changing_the_next():
    parse_type_hint("List[int]").schema["items"]["type"] = "spoiled"
    assert parse_type_hint("List[int]").schema == array(INTEGER)


# Hints made by the grammar, with the schema they should have.
_SCALARS = st.sampled_from([("str", STRING), ("int", INTEGER), ("float", NUMBER), ("bool", BOOLEAN)])
_HINTS = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        inner.map(lambda one: (f"List[{one[0]}]", array(one[1]))),
        inner.map(lambda one: (f"Dict[str, {one[0]}]", mapping(one[1]))),
        inner.map(lambda one: (f"Tuple[{one[0]}, {one[0]}]", array(one[1], 2))),
    ),
    max_leaves=5,
)


@given(_HINTS)
def test_generated_hints_give_the_schema_of_their_grammar(pair):
    hint, schema = pair
    assert parse_type_hint(hint).schema == schema
    optional = parse_type_hint(f"Optional[{hint}]")
    assert (optional.schema, optional.optional) == (schema, True)
    assert parse_type_hint(f"{hint}, optional") == optional


def _nodes(schema):
    yield schema
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _nodes(schema[key])
    for option in schema.get("anyOf", ()):
        yield from _nodes(option)


_PIECES = st.sampled_from(
    "List Dict Tuple Union Optional Callable Literal set int str None Any Foo [ ] ( ) , | or of = ... "
    "optional default 'a' 3 1e999".split()
)
_TEXTS = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=14).map(" ".join), _HINTS.map(lambda pair: pair[0]))


@settings(max_examples=500)
@given(_TEXTS)
def test_any_text_gives_a_valid_schema_with_items_and_properties(text):
    parsed = parse_type_hint(text)
    jsonschema.Draft202012Validator.check_schema(parsed.schema)
    for node in _nodes(parsed.schema):
        assert node.get("type") != "array" or isinstance(node["items"], dict)
        assert node.get("type") != "object" or "properties" in node


_FRACTIONS = st.floats(-9, 9).filter(lambda number: not number.is_integer())
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _FRACTIONS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=500)
@given(_TEXTS, _VALUES)
def test_fits_agrees_with_jsonschema_and_coerce_only_returns_what_fits(text, value):
    schema = parse_type_hint(text).schema
    assert fits(value, schema) == jsonschema.Draft202012Validator(schema).is_valid(value)
    try:
        assert fits(coerce(value, schema), schema)
    except ValueError:
        assert not fits(value, schema)


@pytest.mark.parametrize(
    ("value", "hint", "read"),
    [
        ("5", "int", 5),
        ("5.0", "int", 5),
        (5.0, "int", 5),
        ("0.5", "float", 0.5),
        ("True", "bool", True),
        ("false", "bool", False),
        (5, "str", "5"),
        ("[1, 2]", "List[int]", [1, 2]),
        ("5", "str", "5"),
        ("5", "Union[int, str]", "5"),
        ("5", "Any", "5"),
        ([None], "Any", [None]),
    ],
)
def test_coerce_reads_a_value_as_its_type(value, hint, read):
    result = coerce(value, parse_type_hint(hint).schema)
    assert result == read and type(result) is type(read)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("", "int"),
        ("many", "int"),
        ("2.5", "int"),
        (2.5, "int"),
        ("yes", "bool"),
        (1, "bool"),
        ("a", "List[str]"),
        (None, "str"),
        (float("nan"), "float"),
        (float("-inf"), "float"),
        (float("inf"), "str"),
        (float("inf"), "Any"),
        ("Infinity", "float"),
        ("1e999", "float"),
        ("1e999", "int"),
        ("[NaN]", "List[float]"),
        ([1.0, float("nan")], "List[float]"),
        ({"a": [float("inf")]}, "dict"),
        ('{"a": Infinity}', "dict"),
        ("9" * 5000, "int"),
    ],
)
def test_coerce_refuses_what_cannot_be_read(value, hint):
    with pytest.raises(ValueError):
        coerce(value, parse_type_hint(hint).schema)
