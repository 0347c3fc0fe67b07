"""A folder of a model is made once and as a whole, whatever happened to the process that made it before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nemo_local.model.base_model import make_once

KILLED = """
import os, pathlib, signal, sys
from nemo_local.model.base_model import make_once
def write(folder):
    (folder / "half").write_text("of the weights")
    os.kill(os.getpid(), signal.SIGKILL)
make_once(pathlib.Path(sys.argv[1]), write)
"""


def test_what_a_killed_process_left_is_gone_when_the_next_one_has_made_the_folder(tmp_path):
    folder = tmp_path / "models" / "small"
    assert subprocess.run([sys.executable, "-c", KILLED, folder], check=False).returncode < 0
    assert not folder.exists()
    make_once(folder, lambda unfinished: (unfinished / "whole").write_text("weights"))
    assert [path.name for path in folder.iterdir()] == ["whole"]
    assert [path for path in folder.parent.iterdir() if path.is_dir()] == [folder]


def test_what_cannot_be_made_leaves_nothing(tmp_path):
    def fail(folder):
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        make_once(tmp_path / "small", fail)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
