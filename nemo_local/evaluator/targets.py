"""Checks targets, and finds the model API that a target means."""

from __future__ import annotations

from nemo_local.common.errors import Invalid
from nemo_local.evaluator.endpoints import Endpoint, api_base, check_served, resolve
from nemo_local.evaluator.plan import Plan
from nemo_local.evaluator.schemas import Model, TargetBody

TARGET_TYPES = ("model", "rows")


def check_target(target: TargetBody, field: str = "") -> None:
    """Check the form of a target. Whether its model is served is checked when a job is created.

    Args:
        target: the target.
        field: dotted path of the target in the request, for errors.

    Raises:
        Invalid: naming the field.
    """
    prefix = f"{field}." if field else ""
    if target.type not in TARGET_TYPES:
        raise Invalid(f"{prefix}type", f"unknown target type {target.type!r}; known types: {', '.join(TARGET_TYPES)}.")
    if target.type == "model" and target.model is None:
        raise Invalid(f"{prefix}model", "is required: <namespace>/<name>, or {'api_endpoint': {url, model_id}}.")
    if isinstance(target.model, Model) and target.model.api_endpoint:
        api_base(target.model.api_endpoint.url, f"{prefix}model.api_endpoint.url")
    if target.type == "rows" and not target.rows:
        raise Invalid(f"{prefix}rows", "must be a list of one or more objects.")


async def connect(plan: Plan, target: TargetBody, gateway_url: str, api_key: str | None) -> Endpoint | None:
    """Find the API of a target's model, and check that it serves the model.

    Args:
        plan: decides whether a model is needed.
        target: the target of a job.
        gateway_url: where the Entity Store answers.
        api_key: the key given with the target, if any.

    Returns:
        The endpoint, or None when no task asks a model.

    Raises:
        Invalid: plan and target do not match, the model is not registered, or the API does not serve it.
        ApiError: the target or the Entity Store does not answer.
    """
    check_target(target, "target")
    asking = [task.name for task in plan.tasks if task.kind != "data"]
    if target.type == "rows":
        if asking:
            raise Invalid("target.type", f"the task {asking[0]!r} asks a model; give a target of type model.")
        return None
    for task in plan.tasks:
        if task.dataset is None:
            raise Invalid(f"config.tasks.{task.name}.dataset", "is required, unless the target has the rows.")
    if not asking:
        return None
    endpoint = await resolve(target.model, gateway_url, api_key, "target.model")
    await check_served(endpoint, "target.model")
    return endpoint
