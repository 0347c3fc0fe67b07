"""Uploads to a real Data Store: once, again, broken in the middle, and with the right token only."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from dataclasses import replace

import httpx
import pytest
import uvicorn
from huggingface_hub import get_session, set_client_factory
from ports import free_port

import nemo_local.settings
from flywheel_helpers.errors import DataError, NotFound, StorageFull, Unreachable
from flywheel_helpers.services import data_store, entity_store
from flywheel_helpers.services.connection import Connection
from nemo_local.server.gateway import create_app, load_services

BIG = b'{"messages": []}\n' * 700_000  # 11 MiB: the Hub protocol sends this one as LFS


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    port = free_port()
    local = nemo_local.settings.Settings(home=tmp_path_factory.mktemp("home"), gateway_port=port)
    app = create_app(load_services(local, ("entity_store", "data_store")))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while not _healthy(url):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield url
    server.should_exit = True
    thread.join()


def _healthy(url):
    try:
        return httpx.get(f"{url}/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def nemo(gateway, settings, request, set_up_hub):
    name = request.node.name.replace("_", "-").lower().split("[")[0]
    chosen = replace(settings, data_store_url=gateway, entity_store_url=gateway, dataset_name=name)
    set_up_hub(chosen)
    with Connection(chosen, first_delay=0.0) as nemo:
        yield nemo


@pytest.fixture
def folder(tmp_path):
    contents = (BIG, b'{"messages": [1]}\n', b'{"messages": [2]}\n')
    for path, content in zip(data_store.FILES, contents, strict=True):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_upload_and_again(nemo, folder):
    first = data_store.upload_dataset(nemo, folder)
    assert first.uploaded == list(data_store.FILES) and not first.unchanged
    assert first.files_url == f"hf://datasets/{nemo.settings.dataset}"
    assert data_store.list_files(nemo)["training/training.jsonl"] == len(BIG)
    again = data_store.upload_dataset(nemo, folder)
    assert again.unchanged == list(data_store.FILES) and not again.uploaded
    assert again.revision == first.revision


def test_only_what_changed_is_sent(nemo, folder):
    first = data_store.upload_dataset(nemo, folder)
    train_before = data_store.dataset_revision(nemo, ("training", "validation"))
    (folder / "testing/xlam-test.jsonl").write_bytes(b'{"messages": [3]}\n')
    second = data_store.upload_dataset(nemo, folder)
    assert second.uploaded == ["testing/xlam-test.jsonl"] and second.revision != first.revision
    assert data_store.dataset_revision(nemo, ("training", "validation")) == train_before


def test_a_second_exam_is_uploaded_and_removed_with_its_file(nemo, folder):
    practised = folder / data_store.PRACTISED_FILE
    practised.write_bytes(b'{"messages": [4]}\n')
    first = data_store.upload_dataset(nemo, folder)
    assert first.uploaded == [*data_store.FILES, data_store.PRACTISED_FILE]
    practised.unlink()
    second = data_store.upload_dataset(nemo, folder)
    assert (second.uploaded, second.unchanged) == ([], list(data_store.FILES))
    assert set(data_store.list_files(nemo)) == set(data_store.FILES)
    assert second.revision != first.revision


def test_a_broken_upload_goes_on_where_it_stopped(nemo, folder, monkeypatch):
    sent = []
    upload = data_store.HfApi.upload_file

    def breaks_on_the_second(self, **options):
        sent.append(options["path_in_repo"])
        if len(sent) == 2:
            raise httpx.ReadError("connection lost", request=httpx.Request("POST", "http://x.test/commit"))
        return upload(self, **options)

    monkeypatch.setattr(data_store.HfApi, "upload_file", breaks_on_the_second)
    with pytest.raises(Unreachable, match="connection broke"):
        data_store.upload_dataset(nemo, folder)
    assert list(data_store.list_files(nemo)) == ["training/training.jsonl"]
    assert data_store.upload_dataset(nemo, folder).unchanged == ["training/training.jsonl"]
    assert sent == [data_store.FILES[0], data_store.FILES[1], data_store.FILES[1], data_store.FILES[2]]


def test_round_trip(nemo, folder, tmp_path):
    data_store.upload_dataset(nemo, folder)
    copy = data_store.download(nemo, "training/training.jsonl", tmp_path / "copy")
    assert copy.read_bytes() == BIG


def test_missing_files_are_named(nemo, tmp_path):
    with pytest.raises(DataError, match="training/training.jsonl, validation/validation.jsonl"):
        data_store.upload_dataset(nemo, tmp_path)


def test_asking_before_the_upload(nemo):
    with pytest.raises(NotFound) as caught:
        data_store.dataset_revision(nemo)
    assert "notebook 01" in caught.value.hint


def test_namespaces_are_made_once(nemo):
    nemo = Connection(replace(nemo.settings, namespace="fresh"))
    assert data_store.ensure_namespace(nemo) and not data_store.ensure_namespace(nemo)
    assert entity_store.ensure_namespace(nemo) and not entity_store.ensure_namespace(nemo)


def test_store_that_is_down(settings, folder):
    nemo = Connection(replace(settings, data_store_url=f"http://127.0.0.1:{free_port()}"), first_delay=0.0)
    with pytest.raises(Unreachable, match="connection refused"):
        data_store.list_files(nemo)


def failing_at(url, cause):
    """What httpx raises where a request to a link fails."""
    error = httpx.ConnectError(str(cause), request=httpx.Request("PUT", url))
    error.__cause__ = cause
    return error


def test_a_link_with_an_untrusted_certificate_is_about_certificates(settings):
    nemo = Connection(replace(settings, data_store_url="http://nemo-data-store.nemo.svc.cluster.local:3000"))
    cause = ssl.SSLCertVerificationError("handshake")
    cause.verify_code, cause.verify_message = 20, "unable to get local issuer certificate"
    with pytest.raises(Unreachable, match="certificate of nemo.example.test is not trusted") as caught:
        with data_store.hub_errors(nemo):
            raise failing_at("https://nemo.example.test/x.git/info/lfs/objects/1", cause)
    assert "CA_BUNDLE" in caught.value.hint and "links" not in caught.value.hint


@pytest.mark.parametrize(
    ("ours", "advice"),
    [
        (
            "http://nemo-data-store.nemo.svc.cluster.local:3000",
            "its links lead to https://nemo.example.test:443, which must be reachable from here too. "
            "The host sets that address with nemo.data-store.external.",
        ),
        ("https://other.example.test", "Set NEMO_DATA_STORE_URL to its address inside the cluster"),
    ],
)
def test_links_that_lead_elsewhere(settings, ours, advice):
    nemo = Connection(replace(settings, data_store_url=ours))
    with pytest.raises(Unreachable, match="no host named nemo.example.test") as caught, data_store.hub_errors(nemo):
        raise failing_at("https://nemo.example.test/x.git/info/lfs/objects/1", socket.gaierror("unknown"))
    assert advice in caught.value.hint


def recording_store(status, seen):
    """A client of huggingface_hub whose server answers everything with this status."""

    def server(request):
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(status, json={"detail": "no space left on device"}, request=request)

    return httpx.Client(transport=httpx.MockTransport(server))


def test_asking_leaves_the_client_of_huggingface_hub_alone(nemo):
    before = get_session()
    with pytest.raises(NotFound):
        data_store.list_files(nemo)
    assert get_session() is before


def test_an_error_that_is_not_of_the_store_stays_as_it_is(nemo):
    with pytest.raises(RuntimeError, match="a mistake of ours"), data_store.hub_errors(nemo):
        raise RuntimeError("a mistake of ours")


@pytest.mark.parametrize(("token", "header"), [("", None), ("nds-secret", "Bearer nds-secret")])
def test_the_data_store_never_sees_the_hub_token(settings, monkeypatch, set_up_hub, token, header):
    monkeypatch.setenv("HF_TOKEN", "hf_for_the_hub_only")
    seen = []
    set_client_factory(lambda: recording_store(507, seen))
    with pytest.raises(StorageFull, match="no space left"):
        data_store.list_files(Connection(replace(settings, nds_token=token)))
    assert set(seen) == {header}
