"""Entity Store: namespaces, projects, datasets and models, the names by which the other services find things."""

from __future__ import annotations

from nemo_local.entity_store.service import create_service

__all__ = ["create_service"]
