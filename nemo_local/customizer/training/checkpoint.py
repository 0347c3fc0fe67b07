"""What a training run keeps on disk: its best adapter, and checkpoints of adapter, optimizer state and progress, in
safetensors and JSON (never pickle)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

from nemo_local.common.files import sync


@dataclass
class Progress:
    """The progress of a run, and its best results so far. ``dtype`` is the number format of the frozen weights: losses
    in another one would not compare with the best."""

    step: int = 0
    dtype: str | None = None
    losses: list[float] = field(default_factory=list)
    last_train_loss: float | None = None
    best_epoch: int | None = None
    best_train_loss: float | None = None
    best_val_loss: float | None = None

    def add(self, loss: float) -> None:
        """Record a finished step with its loss."""
        self.step += 1
        self.losses.append(loss)
        self.last_train_loss = loss

    def take_mean(self) -> float:
        """Mean loss of the steps since the last call."""
        self.last_train_loss = sum(self.losses) / len(self.losses)
        self.losses.clear()
        return self.last_train_loss


def save_checkpoint(folder: Path, model: PeftModel, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Write a checkpoint. A kill or a power cut at any moment leaves either the old one or the new one."""
    unfinished, old = folder.with_suffix(".tmp"), folder.with_suffix(".old")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    save_file(get_peft_model_state_dict(model, save_embedding_layers=False), unfinished / "adapter.safetensors")
    state = {
        f"{index}.{name}": value
        for index, entry in optimizer.state_dict()["state"].items()
        for name, value in entry.items()
    }
    save_file(state, unfinished / "optimizer.safetensors")
    (unfinished / "progress.json").write_text(json.dumps(asdict(progress)))
    for path in (*unfinished.iterdir(), unfinished):
        sync(path)
    if folder.exists():  # if not, the old one may be the only one
        shutil.rmtree(old, ignore_errors=True)
        os.rename(folder, old)
    os.rename(unfinished, folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def saved_progress(folder: Path) -> Progress | None:
    """The progress of the checkpoint in ``folder``; None if there is none."""
    found = _newest(folder)
    return Progress(**json.loads((found / "progress.json").read_text())) if found else None


def load_checkpoint(folder: Path, model: PeftModel, optimizer: torch.optim.Optimizer) -> Progress | None:
    """Restore model and optimizer from ``folder``. Returns None if there is no checkpoint."""
    found = _newest(folder)
    if found is None:
        return None
    set_peft_model_state_dict(model, load_file(found / "adapter.safetensors"))
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in load_file(found / "optimizer.safetensors").items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return saved_progress(folder)


def save_adapter(folder: Path, model: PeftModel) -> None:
    """Write the adapter in PEFT's format. A kill or a power cut at any moment leaves every file whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        model.save_pretrained(unfinished, save_embedding_layers=False)
        for file in Path(unfinished).iterdir():
            sync(file)
            os.replace(file, folder / file.name)


def _newest(folder: Path) -> Path | None:
    """The checkpoint, or the one that it was about to replace."""
    return next((f for f in (folder, folder.with_suffix(".old")) if (f / "progress.json").is_file()), None)
