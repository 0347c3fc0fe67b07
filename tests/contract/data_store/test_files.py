"""Files in the Data Store as ``huggingface_hub`` sees them, and the wire protocol where the client hides it."""

from __future__ import annotations

import hashlib
import json
import os

import httpx
import pytest
from data_store_support import put, read
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.sha import git_hash


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


def test_pages_of_a_branch_and_a_folder_that_must_be_encoded(hub, repo):
    hub.create_branch(repo, branch="exp/lora-r8", repo_type="dataset")
    operations = [CommitOperationAdd(f"a#b/50%/f{number}", b"x") for number in range(3)]
    hub.create_commit(repo, operations, commit_message="m", repo_type="dataset", revision="exp/lora-r8")
    url = f"{hub.endpoint}/api/datasets/{repo}/tree/exp%2Flora-r8/a%23b%2F50%25"
    first = httpx.get(url, params={"limit": 2})
    second = httpx.get(first.links["next"]["url"])
    assert [item["path"] for item in first.json() + second.json()] == [f"a#b/50%/f{number}" for number in range(3)]


@pytest.mark.parametrize("name", ["exp//x", "/x", "x/", "exp/.x", "exp/a..b", "../x", "a b/c", "0" * 40])
def test_bad_names_of_branches_and_tags_are_refused(hub, repo, name):
    for create in (
        lambda: hub.create_branch(repo, branch=name, repo_type="dataset"),
        lambda: hub.create_tag(repo, tag=name, repo_type="dataset"),
    ):
        with pytest.raises(HfHubHTTPError, match="revision") as caught:
            create()
        assert caught.value.response.status_code == 422


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
    assert head.headers["ETag"] == f'"{git_hash(content)}"' and head.content == b""
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
