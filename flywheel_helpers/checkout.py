"""The checkout of the course on disk, and its config.py."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

from flywheel_helpers.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]


def home() -> Path:
    """The folder of the local platform's state: FLYWHEEL_HOME, or `.flywheel`.

    A relative path counts from the checkout, as the terminal and the notebooks run in different folders.
    """
    return (ROOT / (os.environ.get("FLYWHEEL_HOME") or ".flywheel")).resolve()


def load_config(profile: str | None = None) -> ModuleType:
    """Load config.py again.

    Args:
        profile: "local" or "pcai"; None leaves the choice to the environment. It is set there as FLYWHEEL_PROFILE, so
            that notebooks started from here use the same.

    Raises:
        ConfigError: there is no config.py, or it does not load.
    """
    if profile:
        os.environ["FLYWHEEL_PROFILE"] = profile
    path = ROOT / "config.py"
    spec = importlib.util.spec_from_file_location("config", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ConfigError(
            f"There is no {path}.", "Run the course from its checkout, installed with pip install --editable ."
        )
    config = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(config)
    except Exception as error:
        raise ConfigError(
            f"config.py does not load: {error}", "Correct it, or the environment variable that the message names."
        ) from None
    return config


def notebooks(selection: str | None = None) -> list[Path]:
    """The course's notebooks in order.

    Args:
        selection: numbers and ranges, such as "01-03" or "00,02"; None for all.

    Raises:
        ConfigError: the selection is malformed or names a notebook that does not exist.
    """
    there = {int(path.name[:2]): path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
    if selection is None:
        return list(there.values())
    known = ", ".join(f"{number:02d}" for number in there)
    wanted: set[int] = set()
    for part in selection.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or not (last or first).isdigit() or int(last or first) < int(first):
            raise ConfigError(f'"{selection}" does not select notebooks.', "Write, for example, 01-03 or 00,02.")
        numbers = set(range(int(first), int(last or first) + 1))
        if not numbers <= set(there):
            missing = ", ".join(f"{number:02d}" for number in sorted(numbers - set(there)))
            raise ConfigError(f"There is no notebook {missing}.", f"Choose from: {known}.")
        wanted |= numbers
    return [there[number] for number in sorted(wanted)]
