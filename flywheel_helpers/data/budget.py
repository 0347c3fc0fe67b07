"""How many training rows fit into the available time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flywheel_helpers.errors import ConfigError

# A training row as the model reads it: about four characters a token, and the same 250 tokens of instruction in all.
CHARACTERS_PER_TOKEN = 4
INSTRUCTION_TOKENS = 250
# Where the platform does not report its speed: enough to learn the format, and minutes on a GPU.
ROWS_WITHOUT_SPEED = 400
FEWEST_ROWS, ROUNDED_TO = 50, 10


@dataclass(frozen=True)
class Budget:
    """How many rows to train on, and why, in a sentence."""

    rows: int
    reason: str


def rows_in_time(sample: Sequence[dict[str, Any]], minutes: float, speed: float | None, available: int) -> Budget:
    """How many rows one pass of training can cover in the available time.

    Args:
        sample: some converted training rows, which tell how long a row is.
        minutes: that one pass over the rows may take.
        speed: tokens a second, from `customizer.training_speed`; None if the platform does not say.
        available: how many rows there are.

    Raises:
        ConfigError: the time is not a positive number.
    """
    if not minutes > 0:
        raise ConfigError(f"TRAIN_MINUTES is {minutes}.", "Set it to the minutes that training may take: 10, say.")
    if speed is None:
        rows = min(ROWS_WITHOUT_SPEED, available)
        return Budget(
            rows, f"{rows} rows: this platform does not report how fast it trains. Set TRAIN_ROWS for more, or fewer."
        )
    time = f"{minutes:g} minute" if minutes == 1 else f"{minutes:g} minutes"
    characters = sum(len(json.dumps(row, ensure_ascii=False)) for row in sample) / len(sample)
    tokens = INSTRUCTION_TOKENS + characters / CHARACTERS_PER_TOKEN
    fitting = int(minutes * 60 * speed / tokens) // ROUNDED_TO * ROUNDED_TO
    pace = f"{speed:.0f} tokens a second, {tokens:.0f} tokens a row"
    if fitting >= available:
        needed = available * tokens / speed / 60
        return Budget(available, f"all {available} rows, in about {needed:.0f} of the {time}: {pace}.")
    if fitting < FEWEST_ROWS:
        rows = min(FEWEST_ROWS, available)
        return Budget(
            rows,
            f"{rows} rows, the fewest that teach anything. They take longer than {time} here: {pace}.",
        )
    return Budget(fitting, f"{fitting} rows, which fit into {time}: {pace}.")
