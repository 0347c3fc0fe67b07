"""Deployment Management: which models run as a NIM."""

from __future__ import annotations

from typing import Any

from flywheel_helpers.http import Connection

SERVICE = "Deployment Management"


def list_deployments(nemo: Connection) -> list[dict[str, Any]]:
    """All model deployments, each with `namespace`, `name`, `models` and `status_details`."""
    return nemo.all_pages(SERVICE, "/v1/deployment/model-deployments")


def is_deployed(deployments: list[dict[str, Any]], model: str) -> bool:
    """Whether one of these deployments has this model and is ready."""
    return any(
        model in (deployment.get("models") or [])
        and (deployment.get("status_details") or {}).get("status") in ("ready", "completed")
        for deployment in deployments
    )
