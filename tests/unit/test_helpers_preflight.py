"""The report before a run: a verdict for every check, and no slow service hides the others."""

from __future__ import annotations

import time

import httpx
import pytest

from flywheel_helpers import errors, preflight

BASE = "meta/llama-3.2-1b-instruct"


def healthy(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path == "/openapi.json":
        return httpx.Response(200, json={"info": {"version": "25.10"}})
    if path == "/v1/models":
        return httpx.Response(200, json={"data": [{"id": BASE}]})
    if path == "/v1/customization/configs":
        return httpx.Response(200, json={"data": [{"namespace": "meta", "name": f"{BASE}@v1.0.0+L40"}]})
    if path.startswith("/v1/datastore/namespaces/"):
        return httpx.Response(404, json={"detail": "no namespace ada"})
    return httpx.Response(200, json={"data": []})


def checks(report):
    return {check.name: check for check in report.checks}


def test_all_is_well(connection, tmp_path):
    started = time.monotonic()
    report = preflight.run(connection(healthy, hf_token="hf_secret_value"), tmp_path)
    assert time.monotonic() - started < preflight.DEADLINE
    assert report.ok
    report.require()
    found = checks(report)
    assert found["Evaluator"].found == "http://gateway.test:8080, version 25.10"
    assert found["base model is served"].found == BASE
    assert found["base model can be trained"].found == f"{BASE}@v1.0.0+L40"
    assert found["HF_TOKEN"].found == "set" and found["NDS_TOKEN"].found == "not set (optional)"
    assert "hf_secret_value" not in repr(report.table()) + str(report.to_json())


def test_a_failure_has_a_cause_and_a_fix(connection, tmp_path):
    def server(request):
        if request.url.path.startswith("/v1/evaluation"):
            return httpx.Response(503, json={"detail": "database is starting"})
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": "other/model"}]})
        return healthy(request)

    report = preflight.run(connection(server, base_model_version="v9+X"), tmp_path)
    found = checks(report)
    failed = {name for name, check in found.items() if not check.ok}
    assert failed == {"Evaluator", "base model is served", "base model can be trained"}
    assert "database is starting" in found["Evaluator"].found and found["Evaluator"].fix
    assert "Served: other/model" in found["base model is served"].found
    assert "v1.0.0+L40" in found["base model can be trained"].fix
    with pytest.raises(errors.ConfigError, match="3 of 14 checks failed") as caught:
        report.require()
    assert "base model can be trained: Set BASE_MODEL_VERSION" in caught.value.hint
    assert "FAILED" in repr(report.table()) and "FAILED" in report.table()._repr_html_()


def test_one_slow_service_hides_nothing(connection, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "DEADLINE", 0.5)

    def server(request):
        if request.url.path.startswith("/v1/deployment"):
            time.sleep(1.5)
        return healthy(request)

    started = time.monotonic()
    report = preflight.run(connection(server), tmp_path)
    assert time.monotonic() - started < 1.2
    found = checks(report)
    assert [name for name, check in found.items() if not check.ok] == ["Deployment Management"]
    assert "no answer in time" in found["Deployment Management"].found


def test_something_else_at_the_address(connection, tmp_path):
    report = preflight.run(connection(lambda request: httpx.Response(200, text="<html>hello</html>")), tmp_path)
    assert "not a JSON object" in checks(report)["Entity Store"].found


def test_too_little_disk(connection, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "NEEDED_DISK", 2**60)
    assert not checks(preflight.run(connection(healthy), tmp_path))["free disk"].ok
