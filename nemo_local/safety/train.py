"""``python -m nemo_local.safety.train``: train the safety model and write what it learnt beside this file.

Done in about three minutes of one core, from a fixed seed: the encoder stays as it is, and what is learnt is a network
with one inner layer, which gives the verdict and the category of what is unsafe. The threshold is chosen on the
validation rows. The test rows are not looked at here.
"""

from __future__ import annotations

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from nemo_local.safety.encoder import Encoder
from nemo_local.safety.model import WEIGHTS, WINDOW
from nemo_local.safety.policy import CATEGORIES
from nemo_local.safety.rows import Row, rows

_SEED, _INNER, _EPOCHS, _BATCH, _RATE = 0, 128, 12, 64, 1e-3


def embed(encoder: Encoder, examples: list[Row]) -> np.ndarray:
    """The vector of each row's text."""
    tokens = [encoder.tokens(row.text)[:WINDOW] for row in examples]
    lengths = np.array([len(one) for one in tokens])
    found: dict[int, np.ndarray] = {}
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        found.update(zip(chosen.tolist(), encoder.vectors([tokens[i] for i in chosen]), strict=True))
    return np.stack([found[number] for number in range(len(examples))])


def fit(vectors: np.ndarray, unsafe: np.ndarray, category: np.ndarray) -> nn.Sequential:
    """The network that answers a vector with a verdict and with the category, if it is unsafe.

    Args:
        vectors: one a row, scaled to a mean of 0 and a spread of 1.
        unsafe: the right verdict of each row.
        category: the number of its category, -100 for a safe row.
    """
    torch.manual_seed(_SEED)
    network = nn.Sequential(
        nn.Dropout(0.2),
        nn.Linear(vectors.shape[1], _INNER),
        nn.GELU(),
        nn.Dropout(0.3),
        nn.Linear(_INNER, 1 + len(CATEGORIES)),
    )
    given, verdict, kind = torch.tensor(vectors), torch.tensor(unsafe, dtype=torch.float32), torch.tensor(category)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=0.1)
    slower = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, _EPOCHS * -(-len(given) // _BATCH))
    for _ in range(_EPOCHS):
        for batch in torch.randperm(len(given)).split(_BATCH):
            answers = network(given[batch])
            loss = binary_cross_entropy_with_logits(answers[:, 0], verdict[batch])
            loss = loss + 0.5 * cross_entropy(answers[:, 1:], kind[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            slower.step()
    return network.eval()


def validate(risk: np.ndarray, unsafe: np.ndarray) -> tuple[float, float, float]:
    """How well risks tell safe from unsafe.

    Returns:
        the share of pairs in the right order (the area under the ROC curve); the share that is right where as many
        rows are called unsafe as there are, so that precision and recall are equal; and the threshold for that.
    """
    ordered, count = np.sort(risk)[::-1], int(unsafe.sum())
    threshold = float((ordered[count - 1] + ordered[count]) / 2)
    area = float((risk[unsafe][:, None] > risk[~unsafe][None]).mean())
    return area, float((risk[unsafe] >= threshold).mean()), threshold


def main() -> None:
    """Train the network and write the weights."""
    training, validation = rows("train"), rows("validation")
    encoder, names = Encoder(), list(CATEGORIES)
    vectors, unseen = embed(encoder, training), embed(encoder, validation)
    bad, unseen_bad = (np.array([row.unsafe for row in split]) for split in (training, validation))
    kinds, unseen_kinds = (
        np.array([names.index(row.category) if row.unsafe else -100 for row in split])
        for split in (training, validation)
    )
    centre, spread = vectors.mean(0), vectors.std(0)
    network = fit((vectors - centre) / spread, bad, kinds)
    with torch.no_grad():
        answers = network(torch.tensor((unseen - centre) / spread))
    risk = answers[:, 0].sigmoid().numpy().astype(np.float64)
    area, right, threshold = validate(risk, unseen_bad)
    named = float((answers[:, 1:].argmax(1).numpy() == unseen_kinds)[unseen_bad].mean())
    print(f"{len(validation)} validation rows: AUC {area:.3f}, precision = recall = {right:.3f}, category {named:.3f}")
    inner, outer = ({k: v.numpy() for k, v in network[i].state_dict().items()} for i in (1, 4))
    weight = inner["weight"] / spread  # the scaling becomes part of the layer
    learnt = {
        "inner.weight": weight,
        "inner.bias": inner["bias"] - weight @ centre,
        "outer.weight": outer["weight"],
        "outer.bias": outer["bias"],
    }
    learnt = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in learnt.items()}
    save_file(learnt, WEIGHTS, metadata={"threshold": f"{threshold:.4f}"})
    print(f"{len(training)} rows; {WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e3:.0f} kB, threshold {threshold:.3f}")


if __name__ == "__main__":
    main()
