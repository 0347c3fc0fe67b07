"""A model's chat template: messages and tools as the text that the model reads.

The Customizer trains on exactly this text, and the NIM serves exactly this text. The form of tools and calls in it is
defined in `tool_calling.prompt`, and is the same for every model; what stands around it is the model's own template.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nemo_local.model import tokenizer_files
from nemo_local.model.errors import ModelRefused
from nemo_local.model.jinja import ChatTemplateError, compile_template
from nemo_local.model.tokenizer_files import chat_template_source, read_json
from tool_calling.prompt import SYSTEM_MESSAGE, question_text, render_tool_calls

# Text to look for in what a template makes of a conversation.
_MARK = "qzmarkzq"
_USER = {"role": "user", "content": "Hello"}
_ASSISTANT = {"role": "assistant", "content": "Hello"}

Message = dict[str, Any]


class ChatTemplate:
    """How one model reads a conversation.

    Args:
        source: the template, in Jinja.
        tokens: the special tokens that it may name, such as ``bos_token``.
        control: the tokens that give a text its structure.

    Attributes:
        answer_end: what follows an assistant's answer, up to and with the token that ends its turn.
        end_of_turn: that token.

    Raises:
        ModelRefused: the template cannot render a conversation, or ends an answer with no control token.
    """

    def __init__(self, source: str, tokens: dict[str, str], control: list[str]) -> None:
        self._tokens = tokens
        longest_first = sorted(filter(None, control), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        try:
            self._template = compile_template(source)
            self._rendered([_USER])
            answered = self._rendered([_USER, {"role": "assistant", "content": _MARK}], ask=False)
        except ChatTemplateError as error:
            raise ModelRefused(f"{error}. Choose another model, or correct its chat template.") from None
        if not self._takes([], "user") or _MARK not in answered:
            raise ModelRefused("the chat template leaves out messages. Choose an instruction-tuned model.")
        after = answered.rpartition(_MARK)[2]
        end = self._control.search(after)
        if end is None:
            raise ModelRefused(
                "the chat template writes no control token of the tokenizer after an answer, so the model could not "
                "learn where an answer ends. Choose an instruction-tuned model."
            )
        self.answer_end, self.end_of_turn = after[: end.end()], end.group()
        self._takes_system = self._takes([], "system", [_USER])
        self._alternates = not self._takes([_USER], "user")
        self._roles: dict[str, bool] = {"user": True, "assistant": True}

    @classmethod
    def from_folder(cls, folder: Path) -> ChatTemplate:
        """The template of a model.

        Args:
            folder: its Hugging Face folder, or its OpenVINO folder.

        Raises:
            ModelRefused: the model has none, or one that cannot be used.
        """
        source = chat_template_source(folder)
        tokens = tokenizer_files.named_tokens(folder)
        added = read_json(folder / tokenizer_files.TOKENIZER).get("added_tokens") or []
        # Some tokenizers do not mark all tokens that their template writes as special, such as Qwen's <think>.
        control = [
            one["content"]
            for one in added
            if one.get("special") or (one["content"] in source and re.fullmatch(r"[<\[].*[>\]]", one["content"]))
        ]
        return cls(source, tokens, control)

    def render(self, messages: list[Message], tools: list[dict[str, Any]] | None = None) -> str:
        """The whole prompt, ending where the assistant's answer begins.

        Args:
            messages: OpenAI chat messages, oldest first. A system message beside ``tools`` follows the tool selector's
                own; where there is neither, the template decides what the model is told.
            tools: OpenAI function tools; None or empty for plain chat.

        Raises:
            ChatTemplateError: the template refuses the conversation.
        """
        system = "\n\n".join(message_text(m) for m in messages if m["role"] in ("system", "developer"))
        if tools:
            system = f"{SYSTEM_MESSAGE}\n\n{system}" if system else SYSTEM_MESSAGE
        others = [m for m in messages if m["role"] not in ("system", "developer")]
        last_user = max((i for i, m in enumerate(others) if m["role"] == "user"), default=None)
        turns: list[Message] = []
        for i, message in enumerate(others):
            text = message_text(message)
            if message["role"] == "assistant" and message.get("tool_calls"):
                text = render_tool_calls(message["tool_calls"])
            elif tools and i == last_user:
                text = question_text(text, tools)
            self._add(turns, message["role"], self.clean(text))
        return self._rendered(self._with_system(turns, self.clean(system)))

    def clean(self, text: str) -> str:
        """A text with the control tokens taken out: a user must not be able to end a turn and begin another."""
        while (shorter := self._control.sub("", text)) != text:  # what is left can form another one
            text = shorter
        return text

    def _add(self, turns: list[Message], role: str, text: str) -> None:
        if role not in self._roles:
            self._roles[role] = self._takes([_USER, _ASSISTANT], role)
        if not self._roles[role]:
            role = "user"
        if self._alternates and turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n\n{text}"
        else:
            turns.append({"role": role, "content": text})

    def _with_system(self, turns: list[Message], system: str) -> list[Message]:
        if system and self._takes_system:
            return [{"role": "system", "content": system}, *turns]
        if system and turns and turns[0]["role"] == "user":
            return [{"role": "user", "content": f"{system}\n\n{turns[0]['content']}"}, *turns[1:]]
        if system or not turns or (self._alternates and turns[0]["role"] != "user"):
            return [{"role": "user", "content": system}, *turns]
        return turns

    def _takes(self, before: list[Message], role: str, after: list[Message] = ()) -> bool:
        """Whether the template shows a message of this role at this place."""
        try:
            return _MARK in self._rendered([*before, {"role": role, "content": _MARK}, *after])
        except ChatTemplateError:
            return False

    def _rendered(self, messages: list[Message], ask: bool = True) -> str:
        # Models with a thinking mode answer at once without it. The variables are those that transformers passes.
        return self._template(
            messages=messages,
            tools=None,
            documents=None,
            add_generation_prompt=ask,
            enable_thinking=False,
            **self._tokens,
        )


def message_text(message: Message) -> str:
    """A message's text."""
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return content
