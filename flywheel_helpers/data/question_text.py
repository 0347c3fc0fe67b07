"""Reading the text form of a question back: the inverse of `tool_calling.prompt.question_text`."""

from __future__ import annotations

import json
import re
from typing import Any

from flywheel_helpers.data.tool_schema import ConversionCounts, MalformedRow, function_name, openai_tool

# A line of pretty-printed JSON never begins with "Tools:", a line of the question may: the last such line counts.
_FORM = re.compile(r"\s*Query:(?P<query>.*)^Tools:(?P<tools>.*)", re.DOTALL | re.MULTILINE)


def read_question(text: str) -> tuple[str, list[dict[str, Any]]] | None:
    """The question and its tools in a user's message.

    Args:
        text: as somebody pasted it into a chat window, which may have changed white space around the parts.

    Returns:
        the question, and the tools as OpenAI function specs; None where the text does not have this form.
    """
    parts = _FORM.fullmatch(text)
    try:
        listed = json.loads(parts["tools"]) if parts else None
        if not parts or not parts["query"].strip() or not isinstance(listed, list) or not listed:
            return None
        tools = [openai_tool(function_name(tool, "a tool"), tool, set(), ConversionCounts()) for tool in listed]
    except (ValueError, RecursionError, MalformedRow):
        return None
    return parts["query"].strip(), tools
