"""A short campaign of faults; `benchmarks/faults.py` does long ones."""

from __future__ import annotations

import re
import subprocess
import sys

from flywheel_helpers.checkout import ROOT

KINDS = ["kill -9 of the gateway", "kill -9 of the supervisor", "kill -9 of the course"]


def test_a_course_survives_kills_at_random_moments():
    # With this seed, all three come while the course still has something to do, however fast the machine is.
    command = [sys.executable, "benchmarks/faults.py", "--seed", "124", "--faults", "3", "--minutes", "5"]
    command += ["--only", *KINDS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    survived = re.findall(r"^\| (.+) \| 1 \| 1 \| \d+ s \|$", done.stdout, re.MULTILINE)
    assert survived == KINDS
