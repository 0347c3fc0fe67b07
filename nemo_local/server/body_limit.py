"""Bounds what one request can make a server hold in memory: its body, except where that is written away as it comes.

Uvicorn and FastAPI have no such bound; on the cluster, the gateway has one.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEBIBYTES = 16  # a thousand times the longest request of the course
_STREAMED = re.compile(r"^/v1/hf/.*(/commit/.|/info/lfs/objects/[0-9a-f]{64}$)")  # by the Data Store, to its disk


class BodyLimit:
    """Answers 413 to a body above the limit, whether its length is announced or found out.

    Args:
        app: what answers the others.
        mebibytes: the limit.
    """

    def __init__(self, app: ASGIApp, mebibytes: int = MEBIBYTES) -> None:
        self._app, self._bytes = app, mebibytes * 2**20
        self._refusal = (
            f"The body of this request is larger than {mebibytes} MiB. Upload large data as files, to the Data Store."
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _STREAMED.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # The application's own error handlers answer: FastAPI hands on what reading the body raises.
            if received > self._bytes or (announced.isdecimal() and int(announced) > self._bytes):
                raise HTTPException(413, self._refusal)
            return message

        await self._app(scope, counted, send)
