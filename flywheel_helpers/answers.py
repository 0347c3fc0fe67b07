"""Reading what a model answered: which functions it called, whether that is right, and how to show it."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from flywheel_helpers.error_kinds import error_kind

LINE, MOST_LINES = 96, 20  # of what is quoted; a base model can ramble


def calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of an assistant's message, or of a row's ground truth, as plain `{"name", "arguments"}`.

    Args:
        message: anything with `tool_calls` in OpenAI's form; `arguments` is JSON text or an object.

    Returns:
        the calls in order. Arguments that are no JSON stay text, so that they equal nothing.
    """
    found = []
    for call in message.get("tool_calls") or []:
        arguments = call["function"].get("arguments")
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except ValueError:
                pass
        found.append({"name": call["function"]["name"], "arguments": arguments})
    return found


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same in JSON: 2 and 2.0 are, 1 and true are not (in Python they would be)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


def verdict(message: dict[str, Any], truth: dict[str, Any]) -> str:
    """One line: does the answer equal the ground truth, and if not, what kind of mistake is it?"""
    if equal(calls(message), calls(truth)):
        return "equal to the ground truth: yes"
    return f"equal to the ground truth: no ({error_kind(truth.get('tool_calls') or [], message)})"


def one_line(message: dict[str, Any]) -> str:
    """An answer as a line of code, `add(a=1, b=2)`; where nothing was called, the text in quotation marks."""
    written = [f"{call['name']}({_arguments(call['arguments'])})" for call in calls(message)]
    if written:
        return " + ".join(written)
    text = " ".join((message.get("content") or "").split())
    return f'no call, but "{text}"' if text.strip("{[]} ") else "no call"


def quote(message: dict[str, Any]) -> str:
    """An answer as it came, each line after a `> `: the calls as JSON where there are any, else the text."""
    found = calls(message)
    if found:
        lines = json.dumps(found, indent=2, ensure_ascii=False).splitlines()
    else:
        text = (message.get("content") or "{[]}").strip()
        lines = [part for line in text.splitlines() for part in textwrap.wrap(line, LINE) or [""]]
    cut = [*lines[:MOST_LINES], "..."] if len(lines) > MOST_LINES else lines
    return "\n".join(f"> {line}".rstrip() for line in cut)


def side_by_side(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """Questions with the right answer and those of both models, each line after a `> `.

    Args:
        pairs: samples of the base and the tuned model for the same row, from `evaluator.samples`.
    """
    blocks = []
    for base, tuned in pairs:
        lines = {
            "question": base["item"]["messages"][-1]["content"],
            "right": one_line(base["item"]),
            "base": one_line(base.get("response") or {}),
            "tuned": one_line(tuned.get("response") or {}),
        }
        blocks.append("\n".join(f"> {name:8}  {_short(text)}" for name, text in lines.items()))
    return "\n>\n".join(blocks) or "> There is none."


def _arguments(arguments: Any) -> str:
    if not isinstance(arguments, dict):
        return str(arguments)
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())


def _short(text: str) -> str:
    return text if len(text) <= LINE else f"{text[: LINE - 4]} ..."
