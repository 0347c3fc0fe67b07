"""The base model for every platform that a test starts: made once, with a speed that nobody has to measure."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nemo_local.common.files import write_json
from nemo_local.customizer.speed import TrainingSpeed
from nemo_local.model.base_model import HF_FOLDER, OPENVINO_FOLDER
from nemo_local.settings import Settings

# Tokens a second of training that the platforms report: as in the run whose outputs are committed, so that notebook 01
# takes the same rows on every machine. Beside other tests, each platform would measure for a minute, and in vain.
SPEED = 607.7


def shared_models(checkout: Path) -> Path:
    """A folder for ``FLYWHEEL_MODELS``. It takes the base model from the checkout's own platform, or from where
    ``FLYWHEEL_MODELS`` says, if it is there; else the first test makes it."""
    made = Path(os.environ.get("FLYWHEEL_MODELS") or checkout / ".flywheel" / "models").resolve()
    folder = checkout / ".flywheel" / "test-models"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (HF_FOLDER, OPENVINO_FOLDER):
        link = folder / name
        if link.is_symlink() and not link.exists():  # what it led to was deleted
            link.unlink(missing_ok=True)
        if (made / name).is_dir() and not link.exists():
            with suppress(FileExistsError):  # the other half of the tests was faster
                link.symlink_to(made / name)
    write_json(TrainingSpeed(Settings(home=folder, models=folder)).file, {"tokens_per_second": SPEED})
    return folder
