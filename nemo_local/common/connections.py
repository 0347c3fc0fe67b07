"""What HTTP clients of several services have in common."""

from __future__ import annotations

import httpx

# Seconds after which an idle connection is given up. Servers close idle connections, uvicorn after 5 seconds, which is
# httpx's own default too. A POST that leaves at that moment breaks. So the client is the first to close.
KEEPALIVE_EXPIRY = 2.0

# The `mounts` of a client for which this machine is never behind a proxy, whatever HTTP_PROXY says.
LOOPBACK_DIRECT: dict[str, httpx.BaseTransport | None] = {"all://127.0.0.1": None, "all://localhost": None}
