"""LoRA fine-tuning of the base model on one machine: the loop, its schedule, its checkpoints."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from nemo_local.customizer.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from nemo_local.customizer.training.datasets import DatasetError
from nemo_local.customizer.training.encoding import EncodedRow, encode_row
from nemo_local.customizer.training.errors import JobError
from nemo_local.customizer.training.lora import MergedForward
from nemo_local.customizer.training.loss import TOKENS_PER_PASS, answer_loss
from nemo_local.customizer.training.packing import ATTENTION, PackedBatch, pack, split_into_passes
from nemo_local.model.base_model import CONTEXT_LENGTH, HUB_NAME

# Seconds between checkpoints: the most work that a killed job has to repeat.
CHECKPOINT_EVERY = 30.0

OnEvent = Callable[[dict[str, Any]], None]


class TrainingDiverged(JobError):
    """The loss is no longer a finite number, so that nothing more can be learned."""


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


def pick_device() -> tuple[torch.device, torch.dtype]:
    """The device to train on and the number format of the frozen weights and activations: bfloat16 where the hardware
    multiplies it natively, else float32 (a CPU that emulates bfloat16 is four times slower with it, not faster)."""
    if torch.cuda.is_available():
        return torch.device("cuda"), torch.bfloat16
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.device("cpu"), torch.bfloat16 if native else torch.float32


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
    tuned.peft_config["default"].base_model_name_or_path = HUB_NAME  # not this machine's path
    return tuned


def learning_rate(step: int, total_steps: int, spec: TrainingSpec) -> float:
    """Linear warm-up, then a cosine down to ``min_learning_rate`` (by default a tenth of the peak), as in NeMo's cosine
    annealing. ``step`` counts from 0."""
    floor = spec.min_learning_rate or 0.1 * spec.learning_rate
    if step < spec.warmup_steps:
        return spec.learning_rate * (step + 1) / spec.warmup_steps
    done = (step - spec.warmup_steps) / max(1, total_steps - spec.warmup_steps)
    return floor + (spec.learning_rate - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def add_gradients(model: PeftModel, passes: Iterable[PackedBatch], tokens: float, recompute: bool = False) -> float:
    """Add the gradients of one step to those of the adapter, and return the step's loss.

    The loss is a sum over the answer tokens of all passes, divided by one number. How a step is divided into passes
    therefore changes neither its loss nor its gradients.

    Args:
        passes: the step's rows, packed.
        tokens: what the summed loss is divided by: the step's number of rows times the mean number of answer tokens of
            a row of the whole file. If it were divided by the answer tokens of its own rows, a token of a short answer
            ("no tool fits") would weigh several times as much as one of a long answer, the more so the smaller a batch.
        recompute: as for :func:`answer_loss`.
    """
    loss = 0.0
    for batch in passes:
        part = answer_loss(model, batch, recompute) / tokens
        part.backward()
        loss += part.item()
    return loss


def read_rows(path: Path, tokenizer, max_seq_length: int, on_event: OnEvent) -> list[EncodedRow]:
    """Encode every row of a checked JSONL file that fits into ``max_seq_length`` tokens and into the model's context.

    Raises:
        DatasetError: no row fits.
    """
    limit = min(max_seq_length, CONTEXT_LENGTH)
    with path.open(encoding="utf-8") as lines:
        rows = [encode_row(json.loads(line), tokenizer) for line in lines if line.strip()]
    fitting = [row for row in rows if len(row.ids) <= limit]
    if len(fitting) < len(rows):
        left_out = len(rows) - len(fitting)
        message = f"{left_out} of {len(rows)} rows of {path.name} are longer than {limit} tokens and were left out"
        on_event({"type": "warning", "message": message})
    if not fitting:
        raise DatasetError(
            f"every row of {path.name} is longer than {limit} tokens (the smaller of the configuration's "
            f"max_seq_length, {max_seq_length}, and the model's context, {CONTEXT_LENGTH}). Shorten the rows, or use a "
            "configuration with a larger max_seq_length."
        )
    return fitting


@torch.no_grad()
def validation_loss(model: PeftModel, rows: list[EncodedRow], device: torch.device, dtype: torch.dtype) -> float:
    """Mean cross-entropy per answer token over all validation rows."""
    model.eval()
    total = tokens = 0
    for batch in packed(rows, device, dtype):
        total += answer_loss(model, batch).item()
        tokens += len(batch.targets)
    model.train()
    return total / tokens


def require_finite(name: str, loss: float, step: int, spec: TrainingSpec) -> float:
    """Return ``loss`` if it is finite; raise TrainingDiverged, which names it, the step and what to change, if not."""
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"the {name} loss of step {step} is {loss}, so the training diverged. The usual cause is a learning_rate "
            f"that is too high (here {spec.learning_rate:g}): lower it and create the job again."
        )
    return loss


def train(spec: TrainingSpec, on_event: OnEvent) -> dict[str, Any]:
    """Fine-tune, and write the adapter with the lowest validation loss to ``spec.output_dir`` in PEFT's format.

    Args:
        spec: what to train. If its ``checkpoint_dir`` holds a checkpoint, training resumes from it.
        on_event: called with each event (``started``, ``train_loss``, ``val_loss``, ``progress``, ``best``,
            ``checkpoint``, ``warning``), in order.

    Returns:
        ``steps``, ``epochs``, ``seconds`` (of this process's steps), ``tokens`` (real tokens of the rows those steps
        trained on, prefix included for every row), ``tokens_per_second``, ``best_epoch``, ``train_loss``,
        ``val_loss``.

    Raises:
        DatasetError: no row fits into ``max_seq_length``.
        TrainingDiverged: a loss is infinite or not a number.
    """
    torch.manual_seed(spec.seed)
    device, dtype = pick_device()
    tokenizer = AutoTokenizer.from_pretrained(spec.model_dir)
    rows = read_rows(spec.training_file, tokenizer, spec.max_seq_length, on_event)
    validation = read_rows(spec.validation_file, tokenizer, spec.max_seq_length, on_event)

    model = load_model(spec, device, dtype)
    model.train()
    # Dropout needs PEFT's own layers. They keep half as much again for the backward pass, so they are recomputed.
    merged = MergedForward(model) if spec.adapter_dropout == 0 else None
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters,
        lr=spec.learning_rate,
        betas=(spec.adam_beta1, spec.adam_beta2),
        weight_decay=spec.weight_decay,
        fused=True,
    )

    steps_per_epoch = math.ceil(len(rows) / spec.batch_size)
    total_steps = min(spec.epochs * steps_per_epoch, spec.max_steps or math.inf)
    check_every = spec.val_check_interval
    if isinstance(check_every, float):
        check_every = max(1, round(check_every * steps_per_epoch))

    progress = load_checkpoint(spec.checkpoint_dir, model, optimizer) or Progress()
    if merged:
        merged.refresh()
    on_event(
        {
            "type": "started",
            "steps_per_epoch": steps_per_epoch,
            "total_steps": total_steps,
            "trainable_parameters": sum(p.numel() for p in parameters),
            "dtype": str(dtype).removeprefix("torch."),
            "device": str(device),
            "resumed_from_step": progress.step,
        }
    )
    row_tokens = sum(len(row.ids) - row.answer_start for row in rows) / len(rows)
    seconds, tokens, last_checkpoint = 0.0, 0, time.monotonic()
    order: list[int] = []
    while progress.step < total_steps:
        epoch, index = divmod(progress.step, steps_per_epoch)
        if not order or index == 0:
            order = epoch_order(len(rows), spec.seed, epoch)
        began = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress.step, total_steps, spec)
        chosen = [rows[i] for i in order[index * spec.batch_size : (index + 1) * spec.batch_size]]
        # Each step has its own seed, so that dropout is the same in a resumed run as in an uninterrupted one.
        torch.manual_seed(spec.seed * 1_000_003 + progress.step)
        passes = packed(chosen, device, dtype)
        loss = add_gradients(model, passes, row_tokens * len(chosen), recompute=merged is None)
        require_finite("training", loss, progress.step + 1, spec)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if merged:
            merged.refresh()
        progress.add(loss)
        seconds += time.perf_counter() - began
        tokens += sum(len(row.ids) for row in chosen)

        where = {"step": progress.step, "epoch": (progress.step - 1) // steps_per_epoch + 1}
        on_event({"type": "progress", **where})
        last = progress.step == total_steps
        if progress.step % spec.log_every_n_steps == 0 or last:
            on_event({"type": "train_loss", **where, "value": progress.take_mean()})
        if progress.step % check_every == 0 or last:
            value = validation_loss(model, validation, device, dtype)
            require_finite("validation", value, progress.step, spec)
            on_event({"type": "val_loss", **where, "value": value})
            if progress.best_val_loss is None or value < progress.best_val_loss:
                progress.best_val_loss, progress.best_epoch = value, where["epoch"]
                progress.best_train_loss = progress.last_train_loss
                model.save_pretrained(spec.output_dir, save_embedding_layers=False)
                on_event({"type": "best", **where, "train_loss": progress.best_train_loss, "val_loss": value})
        if time.monotonic() - last_checkpoint > CHECKPOINT_EVERY and not last:
            save_checkpoint(spec.checkpoint_dir, model, optimizer, progress)
            last_checkpoint = time.monotonic()
            on_event({"type": "checkpoint", **where})
    return {
        "steps": progress.step,
        "epochs": math.ceil(progress.step / steps_per_epoch),
        "seconds": round(seconds, 1),
        "tokens": tokens,
        "tokens_per_second": round(tokens / seconds, 1) if seconds else 0.0,
        "best_epoch": progress.best_epoch,
        "train_loss": progress.best_train_loss,
        "val_loss": progress.best_val_loss,
    }


def packed(rows: list[EncodedRow], device: torch.device, dtype: torch.dtype) -> Iterator[PackedBatch]:
    """Pack rows into passes of at most :data:`TOKENS_PER_PASS` tokens, each made when it is asked for: the attention
    masks of all passes of a large batch, or of a large validation file, would take gigabytes."""
    for group in split_into_passes(rows, TOKENS_PER_PASS):
        yield pack(group).to(device, dtype)


def epoch_order(rows: int, seed: int, epoch: int) -> list[int]:
    """The order of the rows in an epoch (from 0). It depends on seed and epoch alone, so a resumed run repeats it."""
    order = list(range(rows))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return order
