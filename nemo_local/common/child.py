"""A process that the platform starts for one piece of work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import nemo_local

# What such a process has no use for, it cannot write to a log either.
SECRETS = (
    *("HF_TOKEN", "NVIDIA_API_KEY", "CONTENT_SAFETY_API_KEY", "WANDB_API_KEY", "NDS_TOKEN", "NEMO_TOKEN"),
    *("OPENWEBUI_API_KEY", "TEACHER_API_KEY"),
)
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")  # huggingface_hub obeys either
_LOCAL = "127.0.0.1,localhost"


def child_environment(*secrets: str) -> dict[str, str]:
    """This process's environment without secrets, in which the platform's own services are reached without a proxy.

    Args:
        secrets: names of those to keep.
    """
    environ = {name: value for name, value in os.environ.items() if name not in SECRETS or name in secrets}
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = f"{environ[name]},{_LOCAL}" if environ.get(name) else _LOCAL
    environ |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false"}
    # Where the platform runs from a checkout without being installed.
    root = str(Path(nemo_local.__file__).parent.parent)
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environ.get("PYTHONPATH")]))
    return environ


def start_child(module: str, *arguments: str, output: BinaryIO | None, environ: dict[str, str]) -> subprocess.Popen:
    """Run a module of the platform in a process of its own.

    Args:
        module: what `python -m` runs.
        arguments: its command line.
        output: a file for what it prints; None to discard that.
        environ: its environment, based on :func:`child_environment`.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if output is None else output,
        stderr=subprocess.STDOUT,
        env=environ,
        start_new_session=True,  # Ctrl-C at the platform's terminal is for the platform, which then stops this
    )
