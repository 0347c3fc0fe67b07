"""Every way a service can go wrong ends in an error that says what failed, why, and what to do."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from client_ports import server_of_ports
from ports import free_port

from flywheel_helpers import errors
from flywheel_helpers.preflight import network
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.tls import LIMITS, hub_client

GOOD = {"data": [], "pagination": {"total_pages": 1}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, {"detail": "token expired"}, errors.Unauthorized, "token expired"),
        (403, {"detail": "not yours"}, errors.Unauthorized, "not yours"),
        (404, {"detail": "no model x"}, errors.NotFound, "no model x"),
        (409, {"message": "name is taken"}, errors.Conflict, "name is taken"),
        (400, {"error": {"message": "bad tools"}}, errors.Invalid, "bad tools"),
        (
            422,
            {"detail": [{"loc": ["body", "hyperparameters", "epochs"], "msg": "must be positive", "type": "value"}]},
            errors.Invalid,
            "hyperparameters.epochs: must be positive",
        ),
        (429, {"detail": "slow down"}, errors.Overloaded, "slow down"),
        (500, {"detail": "see gateway.log"}, errors.ServerFault, "see gateway.log"),
        (503, {"detail": "starting"}, errors.Overloaded, "starting"),
        (507, {"detail": "disk full"}, errors.StorageFull, "disk full"),
        (418, "teapot", errors.ServiceError, "teapot"),
    ],
)
def test_status_becomes_a_typed_error_with_the_servers_words(connection, status, body, kind, said):
    content = {"json": body} if isinstance(body, dict) else {"text": body}
    nemo = connection(lambda request: httpx.Response(status, **content))
    with pytest.raises(kind) as caught:
        nemo.json("Entity Store", "GET", "/v1/models/x")
    error = caught.value
    assert type(error) is kind
    assert error.status == status
    assert error.server_message == said
    text = str(error)
    assert "Entity Store" in text and said in text
    assert "GET http://gateway.test:8080/v1/models/x" in text
    assert "What to do: " in text


@pytest.mark.parametrize("text", ["<html>a proxy's page</html>", "[1, 2]", ""])
def test_malformed_answer(connection, text):
    nemo = connection(lambda request: httpx.Response(200, text=text))
    with pytest.raises(errors.BadAnswer, match="not a JSON object") as caught:
        nemo.json("Customizer", "GET", "/v1/customization/configs")
    assert "NEMO_CUSTOMIZER_URL" in str(caught.value)


def test_list_without_data(connection):
    nemo = connection(lambda request: httpx.Response(200, json={"something": "else"}))
    with pytest.raises(errors.BadAnswer, match='no list "data"'):
        nemo.all_pages("Customizer", "/v1/customization/configs")


def failing_first(times: int, failure):
    """A server that fails so many times, then answers; with the list of requests it saw."""
    seen = []

    def server(request):
        seen.append(request)
        if len(seen) <= times:
            if isinstance(failure, Exception):
                raise failure
            return httpx.Response(failure, json={"detail": "not now"})
        return httpx.Response(200, json=GOOD)

    return server, seen


@pytest.mark.parametrize(
    "failure",
    [429, 502, 503, 504, httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow")],
)
def test_safe_calls_are_tried_again(connection, failure):
    server, seen = failing_first(3, failure)
    assert connection(server).json("Evaluator", "GET", "/v1/evaluation/jobs") == GOOD
    assert len(seen) == 4


def test_tries_are_bounded(connection):
    server, seen = failing_first(100, 503)
    with pytest.raises(errors.Overloaded):
        connection(server).json("Evaluator", "GET", "/v1/evaluation/jobs")
    assert len(seen) == 5


@pytest.mark.parametrize("failure", [503, httpx.ReadError("reset")])
def test_a_call_that_makes_something_is_sent_once(connection, failure):
    server, seen = failing_first(1, failure)
    with pytest.raises(errors.ServiceError):
        connection(server).json("Customizer", "POST", "/v1/customization/jobs", json={})
    assert len(seen) == 1


def test_a_repeatable_post_is_tried_again(connection):
    server, seen = failing_first(2, 503)
    connection(server).json("Entity Store", "POST", "/v1/namespaces", json={}, retry=True)
    assert len(seen) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
def test_what_repeating_does_not_mend_is_not_repeated(connection, status):
    server, seen = failing_first(1, status)
    with pytest.raises(errors.ServiceError):
        connection(server).json("Entity Store", "GET", "/v1/models")
    assert len(seen) == 1


def test_waits_as_long_as_the_server_asks_up_to_a_limit(settings):
    waits = []
    answers = iter([httpx.Response(429, headers={"Retry-After": seconds}) for seconds in ("3", "9999")])
    server = httpx.MockTransport(lambda request: next(answers, httpx.Response(200, json=GOOD)))
    Connection(settings, transport=server, first_delay=0.0, sleep=waits.append).json("Evaluator", "GET", "/x")
    assert waits == [3.0, 8.0]


def test_delays_double_with_jitter(settings):
    waits = []
    server, _ = failing_first(4, 503)
    nemo = Connection(settings, transport=httpx.MockTransport(server), first_delay=0.5, sleep=waits.append)
    nemo.json("Evaluator", "GET", "/x")
    for wait, least in zip(waits, (0.5, 1.0, 2.0, 4.0), strict=True):
        assert least <= wait <= least * 1.25


def test_pages_are_read_to_the_end(connection):
    def server(request):
        page = int(request.url.params["page"])
        return httpx.Response(200, json={"data": [{"page": page}], "pagination": {"total_pages": 3}})

    assert connection(server).all_pages("Entity Store", "/v1/models") == [{"page": 1}, {"page": 2}, {"page": 3}]


def test_bearer_token_goes_with_the_request_and_into_no_message(connection):
    seen = []

    def server(request):
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(401, json={"detail": "no"})

    nemo = connection(server, nemo_token="very-secret-token")
    with pytest.raises(errors.Unauthorized) as caught:
        nemo.json("Entity Store", "GET", "/v1/models")
    assert seen == ["Bearer very-secret-token"]
    assert "very-secret-token" not in str(caught.value) + repr(nemo.settings)


# From here on over real sockets: what the operating system says has to be understood, too.


@contextmanager
def silent_server(answer: bytes | None):
    """Takes connections, and sends this or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done, held = threading.Event(), []

        def serve():
            while not done.is_set():
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                if answer is None:
                    held.append(client)
                else:
                    client.recv(65536)
                    client.sendall(answer)
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()


def real(settings, url, **options) -> Connection:
    return Connection(replace(settings, nim_url=url), first_delay=0.0, **options)


def test_service_down(settings):
    with pytest.raises(errors.Unreachable, match="connection refused") as caught:
        real(settings, f"http://127.0.0.1:{free_port()}").json("NIM proxy", "GET", "/v1/models")
    assert "flywheel up" in caught.value.hint and "NIM_URL" in caught.value.hint


def test_wrong_host_is_told_at_once(settings):
    nemo = real(settings, "http://no-such-host.invalid:8000")
    nemo.first_delay = 60.0  # a retry would be noticed
    with pytest.raises(errors.Unreachable, match="no host named no-such-host.invalid") as caught:
        nemo.json("NIM proxy", "GET", "/v1/models")
    assert "NIM_URL" in caught.value.hint


def test_timeout(settings):
    with silent_server(None) as url, pytest.raises(errors.TimedOut, match="no answer in time"):
        real(settings, url, timeout=0.2, max_retries=1).json("NIM proxy", "GET", "/v1/models")


def test_connection_that_breaks(settings):
    with silent_server(b"") as url, pytest.raises(errors.Unreachable, match="the connection broke"):
        real(settings, url, max_retries=1).json("NIM proxy", "GET", "/v1/models")


def test_not_http_at_all(settings):
    with (
        silent_server(b"SSH-2.0-OpenSSH_9\r\n") as url,
        pytest.raises(errors.Unreachable, match="the connection broke"),
    ):
        real(settings, url, max_retries=0).json("NIM proxy", "GET", "/v1/models")


def test_certificate_nobody_trusts(connection):
    cause = ssl.SSLCertVerificationError("handshake")
    cause.verify_code, cause.verify_message = 18, "self-signed certificate"

    def server(request):
        raise httpx.ConnectError("handshake") from cause

    with pytest.raises(errors.Unreachable, match="certificate of gateway.test is not trusted .self-signed") as caught:
        connection(server).json("Evaluator", "GET", "/x")
    assert "CA_BUNDLE" in caught.value.hint


def test_loopback_is_never_sent_to_a_proxy(settings, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with silent_server(body) as url:
        assert real(settings, url).json("NIM proxy", "GET", "/v1/models") == {}


def test_proxies_of_the_environment_are_used_for_the_world_outside(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with silent_server(body) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.replace("//", "//user:secret@"))
        assert real(settings, "http://nim.example.test").json("NIM proxy", "GET", "/v1/models") == {}
        shown = network.look(settings, "http://nim.example.test:80", ["NIM_URL"])
    assert shown == f"through the proxy {proxy.removeprefix('http://')}"  # and not its password


def test_the_inside_of_a_cluster_is_not_behind_a_proxy(settings, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    inside = "http://nemo-nim-proxy.nemo.svc.cluster.local:8000"
    with pytest.raises(errors.Unreachable, match="(?s)no host named nemo-nim-proxy.*set NEMO_URL"):
        real(settings, inside).json("NIM proxy", "GET", "/v1/models")
    with pytest.raises(errors.ConfigError, match="there is no host named nemo-nim-proxy") as caught:
        network.look(settings, inside, ["NIM_URL"])
    assert "set NEMO_URL" in caught.value.hint


def test_a_proxy_that_refuses(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    with silent_server(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(errors.Unreachable, match="the proxy refused the connection .403 Forbidden") as caught:
            real(settings, "https://nim.example.test").json("NIM proxy", "GET", "/v1/models")
    assert "NO_PROXY" in caught.value.hint


@pytest.mark.parametrize(
    ("tokens", "sent"),
    [
        ({}, {}),
        ({"nemo_token": "n"}, {"Entity Store": "Bearer n", "Data Store": "Bearer n"}),
        ({"nemo_token": "n", "nds_token": "d"}, {"Entity Store": "Bearer n", "Data Store": "Bearer d"}),
        ({"nds_token": "d"}, {"Data Store": "Bearer d"}),
    ],
)
def test_each_service_gets_its_token(connection, tokens, sent):
    seen = []

    def server(request):
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(200, json=GOOD)

    nemo = connection(server, **tokens)
    for service in ("Entity Store", "Data Store"):
        nemo.json(service, "GET", "/x")
    assert seen == [sent.get("Entity Store"), sent.get("Data Store")]


def test_switching_certificate_checks_off_is_said(settings):
    with pytest.warns(UserWarning, match="VERIFY_TLS is false"):
        Connection(replace(settings, verify_tls=False))


def test_ca_bundle_that_is_no_certificate(settings, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("not a certificate")
    with pytest.raises(errors.ConfigError, match="no certificate in PEM format"):
        Connection(replace(settings, ca_bundle=str(bundle)))


def test_an_idle_connection_is_given_up_before_servers_close_it(settings):
    with server_of_ports() as (url, seen), real(settings, url) as nemo, hub_client(nemo.settings) as hub:
        for send in (lambda: nemo.json("NIM proxy", "POST", "/x", json={}), lambda: hub.post(url, json={})):
            send(), send(), time.sleep(LIMITS.keepalive_expiry + 0.3), send()
    ours, theirs = seen[:3], seen[3:]
    for first, at_once, later in (ours, theirs):
        assert first == at_once != later
    assert LIMITS.keepalive_expiry <= 2, "uvicorn closes after 5 seconds, and a busy machine is late"


def test_a_connection_is_closed_at_the_end_of_its_block(connection):
    with connection(lambda request: httpx.Response(200, json=GOOD)) as nemo:
        nemo.json("Evaluator", "GET", "/x")
    assert nemo.client.is_closed
