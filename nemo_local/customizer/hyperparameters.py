"""The hyperparameters of a job. Every field is honoured, or refused with a message that names it."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from nemo_local.common.entities import Body
from nemo_local.customizer.target_modules import HF_NAMES, check_target_modules

# Defaults. Three epochs suit the few thousand rows a laptop trains on; the other values are common choices for LoRA
# (Hu et al. 2021) with AdamW. ``seed`` is drawn at random and then recorded.
DEFAULTS: dict[str, Any] = {
    "training_type": "sft",
    "epochs": 3,
    "batch_size": 8,
    "learning_rate": 1e-4,
    "optimizer": "adamw_with_cosine_annealing",
    "warmup_steps": 0,
    "weight_decay": 0.01,
    "adam_beta1": 0.9,
    "adam_beta2": 0.99,
    "log_every_n_steps": 10,
    "val_check_interval": 1.0,
    "sequence_packing_enabled": False,
}
LORA_DEFAULTS: dict[str, Any] = {
    "adapter_dim": 8,
    "alpha": 16,
    "adapter_dropout": 0.0,
    "target_modules": list(HF_NAMES),
}
MAX_ADAPTER_DIM = 512  # the next power of two exceeds the model's hidden size of 576


class _Body(Body):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class LoraParameters(_Body):
    """``hyperparameters.lora``."""

    adapter_dim: int | None = Field(None, ge=1, le=MAX_ADAPTER_DIM)
    adapter_dropout: float | None = Field(None, ge=0, lt=1)
    alpha: int | None = Field(None, ge=1)
    target_modules: list[str] | None = None

    @field_validator("adapter_dim")
    @classmethod
    def _power_of_two(cls, value: int | None) -> int | None:
        if value is not None and value & (value - 1):
            raise ValueError(f"{value} is not a power of 2; choose 8, 16, 32 or another power of 2")
        return value

    @field_validator("target_modules")
    @classmethod
    def _known_modules(cls, value: list[str] | None) -> list[str] | None:
        if value is not None:
            check_target_modules(value)
        return value


class SftParameters(_Body):
    """``hyperparameters.sft``: dropout in the frozen model, which the local training does not support."""

    attention_dropout: float | None = None
    hidden_dropout: float | None = None

    @field_validator("attention_dropout", "hidden_dropout")
    @classmethod
    def _only_zero(cls, value: float | None) -> float | None:
        if value:
            raise ValueError("the local Customizer trains with 0 here; use lora.adapter_dropout to regularise")
        return value


class Hyperparameters(_Body):
    """``hyperparameters`` of a customization job; the names are NeMo Customizer's."""

    finetuning_type: str
    training_type: str | None = None
    epochs: int | None = Field(None, ge=1)
    batch_size: int | None = Field(None, ge=1)
    learning_rate: float | None = Field(None, gt=0)
    optimizer: str | None = None
    min_learning_rate: float | None = Field(None, ge=0)
    warmup_steps: int | None = Field(None, ge=0)
    weight_decay: float | None = Field(None, ge=0)
    adam_beta1: float | None = Field(None, ge=0, lt=1)
    adam_beta2: float | None = Field(None, ge=0, lt=1)
    max_steps: int | None = None
    val_check_interval: int | float | None = None
    log_every_n_steps: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0, lt=2**32)
    sequence_packing_enabled: bool | None = None
    lora: LoraParameters | None = None
    sft: SftParameters | None = None
    dpo: Any = None
    grpo: Any = None
    distillation: Any = None

    @field_validator("finetuning_type")
    @classmethod
    def _only_lora(cls, value: str) -> str:
        if value != "lora":
            raise ValueError(f"{value!r} is not possible on the local platform, which trains 'lora' only")
        return value

    @field_validator("training_type")
    @classmethod
    def _only_sft(cls, value: str | None) -> str | None:
        if value not in (None, "sft"):
            raise ValueError(f"{value!r} is not possible on the local platform, which trains 'sft' only")
        return value

    @field_validator("dpo", "grpo", "distillation")
    @classmethod
    def _no_other_training(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None:
            raise ValueError(f"{info.field_name} is not possible on the local platform, which trains 'sft' only")
        return value

    @field_validator("optimizer")
    @classmethod
    def _only_adamw(cls, value: str | None) -> str | None:
        if value not in (None, "adamw_with_cosine_annealing", "adamw_with_flat_lr"):
            raise ValueError(
                f"{value!r} is not possible on the local platform; choose 'adamw_with_cosine_annealing' or "
                "'adamw_with_flat_lr'"
            )
        return value

    @field_validator("min_learning_rate")
    @classmethod
    def _below_the_peak(cls, value: float | None, info: ValidationInfo) -> float | None:
        if not value:
            return None  # NeMo reads 0 as "not given"
        if info.data.get("optimizer") == "adamw_with_flat_lr":
            raise ValueError("has no effect with 'adamw_with_flat_lr': leave it out, or choose cosine annealing")
        peak = info.data.get("learning_rate") or DEFAULTS["learning_rate"]
        if value >= peak:
            raise ValueError(f"{value} must be lower than learning_rate ({peak})")
        return value

    @field_validator("max_steps")
    @classmethod
    def _no_limit(cls, value: int | None) -> int | None:
        return value if value and value > 0 else None  # NeMo: only a number greater than 0 is a limit

    @field_validator("val_check_interval")
    @classmethod
    def _steps_or_fraction(cls, value: int | float | None) -> int | float | None:
        if isinstance(value, float) and value > 1 and value.is_integer():
            value = int(value)
        if (isinstance(value, int) and value < 1) or (isinstance(value, float) and not 0.1 <= value <= 1):
            raise ValueError(f"{value} is neither a number of steps (from 1) nor a fraction of an epoch (0.1 to 1.0)")
        return value

    def complete(self) -> dict[str, Any]:
        """All values that the training uses: those given, defaults for the others, and a seed."""
        # Where NeMo cannot pack sequences, it warns and trains without. Here the choice does not exist; the job warns.
        named = self.model_dump(exclude_none=True, exclude={"lora", "sft", "sequence_packing_enabled"})
        lora = self.lora.model_dump(exclude_none=True) if self.lora else {}
        values = {"seed": random.randrange(2**31), **DEFAULTS, **named, "lora": {**LORA_DEFAULTS, **lora}}
        if values["optimizer"] == "adamw_with_cosine_annealing":
            values.setdefault("min_learning_rate", 0.1 * values["learning_rate"])
        return values

    def digest(self) -> str:
        """A fingerprint of all values except a random seed: equal for requests that train the same way."""
        values = {**self.complete(), "seed": self.seed}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def limit_val_check_interval(values: dict[str, Any]) -> str | None:
    """Apply NeMo's rule that the first validation comes before ``max_steps``.

    Args:
        values: complete hyperparameters; changed in place if they break the rule.

    Returns:
        What was changed, or None.
    """
    interval, max_steps = values["val_check_interval"], values.get("max_steps")
    if max_steps is None or isinstance(interval, float) or interval <= max_steps:
        return None
    values["val_check_interval"] = shortened = max(1, max_steps - 1)
    return f"val_check_interval was {interval}, more than max_steps ({max_steps}); it is now {shortened}."
