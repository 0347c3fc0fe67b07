"""Entity Store: the platform's catalogue of namespaces, datasets and models."""

from __future__ import annotations

from typing import Any

from flywheel_helpers.attendees import owner_mark
from flywheel_helpers.errors import ConfigError, Conflict, NotFound
from flywheel_helpers.services.connection import Connection

SERVICE = "Entity Store"
OWNER_FIELD = "course_attendee"  # custom field of a namespace that the course made: for whom


def ensure_namespace(nemo: Connection) -> bool:
    """Create the namespace of config.py, marked as ours, if it is missing.

    Returns:
        whether it was created now.

    Raises:
        ConfigError: it belongs to another attendee.
    """
    settings = nemo.settings
    body = {
        "id": settings.namespace,
        "description": "Created by the tool-calling course",
        "custom_fields": {OWNER_FIELD: owner_mark(settings.attendee)},
    }
    try:
        nemo.json(SERVICE, "POST", "/v1/namespaces", json=body, retry=True)
    except Conflict:
        check_owner(nemo)
        return False
    return True


def find_namespace(nemo: Connection) -> dict[str, Any] | None:
    """The record of config.py's namespace, or None."""
    try:
        return nemo.json(SERVICE, "GET", f"/v1/namespaces/{nemo.settings.namespace}")
    except NotFound:
        return None


def owner(namespace: dict[str, Any]) -> str | None:
    """The mark of the attendee for whom the course created this namespace; None if the course did not create it."""
    return (namespace.get("custom_fields") or {}).get(OWNER_FIELD)


def check_owner(nemo: Connection) -> None:
    """Make sure that nobody writes into another attendee's namespace by accident.

    A namespace that the course did not create, but an administrator for example, may be used by everyone.

    Raises:
        ConfigError: the course created it for someone else.
    """
    settings = nemo.settings
    mark = owner(find_namespace(nemo) or {})
    if mark not in (None, owner_mark(settings.attendee)):
        raise ConfigError(
            f"The namespace {settings.namespace} belongs to another attendee.",
            "Unset NMS_NAMESPACE to get your own. If it is yours, set ATTENDEE to its value when you created it.",
        )


def register_dataset(nemo: Connection, description: str = "") -> dict[str, Any]:
    """Register the uploaded dataset under its name, so that jobs can use it.

    Returns:
        the Entity Store's record, with its `files_url`.
    """
    settings = nemo.settings
    body = {
        "name": settings.dataset_name,
        "namespace": settings.namespace,
        "description": description or "Tool-calling rows for training, validation and testing",
        "files_url": f"hf://datasets/{settings.dataset}",
    }
    try:
        return nemo.json(SERVICE, "POST", "/v1/datasets", json=body, retry=True)
    except Conflict:
        return nemo.json(SERVICE, "GET", f"/v1/datasets/{settings.dataset}")


def describe_dataset(nemo: Connection, description: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Describe the dataset in its record, with further fields such as the datasets that it was made from."""
    body = {"description": description, "custom_fields": fields}
    return nemo.json(SERVICE, "PATCH", f"/v1/datasets/{nemo.settings.dataset}", json=body, retry=True)


def list_models(nemo: Connection) -> list[dict[str, Any]]:
    """All models of the catalogue, base and tuned."""
    return nemo.all_pages(SERVICE, "/v1/models")


def find_model(nemo: Connection, name: str) -> dict[str, Any] | None:
    """A model's record by its full name (`namespace/name`, with `@version` for tuned ones), or None."""
    try:
        return nemo.json(SERVICE, "GET", f"/v1/models/{name}")
    except NotFound:
        return None


def register_base_model(nemo: Connection) -> dict[str, Any]:
    """Register the address of the base model. The Evaluator refuses models without an `api_endpoint`.

    Creates the record or completes the existing one; a second call changes nothing.
    """
    settings = nemo.settings
    namespace, name = settings.base_model.split("/", 1)
    endpoint = {"url": endpoint_url(nemo), "model_id": settings.base_model, "format": "nim"}
    record = find_model(nemo, settings.base_model)
    if record is None:
        body = {"namespace": namespace, "name": name, "api_endpoint": endpoint}
        try:
            return nemo.json(SERVICE, "POST", "/v1/models", json=body, retry=True)
        except Conflict:  # someone else has created it meanwhile
            record = find_model(nemo, settings.base_model) or {}
    there = record.get("api_endpoint") or {}
    if there.get("url") == endpoint["url"] and there.get("model_id") == endpoint["model_id"]:
        return record
    return nemo.json(SERVICE, "PATCH", f"/v1/models/{settings.base_model}", json={"api_endpoint": endpoint}, retry=True)


def endpoint_url(nemo: Connection) -> str:
    """The address at which the platform's own services reach the models."""
    return f"{nemo.settings.nim_internal_url or nemo.settings.nim_url}/v1/chat/completions"
