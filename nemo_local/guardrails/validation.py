"""What a rails configuration may say here, and where it is wrong if it is.

The library takes a great deal more: paths to load code and flows from, servers to run actions, services of other
vendors. On a platform without access control every one of these is a way in, or a rail that silently does nothing. So
a config is a list of what is known to work, and anything else is refused by its name.
"""

from __future__ import annotations

import re
from typing import Any

from nemo_local.common.errors import Invalid
from nemo_local.common.urls import split_url
from nemo_local.guardrails.templates import check_template

ENGINES = ("nim", "openai")
# Parsers that raise, or say "unsafe", for whatever is not a clear verdict; others let nonsense pass.
_PARSERS = {
    "input": ("nemoguard_parse_prompt_safety", "nemotron_content_safety_parse_prompt_safety"),
    "output": ("nemoguard_parse_response_safety", "nemotron_content_safety_parse_response_safety"),
}
_FLOW = re.compile(r"(content safety check|self check) (input|output)(?: \$model=([\w-]+))?")
_PARAMETERS = (
    "base_url",
    "openai_api_base",
    "openai_api_key",
    "model",
    "model_name",
    "temperature",
    "max_tokens",
    "top_p",
    "seed",
    "timeout",
)
_MODEL_KEYS = ("type", "engine", "model", "api_key_env_var", "mode", "parameters")
_PROMPT_KEYS = ("task", "content", "messages", "output_parser", "max_length", "max_tokens", "mode", "stop", "models")
_PLAIN = ("instructions", "passthrough", "enable_rails_exceptions", "lowest_temperature", "custom_data")
# Keys of the API that this platform has no use for; harmless as long as they say nothing.
_EMPTY_ONLY = {
    "actions_server_url": "actions run inside this service",
    "sample_conversation": "there are no dialog rails here: they need an embedding model",
    "enable_multi_step_generation": "there are no dialog rails here: they need an embedding model",
    "tracing": "what the rails did is in the answer's `guardrails_data.log`",
}
_NO_RAILS = ("dialog", "retrieval", "actions", "tool_input", "tool_output", "config")
_KEY_NAME = re.compile(r"[A-Z][A-Z0-9_]*_API_KEY")
# Keys in the environment that belong to something other than a model.
_FOREIGN_KEYS = ("WANDB_API_KEY", "OPENWEBUI_API_KEY", "TEACHER_API_KEY")
# Keys that are only sent to the hosts of whoever gave them out: anybody may write a configuration.
_DOMAINS = {"NVIDIA_API_KEY": "nvidia.com", "NGC_API_KEY": "nvidia.com", "OPENAI_API_KEY": "openai.com"}


def check_config(data: Any, field: str = "data") -> None:
    """Check a rails configuration.

    Args:
        data: the configuration, as the API has it.
        field: where it is in the request, for errors.

    Raises:
        Invalid: names the key that is wrong.
    """
    known = ("models", "rails", "prompts", "colang_version", "prompting_mode", *_PLAIN, *_EMPTY_ONLY)
    _check_object(data, known, field)
    for key, reason in _EMPTY_ONLY.items():
        if _says_something(data.get(key)):
            raise Invalid(f"{field}.{key}", f"is not available on one machine: {reason}.")
    if data.get("colang_version") not in (None, "1.0"):
        raise Invalid(f"{field}.colang_version", 'must be "1.0".')
    if data.get("prompting_mode") not in (None, "standard"):
        raise Invalid(f"{field}.prompting_mode", 'must be "standard".')
    types = [_check_model(model, f"{field}.models.{i}") for i, model in _items(data, "models", field)]
    if twice := [kind for kind in types if types.count(kind) > 1]:
        raise Invalid(f"{field}.models", f"has two models of type {twice[0]!r}; give each a type of its own.")
    prompts = dict(_check_prompt(prompt, f"{field}.prompts.{i}") for i, prompt in _items(data, "prompts", field))
    rails = data.get("rails") or {}
    _check_object(rails, ("input", "output", *_NO_RAILS), f"{field}.rails")
    for kind in _NO_RAILS:
        if _says_something(rails.get(kind)):
            raise Invalid(f"{field}.rails.{kind}", "is not available on one machine; there are input and output rails.")
    for direction in ("input", "output"):
        _check_rails(rails.get(direction) or {}, direction, types, prompts, f"{field}.rails.{direction}")


def flows(data: dict[str, Any], direction: str) -> list[str]:
    """Names of the rails of a checked config; ``direction`` is ``"input"`` or ``"output"``."""
    return list(((data.get("rails") or {}).get(direction) or {}).get("flows") or [])


def _check_rails(rails: Any, direction: str, types: list[str], prompts: dict[str, str | None], field: str) -> None:
    _check_object(rails, ("flows", "parallel", "streaming", "apply_to_reasoning_traces"), field)
    if rails.get("parallel"):
        raise Invalid(f"{field}.parallel", "is not available: the rails of a message run one after the other here.")
    for i, flow in _items(rails, "flows", field):
        found = _FLOW.fullmatch(flow) if isinstance(flow, str) else None
        name, asks, model = found.groups() if found else (None, None, None)
        if asks != direction or (name == "self check") == bool(model):
            raise Invalid(
                f"{field}.flows.{i}",
                f"unknown rail {flow!r}; known ones: 'content safety check {direction} $model=TYPE' and 'self check "
                f"{direction}'. Others need other services, or pass a message when they get no verdict.",
            )
        if model and (model not in types or model == "main"):
            raise Invalid(f"{field}.flows.{i}", f"asks the model {model!r}; no entry of `models` has that type.")
        task = f"{name.replace(' ', '_')}_{asks}" + (f" $model={model}" if model else "")
        if task not in prompts:
            raise Invalid(f"{field}.flows.{i}", f"needs a prompt; add one to `prompts` with the task {task!r}.")


def _check_model(model: Any, field: str) -> str:
    _check_object(model, _MODEL_KEYS, field)
    parameters = model.get("parameters") or {}
    _check_object(parameters, _PARAMETERS, f"{field}.parameters")
    if not re.fullmatch(r"[\w-]+", str(model.get("type") or "")):
        raise Invalid(f"{field}.type", 'is required: "main", or a word of your own such as "content_safety".')
    if model.get("engine") not in ENGINES:
        raise Invalid(f"{field}.engine", f"must be one of {', '.join(ENGINES)}: an OpenAI-compatible API over HTTP.")
    if model.get("mode") not in (None, "chat"):
        raise Invalid(f"{field}.mode", 'must be "chat".')
    names = [name for name in (model.get("model"), parameters.get("model"), parameters.get("model_name")) if name]
    if model["type"] != "main" and (len(names) != 1 or not isinstance(names[0], str)):
        raise Invalid(f"{field}.model", "is required, once: the model's name at its API.")
    _check_once(model.get("api_key_env_var"), parameters.get("openai_api_key"), f"{field}.parameters.openai_api_key")
    _check_once(parameters.get("base_url"), parameters.get("openai_api_base"), f"{field}.parameters.openai_api_base")
    base_url, key_name = address(model)
    if base_url is None and model["engine"] != "nim":
        raise Invalid(f"{field}.parameters.base_url", "is required: where the API answers, up to and including /v1.")
    host = _check_url(base_url, f"{field}.parameters.base_url") if base_url is not None else ""
    timeout = parameters.get("timeout")
    if timeout is not None and not (isinstance(timeout, int | float) and 0 < timeout <= 120):
        raise Invalid(f"{field}.parameters.timeout", "must be a number of seconds, at most 120.")
    said_in = "parameters.openai_api_key" if parameters.get("openai_api_key") else "api_key_env_var"
    _check_key_name(key_name, host, f"{field}.{said_in}")
    return model["type"]


def address(model: dict[str, Any]) -> tuple[str | None, str | None]:
    """Where an entry of `models` answers, and the environment variable that holds its key; None where it says neither.

    NVIDIA's configs use the library's `base_url` with `api_key_env_var`; configs after LangChain's OpenAI class have
    `openai_api_base` and `openai_api_key` instead. A key itself is never stored, so the latter takes a name, too.
    """
    parameters = model.get("parameters") or {}
    base_url = parameters.get("base_url") or parameters.get("openai_api_base")
    return base_url, model.get("api_key_env_var") or parameters.get("openai_api_key")


def _check_once(value: Any, other: Any, field: str) -> None:
    if value is not None and other is not None and value != other:
        raise Invalid(field, "says something else than the other field that means the same; leave one of them out.")


def _check_url(url: Any, field: str) -> str:
    parts = split_url(url)
    if not parts or parts.query or parts.fragment:
        raise Invalid(field, f"{url!r} is not the URL of an API, such as http://127.0.0.1:8000/v1.")
    if parts.username or parts.password:
        raise Invalid(field, "must not hold a user name or password; name an environment variable in api_key_env_var.")
    return parts.hostname


def _check_key_name(name: Any, host: str, field: str) -> None:
    if name is None:
        return
    if name in _FOREIGN_KEYS:
        raise Invalid(field, f"{name} belongs to something other than a model; use a key of the model's own.")
    if not isinstance(name, str) or not _KEY_NAME.fullmatch(name):
        raise Invalid(
            field,
            "must be the name of an environment variable that ends in _API_KEY, such as CONTENT_SAFETY_API_KEY. The "
            "key itself is never stored: set that variable where the platform runs.",
        )
    domain = _DOMAINS.get(name)
    if domain and not (host == domain or host.endswith(f".{domain}")):
        raise Invalid(field, f"{name} is only sent to hosts of {domain}; use a key of its own for {host or 'this'}.")


def _check_prompt(prompt: Any, field: str) -> tuple[str, str | None]:
    _check_object(prompt, _PROMPT_KEYS, field)
    task, parser = prompt.get("task"), prompt.get("output_parser")
    found = re.fullmatch(r"(content_safety_check|self_check)_(input|output)(?: \$model=[\w-]+)?", str(task))
    if not found:
        raise Invalid(
            f"{field}.task",
            f"unknown task {task!r}; known ones: 'content_safety_check_input $model=TYPE', "
            "'content_safety_check_output $model=TYPE', self_check_input and self_check_output.",
        )
    name, direction = found.groups()
    if name == "content_safety_check" and parser not in _PARSERS[direction]:
        raise Invalid(f"{field}.output_parser", f"must be one of {', '.join(_PARSERS[direction])}.")
    if name == "self_check" and parser not in (None, "is_content_safe"):
        raise Invalid(f"{field}.output_parser", "must be left out, or is_content_safe.")
    if prompt.get("models") or prompt.get("mode") not in (None, "standard"):
        # Another prompt, perhaps none, would be used for the model at hand.
        raise Invalid(f"{field}.{'models' if prompt.get('models') else 'mode'}", "must be left out: one prompt a task.")
    needed = "user_input" if direction == "input" else "bot_response"
    if needed not in _variables(prompt, field):
        raise Invalid(field, f"has no {{{{ {needed} }}}} in it: the model would not see what it is to judge.")
    return task, parser


def _variables(prompt: dict[str, Any], field: str) -> set[str]:
    content, messages = prompt.get("content"), prompt.get("messages")
    if bool(content) == bool(messages):
        raise Invalid(field, "needs either `content` or `messages`.")
    if content:
        return check_template(_text(content, f"{field}.content"), f"{field}.content")
    names: set[str] = set()
    for i, message in _items(prompt, "messages", field):
        _check_object(message, ("type", "content"), f"{field}.messages.{i}")
        if message.get("type") not in ("system", "user", "assistant"):
            raise Invalid(f"{field}.messages.{i}.type", "must be system, user or assistant.")
        where = f"{field}.messages.{i}.content"
        names |= check_template(_text(message.get("content"), where), where)
    return names


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise Invalid(field, "must be a text.")
    return value


def _check_object(value: Any, known: tuple[str, ...], field: str) -> None:
    if not isinstance(value, dict):
        raise Invalid(field, "must be an object.")
    if unknown := [key for key in value if key not in known]:
        raise Invalid(f"{field}.{unknown[0]}", f"is not known here; known keys: {', '.join(known)}.")


def _items(value: dict[str, Any], key: str, field: str) -> list[tuple[int, Any]]:
    items = value.get(key) or []
    if not isinstance(items, list):
        raise Invalid(f"{field}.{key}", "must be a list.")
    return list(enumerate(items))


def _says_something(value: Any) -> bool:
    """Whether a value sets anything; clients send defaults such as ``{"enabled": false}`` or ``{"flows": []}``."""
    if isinstance(value, dict):
        return any(_says_something(part) for part in value.values())
    return bool(value)
