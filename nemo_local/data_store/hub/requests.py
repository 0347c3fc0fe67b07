"""Helpers that the routes of the Hub protocol share."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple
from urllib.parse import unquote

from fastapi import Depends, Request

from nemo_local.data_store.paths import RepoId, check_repo_id


def endpoint(request: Request) -> str:
    """The address under which this client reaches the Hub protocol.

    All links are built from it, so that they work for whoever asked, on whatever host or port.
    """
    return f"{request.base_url}v1/hf"


def sent_path(request: Request) -> str:
    """The path of the request as it was sent, with its percent-encoding."""
    return request.scope["raw_path"].decode("ascii")


def _repo(kinds: Literal["models", "datasets"], namespace: str, name: str) -> RepoId:
    return check_repo_id(kinds.removesuffix("s"), namespace, name)


# The repository of a path that begins with ``/api/{kinds}/{namespace}/{name}``.
Repo = Annotated[RepoId, Depends(_repo)]


def path_repo(request: Request, namespace: str, name: str) -> RepoId:
    """The repository of a path outside of ``/api``, where only datasets have a prefix."""
    path = request.url.path.split("/v1/hf/", 1)[1]
    kind = "dataset" if path.startswith(f"datasets/{namespace}/") else "model"
    return check_repo_id(kind, namespace, name)


PathRepo = Annotated[RepoId, Depends(path_repo)]


class Place(NamedTuple):
    """A file or folder in a revision. ``path`` is ``""`` for the top folder."""

    revision: str
    path: str


def _place(request: Request, place: str) -> Place:
    # Routes match the decoded path, in which the slash of a branch `exp/lora` looks like the one before the file.
    # In the path as it was sent, the slash of the branch is `%2F`.
    before = request.scope["path"].removesuffix(place).count("/")
    revision, _, path = sent_path(request).split("/", before)[-1].partition("/")
    return Place(unquote(revision), unquote(path))


# The ``{place:path}`` at the end of a route: a revision, and perhaps a path in it.
InRevision = Annotated[Place, Depends(_place)]
