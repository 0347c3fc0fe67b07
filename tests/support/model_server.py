"""A server that counts: it stands for the guarded model and for the safety model, and says what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAIN, SAFETY = "ada/caller@v1", "safety"
SAFE, UNSAFE = (
    '{"User Safety": "safe", "Response Safety": "safe"}',
    '{"User Safety": "unsafe", "Safety Categories": "Malware"}',
)
CALL = {"id": "call_1", "type": "function", "function": {"name": "live_giveaways", "arguments": '{"platform": "pc"}'}}


@dataclass
class ModelServer:
    """What the two models answer; ``calls`` counts requests by model. ``judge`` makes a verdict of each prompt."""

    verdict: str = SAFE
    answer: dict[str, Any] = field(default_factory=lambda: {"role": "assistant", "content": None, "tool_calls": [CALL]})
    choices: list[dict[str, Any]] | None = None  # messages, in place of the one answer
    beside: dict[str, Any] = field(default_factory=dict)  # fields of the answer beside its choices
    status: int = 200
    redirect: str | None = None
    delay: float = 0.0
    judge: Callable[[str], str] | None = None
    calls: Counter = field(default_factory=Counter)
    paths: list[str] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)
    headers: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.calls[body["model"]] += 1
                outer.bodies.append(body)
                outer.headers.append(dict(self.headers))
                outer.paths.append(self.path)
                if body["model"] == MAIN:
                    return self._send(
                        200, {**outer.completion(MAIN, *(outer.choices or [outer.answer])), **outer.beside}
                    )
                time.sleep(outer.delay)
                if outer.redirect:
                    self.send_response(307)
                    self.send_header("Location", outer.redirect)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                verdict = outer.judge(body["messages"][0]["content"]) if outer.judge else outer.verdict
                message = {"role": "assistant", "content": verdict}
                self._send(outer.status, outer.completion(SAFETY, message))

            def _send(self, status: int, body: dict) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @staticmethod
    def completion(model: str, *messages: dict) -> dict:
        choices = [{"index": i, "message": one, "finish_reason": "stop"} for i, one in enumerate(messages)]
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": choices,
            "usage": usage,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
