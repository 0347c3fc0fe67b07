"""The process that prepares one base model: ``python -m nemo_local.model.preparation <folder>``.

It reads ``order.json`` in the folder, reports in ``progress.json``, which the Customizer follows, and makes the folder
``model`` in it. Started again after a stop, it continues a download; everything else takes seconds to a few minutes and
is done again.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from nemo_local.common.errors import caused_by_full_disk
from nemo_local.common.files import write_json
from nemo_local.common.parent import end_with_parent
from nemo_local.model.architectures import ModelFacts, check_folder, facts, require_memory
from nemo_local.model.errors import ModelRefused
from nemo_local.model.preparation import folder as folder_source
from nemo_local.model.preparation import hub
from nemo_local.model.preparation.contents import Contents, PreparationError
from nemo_local.model.preparation.order import MODEL, PROGRESS, read_source
from nemo_local.model.preparation.source import HubSource
from nemo_local.model.registry import HF, OPENVINO, ORIGIN

log = logging.getLogger("nemo_local.model.preparation")

# Seconds that an earlier process in the same folder has to end; it soon notices the loss of the Customizer.
LOCK_TIMEOUT = 60
DISK_FULL = (
    "The disk is full, so that the model could not be stored. Free some space (or move FLYWHEEL_HOME to a larger disk) "
    "and try again: a download then continues."
)


def main(work: Path) -> int:
    """Prepare the model that ``order.json`` names; returns the exit code, and the reason of a failure in
    ``progress.json``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for every request
    order = json.loads((work / "order.json").read_text(encoding="utf-8"))
    end_with_parent(order["parent_pid"])
    try:
        with FileLock(work / "lock", timeout=LOCK_TIMEOUT):
            prepare(order, work)
            return 0
    except Exception as error:  # the outermost frame of the process: whatever the error is, the target must report it
        expected = isinstance(error, ModelRefused | PreparationError)
        log.error("the model cannot be prepared: %s", error, exc_info=None if expected else error)
        report(work, failure=explain(error, work))
        return 1


def prepare(order: dict[str, Any], work: Path) -> None:
    """Look at the source, fetch it, check it, and convert it. What cannot be used is refused before the download."""
    source, token = read_source(order), os.environ.get("HF_TOKEN") or None
    model = work / MODEL
    hf = model / HF
    hf.mkdir(parents=True, exist_ok=True)
    report(work, f"Reading the configuration of {source}.")
    is_hub = isinstance(source, HubSource)
    contents = hub.look(source, hf, token) if is_hub else folder_source.look(source)
    found = facts(contents.config)
    require_memory(found, psutil.virtual_memory().available)
    require_disk(found, contents, work)
    size = f"{contents.bytes / 1e6:,.0f} MB"
    if is_hub:
        report(work, f"Downloading {size} of {source} from {source.endpoint}", contents.bytes)
        hub.fetch(source, contents, hf, token)
    else:
        report(work, f"Copying {size} of {source}", contents.bytes)
        folder_source.fetch(source, contents, hf)
    report(work, "Checking the files.")
    check_folder(hf)
    report(work, f"Converting {found.num_parameters / 1e6:,.0f} million parameters for OpenVINO.")
    # Imported late: it takes seconds, and what is refused should be refused at once.
    from nemo_local.model.export import write_openvino_model

    shutil.rmtree(model / OPENVINO, ignore_errors=True)
    (model / OPENVINO).mkdir()
    write_openvino_model(hf, model / OPENVINO)
    write_json(model / ORIGIN, {"source": order["uri"], "revision": contents.revision, "license": contents.license})


def require_disk(found: ModelFacts, contents: Contents, work: Path) -> None:
    """Check that there is room for the files and for what is made from them.

    Raises:
        ModelRefused: with the space needed and free.
    """
    there = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
    # A byte for each parameter, and a tenth more for whatever else is written.
    needed = int(1.1 * (contents.bytes + found.num_parameters)) - there
    free = shutil.disk_usage(work).free
    if needed > free:
        raise ModelRefused(
            f"the model takes {needed / 1e9:,.1f} GB of disk space, and {free / 1e9:,.1f} GB are free on the disk of "
            f"{work.parent}. Free some space, or move FLYWHEEL_HOME to a larger disk, and try again."
        )


def report(work: Path, message: str | None = None, total: int | None = None, failure: str | None = None) -> None:
    """Say how far the preparation is, or why it failed.

    Args:
        message: what is done now.
        total: of the files that are being fetched, in bytes.
        failure: the reason, with what to do.
    """
    if message:
        log.info("%s", message)
    write_json(work / PROGRESS, {"message": message, "total": total, "failure": failure})


def explain(error: Exception, work: Path) -> str:
    """Why the preparation failed, in sentences."""
    if caused_by_full_disk(error):
        return DISK_FULL
    if isinstance(error, ModelRefused | PreparationError):
        text = str(error)
        return text[:1].upper() + text[1:]
    if isinstance(error, MemoryError):
        return "The machine has too little memory to convert the model. Close other programs and try again."
    return f"{type(error).__name__}: {error}. This is a fault of the platform; the traceback is in {work / 'log'}."


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
