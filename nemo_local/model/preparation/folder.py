"""A model in a folder of this machine: what it offers, and its copy.

The copy is the platform's own: what happens to the folder afterwards changes no model, and removing the model leaves
the folder as it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from nemo_local.model.errors import ModelRefused
from nemo_local.model.preparation.contents import Contents, wanted
from nemo_local.model.preparation.source import FolderSource, allowed_path
from nemo_local.model.tokenizer_files import read_json


def look(source: FolderSource) -> Contents:
    """What the folder offers.

    Raises:
        ModelRefused: it is no folder, has no ``config.json``, or holds a link to a file outside the allowed folders.
    """
    if not source.folder.is_dir():
        raise ModelRefused(f"there is no folder {source.folder} on the machine that the platform runs on.")
    files = wanted({path.name: path.stat().st_size for path in source.folder.iterdir() if path.is_file()})
    return Contents(read_json(_file(source, "config.json")), files)


def fetch(source: FolderSource, contents: Contents, folder: Path) -> None:
    """Copy the files into ``folder``. Raises ModelRefused as `look` does."""
    for name in contents.sizes:
        shutil.copyfile(_file(source, name), folder / name)


def _file(source: FolderSource, name: str) -> Path:
    # Checked file by file: a link in an allowed folder must not lead out of it. (In the cache of huggingface_hub all
    # files are links, to the folder `blobs` beside the snapshots.)
    try:
        return allowed_path(source.folder / name, source.allowed)
    except ValueError as problem:
        raise ModelRefused(f"{name} is a link to {(source.folder / name).resolve()}, and {problem}") from None
