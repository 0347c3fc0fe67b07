"""The routes of the Entity Store and what it holds from the start."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request

from nemo_local.common.documents import DocumentStore
from nemo_local.common.entities import add_entity_routes, deleted
from nemo_local.common.errors import Conflict, NotFound
from nemo_local.common.listing import list_page
from nemo_local.common.service import Service
from nemo_local.entity_store import schemas
from nemo_local.model.base_model import BASE_MODEL_NAME, CONTEXT_LENGTH, NUM_PARAMETERS
from nemo_local.settings import Settings

ENTITIES = (
    ("projects", "project", schemas.ProjectCreate, schemas.ProjectUpdate),
    ("datasets", "dataset", schemas.DatasetCreate, schemas.DatasetUpdate),
    ("models", "model", schemas.ModelCreate, schemas.ModelUpdate),
)


def create_service(settings: Settings) -> Service:
    """The Entity Store, with its database at ``home/entity-store/entities.db``."""
    path = settings.service_dir("entity-store") / "entities.db"
    router = APIRouter(prefix="/v1")
    namespaces = DocumentStore(path, "namespace")
    stores = {}
    for plural, singular, create, update in ENTITIES:
        stores[plural] = DocumentStore(path, singular)
        add_entity_routes(router, plural, stores[plural], create, update)
    _add_namespace_routes(router, namespaces, stores.values())

    async def seed() -> None:
        base_namespace, base_name = BASE_MODEL_NAME.split("/")
        for name, description in (
            ("default", "What belongs to no other namespace."),
            (base_namespace, "The base models of the platform."),
        ):
            _create_missing(namespaces, "", name, {"id": name, "description": description})
        # Without `api_endpoint`: to register it is a step of the course, and the Evaluator asks for it.
        spec = {
            "context_size": CONTEXT_LENGTH,
            "is_chat": True,
            "num_parameters": NUM_PARAMETERS,
            "num_virtual_tokens": 0,
        }
        body = {
            "description": "SmolLM2 135M, tuned to follow instructions; the base model of the platform.",
            "spec": spec,
        }
        _create_missing(stores["models"], base_namespace, base_name, body)

    return Service(name="entity-store", router=router, startup=seed)


def _add_namespace_routes(router: APIRouter, store: DocumentStore, contents: Iterable[DocumentStore]) -> None:
    """Namespaces differ from the rest: their id is their name, and they lie in no namespace themselves."""

    def view(document: dict) -> dict:
        return {key: value for key, value in document.items() if key not in ("namespace", "name")}

    @router.post("/namespaces", status_code=201)
    def create(body: schemas.NamespaceCreate) -> dict:
        return view(store.create("", body.id, body.model_dump(exclude_none=True)))

    @router.get("/namespaces")
    def list_all(request: Request) -> dict:
        return list_page(request, [view(document) for document in store.list()])

    @router.get("/namespaces/{namespace_id}")
    def retrieve(namespace_id: str) -> dict:
        return view(store.get("", namespace_id))

    @router.patch("/namespaces/{namespace_id}")
    def update(namespace_id: str, body: schemas.NamespaceUpdate) -> dict:
        return view(store.update("", namespace_id, body.model_dump(exclude_unset=True, exclude={"namespace"})))

    @router.delete("/namespaces/{namespace_id}")
    def delete(namespace_id: str) -> dict:
        store.get("", namespace_id)
        for inside in contents:
            names = [d["name"] for d in inside.list() if d["namespace"] == namespace_id]
            if names:
                raise Conflict(
                    f"The namespace {namespace_id!r} still holds the {inside.collection}s {', '.join(names[:5])}"
                    f"{' and more' if len(names) > 5 else ''}. Delete them first."
                )
        return deleted(store.delete("", namespace_id))


def _create_missing(store: DocumentStore, namespace: str, name: str, body: dict) -> None:
    try:
        store.get(namespace, name)
    except NotFound:
        store.create(namespace, name, body)
