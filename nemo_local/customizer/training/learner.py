"""A model that learns: what determines a run, the base model with its adapter, the optimizer, and one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from nemo_local.customizer.training.encoding import EncodedRow
from nemo_local.customizer.training.hardware import computes, pick_device
from nemo_local.customizer.training.lora import MergedForward
from nemo_local.customizer.training.loss import Limits, answer_loss
from nemo_local.customizer.training.packing import ATTENTION, PackedBatch, pack, split_into_passes
from nemo_local.model.architectures import read_facts


@dataclass(frozen=True)
class TrainingSpec:
    """Everything that determines a training run. Names are those of NeMo Customizer's hyperparameters.

    ``model_dir`` is the Hugging Face folder of the base model, and ``base_model_name`` what the adapter calls it.
    ``val_check_interval`` is a number of steps if it is an int, a fraction of an epoch if a float in (0, 1].
    ``max_steps`` ends training early; the learning rate schedule then ends there as well.
    ``max_seq_length`` is in tokens: longer rows are left out, with a warning, as a cut row would lose its answer.
    """

    model_dir: Path
    base_model_name: str
    training_file: Path
    validation_file: Path
    output_dir: Path
    checkpoint_dir: Path
    epochs: int
    batch_size: int
    learning_rate: float
    adapter_dim: int
    adapter_dropout: float
    alpha: int
    target_modules: tuple[str, ...]
    warmup_steps: int
    max_steps: int | None
    seed: int
    log_every_n_steps: int
    val_check_interval: float | int
    weight_decay: float
    max_seq_length: int
    min_learning_rate: float | None
    adam_beta1: float
    adam_beta2: float


class Learner:
    """The base model with a fresh LoRA adapter, and AdamW. The caller has seeded torch.

    Args:
        spec: the run's hyperparameters.
        dtype: number format that an interrupted run had. It is kept if this machine computes in it; by default the
            fastest is taken.

    Attributes:
        device: trained on.
        dtype: number format of the frozen weights and activations; the adapter is float32.
        facts: of the base model.
        limits: what bounds the memory of its training.
        model: in training mode.
        optimizer: of the adapter's parameters.
    """

    def __init__(self, spec: TrainingSpec, dtype: torch.dtype | None = None) -> None:
        self.device, fastest = pick_device()
        self.dtype = dtype if dtype is not None and computes(self.device, dtype) else fastest
        self.facts = read_facts(spec.model_dir)
        self.limits = Limits.of(self.facts)
        self.model = load_model(spec, self.device, self.dtype)
        self.model.train()
        # Dropout needs PEFT's own layers. They keep half as much again for the backward pass, so they are recomputed.
        self._merged = MergedForward(self.model) if spec.adapter_dropout == 0 else None
        self._parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self._parameters,
            lr=spec.learning_rate,
            betas=(spec.adam_beta1, spec.adam_beta2),
            weight_decay=spec.weight_decay,
            fused=True,
        )

    @property
    def trainable_parameters(self) -> int:
        """How many numbers the adapter has."""
        return sum(p.numel() for p in self._parameters)

    def refresh(self) -> None:
        """Call this when something else has changed the adapter, such as a loaded checkpoint."""
        if self._merged:
            self._merged.refresh()

    def passes(self, rows: list[EncodedRow]) -> Iterator[PackedBatch]:
        """Rows, packed into passes of as many tokens as the memory allows. Each is made when it is asked for: the
        attention masks of all passes of a large batch, or of a large validation file, would take gigabytes."""
        for group in split_into_passes(rows, self.limits.tokens_per_pass):
            yield pack(group, self.facts.sliding_window).to(self.device, self.dtype)

    def step(self, rows: list[EncodedRow], tokens: float) -> float:
        """Train on some rows once, and return their loss.

        Args:
            rows: of this step.
            tokens: what the loss is divided by: see :func:`add_gradients`.
        """
        loss = add_gradients(self.model, self.passes(rows), tokens, self.limits, recompute=self._merged is None)
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.refresh()
        return loss


def load_model(spec: TrainingSpec, device: torch.device, dtype: torch.dtype) -> PeftModel:
    """The base model with a fresh LoRA adapter (float32) on it. The caller has seeded torch."""
    model = AutoModelForCausalLM.from_pretrained(spec.model_dir, dtype=dtype, attn_implementation=ATTENTION)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=spec.adapter_dim,
        lora_alpha=spec.alpha,
        lora_dropout=spec.adapter_dropout,
        target_modules=list(spec.target_modules),
    )
    tuned = get_peft_model(model, config).to(device)
    tuned.peft_config["default"].base_model_name_or_path = spec.base_model_name  # not this machine's path
    return tuned


def add_gradients(
    model: PeftModel, passes: Iterable[PackedBatch], tokens: float, limits: Limits, recompute: bool = False
) -> float:
    """Add the gradients of one step to those of the adapter, and return the step's loss.

    The loss is a sum over the answer tokens of all passes, divided by one number. How a step is divided into passes
    therefore changes neither its loss nor its gradients.

    Args:
        passes: the step's rows, packed.
        tokens: what the summed loss is divided by: the step's number of rows times the mean number of answer tokens of
            a row of the whole file. If it were divided by the answer tokens of its own rows, a token of a short answer
            ("no tool fits") would weigh several times as much as one of a long answer, the more so the smaller a batch.
        limits, recompute: as for :func:`answer_loss`.
    """
    loss = 0.0
    for batch in passes:
        part = answer_loss(model, batch, limits, recompute) / tokens
        part.backward()
        loss += part.item()
    return loss
