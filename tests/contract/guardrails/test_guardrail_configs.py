"""Configs as the official SDK sees them, and what is refused."""

from __future__ import annotations

import copy

import nemo_microservices as nemo
import pytest
from guardrails_support import HELLO, OUTPUT, chat


def as_sent(config) -> dict:
    """The data of a config as it was sent."""
    return config.data.model_dump(exclude_unset=True)


def test_the_built_in_configs_are_there(sdk):
    found = {f"{c.namespace}/{c.name}": c for c in sdk.guardrail.configs.list()}
    assert {"default/default", "default/self-check"} <= found.keys()
    prompt = found["default/default"].data.prompts[0].content
    assert all(f"\nS{number}: " in prompt for number in range(1, 25)) and "{{ user_input }}" in prompt


def test_create_retrieve_update_list_and_delete(sdk, data):
    created = sdk.guardrail.configs.create(name="life", namespace="ada", data=data, description="first")
    assert (created.name, created.namespace, created.description) == ("life", "ada", "first")
    assert as_sent(sdk.guardrail.configs.retrieve("life", namespace="ada")) == data
    changed = sdk.guardrail.configs.update("life", namespace="ada", data={**data, "rails": {"output": OUTPUT}})
    assert as_sent(changed)["rails"] == {"output": OUTPUT} and changed.description == "first"
    names = [c.name for c in sdk.guardrail.configs.list(sort="-created_at", page_size=1)]
    assert names[0] == "life"
    sdk.guardrail.configs.delete("life", namespace="ada")
    with pytest.raises(nemo.NotFoundError, match="ada/life"):
        sdk.guardrail.configs.retrieve("life", namespace="ada")


def test_a_name_that_is_taken_is_a_conflict_and_changes_nothing(sdk, data):
    sdk.guardrail.configs.create(name="taken", namespace="ada", data=data)
    with pytest.raises(nemo.ConflictError, match="ada/taken"):
        sdk.guardrail.configs.create(name="taken", namespace="ada", data={**data, "rails": {}})
    assert as_sent(sdk.guardrail.configs.retrieve("taken", namespace="ada")) == data


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/../b", "a\\b", "%2e%2e", ""])
def test_a_name_that_is_a_path_is_refused(sdk, data, name):
    with pytest.raises(nemo.UnprocessableEntityError, match="name"):
        sdk.guardrail.configs.create(name=name, namespace="ada", data=data)
    with pytest.raises(nemo.UnprocessableEntityError, match="namespace"):
        sdk.guardrail.configs.create(name="fine", namespace=name, data=data)


def changed(data: dict, path: str, value: object) -> dict:
    """A copy of ``data`` with the value at a dotted path replaced."""
    data = copy.deepcopy(data)
    *parents, last = path.split(".")
    place = data
    for part in parents:
        place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
    place[int(last) if last.isdigit() else last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("import_paths", ["/etc"], "import_paths"),
        ("config_path", "/tmp", "config_path"),
        ("actions_server_url", "http://evil.test", "actions_server_url"),
        ("tracing", {"enabled": True, "adapters": [{"name": "FileSystem", "filepath": "/tmp/x"}]}, "tracing"),
        ("colang_version", "2.x", "colang_version"),
        ("rails.dialog", {"single_call": {"enabled": True}}, "rails.dialog"),
        ("rails.config", {"jailbreak_detection": {"server_endpoint": "http://evil.test"}}, "rails.config"),
        ("rails.tool_output", {"flows": ["my tool check"]}, "rails.tool_output"),
        ("rails.input.flows", ["jailbreak detection heuristics"], "rails.input.flows.0"),
        ("rails.input.flows", ["content safety check output $model=content_safety"], "rails.input.flows.0"),
        ("rails.input.flows", ["content safety check input $model=missing"], "rails.input.flows.0"),
        ("rails.input.parallel", True, "rails.input.parallel"),
        ("prompts", [], "rails.input.flows.0"),
        ("prompts.0.output_parser", None, "prompts.0.output_parser"),
        ("prompts.0.output_parser", "user_intent", "prompts.0.output_parser"),
        ("prompts.0.content", "Is this safe?", "prompts.0"),
        ("prompts.0.content", "{{ user_input }} {{ ''.__class__.__mro__ }}", "prompts.0.content"),
        ("prompts.0.content", "{{ user_input }} {{ cycler.__init__.__globals__.os.environ }}", "prompts.0.content"),
        ("prompts.0.content", "{{ user_input }} {{ environ }}", "prompts.0.content"),
        ("prompts.0.content", "{% for i in range(9) %}{{ user_input }}{% endfor %}", "prompts.0.content"),
        ("prompts.0.content", "{% include '/etc/passwd' %} {{ user_input }}", "prompts.0.content"),
        ("prompts.0.content", "{{ user_input", "prompts.0.content"),
        ("prompts.0.models", ["other"], "prompts.0.models"),
        ("models.1.engine", "langchain", "models.1.engine"),
        ("models.1.parameters.base_url", "file:///etc/passwd", "models.1.parameters.base_url"),
        ("models.1.parameters.base_url", "http://ada:secret@host/v1", "models.1.parameters.base_url"),
        ("models.1.parameters.api_key", "sk-secret", "models.1.parameters.api_key"),
        ("models.1.parameters.default_headers", {"a": "b"}, "models.1.parameters.default_headers"),
        ("models.1.api_key_env_var", "PATH", "models.1.api_key_env_var"),
        ("models.1.api_key_env_var", "AWS_SECRET_ACCESS_KEY", "models.1.api_key_env_var"),
        ("models.1.parameters.base_url", "http://127.0.0.1:80a0/v1", "models.1.parameters.base_url"),
        ("models.1.parameters.base_url", "http://[::1/v1", "models.1.parameters.base_url"),
        ("models.1.api_key_env_var", "WANDB_API_KEY", "models.1.api_key_env_var"),
        ("models.1.api_key_env_var", "OPENWEBUI_API_KEY", "models.1.api_key_env_var"),
        ("models.1.api_key_env_var", "TEACHER_API_KEY", "models.1.api_key_env_var"),
        ("models.1.api_key_env_var", "OPENAI_API_KEY", "models.1.api_key_env_var"),
        ("models.1.api_key_env_var", "NVIDIA_API_KEY", "models.1.api_key_env_var"),
        ("models.1.model", None, "models.1.model"),
        ("models.1.parameters.openai_api_key", "nvapi-secret", "models.1.parameters.openai_api_key"),
        ("models.1.parameters.openai_api_key", "PATH", "models.1.parameters.openai_api_key"),
        ("models.1.parameters.openai_api_base", "http://other.test/v1", "models.1.parameters.openai_api_base"),
    ],
)
def test_a_config_that_cannot_be_right_is_refused_by_its_key(sdk, data, path, value, named):
    with pytest.raises(nemo.UnprocessableEntityError) as refused:
        sdk.guardrail.configs.create(name="wrong", namespace="ada", data=changed(data, path, value))
    problem = refused.value.body["detail"][0]
    assert ".".join(problem["loc"]) == f"body.data.{named}", problem
    assert "secret" not in str(refused.value)


def test_a_config_without_data_and_one_in_files_are_refused(sdk, data):
    with pytest.raises(nemo.UnprocessableEntityError, match="data"):
        sdk.guardrail.configs.create(name="empty", namespace="ada")
    with pytest.raises(nemo.UnprocessableEntityError, match="files_url"):
        sdk.guardrail.configs.create(name="files", namespace="ada", data=data, files_url="hf://x/y")


def test_the_names_of_published_configs_mean_what_the_librarys_own_mean(sdk, server, data):
    """NVIDIA's prompts say `user_query`; configs after LangChain's class say `openai_api_base` and `openai_api_key`."""
    for model in data["models"]:
        model["parameters"] = {"openai_api_base": server.url}
    data["prompts"][0]["content"] = "Judge this: {{ user_query }}, user_query"
    sdk.guardrail.configs.create(name="published", namespace="ada", data=data)
    chat(sdk, "ada/published")
    assert server.bodies[0]["messages"][0]["content"] == f"Judge this: {HELLO[0]['content']}, user_query"
    data["models"][0]["parameters"]["openai_api_key"] = "UNSET_API_KEY"
    sdk.guardrail.configs.update("published", namespace="ada", data=data)
    with pytest.raises(nemo.UnprocessableEntityError, match="UNSET_API_KEY is not set"):
        chat(sdk, "ada/published")
