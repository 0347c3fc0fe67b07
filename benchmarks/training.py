"""LoRA training: this project's loop against transformers.Trainer with peft, side by side in one run.

    python benchmarks/training.py [--steps 10] [--json FILE]

Both train the same adapter on the same rows of the sample, in the same order, with the same hyperparameters and
number format, and take the loss on the same answer tokens. The two take turns, step block by step block, so that a
machine whose speed drifts is fair to both. Speed is in real tokens: those of the rows as they stand in the dataset,
padding not counted. The limit is this machine's matrix product, measured in between; our share of it counts only the
products that are really computed (a shared prefix once).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "100000"}  # as the Customizer starts its worker

import torch
from peft import LoraConfig, get_peft_model
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

from flywheel_helpers.data import xlam
from nemo_local.customizer.training.encoding import EncodedRow
from nemo_local.customizer.training.hardware import has_bfloat16, pick_device
from nemo_local.customizer.training.learner import Learner, TrainingSpec
from nemo_local.customizer.training.loop import row_encoder
from nemo_local.customizer.training.speed import course_spec
from nemo_local.model.base_model import ensure_hf_model
from nemo_local.settings import Settings

WARM_UP = 1  # steps of either side that are not counted


@dataclass
class Measured:
    """Seconds and real tokens of each counted step."""

    seconds: list[float]
    tokens: list[int]

    @property
    def tokens_per_second(self) -> float:
        return sum(self.tokens) / sum(self.seconds)


def matrix_peak(dtype: torch.dtype, device: torch.device) -> float:
    """The best of several large square products, in FLOP/s."""
    a, b = (torch.randn(2048, 2048, device=device).to(dtype) for _ in range(2))
    best = 0.0
    for _ in range(12):
        began = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * 2048**3 / (time.perf_counter() - began))
    return best


class Ours:
    """One step at a time of the loop in ``nemo_local.customizer.training``."""

    def __init__(self, spec: TrainingSpec, batches: list[list[EncodedRow]]) -> None:
        self.learner = Learner(spec)
        self.rank = spec.adapter_dim
        self.batches = batches

    def step(self, index: int) -> None:
        rows = self.batches[index]
        self.learner.step(rows, sum(len(row.ids) - row.answer_start for row in rows))

    def flops(self, index: int) -> float:
        """Of the products a step computes: forward and input gradients of every linear layer (the frozen weights have
        no gradient of their own), LoRA's thin ones, attention, and the vocabulary at the answer's places."""
        config = self.learner.model.config
        layers, hidden = config.num_hidden_layers, config.hidden_size
        shapes = self.learner.facts.projections.values()
        linear = sum(4 * i * o + 4 * self.rank * (i + o) for i, o in shapes)
        total = 0.0
        for batch in self.learner.passes(self.batches[index]):
            length = batch.input_ids.shape[1]
            pairs = sum((mask == 0).sum().item() for mask in batch.masks)
            attention = (4 + 10) * pairs * hidden  # forward two products, flash backward five
            vocabulary = 2 * 2 * len(batch.targets) * hidden * config.vocab_size
            total += layers * (length * linear + attention) + vocabulary
        return total


class Theirs:
    """transformers.Trainer, one step a call: its own collation, forward, loss, backward, clipping and optimizer."""

    def __init__(self, spec: TrainingSpec, batches: list[list[EncodedRow]]) -> None:
        device, dtype = pick_device()
        torch.manual_seed(42)
        config = LoraConfig(
            task_type="CAUSAL_LM",
            r=spec.adapter_dim,
            lora_alpha=spec.alpha,
            lora_dropout=0.0,
            target_modules=list(spec.target_modules),
        )
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(spec.model_dir, dtype=dtype), config)
        self.batches = batches
        self.folder = tempfile.TemporaryDirectory()
        arguments = TrainingArguments(
            output_dir=self.folder.name, per_device_train_batch_size=spec.batch_size, learning_rate=spec.learning_rate,
            max_steps=1, adam_beta2=spec.adam_beta2,
            lr_scheduler_type="constant", logging_strategy="no", save_strategy="no", report_to="none",
            use_cpu=device.type == "cpu", disable_tqdm=True, remove_unused_columns=False, dataloader_pin_memory=False,
        )  # fmt: skip
        self.trainer = Trainer(model=model, args=arguments, data_collator=self.collate, train_dataset=[None])
        self.trainer.create_optimizer()
        self.trainer.current_gradient_accumulation_steps = 1  # its train() would set this before the first step

    @staticmethod
    def collate(rows: list[EncodedRow]) -> dict[str, torch.Tensor]:
        ids = [torch.tensor(row.ids) for row in rows]
        labels = [one.clone() for one in ids]
        for row, one in zip(rows, labels, strict=True):
            one[: row.answer_start] = -100
        return {
            "input_ids": pad_sequence(ids, batch_first=True, padding_value=2),
            "attention_mask": pad_sequence([torch.ones_like(one) for one in ids], batch_first=True),
            "labels": pad_sequence(labels, batch_first=True, padding_value=-100),
        }

    def step(self, index: int) -> None:
        trainer = self.trainer
        trainer.model.train()
        trainer.training_step(trainer.model, self.collate(self.batches[index]))
        torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), trainer.args.max_grad_norm)
        trainer.optimizer.step()
        trainer.model.zero_grad()


def name_of(dtype: torch.dtype) -> str:
    """A number format as it is written: `float32`."""
    return str(dtype).removeprefix("torch.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10, help="counted steps of each side")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()

    spec = course_spec(ensure_hf_model(Settings.from_env()))
    encode, _ = row_encoder(spec.model_dir)
    wanted = (arguments.steps + WARM_UP) * spec.batch_size
    rows = [encode(row) for row in xlam.convert(xlam.load_sample().training[:wanted]).rows]
    batches = [rows[i : i + spec.batch_size] for i in range(0, len(rows), spec.batch_size)]
    sides = {"ours": Ours(spec, batches), "transformers.Trainer + peft": Theirs(spec, batches)}
    device, dtype = pick_device()

    measured = {name: Measured([], []) for name in sides}
    # Both formats, to show whether the right one was chosen, unless emulating bfloat16 would take minutes.
    formats = (torch.float32, torch.bfloat16) if has_bfloat16() else (torch.float32, dtype)
    peaks: dict[torch.dtype, list[float]] = {kind: [] for kind in formats}
    shares = []
    for index in range(len(batches)):
        for name, side in sides.items():
            began = time.perf_counter()
            side.step(index)
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds = time.perf_counter() - began
            if index >= WARM_UP:
                measured[name].seconds.append(seconds)
                measured[name].tokens.append(sum(len(row.ids) for row in batches[index]))
        for kind, values in peaks.items():
            values.append(matrix_peak(kind, device))
        if index >= WARM_UP:
            shares.append(sides["ours"].flops(index) / measured["ours"].seconds[-1])

    ours, theirs = measured.values()
    rate = statistics.median(shares)
    figures = {
        "hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {device}",
        "dtype": name_of(dtype),
        "torch": torch.__version__,
        "steps": arguments.steps,
        "tokens_per_second": {name: side.tokens_per_second for name, side in measured.items()},
        "ratio": ours.tokens_per_second / theirs.tokens_per_second,
        "flops_per_second": rate,
        "matrix_peak": {name_of(kind): statistics.median(values) for kind, values in peaks.items()},
    }
    for name, side in measured.items():
        print(f"{name:32s} {side.tokens_per_second:8.0f} real tokens/s")
    print(f"{'ratio':32s} {figures['ratio']:8.2f}")
    print(f"{'our products':32s} {rate / 1e9:8.0f} GFLOP/s in {figures['dtype']}")
    for name, peak in figures["matrix_peak"].items():
        print(f"{'peak of ' + name:32s} {peak / 1e9:8.0f} GFLOP/s; ours is {rate / peak:.0%} of it")
    print(f"on {figures['hardware']}, torch {torch.__version__}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
