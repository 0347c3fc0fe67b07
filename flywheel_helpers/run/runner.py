"""Running the notebooks in order with papermill, and saving the results: notebooks, report and summary."""

from __future__ import annotations

import json
import os
import platform as python_platform
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import papermill
import psutil
from nbclient.exceptions import CellTimeoutError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.course.records import read_records
from flywheel_helpers.errors import RunError
from flywheel_helpers.files import write_whole
from flywheel_helpers.run import kernels, parameters
from flywheel_helpers.run.memory import PeakMemory
from flywheel_helpers.run.progress import Progress

KERNEL_LOG = "kernels.log"  # the stderr of the kernels, in the folder of the run
# Packages whose versions affect the results.
PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "openvino-genai",
    "nemo-microservices",
    "huggingface_hub",
    "httpx",
    "papermill",
)


@dataclass
class Run:
    """A run of notebooks, and its results so far.

    Args:
        folder: where everything is written.
        profile: "local" or "pcai".
        parameters: the values that are passed to the notebooks.
        inference_precision: number format that the models compute in, such as "f32"; None if the platform does not say.
    """

    folder: Path
    profile: str
    parameters: dict[str, Any]
    inference_precision: str | None = None
    started_at: str = field(default_factory=lambda: datetime.now().astimezone().isoformat(timespec="seconds"))
    status: str = "running"
    failure: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)
    peak_memory_bytes: int = 0

    def summary(self) -> dict[str, Any]:
        """The content of `summary.json`. A part that no notebook of this run has recorded is null."""
        return {
            "status": self.status,
            "failure": self.failure,
            "started_at": self.started_at,
            "profile": self.profile,
            "parameters": self.parameters,
            "models": self.records.get("models"),
            "inference_precision": self.inference_precision,
            "evaluation": self.records.get("evaluation"),
            "practised": self.records.get("practised"),
            "guardrails": self.records.get("guardrails"),
            "training": self.records.get("training"),
            "chat": self.records.get("chat"),
            "flywheel": self.records.get("flywheel"),
            "notebooks": {name: {"seconds": round(seconds, 1)} for name, seconds in self.seconds.items()},
            "peak_memory_bytes": self.peak_memory_bytes,
            "versions": versions(),
        }

    def executed(self) -> list[Path]:
        """The notebooks that this run has executed so far, in order. The folder may have others, of an earlier run."""
        return [path for name in self.seconds if (path := self.folder / f"{name}.ipynb").is_file()]


def run(
    notebooks: list[Path],
    values: dict[str, Any],
    folder: Path,
    profile: str,
    progress: Progress,
    platform_processes: Callable[[], list[psutil.Process]] = list,
    inference_precision: str | None = None,
) -> Run:
    """Run notebooks in order, stopping at the first that fails.

    In any case, Ctrl-C included, the folder then contains the notebooks as far as they ran, `summary.json` and
    `report.html`, and no kernel is left running.

    Args:
        notebooks: paths, in order.
        values: parameters; each notebook gets those that it declares.
        folder: where to write; created if it is missing.
        profile: for the summary. The notebooks read FLYWHEEL_PROFILE from the environment.
        progress: shows the progress.
        platform_processes: returns processes whose memory is counted too.
        inference_precision: for the summary, see `Run`.

    Raises:
        RunError: which notebook and cell failed, and the cause.
        KeyboardInterrupt: raised again after everything was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    this_run = Run(folder, profile, values, inference_precision)
    with PeakMemory(platform_processes) as memory:
        try:
            for number, path in enumerate(notebooks, 1):
                _run_one(this_run, path, f"{path.stem} ({number} of {len(notebooks)})", progress)
            this_run.status = "completed"
        except RunError as error:
            this_run.status, this_run.failure = "failed", error.message
            raise
        except KeyboardInterrupt:
            this_run.status, this_run.failure = "interrupted", "Stopped by the user."
            raise
        except Exception as error:  # goes into the report as well
            this_run.status, this_run.failure = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            this_run.peak_memory_bytes = memory.bytes
            _write_results(this_run)
    return this_run


def new_folder(runs: Path) -> Path:
    """Create a folder for a run that starts now, and point `runs/latest` to it."""
    folder = runs / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    folder.mkdir(parents=True)
    link = runs / "latest.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.replace(runs / "latest")  # atomic, so that `latest` is never missing
    return folder


def versions() -> dict[str, str]:
    """Versions of Python and of the packages in `PACKAGES` that are installed."""
    found = {"python": python_platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _run_one(this_run: Run, path: Path, title: str, progress: Progress) -> None:
    output = this_run.folder / path.name
    declared = set(parameters.of_notebook(path))
    started = time.monotonic()
    try:
        with _config_importable(), progress.notebook(title), TemporaryDirectory(prefix="kernel-") as sockets:
            papermill.execute_notebook(
                str(path),
                str(output),
                parameters={name: value for name, value in this_run.parameters.items() if name in declared},
                engine_name=_Engine.NAME,
                kernel_manager_class=kernels.manager(Path(sockets), this_run.folder / KERNEL_LOG),
                cwd=str(path.parent),
                progress_bar=False,
                stdout_file=progress,
                progress=progress,
            )
    except PapermillExecutionError as error:
        raise _failed(path, output, error) from None
    except (RuntimeError, CellTimeoutError) as error:  # a RuntimeError: the kernel died or did not start
        raise RunError(
            f"{path.name}: the kernel died ({type(error).__name__}: {error}).",
            "Usually the memory was exhausted: close other programs, or use smaller parameters, then run it again. The "
            f"kernel's own messages, if there are any: {this_run.folder / KERNEL_LOG}",
        ) from None
    finally:
        this_run.seconds[path.stem] = time.monotonic() - started
        if output.is_file():
            this_run.records |= read_records(nbformat.read(output, as_version=4))


def _failed(path: Path, output: Path, error: PapermillExecutionError) -> RunError:
    first_line = next((line for line in error.source.splitlines() if line.strip()), "")
    # An error of ours ends with its own advice, which replaces the general one.
    cause, _, advice = error.evalue.partition("\n  What to do: ")
    return RunError(
        f"{path.name} failed in cell [{error.exec_count}], which begins with\n    {first_line}\n"
        f"  Cause: {error.ename.rsplit('.', 1)[-1]}: {cause}",
        f"{advice or 'Fix the cause.'} Then run it again: finished steps are found and reused. The notebook so far: "
        f"{output}",
    )


def _write_results(this_run: Run) -> None:
    # Imported late: it takes 100 MB that are not needed while notebooks run, and a room has a run for each person.
    from flywheel_helpers.run import report

    summary = this_run.summary()
    write_whole(this_run.folder / "summary.json", json.dumps(summary, indent=2) + "\n")
    write_whole(this_run.folder / "report.html", report.build(summary, this_run.executed()))
    log = this_run.folder / KERNEL_LOG
    if log.is_file() and not log.stat().st_size:
        log.unlink()


@contextmanager
def _config_importable():
    """Let kernels that start in the block import config.py, which is in the checkout only."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), before)))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class _Engine(NBClientEngine):
    """Papermill's own engine, which also reports the next cell."""

    NAME = "flywheel"

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, progress: Progress, **options: Any) -> Any:
        start = nb_man.cell_start

        def cell_start(cell: Any, cell_index: int | None = None, **more: Any) -> None:
            progress.cell((cell_index or 0) + 1, len(nb_man.nb.cells))
            start(cell, cell_index, **more)

        nb_man.cell_start = cell_start
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(_Engine.NAME, _Engine)
