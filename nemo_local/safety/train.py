"""``python -m nemo_local.safety.train``: train the safety model and write what it learnt beside this file.

Done in about half a minute, with the same result each time: the encoder stays as it is, and what is learnt are two
linear layers, one for the verdict and one for the category of what is unsafe. Their regularisation and the threshold
are chosen on the validation rows. The test rows are not looked at here.
"""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save_file
from scipy.optimize import minimize
from scipy.special import softmax

from nemo_local.safety.encoder import Encoder
from nemo_local.safety.model import WEIGHTS, WINDOW
from nemo_local.safety.policy import CATEGORIES
from nemo_local.safety.rows import Row, rows

#: Tried regularisations, from next to nothing to a lot.
_PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)


def embed(encoder: Encoder, examples: list[Row]) -> np.ndarray:
    """The vector of each row's text."""
    return np.stack([encoder.vector(encoder.tokens(row.text)[:WINDOW]) for row in examples]).astype(np.float64)


def fit(vectors: np.ndarray, answers: np.ndarray, count: int, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of the linear layer that tells answers apart best.

    Args:
        vectors: one a row.
        answers: the right one of each row, 0 to ``count`` - 1.
        count: how many there are.
        penalty: on the squares of the weights, for vectors scaled to a length of about one.
    """
    centre, spread = vectors.mean(0), vectors.std(0) * np.sqrt(vectors.shape[1])
    scaled = np.hstack([(vectors - centre) / spread, np.ones((len(vectors), 1))])
    wanted = np.eye(count)[answers]
    weighed = np.ones((count, scaled.shape[1]))
    weighed[:, -1] = 0.0  # a bias costs nothing

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        layer = flat.reshape(weighed.shape)
        likely = softmax(scaled @ layer.T, axis=1)
        value = -np.log((likely * wanted).sum(1) + 1e-12).mean() + penalty * float((weighed * layer**2).sum())
        return value, ((likely - wanted).T @ scaled / len(scaled) + 2 * penalty * weighed * layer).ravel()

    layer = minimize(loss, np.zeros(weighed.size), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    layer = layer.reshape(weighed.shape)
    weights = layer[:, :-1] / spread  # the scaling becomes part of the layer
    return weights, layer[:, -1] - weights @ centre


def judge(layer: tuple[np.ndarray, np.ndarray], vectors: np.ndarray) -> np.ndarray:
    """How likely each answer is, for each row."""
    return softmax(vectors @ layer[0].T + layer[1], axis=1)


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
    """Train both layers and write the weights."""
    training, validation = rows("train"), rows("validation")
    encoder = Encoder()
    vectors, unseen = embed(encoder, training), embed(encoder, validation)
    bad, unseen_bad = (np.array([row.unsafe for row in split]) for split in (training, validation))
    verdicts, kinds = [], []
    for penalty in _PENALTIES:
        layer = fit(vectors, bad.astype(int), 2, penalty)
        area, right, threshold = validate(judge(layer, unseen)[:, 1], unseen_bad)
        print(f"verdict, penalty {penalty:g}: AUC {area:.3f}, precision = recall = {right:.3f}", flush=True)
        verdicts.append((area, threshold, layer))
    names = list(CATEGORIES)
    right_names, unseen_names = (
        np.array([names.index(r.category) for r in s if r.unsafe]) for s in (training, validation)
    )
    for penalty in _PENALTIES:
        layer = fit(vectors[bad], right_names, len(names), penalty)
        right = float((judge(layer, unseen[unseen_bad]).argmax(1) == unseen_names).mean())
        print(f"category, penalty {penalty:g}: {right:.3f} right", flush=True)
        kinds.append((right, layer))
    _, threshold, verdict = max(verdicts, key=lambda one: one[0])
    _, kind = max(kinds, key=lambda one: one[0])
    learnt = {
        "verdict.weight": verdict[0],
        "verdict.bias": verdict[1],
        "category.weight": kind[0],
        "category.bias": kind[1],
    }
    learnt = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in learnt.items()}
    save_file(learnt, WEIGHTS, metadata={"threshold": f"{threshold:.4f}"})
    print(f"{len(training)} rows; {WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e3:.0f} kB, threshold {threshold:.3f}")


if __name__ == "__main__":
    main()
