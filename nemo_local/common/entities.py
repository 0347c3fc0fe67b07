"""The five routes every kind of entity has: create, list, retrieve, update and delete."""

# No `from __future__ import annotations`: the body types of the generated routes are arguments, not global names.

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from nemo_local.common.documents import DocumentStore, utc_now
from nemo_local.common.listing import list_page


class Body(BaseModel):
    """A request body in which an unknown field is an error, so that a misspelt one does not vanish silently."""

    # Pydantic keeps names that begin with model_ to itself unless told otherwise; the API has model_id.
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class EntityBody(Body):
    """What every entity may carry."""

    description: str | None = None
    project: str | None = None
    custom_fields: dict[str, Any] | None = None
    ownership: dict[str, Any] | None = None
    schema_version: str | None = None


def add_entity_routes(
    router: APIRouter,
    plural: str,
    store: DocumentStore,
    create_body: type[BaseModel],
    update_body: type[BaseModel],
    view: Callable[[dict], dict] = lambda document: document,
    check_create: Callable[[dict], None] = lambda body: None,
    check_update: Callable[[dict], None] = lambda body: None,
    check_delete: Callable[[dict], None] = lambda document: None,
) -> None:
    """Add create, list, retrieve, update and delete for one kind of entity.

    Args:
        router: gets the routes ``/{plural}`` and ``/{plural}/{namespace}/{name}``.
        plural: the last part of the path, for example ``"datasets"``.
        store: where the entities are kept.
        create_body: body of POST, with ``name`` and ``namespace``.
        update_body: body of PATCH; only the fields sent are changed.
        view: turns a stored document into the one that is shown.
        check_create: raises for a body of POST that is well-formed and wrong all the same; may complete it.
        check_update: the same for a body of PATCH.
        check_delete: raises for an entity that must not be deleted now.
    """

    def create(body: create_body) -> dict:
        fields = body.model_dump(exclude_none=True)
        check_create(fields)
        name, namespace = fields.pop("name", None), fields.pop("namespace")
        return view(store.create(namespace, name, fields))

    def list_all(request: Request) -> dict:
        return list_page(request, [view(document) for document in store.list()])

    def retrieve(namespace: str, name: str) -> dict:
        return view(store.get(namespace, name))

    def update(namespace: str, name: str, body: update_body) -> dict:
        fields = body.model_dump(exclude_unset=True)
        check_update(fields)
        return view(store.update(namespace, name, fields))

    def delete(namespace: str, name: str) -> dict:
        check_delete(store.get(namespace, name))
        return deleted(store.delete(namespace, name))

    one = f"/{plural}/{{namespace}}/{{name}}"
    router.add_api_route(f"/{plural}", create, methods=["POST"], status_code=201, name=f"create {plural}")
    router.add_api_route(f"/{plural}", list_all, methods=["GET"], name=f"list {plural}")
    router.add_api_route(one, retrieve, methods=["GET"], name=f"retrieve {plural}")
    router.add_api_route(one, update, methods=["PATCH"], name=f"update {plural}")
    router.add_api_route(one, delete, methods=["DELETE"], name=f"delete {plural}")


def deleted(document: dict) -> dict:
    """The answer to a successful DELETE."""
    return {"id": document["id"], "deleted_at": utc_now(), "message": "Resource deleted successfully."}
