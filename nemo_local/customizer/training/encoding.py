"""A customization row as token ids, with the part of it that is the assistant's answer."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from nemo_local.model.chat_template import ChatTemplate, message_text
from tool_calling.prompt import render_tool_calls


@dataclass(frozen=True)
class EncodedRow:
    """Token ids of a row; the answer (what the loss is taken on) starts at ``answer_start`` and runs to the end."""

    ids: Sequence[int]
    answer_start: int


def encode_row(row: dict[str, Any], tokenizer: Tokenizer, template: ChatTemplate) -> EncodedRow:
    """Encode ``{messages, tools}``. The last message is the assistant's and is what is learned; earlier ones are
    context.

    Prompt and answer are tokenized separately, because at inference the prompt ends before the answer begins: a token
    that spanned the two would never occur there.

    Args:
        row: checked customization row (see ``datasets.py``).
        tokenizer, template: of the base model.

    Raises:
        ChatTemplateError: the template refuses the conversation.
    """
    *context, answer = row["messages"]
    tools = row.get("tools")
    if answer.get("tool_calls") or (tools and not answer.get("content")):
        text = render_tool_calls(answer.get("tool_calls") or [])
    else:
        text = message_text(answer)
    # Where a text has to begin with a special token, the template writes it.
    prompt_ids = tokenizer.encode(template.render(context, tools), add_special_tokens=False).ids
    answer_ids = tokenizer.encode(template.clean(text) + template.answer_end, add_special_tokens=False).ids
    # An array takes 4 bytes a token, a list of integers up to 36: the rows of a large dataset are all in memory.
    return EncodedRow(array("i", prompt_ids + answer_ids), len(prompt_ids))


def common_prefix_length(rows: list[EncodedRow]) -> int:
    """Number of leading tokens that all rows share. It ends before the first answer token of any row, since an answer
    is never shared."""
    limit = min(row.answer_start for row in rows) - 1
    first = rows[0].ids
    for i in range(limit):
        if any(row.ids[i] != first[i] for row in rows):
            return i
    return max(limit, 0)
