"""Errors that say what failed, why, and what to do.

Every error of the helpers is a `FlywheelError`. Errors of a service are `ServiceError`s: they contain the request that
failed and the server's message, so that nobody has to search a traceback for them.
"""

from __future__ import annotations

import errno


class FlywheelError(Exception):
    """An error that the user can do something about.

    Args:
        message: what failed and why, in one or two sentences.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  What to do: {self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback, which would lead through the helpers' own code. (IPython calls
        this.)"""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(FlywheelError):
    """A value in config.py or in the environment is invalid."""


class PlatformError(FlywheelError):
    """The platform or Open WebUI on this machine could not be started or used."""


class RunError(FlywheelError):
    """A run of notebooks stopped: which notebook and cell, and the cause."""


class SystemFault(FlywheelError):
    """The operating system refused something: no disk space, no permission."""


def system_fault(error: OSError) -> SystemFault:
    """An error of the operating system, with what to do about it."""
    where = f": {error.filename}" if error.filename else ""
    folders = "--output for a run's results, FLYWHEEL_HOME for the platform's state"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SystemFault(f"The disk is full{where}.", f"Free some space, or choose another folder: {folders}.")
    if isinstance(error, PermissionError):
        return SystemFault(
            f"This user has no permission{where}.", f"Change its permissions, or choose another folder: {folders}."
        )
    reason = f"{error.strerror or error}{where}"
    return SystemFault(f"The operating system reports: {reason}.", "Fix the cause, then run it again.")


class DataError(FlywheelError):
    """A dataset file is missing or malformed."""


class JobFailed(FlywheelError):
    """A job ended without a result. The message contains the platform's status log."""


class JobCancelled(JobFailed):
    """A job was cancelled by someone."""


class WaitTimeout(FlywheelError):
    """Something took longer than its deadline. It may still finish: waiting again continues."""


class ServiceError(FlywheelError):
    """A request to a service failed.

    Args:
        service: the service's name, such as "Entity Store".
        request: method and URL, such as "POST http://127.0.0.1:8080/v1/models".
        reason: what happened, in words.
        hint: what to do about it.
        status: the HTTP status, or None without an answer.
        server_message: the server's own message.
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
    """The service accepted the request but did not answer in time."""


class Redirected(ServiceError):
    """3xx: the address has moved, or a gateway requires a login."""


class Unauthorized(ServiceError):
    """401 or 403."""


class NotFound(ServiceError):
    """404."""


class Conflict(ServiceError):
    """409: the name is taken, or the object is in a state that does not allow this."""


class Invalid(ServiceError):
    """400 or 422: the service refused the content of the request."""


class Overloaded(ServiceError):
    """429, or 503 after all retries."""


class StorageFull(ServiceError):
    """507: the service has no disk space left."""


class ServerFault(ServiceError):
    """5xx: the service failed."""


class BadAnswer(ServiceError):
    """The answer is not one of this service: not JSON, or without a required field."""
