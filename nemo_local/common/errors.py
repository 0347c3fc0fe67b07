"""Errors that a client can act on: the right status, and a ``detail`` that says what is wrong and what to do."""

from __future__ import annotations

import errno
import logging
import os
import re
import sqlite3
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)


class ApiError(Exception):
    """An error answer, raised anywhere below a route.

    Args:
        status: HTTP status code.
        detail: what failed, why, and what to do; sent as ``{"detail": "..."}``.
    """

    # The Hub protocol's name of the error, by which its client picks an exception; None in other services.
    code: str | None = None

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers: dict[str, str] = {}

    def body(self) -> dict:
        """The JSON body of the answer."""
        return {"detail": self.detail}


class NotFound(ApiError):
    """404: nothing has that name."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, detail)


class Conflict(ApiError):
    """409: the name is taken, or the request does not fit the present state."""

    def __init__(self, detail: str) -> None:
        super().__init__(409, detail)


class Invalid(ApiError):
    """422: one field of the request is wrong. The body has the same shape as FastAPI's own validation errors.

    Args:
        field: dotted path, for example ``"hyperparameters.epochs"``.
        message: what is wrong with it and what would be right.
        location: where the field is: ``"body"``, ``"query"`` or ``"path"``.
    """

    def __init__(self, field: str, message: str, location: str = "body") -> None:
        super().__init__(422, message)
        self.field = field
        self.location = location

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}"

    def body(self) -> dict:
        loc = [self.location, *(part for part in self.field.split(".") if part)]
        return {"detail": [{"loc": loc, "msg": self.detail, "type": "value_error"}]}


def is_disk_full(error: BaseException) -> bool:
    """Whether an error of the file system or of SQLite means that no space (or quota) is left."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    original = getattr(error, "orig", error)
    return isinstance(original, sqlite3.OperationalError) and "disk is full" in str(original)


def caused_by_full_disk(error: BaseException | None) -> bool:
    """Whether a full disk is the cause of an error, however libraries in C++ and Rust have wrapped the system's own."""
    while error is not None:
        if is_disk_full(error) or os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def install_error_handlers(app: FastAPI, log_file: Path | None = None) -> None:
    """Make every failure of ``app`` a JSON answer with a ``detail``.

    Args:
        app: the application.
        log_file: where its log goes; named in the answer to an unexpected error, so that the cause can be read there.
    """
    where = f"its log, {log_file}," if log_file else "the server's log"

    def unexpected(request: Request, error: Exception) -> JSONResponse:
        detail = (
            f"{request.method} {request.url.path} failed unexpectedly ({type(error).__name__}). "
            f"This is a fault of the platform, not of the request; {where} has the traceback."
        )
        return _answer({"detail": detail}, 500)

    def storage_failed(request: Request, error: Exception) -> JSONResponse:
        if is_disk_full(error):
            detail = (
                "The platform's disk is full, so nothing of this request was stored. Everything stored before is "
                "intact. Free some space (or move FLYWHEEL_HOME to a larger disk) and send the request again."
            )
            return _answer({"detail": detail}, 507)
        log.exception("%s %s", request.method, request.url.path, exc_info=error)
        return unexpected(request, error)

    def api_error(_: Request, error: ApiError) -> JSONResponse:
        code = {"X-Error-Code": error.code} if error.code else {}
        return _answer(error.body(), error.status, {**code, **error.headers})

    def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        # Without pydantic's `input`, which repeats what the client sent, an API key for example.
        problems = [{"loc": list(e["loc"]), "msg": e["msg"], "type": e["type"]} for e in error.errors()]
        return _answer({"detail": problems}, 422)

    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        detail = error.detail
        if error.status_code in (404, 405):
            detail = f"{detail}: there is no route {request.method} {request.url.path}; /docs lists all routes."
        return _answer({"detail": detail}, error.status_code, dict(error.headers or {}))

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(OSError, storage_failed)
    app.add_exception_handler(OperationalError, storage_failed)
    app.add_exception_handler(Exception, unexpected)


def _answer(body: dict, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer, with its message in ``X-Error-Message`` too: after a HEAD, a Hub client looks nowhere else."""
    detail = body["detail"]
    if isinstance(detail, list):
        detail = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in detail)
    # Header values are one line of printable ASCII: with any other character the answer would not be sent at all.
    message = re.sub(r"[^ -~]", "?", " ".join(str(detail).split()))[:1000].strip()
    return JSONResponse(body, status_code=status, headers={"X-Error-Message": message, **(headers or {})})
