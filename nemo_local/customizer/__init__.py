"""Customizer: LoRA fine-tuning of the base models, one training at a time, each in a process of its own."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from nemo_local.common.service import Service
from nemo_local.customizer.catalog import Catalog
from nemo_local.customizer.catalog_routes import catalog_router
from nemo_local.customizer.job_routes import job_router
from nemo_local.customizer.jobs import Jobs
from nemo_local.customizer.scheduler import Scheduler
from nemo_local.customizer.speed import TrainingSpeeds
from nemo_local.customizer.targets.preparations import Preparations
from nemo_local.customizer.targets.publishing import Publisher
from nemo_local.customizer.targets.removal import Removal
from nemo_local.customizer.targets.rules import TargetRules
from nemo_local.model.registry import BaseModels
from nemo_local.settings import Settings


def create_service(settings: Settings) -> Service:
    """The Customizer, with its database at ``home/customizer/customizer.db`` and jobs in ``home/customizer/jobs``."""
    database = settings.service_dir("customizer") / "customizer.db"
    models, publisher = BaseModels(settings), Publisher(settings.gateway_url)
    catalog, jobs = Catalog(database, models), Jobs(database)
    scheduler, speeds = Scheduler(jobs, settings), TrainingSpeeds(settings)
    preparations = Preparations(catalog.targets, models, publisher, catalog.add_config, settings)
    rules = TargetRules(catalog.targets, models, preparations, settings)
    removal = Removal(catalog, jobs, models, preparations, publisher)
    router = APIRouter()
    router.include_router(catalog_router(catalog, rules, removal, speeds))
    router.include_router(job_router(catalog, jobs, scheduler, settings.gateway_url))

    async def startup() -> None:
        await asyncio.to_thread(catalog.seed)
        await asyncio.to_thread(scheduler.start)
        preparations.start()

    async def shutdown() -> None:
        await asyncio.to_thread(preparations.stop)
        await asyncio.to_thread(speeds.stop)
        await asyncio.to_thread(scheduler.stop)

    return Service(name="customizer", router=router, startup=startup, shutdown=shutdown)
