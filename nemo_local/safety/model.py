"""The safety model as it is served: token ids through OpenVINO, and a verdict."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
from tokenizers import Tokenizer

from nemo_local.base_model import make_once
from nemo_local.safety.encoder import unpack_encoder
from nemo_local.safety.policy import CATEGORIES
from nemo_local.settings import Settings

_WEIGHTS = Path(__file__).with_name("weights.safetensors")
_MODEL, _THRESHOLD = "model.xml", "threshold.txt"
#: Tokens judged at a time, and how far the next stretch begins after this one. A long message is judged stretch by
#: stretch: cut off, or averaged over all of it, one bad sentence at its end would go unseen.
WINDOW, _STEP = 64, 32
#: A category is named when it is at least this likely, given that the message is unsafe; the likeliest one always is.
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
    """The safety model, loaded. Safe to use from several threads; they take turns.

    Args:
        folder: from :func:`ensure_safety_model`.
    """

    def __init__(self, folder: Path) -> None:
        self.threshold = float((folder / _THRESHOLD).read_text())
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        model = openvino.Core().compile_model(folder / _MODEL, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
        self._request = model.create_infer_request()
        self._turn = threading.Lock()

    def judge(self, text: str) -> Judgement:
        """Judge a text, of whatever length."""
        scores = np.concatenate([self._scores(ids) for ids in self._stretches(text)])
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        worst = likely[likely[:, 0].argmin()]
        risk = float(1 - worst[0])
        if risk < self.threshold:
            return Judgement(False, risk)
        share = worst[1:] / worst[1:].sum()
        names = list(CATEGORIES.values())
        order = [int(i) for i in share.argsort()[::-1]]
        return Judgement(True, risk, tuple(names[i] for i in order if i == order[0] or share[i] >= _NAMED))

    def _stretches(self, text: str) -> list[list[int]]:
        first, *ids, last = self._tokenizer.encode(text).ids  # [CLS] ... [SEP]
        starts = range(0, max(1, len(ids) - WINDOW + _STEP), _STEP)
        return [[first, *ids[start : start + WINDOW], last] for start in starts]

    def _scores(self, ids: list[int]) -> np.ndarray:
        with self._turn:
            return self._request.infer([np.array([ids], dtype=np.int64)])[0].copy()


def ensure_safety_model(settings: Settings) -> Path:
    """Folder of the safety model, made on first use from the encoder and what it learnt (about 10 s).

    Raises:
        EncoderMissing: the package with the encoder is not installed.
    """
    version = hashlib.sha256(_WEIGHTS.read_bytes()).hexdigest()[:12]
    return make_once(settings.models_dir / f"content-safety-{version}", _write)


def _write(folder: Path) -> None:
    # Imported here: torch takes seconds to load, and is not needed once the model is made.
    import torch

    from nemo_local.safety.net import SafetyNet

    unpack_encoder(folder)
    net = SafetyNet(folder)
    threshold = net.load(_WEIGHTS)
    example = torch.ones(1, 8, dtype=torch.long)
    converted = openvino.convert_model(net, example_input=example)
    openvino.save_model(converted, folder / _MODEL)
    (folder / _THRESHOLD).write_text(f"{threshold}\n")
    (folder / "model.safetensors").unlink()
