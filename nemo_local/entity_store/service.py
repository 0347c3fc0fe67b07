"""The routes of the Entity Store and what it holds from the start."""

from __future__ import annotations

import contextlib
from functools import partial

from fastapi import APIRouter

from nemo_local.common import api_keys
from nemo_local.common.documents import DocumentStore
from nemo_local.common.entities import add_entity_routes
from nemo_local.common.errors import Conflict
from nemo_local.common.service import Service
from nemo_local.entity_store import schemas
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModels
from nemo_local.settings import Settings


def create_service(settings: Settings) -> Service:
    """The Entity Store, with its database at ``home/entity-store/entities.db``."""
    path = settings.service_dir("entity-store") / "entities.db"
    namespaces, projects, datasets, models = (
        DocumentStore(path, kind) for kind in ("namespace", "project", "dataset", "model")
    )
    base_models = BaseModels(settings)
    shown = partial(_with_endpoint, settings, base_models)
    router = APIRouter(prefix="/v1")
    add_routes = partial(add_entity_routes, router, page_size=10, sort="created_at")
    add_routes("projects", projects, schemas.Project)
    add_routes("datasets", datasets, schemas.Dataset)
    add_routes("models", models, schemas.Model, view=shown, on_stored=_keep_key)
    add_routes(
        "namespaces",
        namespaces,
        schemas.Namespace,
        by_id=True,
        fixed=(),
        view=lambda document: {k: v for k, v in document.items() if k not in ("name", "namespace")},
        computed={"name": lambda document: document["id"], "namespace": lambda document: document["id"]},
        before_delete=lambda document: _refuse_if_used(document["id"], projects, datasets, models),
    )

    async def seed() -> None:
        base_namespace, base_name = BASE_MODEL_NAME.split("/")
        for name, description in (
            ("default", "What belongs to no other namespace."),
            (base_namespace, "The base models of the platform."),
        ):
            with contextlib.suppress(Conflict):
                namespaces.create("", name, {"id": name, "description": description})
        spec = base_models.get(BASE_MODEL_NAME).spec
        description = "SmolLM2 135M, tuned to follow instructions; the base model of the platform."
        with contextlib.suppress(Conflict):
            models.create(base_namespace, base_name, {"description": description, "spec": spec})

    return Service(name="entity-store", router=router, startup=seed)


def _with_endpoint(settings: Settings, base_models: BaseModels, model: dict) -> dict:
    """The model as it is shown. A base model answers at the NIM proxy unless it was registered elsewhere."""
    name = f"{model['namespace']}/{model['name']}"
    if model["api_endpoint"] or not base_models.has(name):
        return model
    # Not stored, because the port may be another one after a restart.
    url = f"{settings.nim_url}/v1/chat/completions"
    return {**model, "api_endpoint": {"url": url, "model_id": name, "format": "nim"}}


def _keep_key(model: dict, body: schemas.Model) -> None:
    if body.api_endpoint:
        api_keys.keep(model["id"], body.api_endpoint.url, body.api_endpoint.api_key)


def _refuse_if_used(namespace: str, *contents: DocumentStore) -> None:
    for inside in contents:
        names = [document["name"] for document in inside.list() if document["namespace"] == namespace]
        if names:
            raise Conflict(
                f"The namespace {namespace!r} still has the {inside.collection}s {', '.join(names[:5])}"
                f"{' and more' if len(names) > 5 else ''}. Delete them first."
            )
