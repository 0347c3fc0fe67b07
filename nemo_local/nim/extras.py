"""Fields of a request that this NIM has no use for: which of their values change nothing, and why others cannot be.

Clients send the fields of OpenAI, vLLM and NVIDIA's NIM with values that ask for nothing: null, false, empty, or the
default. Those are accepted. A value that would change the answer is refused, with the reason: to ignore it would give
an answer that the client did not ask for.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from tool_calling.scoring import json_equal

# Fields whose value never changes the answer: labels, and what concerns only the server of somebody else.
IGNORED = {
    *("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"),
    *("request_id", "priority", "cache_salt"),
}

_SAMPLING = "temperature, top_p, seed and the two penalties are all that steer sampling here"
_ONE_ANSWER = "one request gets one answer here; for more, send it again with another seed"
_FORM = "the form of the prompt is fixed, as training and inference must agree on it"
_FUNCTIONS = "functions are given in `tools` and `tool_choice` here"

# Values that change nothing, beside null, false and what is empty; and why no other value is supported.
_KNOWN: dict[str, tuple[tuple, str]] = {
    "n": ((1,), _ONE_ANSWER),
    "best_of": ((1,), _ONE_ANSWER),
    "logprobs": ((False,), "the probabilities of tokens are not reported here"),
    "top_logprobs": ((0,), "the probabilities of tokens are not reported here"),
    "logit_bias": ((), _SAMPLING),
    "top_k": ((-1, 0), _SAMPLING),
    "min_p": ((0,), _SAMPLING),
    "repetition_penalty": ((1,), _SAMPLING),
    "length_penalty": ((1,), _SAMPLING),
    "use_beam_search": ((False,), _SAMPLING),
    "min_tokens": ((0,), "an answer ends where the model ends it"),
    "ignore_eos": ((False,), "an answer ends where the model ends it"),
    "stop_token_ids": ((), "an answer can be ended by texts, in `stop`, not by tokens"),
    "echo": ((False,), "the prompt is not repeated in the answer"),
    "suffix": (("",), "text is continued here, not inserted"),
    "modalities": ((["text"],), "the model writes text only"),
    "functions": ((), _FUNCTIONS),
    "function_call": (("none", "auto"), _FUNCTIONS),
    "reasoning_effort": (("none",), "the model does not reason before it answers"),
    "response_format": (({"type": "text"},), "only chat completions can be held to a format"),
    "skip_special_tokens": ((True,), _FORM),
    "spaces_between_special_tokens": ((True,), _FORM),
    "add_generation_prompt": ((True,), _FORM),
    "add_special_tokens": ((True, False), _FORM),
    "continue_final_message": ((False,), _FORM),
    "chat_template": ((), _FORM),
    "chat_template_kwargs": ((), _FORM),
    "guided_json": ((), "only a chat completion is held to a schema, and to that of `response_format` if it has one"),
    "guided_regex": ((), "an answer can be held to a JSON Schema only, with `response_format`"),
    "guided_choice": ((), "an answer can be held to a JSON Schema only, with `response_format`"),
    "guided_grammar": ((), "an answer can be held to a JSON Schema only, with `response_format`"),
}


def problems(extras: dict[str, Any], known: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What in the fields that a request body does not have would change the answer: path and reason of each.

    Args:
        extras: the fields. `nvext` is NVIDIA's own object of such fields.
        known: names of the fields that the body has, to find a misspelt one.
    """
    for name, value in extras.items():
        if name == "nvext" and isinstance(value, dict):
            yield from ((("nvext", *path), reason) for path, reason in problems(value, ()))
        elif name not in IGNORED and not _changes_nothing(name, value):
            yield (name,), _reason(name, value, known)


def _changes_nothing(name: str, value: Any) -> bool:
    values, _ = _KNOWN.get(name, ((False,), ""))
    empty = isinstance(value, str | list | dict) and not value
    return value is None or empty or any(json_equal(value, neutral) for neutral in values)


def _reason(name: str, value: Any, known: Iterable[str]) -> str:
    if name not in _KNOWN:
        near = difflib.get_close_matches(name, list(known), 1)
        return f"there is no such field; did you mean {near[0]}?" if near else "there is no such field; leave it out"
    values, reason = _KNOWN[name]
    instead = " or ".join(json.dumps(neutral) for neutral in values)
    written = json.dumps(value, ensure_ascii=False)
    written = written if len(written) <= 60 else f"{written[:60]} ..."
    return f"{written} is not supported: {reason}. {f'It should be {instead}, or left' if instead else 'Leave it'} out"
