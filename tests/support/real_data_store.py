"""What NVIDIA's Data Store does otherwise than the local one: links for large files begin at the root of its host.

The local one has its links below /v1/hf, so nobody would notice that a test's gateway lacks the other route.
"""

from __future__ import annotations

import re
import threading
import time

import httpx
import uvicorn
from ports import free_port
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_LOCAL = re.compile(rb"/v1/hf(/[^\"\s]+?\.git/)")
_OF_THE_CONNECTION = {"transfer-encoding", "connection", "content-length", "content-encoding", "date", "server"}


def outward(content: bytes) -> bytes:
    """An answer of the local Data Store, with the links that NVIDIA's gives out."""
    return _LOCAL.sub(rb"\1", content)


def inward(path: str) -> str:
    """The path of a request to such a link, as the local Data Store knows it."""
    return f"/v1/hf{path}" if ".git/" in path and not path.startswith("/v1/hf/") else path


class RealDataStore:
    """A server before the local platform that has the links of NVIDIA's Data Store.

    Args:
        platform: address of the local platform's gateway.
    """

    def __init__(self, platform: str) -> None:
        self._platform, port = platform, free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.at_the_root: list[str] = []  # requests to such links, for tests to see that there were some
        self._client = httpx.AsyncClient(trust_env=False, timeout=300)
        methods = ["GET", "HEAD", "POST", "PUT", "DELETE"]
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def _answer(self, request: Request) -> Response:
        path = inward(request.url.path)
        if path != request.url.path:
            self.at_the_root.append(f"{request.method} {request.url.path}")
        answer = await self._client.request(
            request.method,
            self._platform + path,
            params=request.query_params,
            headers=[(name, value) for name, value in request.headers.items() if name != "connection"],
            content=await request.body(),
        )
        kept = {name: value for name, value in answer.headers.items() if name not in _OF_THE_CONNECTION}
        if request.method == "HEAD":  # the length of what a GET would bring
            kept["content-length"] = answer.headers.get("content-length", "0")
        content = answer.content
        if "/preupload/" in path:  # NVIDIA's takes every file by an upload link
            content = content.replace(b'"regular"', b'"lfs"')
        return Response(outward(content) if path.endswith("/objects/batch") else content, answer.status_code, kept)

    def __enter__(self) -> RealDataStore:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
