"""Runs one of the two servers: binds its port first, then serves requests."""

from __future__ import annotations

import logging
import socket
import sys

import psutil
import uvicorn
from fastapi import FastAPI

from nemo_local.server.body_limit import BodyLimit
from nemo_local.server.boundaries import LocalOnly
from nemo_local.settings import Settings


class PortTaken(RuntimeError):
    """Another process listens on the port."""


def bind(host: str, port: int) -> socket.socket:
    """Bind the port and start to queue connections.

    Raises:
        PortTaken: with the name and the process id of the program that holds it, where the system tells them.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # Without this the port is blocked for a minute after a restart. On Windows it would let two servers share it.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
        server.listen(2048)
    except OSError as error:
        server.close()
        raise PortTaken(
            f"Port {port} on {host} cannot be used ({error.strerror}): it is held by {_holder(port)}. "
            "Stop that, or choose another port with FLYWHEEL_GATEWAY_PORT or FLYWHEEL_NIM_PORT."
        ) from error
    return server


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "a process this user may not see"


def serve(app: FastAPI, settings: Settings, port: int) -> None:
    """Serve ``app`` to this machine until SIGTERM or SIGINT. The log goes to stderr. Raises PortTaken."""
    # Bound before the application starts, so that its start-up can already send requests to its own address.
    with bind(settings.host, port) as server_socket:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        # At shutdown, requests in progress get five seconds; a stream could otherwise delay it without limit. Idle
        # connections are kept longer than clients keep them: if both sides gave up after the same five seconds, a
        # request could arrive on a connection that is just being closed.
        config = uvicorn.Config(
            LocalOnly(BodyLimit(app), settings.allowed_hosts),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=75,
        )
        uvicorn.Server(config).run(sockets=[server_socket])
