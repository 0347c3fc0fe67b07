"""The Evaluator: configurations, targets, jobs, results and live evaluations under ``/v1/evaluation``."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from nemo_local.common.documents import DocumentStore
from nemo_local.common.service import Service
from nemo_local.evaluator.entities import entity_router
from nemo_local.evaluator.jobs import Preparation, job_router, live_router
from nemo_local.evaluator.running.runner import JobRunner
from nemo_local.settings import Settings


def create_service(settings: Settings) -> Service:
    """The Evaluator with its state under ``home/evaluator``.

    Args:
        settings: of the platform.
    """
    database = settings.service_dir("evaluator") / "evaluator.db"
    configs = DocumentStore(database, "evaluation-config", prefix="eval-config")
    targets = DocumentStore(database, "evaluation-target", prefix="eval-target")
    jobs = DocumentStore(database, "evaluation-job", prefix="eval")
    results = DocumentStore(database, "evaluation-result", prefix="evaluation_result")

    runner = JobRunner(settings, jobs, results)
    preparation = Preparation(configs, targets, settings.gateway_url)
    router = APIRouter()
    router.include_router(entity_router(configs, targets, results))
    router.include_router(job_router(jobs, results, preparation, runner))
    router.include_router(live_router(preparation, runner))

    async def startup() -> None:
        await asyncio.to_thread(runner.start)

    async def shutdown() -> None:
        await asyncio.to_thread(runner.stop)

    return Service("evaluator", router, startup, shutdown)
