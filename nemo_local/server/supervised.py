"""``python -m nemo_local.server.supervised MODULE``: runs a module that ends when its supervisor does.

The supervisor holds the other end of this process's standard input. Where it ends, even by ``kill -9``, the system
closes that end, and reading here comes back: the one signal of it that every operating system gives.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

_GRACE_SECONDS = 10


def _end_with_supervisor() -> None:
    # The descriptor and not sys.stdin: a read in progress would hold its lock when Python ends.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    module = sys.argv[1]
    del sys.argv[1]
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
