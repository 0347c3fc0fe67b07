"""The way to a host, where it ends too early."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from flywheel_helpers import errors
from flywheel_helpers.preflight import network


def test_a_pod_that_is_down(connection, settings, monkeypatch):
    inside = "http://nemo-evaluator.nemo.svc.cluster.local:7331"
    advice = (
        "Its pod may still be starting, or has stopped: ask whoever runs the workshop. "
        "Otherwise check NEMO_EVALUATOR_URL in config.py."
    )

    def server(request):
        raise httpx.ConnectError("refused") from ConnectionRefusedError()

    with pytest.raises(errors.Unreachable, match="connection refused") as caught:
        connection(server, evaluator_url=inside).json("Evaluator", "GET", "/x")
    assert caught.value.hint == advice

    def refuse(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(network.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("10.0.0.1", 7331))])
    monkeypatch.setattr(network.socket, "create_connection", refuse)
    with pytest.raises(errors.ConfigError, match="nothing listens on port 7331 of 10.0.0.1") as caught:
        network.look(replace(settings, profile="pcai"), inside, ["NEMO_EVALUATOR_URL"])
    assert caught.value.hint == advice
