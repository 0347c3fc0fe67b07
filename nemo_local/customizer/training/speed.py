"""How fast this machine trains a base model: ``python -m nemo_local.customizer.training.speed MODEL FILE PARENT``
measures it and writes FILE, unless its parent process ends before.

The steps are real ones, of rows as long as the course's, whose tokens are random: neither the products nor their time
depend on what the tokens are.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from array import array
from contextlib import suppress
from pathlib import Path
from random import Random

import torch

from nemo_local.common.files import write_json
from nemo_local.common.parent import end_with_parent
from nemo_local.customizer.target_modules import HF_NAMES
from nemo_local.customizer.training.encoding import EncodedRow
from nemo_local.customizer.training.learner import Learner, TrainingSpec
from nemo_local.customizer.worker_process import EXIT_BUSY
from nemo_local.model.registry import BaseModels
from nemo_local.settings import Settings

# A row of the course's data set: 570 tokens on average, of which 252 are the same in all rows and 43 are the answer.
ROW_TOKENS, SHARED_TOKENS, ANSWER_TOKENS = 570, 252, 43
# Steps, of which the fastest counts: the first one is slower, and so is any during which another program computes.
STEPS = 5
# Seconds after which no further step is begun.
LIMIT = 30.0
# A whole training reaches about four fifths of the speed of its fastest steps: its rows differ in length, it validates
# and saves, and the machine has other things to do (318 of 416 tokens a second over 215 steps on two cores).
WHOLE_TRAINING = 0.8
# Share of a step's time that a thread may wait for a core. Beyond it, other programs were measured as well.
BUSY = 0.2


class MachineBusy(RuntimeError):
    """Other programs needed the cores all the time, so the speed says nothing about this machine."""


def measure(model_dir: Path) -> float:
    """Tokens a second of training as the course does it (LoRA of rank 32 on all linear layers, two rows a step).

    Args:
        model_dir: Hugging Face folder of the base model.

    Raises:
        MachineBusy: even the fastest step had to wait for the cores.
    """
    torch.manual_seed(0)
    learner = Learner(course_spec(model_dir))
    vocabulary = learner.facts.vocab_size
    rng = Random(0)
    shared = rng.choices(range(vocabulary), k=SHARED_TOKENS)
    fastest, waited, started = math.inf, 0.0, time.perf_counter()
    for _ in range(STEPS):
        if time.perf_counter() - started > LIMIT:
            break
        own = [rng.choices(range(vocabulary), k=ROW_TOKENS - SHARED_TOKENS) for _ in range(2)]
        rows = [EncodedRow(array("i", shared + ids), ROW_TOKENS - ANSWER_TOKENS) for ids in own]
        before, began = waits_for_a_core(), time.perf_counter()
        learner.step(rows, 2 * ANSWER_TOKENS)
        if learner.device.type == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - began
        if seconds < fastest:
            fastest = seconds
            waited = max((after - before.get(thread, 0.0) for thread, after in waits_for_a_core().items()), default=0.0)
    if waited > BUSY * fastest:
        raise MachineBusy
    return 2 * ROW_TOKENS / fastest * WHOLE_TRAINING


def waits_for_a_core() -> dict[str, float]:
    """For how many seconds each thread of this process has been ready to run without a core to run on; empty where the
    system does not say (it is Linux that does, in ``/proc/self/task/*/schedstat``)."""
    found = {}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended
            found[file.parent.name] = int(file.read_text().split()[1]) / 1e9
    return found


def course_spec(model_dir: Path) -> TrainingSpec:
    """What notebook 02 trains with, for steps that are only timed.

    Args:
        model_dir: Hugging Face folder of the base model.
    """
    nowhere = Path(tempfile.gettempdir())  # nothing is read or written
    return TrainingSpec(
        model_dir=model_dir, base_model_name=model_dir.name,
        training_file=nowhere, validation_file=nowhere, output_dir=nowhere, checkpoint_dir=nowhere,
        epochs=1, batch_size=2, learning_rate=1e-3, adapter_dim=32, adapter_dropout=0.0, alpha=64,
        target_modules=HF_NAMES, warmup_steps=0, max_steps=None, seed=0, log_every_n_steps=1,
        val_check_interval=1.0, weight_decay=0.0, max_seq_length=2048, min_learning_rate=None, adam_beta1=0.9,
        adam_beta2=0.99,
    )  # fmt: skip


def main(model: str, file: Path) -> None:
    """Measure a base model, and write ``{"tokens_per_second": ...}``."""
    speed = measure(BaseModels(Settings.from_env()).hf_folder(model))
    write_json(file, {"tokens_per_second": round(speed, 1)})


if __name__ == "__main__":
    end_with_parent(int(sys.argv[3]))
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except MachineBusy:
        sys.exit(EXIT_BUSY)
