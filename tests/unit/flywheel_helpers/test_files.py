"""A file is there whole or not at all."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from flywheel_helpers.files import write_whole

# As on a disk that is full after a thousand bytes.
FULL = """
import pathlib, resource, signal, sys
from flywheel_helpers.files import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_whole(pathlib.Path(sys.argv[1]), "x" * 5000)
"""


@pytest.mark.parametrize("before", ["old", None])
def test_on_a_full_disk_the_old_file_stays_and_nothing_else(tmp_path, before):
    path = tmp_path / "state.json"
    if before:
        write_whole(path, before)
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert [file.read_text() for file in tmp_path.iterdir()] == ([before] if before else [])


def test_a_private_file_is_for_this_user_only(tmp_path):
    write_whole(tmp_path / "key", "secret", private=True)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
