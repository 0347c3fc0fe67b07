"""The Data Store as a service: its state and all its routes."""

from __future__ import annotations

from fastapi import APIRouter

from nemo_local.common.documents import DocumentStore
from nemo_local.common.service import Service
from nemo_local.data_store.hub import file_routes, lfs_routes, namespace_routes, repo_routes
from nemo_local.data_store.repositories import Repositories
from nemo_local.settings import Settings


def create_service(settings: Settings) -> Service:
    """The Data Store, with all its files in ``home/data-store``."""
    repositories = Repositories(settings.service_dir("data-store"))
    namespaces = DocumentStore(repositories.database, "data-store-namespace")
    router = APIRouter(prefix="/v1")
    router.include_router(namespace_routes.create_router(repositories, namespaces), prefix="/datastore/namespaces")
    hub = APIRouter(prefix="/hf")
    hub.include_router(repo_routes.create_router(repositories, namespaces))
    hub.include_router(file_routes.create_router(repositories))
    hub.include_router(lfs_routes.create_router(repositories))
    router.include_router(hub)
    return Service(name="data-store", router=router)
