"""The NIM proxy over HTTP: the real base model and two adapters with random weights, registered as trained ones are."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import httpx
import jsonschema
import pytest
import torch
from huggingface_hub import HfApi
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

BASE = "huggingfacetb/smollm2-135m-instruct"
ADAPTERS = ("nim-tests/one@v1", "nim-tests/two@v1")
QUESTIONS = ("What is the capital of France?", "Name three colours.", "Write a short poem about the sea.")


def function(name: str, description: str, properties: dict, required: list[str]) -> dict:
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


WEATHER = function(
    "get_weather",
    "Weather of a city.",
    {"city": {"type": "string", "maxLength": 20}, "days": {"type": "integer"}},
    ["city"],
)
ORDER = function(
    "order_pizza",
    "Orders pizzas.",
    {
        "size": {"type": "string", "enum": ["small", "medium", "large"]},
        "toppings": {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 1, "maxItems": 3},
        "vegan": {"type": "boolean"},
        "address": {
            "type": "object",
            "properties": {"street": {"type": "string", "maxLength": 20}, "number": {"type": "integer", "minimum": 1}},
            "required": ["street", "number"],
        },
    },
    ["size", "toppings", "address"],
)
ROTATE = function(
    "rotate",
    "Multiplies two matrices.",
    {
        "matrix": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            "minItems": 2,
            "maxItems": 2,
        },
        "angle": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    },
    ["matrix", "angle"],
)
TOOLS = {tool["function"]["name"]: tool for tool in (WEATHER, ORDER, ROTATE)}


def save_random_adapter(folder: Path, models: Path, seed: int) -> None:
    """A PEFT adapter strong enough to change most answers, made without loading the base model's weights."""
    (config,) = models.glob("*-hf-*/config.json")
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(config))
    settings = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(model, settings)
    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(parameter.shape, generator=generator) * 0.1
        for name, parameter in model.state_dict().items()
        if ".lora_" in name
    }
    model.save_pretrained(folder, state_dict=weights)


def register(platform, name: str, folder: Path) -> None:
    """Upload an adapter and make it a model of the Entity Store, as the Customizer does."""
    repo_id, _, version = name.partition("@")
    namespace = repo_id.split("/")[0]
    gateway = platform.gateway_url
    httpx.post(f"{gateway}/v1/datastore/namespaces", data={"namespace": namespace})
    hub = HfApi(endpoint=f"{gateway}/v1/hf", token=False)
    hub.create_repo(repo_id, repo_type="model", exist_ok=True)
    hub.create_branch(repo_id, repo_type="model", branch=version, exist_ok=True)
    hub.upload_folder(repo_id=repo_id, revision=version, folder_path=folder, allow_patterns=["adapter_*"])
    body = {
        "namespace": namespace,
        "name": name.split("/")[1],
        "base_model": BASE,
        "peft": {"finetuning_type": "lora"},
        "artifact": {"files_url": f"hf://{name}", "status": "upload_completed"},
    }
    httpx.post(f"{gateway}/v1/models", json=body).raise_for_status()


def wait_until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def nim(platform, tmp_path_factory):
    """Client of the NIM proxy, which serves the base model and `ADAPTERS`."""
    models = Path(os.environ.get("FLYWHEEL_MODELS") or platform.home / "models")
    for seed, name in enumerate(ADAPTERS):
        folder = tmp_path_factory.mktemp("adapter")
        save_random_adapter(folder, models, seed)
        register(platform, name, folder)
    with httpx.Client(base_url=f"{platform.nim_url}/v1", timeout=300, trust_env=False) as client:
        wait_until(lambda: set(ADAPTERS) <= set(served(client)))
        yield client


def served(nim: httpx.Client) -> list[str]:
    return [model["id"] for model in nim.get("/models").raise_for_status().json()["data"]]


def ask(nim: httpx.Client, content: str, model: str = BASE, **fields) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": content}], "max_tokens": 24, **fields}
    return nim.post("/chat/completions", json=body)


def answer(nim: httpx.Client, content: str, model: str = BASE, **fields) -> dict:
    response = ask(nim, content, model, **fields)
    assert response.status_code == 200, response.text
    return response.json()


def text(nim: httpx.Client, content: str, model: str = BASE, **fields) -> str:
    return answer(nim, content, model, **fields)["choices"][0]["message"]["content"]


def events(nim: httpx.Client, path: str, body: dict) -> list[dict]:
    """The chunks of a stream, which must end with [DONE]."""
    with nim.stream("POST", path, json={**body, "stream": True}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def test_models_are_listed_with_their_base(nim):
    listing = nim.get("/models").json()
    models = {model["id"]: model for model in listing["data"]}
    assert listing["object"] == "list"
    assert models[BASE]["parent"] is None
    for name in ADAPTERS:
        assert (models[name]["root"], models[name]["parent"], models[name]["object"]) == (BASE, BASE, "model")
        assert models[name]["owned_by"] == "nim-tests"
        assert nim.get(f"/models/{name}").json() == models[name]


def test_every_model_gives_its_own_answers_under_mixed_load(nim):
    pairs = list(product((BASE, *ADAPTERS), QUESTIONS))
    alone = [text(nim, question, model) for model, question in pairs]
    with ThreadPoolExecutor(len(pairs)) as threads:
        together = list(threads.map(lambda pair: text(nim, pair[1], pair[0]), pairs))

    assert together == alone
    by_model = {model: [a for a, (m, _) in zip(alone, pairs, strict=True) if m == model] for model in (BASE, *ADAPTERS)}
    for first, second in ((BASE, ADAPTERS[0]), (BASE, ADAPTERS[1]), ADAPTERS):
        assert all(a != b for a, b in zip(by_model[first], by_model[second], strict=True))


def test_temperature_0_and_an_equal_seed_give_the_same_answer(nim):
    assert text(nim, QUESTIONS[0], seed=42) == text(nim, QUESTIONS[0], temperature=0, seed=7)
    warm = {"temperature": 1.0, "top_p": 0.9}
    assert text(nim, QUESTIONS[2], seed=42, **warm) == text(nim, QUESTIONS[2], seed=42, **warm)
    assert text(nim, QUESTIONS[2], seed=42, **warm) != text(nim, QUESTIONS[2], seed=43, **warm)


def test_the_stream_says_what_the_whole_answer_says(nim):
    whole = answer(nim, QUESTIONS[2])
    body = {"model": BASE, "messages": [{"role": "user", "content": QUESTIONS[2]}], "max_tokens": 24}
    chunks = events(nim, "/chat/completions", {**body, "stream_options": {"include_usage": True}})

    *choices, usage = chunks
    deltas = [chunk["choices"][0]["delta"] for chunk in choices]
    assert deltas[0]["role"] == "assistant"
    assert len([delta for delta in deltas if delta.get("content")]) > 5
    assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
    assert choices[-1]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"] == "length"
    assert usage["choices"] == [] and usage["usage"] == whole["usage"]
    assert whole["usage"]["completion_tokens"] == 24
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_a_completion_continues_the_text_as_it_stands(nim):
    body = {"model": BASE, "prompt": "The capital of France is", "max_tokens": 6}
    whole = nim.post("/completions", json=body).json()
    assert whole["object"] == "text_completion" and "Paris" in whole["choices"][0]["text"]
    chunks = events(nim, "/completions", body)
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == whole["choices"][0]["text"]


def test_the_answer_ends_before_a_stop_text(nim):
    full = text(nim, QUESTIONS[0])
    stop = full[6:9]
    cut = answer(nim, QUESTIONS[0], stop=[stop])["choices"][0]
    assert cut["message"]["content"] == full[: full.index(stop)]
    assert cut["finish_reason"] == "stop"


def check_calls(message: dict, names: set[str]) -> list[dict]:
    assert message["content"] is None and message["tool_calls"]
    for call in message["tool_calls"]:
        assert call["function"]["name"] in names
        schema = TOOLS[call["function"]["name"]]["function"]["parameters"]
        jsonschema.validate(json.loads(call["function"]["arguments"]), schema)
    return message["tool_calls"]


@pytest.mark.parametrize("model", [BASE, ADAPTERS[0]])
@pytest.mark.parametrize("name", TOOLS)
def test_a_named_function_is_called_with_arguments_that_fit(nim, model, name):
    choice = {"type": "function", "function": {"name": name}}
    body = answer(nim, "Large pizza, please.", model, tools=[*TOOLS.values()], tool_choice=choice, max_tokens=1000)

    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert len(check_calls(body["choices"][0]["message"], {name})) == 1


def test_a_required_call_fits_and_streams_as_deltas(nim):
    body = {
        "model": BASE,
        "messages": [{"role": "user", "content": "What is the weather in Lima?"}],
        "tools": [WEATHER],
        "tool_choice": "required",
        "max_tokens": 1000,
    }
    whole = nim.post("/chat/completions", json=body).json()["choices"][0]
    calls = check_calls(whole["message"], {"get_weather"})

    chunks = events(nim, "/chat/completions", body)
    parts = [part for chunk in chunks for part in chunk["choices"][0]["delta"].get("tool_calls", ())]
    # Some of NVIDIA's clients read each delta by itself, so it must hold the whole call.
    assert [part["function"] for part in parts] == [call["function"] for call in calls]
    assert [(part["index"], part["type"], bool(part["id"])) for part in parts] == [
        (index, "function", True) for index in range(len(calls))
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == whole["finish_reason"] == "tool_calls"


CITY = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}


def test_an_answer_is_held_to_its_format_streamed_too(nim):
    schema_format = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
    body = {"response_format": schema_format, "max_tokens": 200}
    whole = answer(nim, "Which city is the capital of France?", **body)["choices"][0]
    assert whole["finish_reason"] == "stop"
    jsonschema.validate(json.loads(whole["message"]["content"]), CITY)

    request = {"model": BASE, "messages": [{"role": "user", "content": "Which city is the capital of France?"}], **body}
    deltas = [chunk["choices"][0]["delta"] for chunk in events(nim, "/chat/completions", request)]
    assert "".join(delta.get("content", "") for delta in deltas) == whole["message"]["content"]


def test_any_object_is_an_answer_of_the_json_mode(nim):
    whole = answer(nim, "Describe Paris.", response_format={"type": "json_object"}, max_tokens=80)["choices"][0]
    text = whole["message"]["content"]
    assert text.startswith("{") and (whole["finish_reason"] == "length" or isinstance(json.loads(text), dict))


def test_one_call_at_most_where_parallel_calls_are_off_streamed_too(nim):
    body = {
        "model": BASE,
        "messages": [{"role": "user", "content": "What is the weather in Lima, in Rome and in Oslo?"}],
        "tools": [WEATHER],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "max_tokens": 1000,
    }
    assert len(nim.post("/chat/completions", json=body).json()["choices"][0]["message"]["tool_calls"]) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in events(nim, "/chat/completions", body)]
    assert {part["index"] for delta in deltas for part in delta.get("tool_calls", ())} == {0}


def test_calls_and_results_of_earlier_turns_are_part_of_the_conversation(nim):
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Lima"}'}}
    messages = [
        {"role": "user", "content": "Weather in Lima?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    with_history = ask(nim, "", messages=messages, tools=[WEATHER], max_tokens=4)
    without = ask(nim, "", messages=messages[:1], tools=[WEATHER], max_tokens=4)
    assert with_history.status_code == 200
    assert with_history.json()["usage"]["prompt_tokens"] > without.json()["usage"]["prompt_tokens"] + 20


def test_a_client_that_goes_away_ends_its_answer(nim, platform):
    body = {"model": BASE, "messages": [{"role": "user", "content": "Count to 1000."}], "max_tokens": 4000}
    with nim.stream("POST", "/chat/completions", json={**body, "stream": True}) as response:
        lines = response.iter_lines()
        [next(lines) for _ in range(6)]

    log = platform.home / "logs" / "nim.log"
    wait_until(lambda: "an answer was cancelled after" in log.read_text())


@pytest.mark.parametrize(
    ("fields", "status", "param", "message"),
    [
        ({"model": "nobody/knows"}, 404, "model", BASE),
        ({"n": 2}, 422, "n", "It should be 1"),
        ({"temperature": 3}, 422, "temperature", "less than or equal to 2"),
        ({"messages": []}, 422, "messages", "at least 1"),
        ({"messages": [{"role": "user"}]}, 422, "messages.0", "`content` is required"),
        ({"logprobs": True}, 422, "logprobs", "true is not supported: the probabilities of tokens are not reported"),
        ({"tool_choice": "required"}, 422, "tool_choice", "no `tools`"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "x"}}}, 422, "", "get_weather"),
        ({"messages": [{"role": "user", "content": "word " * 9000}]}, 400, "messages", "may have 8192"),
    ],
)
def test_a_request_that_cannot_be_answered_says_which_field_and_why(nim, fields, status, param, message):
    response = ask(nim, "Hello", **fields)
    error = response.json()["error"]
    assert response.status_code == status
    assert (error["param"] or "").startswith(param)
    assert message in error["message"] and error["type"] == "invalid_request_error"


def test_what_is_no_json_and_what_is_no_route_are_openai_errors_too(nim):
    broken = nim.post("/chat/completions", content=b"{", headers={"content-type": "application/json"})
    assert (broken.status_code, broken.json()["error"]["message"][:17]) == (422, "body: is not JSON")
    assert "/docs" in nim.get("/nowhere").json()["error"]["message"]
    embeddings = nim.post("/embeddings", json={"model": BASE, "input": "a"})
    assert (embeddings.status_code, embeddings.json()["error"]["code"]) == (501, "no_embedding_model")


def test_the_metadata_tells_the_models_and_the_number_format(nim, platform):
    found = nim.get("/metadata").json()
    assert found["inferencePrecision"] == "f32" and found["version"]
    assert BASE in {model["shortName"] for model in found["modelInfo"]}
    assert f"loaded {BASE}, which computes in f32" in (platform.home / "logs" / "nim.log").read_text()


def test_health(nim):
    assert nim.get("/health/live").status_code == 200
    assert nim.get("/health/ready").json()["status"] == "ready"


def test_a_deleted_model_is_no_longer_served(nim, platform):
    httpx.delete(f"{platform.gateway_url}/v1/models/{ADAPTERS[1]}").raise_for_status()
    wait_until(lambda: ADAPTERS[1] not in served(nim))
    assert ask(nim, "Hello", ADAPTERS[1]).status_code == 404
    assert BASE in served(nim)
