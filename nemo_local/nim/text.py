"""Tokens into text, piece by piece, such that the pieces joined are the same however they were cut."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer


class TextStream:
    """Turns the tokens of one answer into text as they come.

    Holds back what may still change: the bytes of an unfinished character, and an end that could grow into a stop text.

    Args:
        tokenizer: of the model.
        stop: the text ends before the first of these; see ``stopped``.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = stop
        self._tokens: list[int] = []
        self._held = ""
        self.stopped = False

    def add(self, tokens: Sequence[int]) -> str:
        """The text that is certain now; may be empty."""
        self._tokens += tokens
        text = self._tokenizer.decode(self._tokens)  # without special tokens
        if text.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        self._tokens.clear()
        return self._release(text)

    def rest(self) -> str:
        """What was held back, once no more tokens come."""
        text = "" if self.stopped else self._release(self._tokenizer.decode(self._tokens)) + self._held
        self._tokens.clear()
        self._held = ""
        return text

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
