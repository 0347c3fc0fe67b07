"""The fields that all entities share, and their routes: create, list, retrieve, update and delete."""

# No `from __future__ import annotations`: the body types of the generated routes are arguments, not global names.

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import fastapi
from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from nemo_local.common.documents import DocumentStore, utc_now
from nemo_local.common.errors import Invalid
from nemo_local.common.listing import Computed, list_page
from nemo_local.common.names import Name


class Body(BaseModel):
    """A request body. An unknown field is an error, as it may be misspelt; ``null`` means "not given"."""

    # Pydantic reserves names that begin with model_ by default, but the API has model_id.
    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    # Fields that the platform adds to an entity. A client may send them back, which changes nothing.
    READ_ONLY: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_given(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None and key not in cls.READ_ONLY}


class UnnamedBody(Body):
    """The fields of every entity."""

    READ_ONLY = frozenset({"id", "created_at", "updated_at", "schema_version", "type_prefix"})

    description: str | None = None
    project: str | None = None
    custom_fields: dict[str, Any] = {}
    ownership: dict[str, Any] | None = None

    def identity(self) -> tuple[str, str | None]:
        """Namespace and name of the entity. Without a name it is named by its id."""
        raise NotImplementedError

    def stored(self) -> dict:
        """The given fields, without the identity, as they are stored."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"name", "namespace"})


class EntityBody(UnnamedBody):
    """An entity in a namespace."""

    name: Name | None = None
    namespace: Name = "default"

    def identity(self) -> tuple[str, str | None]:
        return self.namespace, self.name


def add_entity_routes(
    router: APIRouter,
    plural: str,
    store: DocumentStore,
    body_type: type[UnnamedBody],
    *,
    prepare: Callable[[Any], dict] = UnnamedBody.stored,
    merge: Callable[[dict, dict], dict] = lambda document, patch: {**document, **patch},
    on_stored: Callable[[dict, Any], None] = lambda document, body: None,
    view: Callable[[dict], dict] = lambda document: document,
    before_delete: Callable[[dict], None] = lambda document: None,
    by_id: bool = False,
    fixed: tuple[str, ...] = ("name", "namespace"),
    computed: Computed | None = None,
    page_size: int = 100,
    sort: str = "-created_at",
) -> None:
    """Add create, list, retrieve, update and delete for one kind of entity.

    A PATCH is checked like a new entity: the entity as it would be afterwards.

    Args:
        router: gets the routes ``/{plural}`` and ``/{plural}/{namespace}/{name}``.
        plural: the last part of the path, for example ``"datasets"``.
        store: where the entities are kept.
        body_type: body of POST.
        prepare: what to store for a body. Raises for one that is well-formed but cannot be accepted.
        merge: an entity with the changes of a PATCH.
        on_stored: called with the stored document and the body after each change.
        view: turns a stored document into the one that is shown.
        before_delete: called before each deletion; raises for an entity that must not be deleted now.
        by_id: whether the path of an entity is ``/{plural}/{id}``.
        fixed: fields that a PATCH cannot change.
        computed: as for :func:`list_page`.
        page_size: of a list, unless the client names one.
        sort: of a list, unless the client names one.
    """
    fields = body_type.model_fields.keys()

    def shown(document: dict) -> dict:
        return view(completed(body_type, document))

    if by_id:
        path = f"/{plural}/{{entity_id}}"

        def find(entity_id: str) -> dict:
            return store.get_by_id(entity_id)
    else:
        path = f"/{plural}/{{namespace}}/{{name}}"

        def find(namespace: str, name: str) -> dict:
            return store.get(namespace, name)

    Found = Annotated[dict, Depends(find)]

    def create(body: body_type) -> dict:
        document = store.create(*body.identity(), prepare(body))
        on_stored(document, body)
        return shown(document)

    def list_all(request: Request) -> dict:
        documents = [shown(document) for document in store.list()]
        return list_page(request, documents, fields, computed, page_size, sort)

    def retrieve(document: Found) -> dict:
        return shown(document)

    def update(document: Found, patch: Annotated[dict[str, Any], fastapi.Body()]) -> dict:
        for key in ("id", *fixed):
            if patch.get(key) not in (None, document.get(key)):
                raise Invalid(key, f"cannot be changed from {document.get(key)!r}; create a new one instead.")
        body = validated(body_type, merge(document, patch))
        values = prepare(body)
        touched = values.keys() | (patch.keys() & fields)
        changes = {key: values.get(key) for key in touched if values.get(key) != document.get(key)}
        document = store.update(document["namespace"], document["name"], changes)
        on_stored(document, body)
        return shown(document)

    def delete(document: Found) -> dict:
        before_delete(document)
        return deleted(store.delete(document["namespace"], document["name"]))

    router.add_api_route(f"/{plural}", create, methods=["POST"], name=f"create {plural}")
    router.add_api_route(f"/{plural}", list_all, methods=["GET"], name=f"list {plural}")
    router.add_api_route(path, retrieve, methods=["GET"], name=f"retrieve {plural}")
    router.add_api_route(path, update, methods=["PATCH"], name=f"update {plural}")
    router.add_api_route(path, delete, methods=["DELETE"], name=f"delete {plural}")


def completed(body_type: type[BaseModel], document: dict) -> dict:
    """The document with defaults, mostly ``null``, for the fields that it lacks."""
    defaults = {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in body_type.model_fields.items()
        if not field.exclude  # a secret
    }
    return {**defaults, **document}


def deleted(document: dict) -> dict:
    """The answer to a successful DELETE."""
    return {"id": document["id"], "deleted_at": utc_now(), "message": "Resource deleted successfully."}


def validated(body_type: type[BaseModel], data: dict) -> Any:
    """``data`` as a ``body_type``. Raises RequestValidationError, as FastAPI does for a request body."""
    try:
        return body_type.model_validate(data)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from error
