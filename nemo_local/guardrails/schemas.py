"""Request bodies of Guardrails, with the fields of the official SDK."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from nemo_local.common.entities import Body, EntityBody


class ConfigBody(EntityBody):
    data: dict[str, Any] | None = None
    files_url: str | None = None


class RailsOptions(Body):
    """Which rails of a config are run: all of a kind, none, or those named."""

    input: bool | list[str] = True
    output: bool | list[str] = True
    dialog: bool = True
    retrieval: bool | list[str] = True


class LogOptions(Body):
    """What the log holds beside the activated rails, which it always has."""

    activated_rails: bool = True
    llm_calls: bool = False
    internal_events: Literal[False] = False
    colang_history: Literal[False] = False


# What `llm_params` may set: how the model generates. All else would reach the model without having been judged.
GENERATION = frozenset(
    {
        *("temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "seed", "stop", "n"),
        *("presence_penalty", "frequency_penalty", "repetition_penalty", "logprobs", "top_logprobs"),
    }
)
# Fields that models of some servers read beside the messages or the prompt.
_READ_TOO = ("documents", "chat_template", "chat_template_kwargs", "prompt_embeds", "input", "prefix")


class Options(Body):
    rails: RailsOptions = Field(default_factory=RailsOptions)
    llm_params: dict[str, Any] = Field(default_factory=dict)
    log: LogOptions = Field(default_factory=LogOptions)
    llm_output: Literal[False] = False
    output_vars: Literal[False] = False

    @field_validator("llm_params")
    @classmethod
    def _only_generation(cls, value: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(value.keys() - GENERATION):
            raise ValueError(
                f"{unknown[0]!r} is not a parameter of generation, so the model would read something that no rail has "
                f"judged; known ones: {', '.join(sorted(GENERATION))}"
            )
        return value


class GuardrailsData(Body):
    """Which configs apply, and how."""

    config: str | dict[str, Any] | None = None
    config_id: str | None = None
    config_ids: list[str] | None = None
    options: Options = Field(default_factory=Options)
    stream: bool = False
    return_choice: Literal[False] = False
    context: dict[str, Any] | None = None
    state: dict[str, Any] | None = None

    @field_validator("context", "state")
    @classmethod
    def _empty(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value:
            # A client's variables could stand in for the very message that is to be judged.
            raise ValueError("must be empty: every request is judged by its messages alone")
        return value


class Message(BaseModel):
    """A message as it is passed on to the model. Other fields (``tool_calls``, ...) are the model's to judge."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None

    @field_validator("content")
    @classmethod
    def _is_text(cls, value: str | list[dict[str, Any]] | None) -> str | list[dict[str, Any]] | None:
        parts = value if isinstance(value, list) else []
        if not all(part.get("type") == "text" and isinstance(part.get("text"), str) for part in parts):
            raise ValueError("holds something other than text, and only text can be judged")
        return value

    @property
    def text(self) -> str:
        """What it says; parts are joined."""
        if isinstance(self.content, list):
            return "\n".join(part["text"] for part in self.content)
        return self.content or ""


class ModelBody(BaseModel):
    """A request that a model answers. Fields not named here are passed on; the model refuses what it does not know."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model: str = Field(min_length=1)
    stream: bool = False
    guardrails: GuardrailsData = Field(default_factory=GuardrailsData)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _all_is_judged(self) -> ModelBody:
        unread = [*_READ_TOO, *({"messages", "prompt"} - type(self).model_fields.keys())]
        if found := [name for name in unread if (self.model_extra or {}).get(name)]:
            raise ValueError(f"{found[0]!r} would be read by the model and judged by no rail, so it must be left out")
        return self

    @property
    def streams(self) -> bool:
        """Whether the client asked for a stream, in either of the two places there are for it."""
        return self.stream or self.guardrails.stream

    def for_model(self) -> dict[str, Any]:
        """The request as the model gets it."""
        passed_on = self.model_dump(exclude={"guardrails", "stream"}, exclude_unset=True)
        return {**passed_on, **self.guardrails.options.llm_params, "model": self.model}


class ChatBody(ModelBody):
    messages: list[Message] = Field(min_length=1)


class CompletionBody(ModelBody):
    prompt: str = Field(min_length=1)
    suffix: str | None = None

    @property
    def texts(self) -> list[str]:
        """What the model reads."""
        return [text for text in (self.prompt, self.suffix) if text]

    @field_validator("prompt", mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value
