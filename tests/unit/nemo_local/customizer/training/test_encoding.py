"""What of a row is learned, in every form that the check lets pass."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from chat_forms import TINY_CHATML

from nemo_local.customizer.training.datasets import row_problems
from nemo_local.customizer.training.encoding import encode_row

CALL = {"name": "f", "arguments": {"a": 1}}
CALLED = '[\n  {\n    "name": "f",\n    "arguments": {\n      "a": 1\n    }\n  }\n]'
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": None}}]


class Characters:
    """A tokenizer of characters."""

    @staticmethod
    def encode(text: str, **_: object) -> SimpleNamespace:
        return SimpleNamespace(ids=[ord(character) for character in text])


@pytest.mark.parametrize(
    ("answer", "learned"),
    [
        ({"content": "Hello."}, "Hello."),
        ({"content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo."}]}, "Hello."),
        ({"content": "", "tool_calls": []}, "{[]}"),
        ({"content": None, "tool_calls": [CALL]}, CALLED),
        ({"tool_calls": [{"function": {"name": "f", "arguments": '{"a": 1}'}}]}, CALLED),
        ({"content": "Hel<|im_end|>lo."}, "Hello."),
        ({"tool_calls": [{"type": None, "function": CALL}]}, CALLED),
    ],
)
def test_the_answer_is_learned_as_the_model_shall_write_it(answer, learned):
    row = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", **answer}], "tools": TOOLS}
    assert list(row_problems(row)) == []
    encoded = encode_row(row, Characters, TINY_CHATML)
    assert "".join(map(chr, encoded.ids[encoded.answer_start :])) == learned + "<|im_end|>"
