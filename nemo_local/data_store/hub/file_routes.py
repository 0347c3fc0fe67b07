"""Hub protocol: listing, reading and committing files."""

from __future__ import annotations

import hashlib
import tempfile
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from nemo_local.common.errors import Invalid
from nemo_local.data_store import blobs
from nemo_local.data_store.blobs import Blob
from nemo_local.data_store.changes import read_commit
from nemo_local.data_store.hub.requests import InRevision, PathRepo, Repo, sent_path
from nemo_local.data_store.paths import RepoId, check_file_path
from nemo_local.data_store.problems import EntryNotFound, RepoNotFound
from nemo_local.data_store.repositories import Repositories
from nemo_local.data_store.snapshot import Entry, folder_shown, tree

# Files up to this size are sent inside the commit. The limit is high on purpose: clients with the `hf-xet` package
# send each file announced as "lfs" to a Xet server without checking that there is one, and there is none here.
REGULAR_BYTES = 128 * 1024 * 1024


class FileToUpload(BaseModel):
    path: str
    size: int


class PreuploadBody(BaseModel):
    files: list[FileToUpload]


def create_router(repositories: Repositories) -> APIRouter:
    """The routes below ``/v1/hf`` that are about the files of a repository."""
    router = APIRouter()
    api = APIRouter(prefix="/api/{kinds}/{namespace}/{name}")

    @api.post("/preupload/{revision:path}")
    def preupload(repo: Repo, revision: str, body: PreuploadBody) -> dict:
        """How to send each file, and its present id, so that the client can skip files that have not changed."""
        _, entries = repositories.snapshot(repo, revision)
        answer = []
        for file in body.files:
            entry = entries.get(check_file_path(file.path))
            mode = "regular" if file.size <= REGULAR_BYTES else "lfs"
            oid = entry and (entry.blob.git_oid if mode == "regular" else entry.blob.sha256)
            answer.append({"path": file.path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return {"files": answer}

    @api.post("/commit/{revision:path}")
    async def commit(request: Request, repo: Repo, revision: str, create_pr: bool = False) -> dict:
        """Apply the operations of the body, one line of JSON each, as one commit."""
        if create_pr:
            raise Invalid("create_pr", "there are no pull requests here; commit to a branch.", "query")
        # On disk, not in memory: a commit may be a gigabyte.
        with tempfile.TemporaryFile(dir=repositories.blobs.incoming) as body:
            async for chunk in request.stream():
                blobs.write_chunk(body, chunk)
            body.seek(0)
            oid = await run_in_threadpool(apply, repo, revision, body)
        # Relative, as older clients (1.0 for example) raise on an absolute URL of any host but huggingface.co. NeMo's
        # own Data Store sends an empty string, on which the newest clients raise.
        return {"success": True, "commitOid": oid, "commitUrl": f"{repo.path}/commit/{oid}", "hookOutput": ""}

    def apply(repo: RepoId, branch: str, lines: tempfile._TemporaryFileWrapper) -> str:
        repositories.commit_at(repo, branch)  # before anything is stored
        request = read_commit(lines, store, repositories.find_blob)
        return repositories.commit(repo, branch, request.changes, request.title, request.message, request.parent)

    def store(content: bytes) -> Blob:
        if known := repositories.find_blob(hashlib.sha256(content).hexdigest()):
            return known
        with repositories.blobs.writer(len(content)) as writer:
            writer.write(content)
            return repositories.keep(writer)

    @api.get("/tree/{place:path}")
    def list_tree(
        request: Request,
        response: Response,
        repo: Repo,
        place: InRevision,
        recursive: bool = False,
        expand: bool = False,
        limit: int = Query(default=1000, ge=1, le=1000),
        cursor: str = "",
    ) -> list[dict]:
        """One page of files and folders, with the URL of the next page in the ``Link`` header."""
        revision, path = place.revision, place.path.strip("/")
        _, entries = repositories.snapshot(repo, revision)
        shown = tree(entries.values(), path, recursive)
        if path and not shown:
            raise EntryNotFound(f"There is no folder {path!r} in {repo}@{revision}.")
        shown = [item for item in shown if item["path"] > cursor]
        if len(shown) > limit:
            shown = shown[:limit]
            query = {**request.query_params, "cursor": shown[-1]["path"]}
            address = f"{request.base_url}{sent_path(request).lstrip('/')}?{urlencode(query)}"
            response.headers["Link"] = f'<{address}>; rel="next"'
        return expanded(repo, revision, shown, entries) if expand else shown

    @api.post("/paths-info/{revision:path}")
    async def paths_info(request: Request, repo: Repo, revision: str) -> list[dict]:
        """The files and folders at the paths of the form. Paths that do not exist are left out."""
        form = await request.form()
        paths = [str(path).strip("/") for path in form.getlist("paths")]
        expand = str(form.get("expand", "")).lower() == "true"
        return await run_in_threadpool(look_up, repo, revision, paths, expand)

    def look_up(repo: RepoId, revision: str, paths: list[str], expand: bool) -> list[dict]:
        _, entries = repositories.snapshot(repo, revision)
        shown = []
        for path in paths:
            inside = [entry for entry in entries.values() if entry.path.startswith(f"{path}/")]
            if path in entries:
                shown.append(entries[path].shown())
            elif inside:
                shown.append(folder_shown(path, inside))
        return expanded(repo, revision, shown, entries) if expand else shown

    def expanded(repo: RepoId, revision: str, shown: list[dict], entries: dict[str, Entry]) -> list[dict]:
        commits = {commit.oid: commit for commit in repositories.history(repo, revision)}
        answer = []
        for item in shown:
            path = item["path"]
            changed = [e.changed_in for e in entries.values() if e.path == path or e.path.startswith(f"{path}/")]
            last = max((commits[oid] for oid in changed), key=lambda commit: commit.created_at)
            answer.append({**item, "lastCommit": {"id": last.oid, "title": last.title, "date": last.created_at}})
        return answer

    @router.api_route("/datasets/{namespace}/{name}/resolve/{place:path}", methods=["GET", "HEAD"])
    @router.api_route("/{namespace}/{name}/resolve/{place:path}", methods=["GET", "HEAD"])
    def resolve(repo: PathRepo, place: InRevision) -> FileResponse:
        """The content of a file, or a part of it (``Range``)."""
        revision, path = place
        commit, entries = repositories.snapshot(repo, revision)
        entry = entries.get(path)
        if entry is None:
            missing = EntryNotFound(f"There is no file {path!r} in {repo}@{revision}.")
            missing.headers = {"X-Repo-Commit": commit.oid}
            raise missing
        headers = {"ETag": f'"{entry.etag}"', "X-Repo-Commit": commit.oid}
        if entry.large:
            headers |= {"X-Linked-ETag": f'"{entry.etag}"', "X-Linked-Size": str(entry.blob.size)}
        return FileResponse(
            repositories.blobs.path(entry.blob.sha256),
            headers=headers,
            media_type="application/octet-stream",
            filename=path.rpartition("/")[2],
            content_disposition_type="inline",
        )

    @api.get("/xet-{action}-token/{revision:path}")
    def xet_token(action: Literal["read", "write"]) -> None:
        raise RepoNotFound(
            "There is no Xet server here. Set the environment variable HF_HUB_DISABLE_XET=1 before huggingface_hub is "
            f"imported; files of more than {REGULAR_BYTES // 2**20} MiB are then sent with LFS."
        )

    router.include_router(api)
    return router
