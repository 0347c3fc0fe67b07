"""NeMo's own addition to the Hub protocol: namespaces, posted as a form."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import Conflict
from nemo_local.common.listing import list_page
from nemo_local.common.names import Name
from nemo_local.data_store.repositories import Repositories


def create_router(repositories: Repositories, namespaces: DocumentStore) -> APIRouter:
    """The routes below ``/v1/datastore/namespaces``."""
    router = APIRouter()

    def view(document: dict) -> dict:
        # Unlike the other services, NeMo's Data Store writes times in whole seconds and with their offset.
        times = {field: f"{document[field][:19]}Z" for field in ("created_at", "updated_at")}
        return {"namespace": document["name"], "id": document["id"], **times}

    @router.post("", status_code=201)
    def create(namespace: Annotated[Name, Form()]) -> dict:
        return view(namespaces.create("", namespace, {}))

    @router.get("")
    def list_all(request: Request) -> dict:
        computed = {"namespace": lambda document: document["name"]}
        page = list_page(request, namespaces.list(), (), computed)
        return {**page, "data": [view(document) for document in page["data"]]}

    @router.get("/{namespace}")
    def retrieve(namespace: str) -> dict:
        return view(namespaces.get("", namespace))

    @router.delete("/{namespace}")
    def delete(namespace: str) -> dict:
        namespaces.get("", namespace)
        for kind in ("dataset", "model"):
            names = [row.name for row in repositories.list(kind) if row.namespace == namespace]
            if names:
                raise Conflict(
                    f"The namespace {namespace!r} still holds {len(names)} {kind} repositories, such as {names[0]}. "
                    "Delete them first."
                )
        return view(namespaces.delete("", namespace))

    return router
