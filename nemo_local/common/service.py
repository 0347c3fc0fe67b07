"""One microservice with its routes and life cycle, as the gateway mounts it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter


@dataclass
class Service:
    """One microservice; every package makes its own with ``create_service(settings)``.

    Args:
        name: directory and log name, for example ``"entity-store"``.
        router: all routes, with their full paths (``/v1/...``).
        startup: awaited once, after the gateway has begun to accept requests, so it may call other services over
            HTTP (with an async client, as they share one event loop). ``/health`` is "ok" when all have finished.
        shutdown: awaited once before the gateway ends.
    """

    name: str
    router: APIRouter
    startup: Callable[[], Awaitable[None]] | None = None
    shutdown: Callable[[], Awaitable[None]] | None = None
