"""The gateway: one address for all microservices except NIM, with the paths of the cluster's VirtualService."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from nemo_local import __version__
from nemo_local.common.errors import install_error_handlers
from nemo_local.common.hub_client import set_up_hub
from nemo_local.common.service import Service
from nemo_local.server.serving import PortTaken, serve
from nemo_local.settings import Settings

log = logging.getLogger(__name__)

# Packages of ``nemo_local`` in starting order: a service comes after those that it calls while it starts.
SERVICES = ("entity_store", "data_store", "deployment", "customizer", "evaluator", "guardrails")


def load_services(settings: Settings, names: Sequence[str] = SERVICES) -> list[Service]:
    """Make the service of every named package."""
    return [importlib.import_module(f"nemo_local.{name}").create_service(settings) for name in names]


def create_app(services: Sequence[Service], log_file: Path | None = None) -> FastAPI:
    """The application with all routes, ``/health`` and ``/docs``.

    Args:
        services: what to mount; started in this order and stopped in reverse.
        log_file: where the log goes, to be named in the answer to an unexpected error.
    """
    states = {service.name: "starting" for service in services}

    async def start_all() -> None:
        for service in services:
            try:
                if service.startup:
                    await service.startup()
            except Exception as error:
                log.exception("%s did not start", service.name)
                states[service.name] = f"failed: {error}"
                return
            states[service.name] = "ok"

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Beside the server, not before it: a service may call the others over HTTP while it starts.
        starting = asyncio.create_task(start_all())
        yield
        starting.cancel()
        for service in reversed(services):
            if service.shutdown and states[service.name] == "ok":
                await service.shutdown()

    app = FastAPI(title="NeMo Microservices on one machine", version=__version__, lifespan=lifespan)
    install_error_handlers(app, log_file)
    for service in services:
        app.include_router(service.router, tags=[service.name])

    @app.get("/health", tags=["gateway"])
    async def health() -> JSONResponse:
        """Whether all services are ready: 200 with status "ok", or 503 with "starting" or "failed"."""
        if any(state.startswith("failed") for state in states.values()):
            status = "failed"
        else:
            status = "ok" if all(state == "ok" for state in states.values()) else "starting"
        body = {"status": status, "services": states, "version": __version__}
        return JSONResponse(body, status_code=200 if status == "ok" else 503)

    return app


def main() -> None:
    """Run the gateway alone, with its log on stderr."""
    set_up_hub()
    try:
        settings = Settings.from_env()
        app = create_app(load_services(settings), settings.log_file("gateway"))
        serve(app, settings, settings.gateway_port)
    except (PortTaken, ValueError) as error:
        sys.exit(f"gateway: {error}")


if __name__ == "__main__":
    main()
