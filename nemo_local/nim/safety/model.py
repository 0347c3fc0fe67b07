"""The safety model as it is served: a text in, a verdict out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from scipy.special import expit, softmax

from nemo_local.nim.safety.encoder import Encoder, gelu
from tool_calling.safety_policy import CATEGORIES

WEIGHTS = Path(__file__).with_name("weights.safetensors")
# Tokens judged at a time, and how far the next stretch begins after this one. A longer message is judged stretch by
# stretch and sentence by sentence: cut off, or averaged over all of it, one bad sentence would go unseen.
WINDOW, _STEP = 64, 32
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
# A category is named when it is at least this likely, given that the message is unsafe; the likeliest one always is.
_NAMED = 0.3


@dataclass(frozen=True)
class Judgement:
    """What the model thinks of a text.

    Args:
        unsafe: whether the risk reaches the threshold.
        risk: 0 to 1.
        categories: names of the broken categories, the likeliest first; empty for a safe text.
    """

    unsafe: bool
    risk: float
    categories: tuple[str, ...] = ()


class SafetyModel:
    """The safety model, loaded in about a second. Safe to use from several threads.

    Raises:
        EncoderMissing: the package with the encoder is not installed.
    """

    def __init__(self) -> None:
        with safe_open(WEIGHTS, framework="numpy") as file:
            self._learnt = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
            self.threshold = float(file.metadata()["threshold"])
        self._encoder = Encoder(self._learnt)

    def judge(self, text: str) -> Judgement:
        """Judge a text, of whatever length."""
        answers = self._answers(np.stack([self._encoder.vector(tokens) for tokens in self._parts(text)]))
        risks = expit(answers[:, 0])
        risk = float(risks.max())
        if risk < self.threshold:
            return Judgement(False, risk)
        share = softmax(answers[risks.argmax(), 1:])
        names = list(CATEGORIES.values())
        order = [int(i) for i in share.argsort()[::-1]]
        return Judgement(True, risk, tuple(names[i] for i in order if i == order[0] or share[i] >= _NAMED))

    def _parts(self, text: str) -> list[list[int]]:
        """The text as tokens, or its parts where it is long."""
        texts = [text]
        if len(self._encoder.tokens(text)) > WINDOW:
            texts += list(dict.fromkeys(filter(str.strip, _SENTENCE_END.split(text))))
        parts = []
        for tokens in map(self._encoder.tokens, texts):
            starts = range(0, max(1, len(tokens) - WINDOW + _STEP), _STEP)
            parts += [tokens[start : start + WINDOW] for start in starts]
        return parts

    def _answers(self, vectors: np.ndarray) -> np.ndarray:
        """For each vector the verdict, and then one number for each category, before they become likelihoods."""
        inner = gelu(vectors @ self._learnt["inner.weight"].T + self._learnt["inner.bias"])
        return inner @ self._learnt["outer.weight"].T + self._learnt["outer.bias"]
