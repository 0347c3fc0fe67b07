"""What a web page can do to the platform: nothing."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from nemo_local.server.boundaries import LocalOnly
from nemo_local.settings import Settings

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def client(host: str, *allowed: str) -> TestClient:
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("done"), methods=METHODS)])
    return TestClient(LocalOnly(app, allowed), base_url=f"http://{host}")


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "nemo.localhost"])
@pytest.mark.parametrize("method", METHODS)
def test_programs_on_this_machine_are_served(host, method):
    assert client(host).request(method, "/").text == "done"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "192.168.1.7:8080", "localhost.evil.example", ""]
)
@pytest.mark.parametrize("method", METHODS)
def test_a_name_that_only_resolves_to_this_machine_is_refused(host, method):
    answer = client("127.0.0.1").request(method, "/", headers={"Host": host})
    assert answer.status_code == 403 and "FLYWHEEL_ALLOWED_HOSTS" in answer.json()["detail"]


def test_a_name_that_the_operator_allowed_is_served():
    allowed = Settings.from_env({"FLYWHEEL_ALLOWED_HOSTS": "Host.docker.internal, laptop"}).allowed_hosts
    assert allowed == {"host.docker.internal", "laptop"}
    assert client("host.docker.internal:8080", *allowed).post("/").text == "done"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:3000", "https://127.0.0.1", ""])
def test_a_page_of_another_site_changes_nothing(origin):
    for method in METHODS[1:]:
        answer = client("127.0.0.1:8080").request(method, "/", headers={"Origin": origin})
        assert answer.status_code == 403 and "web page" in answer.json()["detail"]
    answer = client("127.0.0.1:8080").get("/", headers={"Origin": origin})
    assert answer.text == "done" and "access-control-allow-origin" not in answer.headers  # it cannot read this


def test_the_platforms_own_pages_may_send_requests():
    assert client("127.0.0.1:8080").post("/", headers={"Origin": "http://127.0.0.1:8080"}).text == "done"
