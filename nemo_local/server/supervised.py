"""``python -m nemo_local.server.supervised MODULE``: runs a module that ends when its supervisor does.

The supervisor holds the other end of this process's standard input. When it ends, even by ``kill -9``, the system
closes that end, and the read below returns. No other sign of its end exists on every operating system.
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
    # The descriptor and not sys.stdin: a pending read would hold its lock when Python exits.
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
