"""A safety model on MLIS: made once, waited for, and the settings that use it. HPE's client asks a test's server."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiolirest
import pytest
import trustme
from ports import free_port
from urllib3.exceptions import ProtocolError

from flywheel_helpers.errors import ConfigError, JobFailed, ServiceError, Unreachable, WaitTimeout
from flywheel_helpers.services import mlis

REQUESTS = {"/api/v1/models": aiolirest.PackagedModelRequest, "/api/v1/deployments": aiolirest.DeploymentRequest}


class Mlis:
    """As much of MLIS as the helper uses. A deployment goes through `states`, one further each time it is looked at: a
    number is the status of an answer that fails."""

    def __init__(self, *states: str | int) -> None:
        self.states = list(states)
        self.made: dict[str, list[dict]] = {path: [] for path in REQUESTS}

    def post(self, path: str, body: dict) -> dict:
        # Only what the client's own type has, and in its own types.
        assert json.loads(REQUESTS[path].from_dict(body).to_json()) == body
        self.made[path].append(body)
        return self.shown(path, len(self.made[path]) - 1)

    def get(self, path: str) -> list[dict]:
        return [self.shown(path, number) for number in reversed(range(len(self.made[path])))]

    def shown(self, path: str, number: int) -> dict:
        body = self.made[path][number]
        if path == "/api/v1/models":  # each version has an ID of its own
            return {"id": f"model-{number}", "version": number + 1, **body}
        status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        failures = [{"message": "no GPU with 48Gi"}] if status == "Failed" else []
        endpoint = "https://content-safety.example.test/" if status == "Ready" else None
        state = {"endpoint": endpoint, "status": status, "failureInfo": failures}
        return {"id": "1", "name": body["name"], "model": body["model"], "status": status, "state": state}


@pytest.fixture
def serve() -> Iterator:
    servers = []

    def start(server: Mlis, certificate: trustme.LeafCert | None = None) -> str:
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
                path = self.path.partition("?")[0]
                if path == "/api/v1/deployments" and server.made[path] and isinstance(server.states[0], int):
                    return self.answer(server.states.pop(0), {"message": "upstream connect error"})
                self.answer(200, server.get(path))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(201, server.post(self.path, body))

            def log_message(self, *arguments) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            http.socket = context.wrap_socket(http.socket, server_side=True)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        servers.append(http)
        return f"{'https' if certificate else 'http'}://127.0.0.1:{http.server_port}/"

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
    assert deployment["model"] == "model-0"


def test_a_packaged_model_of_somebody_else_is_left_alone(serve):
    server = Mlis("Ready")
    url = serve(server)
    server.made["/api/v1/models"].append({"name": "content-safety", "modelFormat": "vllm", "url": "hf://other/model"})
    assert deploy(url)["CONTENT_SAFETY_MODEL"] == mlis.QWEN.name
    deploy(url)
    assert [body["url"] for body in server.made["/api/v1/models"]] == ["hf://other/model", mlis.QWEN.url]
    assert [body["model"] for body in server.made["/api/v1/deployments"]] == ["model-1"]


def test_our_version_is_found_below_a_newer_one(serve):
    server = Mlis("Ready")
    url = serve(server)
    deploy(url)
    server.made["/api/v1/models"].append({"name": "content-safety", "modelFormat": "vllm", "url": "hf://other/model"})
    deploy(url)
    server.made["/api/v1/deployments"].clear()
    deploy(url)
    assert len(server.made["/api/v1/models"]) == 2
    assert [body["model"] for body in server.made["/api/v1/deployments"]] == ["model-0"]


def test_a_deployment_that_serves_another_model_is_not_taken(serve):
    server = Mlis("Ready")
    url = serve(server)
    deploy(url, model=mlis.NEMOGUARD)
    with pytest.raises(ConfigError, match="serves another model than Qwen/Qwen2.5-7B-Instruct") as caught:
        deploy(url)
    assert "give mlis.deploy another name" in caught.value.hint
    assert {path: len(bodies) for path, bodies in server.made.items()} == dict.fromkeys(REQUESTS, 1)
    # The same weights under another name in requests are another model too.
    renamed = replace(mlis.NEMOGUARD, arguments=("--served-model-name", "guard"))
    with pytest.raises(ConfigError, match="serves another model"):
        deploy(url, model=renamed)


def test_vllm_serves_the_name_that_is_asked_for(serve):
    server = Mlis("Ready")
    settings = deploy(serve(server))
    arguments = server.made["/api/v1/models"][0]["arguments"]
    assert arguments[arguments.index("--served-model-name") + 1] == settings["CONTENT_SAFETY_MODEL"]


def test_a_failed_deployment_says_why(serve):
    with pytest.raises(JobFailed, match="content-safety is Failed. no GPU with 48Gi"):
        deploy(serve(Mlis("Deploying", "Failed")))


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ("Failed", "Delete it there to deploy it again"),
        ("UpdateFailed", "The version before still serves"),
        ("Paused", "Resume it in MLIS"),
        ("Deleting", "Wait until it is gone"),
    ],
)
def test_each_state_that_it_stays_in_has_its_own_advice(serve, state, advice):
    with pytest.raises(JobFailed, match=f"content-safety is {state}") as caught:
        deploy(serve(Mlis(state)))
    assert advice in caught.value.hint


def test_a_failed_poll_does_not_end_the_wait(serve):
    said = []
    assert deploy(serve(Mlis("Deploying", 503, "Deploying", "Ready")), said)["CONTENT_SAFETY"] == "endpoint"
    assert "deployment content-safety: could not ask for its state (Service Unavailable)" in said


def test_a_connection_that_breaks_while_waiting(serve, monkeypatch):
    find, calls, said = mlis._find, itertools.count(), []

    def breaks_once(*arguments):
        if next(calls) == 1:
            raise ProtocolError("Connection aborted.")
        return find(*arguments)

    monkeypatch.setattr(mlis, "_find", breaks_once)
    deploy(serve(Mlis("Deploying", "Ready")), said)
    assert "deployment content-safety: could not ask for its state (Connection aborted.)" in said


def test_no_connection_at_all():
    with pytest.raises(Unreachable, match="MLIS: no connection .*refused") as caught:
        deploy(f"http://127.0.0.1:{free_port()}")
    assert caught.value.hint == "Check the address, and MLIS itself." and caught.value.status is None


def test_a_certificate_that_is_not_trusted(serve, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "organisation.pem"))
    url = serve(Mlis("Ready"), authority.issue_cert("127.0.0.1"))
    with pytest.raises(Unreachable, match="no connection .*certificate verify failed") as caught:
        deploy(url)
    assert 'mlis.connect(url, token, ca_bundle="...")' in caught.value.hint
    client = mlis.connect(url, "a-token", ca_bundle=str(tmp_path / "organisation.pem"))
    assert mlis.deploy(client, say=lambda line: None)["CONTENT_SAFETY"] == "endpoint"


def test_a_server_that_fails_is_not_about_the_token(serve):
    server = Mlis(500)
    server.made["/api/v1/deployments"].append({"name": "content-safety", "model": "model-0"})
    with pytest.raises(ServiceError, match="upstream connect error") as caught:
        deploy(serve(server))
    assert caught.value.status == 500 and caught.value.hint == "Check the address, and MLIS itself."


def test_one_that_takes_too_long(serve):
    with pytest.raises(WaitTimeout, match="is not ready yet. Its state: Deploying"):
        deploy(serve(Mlis("Deploying")), timeout=0.05)


def test_a_refused_token_and_none(serve):
    with pytest.raises(ServiceError, match="the token has expired") as refused:
        deploy(serve(Mlis("Ready")), token="old")
    assert refused.value.status == 401 and "old" not in str(refused.value)
    assert "Check the token" in refused.value.hint
    with pytest.raises(ConfigError, match="There is no token for MLIS"):
        mlis.connect("https://mlis.example.test", "")
