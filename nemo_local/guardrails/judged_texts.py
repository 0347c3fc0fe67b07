"""Which texts of a request and of an answer are judged, and in what form.

What is judged should be all that a user can say, and is all that a caller gets. A safety model reads sentences,
though: given the JSON of a tool call or of tool definitions, it takes the braces for an injected command. So a call is
judged as the words of its name with its argument values, and a question in the course's text form without the
definitions in it, which are the application's, as those in ``tools``, system messages and tool results are.

Somebody who types such a question can hide a request in the definitions. Judging them is no remedy yet: the course's
small safety model then blocks 92 of 120 harmless questions (development rows, names and texts of the definitions behind
the question), or 19 of 79 harmless definitions if their descriptions are judged alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from nemo_local.common.errors import ApiError
from tool_calling import strict_json
from tool_calling.calls import NotACall, read_call
from tool_calling.prompt import read_question

# What an answer's choice and message carry beside text. `logprobs` repeats the tokens of a text that is judged.
_NO_TEXT = frozenset({"index", "finish_reason", "stop_reason", "logprobs", "role", "type", "id"})
_CALLS = ("tool_calls", "function_call")
_CALL = ("type", "id", "index")
_ANY, _NO_IDENTIFIER = re.compile(""), re.compile(r"\W")


def asked(text: str) -> str:
    """What is judged of a user's message."""
    question = read_question(text)
    return text if question is None else question[0]


def said(choice: dict[str, Any]) -> str:
    """What is judged of one choice of an answer, or of a message of an assistant: every text in it, wherever it is.

    Raises:
        ApiError: 502, the content is of a form that nothing here can read.
    """
    parts: list[str] = []
    for key, value in choice.items():
        if key == "message" and isinstance(value, dict):
            parts.append(said(value))
        elif key in _CALLS:
            parts += [_call(call) for call in (value if isinstance(value, list) else [value]) if call]
        elif key in ("content", "text"):
            parts.append(_content(value))
        elif key not in _NO_TEXT:  # reasoning, a refusal, or a field that nobody here has heard of
            parts += _strings(value)
    return "\n".join(filter(None, parts))


def _content(value: Any) -> str:
    if value is None or isinstance(value, str):
        return _calls_as_text(value or "")
    if isinstance(value, list):
        return "\n".join(_strings([_without_type(part) for part in value]))
    raise ApiError(502, f"The model's answer has content that is neither text nor a list: {strict_json.kind(value)}.")


def _without_type(part: Any) -> Any:
    return {key: value for key, value in part.items() if key != "type"} if isinstance(part, dict) else part


def _calls_as_text(text: str) -> str:
    """The calls in a text that is nothing but a JSON list of calls, as models write them in a chat; else the text."""
    try:
        calls = strict_json.loads(text)
        return "\n".join(map(_call_words, calls)) if isinstance(calls, list) and calls else text
    except (strict_json.NotStrict, NotACall):
        return text


def _call(call: Any) -> str:
    try:
        return _call_words(call)
    except NotACall:  # the client gets it all the same
        return "\n".join(_strings(call))


def _call_words(call: Any) -> str:
    name, arguments = read_call(call)
    function = call.get("function", call)
    if (
        not {"function", *_CALL} >= call.keys() - function.keys()
        or not {"name", "arguments", *_CALL} >= function.keys()
    ):
        raise NotACall("it has more in it than a call")
    return "\n".join([name.replace("_", " "), *_strings(arguments, keys=_NO_IDENTIFIER)])


def _strings(value: Any, keys: re.Pattern[str] = _ANY) -> Iterator[str]:
    """Every text in a JSON value, every number as text, and the names of fields that ``keys`` finds."""
    if isinstance(value, dict):
        for key, part in value.items():
            if keys.search(key):
                yield key
            yield from _strings(part, keys)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, keys)
    elif isinstance(value, str):
        yield value
    elif value is not None:
        yield json.dumps(value)
