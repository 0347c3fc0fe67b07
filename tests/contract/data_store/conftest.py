"""Clients and repositories for the tests of the Data Store."""

from __future__ import annotations

import uuid

import pytest
from data_store_support import hub_of
from huggingface_hub import HfApi


@pytest.fixture(scope="module")
def hub(gateway) -> HfApi:
    return hub_of(gateway.gateway_url)


@pytest.fixture(params=["dataset", "model"])
def any_repo(request, hub) -> tuple[str, str]:
    """Name and type of a new, empty repository of either type."""
    name = f"course/r{uuid.uuid4().hex[:8]}"
    hub.create_repo(name, repo_type=request.param)
    return name, request.param


@pytest.fixture
def repo(hub) -> str:
    """Name of a new, empty dataset repository."""
    name = f"course/r{uuid.uuid4().hex[:8]}"
    hub.create_repo(name, repo_type="dataset")
    return name
