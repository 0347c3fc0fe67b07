"""Request bodies, with the field names of the OpenAI API.

A field that would change the answer and is not supported is refused by name: to ignore it would give an answer the
client did not ask for. Messages are the exception, because clients send back whole answers, whatever is in them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from tool_calling.calls import read_call


class StrictBody(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


def _call(value: Any) -> dict[str, Any]:
    name, arguments = read_call(value)
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


#: A call in any form that the training rows may have too.
ToolCall = Annotated[Any, AfterValidator(_call)]


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    tool_calls: list[ToolCall] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Message:
        if self.content is None and not (self.role == "assistant" and self.tool_calls):
            raise ValueError("`content` is required, except beside an assistant's `tool_calls`")
        return self


class Function(BaseModel):
    name: str = Field(min_length=1)
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class Tool(BaseModel):
    type: Literal["function"]
    function: Function


class NamedFunction(BaseModel):
    name: str


class NamedTool(BaseModel):
    type: Literal["function"]
    function: NamedFunction


class StreamOptions(BaseModel):
    include_usage: bool = False


class GenerationBody(StrictBody):
    """What chat and plain completions share.

    ``temperature`` is 0 unless given: sampled answers of a small model are mostly noise, and the course should show the
    same twice.
    """

    model: str
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    stop: str | list[str] | None = None
    n: Literal[1] = 1
    stream: bool = False
    stream_options: StreamOptions | None = None
    presence_penalty: float = Field(default=0.0, ge=-2, le=2)
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2)
    user: str | None = None  # a client's own label; changes nothing

    @field_validator("temperature", "top_p", "n", "presence_penalty", "frequency_penalty", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.model_fields[info.field_name].default if value is None else value

    @field_validator("stop")
    @classmethod
    def _stop_is_list(cls, value: str | list[str] | None) -> list[str]:
        texts = [value] if isinstance(value, str) else value or []
        if len(texts) > 4 or not all(texts):
            raise ValueError("takes up to 4 texts, none of them empty")
        return texts

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with the token counts."""
        return self.stream_options is not None and self.stream_options.include_usage


class ChatBody(GenerationBody):
    messages: list[Message] = Field(min_length=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool = "auto"
    parallel_tool_calls: bool = True

    @field_validator("tool_choice", "parallel_tool_calls", mode="before")
    @classmethod
    def _null_is_usual(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.model_fields[info.field_name].default if value is None else value

    @field_validator("tool_choice")
    @classmethod
    def _choice_fits_tools(cls, choice: str | NamedTool, info: ValidationInfo) -> str | NamedTool:
        names = [tool.function.name for tool in info.data.get("tools") or []]
        if choice == "required" and not names:
            raise ValueError('is "required", but there are no `tools`')
        if isinstance(choice, NamedTool) and choice.function.name not in names:
            raise ValueError(f"names {choice.function.name!r}, but `tools` has {', '.join(names) or 'none'}")
        return choice

    @property
    def named_tool(self) -> str | None:
        """The function ``tool_choice`` names, if it names one."""
        return self.tool_choice.function.name if isinstance(self.tool_choice, NamedTool) else None


class CompletionBody(GenerationBody):
    prompt: str = Field(min_length=1)

    @field_validator("prompt", mode="before")
    @classmethod
    def _one_prompt(cls, value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value
