"""A process that ends when the one that started it has ended."""

from __future__ import annotations

import os
import threading
import time

# Seconds between two checks.
INTERVAL = 0.5
EXIT_ORPHANED = 3


def end_with_parent(pid: int) -> None:
    """End this process, with :data:`EXIT_ORPHANED`, as soon as ``pid`` is no longer its parent: even a parent that was
    killed leaves nothing behind that computes for nobody."""

    def watch() -> None:
        while os.getppid() == pid:
            time.sleep(INTERVAL)
        os._exit(EXIT_ORPHANED)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
