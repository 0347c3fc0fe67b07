"""The one loop behind all waiting: for a job, a model, a result, or a program that starts."""

from __future__ import annotations

import time
from collections.abc import Iterator


def attempts(timeout: float, interval: float) -> Iterator[float]:
    """Yield now, then after each interval, and one last time at the deadline.

    The caller leaves the loop when it finds what it waits for; a loop that runs out has waited in vain.

    Args:
        timeout: seconds until the last attempt. There is always a first one.
        interval: seconds between two attempts.

    Yields:
        seconds since the first attempt.
    """
    started = time.monotonic()
    elapsed = 0.0
    while True:
        yield elapsed
        elapsed = time.monotonic() - started
        if elapsed >= timeout:
            return
        time.sleep(min(interval, timeout - elapsed))
        elapsed = time.monotonic() - started
