"""Peak memory of a run: its kernels and the platform together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psutil


def resident(process: psutil.Process) -> int:
    """Resident bytes. Pages that processes share are counted for each of them, so a sum is an upper bound."""
    return process.memory_info().rss


def proportional(process: psutil.Process) -> int:
    """Resident bytes, where a page that n processes share counts as 1/n for each (PSS), so a sum is what they take
    together. Only on Linux, and slower to read."""
    return process.memory_full_info().pss


class PeakMemory:
    """Samples the memory of this process, its children and others while a `with` block runs.

    Args:
        others: returns further processes to count, such as the platform's.
        seconds: time between two samples.
        of: the bytes of one process.
    """

    def __init__(
        self,
        others: Callable[[], list[psutil.Process]],
        seconds: float = 1.0,
        of: Callable[[psutil.Process], int] = resident,
    ):
        self.others, self.seconds, self.of = others, seconds, of
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            own = psutil.Process()
            processes = {process.pid: process for process in (own, *own.children(recursive=True), *self.others())}
            self.bytes = max(self.bytes, sum(self._bytes(process) for process in processes.values()))
            if self._stop.wait(self.seconds):
                return

    def _bytes(self, process: psutil.Process) -> int:
        try:
            return self.of(process)
        except psutil.Error:  # it has just ended
            return 0
