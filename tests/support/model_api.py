"""A small model API in the NIM's place: it does as it is told, and counts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def echo_truth(body: dict) -> dict:
    """A model that is always right: the user's message is the JSON of the answer's message."""
    return json.loads(body["messages"][-1]["content"])


class Target:
    """An OpenAI-compatible API that counts.

    Attributes:
        models: names it lists.
        answer: makes the assistant's message from the request; may raise ``Refuse``.
        requests: bodies of all completion requests so far.
        most_at_once: the most requests that were in flight together.
        key: bearer token it wants, if any.

    Args:
        port: to listen on; a free one by default.
    """

    def __init__(self, port: int = 0) -> None:
        self.reset()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"target": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        self.models = ["meta/base", "team/tuned@v1"]
        self.answer: Callable[[dict], dict] = echo_truth
        self.requests: list[dict] = []
        self.most_at_once = self._at_once = 0
        self.key: str | None = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def counted(self, body: dict) -> Iterator[None]:
        with self._lock:
            self.requests.append(body)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1


class Refuse(Exception):
    """Raised by ``Target.answer``: the status and the raw body to answer with."""

    def __init__(self, status: int, body: str = '{"error": {"message": "told to fail"}}') -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


class _Handler(BaseHTTPRequestHandler):
    target: Target
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self._allowed():
            self._send(200, json.dumps({"object": "list", "data": [{"id": name} for name in self.target.models]}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._allowed():
            return
        with self.target.counted(body):
            if body["model"] not in self.target.models:
                self._send(404, json.dumps({"error": {"message": f"model {body['model']} not found"}}))
                return
            try:
                message = self.target.answer(body)
            except Refuse as refusal:
                self._send(refusal.status, refusal.body)
                return
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            if self.path.endswith("/v1/completions"):
                choice = {"index": 0, "text": message["content"], "finish_reason": "stop"}
            self._send(200, json.dumps({"id": "x", "choices": [choice], "usage": {"total_tokens": 3}}))

    def _allowed(self) -> bool:
        if self.target.key is None or self.headers.get("Authorization") == f"Bearer {self.target.key}":
            return True
        self._send(401, '{"error": {"message": "no such key"}}')
        return False

    def _send(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(ConnectionError):  # a cancelled job does not wait for its answers
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass
