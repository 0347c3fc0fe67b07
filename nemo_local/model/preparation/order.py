"""What the Customizer and the process that prepares a model tell each other, and how that process is run."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nemo_local.common.child import OFFLINE, child_environment, start_child
from nemo_local.common.files import write_json
from nemo_local.model.preparation.source import FolderSource, HubSource

MODEL, PROGRESS = "model", "progress.json"
_PROGRAM = "nemo_local.model.preparation"


class PreparationProcess:
    """One run of ``nemo_local.model.preparation``.

    Args:
        work: its folder; what an earlier run downloaded into it is used.
        uri: ``model_uri`` of the target, which is noted down with the model.
        source: the same, checked.
    """

    def __init__(self, work: Path, uri: str, source: HubSource | FolderSource) -> None:
        work.mkdir(parents=True, exist_ok=True)
        kind = "hub" if isinstance(source, HubSource) else "folder"
        given = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(source).items()}
        if kind == "folder":
            given["allowed"] = [str(folder) for folder in source.allowed]
        write_json(work / "order.json", {"parent_pid": os.getpid(), "uri": uri, "kind": kind, "source": given})
        (work / PROGRESS).unlink(missing_ok=True)
        self.work = work
        with (work / "log").open("ab") as output:
            self._process = start_child(_PROGRAM, str(work), output=output, environ=_environment(source))

    def exit_code(self) -> int | None:
        """The exit code (negative: minus the signal), or None while the process runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End the process. What it has downloaded stays."""
        self._process.kill()
        self._process.wait()

    def message(self) -> str | None:
        """What the process is doing, with how much of a download is there."""
        progress = self._progress()
        message, total = progress.get("message"), progress.get("total")
        if message and total:
            done = min(1.0, _size(self.work / MODEL) / total)
            return f"{message}: {done:.0%}."
        return message

    def failure(self) -> str:
        """Why the process, which has ended without success, failed."""
        if failure := self._progress().get("failure"):
            return failure
        code = self._process.returncode
        if code == -signal.SIGKILL:
            return (
                "The process that prepares the model was killed, as the system does when memory runs out. Close other "
                "programs and try again, or choose a smaller model."
            )
        return f"The process that prepares the model ended with exit code {code}. Its log is {self.work / 'log'}."

    def _progress(self) -> dict[str, Any]:
        try:
            return json.loads((self.work / PROGRESS).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not written yet, or no space to write it
            return {}


def read_source(order: dict[str, Any]) -> HubSource | FolderSource:
    """The source that ``order.json`` names."""
    given = order["source"]
    if order["kind"] == "hub":
        return HubSource(**given)
    return FolderSource(Path(given["folder"]), tuple(Path(folder) for folder in given["allowed"]))


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # renamed or removed meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def _environment(source: HubSource | FolderSource) -> dict[str, str]:
    """The environment of the process. The token of the Hugging Face Hub is in it only if it is sent there."""
    is_hub = isinstance(source, HubSource)
    environ = child_environment(*(["HF_TOKEN"] if is_hub and source.takes_token else []))
    if is_hub and source.is_data_store:  # reached even if the machine is offline
        for name in OFFLINE:
            environ.pop(name, None)
    return environ
