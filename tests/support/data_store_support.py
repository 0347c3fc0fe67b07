"""What the tests of the Data Store do with a hub client again and again."""

from __future__ import annotations

import httpx
from huggingface_hub import CommitOperationAdd, HfApi, lfs


def hub_of(gateway_url: str) -> HfApi:
    return HfApi(endpoint=f"{gateway_url}/v1/hf", token=False)


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
