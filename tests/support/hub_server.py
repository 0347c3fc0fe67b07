"""A Hub with one model on this machine, as far as a download needs one: gated, broken or complete."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SHA = "0123456789abcdef0123456789abcdef01234567"


class HubServer:
    """Serves the files of a folder as the model ``org/model``.

    Attributes:
        token: what an account needs; None for everyone.
        breaks: how often a download of the weights still breaks off after half of it.
        ranges: the ``Range`` of each request for the weights.
        tokens: the ``Authorization`` of each request.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token: str | None = None
        self.breaks = 0
        self.ranges: list[str | None] = []
        self.tokens: set[str | None] = set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.tokens.add(request.headers.get("Authorization"))
        path = request.path.partition("?")[0]
        if path.startswith("/api/models/org/model"):
            revision = path.partition("/revision/")[2]
            if revision not in ("", "main", SHA):
                return self._refuse(request, 404, "RevisionNotFound")
            files = [{"rfilename": f.name, "size": f.stat().st_size} for f in self.folder.iterdir()]
            files.append({"rfilename": "original/consolidated.00.pth", "size": 10**12})
            model = {"id": "org/model", "modelId": "org/model", "sha": SHA, "siblings": files}
            return self._send(request, json.dumps({**model, "tags": ["license:mit"]}).encode())
        if not path.startswith(f"/org/model/resolve/{SHA}/"):
            return self._refuse(request, 404, "RepoNotFound")
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._refuse(request, 403, "GatedRepo")
        file = self.folder / path.rpartition("/")[2]
        if not file.is_file():
            return self._refuse(request, 404, "EntryNotFound")
        return self._file(request, file)

    def _file(self, request: BaseHTTPRequestHandler, file: Path) -> None:
        content = file.read_bytes()
        headers = {"ETag": f'"{file.name}-1"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
        weights = request.command == "GET" and file.suffix == ".safetensors"
        first = 0
        if weights:
            wanted = request.headers.get("Range")
            self.ranges.append(wanted)
            first = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        cut = None
        if weights and self.breaks:
            self.breaks -= 1
            cut = max(1, (len(content) - first) // 2)
        self._send(request, content[first:], 206 if first else 200, headers, cut)

    def _refuse(self, request: BaseHTTPRequestHandler, status: int, code: str) -> None:
        self._send(request, b"{}", status, {"X-Error-Code": code, "X-Error-Message": code})

    @staticmethod
    def _send(
        request: BaseHTTPRequestHandler,
        body: bytes,
        status: int = 200,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "HEAD":
            return
        with suppress(OSError):
            request.wfile.write(body[:cut])
        if cut is not None:
            request.close_connection = True
            request.connection.close()
