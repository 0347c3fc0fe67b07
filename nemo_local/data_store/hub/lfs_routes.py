"""The Git LFS batch protocol with the "basic" transfer: large files are uploaded before the commit that names them.

Source: the Git LFS specification, docs/api/batch.md and docs/api/basic-transfers.md in git-lfs/git-lfs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from nemo_local.common.errors import Invalid
from nemo_local.data_store.blobs import check_sha256
from nemo_local.data_store.hub.requests import PathRepo, endpoint
from nemo_local.data_store.problems import EntryNotFound
from nemo_local.data_store.repositories import Repositories

MEDIA_TYPE = "application/vnd.git-lfs+json"


class LfsObject(BaseModel):
    oid: str
    size: int = Field(ge=0)


class BatchBody(BaseModel):
    operation: Literal["upload", "download"]
    objects: list[LfsObject]
    transfers: list[str] = ["basic"]


def create_router(repositories: Repositories) -> APIRouter:
    """The routes below ``/v1/hf/[datasets/]{namespace}/{name}.git/info/lfs``."""
    lfs = APIRouter()

    @lfs.post("/objects/batch")
    def batch(request: Request, repo: PathRepo, body: BatchBody) -> JSONResponse:
        """Where to upload or download each content. One that is already stored needs no upload."""
        if "basic" not in body.transfers:
            raise Invalid("transfers", "the only supported transfer is 'basic'; offer it.")
        repositories.get(repo)
        base = f"{endpoint(request)}/{repo.path}.git/info/lfs"
        objects = [_object(repositories, base, body.operation, wanted) for wanted in body.objects]
        return JSONResponse({"transfer": "basic", "objects": objects, "hash_algo": "sha256"}, media_type=MEDIA_TYPE)

    @lfs.put("/objects/{oid}")
    async def upload(request: Request, repo: PathRepo, oid: str, size: Annotated[int, Query(ge=0)]) -> dict:
        """Receive a content. It is stored only if its size and SHA-256 are the announced ones."""
        check_sha256(oid)
        await run_in_threadpool(repositories.get, repo)
        with repositories.blobs.writer(size) as writer:
            async for chunk in request.stream():
                writer.write(chunk)
            await run_in_threadpool(repositories.keep, writer, oid)
        return {}

    @lfs.get("/objects/{oid}")
    def download(repo: PathRepo, oid: str) -> FileResponse:
        repositories.get(repo)
        if repositories.find_blob(check_sha256(oid)) is None:
            raise EntryNotFound(f"There is no content with the SHA-256 {oid}.")
        return FileResponse(repositories.blobs.path(oid), media_type="application/octet-stream")

    @lfs.post("/objects/verify")
    def verify(repo: PathRepo, body: LfsObject) -> dict:
        """Confirm that a content was received completely."""
        blob = repositories.find_blob(check_sha256(body.oid))
        if blob is None:
            raise EntryNotFound(f"The content {body.oid} has not arrived; upload it again.")
        if blob.size != body.size:
            raise Invalid("size", f"the content {body.oid} has {blob.size} bytes, not {body.size}.")
        return {}

    router = APIRouter()
    router.include_router(lfs, prefix="/datasets/{namespace}/{name}.git/info/lfs")
    router.include_router(lfs, prefix="/{namespace}/{name}.git/info/lfs")
    return router


def _object(repositories: Repositories, base: str, operation: str, wanted: LfsObject) -> dict:
    answer = {"oid": check_sha256(wanted.oid), "size": wanted.size}
    blob = repositories.find_blob(wanted.oid)
    if operation == "download":
        if blob is None:
            return {**answer, "error": {"code": 404, "message": "There is no such content."}}
        return {**answer, "actions": {"download": {"href": f"{base}/objects/{wanted.oid}"}}}
    if blob is not None:
        return answer
    return {
        **answer,
        "actions": {
            "upload": {"href": f"{base}/objects/{wanted.oid}?size={wanted.size}"},
            "verify": {"href": f"{base}/objects/verify"},
        },
    }
