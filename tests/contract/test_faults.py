"""A short campaign of faults; `benchmarks/faults.py` does long ones."""

from __future__ import annotations

import re
import subprocess
import sys

from flywheel_helpers.checkout import ROOT

SEED = 864  # the same faults with a full disk among the kinds and without


def test_a_course_survives_kills_at_random_moments():
    command = [sys.executable, "benchmarks/faults.py", "--seed", str(SEED), "--faults", "3", "--minutes", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^\| (.+) \| (\d) \| (\d) \| \d+ s \|$", done.stdout, re.MULTILINE)
    assert rows == [(f"kill -9 of the {name}", "1", "1") for name in ("gateway", "training", "supervisor")]
