"""A program in the background leaves a log that outlives the next one."""

import os
import sys

from flywheel_helpers.local import background


def test_a_log_keeps_what_an_earlier_program_said(tmp_path):
    log = tmp_path / "logs" / "program.log"
    for word in ("crashed", "started"):
        background.start([sys.executable, "-c", f"print('{word}')"], log, dict(os.environ)).wait(20)
    assert log.read_text().split() == ["started"]
    assert log.with_name("program.log.1").read_text().split() == ["crashed"]
