"""Reads the events of a worker from its file and summarises them as the job's ``status_details``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any


class EventFile:
    """Reads what was appended to a JSON Lines file since the last call.

    Args:
        path: the file; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        """New complete lines. A line that a kill cut short is skipped: the next worker begins a new one after it."""
        if not self.path.is_file():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        end = data.rfind(b"\n") + 1
        self._offset += end
        return [event for line in data[:end].splitlines() if (event := _parse(line)) is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


class TrainingProgress:
    """How far a job has come. It must be given every event of the job, also those from before a restart."""

    def __init__(self) -> None:
        self.steps = 0
        self.steps_per_epoch: int | None = None
        self.total_steps: int | None = None
        self.precision: str | None = None
        self.failure: dict[str, Any] | None = None
        self.published = False
        self._series: dict[str, list[dict[str, Any]]] = {"train_loss": [], "val_loss": []}
        self._best: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        # Step and time of the latest start, and of the latest step since.
        self._begun: tuple[int, str] | None = None
        self._latest: tuple[int, str] | None = None

    def apply(self, event: dict[str, Any]) -> str | None:
        """Update the progress with one event.

        Returns:
            A line for the job's ``status_logs``, if the event deserves one.
        """
        kind = event["type"]
        if kind == "started":
            return self._started(event)
        if kind == "progress":
            self.steps = event["step"]
            self._latest = event["step"], event["time"]
        elif kind in self._series:
            point = {"step": event["step"], "timestamp": event["time"], "value": event["value"]}
            self._series[kind].append(point)
        elif kind == "best":
            self._best = {
                "best_epoch": event["epoch"],
                "train_loss": event["train_loss"],
                "val_loss": event["val_loss"],
            }
        elif kind == "result":
            self._extra |= {name: event[name] for name in ("tokens", "tokens_per_second")}
            self._extra["training_seconds"] = event["seconds"]
            return f"Training finished after {event['steps']} steps at {event['tokens_per_second']:.0f} tokens/s"
        elif kind == "failed":
            self.failure = event
        elif kind == "published":
            self.published = True
            return event["message"]
        elif kind == "stage":
            return event["message"]
        elif kind == "warning":
            return f"Warning: {event['message']}"
        return None

    def _started(self, event: dict[str, Any]) -> str:
        resumed = event["resumed_from_step"]
        again = self.steps > 0
        self.steps, self.failure = resumed, None
        self._begun, self._latest = (resumed, event["time"]), None
        self.steps_per_epoch, self.total_steps = event["steps_per_epoch"], event["total_steps"]
        self.precision = "bf16" if event["dtype"] == "bfloat16" else "fp32"
        self._extra |= {name: event[name] for name in ("device", "dtype", "trainable_parameters")}
        # Steps after the checkpoint are repeated, and reported again.
        for points in self._series.values():
            points[:] = [point for point in points if point["step"] <= resumed]
        where = f"{self.total_steps} steps, {self.steps_per_epoch} an epoch, {event['dtype']} on {event['device']}"
        if resumed:
            return f"Training resumed from the checkpoint of step {resumed} ({where})"
        return f"Training started {'again from the beginning ' if again else ''}({where})"

    def time_left(self) -> str:
        """How long the training will take from its latest step on, in words, at the mean speed since its start."""
        if self._begun is None or self._latest is None or self.total_steps is None:
            return "starting"
        (first, began), (step, now) = self._begun, self._latest
        seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(began)).total_seconds()
        minutes = round((self.total_steps - step) * seconds / (step - first) / 60)
        if minutes >= 120:
            return f"about {round(minutes / 60)} h left"
        return f"about {minutes} min left" if minutes else "less than a minute left"

    def details(self) -> dict[str, Any]:
        """The fields of ``status_details`` that the events determine.

        Beyond NeMo's own fields there are ``total_steps`` and, in ``metrics``, ``tokens``, ``tokens_per_second``,
        ``training_seconds``, ``device``, ``dtype`` and ``trainable_parameters``.
        """
        if self.total_steps is None or self.steps_per_epoch is None:
            return {"percentage_done": 0.0, "epochs_completed": 0, "steps_completed": 0}
        latest = {name: points[-1]["value"] for name, points in self._series.items() if points}
        return {
            "percentage_done": round(100 * self.steps / self.total_steps, 2),
            "epochs_completed": self.steps // self.steps_per_epoch,
            "steps_completed": self.steps,
            "steps_per_epoch": self.steps_per_epoch,
            "total_steps": self.total_steps,
            "metrics": {
                "keys": [name for name, points in self._series.items() if points],
                "metrics": {name: list(points) for name, points in self._series.items()},
                **self._extra,
            },
            **latest,
            **self._best,
        }
