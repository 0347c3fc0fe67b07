"""What a request may hold: values that ask for nothing are accepted, others refused with the field and the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from nemo_local.nim.errors import install_error_handlers
from nemo_local.nim.schemas import ChatBody, CompletionBody

USER = {"role": "user", "content": "?"}
TOOL = {"type": "function", "function": {"name": "f"}}


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> TestClient:
    """A server that reads the bodies of requests, and answers what it read."""
    app = FastAPI()
    install_error_handlers(app, tmp_path_factory.mktemp("logs") / "nim.log")

    @app.post("/chat/completions")
    def chat(body: ChatBody) -> dict[str, Any]:
        return body.model_dump()

    @app.post("/completions")
    def complete(body: CompletionBody) -> dict[str, Any]:
        return body.model_dump()

    return TestClient(app, raise_server_exceptions=False)


def chat(client: TestClient, **fields: Any):
    # Python's own JSON, as some clients write it: with halves of surrogate pairs as escapes, and NaN.
    content = json.dumps({"model": "m", "messages": [USER], **fields})
    return client.post("/chat/completions", content=content, headers={"content-type": "application/json"})


@pytest.mark.parametrize("name", sorted(ChatBody.model_fields.keys() - {"model", "messages"}))
def test_null_is_the_same_as_nothing(client, name):
    response = chat(client, **{name: None})
    assert response.status_code == 200, response.text
    assert response.json() == chat(client).json()


@pytest.mark.parametrize(
    "fields",
    [
        {"nvext": {"repetition_penalty": 1.0, "top_k": -1}},
        {"nvext": {"guided_json": None, "ignore_eos": False}},
        {"nvext": {}},
        {"nvext": None},
        {"logprobs": False, "top_logprobs": 0},
        {"logit_bias": {}},
        {"n": 1},
        {"n": 1.0},
        {"best_of": 1},
        {"stop": ""},
        {"stop": []},
        {"tools": []},
        {"functions": [], "function_call": "auto"},
        {"user": "ada", "metadata": {"run": "1"}, "store": True, "service_tier": "auto"},
        {"modalities": ["text"]},
        {"repetition_penalty": 1, "top_k": 0, "min_p": 0.0},
        {"skip_special_tokens": True, "ignore_eos": False, "min_tokens": 0},
        {"chat_template_kwargs": {}, "add_generation_prompt": True},
        {"a_field_of_next_year": None},
        {"a_field_of_next_year": False},
    ],
    ids=json.dumps,
)
def test_a_value_that_asks_for_nothing_changes_nothing(client, fields):
    response = chat(client, **fields)
    assert response.status_code == 200, response.text
    assert response.json() == chat(client).json()


@pytest.mark.parametrize(
    "function",
    [
        {"name": "f", "description": None},
        {"name": "f", "parameters": None, "strict": None},
        {"name": "f", "parameters": {}},
        {"name": "f", "parameters": {"type": "object", "properties": None, "required": None}},
        {"name": "f", "parameters": {"type": "object", "properties": {"x": True}}},
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "array", "items": True}}}},
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "string", "enum": None}}}},
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"anyOf": [True, {"type": "null"}]}}}},
    ],
    ids=json.dumps,
)
def test_a_tool_may_say_little(client, function):
    response = chat(client, tools=[{"type": "function", "function": function}])
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "tool_choice": "none", "parallel_tool_calls": False},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": None}}},
        {"stream": True, "stream_options": {"include_usage": None}},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}], "name": None}]},
        {"messages": [USER, {"role": "assistant", "content": "!", "tool_calls": None, "refusal": None}, USER]},
        {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f"}}]}]},
    ],
    ids=json.dumps,
)
def test_what_is_supported(client, fields):
    assert chat(client, **fields).status_code == 200


def test_completions_take_neutral_values_too(client):
    body = {"model": "m", "prompt": ["?"], "echo": False, "suffix": None, "best_of": 1, "logprobs": None}
    response = client.post("/completions", json={**body, "response_format": {"type": "text"}})
    assert (response.status_code, response.json()["prompt"]) == (200, "?")
    refused = client.post("/completions", json={**body, "echo": True}).json()["error"]
    assert (refused["param"], "is not repeated" in refused["message"]) == ("echo", True)


@pytest.mark.parametrize("wrap", [lambda schema: {"nvext": schema}, lambda schema: schema], ids=["nvext", "top level"])
def test_guided_json_of_nvidia_is_the_schema_of_the_answer(client, wrap):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    response = chat(client, **wrap({"guided_json": schema}))
    assert response.status_code == 200, response.text
    expected = {"type": "json_schema", "json_schema": {"schema": schema}}
    assert response.json() == chat(client, response_format=expected).json()
    answer = client.post("/completions", json={"model": "m", "prompt": "?", **wrap({"guided_json": schema})})
    assert (answer.status_code, "only a chat completion" in answer.json()["error"]["message"]) == (422, True)


def deep(count: int) -> list:
    value: list = []
    for _ in range(count):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        (
            {"logprobs": True},
            "logprobs",
            "true is not supported: the probabilities of tokens are not reported here. It",
        ),
        ({"n": 2}, "n", "2 is not supported: one request gets one answer here; for more, send it again with another"),
        ({"top_k": 5}, "top_k", "It should be -1 or 0, or left out"),
        ({"logit_bias": {"5": 1}}, "logit_bias", "Leave it out"),
        ({"nvext": {"top_k": -1, "repetition_penalty": 1.3}}, "nvext.repetition_penalty", "1.3 is not supported"),
        ({"nvext": {"guided_json": {"type": "float"}}}, "response_format.json_schema.schema", "not one of the types"),
        (
            {"nvext": {"guided_json": {"a": "x" * 5_000}}, "response_format": {"type": "json_object"}},
            "nvext.guided_json",
            "xxx ... is not supported: only a chat completion is held to a schema, and to that of `response_format`",
        ),
        ({"nvext": {"guided_choice": ["a"]}}, "nvext.guided_choice", "a JSON Schema only, with `response_format`"),
        ({"nvext": {"annotations": ["a"]}}, "nvext.annotations", "there is no such field; leave it out"),
        ({"max_token": 5}, "max_token", "there is no such field; did you mean max_tokens?"),
        ({"skip_special_tokens": False}, "skip_special_tokens", "It should be true, or left out"),
        ({"modalities": ["audio"]}, "modalities", "the model writes text only"),
        ({"functions": [{"name": "f"}]}, "functions", "functions are given in `tools`"),
        ({"stop": ["a", ""]}, "stop", "up to 4 texts, none of them empty"),
        ({"tool_choice": "any"}, "tool_choice", 'must be "none", "auto", "required" or {"type"'),
        ({"tool_choice": 5}, "tool_choice", 'must be "none"'),
        ({"tool_choice": "required"}, "tool_choice", "there are no `tools`"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice", "has f"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "'json_schema'"),
        ({"response_format": {"type": "json_schema"}}, "response_format", "`json_schema` is required"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "float"}}}},
            "response_format.json_schema.schema",
            "type: 'float' is not one of the types",
        ),
        ({"messages": [{"role": "user"}]}, "messages.0", "`content` is required"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content", "not a number"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages.0.content.0",
            "the model reads text only",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]},
            "messages.0.tool_calls.0",
            "the arguments of 'f' cannot be read as JSON",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"x": 5}}}}]},
            "tools.0.function.parameters",
            "properties.x: a schema must be an object, true or false, not a number",
        ),
        (
            {"messages": [{"role": "user", "content": "\ud83d"}]},
            "messages.0.content",
            "half of a surrogate pair (\\ud83d)",
        ),
        ({"messages": [{"role": "user", "content": "?", "x\ud83d": 1}]}, "messages.0.x\\ud83d", "half of a surrogate"),
        ({"\ud83d": 1}, "\\ud83d", "half of a surrogate pair"),
        ({"model": "\udc00"}, "model", "half of a surrogate pair (\\udc00)"),
        ({"stop": ["\ud83d"]}, "stop.0", "half of a surrogate pair"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "description": "\ud83d"}}]},
            "tools.0.function.description",
            "half of a surrogate pair",
        ),
        (
            {"tools": [{**TOOL, "function": {"name": "f", "parameters": {"properties": {"\ud83d": {}}}}}]},
            "tools.0.function.parameters.properties.\\ud83d",
            "half of a surrogate pair",
        ),
        ({"temperature": float("nan")}, "temperature", "the number is not finite"),
        ({"metadata": {"a": deep(200)}}, None, "nests deeper than 100 levels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_change_the_answer_is_refused_with_the_reason(client, fields, param, message):
    response = chat(client, **fields)
    assert response.status_code == 422, response.text
    error = response.json()["error"]
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert message in error["message"]
    for riddle in ("Input should be False", "not permitted", "Value error"):
        assert riddle not in error["message"]


def test_every_unsupported_field_is_named(client):
    error = chat(client, logprobs=True, nvext={"top_k": 3, "min_p": 0.5}).json()["error"]
    assert all(f"{name}: " in error["message"] for name in ("logprobs", "nvext.top_k", "nvext.min_p"))


def test_a_body_that_nests_far_too_deep_is_no_server_error(client):
    body = '{"model": "m", "messages": ' + "[" * 100_000 + "]" * 100_000 + "}"
    response = client.post("/chat/completions", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert "error" in response.json()
