"""Each thing that goes wrong on a cluster, alone: what the helpers do, and the very words the user sees."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from bad_gateway import BASE, NO_GPU

from flywheel_helpers import errors, preflight
from flywheel_helpers.course import wait
from flywheel_helpers.services import customizer, data_store, entity_store, evaluator
from flywheel_helpers.services.jobs import Job


@contextmanager
def served(gateway, names):
    """A NIM proxy that lists these models and can nothing else."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"data": [{"id": name} for name in names]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(gateway.nim).port), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def row(nemo, name):
    """One row of `flywheel doctor`."""
    return next(check for check in preflight.run(nemo).checks if check.name == name)


# --- certificates ----------------------------------------------------------------------------------------------


def test_a_private_certificate_names_its_issuer_and_ca_bundle(nemo, gateway):
    with pytest.raises(errors.Unreachable, match="certificate of localhost is not trusted") as caught:
        nemo(ca_bundle="").json("Entity Store", "GET", "/v1/namespaces")
    assert "CA_BUNDLE" in caught.value.hint
    found = row(nemo(ca_bundle=""), f"way to {gateway.url}")
    assert not found.ok and "Issued by: Example Organisation, Test CA" in found.found and "CA_BUNDLE" in found.fix


def test_with_ca_bundle_both_clients_are_content(nemo, gateway, rows):
    connection = nemo()
    data_store.upload_dataset(connection, rows)
    assert set(data_store.list_files(connection)) == set(data_store.FILES)
    found = row(connection, f"way to {gateway.url}")
    assert found.ok and "certificate by Example Organisation, Test CA, valid until" in found.found


def test_a_certificate_for_another_name(nemo, gateway):
    elsewhere = gateway.url.replace("localhost", "127.0.0.1")
    with pytest.raises(errors.Unreachable, match="the certificate is not for 127.0.0.1") as caught:
        nemo(entity_store_url=elsewhere).json("Entity Store", "GET", "/v1/namespaces")
    assert "NEMO_ENTITY_STORE_URL" in caught.value.hint


def test_checks_switched_off_work_and_are_said(nemo, rows):
    with pytest.warns(UserWarning, match="VERIFY_TLS is false"):
        connection = nemo(ca_bundle="", verify_tls=False)
        data_store.upload_dataset(connection, rows)
    with pytest.warns(UserWarning, match="VERIFY_TLS is false"):
        found = row(connection, "certificates")
    assert found.verdict == "warning" and "CA_BUNDLE" in found.fix


def test_https_to_a_port_that_does_not_speak_it(nemo, services):
    with pytest.raises(errors.Unreachable, match="does not speak https there"):
        nemo(entity_store_url=services.gateway_url.replace("http", "https")).json("Entity Store", "GET", "/v1/models")


# --- the gateway itself ----------------------------------------------------------------------------------------


def test_a_gateway_that_wants_a_token(nemo, gateway, rows):
    gateway.misbehave(token="open-sesame-42")
    with pytest.raises(errors.Unauthorized, match="access was refused") as caught:
        data_store.upload_dataset(nemo(), rows)
    assert "NEMO_TOKEN" in caught.value.hint
    connection = nemo(nemo_token="open-sesame-42")
    data_store.upload_dataset(connection, rows)  # its links for large files want the token as well
    assert row(connection, "NEMO_TOKEN").found == "set and accepted"
    assert row(nemo(nemo_token="another"), "NEMO_TOKEN").found == "set, but refused"


def test_a_gateway_that_wants_a_login(nemo, gateway):
    gateway.misbehave(login=True)
    with pytest.raises(errors.Redirected, match="the service redirected to https://login.example.test") as caught:
        nemo().json("Entity Store", "GET", "/v1/namespaces")
    assert "NEMO_TOKEN" in caught.value.hint


def test_a_path_without_a_route(nemo):
    with pytest.raises(errors.NotFound) as caught:
        nemo().json("Evaluator", "GET", "/v2/evaluation/jobs")
    assert "NEMO_EVALUATOR_URL" in caught.value.hint


def test_http_upload_links(nemo, gateway, services, rows):
    gateway.misbehave(http_links=True)
    with pytest.raises(errors.Unreachable, match="its upload links for large files are not https") as caught:
        data_store.upload_dataset(nemo(), rows)
    assert "its links lead to http://localhost" in caught.value.hint
    assert "Set NEMO_DATA_STORE_URL to its address inside the cluster" in caught.value.hint
    found = row(nemo(), "upload links")
    assert not found.ok and "its upload links for large files are not https" in found.found
    assert "NEMO_DATA_STORE_URL" in found.fix and row(nemo(), "upload and download").found == "not checked"
    # What it says helps.
    inside = nemo(data_store_url=services.gateway_url)
    assert data_store.upload_dataset(inside, rows).revision
    assert row(inside, "upload and download").ok


def test_a_gateway_that_refuses_what_goes_to_the_links(nemo, gateway):
    gateway.misbehave(small_files_only=True)
    found = row(nemo(), "upload links")
    assert not found.ok and "(413)" in found.found and "bug of the course" not in found.fix
    assert "?" not in found.found  # a link may carry a signature


def test_uploads_round_trip_and_leave_nothing(nemo):
    connection = nemo()
    assert row(connection, "upload links").ok and row(connection, "upload and download").ok
    assert not list(data_store.hub(connection).list_datasets(author=connection.settings.namespace))
    with pytest.raises(errors.NotFound):
        connection.json("Data Store", "GET", f"/v1/datastore/namespaces/{connection.settings.namespace}")


def test_one_slow_service_does_not_hide_the_rest(nemo, gateway, monkeypatch):
    gateway.misbehave(slow={"/v1/evaluation": 30})
    monkeypatch.setattr("flywheel_helpers.preflight.report.DEADLINE", 6.0)
    report = {check.name: check for check in preflight.run(nemo()).checks}
    assert not report["Evaluator"].ok and "in time" in report["Evaluator"].found
    assert report["Entity Store"].ok and report["upload and download"].ok and report["base model can be trained"].ok


# --- training --------------------------------------------------------------------------------------------------


def test_the_version_of_another_gpu(nemo, gateway, rows):
    gateway.misbehave(gpu="+A100")
    data_store.upload_dataset(nemo(), rows)
    with pytest.raises(errors.ConfigError, match='has no version "v1.0.0.CPU"') as caught:
        customizer.train(nemo(), customizer.Hyperparameters())
    assert caught.value.hint == "Set BASE_MODEL_VERSION to one of: v1.0.0+A100."
    assert row(nemo(), "base model can be trained").fix == caught.value.hint
    assert row(nemo(base_model_version="v1.0.0+A100"), "base model can be trained").ok


@pytest.mark.parametrize("status", [200, 201])
def test_a_new_job_is_a_new_job_with_either_status(nemo, gateway, rows, status):
    gateway.misbehave(created=status)
    connection = nemo(dataset_name=f"rows-{status}")
    data_store.upload_dataset(connection, rows)
    job = customizer.train(connection, customizer.Hyperparameters(max_steps=1))
    assert job.how == "new"
    customizer.cancel(connection, job.id)


def test_a_job_that_waits_for_a_gpu(nemo, gateway, rows, capsys):
    gateway.misbehave(pending=60)
    connection = nemo()
    data_store.upload_dataset(connection, rows)
    job = customizer.train(connection, customizer.Hyperparameters(max_steps=1))
    with pytest.raises(errors.WaitTimeout, match="Insufficient nvidia.com/gpu") as caught:
        wait.wait_for_training(connection, job, timeout=1.5, poll_seconds=0.2)
    customizer.cancel(connection, job.id)
    shown = capsys.readouterr().out
    assert f"pending | {NO_GPU} (for " in shown
    assert "The job continues" in caught.value.hint


def test_polls_that_fail_are_warnings(nemo, gateway, rows, capsys):
    connection = nemo()
    data_store.upload_dataset(connection, rows)
    job = customizer.train(connection, customizer.Hyperparameters(max_steps=1))
    customizer.cancel(connection, job.id)
    gateway.misbehave(polls=("409", "503", "reset", "reset", "409", "ok"))
    with pytest.raises(errors.JobCancelled):  # heard of in the end, after all that
        wait.wait_for_training(connection, job, timeout=30, poll_seconds=0.2)
    assert {"409", "503", "reset"} <= set(gateway.broken_polls)
    assert "warning | could not ask for the job's status (1 of 20): it already exists" in capsys.readouterr().out


# --- models and evaluation -------------------------------------------------------------------------------------


def test_an_adapter_that_is_served_late(nemo, gateway, capsys):
    name = "someone/caller@v1"
    gateway.misbehave(adapters_late=1.0)
    with served(gateway, [BASE, name]):
        with pytest.raises(errors.WaitTimeout, match=f"{name} is not served after 0 s. Served: {BASE}."):
            wait.wait_for_model(nemo(), name, timeout=0.1, poll_seconds=0.1)
        wait.wait_for_model(nemo(), name, timeout=10, poll_seconds=0.2)
    shown = capsys.readouterr().out
    assert "not served yet" in shown and f"{name} is served." in shown


def test_a_base_model_that_is_not_registered(nemo, gateway, rows):
    gateway.misbehave(unregistered=True)
    connection = nemo()
    data_store.upload_dataset(connection, rows)
    with pytest.raises(errors.Invalid, match="it has no api_endpoint") as caught:
        evaluator.evaluate(connection, BASE)
    assert "register_base_model" in caught.value.hint


def test_the_endpoint_that_is_registered_is_the_one_inside(nemo, gateway):
    record = entity_store.register_base_model(nemo())
    assert record["api_endpoint"]["url"] == f"{gateway.nim}/v1/chat/completions"


def test_results_that_come_late(nemo, gateway, rows, monkeypatch):
    gateway.misbehave(results_late=1.5)
    connection, job = nemo(), Job("eval-does-not-exist", "new", BASE, "")
    monkeypatch.setattr(evaluator, "RESULTS_DEADLINE", 3.0)
    with pytest.raises(errors.WaitTimeout, match="results of the evaluation eval-does-not-exist are not available 3 s"):
        evaluator.scores(connection, job)
