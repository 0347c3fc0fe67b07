"""The loss of a packed batch, computed in bounded memory.

A training's memory must depend on neither the batch size nor the length of a row, or the system kills it. Three bounds
ensure that, and none changes the gradients: a batch is accumulated over passes of a limited number of tokens; a single
row that is longer has its layers computed again in the backward pass instead of kept; and the logits of a long answer
are made a limited number at a time. The limits depend on the model: see `nemo_local.model.facts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import PeftModel
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from nemo_local.customizer.training.packing import PackedBatch
from nemo_local.model.facts import ModelFacts


@dataclass(frozen=True)
class Limits:
    """What bounds the memory of a training.

    Args:
        tokens_per_pass: most tokens of one forward and backward pass.
        answer_tokens_at_once: answer tokens whose logits are in memory together.
    """

    tokens_per_pass: int
    answer_tokens_at_once: int

    @classmethod
    def of(cls, model: ModelFacts) -> Limits:
        """The limits of a model."""
        return cls(model.tokens_per_pass, model.answer_tokens_at_once)


def answer_loss(model: PeftModel, batch: PackedBatch, limits: Limits, recompute: bool = False) -> torch.Tensor:
    """Cross-entropy summed over the answer tokens of a packed batch.

    Logits are computed for those positions alone: the product with the vocabulary would otherwise be a fifth of all
    arithmetic.

    Args:
        model: the model with its adapter.
        batch: the rows.
        limits: of the model.
        recompute: keep no more of each layer than its input, as for a row beyond the bound. It takes a third more time.
    """
    core = model.get_base_model()
    with _layers_recomputed(core, recompute or batch.input_ids.shape[1] > limits.tokens_per_pass):
        hidden = core.model(
            input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False, batch=batch
        ).last_hidden_state
    answers = hidden[0, batch.predict]
    at_once = limits.answer_tokens_at_once
    if len(answers) <= at_once:
        return _cross_entropy(core, answers, batch.targets)
    pieces = zip(answers.split(at_once), batch.targets.split(at_once), strict=True)
    losses = [checkpoint(_cross_entropy, core, *piece, use_reentrant=False) for piece in pieces]
    return torch.stack(losses).sum()


def _cross_entropy(core: PreTrainedModel, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits = core.lm_head(hidden)
    if cap := getattr(core.config, "final_logit_softcapping", None):  # a field of Gemma's
        logits = cap * torch.tanh(logits / cap)
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")


@contextmanager
def _layers_recomputed(core: PreTrainedModel, needed: bool) -> Iterator[None]:
    """Have the forward pass inside keep the input of each layer only (gradient checkpointing)."""
    if not needed:
        yield
        return
    core.gradient_checkpointing_enable()
    try:
        yield
    finally:
        core.gradient_checkpointing_disable()
        core.disable_input_require_grads()  # which enabling switched on, and every later pass would pay for
