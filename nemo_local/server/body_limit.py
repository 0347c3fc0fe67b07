"""Limits the memory that one request can take: its whole body, except on routes that write it to disk as it arrives.

Uvicorn and FastAPI have no such limit.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEBIBYTES = 16
_STREAMED = re.compile(r"^/v1/hf/.*(/commit/.|/info/lfs/objects/[0-9a-f]{64}$)")  # by the Data Store, to its disk


class BodyLimit:
    """Answers 413 to a body above the limit, whether its length is announced or found out.

    Args:
        app: what answers the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _STREAMED.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        announced = int(Headers(scope=scope).get("content-length", 0))  # the server has checked that it is a number
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # The application's own error handlers answer: FastAPI passes on an HTTPException raised while it reads.
            if max(announced, received) > MEBIBYTES * 2**20:
                raise HTTPException(
                    413,
                    f"The body of this request is larger than {MEBIBYTES} MiB. Upload large data to the Data Store as "
                    "files.",
                )
            return message

        await self._app(scope, counted, send)
