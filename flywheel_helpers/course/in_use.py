"""The model in use: one name that apps resolve, kept as a record of the Entity Store.

Promotion changes what the name stands for and keeps the former models; `undo` goes back one step. Nothing is trained,
copied or deleted by either.
"""

from __future__ import annotations

from typing import Any

from flywheel_helpers.errors import DataError, NotFound
from flywheel_helpers.services import entity_store
from flywheel_helpers.services.connection import Connection

_NOW, _FORMER = "in_use", "former"  # custom fields of the record


def record_name(nemo: Connection) -> str:
    """Full name of the record: CUSTOM_MODEL without its version, and `-in-use`."""
    return f"{nemo.settings.custom_model.partition('@')[0]}-in-use"


def resolve(nemo: Connection) -> str | None:
    """Full name of the model that apps use now; None where none was promoted yet."""
    return _read(nemo)[0]


def former(nemo: Connection) -> list[str]:
    """The models that were in use before, the most recent first."""
    return _read(nemo)[1]


def promote(nemo: Connection, model: str) -> bool:
    """Put a model to use.

    Returns:
        True when it is in use from now on, False when it was already.

    Raises:
        DataError: the Entity Store has no such model.
    """
    if entity_store.find_model(nemo, model) is None:
        raise DataError(f"There is no model {model} to promote.", "Name one that entity_store.list_models(nemo) lists.")
    now, before = _read(nemo)
    if now == model:
        return False
    _write(nemo, model, [now, *before] if now else [])
    return True


def undo(nemo: Connection) -> str:
    """Go back to the model that was in use before; its full name.

    Raises:
        DataError: there was none before.
    """
    now, before = _read(nemo)
    if not before:
        raise DataError(
            f"No model was in use before {now or 'now'}, so there is nothing to go back to.",
            "Name the model to use with in_use.promote.",
        )
    _write(nemo, before[0], before[1:])
    return before[0]


def _read(nemo: Connection) -> tuple[str | None, list[str]]:
    fields = (entity_store.find_model(nemo, record_name(nemo)) or {}).get("custom_fields") or {}
    return fields.get(_NOW), list(fields.get(_FORMER) or [])


def _write(nemo: Connection, model: str, before: list[str]) -> None:
    entity_store.check_owner(nemo)
    namespace, name = record_name(nemo).split("/", 1)
    content: dict[str, Any] = {"description": f"In use: {model}", "custom_fields": {_NOW: model, _FORMER: before}}
    try:
        nemo.json(entity_store.SERVICE, "PATCH", f"/v1/models/{namespace}/{name}", json=content, retry=True)
    except NotFound:
        nemo.json(entity_store.SERVICE, "POST", "/v1/models", json={"namespace": namespace, "name": name, **content})
