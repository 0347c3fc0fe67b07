"""How a run starts its kernels: with sockets that no other program can take, and their last words in a log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from flywheel_helpers.errors import RunError

# The longest path of a Unix socket that Linux (107 bytes, `man 7 unix`) and macOS (103) both take.
LONGEST_SOCKET_PATH = 103


def manager(sockets: Path, log: Path) -> type[AsyncKernelManager]:
    """A class that starts one kernel.

    Jupyter's default is five TCP ports, which are chosen before the kernel takes them. Of eight kernels that start
    together, one in some dozens then finds a port taken, and its client, which talks to the taker instead, can wait for
    ever: a ZeroMQ socket that lost its only peer to a protocol error has nowhere to send to, and `send` does not
    return. Sockets in a folder of their own cannot be taken.

    Args:
        sockets: an empty folder, for the time of the kernel.
        log: where to append what the kernel writes past its cells. One that is told to die in the middle of a cell says
            so with a traceback of its own, which nobody at a terminal should read.

    Raises:
        RunError: the path of the folder is too long for sockets.
    """
    connection = sockets / "kernel.json"
    if len(os.fsencode(connection.with_name("kernel-ipc-5"))) > LONGEST_SOCKET_PATH:
        raise RunError(
            f"The folder for temporary files has too long a path for sockets: {sockets.parent}",
            "Set TMPDIR to a folder with a shorter path, such as /tmp, and run it again.",
        )

    class KernelManager(AsyncKernelManager):
        @default("transport")
        def _sockets(self) -> str:
            return "ipc"

        @default("connection_file")
        def _in_the_folder(self) -> str:
            return str(connection)

        async def start_kernel(self, **options: Any) -> None:
            with log.open("ab") as stderr:
                await super().start_kernel(stderr=stderr, **options)

    return KernelManager
