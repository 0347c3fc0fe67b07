"""Guardrails: a configuration made or brought up to date, messages judged, and a model asked behind the rails."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from flywheel_helpers.errors import BadAnswer, ConfigError, Conflict
from flywheel_helpers.services.connection import Connection
from tool_calling import safety_policy

SERVICE = "Guardrails"
NVIDIA_MODEL, NVIDIA_URL = "nvidia/llama-3.1-nemoguard-8b-content-safety", "https://integrate.api.nvidia.com/v1"
NAME = "content-safety"  # of the course's configuration
RAIL = "content safety check input $model=content_safety"
_TIMEOUT = 180.0  # seconds: a guarded answer takes as long as the model's own


@dataclass(frozen=True)
class Verdict:
    """What the rails said of a request.

    Args:
        blocked: whether it was stopped.
        categories: of the policy that it breaks, by name; may be empty for a block.
        reason: the service's own words, where it has some.
        seconds: from the request to the answer.
    """

    blocked: bool
    categories: tuple[str, ...]
    reason: str
    seconds: float

    def __str__(self) -> str:
        if not self.blocked:
            return "passed"
        return f"blocked: {', '.join(self.categories) or self.reason or 'no reason given'}"


def safety_model(nemo: Connection) -> dict[str, Any]:
    """The model that judges, as an entry of a configuration's `models`, from CONTENT_SAFETY in config.py.

    A key is named, never given: the service takes it from its own environment.

    Raises:
        ConfigError: the local platform would not find the key it needs.
    """
    settings = nemo.settings
    model: dict[str, Any] = {"type": "content_safety", "engine": "nim"}
    if settings.content_safety == "local":
        return {**model, "model": safety_policy.LOCAL_MODEL, "parameters": {"base_url": f"{settings.nim_url}/v1"}}
    if settings.content_safety == "nvidia":
        if settings.profile == "local" and not settings.nvidia_api_key:
            raise ConfigError(
                "CONTENT_SAFETY is nvidia, and NVIDIA_API_KEY is not set.",
                "The platform and the notebooks both need it: stop both, export it in the terminal that you start them "
                "from, and start them again. Or use CONTENT_SAFETY=local.",
            )
        key = {"api_key_env_var": "NVIDIA_API_KEY"}
        return {**model, **key, "model": NVIDIA_MODEL, "parameters": {"base_url": NVIDIA_URL}}
    key = {"api_key_env_var": "CONTENT_SAFETY_API_KEY"} if settings.content_safety_needs_key else {}
    base_url = settings.content_safety_url
    return {**model, **key, "model": settings.content_safety_model, "parameters": {"base_url": base_url}}


def config_data(nemo: Connection) -> dict[str, Any]:
    """The configuration of the course: which model judges, at which moment, and by which prompt."""
    return {
        "models": [safety_model(nemo)],
        "rails": {"input": {"flows": [RAIL]}},
        "prompts": [
            {
                "task": "content_safety_check_input $model=content_safety",
                "content": safety_policy.input_prompt(),
                "output_parser": "nemoguard_parse_prompt_safety",
                "max_tokens": 50,
            }
        ],
    }


def ensure_config(nemo: Connection, data: dict[str, Any], name: str = NAME) -> dict[str, Any]:
    """Store a configuration, or bring the one of that name up to date. Doing it twice changes nothing.

    Args:
        data: from `config_data`, or a change of it.
        name: its name in the namespace of config.py.

    Returns:
        the service's record.
    """
    namespace = nemo.settings.namespace
    try:
        body = {"name": name, "namespace": namespace, "data": data, "description": "Content safety of user messages"}
        return nemo.json(SERVICE, "POST", "/v1/guardrail/configs", json=body, retry=True)
    except Conflict:
        path = f"/v1/guardrail/configs/{namespace}/{name}"
        return nemo.json(SERVICE, "PATCH", path, json={"data": data}, retry=True)


def check(nemo: Connection, text: str, model: str, config: str = NAME) -> Verdict:
    """Judge a user's message without asking the model.

    Args:
        text: the message.
        model: the model it is meant for.
        config: name of the configuration.

    Raises:
        BadAnswer: the answer has no status. Treat that as blocked.
    """
    body = _body(nemo, model, [{"role": "user", "content": text}], config)
    started = time.monotonic()
    answer = nemo.json(SERVICE, "POST", "/v1/guardrail/checks", json=body, retry=True, timeout=_TIMEOUT)
    seconds = time.monotonic() - started
    if answer.get("status") not in ("success", "blocked", "unknown"):
        raise _bad_answer(nemo, "checks", "status")
    # Whatever is not a clear pass is a block: "unknown" too.
    return Verdict(answer["status"] != "success", *_why(answer), seconds)


def chat(
    nemo: Connection,
    model: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    config: str = NAME,
    **options: Any,
) -> tuple[dict[str, Any], Verdict]:
    """Ask a model behind the rails.

    Args:
        model: its name at the NIM proxy.
        messages: the conversation so far.
        tools: OpenAI function specs the model may call.
        config: name of the configuration.
        **options: further fields of the request. temperature is 0 unless given.

    Returns:
        the assistant's message, a refusal where the rails have blocked, and the verdict.

    Raises:
        BadAnswer: the answer has no message, or does not tell which rails judged. Treat that as blocked.
    """
    body = {**_body(nemo, model, messages, config), "tools": tools, "temperature": 0.0, **options}
    started = time.monotonic()
    answer = nemo.json(SERVICE, "POST", "/v1/guardrail/chat/completions", json=body, retry=True, timeout=_TIMEOUT)
    seconds = time.monotonic() - started
    try:
        choice = answer["choices"][0]
        message = choice["message"]
    except (KeyError, IndexError, TypeError):
        raise _bad_answer(nemo, "chat/completions", "message") from None
    rails = _rails(answer)
    blocked = choice.get("finish_reason") == "content_filter" or any(rail.get("stop") for rail in rails)
    if not blocked and not rails:  # nobody has judged, or it is not known: no pass
        raise _bad_answer(nemo, "chat/completions", "log of the rails")
    return message, Verdict(blocked, *_why(answer), seconds)


def _body(nemo: Connection, model: str, messages: list[dict[str, Any]], config: str) -> dict[str, Any]:
    guardrails = {"config_id": f"{nemo.settings.namespace}/{config}", "options": {"log": {"activated_rails": True}}}
    return {"model": model, "messages": messages, "guardrails": guardrails}


def _rails(answer: dict[str, Any]) -> list[dict[str, Any]]:
    log = (answer.get("guardrails_data") or {}).get("log") or {}
    return log.get("activated_rails") or []


def _why(answer: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """Categories and reason of a block. They stand in the log, at one place or another by the service's version."""
    stopped = [rail for rail in _rails(answer) if rail.get("stop")]
    categories = dict.fromkeys(name for rail in stopped for name in _violations(rail))
    reasons = [(rail.get("additional_info") or {}).get("reason") for rail in stopped]
    return tuple(categories), next(filter(None, reasons), "")


def _violations(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [str(name) for name in value.get("policy_violations") or []]
        return found + [name for part in value.values() for name in _violations(part)]
    return [name for part in value for name in _violations(part)] if isinstance(value, list) else []


def _bad_answer(nemo: Connection, path: str, missing: str) -> BadAnswer:
    url = f"POST {nemo.settings.guardrails_url}/v1/guardrail/{path}"
    return BadAnswer(SERVICE, url, f"the answer has no {missing} in it.", "See the service's log.")
