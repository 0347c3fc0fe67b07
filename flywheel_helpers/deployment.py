"""Deployment Management: which models run as a NIM."""

from __future__ import annotations

from typing import Any

from flywheel_helpers.http import Connection

SERVICE = "Deployment Management"


def list_deployments(nemo: Connection) -> list[dict[str, Any]]:
    """All model deployments, each with `namespace`, `name`, `models` and `status_details`."""
    return nemo.all_pages(SERVICE, "/v1/deployment/model-deployments")
