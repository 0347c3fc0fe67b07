"""Keeps web pages away from the platform, which has no access control and relies on being reachable from here only.

A browser on this machine is a way in. A page of any site can send it a form (cross-site request forgery), and a page
whose name is made to resolve to 127.0.0.1 counts as the same site and can read the answers too (DNS rebinding). The
names in `Host` and `Origin` give both away: they are the page's, and a page cannot change them.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nemo_local.common.urls import is_loopback

_READING = ("GET", "HEAD", "OPTIONS")


class LocalOnly:
    """Refuses requests that are not meant for this machine.

    Args:
        app: what answers the others.
        allowed_hosts: names beside those of the loopback interface, in lower case, by which the platform may be called,
            for example behind a tunnel or from a container.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Collection[str] = ()) -> None:
        self._app, self._allowed = app, frozenset(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(Headers(scope=scope), scope["method"]) if scope["type"] == "http" else None
        if problem:
            await JSONResponse({"detail": problem}, status_code=403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _problem(self, headers: Headers, method: str) -> str | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        name = _name(f"//{host}")
        if not (is_loopback(name) or name in self._allowed):
            return (
                f"The request is for the host {name[:100]!r}, and this platform answers to the names of this machine "
                "only. If it is to be called by that name, start it with FLYWHEEL_ALLOWED_HOSTS set to the name."
            )
        if origin is not None and method not in _READING and origin.partition("//")[2] != host:
            return f"The request was sent by a web page of {origin[:100]!r}. Pages of other sites may change nothing."
        return None


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # brackets that enclose no address
        return ""
