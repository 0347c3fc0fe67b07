"""A file is there whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nemo_local.common.files import write_json

# As on a disk that is full after a thousand bytes.
FULL = """
import pathlib, resource, signal, sys
from nemo_local.common.files import write_json
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_json(pathlib.Path(sys.argv[1]), {"text": "x" * 5000})
"""


@pytest.mark.parametrize("before", [{"old": True}, None])
def test_on_a_full_disk_the_old_file_stays_and_nothing_else(tmp_path, before):
    path = tmp_path / "job.json"
    if before:
        write_json(path, before)
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert [json.loads(file.read_text()) for file in tmp_path.iterdir()] == ([before] if before else [])
