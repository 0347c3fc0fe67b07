"""The loss of a packed batch, computed in bounded memory.

A training's memory must depend on neither the batch size nor the length of a row, or the system kills it. Three bounds
ensure that, and none changes the gradients: a batch is accumulated over passes of at most :data:`TOKENS_PER_PASS`
tokens; a single row that is longer has its layers computed again in the backward pass instead of kept; and the logits
of a long answer are made :data:`ANSWER_TOKENS_AT_ONCE` at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft import PeftModel
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from nemo_local.customizer.training.packing import PackedBatch

# Most tokens of one forward and backward pass. Measured in float32, a pass keeps 1.7 MB a token for its backward half
# (in bfloat16 half of that), and the rest of a training takes 1.5 GB. That makes 4.4 GB, half of a laptop with 8 GiB,
# which also runs the platform and a notebook. Any two rows of the course's data set fit (at most 995 tokens each, of
# which they share 252), so its batches of two are computed in one pass.
TOKENS_PER_PASS = 1700

# Answer tokens whose logits are in memory together. Each has 49,152, of which the loss needs about four copies in
# float32: 0.8 MB a token, or 0.4 GB.
ANSWER_TOKENS_AT_ONCE = 512


def answer_loss(model: PeftModel, batch: PackedBatch, recompute: bool = False) -> torch.Tensor:
    """Cross-entropy summed over the answer tokens of a packed batch.

    Logits are computed for those positions alone: the product with the vocabulary would otherwise be a fifth of all
    arithmetic.

    Args:
        model: the model with its adapter.
        batch: the rows.
        recompute: keep no more of each layer than its input, as for a row beyond the bound. It takes a third more time.
    """
    core = model.get_base_model()
    with _layers_recomputed(core, recompute or batch.input_ids.shape[1] > TOKENS_PER_PASS):
        hidden = core.model(
            input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False, batch=batch
        ).last_hidden_state
    answers = hidden[0, batch.predict]
    if len(answers) <= ANSWER_TOKENS_AT_ONCE:
        return _cross_entropy(core.lm_head, answers, batch.targets)
    pieces = zip(answers.split(ANSWER_TOKENS_AT_ONCE), batch.targets.split(ANSWER_TOKENS_AT_ONCE), strict=True)
    losses = [checkpoint(_cross_entropy, core.lm_head, *piece, use_reentrant=False) for piece in pieces]
    return torch.stack(losses).sum()


def _cross_entropy(lm_head: torch.nn.Module, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(lm_head(hidden).float(), targets, reduction="sum")


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
