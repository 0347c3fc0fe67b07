"""The judges of a plan: their keys, and where they answer."""

from __future__ import annotations

from collections.abc import Iterator

from nemo_local.common import api_keys
from nemo_local.evaluator.endpoints import Endpoint, api_base, check_served, resolve
from nemo_local.evaluator.metrics import LlmJudge
from nemo_local.evaluator.plan import Plan
from nemo_local.evaluator.schemas import Model


def keep_keys(config_id: str, plan: Plan) -> None:
    """Remember the keys given with the judges of a configuration, in memory only."""
    for name, judge in _judges(plan):
        if isinstance(judge.model, Model) and judge.model.api_endpoint:
            api_keys.keep(f"{config_id} {name}", judge.model.api_endpoint.url, judge.api_key)


async def connect_judges(config_id: str, plan: Plan, gateway_url: str) -> dict[LlmJudge, Endpoint]:
    """Where each judge answers.

    Args:
        config_id: of the configuration, by which :func:`keep_keys` kept the keys.
        plan: the plan.
        gateway_url: where the Entity Store answers.

    Raises:
        Invalid: a judge is not registered, has no address, or is not served there.
        ApiError: it does not answer, or the Entity Store does not.
    """
    found = {}
    for name, judge in _judges(plan):
        field = f"{judge.field}.model"
        key = None
        if isinstance(judge.model, Model) and judge.model.api_endpoint:
            api_base(judge.model.api_endpoint.url, f"{field}.api_endpoint.url")
            key = api_keys.find(f"{config_id} {name}", judge.model.api_endpoint.url)
        found[judge] = await resolve(judge.model, gateway_url, key, field)
        await check_served(found[judge], field)
    return found


def _judges(plan: Plan) -> Iterator[tuple[str, LlmJudge]]:
    for task in plan.tasks:
        for name, metric in task.metrics.items():
            if isinstance(metric, LlmJudge):
                yield f"{task.name}/{name}", metric
