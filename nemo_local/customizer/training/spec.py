"""What determines a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainingSpec:
    """Everything that determines a training run. Names are those of NeMo Customizer's hyperparameters.

    ``val_check_interval`` is a number of steps if it is an int, a fraction of an epoch if a float in (0, 1].
    ``max_steps`` ends training early; the learning rate schedule then ends there as well.
    ``max_seq_length`` is in tokens: longer rows are left out, with a warning, as a cut row would lose its answer.
    """

    model_dir: Path
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
