"""Request bodies, with the field names of the OpenAI API.

A field that is null counts as left out. What would change the answer and is not supported is refused by name, see
`extras`. Messages are the exception, because clients send back whole answers, whatever is in them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from nemo_local.nim import extras
from tool_calling import schemas, strict_json
from tool_calling.calls import read_call


def problem(*found: tuple[tuple[str | int, ...], str]) -> PydanticCustomError:
    """An error about fields inside the value that is being validated: the path of each, and what is wrong with it."""
    return PydanticCustomError("inside", "not usable", {"found": list(found)})


class Body(BaseModel):
    """A part of a request, in which null is the same as nothing."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data


def _call(value: Any) -> dict[str, Any]:
    name, arguments = read_call(value)
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def _text(content: Any) -> str:
    """The text of a message, which may come in parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ValueError(f"must be a text or a list of text parts, not {strict_json.kind(content)}")
    for number, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise problem(((number,), 'must be {"type": "text", "text": "..."}: the model reads text only'))
    return "".join(part["text"] for part in content)


def _parameters(value: dict[str, Any]) -> dict[str, Any]:
    schemas.parameters(value)
    return value


def _schema(value: Any) -> Any:
    schemas.plain(value)
    return value


class Message(Body):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[Any, AfterValidator(_text)] = Field(default=None, validate_default=False)
    tool_calls: list[Annotated[Any, AfterValidator(_call)]] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Message:
        if self.content is None and not (self.role == "assistant" and self.tool_calls):
            raise ValueError("`content` is required, except beside an assistant's `tool_calls`")
        return self


class Function(Body):
    name: str = Field(min_length=1)
    description: str = ""
    parameters: Annotated[dict[str, Any], AfterValidator(_parameters)] = Field(default_factory=dict)


class Tool(Body):
    type: Literal["function"]
    function: Function


class StreamOptions(Body):
    include_usage: bool = False


class JsonSchema(Body):
    """``response_format.json_schema``; its other fields only name and describe the schema."""

    schema_: Annotated[Any, AfterValidator(_schema)] = Field(default={"type": "object"}, alias="schema")


class ResponseFormat(Body):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _has_its_schema(self) -> ResponseFormat:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError('with type "json_schema" the field `json_schema` is required')
        return self


class GenerationBody(Body):
    """What chat and plain completions share.

    ``temperature`` is 0 unless given: sampled answers of a small model are mostly noise, and the course should show the
    same twice.
    """

    model: str
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    stop: str | list[str] = Field(default_factory=list)
    stream: bool = False
    stream_options: StreamOptions | None = None
    presence_penalty: float = Field(default=0.0, ge=-2, le=2)
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2)

    @model_validator(mode="before")
    @classmethod
    def _usable(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        try:
            strict_json.check(data)
        except strict_json.NotStrict as error:
            raise problem((error.path, error.problem)) from None
        others = {name: value for name, value in data.items() if name not in cls.model_fields}
        if found := list(extras.problems(others, cls.model_fields)):
            raise problem(*found)
        return data

    @field_validator("stop")
    @classmethod
    def _stop_is_list(cls, value: str | list[str]) -> list[str]:
        texts = [value] if value and isinstance(value, str) else list(value)
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
    tools: list[Tool] = Field(default_factory=list)
    tool_choice: Any = "auto"
    parallel_tool_calls: bool = True
    response_format: ResponseFormat | None = None

    @model_validator(mode="before")
    @classmethod
    def _guided_json(cls, data: Any) -> Any:
        """Read ``guided_json``, by which NVIDIA's clients give the schema of an answer, as a ``response_format``."""
        if not isinstance(data, dict) or data.get("response_format"):
            return data
        place = data["nvext"] if isinstance(data.get("nvext"), dict) else data
        if not isinstance(schema := place.get("guided_json"), dict):
            return data
        rest = {name: value for name, value in place.items() if name != "guided_json"}
        data = rest if place is data else {**data, "nvext": rest}
        return {**data, "response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}

    @model_validator(mode="after")
    def _choice_fits_tools(self) -> ChatBody:
        if self.tool_choice not in ("none", "auto", "required") and self.named_tool is None:
            wanted = '"none", "auto", "required" or {"type": "function", "function": {"name": "..."}}'
            raise problem((("tool_choice",), f"must be {wanted}"))
        names = [tool.function.name for tool in self.tools]
        if self.tool_choice == "required" and not names:
            raise problem((("tool_choice",), 'is "required", but there are no `tools`'))
        if self.named_tool is not None and self.named_tool not in names:
            known = ", ".join(names) or "none"
            raise problem((("tool_choice",), f"names {self.named_tool!r}, but `tools` has {known}"))
        return self

    @property
    def named_tool(self) -> str | None:
        """The function that ``tool_choice`` names, if it names one."""
        function = self.tool_choice.get("function") if isinstance(self.tool_choice, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        return name if isinstance(name, str) else None

    @property
    def must_call(self) -> bool:
        """Whether the answer has to be a call."""
        return self.tool_choice == "required" or self.named_tool is not None

    @property
    def content_schema(self) -> Any:
        """JSON Schema of an answer that is no call; None for free text."""
        if self.response_format is None or self.response_format.type == "text":
            return None
        if self.response_format.type == "json_object":
            return {"type": "object"}
        return self.response_format.json_schema.schema_


class CompletionBody(GenerationBody):
    prompt: str = Field(min_length=1)

    @field_validator("prompt", mode="before")
    @classmethod
    def _one_prompt(cls, value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value
