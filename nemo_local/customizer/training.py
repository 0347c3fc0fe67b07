"""LoRA fine-tuning of the base model on one machine: the loop, its schedule, its checkpoints."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from nemo_local.customizer.checkpoint import Progress, load_checkpoint, save_checkpoint
from nemo_local.customizer.encoding import EncodedRow, encode_row
from nemo_local.customizer.lora import MergedForward
from nemo_local.customizer.packing import ATTENTION, PackedBatch, pack
from nemo_local.model.base_model import HUB_NAME

#: Seconds between checkpoints: what a killed job may have to do again.
CHECKPOINT_EVERY = 30.0

#: Rows packed into one forward and backward pass; a larger batch is accumulated. What a pass keeps for its backward
#: half is most of a training's memory: about 1.2 MB a token.
ROWS_PER_PASS = 4

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class TrainingSpec:
    """All that decides a training run. Names are those of NeMo Customizer's hyperparameters.

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
    """Linear warm-up, then a cosine down to ``min_learning_rate`` (a tenth of the peak unless given), as NeMo's
    cosine annealing does. ``step`` counts from 0."""
    floor = spec.min_learning_rate or 0.1 * spec.learning_rate
    if step < spec.warmup_steps:
        return spec.learning_rate * (step + 1) / spec.warmup_steps
    done = (step - spec.warmup_steps) / max(1, total_steps - spec.warmup_steps)
    return floor + (spec.learning_rate - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def answer_loss(model: PeftModel, batch: PackedBatch) -> torch.Tensor:
    """Cross-entropy summed over the answer tokens of a packed batch. Logits are made for those positions alone: the
    vocabulary's product would otherwise be a fifth of all arithmetic."""
    core = model.get_base_model()
    hidden = core.model(
        input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False, batch=batch
    ).last_hidden_state
    logits = core.lm_head(hidden[0, batch.predict])
    return torch.nn.functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


def add_gradients(model: PeftModel, batches: list[PackedBatch], tokens: float) -> float:
    """Add one step's gradients to the adapter's; its loss.

    Args:
        batches: the step's rows, in passes.
        tokens: what the summed loss is divided by: the step's number of rows times the answer tokens that a row of the
            whole file has on average. Divided by the answer tokens of its own rows instead, a token of a short answer
            ("no tool fits") would count several times as much as one of a long answer, the more so the smaller a batch.
    """
    loss = 0.0
    for batch in batches:
        part = answer_loss(model, batch) / tokens
        part.backward()
        loss += part.item()
    return loss


def read_rows(path: Path, tokenizer, max_seq_length: int, on_event: OnEvent) -> list[EncodedRow]:
    """Encode every row of a checked JSONL file that fits into ``max_seq_length`` tokens."""
    with path.open(encoding="utf-8") as lines:
        rows = [encode_row(json.loads(line), tokenizer) for line in lines if line.strip()]
    fitting = [row for row in rows if len(row.ids) <= max_seq_length]
    if len(fitting) < len(rows):
        left_out = len(rows) - len(fitting)
        message = (
            f"{left_out} of {len(rows)} rows of {path.name} are longer than {max_seq_length} tokens and were left out"
        )
        on_event({"type": "warning", "message": message})
    if not fitting:
        raise ValueError(f"no row of {path.name} fits into max_seq_length={max_seq_length} tokens")
    return fitting


@torch.no_grad()
def validation_loss(model: PeftModel, batches: list[PackedBatch], device: torch.device, dtype: torch.dtype) -> float:
    """Mean cross-entropy per answer token over all validation rows."""
    model.eval()
    total = tokens = 0
    for batch in batches:
        total += answer_loss(model, batch.to(device, dtype)).item()
        tokens += len(batch.targets)
    model.train()
    return total / tokens


def train(spec: TrainingSpec, on_event: OnEvent) -> dict[str, Any]:
    """Fine-tune, and write the adapter with the lowest validation loss to ``spec.output_dir`` in PEFT's format.

    Args:
        spec: what to train. If its ``checkpoint_dir`` holds a checkpoint, training goes on from there.
        on_event: called with each event (``started``, ``train_loss``, ``val_loss``, ``progress``, ``best``,
            ``checkpoint``, ``warning``), in order.

    Returns:
        ``steps``, ``epochs``, ``seconds`` (of this process's steps), ``tokens`` (real tokens of the rows those steps
        trained on, prefix included for every row), ``tokens_per_second``, ``best_epoch``, ``train_loss``,
        ``val_loss``.

    Raises:
        ValueError: no row fits into ``max_seq_length``.
    """
    torch.manual_seed(spec.seed)
    device, dtype = pick_device()
    tokenizer = AutoTokenizer.from_pretrained(spec.model_dir)
    rows = read_rows(spec.training_file, tokenizer, spec.max_seq_length, on_event)
    held_out = read_rows(spec.validation_file, tokenizer, spec.max_seq_length, on_event)
    validation = packed(held_out)

    model = load_model(spec, device, dtype)
    model.train()
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
        batches = packed(chosen)
        # A step's own seed makes dropout the same in a resumed run as in one that was never stopped.
        torch.manual_seed(spec.seed * 1_000_003 + progress.step)
        loss = add_gradients(model, [batch.to(device, dtype) for batch in batches], row_tokens * len(chosen))
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if merged:
            merged.refresh()
        progress.add(loss)
        seconds += time.perf_counter() - began
        tokens += sum(batch.row_tokens for batch in batches)

        where = {"step": progress.step, "epoch": (progress.step - 1) // steps_per_epoch + 1}
        on_event({"type": "progress", **where})
        last = progress.step == total_steps
        if progress.step % spec.log_every_n_steps == 0 or last:
            on_event({"type": "train_loss", **where, "value": progress.take_mean()})
        if progress.step % check_every == 0 or last:
            value = validation_loss(model, validation, device, dtype)
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


def packed(rows: list[EncodedRow]) -> list[PackedBatch]:
    """Rows in passes of :data:`ROWS_PER_PASS`."""
    return [pack(rows[i : i + ROWS_PER_PASS]) for i in range(0, len(rows), ROWS_PER_PASS)]


def epoch_order(rows: int, seed: int, epoch: int) -> list[int]:
    """The order of the rows in an epoch (from 0): a function of seed and epoch alone, so that a resumed run repeats
    it."""
    order = list(range(rows))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return order
