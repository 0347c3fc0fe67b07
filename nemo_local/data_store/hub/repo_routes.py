"""Hub protocol: repositories with their metadata, branches, tags and history."""

from __future__ import annotations

import contextlib
from typing import Literal

import yaml
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import Conflict
from nemo_local.data_store.hub.requests import Repo
from nemo_local.data_store.paths import RepoId, check_repo_id
from nemo_local.data_store.problems import RepoExists, RepoNotFound
from nemo_local.data_store.repositories import MAIN, Commit, Repositories


class RepoBody(BaseModel):
    """Names a repository in the body of create and delete."""

    name: str
    organization: str | None = None
    type: str = "model"
    private: bool = False
    visibility: Literal["public", "private", "protected"] | None = None

    def repo(self) -> RepoId:
        """The repository, checked. Raises Invalid."""
        return check_repo_id(self.type, self.organization, self.name)


class MoveBody(BaseModel):
    fromRepo: str
    toRepo: str
    type: str = "model"


class BranchBody(BaseModel):
    startingPoint: str = MAIN


class TagBody(BaseModel):
    tag: str


class CardBody(BaseModel):
    content: str


def create_router(repositories: Repositories, namespaces: DocumentStore) -> APIRouter:
    """The routes below ``/v1/hf/api`` that are about a repository as a whole."""
    router = APIRouter(prefix="/api")

    def register_namespace(repo: RepoId) -> None:
        # The Hub protocol has no request that creates a namespace, so a new repository creates its own.
        with contextlib.suppress(Conflict):
            namespaces.create("", repo.namespace, {})

    @router.post("/repos/create")
    def create(body: RepoBody) -> dict:
        repo = body.repo()
        try:
            repositories.create(repo, body.private or body.visibility == "private")
        except Conflict as error:
            raise RepoExists(error.detail, repo.path) from error
        register_namespace(repo)
        # Relative, like that of NeMo's Data Store. Older clients cannot parse an absolute one of a model.
        return {"url": repo.path, "name": str(repo), "id": str(repo)}

    @router.delete("/repos/delete")
    def delete(body: RepoBody) -> dict:
        repositories.delete(body.repo())
        return {}

    @router.post("/repos/move")
    def move(body: MoveBody) -> dict:
        old, new = (
            check_repo_id(body.type, *full_name.rpartition("/")[::2]) for full_name in (body.fromRepo, body.toRepo)
        )
        repositories.move(old, new)
        register_namespace(new)
        return {}

    @router.post("/validate-yaml")
    def validate_card(body: CardBody) -> JSONResponse:
        """Whether the metadata at the top of a README.md can be read."""
        parts = body.content.split("---\n", 2)
        try:
            if body.content.startswith("---\n") and len(parts) == 3:
                yaml.safe_load(parts[1])
        except yaml.YAMLError as error:
            return JSONResponse({"errors": [{"message": str(error)}], "warnings": []}, status_code=400)
        return JSONResponse({"errors": [], "warnings": []})

    @router.get("/{kinds}")
    def list_all(
        kinds: Literal["models", "datasets"], author: str | None = None, search: str = "", limit: int | None = None
    ) -> list[dict]:
        found = []
        for row in repositories.list(kinds.removesuffix("s")):
            repo = RepoId(row.kind, row.namespace, row.name)
            if author in (None, row.namespace) and search.lower() in str(repo).lower():
                # A repository may be deleted while the list is being made.
                with contextlib.suppress(RepoNotFound):
                    found.append(info(repo, MAIN, with_blobs=False))
        return found[:limit]

    @router.get("/{kinds}/{name}")
    def without_namespace(kinds: Literal["models", "datasets"], name: str) -> None:
        raise RepoNotFound(f"There is no repository {name!r}: every one has a namespace here, namespace/{name}.")

    def info(repo: RepoId, revision: str, with_blobs: bool) -> dict:
        row = repositories.get(repo)
        commit, entries = repositories.snapshot(repo, revision)
        return {
            "id": str(repo),
            f"{repo.kind}Id": str(repo),
            "author": repo.namespace,
            "sha": commit.oid,
            "createdAt": row.created_at,
            "lastModified": commit.created_at,
            "private": row.private,
            "gated": False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": [entry.sibling(with_blobs) for entry in entries.values()],
            "usedStorage": sum({entry.blob.sha256: entry.blob.size for entry in entries.values()}.values()),
        }

    @router.get("/{kinds}/{namespace}/{name}")
    def retrieve(repo: Repo, blobs: bool = False) -> dict:
        return info(repo, MAIN, blobs)

    @router.get("/{kinds}/{namespace}/{name}/revision/{revision:path}")
    def retrieve_revision(repo: Repo, revision: str, blobs: bool = False) -> dict:
        return info(repo, revision, blobs)

    @router.get("/{kinds}/{namespace}/{name}/refs")
    def list_refs(repo: Repo) -> dict:
        refs: dict[str, list] = {"branches": [], "tags": [], "converts": [], "pullRequests": []}
        for row in repositories.refs(repo):
            group, path = ("branches", "heads") if row.kind == "branch" else ("tags", "tags")
            refs[group].append({"name": row.name, "ref": f"refs/{path}/{row.name}", "targetCommit": row.commit_oid})
        return refs

    @router.get("/{kinds}/{namespace}/{name}/commits/{revision:path}")
    def list_commits(repo: Repo, revision: str) -> list[dict]:
        return [_commit_shown(commit) for commit in repositories.history(repo, revision)]

    @router.post("/{kinds}/{namespace}/{name}/branch/{branch:path}", status_code=201)
    def create_branch(repo: Repo, branch: str, body: BranchBody) -> dict:
        repositories.create_ref(repo, "branch", branch, body.startingPoint)
        return {}

    @router.delete("/{kinds}/{namespace}/{name}/branch/{branch:path}")
    def delete_branch(repo: Repo, branch: str) -> dict:
        repositories.delete_ref(repo, "branch", branch)
        return {}

    @router.post("/{kinds}/{namespace}/{name}/tag/{revision:path}", status_code=201)
    def create_tag(repo: Repo, revision: str, body: TagBody) -> dict:
        repositories.create_ref(repo, "tag", body.tag, revision)
        return {}

    @router.delete("/{kinds}/{namespace}/{name}/tag/{tag:path}")
    def delete_tag(repo: Repo, tag: str) -> dict:
        repositories.delete_ref(repo, "tag", tag)
        return {}

    return router


def _commit_shown(commit: Commit) -> dict:
    return {
        "id": commit.oid,
        "title": commit.title,
        "message": commit.message,
        "date": commit.created_at,
        "authors": [],
    }
