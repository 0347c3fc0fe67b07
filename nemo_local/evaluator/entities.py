"""Routes of what is stored by itself: configurations, targets and results."""

# No `from __future__ import annotations`: the body types of the generated routes are arguments, not global names.

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from nemo_local.common.documents import DocumentStore
from nemo_local.common.entities import deleted
from nemo_local.common.errors import Invalid
from nemo_local.common.listing import list_page
from nemo_local.evaluator.plan import make_plan
from nemo_local.evaluator.schemas import ConfigBody, Entity, ResultBody, TargetBody
from nemo_local.evaluator.targets import check_target

_Patch = Annotated[dict[str, Any], Body()]


def config_router(store: DocumentStore) -> APIRouter:
    """``/v1/evaluation/configs``."""
    return _named_router("/v1/evaluation/configs", store, ConfigBody, make_plan, lambda document, body: None)


def target_router(store: DocumentStore, keys: dict[str, str]) -> APIRouter:
    """``/v1/evaluation/targets``.

    Args:
        store: the target documents.
        keys: gets the API keys by target id. They stay in memory: a key is never written or sent back.
    """

    def remember_key(document: dict, body: TargetBody) -> None:
        if body.api_key:
            keys[document["id"]] = body.api_key

    return _named_router("/v1/evaluation/targets", store, TargetBody, check_target, remember_key)


def _named_router(
    prefix: str,
    store: DocumentStore,
    model: type[Entity],
    check: Callable[[Any], object],
    on_stored: Callable[[dict, Any], None],
) -> APIRouter:
    """The five routes, with bodies that are checked as a whole: ``check`` sees what a PATCH would leave behind."""
    router = APIRouter(prefix=prefix)

    @router.post("", status_code=201)
    def create(body: model) -> dict:
        check(body)
        document = store.create(body.namespace, body.name, body.stored())
        on_stored(document, body)
        return document

    @router.get("")
    def list_all(request: Request) -> dict:
        return list_page(request, store.list())

    @router.get("/{namespace}/{name}")
    def retrieve(namespace: str, name: str) -> dict:
        return store.get(namespace, name)

    @router.patch("/{namespace}/{name}")
    def update(namespace: str, name: str, patch: _Patch) -> dict:
        body = _patched(model, store.get(namespace, name), patch, ("name", "namespace"))
        check(body)
        document = store.update(namespace, name, body.stored())
        on_stored(document, body)
        return document

    @router.delete("/{namespace}/{name}")
    def delete(namespace: str, name: str) -> dict:
        return deleted(store.delete(namespace, name))

    return router


def result_router(store: DocumentStore) -> APIRouter:
    """``/v1/evaluation/results``."""
    router = APIRouter(prefix="/v1/evaluation/results")

    @router.post("", status_code=201)
    def create(body: ResultBody) -> dict:
        return store.create(body.namespace, body.name, body.stored())

    @router.get("")
    def list_all(request: Request) -> dict:
        # The SDK filters by `job_id`, while the field it reads is `job`.
        return list_page(request, [{**document, "job_id": document["job"]} for document in store.list()])

    @router.get("/{result_id}")
    def retrieve(result_id: str) -> dict:
        return store.get_by_id(result_id)

    @router.patch("/{result_id}")
    def update(result_id: str, patch: _Patch) -> dict:
        document = store.get_by_id(result_id)
        body = _patched(ResultBody, document, patch, ("name", "namespace", "job"))
        return store.update(document["namespace"], document["name"], body.stored())

    @router.delete("/{result_id}")
    def delete(result_id: str) -> dict:
        document = store.get_by_id(result_id)
        return deleted(store.delete(document["namespace"], document["name"]))

    return router


def _patched(model: type[Entity], document: dict, patch: dict[str, Any], fixed: tuple[str, ...]) -> Any:
    for key in fixed:
        if patch.get(key, document[key]) != document[key]:
            raise Invalid(key, f"cannot be changed from {document[key]!r}; create a new one instead.")
    try:
        return model.model_validate({**document, **patch})
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from error
