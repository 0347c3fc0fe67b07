"""How a run starts its kernels: with sockets that no other program can take, and their stderr in a log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from flywheel_helpers.errors import RunError

LONGEST_SOCKET_PATH = 103  # bytes; the limit of macOS. Linux allows 107 (`man 7 unix`)


def manager(sockets: Path, log: Path) -> type[AsyncKernelManager]:
    """A class that starts one kernel.

    Jupyter's default is five TCP ports, which are chosen before the kernel opens them. When eight kernels start at the
    same time, every few dozen starts a port is in use by then. The client talks to the other program and may wait
    forever: `send` does not return on a ZeroMQ socket whose only peer was lost to a protocol error. Sockets in a
    private folder cannot be taken.

    Args:
        sockets: an empty folder that exists as long as the kernel.
        log: file to which the kernel's stderr is appended. A kernel that is stopped in the middle of a cell writes a
            traceback there, which does not belong on a terminal.

    Raises:
        RunError: the path of the folder is too long for sockets.
    """
    connection = sockets / "kernel.json"
    if len(os.fsencode(connection.with_name("kernel-ipc-5"))) > LONGEST_SOCKET_PATH:
        raise RunError(
            f"The path of the folder for temporary files is too long for sockets: {sockets.parent}",
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
