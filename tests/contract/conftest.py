"""Servers the contract tests talk to: the real processes on free ports, with a home of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import Running

GATEWAY_SECONDS = 60
PLATFORM_SECONDS = 300  # the first start exports the base model, unless FLYWHEEL_MODELS has it already


@pytest.fixture(scope="session")
def start_gateway() -> Iterator[Callable[..., Running]]:
    """A function that starts a gateway of its own: ``start_gateway(home)``, again on the same ports with ``again=``."""
    started: list[Running] = []

    def start(home: Path, again: Running | None = None) -> Running:
        running = again or Running("nemo_local.server.gateway", home)
        started.append(running)
        return running.start(f"{running.gateway_url}/health", seconds=GATEWAY_SECONDS)

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture(scope="session")
def gateway(start_gateway, tmp_path_factory) -> Running:
    """The gateway process alone, without NIM: enough for whatever needs no model."""
    return start_gateway(tmp_path_factory.mktemp("gateway-home"))


@pytest.fixture(scope="session")
def platform(tmp_path_factory) -> Iterator[Running]:
    """The whole platform, ``python -m nemo_local``, with the base model served."""
    running = Running("nemo_local", tmp_path_factory.mktemp("platform-home"))
    running.start(f"{running.gateway_url}/health", f"{running.nim_url}/v1/health/ready", seconds=PLATFORM_SECONDS)
    yield running
    if running.process.poll() is None:
        running.stop()
