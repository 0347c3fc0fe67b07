"""Peak memory of a run: its kernels and the platform together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psutil


class PeakMemory:
    """Samples the resident memory of this process, its children and others while a `with` block runs.

    Pages that processes share are counted for each of them, so the figure is an upper bound.

    Args:
        others: returns further processes to count, such as the platform's.
        seconds: time between two samples.
    """

    def __init__(self, others: Callable[[], list[psutil.Process]], seconds: float = 1.0):
        self.others, self.seconds = others, seconds
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
            self.bytes = max(self.bytes, sum(_resident(process) for process in processes.values()))
            if self._stop.wait(self.seconds):
                return


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:  # it has just ended
        return 0
