"""The plan of a campaign of faults, and its table."""

from __future__ import annotations

import faults
from fault_kinds import FAULTS, FULL_DISK

KINDS = list(FAULTS)


def test_the_seed_decides_the_faults_and_all_kinds_are_as_frequent():
    planned = faults.plan(7, 3 * len(KINDS), KINDS)
    assert planned == faults.plan(7, 3 * len(KINDS), KINDS) != faults.plan(8, 3 * len(KINDS), KINDS)
    assert sorted(fault.kind for fault in planned) == sorted(3 * KINDS)
    assert {fault.stage for fault in planned if "training" in fault.kind} == {"training"}
    assert len({fault.delay for fault in planned}) == len(planned)


def test_the_table_counts_what_was_survived_and_says_what_was_left_out():
    done = [
        faults.Fault("kill -9 of the nim", "chat", 0.0, True, [], 12.3),
        faults.Fault("kill -9 of the training", "training", 0.0),
        faults.Fault("kill -9 of the nim", "chat", 0.0, True, ["the platform is not ready after 120 s"], 120.0),
    ]
    lines = faults.table(done, {FULL_DISK: "left out: only root can mount"}).splitlines()
    assert lines[0] == "| fault | count | survived | longest recovery |"
    assert "| kill -9 of the nim | 2 | 1 | 120 s |" in lines
    assert f"| {FULL_DISK} | 0 | 0 | left out: only root can mount |" in lines
    assert "| kill -9 of the training | 0 | 0 | not done |" in lines, "it had ended before"
