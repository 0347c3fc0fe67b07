"""Customizer: LoRA fine-tuning of the base model, one training at a time, each in a process of its own."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from nemo_local.common.service import Service
from nemo_local.customizer.catalog import Catalog
from nemo_local.customizer.catalog_routes import catalog_router
from nemo_local.customizer.job_routes import job_router
from nemo_local.customizer.jobs import Jobs
from nemo_local.customizer.scheduler import Scheduler
from nemo_local.customizer.speed import TrainingSpeed
from nemo_local.settings import Settings


def create_service(settings: Settings) -> Service:
    """The Customizer, with its database at ``home/customizer/customizer.db`` and jobs in ``home/customizer/jobs``."""
    database = settings.service_dir("customizer") / "customizer.db"
    catalog, jobs = Catalog(database), Jobs(database)
    scheduler, speed = Scheduler(jobs, settings), TrainingSpeed(settings)
    router = APIRouter()
    router.include_router(catalog_router(catalog, speed))
    router.include_router(job_router(catalog, jobs, scheduler, settings.gateway_url))

    async def startup() -> None:
        await asyncio.to_thread(catalog.seed)
        await asyncio.to_thread(scheduler.start)

    async def shutdown() -> None:
        await asyncio.to_thread(speed.stop)
        await asyncio.to_thread(scheduler.stop)

    return Service(name="customizer", router=router, startup=startup, shutdown=shutdown)
