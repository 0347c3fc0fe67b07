"""The library ``nemoguardrails``: loaded once, kept off the network, and its models reached through one HTTP client.

Importing it takes seconds, so this module is imported by nobody at the top of a file; see :func:`load`.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import logging
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx

# Before the import: the library reports its use to its makers unless told not to, and reads which framework to use.
os.environ["NEMO_GUARDRAILS_NO_USAGE_STATS"] = "1"

from nemoguardrails import LLMRails, RailsConfig  # noqa: E402
from nemoguardrails.context import llm_call_info_var  # noqa: E402
from nemoguardrails.llm.clients.openai_compatible import OpenAICompatibleClient  # noqa: E402
from nemoguardrails.llm.frameworks import register_framework, set_default_framework  # noqa: E402
from nemoguardrails.llm.models.openai_chat import OpenAIChatModel  # noqa: E402
from nemoguardrails.types import LLMResponse, LLMResponseChunk  # noqa: E402

from nemo_local.common.errors import Invalid  # noqa: E402
from nemo_local.guardrails.templates import with_known_names  # noqa: E402
from nemo_local.guardrails.validation import address  # noqa: E402

# Seconds a model may take for one verdict, unless its config says otherwise.
VERDICT_SECONDS = 15.0
_YES_OR_NO = re.compile(r"\W*(yes|no)\W*", re.IGNORECASE)
# Where the models asked for a verdict note what went wrong: the library itself only says "an internal error".
problems: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("problems", default=None)

# It logs the whole message and its own objects when an action fails. What failed is in our answer.
logging.getLogger("nemoguardrails").setLevel(logging.CRITICAL)


class NoVerdict(Exception):
    """A model was asked for a verdict and gave none."""


class GuardModel:
    """A model as the library sees it: the library's own OpenAI client, with a deadline, and failures noted.

    Args:
        chat: the library's model.
        timeout: seconds for one answer.
    """

    def __init__(self, chat: OpenAIChatModel, timeout: float) -> None:
        self._chat, self._timeout = chat, timeout

    @property
    def model_name(self) -> str:
        return self._chat.model_name

    @property
    def provider_name(self) -> str | None:
        return self._chat.provider_name

    @property
    def provider_url(self) -> str | None:
        return self._chat.provider_url

    async def generate_async(self, prompt: Any, *, stop: list[str] | None = None, **options: Any) -> LLMResponse:
        """Ask the model. Raises NoVerdict, whatever went wrong."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._chat.generate_async(prompt, stop=stop, **options)
            info = llm_call_info_var.get()
            # The library takes any answer that begins with "no" for a pass, "No idea what you mean" too.
            if info and str(info.task).startswith("self_check") and not _YES_OR_NO.fullmatch(answer.content):
                raise NoVerdict(f"it answered {answer.content[:80]!r} instead of yes or no")
            return answer
        except Exception as error:
            said = problems.get()
            if said is not None:
                said.append(f"{self.model_name} at {self.provider_url}: {self._words(error)}")
            raise NoVerdict(str(error)) from error

    def stream_async(self, *_: Any, **__: Any) -> AsyncIterator[LLMResponseChunk]:
        """Part of the library's interface; a verdict is never streamed."""
        raise NotImplementedError

    def _words(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout:g} s"
        # An endpoint that sends back our request must not bring our key into the answer.
        return re.sub(r"Bearer\s+\S+", "Bearer ...", str(error).strip() or type(error).__name__)[:300]


class Framework:
    """Makes the models of configs.

    Args:
        http: the client all of them share.
        nim_url: where a model with the engine ``nim`` is, unless its config says otherwise.
    """

    def __init__(self, http: httpx.AsyncClient, nim_url: str) -> None:
        self._http, self._nim_url = http, nim_url

    def create_model(
        self, model_name: str, provider_name: str, model_kwargs: dict[str, Any] | None = None
    ) -> GuardModel:
        """A model for one entry of a config's ``models``."""
        options = {key: value for key, value in (model_kwargs or {}).items() if key != "mode"}
        base_url = options.pop("base_url", None) or f"{self._nim_url}/v1"
        timeout = options.pop("timeout", VERDICT_SECONDS)
        # The key is the one the config names, or none. The library's own choice would be the NVIDIA_API_KEY of the
        # environment, for any address.
        client = OpenAICompatibleClient(
            base_url=base_url, api_key=options.pop("api_key", None), max_retries=1, http_client=self._http
        )
        return GuardModel(OpenAIChatModel(client, model_name, provider_name=provider_name, **options), timeout)

    def register_provider(self, name: str, provider_cls: Any) -> None:
        """Part of the library's interface; there is nothing to register here."""
        raise NotImplementedError

    def get_provider_names(self) -> list[str]:
        """Part of the library's interface."""
        return ["nim", "openai"]

    async def reset(self) -> None:
        """Part of the library's interface. The client is closed by the service, which owns it."""


def load(http: httpx.AsyncClient, nim_url: str, name: str) -> None:
    """Make the library use our models. ``name`` tells services of one process apart, as tests have them."""
    register_framework(name, Framework(http, nim_url))
    set_default_framework(name)


def build(data: dict[str, Any], main_model: str, field: str = "data") -> LLMRails:
    """The rails of a checked config.

    Args:
        data: the config.
        main_model: asked by rails that check with the model itself.
        field: where the config is in the request, for errors.

    Raises:
        Invalid: the library refuses the config, or a key that it names is not in the environment.
    """
    config = {key: value for key, value in copy.deepcopy(data).items() if value is not None}
    for i, model in enumerate(config.get("models") or []):
        base_url, key_name = address(model)
        parameters = {k: v for k, v in (model.get("parameters") or {}).items() if not k.startswith("openai_api_")}
        model["parameters"] = {**parameters, **({"base_url": base_url} if base_url else {})}
        model |= {"api_key_env_var": key_name} if key_name else {}
        if key_name and not os.environ.get(key_name):
            raise Invalid(
                f"{field}.models.{i}.api_key_env_var",
                f"the environment variable {key_name} is not set where the platform runs. Set it, then start the "
                "platform again.",
            )
        if model["type"] == "main":
            model["model"] = main_model
            for key in ("model", "model_name"):
                model["parameters"].pop(key, None)
    for prompt in config.get("prompts") or []:
        for part in (prompt, *(prompt.get("messages") or [])):
            if part.get("content"):
                part["content"] = with_known_names(part["content"])
    if not any(model["type"] == "main" for model in config.setdefault("models", [])):
        config["models"].append({"type": "main", "engine": "nim", "model": main_model})
    try:
        return LLMRails(RailsConfig.from_content(config=config))
    except Exception as error:
        raise Invalid(field, f"is not a valid rails configuration: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    # Pydantic's message begins with a count of errors and the place; what is wrong comes in the last of its lines.
    errors = getattr(error, "errors", None)
    if callable(errors):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in errors())
    return str(error).splitlines()[0] if str(error) else type(error).__name__
