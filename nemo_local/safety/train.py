"""``python -m nemo_local.safety.train``: train the safety model and write what it learnt beside this file.

Seeded, and done in about half a minute: the encoder stays as it is, and what is learnt is one linear layer. Its
regularisation and the threshold are chosen on the validation rows. The test rows are not looked at here.
"""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save_file
from scipy.optimize import minimize

from nemo_local.safety.encoder import Encoder
from nemo_local.safety.model import ANSWERS, WEIGHTS, WINDOW
from nemo_local.safety.rows import Row, rows

#: Tried regularisations, from next to nothing to a lot.
_PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)


def embed(encoder: Encoder, examples: list[Row]) -> np.ndarray:
    """The vector of each row's text."""
    return np.stack([encoder.vector(encoder.tokens(row.text)[:WINDOW]) for row in examples]).astype(np.float64)


def fit(vectors: np.ndarray, answers: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of the linear layer that suits these rows best.

    Args:
        vectors: one a row.
        answers: indices in ``ANSWERS``.
        penalty: on the squares of the weights, for vectors scaled to a length of about one.
    """
    centre, spread = vectors.mean(0), vectors.std(0) * np.sqrt(vectors.shape[1])
    scaled = np.hstack([(vectors - centre) / spread, np.ones((len(vectors), 1))])
    shape = (len(ANSWERS), scaled.shape[1])
    weighed = np.ones(shape)
    weighed[:, -1] = 0.0  # a bias costs nothing

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        layer = flat.reshape(shape)
        value, slope = _loss(scaled @ layer.T, answers)
        value += penalty * float((weighed * layer**2).sum())
        return value, (slope.T @ scaled + 2 * penalty * weighed * layer).ravel()

    layer = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    layer = layer.reshape(shape)
    weights = layer[:, :-1] / spread  # the scaling becomes part of the layer
    return weights, layer[:, -1] - weights @ centre


def _loss(scores: np.ndarray, answers: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss and its slope: whether a row is safe counts twice as much as which category it breaks."""
    count, places = len(scores), np.arange(len(scores))
    likely = np.exp(scores - scores.max(1, keepdims=True))
    likely /= likely.sum(1, keepdims=True)
    wanted = np.zeros_like(scores)
    wanted[places, answers] = 1.0
    # Of an unsafe row, all unsafe answers together shall be likely, in whatever proportion.
    group = np.where((answers > 0)[:, None], likely * (np.arange(scores.shape[1]) > 0), wanted)
    inside = np.where(answers > 0, 1 - likely[:, 0], likely[:, 0])
    group = np.where((answers > 0)[:, None], group / np.maximum(inside, 1e-12)[:, None], group)
    value = -0.5 * np.log(likely[places, answers] + 1e-12).mean() - np.log(inside + 1e-12).mean()
    return float(value), (0.5 * (likely - wanted) + (likely - group)) / count


def validate(weights: np.ndarray, biases: np.ndarray, vectors: np.ndarray, unsafe: np.ndarray) -> tuple[float, ...]:
    """How well a layer tells safe from unsafe.

    Returns:
        the share of pairs in the right order (the area under the ROC curve); the share that is right where as many
        rows are called unsafe as there are, so that precision and recall are equal; and the threshold for that.
    """
    scores = vectors @ weights.T + biases
    likely = np.exp(scores - scores.max(1, keepdims=True))
    risk = 1 - likely[:, 0] / likely.sum(1)
    ordered, count = np.sort(risk)[::-1], int(unsafe.sum())
    threshold = float((ordered[count - 1] + ordered[count]) / 2)
    area = float((risk[unsafe][:, None] > risk[~unsafe][None]).mean())
    return area, float((risk[unsafe] >= threshold).mean()), threshold


def main() -> None:
    """Train and write the weights."""
    training, validation = rows("train"), rows("validation")
    encoder = Encoder()
    vectors, unseen = embed(encoder, training), embed(encoder, validation)
    answers = np.array([ANSWERS.index(row.category) for row in training])
    unsafe = np.array([row.unsafe for row in validation])
    found = []
    for penalty in _PENALTIES:
        weights, biases = fit(vectors, answers, penalty)
        area, right, threshold = validate(weights, biases, unseen, unsafe)
        print(f"penalty {penalty:g}: validation AUC {area:.3f}, precision = recall = {right:.3f}", flush=True)
        found.append((area, threshold, weights, biases))
    _, threshold, weights, biases = max(found, key=lambda one: one[0])
    learnt = {"weight": weights.astype(np.float32), "bias": biases.astype(np.float32)}
    save_file(learnt, WEIGHTS, metadata={"threshold": f"{threshold:.4f}"})
    print(f"{len(training)} rows; {WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e3:.0f} kB, threshold {threshold:.3f}")


if __name__ == "__main__":
    main()
