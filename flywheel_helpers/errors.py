"""Errors that say what failed, why, and what to do.

Every error of the helpers is a `FlywheelError`. Errors of a service are `ServiceError`s: they carry the request that
failed and the message the server sent, so that nobody has to dig for them in a traceback.
"""

from __future__ import annotations


class FlywheelError(Exception):
    """Something the user can act on.

    Args:
        message: what failed and why, one sentence or two.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  What to do: {self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message. (IPython asks an exception for this; the way through the helpers' own
        lines tells a reader nothing.)"""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(FlywheelError):
    """A value in config.py, or in the environment, cannot be right."""


class PlatformError(FlywheelError):
    """The local platform could not be started or stopped."""


class RunError(FlywheelError):
    """A notebook run stopped: which notebook and cell, and the cause."""


class DataError(FlywheelError):
    """A dataset file is missing or malformed."""


class JobFailed(FlywheelError):
    """A job ended without a result. The message carries the platform's own status log."""


class JobCancelled(JobFailed):
    """A job was cancelled by someone."""


class WaitTimeout(FlywheelError):
    """Something took longer than its deadline. It may still finish: waiting again picks it up."""


class ServiceError(FlywheelError):
    """A request to a service failed.

    Args:
        service: the service's name, such as "Entity Store".
        request: method and URL, such as "POST http://127.0.0.1:8080/v1/models".
        reason: what happened, in words.
        hint: what to do about it.
        status: the HTTP status, or None when no answer came.
        server_message: what the server itself said.
    """

    def __init__(
        self, service: str, request: str, reason: str, hint: str, status: int | None = None, server_message: str = ""
    ):
        self.service, self.request, self.reason = service, request, reason
        self.status, self.server_message = status, server_message
        said = f"\n  It said: {server_message}" if server_message else ""
        super().__init__(f"{service}: {reason}{said}\n  Request: {request}", hint)


class Unreachable(ServiceError):
    """No connection: the service is down, or the address is wrong."""


class TimedOut(ServiceError):
    """The service took the request and did not answer in time."""


class Redirected(ServiceError):
    """3xx: the address is another one, or a gateway wants a login first."""


class Unauthorized(ServiceError):
    """401 or 403."""


class NotFound(ServiceError):
    """404."""


class Conflict(ServiceError):
    """409: the name is taken, or the thing is in a state that does not allow this."""


class Invalid(ServiceError):
    """400 or 422: the service understood the request and refuses its content."""


class Overloaded(ServiceError):
    """429, or 503 after all retries."""


class StorageFull(ServiceError):
    """507: the service has no disk space left."""


class ServerFault(ServiceError):
    """5xx: the service failed."""


class BadAnswer(ServiceError):
    """The answer is not what this service would send: not JSON, or without the fields it must have."""
