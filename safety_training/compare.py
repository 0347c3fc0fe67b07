"""``python -m safety_training.compare``: ways to train the safety model, compared on the development rows.

One fit each, from the seed of ``train.py``, so small differences mean nothing. Takes as long as ``train.py``, twice.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch

from nemo_local.nim.safety.encoder import Encoder
from safety_training.learning import Recipe, answers, fit
from safety_training.rows import rows
from safety_training.train import area, balance
from tool_calling.safety_policy import CATEGORIES

_KEPT = Recipe()
WAYS = {
    "encoder as it is, network on top": replace(_KEPT, rank=0, rate=1e-3, epochs=12),
    f"changes of rank {_KEPT.rank}": _KEPT,
}


def main() -> None:
    """Train each way and print how it does."""
    torch.set_num_threads(1)
    encoder, development = Encoder(), rows("development")
    unsafe = np.array([row.unsafe for row in development])
    print(f"{len(development)} development rows, {unsafe.sum()} unsafe\n")
    print("| way | AUC | precision = recall | category right | minutes |\n| --- | --- | --- | --- | --- |")
    for name, recipe in WAYS.items():
        started = time.monotonic()
        network = fit(encoder, recipe)
        minutes = (time.monotonic() - started) / 60
        found = answers(encoder, network, [row.text for row in development])
        right = balance(found[:, 0], unsafe)[1]
        named = np.array(list(CATEGORIES))[found[:, 1:].argmax(1)] == [row.category for row in development]
        print(
            f"| {name} | {area(found[:, 0], unsafe):.3f} | {right:.3f} | {named[unsafe].mean():.3f} | {minutes:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
