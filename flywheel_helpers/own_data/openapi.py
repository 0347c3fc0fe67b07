"""The operations of an OpenAPI 3 document as OpenAI function tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flywheel_helpers.own_data import files
from flywheel_helpers.own_data.problems import Wrong
from tool_calling import schemas
from tool_calling.schema_dialects import SchemaError

Row = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MOST_HOPS = 20  # references to references


def operations(path: str | Path, document: Row) -> Iterator[tuple[str, Row | Wrong]]:
    """Each operation and its place. One that cannot be read is the `Wrong` that says so.

    Its parameters are those in the path and in the query, and the fields of a body in JSON or as a form. Headers and
    cookies are left out: the program that makes the call sets them, not the model.

    Args:
        path: of the file, for errors.
        document: what is in it.

    Raises:
        DataError: it is of another version, or has no operations.
    """
    if not str(document.get("openapi", "")).startswith("3."):
        files.refuse(path, "it is OpenAPI, but not version 3", "Convert it: editors for OpenAPI offer that.")
    paths = document.get("paths")
    found = [
        (f"{method.upper()} {route}", shared, operation)
        for route, shared in (paths.items() if isinstance(paths, dict) else ())
        if isinstance(shared, dict)
        for method, operation in shared.items()
        if method in _METHODS
    ]
    if not found:
        files.refuse(path, "it is OpenAPI without a single operation", "List them under paths.")
    for place, shared, operation in found:
        try:
            yield place, _tool(place, shared, operation, document)
        except SchemaError as error:
            yield place, Wrong(f"its schemas cannot be read: {error}", "Correct the schema.")
        except (AttributeError, KeyError, TypeError) as error:
            yield place, Wrong(f"it is no operation of OpenAPI ({type(error).__name__})", "Validate the document.")


def _tool(place: str, shared: Row, operation: Row, document: Row) -> Row:
    inside: dict[str, Any] = {}
    required = []
    listed = [_follow(one, document) for one in (*shared.get("parameters", ()), *operation.get("parameters", ()))]
    for one in {(one["name"], one["in"]): one for one in listed}.values():  # the operation's own replace the shared
        if one["in"] not in ("path", "query"):
            continue
        schema = one.get("schema")
        inside[one["name"]] = {**(schema if isinstance(schema, dict) else {}), **_described(one)}
        if one.get("required"):
            required.append(one["name"])
    schema = {"type": "object", "properties": inside, "required": required}
    if body := _body(operation, document):
        schema = {"allOf": [schema, body]}
    return {
        "name": operation.get("operationId") or place.replace("/", "_").replace(" ", ""),
        # The shorter of the two: it is read again with every question.
        "description": operation.get("summary") or operation.get("description", "").strip().split("\n\n")[0],
        "inputSchema": _with_parts(schema, document),
    }


def _body(operation: Row, document: Row) -> Row | None:
    """The schema of the body, in JSON or as a form; one that is no object becomes the one field `body`."""
    request = _follow(operation.get("requestBody") or {}, document)
    kinds = {kind.partition(";")[0]: media for kind, media in (request.get("content") or {}).items()}
    schema = next(
        (media.get("schema") for kind, media in kinds.items() if kind.endswith(("json", "form-urlencoded"))), None
    )
    if schema is None:
        return None
    whole = schemas.plain(_with_parts(schema, document))
    if any("object" in schemas.kinds(option) for option in whole.get("anyOf", [whole])):
        return schema
    return {"type": "object", "properties": {"body": schema}, "required": ["body"]}


def _with_parts(schema: Row, document: Row) -> Row:
    """The schema with the parts that its references lead to: they begin at the root, which is then the schema."""
    known = (document.get("components") or {}).get("schemas") or {}
    parts: Row = {}
    pending: list[Any] = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            name = str(value.get("$ref")).removeprefix("#/components/schemas/").split("/")[0].replace("~1", "/")
            if name in known and name not in parts:
                parts[name] = known[name]
                pending.append(known[name])
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return {**schema, "components": {"schemas": parts}}


def _described(parameter: Row) -> Row:
    return {"description": parameter["description"]} if parameter.get("description") else {}


def _follow(value: Row, document: Row) -> Row:
    """What a reference to another part of the document leads to.

    Raises:
        KeyError: it leads nowhere, or in a circle.
    """
    for _ in range(_MOST_HOPS):
        if "$ref" not in value:
            return value
        found: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    raise KeyError("a circle")
