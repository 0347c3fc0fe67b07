"""Routes of configurations, targets and results."""

from __future__ import annotations

from fastapi import APIRouter

from nemo_local.common import api_keys
from nemo_local.common.documents import DocumentStore
from nemo_local.common.entities import add_entity_routes
from nemo_local.evaluator.judges import keep_keys
from nemo_local.evaluator.plan import make_plan
from nemo_local.evaluator.schemas import ConfigBody, ResultBody, TargetBody
from nemo_local.evaluator.targets import check_target


def entity_router(configs: DocumentStore, targets: DocumentStore, results: DocumentStore) -> APIRouter:
    """``/v1/evaluation/configs``, ``/targets`` and ``/results``."""
    router = APIRouter(prefix="/v1/evaluation")
    add_entity_routes(router, "configs", configs, ConfigBody, prepare=_checked_config, on_stored=_keep_keys)
    add_entity_routes(router, "targets", targets, TargetBody, prepare=_checked_target, on_stored=keep_key)
    add_entity_routes(
        router,
        "results",
        results,
        ResultBody,
        by_id=True,
        fixed=("name", "namespace", "job"),
        # The SDK filters by `job_id`, but reads `job`.
        computed={"job_id": lambda document: document["job"]},
    )
    return router


def keep_key(target: dict, body: TargetBody) -> None:
    """Remember the API key that was given with a target's model."""
    if body.endpoint:
        api_keys.keep(target["id"], body.endpoint.url, body.endpoint.api_key)


def _keep_keys(config: dict, body: ConfigBody) -> None:
    keep_keys(config["id"], make_plan(body))


def _checked_config(body: ConfigBody) -> dict:
    make_plan(body)
    return body.stored()


def _checked_target(body: TargetBody) -> dict:
    check_target(body)
    return body.stored()
