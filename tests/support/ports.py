"""A free port, for tests that start a server or need an address where nobody answers."""

from __future__ import annotations

import random
import socket

# Below the ports that systems hand out by themselves (Linux: from 32768, macOS: from 49152): one of those could go
# to another program, such as a kernel of tests that run at the same time, before a test's own server takes it.
FIRST, LAST = 20_000, 32_000


def free_port() -> int:
    """A port nobody listens on now."""
    while True:
        port = random.SystemRandom().randint(FIRST, LAST)  # not what a test has seeded
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
