"""The gateway with data for the Evaluator in it, the SDK, and a model API to evaluate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from evaluator_support import fill
from model_api import Target
from nemo_microservices import NeMoMicroservices


@pytest.fixture(scope="session")
def url(gateway) -> str:
    fill(gateway.gateway_url)
    return gateway.gateway_url


@pytest.fixture(scope="session")
def sdk(url: str) -> NeMoMicroservices:
    return NeMoMicroservices(base_url=url, max_retries=0)


@pytest.fixture
def target() -> Iterator[Target]:
    """A server for each test: the jobs of a test that has failed must not be counted in the next."""
    target = Target()
    yield target
    target.close()
