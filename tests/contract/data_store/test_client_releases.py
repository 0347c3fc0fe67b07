"""The Data Store with an old and the current release of ``huggingface_hub``, each in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import huggingface_hub
import pytest

ROOT = Path(__file__).resolve().parents[3]
# Before 1.0 the client is built on `requests` and reads URLs differently; many notebooks of NVIDIA's pin such a one.
OLD_RELEASE = "0.34.4"
SCRIPT = ROOT / "tests" / "support" / "hub_round_trip.py"


@pytest.fixture(scope="session")
def old_python() -> Path:
    """Python of an environment with the old release, which is made once and then kept (about 20 s)."""
    environment = ROOT / f".venv-hub-{OLD_RELEASE}"
    python = environment / "bin" / "python"
    installed = environment / ".installed"
    if not installed.exists():
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for command in (
            [sys.executable, "-m", "venv", "--clear", environment],
            [*pip, f"huggingface_hub=={OLD_RELEASE}"],
        ):
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"{command} failed:\n{done.stderr}"
        installed.touch()
    return python


@pytest.mark.parametrize("kind", ["dataset", "model"])
@pytest.mark.parametrize("release", ["old", "current"])
def test_a_repository_from_its_creation_to_its_end(gateway, request, tmp_path, release, kind):
    python = request.getfixturevalue("old_python") if release == "old" else sys.executable
    repo = f"course/r{uuid.uuid4().hex[:8]}"
    command = [python, SCRIPT, f"{gateway.gateway_url}/v1/hf", kind, repo, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "version": OLD_RELEASE if release == "old" else huggingface_hub.__version__,
        "repositories": [[kind, repo]] * 2,
        "commits": {name: [kind, repo, 40] for name in ("file", "folder", "branch", "delete")},
        "downloaded": ["b.txt", "testing/rows.jsonl", "training/a b%2F#.txt"],
        "refs": [["exp/lora-r8", "main"], ["runs/first"]],
        "tree": ["training/a b%2F#.txt"],
        "commits on the branch": 4,
        "newest is the upload": True,
        "files after the deletion": ["testing/rows.jsonl", "training/a b%2F#.txt"],
        "branches left": ["main"],
    }
