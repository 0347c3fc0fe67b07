"""The loop behind all waiting."""

from __future__ import annotations

import time

import pytest

from flywheel_helpers import polling


@pytest.mark.parametrize("timeout", [0, -1])
def test_there_is_always_one_attempt(timeout):
    assert list(polling.attempts(timeout, 60)) == [0.0]


def test_the_last_attempt_is_at_the_deadline(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(polling, "time", FakeTime(now))
    assert list(polling.attempts(5, 2)) == [0.0, 2.0, 4.0, 5.0]


def test_slow_attempts_do_not_go_past_the_deadline():
    started = time.monotonic()
    for _ in polling.attempts(0.1, 60):
        time.sleep(0.2)
    assert time.monotonic() - started < 1


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self, now: list[float]):
        self.now = now

    def monotonic(self) -> float:
        return self.now[0]

    def sleep(self, seconds: float) -> None:
        self.now[0] += seconds
