"""``python -m nemo_local.safety.train``: train the safety model and write what it learnt beside this file.

Seeded; a few minutes on two free cores. Epochs and threshold were chosen on the validation rows, the test rows are
read by ``measure`` only.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import nll_loss

from nemo_local.safety.encoder import MAX_TOKENS, unpack_encoder
from nemo_local.safety.net import ANSWERS, SafetyNet
from nemo_local.safety.rows import Row, rows

WEIGHTS = Path(__file__).with_name("weights.safetensors")
SEED = 42
EPOCHS = 4
_BATCH = 32
_LEARNING_RATE = 1e-3


class Batches:
    """Rows as token ids, in batches of texts of like length."""

    def __init__(self, tokenizer: Tokenizer, examples: list[Row]) -> None:
        self.ids = [encoding.ids for encoding in tokenizer.encode_batch([row.text for row in examples])]
        self.answers = torch.tensor([ANSWERS.index(row.category) for row in examples])

    def shuffled(self, generator: random.Random) -> list[list[int]]:
        """Indices of all rows, batch by batch."""
        order = list(range(len(self.ids)))
        generator.shuffle(order)
        stretches = [order[i : i + 8 * _BATCH] for i in range(0, len(order), 8 * _BATCH)]
        batches = []
        for stretch in stretches:
            stretch.sort(key=lambda i: len(self.ids[i]))
            batches += [stretch[i : i + _BATCH] for i in range(0, len(stretch), _BATCH)]
        generator.shuffle(batches)
        return batches

    def tensors(self, indices: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Padded token ids, and the mask that tells them from the padding."""
        length = max(len(self.ids[i]) for i in indices)
        ids, mask = torch.zeros(2, len(indices), length, dtype=torch.long)
        for place, i in enumerate(indices):
            ids[place, : len(self.ids[i])] = torch.tensor(self.ids[i])
            mask[place, : len(self.ids[i])] = 1
        return ids, mask


def train(encoder: Path) -> tuple[SafetyNet, float]:
    """Train on the training rows; gives the net and the threshold that suits the validation rows.

    Args:
        encoder: folder of the encoder.
    """
    torch.manual_seed(SEED)
    generator = random.Random(SEED)
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    training, validation = (Batches(tokenizer, rows(split)) for split in ("train", "validation"))
    net = SafetyNet(encoder)
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], _LEARNING_RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(training.ids) // _BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 20) * (1 - step / steps))
    started = time.monotonic()
    for epoch in range(EPOCHS):
        net.train()
        for indices in training.shuffled(generator):
            loss = _loss(net(*training.tensors(indices)), training.answers[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        found, threshold = _validate(net, validation)
        print(f"epoch {epoch + 1}: {found}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return net, threshold


def _loss(scores: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Whether it is safe counts twice as much as which category it is."""
    likely = scores.log_softmax(-1)
    unsafe = torch.logsumexp(likely[:, 1:], -1)
    return 0.5 * nll_loss(likely, answers) - torch.where(answers > 0, unsafe, likely[:, 0]).mean()


def _validate(net: SafetyNet, validation: Batches) -> tuple[str, float]:
    """A line of what the validation rows say, and the threshold with precision and recall nearest to each other."""
    net.eval()
    with torch.no_grad():
        chunks = [list(range(i, min(i + 64, len(validation.ids)))) for i in range(0, len(validation.ids), 64)]
        scores = torch.cat([net(*validation.tensors(chunk)) for chunk in chunks])
    risk, unsafe = 1 - scores.softmax(-1)[:, 0], validation.answers > 0
    ordered = risk.sort(descending=True).values
    # As many are called unsafe as there are: then a miss and a false alarm are equally frequent.
    count = int(unsafe.sum())
    threshold = float((ordered[count - 1] + ordered[count]) / 2)
    caught = int((unsafe & (risk >= threshold)).sum())
    area = (risk[unsafe][:, None] > risk[~unsafe][None]).float().mean()
    return f"validation: {caught} of {count} caught at precision {caught / count:.3f}, AUC {area:.3f}", threshold


def main() -> None:
    """Train and write the weights."""
    torch.use_deterministic_algorithms(True)
    with tempfile.TemporaryDirectory() as folder:
        net, threshold = train(unpack_encoder(Path(folder)))
        net.save(WEIGHTS, threshold)
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1e6:.1f} MB, threshold {threshold:.3f}")


if __name__ == "__main__":
    main()
