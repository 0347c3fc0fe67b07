"""Failures in the shape OpenAI's clients know: ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tool_calling.strict_json import dotted

log = logging.getLogger(__name__)


class NimError(Exception):
    """An answer other than success.

    Args:
        status: HTTP status code.
        message: what failed, why, and what to do.
        param: the field of the request that is wrong, where there is one.
        code: a word a program can act on, for example ``"model_not_found"``.
    """

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code

    def body(self) -> dict:
        """The JSON body of the answer."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def _problems(error: dict) -> list[tuple[str, str]]:
    """Field and message of each problem in one of pydantic's errors."""
    if error["type"] == "json_invalid":  # its `loc` is a position in the text
        return [("", f"is not JSON: {error['ctx']['error']}")]
    place = error["loc"][1:]  # without "body"
    if error["type"] == "inside":  # ours, see `schemas.problem`
        return [(dotted((*place, *path)), message) for path, message in error["ctx"]["found"]]
    return [(dotted(place), error["msg"].removeprefix("Value error, "))]


def install_error_handlers(app: FastAPI, log_file: Path) -> None:
    """Make every failure of ``app`` an OpenAI error; an unexpected one names ``log_file``, which has its traceback."""

    def answer(error: NimError) -> JSONResponse:
        return JSONResponse(error.body(), status_code=error.status)

    def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        # Without pydantic's `input`, which would send back what the client wrote.
        problems = [problem for one in error.errors() for problem in _problems(one)]
        message = "; ".join(f"{field or 'body'}: {text}" for field, text in problems)
        return answer(NimError(422, message, param=problems[0][0] or None, code="invalid_value"))

    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        message = str(error.detail)
        if error.status_code in (404, 405):
            message = f"{message}: there is no route {request.method} {request.url.path}; /docs lists all routes."
        return answer(NimError(error.status_code, message))

    def unexpected(request: Request, error: Exception) -> JSONResponse:
        return answer(
            NimError(
                500,
                f"{request.method} {request.url.path} failed unexpectedly ({type(error).__name__}). This is a fault of "
                f"the platform, not of the request; its log, {log_file}, has the traceback.",
            )
        )

    app.add_exception_handler(NimError, lambda _, error: answer(error))
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unexpected)
