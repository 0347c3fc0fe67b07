"""The base model's chat template: messages and tools as the ChatML text that it reads.

The Customizer trains on exactly this text, and the NIM serves exactly this text. The form of tools and calls in it is
defined in `tool_calling.prompt`.
"""

from __future__ import annotations

from typing import Any

from tool_calling.prompt import SYSTEM_MESSAGE, question_text, render_tool_calls

IM_START, IM_END = "<|im_start|>", "<|im_end|>"

# The system message of the base model's own instruction tuning; used if a request has neither tools nor a system
# message.
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def render_chat(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None) -> str:
    """The whole prompt in ChatML, ending where the assistant's answer begins.

    Args:
        messages: OpenAI chat messages, oldest first. A system message beside ``tools`` follows the tool selector's own.
        tools: OpenAI function tools; None or empty for plain chat.
    """
    system = "\n\n".join(message_text(m) for m in messages if m["role"] in ("system", "developer"))
    if tools:
        system = f"{SYSTEM_MESSAGE}\n\n{system}" if system else SYSTEM_MESSAGE
    turns = [m for m in messages if m["role"] not in ("system", "developer")]
    last_user = max((i for i, m in enumerate(turns) if m["role"] == "user"), default=None)
    parts = [_turn("system", system or DEFAULT_SYSTEM)]
    for i, message in enumerate(turns):
        text = message_text(message)
        if message["role"] == "assistant" and message.get("tool_calls"):
            text = render_tool_calls(message["tool_calls"])
        elif tools and i == last_user:
            text = question_text(text, tools)
        parts.append(_turn(message["role"], text))
    return "".join(parts) + f"{IM_START}assistant\n"


def _turn(role: str, text: str) -> str:
    return f"{IM_START}{role}\n{text}{IM_END}\n"


def message_text(message: dict[str, Any]) -> str:
    """A message's text with the control tokens taken out: a user must not be able to end a turn and begin another."""
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return content.replace(IM_START, "").replace(IM_END, "")
