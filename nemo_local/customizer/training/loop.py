"""LoRA fine-tuning of the base model on one machine: the loop, its schedule, its checkpoints."""

from __future__ import annotations

import ctypes
import json
import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from nemo_local.customizer.training.checkpoint import (
    Progress,
    load_checkpoint,
    save_adapter,
    save_checkpoint,
    saved_progress,
)
from nemo_local.customizer.training.datasets import DatasetError
from nemo_local.customizer.training.encoding import EncodedRow, encode_row
from nemo_local.customizer.training.errors import JobError
from nemo_local.customizer.training.learner import Learner, TrainingSpec
from nemo_local.customizer.training.loss import answer_loss
from nemo_local.model.architectures import read_facts
from nemo_local.model.chat_template import ChatTemplate
from nemo_local.model.jinja import ChatTemplateError
from nemo_local.model.tokenizer_files import load_tokenizer

# Seconds between checkpoints: the most work that a killed job has to repeat.
CHECKPOINT_EVERY = 30.0

OnEvent = Callable[[dict[str, Any]], None]


class TrainingDiverged(JobError):
    """The loss is no longer a finite number, so that nothing more can be learned."""


def learning_rate(step: int, total_steps: int, spec: TrainingSpec) -> float:
    """Linear warm-up, then a cosine down to ``min_learning_rate`` (by default a tenth of the peak), as in NeMo's cosine
    annealing. ``step`` counts from 0."""
    floor = spec.min_learning_rate or 0.1 * spec.learning_rate
    if step < spec.warmup_steps:
        return spec.learning_rate * (step + 1) / spec.warmup_steps
    done = (step - spec.warmup_steps) / max(1, total_steps - spec.warmup_steps)
    return floor + (spec.learning_rate - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def row_encoder(model_dir: Path) -> tuple[Callable[[dict[str, Any]], EncodedRow], int]:
    """What encodes rows for a model, and the model's context length."""
    model = read_facts(model_dir)
    tokenizer, template = load_tokenizer(model_dir, model.vocab_size), ChatTemplate.from_folder(model_dir)
    return lambda row: encode_row(row, tokenizer, template), model.context_length


def read_rows(
    path: Path,
    encode: Callable[[dict[str, Any]], EncodedRow],
    max_seq_length: int,
    context_length: int,
    on_event: OnEvent,
) -> list[EncodedRow]:
    """Encode every row of a checked JSONL file that fits into ``max_seq_length`` tokens and into the model's context.

    Raises:
        DatasetError: no row fits, or the model's chat template refuses one.
    """
    limit = min(max_seq_length, context_length)
    try:
        with path.open(encoding="utf-8") as lines:
            rows = [encode(json.loads(line)) for line in lines if line.strip()]
    except ChatTemplateError as error:
        raise DatasetError(
            f"a row of {path.name} cannot be written for this model: {error}. Change or remove it."
        ) from None
    fitting = [row for row in rows if len(row.ids) <= limit]
    if len(fitting) < len(rows):
        left_out = len(rows) - len(fitting)
        message = f"{left_out} of {len(rows)} rows of {path.name} are longer than {limit} tokens and were left out"
        on_event({"type": "warning", "message": message})
    if not fitting:
        raise DatasetError(
            f"every row of {path.name} is longer than {limit} tokens (the smaller of the configuration's "
            f"max_seq_length, {max_seq_length}, and the model's context, {context_length}). Shorten the rows, or use a "
            "configuration with a larger max_seq_length."
        )
    return fitting


@torch.no_grad()
def validation_loss(learner: Learner, rows: list[EncodedRow]) -> float:
    """Mean cross-entropy per answer token over all validation rows."""
    learner.model.eval()
    total = tokens = 0
    for batch in learner.passes(rows):
        total += answer_loss(learner.model, batch, learner.limits).item()
        tokens += len(batch.targets)
    learner.model.train()
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
    encode, context_length = row_encoder(spec.model_dir)
    rows = read_rows(spec.training_file, encode, spec.max_seq_length, context_length, on_event)
    validation = read_rows(spec.validation_file, encode, spec.max_seq_length, context_length, on_event)
    saved = saved_progress(spec.checkpoint_dir)
    learner = Learner(spec, getattr(torch, saved.dtype) if saved and saved.dtype else None)

    steps_per_epoch = math.ceil(len(rows) / spec.batch_size)
    total_steps = min(spec.epochs * steps_per_epoch, spec.max_steps or math.inf)
    check_every = spec.val_check_interval
    if isinstance(check_every, float):
        check_every = max(1, round(check_every * steps_per_epoch))

    progress = load_checkpoint(spec.checkpoint_dir, learner.model, learner.optimizer) or Progress()
    progress.dtype = str(learner.dtype).removeprefix("torch.")
    learner.refresh()
    on_event(
        {
            "type": "started",
            "steps_per_epoch": steps_per_epoch,
            "total_steps": total_steps,
            "trainable_parameters": learner.trainable_parameters,
            "dtype": progress.dtype,
            "device": str(learner.device),
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
        for group in learner.optimizer.param_groups:
            group["lr"] = learning_rate(progress.step, total_steps, spec)
        chosen = [rows[i] for i in order[index * spec.batch_size : (index + 1) * spec.batch_size]]
        # Each step has its own seed, so that dropout is the same in a resumed run as in an uninterrupted one.
        torch.manual_seed(spec.seed * 1_000_003 + progress.step)
        loss = learner.step(chosen, row_tokens * len(chosen))
        require_finite("training", loss, progress.step + 1, spec)
        progress.add(loss)
        seconds += time.perf_counter() - began
        tokens += sum(len(row.ids) for row in chosen)

        where = {"step": progress.step, "epoch": (progress.step - 1) // steps_per_epoch + 1}
        on_event({"type": "progress", **where})
        last = progress.step == total_steps
        if progress.step % spec.log_every_n_steps == 0 or last:
            on_event({"type": "train_loss", **where, "value": progress.take_mean()})
        if progress.step % check_every == 0 or last:
            value = validation_loss(learner, validation)
            require_finite("validation", value, progress.step, spec)
            on_event({"type": "val_loss", **where, "value": value})
            if progress.best_val_loss is None or value < progress.best_val_loss:
                progress.best_val_loss, progress.best_epoch = value, where["epoch"]
                progress.best_train_loss = progress.last_train_loss
                save_adapter(spec.output_dir, learner.model)
                on_event({"type": "best", **where, "train_loss": progress.best_train_loss, "val_loss": value})
        if time.monotonic() - last_checkpoint > CHECKPOINT_EVERY and not last:
            save_checkpoint(spec.checkpoint_dir, learner.model, learner.optimizer, progress)
            return_free_memory()
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


def return_free_memory() -> None:
    """Return freed memory to the operating system, where the C library can do that (GNU's can).

    Rows differ in length, so every step allocates blocks of other sizes. The free space between them breaks into ever
    smaller pieces, and without this the process keeps growing.
    """
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def epoch_order(rows: int, seed: int, epoch: int) -> list[int]:
    """The order of the rows in an epoch (from 0). It depends on seed and epoch alone, so a resumed run repeats it."""
    order = list(range(rows))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return order
