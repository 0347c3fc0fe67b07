"""A gateway that misbehaves: https with a certificate nobody knows, one host, routes by path, and faults to order.

It stands before the real local platform, so what it does not spoil is what a platform answers.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import real_data_store
import routing
import trustme
import uvicorn
from ports import free_port
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BASE = "huggingfacetb/smollm2-135m-instruct"  # the model of the platform behind it
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_NOT_FORWARDED = {"transfer-encoding", "connection", "content-length", "content-encoding", "date", "server"}
NO_GPU = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."


@dataclass
class Faults:
    """What goes wrong. Each can be switched on alone, at any time.

    Args:
        http_links: the Data Store does not learn that it was asked by https, and hands out http:// links.
        gpu: how the Customizer's configs end here, such as "+A100", instead of "+CPU".
        adapters_late: seconds from its first sight until the NIM proxy shows an adapter.
        unregistered: the Evaluator says that the model is not registered, until its endpoint was registered anew.
        polls: how polling a job fails, in turn: "409", "503", "reset" or "ok"; over and over.
        pending: seconds that each job seems to wait for a GPU.
        created: the status with which the Customizer answers a new job.
        results_late: seconds from its first question until an evaluation's results are there.
        small_files_only: no file passes, as where a gateway limits the size of a request.
        token: the bearer token without which nobody passes.
        login: everything is sent on to a login page.
        slow: paths that answer after so many seconds.
    """

    http_links: bool = False
    gpu: str = ""
    adapters_late: float = 0.0
    unregistered: bool = False
    polls: tuple[str, ...] = ()
    pending: float = 0.0
    created: int = 200
    results_late: float = 0.0
    small_files_only: bool = False
    token: str = ""
    login: bool = False
    slow: dict[str, float] = field(default_factory=dict)


class BadGateway:
    """The gateway as a server of its own.

    Args:
        platform: address of the local platform's gateway.
        nim: address of its NIM proxy.
        folder: where its certificates are written.
    """

    def __init__(self, platform: str, nim: str, folder: Path) -> None:
        self.platform, self.nim, self.faults = platform, nim, Faults()
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.ca_bundle = folder / "organisation.pem"
        authority = trustme.CA(organization_name="Example Organisation", organization_unit_name="Test CA")
        authority.cert_pem.write_to_path(str(self.ca_bundle))
        certificate = authority.issue_cert("localhost")
        key_file = folder / "gateway.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(str(key_file))
        self._first_seen: dict[str, float] = {}
        self._polls = 0
        self._client = httpx.AsyncClient(trust_env=False, timeout=300)
        self.broken_polls: list[str] = []  # those that failed, for tests to see that it happened
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=METHODS)])
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=self.port,
                log_level="critical",
                ssl_certfile=str(key_file),
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> BadGateway:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline, "the gateway did not start"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def misbehave(self, **faults: object) -> None:
        """Switch these faults on, and all others off."""
        self.faults = Faults(**faults)
        self._first_seen.clear()
        self._polls = 0
        self.broken_polls.clear()

    async def _answer(self, request: Request) -> Response:
        faults, path = self.faults, request.url.path
        for start, seconds in faults.slow.items():
            if path.startswith(start):
                await asyncio.sleep(seconds)
        if faults.login:
            return Response(status_code=302, headers={"Location": "https://login.example.test/realms/cluster?state=1"})
        if faults.token and request.headers.get("authorization") != f"Bearer {faults.token}":
            return Response("RBAC: access denied", status_code=401)
        return self._spoil_poll(request) or self._refuse(request) or await self._forward(request)

    def _spoil_poll(self, request: Request) -> Response | None:
        if not (self.faults.polls and request.method == "GET" and _is_job(request.url.path)):
            return None
        how = self.faults.polls[self._polls % len(self.faults.polls)]
        self._polls += 1
        if how == "ok":
            return None
        self.broken_polls.append(how)
        if how == "reset":  # promises more than it sends, so the connection breaks in the middle
            return Response(b"{", headers={"Content-Length": "1000"}, media_type="application/json")
        said = {"409": "another update of this job is in progress", "503": "no healthy upstream"}[how]
        return Response(json.dumps({"detail": said}), status_code=int(how), media_type="application/json")

    def _refuse(self, request: Request) -> Response | None:
        faults, path, method = self.faults, request.url.path, request.method
        if faults.unregistered and method == "POST" and path == "/v1/evaluation/jobs":
            return _json({"detail": "The model is not registered: it has no api_endpoint in the Entity Store."}, 422)
        if faults.small_files_only and method == "PUT":
            return Response("<html>413 Request Entity Too Large</html>", status_code=413)
        if faults.results_late and _is_results(path) and self._age(path) < faults.results_late:
            return _json({"detail": "Results of this evaluation are not there."}, 404)
        return None

    async def _forward(self, request: Request) -> Response:
        body = await request.body()
        found = routing.find(request.url.path)  # the routes of the packaged framework
        if found is None:
            return Response(status_code=404)  # as Envoy says it: with nothing more
        service, path = found
        target = self.nim if service == "nemo-nim-proxy" else self.platform
        if service == "nemo-data-store":
            path = real_data_store.inward(path)
        scheme = "http" if self.faults.http_links else "https"
        headers = [(name, value) for name, value in request.headers.items() if name not in ("connection", "host")]
        # The platform makes its links from these two, as services behind a gateway do.
        headers += [("host", f"localhost:{self.port}"), ("x-forwarded-proto", scheme)]
        answer = await self._client.request(
            request.method, target + path, params=request.query_params, headers=headers, content=self._inward(body)
        )
        kept = {name: value for name, value in answer.headers.items() if name not in _NOT_FORWARDED}
        if request.method == "HEAD":  # the length of what a GET would bring
            kept["content-length"] = answer.headers.get("content-length", "0")
        return Response(self._outward(request, answer), self._status(request, answer), kept)

    def _inward(self, body: bytes) -> bytes:
        return body.replace(self.faults.gpu.encode(), b"+CPU") if self.faults.gpu else body

    def _status(self, request: Request, answer: httpx.Response) -> int:
        new_job = request.method == "POST" and request.url.path == "/v1/customization/jobs"
        return self.faults.created if new_job and answer.is_success else answer.status_code

    def _outward(self, request: Request, answer: httpx.Response) -> bytes:
        faults, path, content = self.faults, request.url.path, answer.content
        if path.endswith("/info/lfs/objects/batch"):
            return real_data_store.outward(content)
        if request.method == "HEAD" or not answer.headers.get("content-type", "").startswith("application/json"):
            return content
        if "/preupload/" in path:  # a cluster's Data Store takes every file by an upload link
            content = content.replace(b'"regular"', b'"lfs"')
        if faults.gpu and path.startswith("/v1/customization"):
            content = content.replace(b"+CPU", faults.gpu.encode())
        if faults.pending and answer.is_success and _is_job(path) and self._age(path) < faults.pending:
            job = json.loads(content)
            waiting = {"message": NO_GPU, "updated_at": job["created_at"]}
            content = json.dumps({**job, "status": "pending", "status_details": {"status_logs": [waiting]}}).encode()
        if faults.adapters_late and path == "/nim/v1/models":
            served = json.loads(content)
            served["data"] = [
                model
                for model in served["data"]
                if "@" not in model["id"] or self._age(model["id"]) >= faults.adapters_late
            ]
            content = json.dumps(served).encode()
        return content

    def _age(self, thing: str) -> float:
        """Seconds since this was asked for the first time."""
        return time.monotonic() - self._first_seen.setdefault(thing, time.monotonic())


def _is_job(path: str) -> bool:
    parts = path.strip("/").split("/")
    return len(parts) == 4 and parts[2] == "jobs" and parts[1] in ("customization", "evaluation")


def _is_results(path: str) -> bool:
    return path.startswith("/v1/evaluation/jobs/") and path.endswith(("/results", "/download-results"))


def _json(body: dict, status: int) -> Response:
    return Response(json.dumps(body), status_code=status, media_type="application/json")
