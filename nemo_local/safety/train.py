"""``python -m nemo_local.safety.train``: train the safety model and write what it learnt beside this file.

Seeded, and done in seconds: the encoder stays as it is, and what is learnt is one linear layer. Its regularisation and
the threshold are chosen on the validation rows. The test rows are not looked at here.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import nll_loss

from nemo_local.safety.encoder import MAX_TOKENS, unpack_encoder
from nemo_local.safety.net import ANSWERS, SafetyNet
from nemo_local.safety.rows import Row, rows

WEIGHTS = Path(__file__).with_name("weights.safetensors")
SEED = 42
#: Tried regularisations, from next to nothing to a lot.
_PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)


def embed(net: SafetyNet, encoder: Path, examples: list[Row]) -> torch.Tensor:
    """The vector of each row's text."""
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    ids = [encoding.ids for encoding in tokenizer.encode_batch([row.text for row in examples])]
    vectors = torch.zeros(len(ids), net.encoder.config.hidden_size)
    by_length: dict[int, list[int]] = {}
    for place, tokens in enumerate(ids):
        by_length.setdefault(len(tokens), []).append(place)
    with torch.no_grad():
        for places in by_length.values():  # texts of one length need no padding
            vectors[places] = net.embed(torch.tensor([ids[place] for place in places]))
    return vectors


def fit(vectors: torch.Tensor, answers: torch.Tensor, penalty: float) -> torch.nn.Linear:
    """The linear layer that suits these rows best.

    Args:
        vectors: one a row.
        answers: indices in ``ANSWERS``.
        penalty: on the squares of the weights, for vectors scaled to a length of about one.
    """
    centre, spread = vectors.mean(0).double(), vectors.std(0).double() * vectors.shape[1] ** 0.5
    scaled = (vectors.double() - centre) / spread
    layer = torch.nn.Linear(vectors.shape[1], len(ANSWERS), dtype=torch.float64)
    for parameter in layer.parameters():
        torch.nn.init.zeros_(parameter)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = _loss(layer(scaled), answers) + penalty * layer.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    # The scaling becomes part of the layer.
    fitted = torch.nn.Linear(vectors.shape[1], len(ANSWERS))
    with torch.no_grad():
        fitted.weight.copy_(layer.weight / spread)
        fitted.bias.copy_(layer.bias - (layer.weight / spread) @ centre)
    return fitted


def _loss(scores: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Whether it is safe counts twice as much as which category it is."""
    likely = scores.log_softmax(-1)
    unsafe = torch.logsumexp(likely[:, 1:], -1)
    return 0.5 * nll_loss(likely, answers) - torch.where(answers > 0, unsafe, likely[:, 0]).mean()


def validate(layer: torch.nn.Linear, vectors: torch.Tensor, answers: torch.Tensor) -> tuple[float, float, float]:
    """How well a layer tells safe from unsafe.

    Returns:
        the share of pairs in the right order (the area under the ROC curve); the share that is right where as many
        rows are called unsafe as there are, so that precision and recall are equal; and the threshold for that.
    """
    with torch.no_grad():
        risk, unsafe = 1 - layer(vectors).softmax(-1)[:, 0], answers > 0
    ordered, count = risk.sort(descending=True).values, int(unsafe.sum())
    threshold = float((ordered[count - 1] + ordered[count]) / 2)
    area = float((risk[unsafe][:, None] > risk[~unsafe][None]).float().mean())
    return area, int((unsafe & (risk >= threshold)).sum()) / count, threshold


def answers_of(examples: list[Row]) -> torch.Tensor:
    """Index in ``ANSWERS`` of each row."""
    return torch.tensor([ANSWERS.index(row.category) for row in examples])


def main() -> None:
    """Train and write the weights."""
    torch.manual_seed(SEED)
    training, validation = rows("train"), rows("validation")
    with tempfile.TemporaryDirectory() as folder:
        net = SafetyNet(unpack_encoder(Path(folder)))
        vectors, unseen = (embed(net, Path(folder), examples) for examples in (training, validation))
        found = []
        for penalty in _PENALTIES:
            layer = fit(vectors, answers_of(training), penalty)
            area, right, threshold = validate(layer, unseen, answers_of(validation))
            print(f"penalty {penalty:g}: validation AUC {area:.3f}, precision = recall = {right:.3f}")
            found.append((area, threshold, layer))
        _, threshold, net.head = max(found, key=lambda one: one[0])
        net.save(WEIGHTS, threshold)
    print(f"{len(training)} rows; {WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e3:.0f} kB, threshold {threshold:.3f}")


if __name__ == "__main__":
    main()
