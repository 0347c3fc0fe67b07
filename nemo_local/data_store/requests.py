"""What the routes of the Hub protocol have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Request

from nemo_local.data_store.paths import RepoId, check_repo_id


def endpoint(request: Request) -> str:
    """The address under which this client reaches the Hub protocol.

    Links are made from it and from nothing else, so that they work for whoever asked, on whatever host or port.
    """
    return f"{request.base_url}v1/hf"


def _repo(kinds: Literal["models", "datasets"], namespace: str, name: str) -> RepoId:
    return check_repo_id(kinds.removesuffix("s"), namespace, name)


#: The repository of a path that begins with ``/api/{kinds}/{namespace}/{name}``.
Repo = Annotated[RepoId, Depends(_repo)]


def path_repo(request: Request, namespace: str, name: str) -> RepoId:
    """The repository of a path outside of ``/api``, where only datasets have a prefix."""
    path = request.url.path.split("/v1/hf/", 1)[1]
    kind = "dataset" if path.startswith(f"datasets/{namespace}/") else "model"
    return check_repo_id(kind, namespace, name)


PathRepo = Annotated[RepoId, Depends(path_repo)]
