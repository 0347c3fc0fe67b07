"""Turns tokens into text piece by piece; the joined pieces do not depend on where they were cut."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer


class TextStream:
    """Turns the tokens of one answer into text as they come.

    Keeps back what may still change: the bytes of an incomplete character, and an end that may become a stop text.

    Args:
        tokenizer: of the model.
        stop: the text ends before the first of these; see ``stopped``.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = stop
        self._tokens: list[int] = []
        self._before: list[int] = []
        self._held = ""
        self.stopped = False

    def add(self, tokens: Sequence[int]) -> str:
        """The text that can no longer change; may be empty."""
        self._tokens += tokens
        text = self._decoded()
        if text.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        self._before, self._tokens = self._tokens, []
        return self._release(text)

    def rest(self) -> str:
        """The text that was kept back, once there are no more tokens."""
        text = "" if self.stopped else self._release(self._decoded()) + self._held
        self._tokens.clear()
        self._held = ""
        return text

    def _decoded(self) -> str:
        """The text of the tokens that have none yet. They are decoded after those before them, because some tokenizers
        leave out a space at the beginning of a text."""
        before = self._tokenizer.decode(self._before)  # without special tokens
        return self._tokenizer.decode(self._before + self._tokens)[len(before) :]

    def _release(self, text: str) -> str:
        text = self._held + text
        found = [position for stop in self._stop if (position := text.find(stop)) >= 0]
        if found:
            self.stopped = True
            self._held = ""
            return text[: min(found)]
        held = max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of ``text`` that begins ``stop``."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
