"""Many clients at once, kills and full disks: what was stored stays."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import uvicorn
from data_store_support import hub_of, put, read, send_as_lfs
from huggingface_hub import CommitOperationAdd, lfs
from huggingface_hub.errors import (
    HfHubHTTPError,
)

from nemo_local.data_store import blobs
from nemo_local.server import serving
from nemo_local.server.gateway import create_app, load_services
from nemo_local.settings import Settings


def test_concurrent_commits_all_count(hub, repo):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: put(hub, repo, f"file{n}", b"%d" % n), range(24)))
    assert len(hub.list_repo_files(repo, repo_type="dataset")) == 24
    assert len(hub.list_repo_commits(repo, repo_type="dataset")) == 25


def test_the_same_content_from_many_clients_at_once(hub, repo):
    content = os.urandom(2_000_000)
    oid = hashlib.sha256(content).hexdigest()
    url = f"{hub.endpoint}/datasets/{repo}.git/info/lfs/objects/{oid}?size={len(content)}"
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda _: httpx.put(url, content=content, timeout=60).status_code, range(6)))
    assert codes == [200] * 6
    assert httpx.get(url).content == content


def test_deleting_a_repository_keeps_what_another_one_has(gateway, hub, repo):
    other = f"{repo}-other"
    hub.create_repo(other, repo_type="dataset")
    shared, own = os.urandom(1000), os.urandom(1000)
    put(hub, repo, "shared", shared)
    put(hub, repo, "own", own)
    put(hub, other, "shared", shared)
    hub.delete_repo(repo, repo_type="dataset")
    assert read(hub, other, "shared") == shared
    oid = hashlib.sha256(own).hexdigest()
    assert not (gateway.home / "data-store" / "blobs" / oid[:2] / oid).exists()


def test_an_upload_goes_on_after_the_server_was_killed(start_gateway, tmp_path):
    running = start_gateway(tmp_path / "home")
    hub = hub_of(running.gateway_url)
    hub.create_repo("course/killed", repo_type="dataset")
    committed = put(hub, "course/killed", "before", b"committed").oid
    sent = send_as_lfs(hub, "course/killed", "sent.bin", os.urandom(100_000))
    half = os.urandom(4_000_000)
    oid = hashlib.sha256(half).hexdigest()
    url = f"{hub.endpoint}/datasets/course/killed.git/info/lfs/objects/{oid}?size={len(half)}"

    def until_killed() -> Iterator[bytes]:
        yield half[:2_000_000]
        time.sleep(0.5)
        running.kill()
        yield half[2_000_000:]

    with pytest.raises(httpx.TransportError):
        httpx.put(url, content=until_killed())
    start_gateway(tmp_path / "home", again=running)
    assert list((tmp_path / "home" / "data-store" / "blobs" / "incoming").iterdir()) == []
    assert hub.dataset_info("course/killed").sha == committed and read(hub, "course/killed", "before") == b"committed"
    both = CommitOperationAdd("half.bin", half), CommitOperationAdd("sent.bin", sent.path_or_fileobj)
    actions, _, _ = lfs.post_lfs_batch_info(
        [operation.upload_info for operation in both], None, "dataset", "course/killed", endpoint=hub.endpoint
    )
    assert ["actions" in action for action in actions] == [True, False], "only the half one is to be sent again"
    hub.create_commit(
        "course/killed",
        [send_as_lfs(hub, "course/killed", "half.bin", half), sent],
        commit_message="gone on",
        repo_type="dataset",
    )
    assert read(hub, "course/killed", "half.bin") == half


@pytest.fixture
def own_gateway(tmp_path) -> Iterator[Settings]:
    """A Data Store inside of this process, so that a test can make its disk full."""
    with serving.bind("127.0.0.1", 0) as server_socket:
        settings = Settings(home=tmp_path / "home", gateway_port=server_socket.getsockname()[1])
        app = create_app(load_services(settings, ["data_store"]))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [server_socket]})
        thread.start()
        yield settings
        server.should_exit = True
        thread.join()


def test_a_full_disk_loses_nothing_and_says_so(own_gateway, monkeypatch):
    hub = hub_of(own_gateway.gateway_url)
    hub.create_repo("course/full", repo_type="dataset")
    before = put(hub, "course/full", "before", b"kept").oid
    room = 50_000

    def nearly_full(file, chunk: bytes) -> None:
        nonlocal room
        room -= len(chunk)
        if room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file.write(chunk)

    content = os.urandom(60_000)
    oid = hashlib.sha256(content).hexdigest()
    with monkeypatch.context() as full:
        full.setattr(blobs, "write_chunk", nearly_full)
        with pytest.raises(HfHubHTTPError, match="platform's disk is full") as caught:
            put(hub, "course/full", "after", content)
        assert caught.value.response.status_code == 507
        room = 50_000
        url = f"{hub.endpoint}/datasets/course/full.git/info/lfs/objects/{oid}?size={len(content)}"
        answer = httpx.put(url, content=content)
        assert answer.status_code == 507 and "Free some space" in answer.json()["detail"]
        folder = own_gateway.home / "data-store" / "blobs"
        assert list((folder / "incoming").iterdir()) == [] and not (folder / oid[:2] / oid).exists()
        assert hub.dataset_info("course/full").sha == before and read(hub, "course/full", "before") == b"kept"
    put(hub, "course/full", "after", content)
    assert read(hub, "course/full", "after") == content
