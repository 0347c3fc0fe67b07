"""Connections to servers that are not ours: models to be evaluated or guarded."""

from __future__ import annotations

# Seconds after which an idle connection is given up. Servers close idle connections, uvicorn after 5 seconds, which is
# httpx's own default too. A POST that leaves at that moment breaks. So the client is the first to close.
KEEPALIVE_EXPIRY = 2.0
