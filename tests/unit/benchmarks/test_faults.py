"""The plan of a campaign of faults, and its table."""

from __future__ import annotations

import time
from types import SimpleNamespace

import faults
import pytest
from fault_kinds import CLOCK, FAULTS, FULL_DISK
from stored_state import StoredState

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


class Course:
    """Begins every stage at once, and ends well after so many faults."""

    def __init__(self, faults_to_the_end: int) -> None:
        self.left, self.runs = faults_to_the_end, 1
        self.process = SimpleNamespace(pid=1, poll=lambda: None if self.left else 0)

    def go_on(self, most_runs: int) -> bool:
        return bool(self.left)

    def has_begun(self, stage: str) -> bool:
        return True

    def last_lines(self) -> str:
        return ""

    def stop(self) -> None:
        pass


@pytest.fixture
def done(monkeypatch, tmp_path):
    """Runs a course with two faults; the second one comes when the course has ended."""

    def run(recover=lambda *_: [], states=()) -> list[faults.Fault]:
        course = Course(faults_to_the_end=1)

        def strike(*_):
            course.left -= 1
            return True

        nothing = StoredState(frozenset(), {}, [])
        found = iter(states)
        monkeypatch.setattr(faults, "Course", lambda *_: course)
        monkeypatch.setattr(faults, "FAULTS", dict.fromkeys(FAULTS, strike))
        monkeypatch.setattr(faults.stored_state, "read", lambda _: next(found, nothing))
        two = [faults.Fault(CLOCK, "chat", 0.0), faults.Fault(FULL_DISK, "chat", 0.0)]
        faults.run_course(SimpleNamespace(folder=tmp_path, home=tmp_path, recover=recover), 1, two)
        return two

    return run


def test_a_fault_after_the_end_of_the_course_is_not_counted(done):
    first, second = done()
    assert first.happened and not first.problems and not second.happened


def test_a_recovery_must_not_take_longer_than_said(done, monkeypatch):
    monkeypatch.setattr(faults, "RECOVERY_SECONDS", 0.05)
    first, _ = done(recover=lambda *_: time.sleep(0.1) or ["a process is left over"])
    assert first.problems[0] == "a process is left over" and "ready again only after" in first.problems[1]


def test_what_the_course_stored_just_before_a_fault_must_not_be_lost(done):
    nothing, some = StoredState(frozenset(), {}, []), StoredState(frozenset({("content", "abc")}), {}, [])
    first, _ = done(states=[nothing, some])  # at the beginning, just before the fault; nothing afterwards
    assert first.problems == ["lost: content abc"]
