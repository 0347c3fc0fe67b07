"""What is trained: the encoder's linear layers, each with a small change of low rank (LoRA), and a network on top.

Torch, peft and transformers are for training only. What comes out is applied in numpy, see ``model.py``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import BertConfig, BertModel

from nemo_local.nim.safety.encoder import HEADS, LAYERS, Encoder
from nemo_local.nim.safety.model import WINDOW
from safety_training.rows import Row, noisy, rows
from tool_calling.safety_policy import CATEGORIES

_NAMES = list(CATEGORIES)
# Batches are made of this many rows of similar length, so that little of them is padding.
_SORTED = 40


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Args:
        rank: of the changes; 0 leaves the encoder as it is.
        rate: the highest learning rate, of the changes and of the network on top.
        noise: the share of messages that get typing mistakes, or words before them, in an epoch.
    """

    rank: int = 16
    epochs: int = 6
    rate: float = 6e-4
    batch: int = 32
    inner: int = 256
    dropout: float = 0.3
    smoothing: float = 0.05
    noise: float = 0.3
    seed: int = 0


class Network(nn.Module):
    """A batch of token numbers into verdicts and categories, one row each, before they become likelihoods."""

    def __init__(self, encoder: Encoder, recipe: Recipe) -> None:
        super().__init__()
        weights = {name: torch.tensor(value) for name, value in encoder.weights.items()}
        inner, width = weights["encoder.layer.0.intermediate.dense.weight"].shape
        config = BertConfig(
            hidden_size=width, intermediate_size=inner, num_hidden_layers=LAYERS, num_attention_heads=HEADS
        )
        bert = BertModel(config, add_pooling_layer=False)
        missing = bert.load_state_dict(weights, strict=False).missing_keys
        assert not missing, missing
        lora = LoraConfig(
            r=recipe.rank or 1,
            lora_alpha=2 * recipe.rank,
            lora_dropout=0.05,
            target_modules=["query", "key", "value", "dense"],
        )
        self.encoder = get_peft_model(bert, lora)
        if not recipe.rank:
            self.encoder.requires_grad_(False)
        self.head = nn.Sequential(
            nn.Dropout(0.1),
            nn.Linear(width, recipe.inner),
            nn.GELU(),
            nn.Dropout(recipe.dropout),
            nn.Linear(recipe.inner, 1 + len(CATEGORIES)),
        )

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask[..., None].to(states.dtype)
        return self.head((states * weight).sum(1) / weight.sum(1))


def fit(encoder: Encoder, recipe: Recipe) -> Network:
    """Train on the training rows."""
    torch.manual_seed(recipe.seed)
    network = Network(encoder, recipe).train()
    learning = [value for value in network.parameters() if value.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=recipe.rate, weight_decay=0.02)
    steps = recipe.epochs * -(-len(rows("train", forms_each=1)) // recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / (0.1 * steps)) * max(0.0, 1 - step / steps)
    )
    for epoch in range(recipe.epochs):
        for batch in _batches(encoder, recipe, epoch):
            ids, mask = _padded(encoder, [tokens for tokens, _ in batch])
            answers = network(ids, mask)
            verdict = torch.tensor([float(row.unsafe) for _, row in batch])
            kind = torch.tensor([_NAMES.index(row.category) if row.unsafe else -100 for _, row in batch])
            soft = verdict * (1 - recipe.smoothing) + 0.5 * recipe.smoothing
            loss = binary_cross_entropy_with_logits(answers[:, 0], soft)
            if verdict.any():
                loss = loss + 0.3 * cross_entropy(answers[:, 1:], kind)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learning, 1.0)
            optimiser.step()
            schedule.step()
    return network.eval()


def answers(encoder: Encoder, network: Network, texts: list[str]) -> np.ndarray:
    """The verdict of each text, and its categories, before they become likelihoods."""
    found = []
    with torch.no_grad():
        for start in range(0, len(texts), 64):
            tokens = [encoder.tokens(text)[:WINDOW] for text in texts[start : start + 64]]
            found.append(network(*_padded(encoder, tokens)).numpy())
    return np.concatenate(found).astype(np.float64)


def _batches(encoder: Encoder, recipe: Recipe, epoch: int) -> Iterator[list[tuple[list[int], Row]]]:
    chance = random.Random(f"{recipe.seed}-{epoch}")
    examples = [
        (encoder.tokens(noisy(row.text, recipe.noise, chance))[:WINDOW], row)
        for row in rows("train", seed=1000 * recipe.seed + epoch, forms_each=1)
    ]
    chance.shuffle(examples)
    batches = []
    for start in range(0, len(examples), recipe.batch * _SORTED):
        near = sorted(examples[start : start + recipe.batch * _SORTED], key=lambda example: len(example[0]))
        batches += [near[i : i + recipe.batch] for i in range(0, len(near), recipe.batch)]
    chance.shuffle(batches)
    yield from batches


def _padded(encoder: Encoder, texts: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    whole = [torch.tensor(encoder.with_marks(tokens)) for tokens in texts]
    mask = pad_sequence([torch.ones_like(ids) for ids in whole], batch_first=True)
    return pad_sequence(whole, batch_first=True), mask
