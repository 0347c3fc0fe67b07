"""Tools from OpenAPI, MCP, the OpenAI API and Python: what they become, and what is wrong with some."""

from __future__ import annotations

import json

import pytest

from flywheel_helpers.errors import DataError
from flywheel_helpers.own_data import files, tools

OPENAPI = """\
openapi: 3.0.3
info: {title: Zoo, version: 2024-01-01}
paths:
  /animals/{name}:
    parameters:
      - {name: name, in: path, required: true, description: Its name., schema: {type: string}}
      - {name: limit, in: query, schema: {type: string}}
    get:
      summary: Tells about an animal.
      description: At length.
      parameters:
        - $ref: '#/components/parameters/Limit'
        - {name: X-Trace, in: header, schema: {type: string}}
    put:
      operationId: feed.animal
      description: "Feeds an animal.\\n\\nAnd much more about that."
      requestBody:
        content:
          application/json; charset=utf-8:
            schema: {$ref: '#/components/schemas/Meal'}
      responses: {200: {description: ok}}
  /batch:
    post:
      description: Feeds many.
      requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}
    delete: {operationId: undescribed}
    patch: {operationId: broken, description: Has a dead end., parameters: [{$ref: '#/nowhere'}]}
    head: 7
components:
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer}}
  schemas:
    Meal:
      allOf:
        - {$ref: '#/components/schemas/Base'}
        - {type: object, required: [food], properties: {food: {type: string, enum: [hay, yes]}}}
    Base:
      type: object
      properties: {grams: {type: number, description: How much.}, parent: {$ref: '#/components/schemas/Meal'}}
"""


def read(write, content, name="tools.json"):
    path = write(content if isinstance(content, str) else json.dumps(content), name)
    return tools.read(path, files.read_text(path))


def test_openapi(write):
    found = read(write, OPENAPI, "zoo.yaml")
    assert [(tool["name"], tool["description"]) for tool in found.tools] == [
        ("GET_animals__name_", "Tells about an animal."),
        ("feed_animal", "Feeds an animal."),
        ("POST_batch", "Feeds many."),
    ]
    get, feed, many = (tool["parameters"] for tool in found.tools)
    assert get == {
        "name": {"description": "Its name.", "type": "str"},
        "limit": {"description": "", "type": "int, optional"},  # the operation's own, not that of the path
    }
    assert {name: one["type"] for name, one in feed.items()} == {
        "name": "str",
        "limit": "str, optional",
        "grams": "float, optional",
        "parent": "Any, optional",  # it contains itself
        "food": 'Literal["hay", "yes"]',
    }
    assert many["body"]["type"] == "List[str]"
    assert [str(problem).split(".")[0] for problem in found.problems] == [
        "DELETE /batch: undescribed has no description",
        "PATCH /batch: it is no operation of OpenAPI (KeyError)",
        "HEAD /batch: it is no operation of OpenAPI (AttributeError)",
    ]


def test_the_same_document_as_json(write):
    document = files.read_value("zoo.yaml", OPENAPI)
    assert read(write, document, "zoo.json") == read(write, OPENAPI, "zoo.yaml")


MCP = {
    "name": "brew",
    "description": "Brews.",
    "inputSchema": {"type": "object", "properties": {"cups": {"type": "integer"}}, "required": ["cups"]},
}


@pytest.mark.parametrize(
    "document",
    [
        {"tools": [MCP]},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [MCP]}},
        [MCP],
        [{"type": "function", "function": {**MCP, "parameters": MCP["inputSchema"]}}],
        [{"name": "brew", "description": "Brews.", "parameters": {"cups": {"type": "int", "description": ""}}}],
    ],
)
def test_lists_of_tools(write, document):
    found = read(write, document)
    assert not found.problems
    assert found.tools == [
        {"name": "brew", "description": "Brews.", "parameters": {"cups": {"type": "int", "description": ""}}}
    ]


def test_wrong_tools_have_their_place(write):
    found = read(write, [MCP, MCP, {"name": "x", "description": "X.", "inputSchema": {"type": "tea"}}, {"name": ""}])
    assert [tool["name"] for tool in found.tools] == ["brew"]
    said = [str(problem) for problem in found.problems]
    assert said[0].startswith("tool 2: two tools have the same name")
    assert said[1].startswith("tool 3: the parameters of 'x' cannot be read: type: 'tea'")
    assert said[2].startswith("tool 4: a tool has no name")


def test_rows_are_no_tools(write, row):
    assert read(write, [row(1)], "rows.json") is None and read(write, "{}", "rows.jsonl") is None
    assert read(write, json.dumps(row(1)) + "\n" + json.dumps(row(2)), "jsonl-in-disguise.json") is None


PYTHON = '''
"""A module."""
import os
from typing import Annotated, Literal, Optional
raise SystemExit("it was run")

def brew(
    cups: int, strength: float = 0.5, *, kind: "Literal['a', 'b']" = "a", note: Optional[str] = None, x: int = os.X
):
    """Brews coffee,
    hot.

    Args:
        cups: how many,
            at least one.
        strength (float): from 0 to 1.
    Returns:
        nothing.
    """

async def boil(liters: Annotated[float, "How much."], cups: Annotated[int, 5]) -> None:
    """Boils water.

    :param liters: not used
    :param int cups: how many
    """

def _hidden(): ...
def undocumented(a: int): ...
def untyped(a):
    "Does."
def starred(*a: int):
    "Does."
class Machine:
    def method(self, a: int):
        "Does."
'''


def test_python_functions_are_read_and_never_run(write):
    found = read(write, PYTHON, "tools.py")
    brew, boil = found.tools
    assert brew == {
        "name": "brew",
        "description": "Brews coffee, hot.",
        "parameters": {
            "cups": {"description": "how many, at least one.", "type": "int"},
            "strength": {"description": "from 0 to 1.", "type": "float", "default": 0.5},
            "kind": {"description": "", "type": "Literal['a', 'b']", "default": "a"},
            "note": {"description": "", "type": "Optional[str]", "default": None},
            "x": {"description": "", "type": "int, optional"},
        },
    }
    assert boil["parameters"] == {
        "liters": {"description": "How much.", "type": "float"},
        "cups": {"description": "how many", "type": "int"},
    }
    assert [problem.what for problem in found.problems] == [
        "undocumented has no docstring",
        "untyped: the parameter a has no type",
        "starred takes * or ** arguments",
    ]
    assert found.problems[0].place == f"line {PYTHON.splitlines().index('def undocumented(a: int): ...') + 1}"


def test_warnings(write):
    many = {f"p{number}": {"type": "int"} for number in range(9)}
    listed = [{"name": name, "description": "D.", "parameters": many} for name in "abcde"]
    listed.append({"name": "odd", "description": "D.", "parameters": {"p": {"type": "tea"}}})
    large, odd = read(write, listed).warnings
    assert large.startswith("a, b, c and 2 more: more than 8 parameters") and "NIM" in large
    assert odd.startswith("tea: no type that JSON knows")


BOMB = "a: &a [x, x]\nb: [*a, *a]\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tools.json", '{"tools": [', "it is not JSON .*cut off"),
        ("tools.json", "[" * 100_000, "nests deeper than 100|not JSON"),
        ("tools.yaml", "a: [1, 2", "it is not YAML"),
        ("tools.yaml", BOMB, "aliases .* are not read"),
        ("tools.yaml", "a: !!python/object/apply:os.system [ls]", "it is not YAML"),
        ("tools.yaml", "a: !!set {x}", "values that JSON does not have"),
        ("tools.yaml", "[" * 5000, "it (is not|has values)"),
        ("tools.py", "def brew(:", "line 1 is not Python"),
        ("tools.py", "x = 1", "no public function"),
        ("tools.py", "(" * 10_000, "is not Python"),
        ("tools.json", '{"swagger": "2.0"}', "not version 3"),
        ("tools.json", '{"openapi": "3.1.0"}', "without a single operation"),
        ("tools.json", '{"type": "object"}', "neither tools nor a list of rows"),
        ("tools.json", "7", "neither tools nor a list of rows"),
        ("tools.yaml", "- {query: x}", "neither tools nor a list of rows"),
    ],
)
def test_files_that_cannot_be_read(write, name, content, said):
    with pytest.raises(DataError, match=f"(?s){name} cannot be read: .*{said}") as error:
        read(write, content, name)
    assert error.value.hint


@pytest.mark.parametrize(
    ("path", "said"), [("no/such/file.json", "there is no such file"), ("tests", "it is a folder"), ("a\0b", "no such")]
)
def test_what_is_no_file(path, said):
    with pytest.raises(DataError, match=said):
        files.read_text(path)


def test_a_relative_path_may_count_from_the_checkout(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert files.read_text("config.py").startswith('"""')
    (tmp_path / "config.py").write_text("mine")
    assert files.read_text("config.py") == "mine"
