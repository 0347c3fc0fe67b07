"""Connections to servers that are not ours: models to be evaluated or guarded."""

from __future__ import annotations

import httpx


def limits(connections: int) -> httpx.Limits:
    """At most so many connections, which are given up when they have been idle for 2 seconds.

    Servers close idle connections, uvicorn after 5 seconds, which is httpx's own default too. A POST that leaves at
    that moment breaks. So the client is the first to close.
    """
    return httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=2.0)
