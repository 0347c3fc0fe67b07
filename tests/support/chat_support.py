"""The platform, the model and the commands behind the tests of the chat window."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from flywheel_helpers.course import wait
from flywheel_helpers.data import examples, xlam
from flywheel_helpers.services import customizer, data_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.webui import setup
from flywheel_helpers.webui.client import OpenWebUI

STEPS = 16  # of 4 rows
NO_TOOL_QUESTION = "Write a short poem about the sea."


@dataclass(frozen=True)
class Chat:
    """Everything up, and what the tests need to know of it."""

    webui: OpenWebUI
    presets: dict[str, setup.Preset]
    home: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return self.webui.settings.openwebui_url

    def flywheel(self, *arguments: str) -> str:
        return flywheel(self.environment, *arguments)


def flywheel(environment: dict[str, str], *arguments: str) -> str:
    """The command line, as a user types it."""
    command = [sys.executable, "-m", "flywheel_helpers.run.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"flywheel {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def train(nemo: Connection, folder: Path) -> str:
    """A model that has practised the very questions of these tests: they test the chat, not the training."""
    rows = xlam.convert(practice_rows(), xlam.to_customization_row).rows
    tests = xlam.convert([examples.EXAMPLE], xlam.to_evaluation_row).rows
    for path, part in zip(data_store.FILES, (rows, rows[:4], tests), strict=True):
        xlam.write_jsonl(part, folder / path)
    data_store.upload_dataset(nemo, folder)
    hyperparameters = customizer.Hyperparameters(batch_size=4, max_steps=STEPS, warmup_steps=3, val_check_interval=1.0)
    job = customizer.train(nemo, hyperparameters)
    wait.wait_for_training(nemo, job)
    wait.wait_for_model(nemo, job.model)
    return job.model


def practice_rows() -> list[dict]:
    """The example half of the time, and else the question that no tool fits."""
    no_tool = {**examples.EXAMPLE, "query": NO_TOOL_QUESTION, "answers": json.dumps([])}
    return [examples.EXAMPLE, no_tool] * (2 * STEPS)
