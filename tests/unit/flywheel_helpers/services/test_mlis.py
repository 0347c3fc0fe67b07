"""A safety model on MLIS: made once, waited for, and the settings that use it. HPE's client asks a test's server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiolirest
import pytest

from flywheel_helpers.errors import ConfigError, JobFailed, ServiceError, WaitTimeout
from flywheel_helpers.services import mlis

REQUESTS = {"/api/v1/models": aiolirest.PackagedModelRequest, "/api/v1/deployments": aiolirest.DeploymentRequest}


class Mlis:
    """As much of MLIS as the helper uses. A deployment goes through `states`, one further each time it is looked at."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.made: dict[str, list[dict]] = {path: [] for path in REQUESTS}

    def post(self, path: str, body: dict) -> dict:
        # Only what the client's own type has, and in its own types.
        assert json.loads(REQUESTS[path].from_dict(body).to_json()) == body
        self.made[path].append(body)
        return self.shown(path, body)

    def get(self, path: str) -> list[dict]:
        return [self.shown(path, body) for body in self.made[path]]

    def shown(self, path: str, body: dict) -> dict:
        if path == "/api/v1/models":
            return {"id": "1", **body}
        status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        failures = [{"message": "no GPU with 48Gi"}] if status == "Failed" else []
        endpoint = "https://content-safety.example.test/" if status == "Ready" else None
        state = {"endpoint": endpoint, "status": status, "failureInfo": failures}
        return {"id": "2", "name": body["name"], "model": body["model"], "status": status, "state": state}


@pytest.fixture
def serve() -> Iterator:
    servers = []

    def start(server: Mlis) -> aiolirest.ApiClient:
        class Handler(BaseHTTPRequestHandler):
            def answer(self, status: int, content: object) -> None:
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                if self.headers["Authorization"] != "Bearer a-token":
                    return self.answer(401, {"message": "the token has expired"})
                self.answer(200, server.get(self.path.partition("?")[0]))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(201, server.post(self.path, body))

            def log_message(self, *arguments) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        servers.append(http)
        return f"http://127.0.0.1:{http.server_port}/"

    yield start
    for http in servers:
        http.shutdown()


def deploy(url: str, said: list[str] | None = None, token: str = "a-token", **options) -> dict[str, str]:
    said = [] if said is None else said
    return mlis.deploy(mlis.connect(url, token), poll_seconds=0.01, say=said.append, **options)


@pytest.mark.parametrize("model", [mlis.QWEN, mlis.NEMOGUARD])
def test_it_is_made_once_and_found_again(serve, model):
    server = Mlis("Deploying", "Deploying", "Ready")
    url, said = serve(server), []
    wanted = {
        "CONTENT_SAFETY": "endpoint",
        "CONTENT_SAFETY_URL": "https://content-safety.example.test/v1",
        "CONTENT_SAFETY_MODEL": model.name,
        "CONTENT_SAFETY_NEEDS_KEY": "true",
    }
    assert deploy(url, said, model=model) == wanted
    assert deploy(url, model=model) == wanted
    assert {path: len(bodies) for path, bodies in server.made.items()} == dict.fromkeys(REQUESTS, 1)
    assert said == ["packaged model content-safety: created", "deployment content-safety: created"] + [
        "deployment content-safety: Deploying"
    ]
    (packaged,), (deployment,) = server.made.values()
    assert packaged["modelFormat"] == model.format and packaged["resources"]["limits"]["gpu"] == "1"
    assert deployment["security"] == {"authenticationRequired": True}
    assert deployment["autoScaling"]["minReplicas"] == 1


def test_vllm_serves_the_name_that_is_asked_for(serve):
    server = Mlis("Ready")
    settings = deploy(serve(server))
    arguments = server.made["/api/v1/models"][0]["arguments"]
    assert arguments[arguments.index("--served-model-name") + 1] == settings["CONTENT_SAFETY_MODEL"]


def test_a_failed_deployment_says_why(serve):
    with pytest.raises(JobFailed, match="content-safety is Failed. no GPU with 48Gi"):
        deploy(serve(Mlis("Deploying", "Failed")))


def test_one_that_takes_too_long(serve):
    with pytest.raises(WaitTimeout, match="is not ready yet. Its state: Deploying"):
        deploy(serve(Mlis("Deploying")), timeout=0.05)


def test_a_refused_token_and_none(serve):
    with pytest.raises(ServiceError, match="the token has expired") as refused:
        deploy(serve(Mlis("Ready")), token="old")
    assert refused.value.status == 401 and "old" not in str(refused.value)
    with pytest.raises(ConfigError, match="There is no token for MLIS"):
        mlis.connect("https://mlis.example.test", "")
