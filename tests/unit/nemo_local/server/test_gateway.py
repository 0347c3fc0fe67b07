"""What every service gets from the spine: settings, errors as JSON, and the order of starting."""

from __future__ import annotations

import errno
import socket
import sqlite3
import time

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from nemo_local.common.errors import ApiError, Conflict, Invalid, NotFound
from nemo_local.common.service import Service
from nemo_local.server.gateway import create_app
from nemo_local.server.serving import PortTaken, bind
from nemo_local.settings import Settings

FAILURES = {
    "conflict": Conflict("is there"),
    "missing": NotFound("is not there"),
    "teapot": ApiError(418, "short\nand ünusual\x02\x7f"),
    "invalid": Invalid("hyperparameters.epochs", "must be at least 1"),
    "bug": RuntimeError("secret detail"),
    "disk": OSError(errno.ENOSPC, "No space left on device"),
    "database": OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
    "permission": PermissionError(errno.EACCES, "secret detail"),
}


@pytest.fixture
def client(tmp_path):
    router = APIRouter()

    @router.get("/fail/{how}")
    def fail(how: str) -> None:
        raise FAILURES[how]

    app = create_app([Service("failing", router)], tmp_path / "gateway.log")
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("how", "status", "says"),
    [
        ("conflict", 409, "is there"),
        ("missing", 404, "is not there"),
        ("teapot", 418, "short\nand ünusual\x02\x7f"),
        ("disk", 507, "nothing of this request was stored"),
        ("database", 507, "nothing of this request was stored"),
        ("bug", 500, "gateway.log"),
        ("permission", 500, "gateway.log"),
    ],
)
def test_every_failure_is_json_with_a_detail(client, how, status, says):
    answer = client.get(f"/fail/{how}")
    assert answer.status_code == status and says in answer.json()["detail"]
    assert "secret detail" not in answer.text
    # A server that speaks HTTP to the letter sends nothing at all rather than a header with other characters.
    message = answer.headers["X-Error-Message"]
    assert message.isascii() and message.isprintable() and message == message.strip()


def test_an_invalid_field_has_the_shape_of_fastapis_own_errors(client):
    answer = client.get("/fail/invalid")
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [{"loc": ["body", "hyperparameters", "epochs"], "msg": "must be at least 1", "type": "value_error"}]
    }


def test_an_unknown_route_is_named(client):
    answer = client.get("/v2/none")
    assert answer.status_code == 404 and "GET /v2/none" in answer.json()["detail"]


def service(name: str, log: list[str], fails: bool = False) -> Service:
    async def startup() -> None:
        if fails:
            raise RuntimeError("no weights")
        log.append(f"+{name}")

    async def shutdown() -> None:
        log.append(f"-{name}")

    return Service(name, APIRouter(), startup, shutdown)


def health(client: TestClient) -> dict:
    deadline = time.monotonic() + 5
    while (body := client.get("/health").json())["status"] == "starting" and time.monotonic() < deadline:
        time.sleep(0.01)
    return body


def test_services_start_in_order_and_stop_in_reverse():
    log: list[str] = []
    with TestClient(create_app([service("a", log), service("b", log)])) as client:
        assert health(client)["services"] == {"a": "ok", "b": "ok"}
        assert client.get("/health").status_code == 200
    assert log == ["+a", "+b", "-b", "-a"]


def test_a_service_that_does_not_start_is_named_with_its_reason():
    log: list[str] = []
    with TestClient(create_app([service("a", log), service("b", log, fails=True), service("c", log)])) as client:
        body = health(client)
        assert client.get("/health").status_code == 503
    assert body["status"] == "failed"
    assert body["services"] == {"a": "ok", "b": "failed: no weights", "c": "starting"}
    assert log == ["+a", "-a"]


def test_settings_from_the_environment(tmp_path):
    settings = Settings.from_env({"FLYWHEEL_HOME": str(tmp_path), "FLYWHEEL_GATEWAY_PORT": "9001"})
    assert (settings.home, settings.gateway_url, settings.nim_url) == (
        tmp_path,
        "http://127.0.0.1:9001",
        "http://127.0.0.1:8000",
    )
    assert settings.service_dir("data-store") == tmp_path / "data-store" and (tmp_path / "data-store").is_dir()


@pytest.mark.parametrize(
    "environment",
    [
        {"FLYWHEEL_GATEWAY_PORT": "many"},
        {"FLYWHEEL_NIM_PORT": "0"},
        {"FLYWHEEL_NIM_PORT": "65536"},
        {"FLYWHEEL_GATEWAY_PORT": "8000"},
    ],
)
def test_impossible_ports_are_refused(environment):
    with pytest.raises(ValueError, match="PORT"):
        Settings.from_env(environment)


def test_a_taken_port_names_its_holder():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} .*python.*process \d+"):
            bind("127.0.0.1", port)
