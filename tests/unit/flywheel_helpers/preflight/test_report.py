"""The report before a run: a verdict for every check, and no slow service hides the others."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import httpx
import pytest
from ports import free_port

from flywheel_helpers import errors, preflight
from flywheel_helpers.attendees import owner_mark
from flywheel_helpers.preflight import checks as single_checks
from flywheel_helpers.preflight.report import DEADLINE
from flywheel_helpers.services import entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.settings import OPTIONAL_URLS, SERVICE_URLS

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


@pytest.fixture(autouse=True)
def no_uploads(monkeypatch):
    """huggingface_hub does not go through a mock transport; tests/pcai tries uploads on a real Data Store."""
    monkeypatch.setattr(single_checks, "uploads", lambda nemo: iter(["links", "files"]))


def checks(report):
    return {check.name: check for check in report.checks}


def test_all_is_well(connection, tmp_path):
    started = time.monotonic()
    report = preflight.run(connection(healthy, hf_token="hf_secret_value"), tmp_path)
    assert time.monotonic() - started < DEADLINE
    assert report.ok
    report.require()
    found = checks(report)
    assert re.fullmatch(r"http://gateway.test:8080 answers in \d+ ms, version 25.10", found["Evaluator"].found)
    assert found["Guardrails"].verdict == "ok"
    assert found["base model is served"].found == BASE
    assert found["base model can be trained"].found == f"{BASE}@v1.0.0+L40"
    assert found["HF_TOKEN"].found.startswith("set") and found["NDS_TOKEN"].found == "not set (optional)"
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
    assert found["base model is served"].fix.startswith("After an installation it may still be starting: wait")
    assert "v1.0.0+L40" in found["base model can be trained"].fix
    with pytest.raises(errors.ConfigError, match=rf"3 of {len(found)} checks failed") as caught:
        report.require()
    assert "base model can be trained: Set BASE_MODEL_VERSION" in caught.value.hint
    assert "FAILED" in repr(report.table()) and "FAILED" in report.table()._repr_html_()


@pytest.mark.parametrize(("profile", "names"), [("pcai", "NEMO_URL"), ("local", "flywheel up")])
def test_a_host_that_is_down_is_one_cause(settings, tmp_path, profile, names):
    nowhere = f"http://127.0.0.1:{free_port()}"
    urls = dict.fromkeys((f"{name.lower()}" for name in SERVICE_URLS.values() if name not in OPTIONAL_URLS), nowhere)
    fields = {name.removeprefix("nemo_"): url for name, url in urls.items()}
    report = preflight.run(Connection(replace(settings, profile=profile, **fields)), tmp_path)
    asking = [fix for fix, rows in report.fixes().items() if "Entity Store" in rows or "namespace" in rows]
    assert len(asking) == 1 and names in asking[0]
    assert {*single_checks.PROBES, f"way to {nowhere}", "base model is served"} <= set(report.fixes()[asking[0]])
    with pytest.raises(errors.ConfigError) as caught:
        report.require()
    assert caught.value.hint.count(asking[0]) == 1


def test_one_slow_service_hides_nothing(connection, tmp_path, monkeypatch):
    monkeypatch.setattr("flywheel_helpers.preflight.report.DEADLINE", 3.0)

    def server(request):
        if request.url.path.startswith("/v1/deployment"):
            time.sleep(8)
        return healthy(request)

    started = time.monotonic()
    report = preflight.run(connection(server), tmp_path)
    assert time.monotonic() - started < 6
    found = checks(report)
    assert [name for name, check in found.items() if not check.ok] == ["Deployment Management"]
    assert "no answer in time" in found["Deployment Management"].found


def test_something_else_at_the_address(connection, tmp_path):
    report = preflight.run(connection(lambda request: httpx.Response(200, text="<html>hello</html>")), tmp_path)
    assert "not a JSON object" in checks(report)["Entity Store"].found


def test_too_little_disk(connection, tmp_path, monkeypatch):
    monkeypatch.setattr(single_checks, "NEEDED_DISK", {"local": 2**60, "pcai": 0})
    assert not checks(preflight.run(connection(healthy), tmp_path))["free disk"].ok
    # Where the platform is elsewhere, its files are not written here.
    assert single_checks.disk([tmp_path], "pcai").endswith("GiB")


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path):
    assert single_checks.disk([tmp_path / "not" / "there"], "pcai").endswith("GiB")


def test_a_cluster_without_guardrails_is_told_and_does_not_stop_the_course(connection, tmp_path):
    def server(request):
        if request.url.path.startswith("/v1/guardrail"):
            return httpx.Response(404, json={"detail": "Not Found"})
        return healthy(request)

    assert not preflight.run(connection(server), tmp_path).ok  # the platform on this machine has one
    report = preflight.run(connection(server, profile="pcai"), tmp_path)
    row = checks(report)["Guardrails"]
    assert row.verdict == "warning" and "Notebooks 00 to 03 do not need" in row.found and row.fix and report.ok


@pytest.mark.parametrize(("mark", "verdict"), [("ada", "ok"), ("bob", "FAILED"), (None, "ok")])
def test_whose_namespace_it_is(connection, tmp_path, mark, verdict):
    def server(request):
        if request.url.path == "/v1/namespaces/ada":
            fields = {entity_store.OWNER_FIELD: owner_mark(mark)} if mark else None
            return httpx.Response(200, json={"id": "ada", "custom_fields": fields})
        return healthy(request)

    row = checks(preflight.run(connection(server, attendee="ada"), tmp_path))["namespace"]
    assert row.verdict == verdict
    assert ("belongs to another attendee" in row.found) is (mark == "bob")


def test_the_endpoint_of_the_base_model(connection, tmp_path):
    row = "base model is registered"
    assert "notebook 03 registers it" in checks(preflight.run(connection(healthy), tmp_path))[row].found

    def server(request):
        if request.url.path == f"/v1/models/{BASE}":
            return httpx.Response(200, json={"api_endpoint": {"url": "http://nim.test:8000/v1/chat/completions"}})
        return healthy(request)

    assert checks(preflight.run(connection(server), tmp_path))[row].found == "http://nim.test:8000/v1/chat/completions"


def test_other_packages_are_a_warning(connection, tmp_path, monkeypatch):
    there = single_checks.metadata.version
    monkeypatch.setattr(single_checks.metadata, "version", lambda name: "0.1" if name == "httpx" else there(name))
    report = preflight.run(connection(healthy), tmp_path)
    row = checks(report)["packages"]
    assert row.verdict == "warning" and row.found.startswith("httpx 0.1 (tested: ") and row.fix and report.ok


@pytest.mark.parametrize("name", ["HF_TOKEN", "WANDB_API_KEY"])
@pytest.mark.parametrize(
    ("status", "body", "found"),
    [(200, {"data": {"viewer": {"id": "1"}}}, "set and accepted"), (401, {}, "set, but refused"),
     (500, {}, "set, but could not be checked (HTTPStatusError)")],
)  # fmt: skip
def test_whether_a_credential_works(connection, monkeypatch, name, status, body, found):
    request = httpx.Request("GET", "https://outside.test")
    answer = httpx.Response(status, json=body, request=request)
    monkeypatch.setattr(single_checks, "_outside", lambda *_, **__: answer)
    result = single_checks.credential(connection(healthy, **{name.lower(): "a-secret"}), name)
    assert getattr(result, "found", result) == found and "a-secret" not in repr(result)


def test_a_mistake_in_a_check_is_a_row(connection, tmp_path, monkeypatch):
    monkeypatch.setattr(single_checks, "disk", lambda *_: 1 / 0)
    row = checks(preflight.run(connection(healthy), tmp_path))["free disk"]
    assert not row.ok and "ZeroDivisionError" in row.found
