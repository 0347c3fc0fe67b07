"""The course as a learner runs it: platform up, `flywheel run`, platform down, all by the command line.

Everything lies in temporary folders and on free ports, so nothing of a checkout in use is touched. Sizes are small;
what the notebooks say is the same.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
# For a whole course: ten minutes on two cores with bfloat16 hardware, half an hour on slow ones without, beside the
# other tests.
SECONDS = 3600
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
# A few minutes on two cores: enough for the form of a call and many a right choice, not for every value.
SMALL = {
    "MAX_STEPS": 40,
    "LIMIT": 20,
    "CHAT_ROWS": 10,
    "ASKED": 24,
    "UNJUDGED": 2,
    "THIS_WEEK": 8,
    "VERSION_2_STEPS": 6,
}
# Values nobody may find in a notebook afterwards. The local platform asks for none of them.
SECRETS = {
    "HF_TOKEN": "hub-secret-31c8",
    "WANDB_API_KEY": "wandb-secret-44fe",
    "NDS_TOKEN": "data-store-secret-5e1f",
    "NEMO_TOKEN": "gateway-secret-77aa",
    "NVIDIA_API_KEY": "nvidia-secret-90bd",
    "CONTENT_SAFETY_API_KEY": "safety-secret-19cd",
    "TEACHER_API_KEY": "teacher-secret-62d0",
}
_OFFERED = re.compile(r"<details><summary>One way to write it</summary>\n\n```python\n(.*?)```", re.DOTALL)


def offered_solutions(notebook: Path) -> dict[str, str]:
    """The code that a notebook offers, folded, for each function that its exercises ask for, by the function's name."""
    cells = nbformat.read(notebook, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return {re.search(r"def (\w+)\(", code)[1]: code for code in _OFFERED.findall(text)}


@dataclass(frozen=True)
class Finished:
    """A run of the course that has ended well."""

    folder: Path
    output: str

    @property
    def summary(self) -> dict:
        return json.loads((self.folder / "summary.json").read_text())

    def notebook(self, number: str) -> nbformat.NotebookNode:
        return nbformat.read(next(self.folder.glob(f"{number}_*.ipynb")), as_version=4)

    def text(self) -> str:
        """All notebooks as they lie on disk."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.ipynb")))


class Course:
    """A platform of its own, and runs of the notebooks on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        foreign = ("NEMO_", "FLYWHEEL_", "NIM_", "OPENWEBUI_", "CONTENT_SAFETY", "TEACHER_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            **SECRETS,
            "FLYWHEEL_HOME": str(folder / "home"),
            "FLYWHEEL_MODELS": os.environ["FLYWHEEL_MODELS"],  # set by the conftest of all tests
            "FLYWHEEL_GATEWAY_PORT": str(free_port()),
            "FLYWHEEL_NIM_PORT": str(free_port()),
            "FLYWHEEL_WEBUI_PORT": str(free_port()),
            "PYTHONPATH": str(ROOT),
        }
        self.parameters = {**SMALL, "WORK_FOLDER": str(folder)}

    def flywheel(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "flywheel_helpers.run.cli", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, f"flywheel {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run(self, name: str) -> Finished:
        """All notebooks in order; `name` is the folder of the results."""
        pairs = [part for pair in self.parameters.items() for part in ("-p", pair[0], str(pair[1]))]
        output = self.flywheel("run", "--output", str(self.folder / name), *pairs)
        return Finished(self.folder / name, output)
