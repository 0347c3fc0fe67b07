"""What the gateway mounts: one microservice with its routes and its life cycle."""

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
            HTTP (with an async client: it shares the event loop with them). ``/health`` is "ok" when all are through.
        shutdown: awaited once before the gateway ends.
    """

    name: str
    router: APIRouter
    startup: Callable[[], Awaitable[None]] | None = None
    shutdown: Callable[[], Awaitable[None]] | None = None
