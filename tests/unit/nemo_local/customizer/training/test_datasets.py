"""Rows are checked before training, and a malformed one is named by file, line and reason."""

from __future__ import annotations

import json

import pytest
from chat_forms import TINY_CHATML

from nemo_local.customizer.training import datasets
from nemo_local.customizer.training.datasets import DatasetError, prepare_rows, row_problems

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Bern"}}}
USER = {"role": "user", "content": "Weather in Bern?"}


def row(answer=None, **fields):
    answer = answer or {"role": "assistant", "content": "", "tool_calls": [CALL]}
    return {"messages": [USER, answer], "tools": [TOOL], **fields}


def tool(**properties):
    """A tool with these parameters, and definitions that their schemas may refer to."""
    definitions = {"unit": {"enum": ["day", "year"]}, "tree": {"items": {"$ref": "#/$defs/tree"}}}
    parameters = {"type": "object", "properties": properties, "$defs": definitions}
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


# Schemas of a parameter in every form, legal or refused.
SCHEMAS = (
    *(True, {}, {"items": True}, {"items": [{"type": "string"}]}, {"enum": None}, {"anyOf": [True, {"type": "null"}]}),
    *({"$ref": "#/$defs/unit"}, {"$ref": "#/$defs/tree"}, {"allOf": [{"type": "string"}, {"maxLength": 3}]}),
    *(5, "str", {"type": "float"}, {"items": 5}, {"enum": 5}, {"anyOf": []}, {"$ref": "#/no"}, {"allOf": [True, 5]}),
    *({"$ref": "#/properties/a"}, {"required": 5}, {"properties": []}, {"minimum": "x"}),
)


def assistant(**fields):
    return {"role": "assistant", **fields}


@pytest.mark.parametrize(
    "good",
    [
        row(),
        row(assistant(content="", tool_calls=[])),
        row(assistant(content="It rains.")),
        row(assistant(tool_calls=[{"function": {"name": "get_weather", "arguments": '{"city": "Bern"}'}}])),
        {"messages": [USER, assistant(content="Hello.")]},
        {"messages": [{"role": "system", "content": "Be brief."}, USER, assistant(content="Hello.")], "tools": None},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, assistant(content="Hello.")]},
    ],
)
def test_good_rows(good):
    assert list(row_problems(good)) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ([], "must be an object"),
        ({"prompt": "a", "completion": "b"}, "'messages' is missing"),
        ({"messages": []}, "not empty"),
        ({"messages": "hello"}, "must be a list"),
        ({"messages": [USER]}, "must be the assistant's"),
        ({"messages": [assistant(content="Hi")]}, "no user message"),
        ({"messages": [{"role": "human", "content": "Hi"}, assistant(content="Hi")]}, "role 'human'"),
        ({"messages": [{"role": "user", "content": ""}, assistant(content="Hi")]}, "(user) has no 'content'"),
        ({"messages": [{"role": "user", "content": 5}, assistant(content="Hi")]}, "a number, not text"),
        ({"messages": [USER, "Hi"]}, "messages[1] must be an object"),
        (row(assistant()), "neither 'content' nor 'tool_calls'"),
        (row(assistant(content="", tool_calls=[]), tools=None), "there is no answer to learn"),
        (row(assistant(content=None, tool_calls=[]), tools=[]), "there is no answer to learn"),
        ({"messages": [USER, assistant(content=[], tool_calls=[])]}, "there is no answer to learn"),
        (row(assistant(tool_calls={})), "not a list"),
        (row(assistant(tool_calls=[{"name": "get_weather"}])), "tool_calls[0]: it has no function"),
        (row(assistant(tool_calls=[{"function": {"name": "f", "arguments": "{city"}}])), "cannot be read as JSON"),
        (row(assistant(tool_calls=[{"function": {"name": "f", "arguments": "[1]"}}])), "must be an object"),
        (row(tools={"a": 1}), "'tools' must be a list"),
        (row(tools=[{"name": "f"}]), "tools[0] is not"),
        (row(tools=[{"type": "function", "function": {"name": ""}}]), "tools[0] has no name"),
        (row(tools=[{"type": "function", "function": {"name": "f", "parameters": "str"}}]), "not a JSON Schema"),
        (
            row(tools=[{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": "str"}}}}]),
            "properties.a: a schema must be an object, true or false, not a text",
        ),
        (
            row(tools=[{"type": "function", "function": {"name": "f", "parameters": {"required": ["a"]}}}]),
            "requires 'a'",
        ),
    ],
)
def test_malformed_rows_say_why(bad, reason):
    problems = list(row_problems(bad))
    assert any(reason in problem for problem in problems), problems


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_what_the_check_lets_pass_can_be_written_as_a_prompt(schema):
    one = row(tools=[tool(a=schema)])
    problems = list(row_problems(one))
    if problems:
        assert problems[0].startswith("tools[0] (f) has 'parameters' that are not a JSON Schema of an object: ")
    else:
        assert '"a": {' in TINY_CHATML.render(one["messages"][:-1], one["tools"])
    assert bool(problems) == (SCHEMAS.index(schema) > 8)


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A dataset as a function of its files; the download is a copy."""

    def make(files: dict[str, bytes], limit=None):
        def snapshot_download(self, repo_id, *, local_dir, **_):
            for name, data in files.items():
                path = local_dir / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            local_dir.mkdir(exist_ok=True, parents=True)

        monkeypatch.setattr(datasets.HfApi, "snapshot_download", snapshot_download)
        return {"label": "ns/data", "endpoint": "http://x", "repo_id": "ns/data", "revision": "main", "limit": limit}

    return make


def lines(count, start=0):
    rows = [
        {"messages": [{"role": "user", "content": f"q{i}"}, assistant(content="a")]}
        for i in range(start, start + count)
    ]
    return "".join(json.dumps(r) + "\n" for r in rows).encode()


def test_all_files_of_a_split_are_read_in_order(source, tmp_path):
    files = {"training/b.jsonl": lines(2, 2), "training/a.jsonl": lines(2), "validation/v.jsonl": b"\n" + lines(1, 9)}
    rows = prepare_rows(source(files), tmp_path / "data", seed=0)
    asked = [json.loads(line)["messages"][0]["content"] for line in rows.training.read_text().splitlines()]
    assert asked == ["q0", "q1", "q2", "q3"]
    assert (rows.counts(), rows.held_out) == ((4, 1), False)


def test_a_tenth_is_held_out_without_validation_files(source, tmp_path):
    rows = prepare_rows(source({"training/t.jsonl": lines(40)}), tmp_path / "data", seed=3)
    assert (rows.counts(), rows.held_out) == ((36, 4), True)
    training, validation = (set(path.read_text().splitlines()) for path in (rows.training, rows.validation))
    assert not training & validation and len(training | validation) == 40


def test_limit_caps_each_split(source, tmp_path):
    files = {"training/t.jsonl": lines(40), "validation/v.jsonl": lines(9)}
    assert prepare_rows(source(files, limit=5), tmp_path / "data", seed=0).counts() == (5, 5)


def test_a_resumed_job_uses_the_rows_it_had(source, tmp_path):
    first = prepare_rows(source({"training/t.jsonl": lines(40)}), tmp_path / "data", seed=3)
    again = prepare_rows(source({"training/t.jsonl": lines(10)}), tmp_path / "data", seed=3)
    assert again == first and again.counts() == (36, 4)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no rows in training"),
        ({"training/t.jsonl": b"\n\n"}, "no rows in training"),
        ({"training/t.jsonl": lines(1)}, "one training row"),
        ({"training/t.jsonl": lines(2) + b'{"messages": [\n'}, "training/t.jsonl line 3: not valid JSON"),
        ({"training/t.jsonl": lines(2) + b'{"a": "\xff"}\n'}, "training/t.jsonl line 3: not valid JSON"),
        ({"training/t.jsonl": lines(2) + b'{"a": "\\ud83d"}\n'}, "training/t.jsonl line 3: not valid JSON .*surrogate"),
        ({"training/t.jsonl": lines(2) + b"[" * 5_000 + b"\n"}, "training/t.jsonl line 3: not valid JSON .*deeper"),
        ({"training/t.jsonl": lines(2) + b'\n{"tools": []}\n'}, "training/t.jsonl line 4: 'messages' is missing"),
        ({"training/t.jsonl": lines(2), "validation/v.jsonl": b"{}\n"}, "validation/v.jsonl line 1"),
        (
            {"training/t.jsonl": lines(2) + json.dumps(row(assistant(tool_calls=[]), tools=[])).encode()},
            r"training/t.jsonl line 3: messages\[1\] \(assistant\) has no 'content'",
        ),
        ({"training/t.jsonl": b"{}\n" * 8}, "and 3 more"),
    ],
)
def test_unusable_datasets_say_where_and_why(source, tmp_path, files, message):
    with pytest.raises(DatasetError, match=message):
        prepare_rows(source(files), tmp_path / "data", seed=0)
