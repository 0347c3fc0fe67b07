"""The Data Store as ``huggingface_hub`` sees it, and below that the wire protocol where the client hides it."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import uvicorn
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, lfs
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from nemo_local import serving
from nemo_local.data_store import blobs
from nemo_local.gateway import create_app, load_services
from nemo_local.settings import Settings


def hub_of(gateway_url: str) -> HfApi:
    return HfApi(endpoint=f"{gateway_url}/v1/hf", token=False)


@pytest.fixture(scope="module")
def hub(gateway) -> HfApi:
    return hub_of(gateway.gateway_url)


@pytest.fixture(params=["dataset", "model"])
def any_repo(request, hub) -> tuple[str, str]:
    """Name and type of a new, empty repository of either type."""
    name = f"course/r{uuid.uuid4().hex[:8]}"
    hub.create_repo(name, repo_type=request.param)
    return name, request.param


@pytest.fixture
def repo(hub) -> str:
    """Name of a new, empty dataset repository."""
    name = f"course/r{uuid.uuid4().hex[:8]}"
    hub.create_repo(name, repo_type="dataset")
    return name


def put(hub: HfApi, repo: str, path: str, content: bytes, **more):
    return hub.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo, repo_type="dataset", **more)


def read(hub: HfApi, repo: str, path: str, revision: str = "main") -> bytes:
    return httpx.get(f"{hub.endpoint}/datasets/{repo}/resolve/{revision}/{path}").raise_for_status().content


def send_as_lfs(hub: HfApi, repo: str, path: str, content: bytes) -> CommitOperationAdd:
    """Send a content with the client's own LFS code, which it uses by itself only where `hf-xet` is not installed."""
    operation = CommitOperationAdd(path, content)
    actions, errors, transfer = lfs.post_lfs_batch_info(
        [operation.upload_info], None, "dataset", repo, endpoint=hub.endpoint
    )
    assert (errors, transfer) == ([], "basic")
    lfs.lfs_upload(operation, actions[0], headers={}, endpoint=hub.endpoint)
    operation._upload_mode, operation._is_uploaded, operation._is_committed = "lfs", True, False
    operation._should_ignore, operation._remote_oid = False, None
    return operation


# Repositories


def test_life_of_a_repository(hub, any_repo):
    name, kind = any_repo
    assert hub.repo_exists(name, repo_type=kind)
    url = hub.create_repo(name, repo_type=kind, exist_ok=True)
    assert (url.repo_id, url.repo_type) == (name, kind)
    with pytest.raises(HfHubHTTPError, match="exists already") as caught:
        hub.create_repo(name, repo_type=kind)
    assert caught.value.response.status_code == 409
    info = hub.repo_info(name, repo_type=kind)
    assert info.id == name and len(info.sha) == 40 and info.siblings == []
    hub.delete_repo(name, repo_type=kind)
    assert not hub.repo_exists(name, repo_type=kind)
    with pytest.raises(RepositoryNotFoundError, match=name):
        hub.delete_repo(name, repo_type=kind)


def test_a_dataset_and_a_model_may_share_a_name(hub, repo):
    hub.create_repo(repo, repo_type="model")
    put(hub, repo, "only-in-the-dataset", b"x")
    assert hub.list_repo_files(repo, repo_type="model") == []


def test_repositories_are_listed_and_renamed(hub, repo):
    renamed = f"moved/{repo.split('/')[1]}"
    put(hub, repo, "a", b"1")
    hub.move_repo(repo, renamed, repo_type="dataset")
    assert [found.id for found in hub.list_datasets(author="moved")] == [renamed]
    assert read(hub, renamed, "a") == b"1" and not hub.repo_exists(repo, repo_type="dataset")


@pytest.mark.parametrize("name", ["course", "-course/x", "course/.x", "course/x/y", "course/a..b", "../x/y", "a b/c"])
def test_bad_repository_names_are_refused(gateway, name):
    namespace, _, last = name.rpartition("/")
    body = {"organization": namespace or None, "name": last, "type": "dataset"}
    answer = httpx.post(f"{gateway.gateway_url}/v1/hf/api/repos/create", json=body)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"][1] in ("organization", "name")


def test_spaces_are_refused(hub):
    with pytest.raises(HfHubHTTPError, match="'model' or 'dataset'"):
        hub.create_repo("course/space", repo_type="space", space_sdk="docker")


# Files


def test_small_and_large_files_come_back_whole(hub, any_repo, tmp_path):
    name, kind = any_repo
    contents = {
        "training/training.jsonl": b'{"a": 1}\n' * 1000,
        "adapter_model.safetensors": os.urandom(12_000_000),
        "empty": b"",
        "ünï çödé/ß#%?&+.txt": "früh".encode(),
    }
    for path, content in contents.items():
        hub.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=name, repo_type=kind)
    assert sorted(hub.list_repo_files(name, repo_type=kind)) == sorted(contents)
    folder = hub.snapshot_download(name, repo_type=kind, cache_dir=tmp_path / "cache")
    for path, content in contents.items():
        with open(f"{folder}/{path}", "rb") as file:
            assert file.read() == content
    infos = {item.path: item for item in hub.get_paths_info(name, list(contents), repo_type=kind)}
    large = infos["adapter_model.safetensors"].lfs
    assert large.sha256 == hashlib.sha256(contents["adapter_model.safetensors"]).hexdigest()
    assert infos["empty"].blob_id == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "git's id of an empty file"
    siblings = hub.repo_info(name, repo_type=kind, files_metadata=True).siblings
    assert {s.rfilename: s.size for s in siblings} == {path: len(content) for path, content in contents.items()}


def test_a_folder_with_a_card(hub, repo, tmp_path):
    (tmp_path / "testing").mkdir()
    (tmp_path / "testing" / "xlam-test.jsonl").write_text("{}\n")
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Calls\n")
    hub.upload_folder(folder_path=tmp_path, repo_id=repo, repo_type="dataset")
    assert sorted(hub.list_repo_files(repo, repo_type="dataset")) == ["README.md", "testing/xlam-test.jsonl"]
    with pytest.raises(ValueError, match="Invalid metadata"):
        put(hub, repo, "README.md", b"---\na: [\n---\n")


def test_tree_and_paths(hub, repo):
    operations = [CommitOperationAdd(path, path.encode()) for path in ("a/b/c.txt", "a/d.txt", "e.txt")]
    commit = hub.create_commit(repo, operations, commit_message="three files", repo_type="dataset")
    top = {item.path for item in hub.list_repo_tree(repo, repo_type="dataset")}
    assert top == {"a", "e.txt"}
    inside = {item.path for item in hub.list_repo_tree(repo, "a", repo_type="dataset", recursive=True)}
    assert inside == {"a/b", "a/b/c.txt", "a/d.txt"}
    found = hub.get_paths_info(repo, ["a", "e.txt", "none"], repo_type="dataset", expand=True)
    assert [(item.path, item.last_commit.oid) for item in found] == [("a", commit.oid), ("e.txt", commit.oid)]
    with pytest.raises(EntryNotFoundError):
        list(hub.list_repo_tree(repo, "none", repo_type="dataset"))


def test_a_long_listing_comes_in_pages(hub, repo):
    operations = [CommitOperationAdd(f"f{number:04}", b"x") for number in range(1203)]
    hub.create_commit(repo, operations, commit_message="many", repo_type="dataset")
    assert len(list(hub.list_repo_tree(repo, repo_type="dataset"))) == 1203
    first = httpx.get(f"{hub.endpoint}/api/datasets/{repo}/tree/main", params={"limit": 2})
    assert len(first.json()) == 2 and first.links["next"]["url"].startswith(hub.endpoint)


def test_uploading_the_same_again_makes_no_commit(hub, repo):
    first = put(hub, repo, "a", b"same").oid
    assert put(hub, repo, "a", b"same").oid == first
    assert put(hub, repo, "a", b"other").oid != first
    titles = [commit.title for commit in hub.list_repo_commits(repo, repo_type="dataset")]
    assert len(titles) == 3, "the first one, and one for each content"


def test_delete_copy_and_delete_folder_in_one_commit(hub, repo):
    for path in ("a", "keep", "folder/x", "folder/y"):
        put(hub, repo, path, path.encode())
    operations = [
        CommitOperationDelete("a"),
        CommitOperationDelete("folder/"),
        CommitOperationCopy("keep", "copied"),
    ]
    hub.create_commit(repo, operations, commit_message="tidy up", repo_type="dataset")
    assert sorted(hub.list_repo_files(repo, repo_type="dataset")) == ["copied", "keep"]
    with pytest.raises(EntryNotFoundError, match="'a'"):
        hub.delete_file("a", repo, repo_type="dataset")


def test_a_commit_with_one_bad_operation_changes_nothing(hub, repo):
    before = put(hub, repo, "a", b"1").oid
    operations = [CommitOperationAdd("new", b"2"), CommitOperationDelete("not-there")]
    with pytest.raises(EntryNotFoundError):
        hub.create_commit(repo, operations, commit_message="bad", repo_type="dataset")
    assert hub.dataset_info(repo).sha == before and not hub.file_exists(repo, "new", repo_type="dataset")


def test_a_path_is_not_a_file_and_a_folder(hub, repo):
    put(hub, repo, "a", b"1")
    with pytest.raises(HfHubHTTPError, match="file and a folder"):
        put(hub, repo, "a/b", b"2")


def test_branches_hold_versions(hub, repo):
    put(hub, repo, "model", b"one")
    hub.create_branch(repo, branch="cust-1", repo_type="dataset")
    put(hub, repo, "model", b"two", revision="cust-1")
    hub.create_tag(repo, tag="first", revision="main", repo_type="dataset")
    old = hub.dataset_info(repo).sha
    put(hub, repo, "model", b"three")
    contents = {r: read(hub, repo, "model", r) for r in ("main", "cust-1", "first", old, old[:7])}
    assert contents == {"main": b"three", "cust-1": b"two", "first": b"one", old: b"one", old[:7]: b"one"}
    refs = hub.list_repo_refs(repo, repo_type="dataset")
    assert ({b.name for b in refs.branches}, {t.name for t in refs.tags}) == ({"main", "cust-1"}, {"first"})
    hub.create_branch(repo, branch="cust-1", repo_type="dataset", exist_ok=True)
    with pytest.raises(HfHubHTTPError, match="cannot change"):
        put(hub, repo, "model", b"four", revision="first")
    hub.delete_branch(repo, branch="cust-1", repo_type="dataset")
    hub.delete_tag(repo, tag="first", repo_type="dataset")
    with pytest.raises(RevisionNotFoundError, match="cust-1"):
        hub.dataset_info(repo, revision="cust-1")
    with pytest.raises(HfHubHTTPError, match="cannot be deleted"):
        hub.delete_branch(repo, branch="main", repo_type="dataset")


def test_a_commit_on_an_old_state_is_refused_when_it_insists(hub, repo):
    old = hub.dataset_info(repo).sha
    put(hub, repo, "a", b"1")
    with pytest.raises(HfHubHTTPError, match="someone else committed") as caught:
        put(hub, repo, "b", b"2", parent_commit=old)
    assert caught.value.response.status_code == 412


def test_range_head_and_etag(hub, repo):
    content = bytes(range(256)) * 10
    commit = put(hub, repo, "data.bin", content).oid
    url = f"{hub.endpoint}/datasets/{repo}/resolve/main/data.bin"
    head = httpx.head(url)
    assert (head.headers["X-Repo-Commit"], int(head.headers["Content-Length"])) == (commit, len(content))
    assert head.headers["ETag"] == f'"{blobs.git_oid(content)}"' and head.content == b""
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert httpx.get(url, headers={"Range": "bytes=2500-"}).content == content[2500:]
    assert httpx.get(url, headers={"Range": "bytes=99999-"}).status_code == 416
    with pytest.raises(EntryNotFoundError):
        hub.hf_hub_download(repo, "none", repo_type="dataset")


@pytest.mark.parametrize(
    "path", ["../up", "a/../../up", "/abs", "a//b", "./a", ".git/config", "a\\b", "C:x", "a\0b", "x" * 300, ""]
)
def test_bad_paths_are_refused(hub, repo, path):
    lines = [
        {"key": "header", "value": {"summary": "bad"}},
        {"key": "file", "value": {"path": path, "content": "eA==", "encoding": "base64"}},
    ]
    body = "\n".join(json.dumps(line) for line in lines)
    answer = httpx.post(f"{hub.endpoint}/api/datasets/{repo}/commit/main", content=body)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["body", "path"]
    assert hub.list_repo_files(repo, repo_type="dataset") == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 2"),
        ('{"key": "file", "value": {"content": ""}}', "'path' is missing"),
        ('{"key": "file", "value": {"path": "a", "content": "???", "encoding": "base64"}}', "not base64"),
        ('{"key": "dance", "value": {"path": "a"}}', "unknown operation"),
        ('{"key": "lfsFile", "value": {"path": "a", "oid": "' + "0" * 64 + '"}}', "was not uploaded"),
        ('{"key": "lfsFile", "value": {"path": "a", "oid": "../../etc"}}', "not a SHA-256"),
        ("[]", "line 2"),
    ],
)
def test_a_bad_commit_names_its_line(hub, repo, line, says):
    body = '{"key": "header", "value": {"summary": "s"}}\n' + line
    answer = httpx.post(f"{hub.endpoint}/api/datasets/{repo}/commit/main", content=body)
    assert answer.status_code == 422 and says in answer.text


# LFS


def test_lfs_files_are_sent_apart_and_only_once(hub, repo):
    content = os.urandom(3_000_000)
    hub.create_commit(
        repo, [send_as_lfs(hub, repo, "weights.bin", content)], commit_message="by LFS", repo_type="dataset"
    )
    assert read(hub, repo, "weights.bin") == content
    entry = hub.get_paths_info(repo, "weights.bin", repo_type="dataset")[0]
    assert entry.lfs.sha256 == hashlib.sha256(content).hexdigest() and entry.lfs.pointer_size > 100
    info = CommitOperationAdd("again.bin", content).upload_info
    actions, _, _ = lfs.post_lfs_batch_info([info], None, "dataset", repo, endpoint=hub.endpoint)
    assert "actions" not in actions[0], "it is here already"
    head = httpx.head(f"{hub.endpoint}/datasets/{repo}/resolve/main/weights.bin")
    assert int(head.headers["X-Linked-Size"]) == len(content)


def test_lfs_links_name_the_host_that_was_asked(gateway, repo):
    body = {"operation": "upload", "objects": [{"oid": "0" * 64, "size": 3}]}
    for headers, base in (
        ({"Host": "store.internal:3000"}, "http://store.internal:3000/v1/hf/"),
        ({"Host": "store.example", "X-Forwarded-Proto": "https"}, "https://store.example/v1/hf/"),
    ):
        url = f"{gateway.gateway_url}/v1/hf/datasets/{repo}.git/info/lfs/objects/batch"
        actions = httpx.post(url, json=body, headers=headers).json()["objects"][0]["actions"]
        assert actions["upload"]["href"].startswith(base) and actions["verify"]["href"].startswith(base)


@pytest.mark.parametrize(
    ("sent", "field"), [(b"short", "size"), (b"wrong content", "oid"), (b"much longer than it was said", "size")]
)
def test_an_lfs_upload_that_is_not_what_was_announced_is_not_kept(gateway, hub, repo, sent, field):
    right = os.urandom(len(b"right content"))
    oid = hashlib.sha256(right).hexdigest()
    url = f"{hub.endpoint}/datasets/{repo}.git/info/lfs/objects/{oid}?size={len(right)}"
    answer = httpx.put(url, content=sent)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["body", field]
    verify = httpx.post(
        f"{hub.endpoint}/datasets/{repo}.git/info/lfs/objects/verify", json={"oid": oid, "size": len(right)}
    )
    assert verify.status_code == 404
    folder = gateway.home / "data-store" / "blobs"
    assert not (folder / oid[:2] / oid).exists() and list((folder / "incoming").iterdir()) == []
    assert httpx.put(url, content=right).status_code == 200


def test_without_a_xet_server_the_way_out_is_said(hub, repo):
    answer = httpx.get(f"{hub.endpoint}/api/datasets/{repo}/xet-write-token/main")
    assert answer.status_code == 404 and "HF_HUB_DISABLE_XET=1" in answer.text


# Many at once, kills and full disks


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
        with pytest.raises(HfHubHTTPError, match="disk of the platform is full") as caught:
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


# NeMo's namespaces


def test_namespaces_are_posted_as_a_form(gateway):
    url = f"{gateway.gateway_url}/v1/datastore/namespaces"
    name = f"ns-{uuid.uuid4().hex[:8]}"
    assert httpx.post(url, data={"namespace": name}).status_code == 201
    again = httpx.post(url, data={"namespace": name})
    assert again.status_code == 409 and "exists already" in again.json()["detail"]
    assert httpx.get(f"{url}/{name}").json()["namespace"] == name
    assert name in [item["namespace"] for item in httpx.get(url).json()["data"]]
    assert httpx.delete(f"{url}/{name}").status_code == 200
    assert httpx.get(f"{url}/{name}").status_code == 404
    for data in ({}, {"namespace": "../x"}, {"namespace": ""}):
        refused = httpx.post(url, data=data)
        assert refused.status_code == 422 and refused.json()["detail"][0]["loc"] == ["body", "namespace"]


def test_a_namespace_with_repositories_is_not_deleted(gateway, hub, repo):
    answer = httpx.delete(f"{gateway.gateway_url}/v1/datastore/namespaces/course")
    assert answer.status_code == 409 and "Delete them first" in answer.json()["detail"]
    assert hub.repo_exists(repo, repo_type="dataset")


def test_content_in_plain_text(hub, repo):
    lines = [
        {"key": "header", "value": {"summary": "both encodings"}},
        {"key": "file", "value": {"path": "plain", "content": "früh"}},
        {"key": "file", "value": {"path": "base64", "content": base64.b64encode(b"\0").decode(), "encoding": "base64"}},
    ]
    body = "\n".join(json.dumps(line) for line in lines)
    httpx.post(f"{hub.endpoint}/api/datasets/{repo}/commit/main", content=body).raise_for_status()
    assert (read(hub, repo, "plain"), read(hub, repo, "base64")) == ("früh".encode(), b"\0")
