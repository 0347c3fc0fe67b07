"""Large files: sent apart, only once, and only if they are what was announced."""

from __future__ import annotations

import hashlib
import os

import httpx
import pytest
from data_store_support import read, send_as_lfs
from huggingface_hub import CommitOperationAdd, lfs


def test_lfs_files_are_sent_apart_and_only_once(hub, repo):
    content = os.urandom(17 * 2**20)  # more than any other route takes
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
        ({"Host": "store.localhost:3000"}, "http://store.localhost:3000/v1/hf/"),
        ({"Host": "store.localhost", "X-Forwarded-Proto": "https"}, "https://store.localhost/v1/hf/"),
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
