"""The misbehaving gateway before the platform's services, and who connects through it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from bad_gateway import BASE, BadGateway
from running import Running

from flywheel_helpers.data import xlam
from flywheel_helpers.services import data_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.settings import Settings


@pytest.fixture(scope="session")
def services(tmp_path_factory) -> Iterator[Running]:
    """The platform's gateway process alone: no model, and quick to start."""
    running = Running("nemo_local.server.gateway", tmp_path_factory.mktemp("services"))
    running.start(f"{running.gateway_url}/health", seconds=60)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def _gateway(services, tmp_path_factory) -> Iterator[BadGateway]:
    with BadGateway(services.gateway_url, services.nim_url, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture
def gateway(_gateway) -> BadGateway:
    """The gateway, well-behaved until a test says otherwise."""
    _gateway.misbehave()
    return _gateway


@pytest.fixture
def nemo(gateway, settings, request, set_up_hub) -> Callable[..., Connection]:
    """Makes the connection of someone outside of the cluster, in a namespace of this test's own."""

    def connect(**changes: Any) -> Connection:
        namespace = request.node.name.split("[")[0].replace("_", "-")[:60].strip("-")
        outside = {
            f"{name}_url": gateway.url
            for name in ("data_store", "entity_store", "customizer", "evaluator", "guardrails", "deployment")
        }
        values: dict[str, Any] = {
            **outside,
            "nim_url": f"{gateway.url}/nim",
            "nim_internal_url": gateway.nim,
            "profile": "pcai",
            "base_model": BASE,
            "base_model_version": "v1.0.0+CPU",
            "namespace": namespace,
            "custom_model": f"{namespace}/caller@v1",
            "ca_bundle": str(gateway.ca_bundle),
        }
        chosen: Settings = replace(settings, **{**values, **changes})
        set_up_hub(chosen)
        return Connection(chosen, first_delay=0.01)

    return connect


@pytest.fixture(scope="session")
def few_rows():
    """The first rows of the sample, for each of the dataset's files."""
    data = xlam.load_sample()
    parts = (data.training, data.validation, data.testing)
    forms = (xlam.to_customization_row, xlam.to_customization_row, xlam.to_evaluation_row)
    return {
        path: xlam.convert(part[:4], form).rows for path, part, form in zip(data_store.FILES, parts, forms, strict=True)
    }


@pytest.fixture
def rows(few_rows, tmp_path):
    """A dataset folder of a few rows that the Data Store has not seen: what it knows, it asks no upload for."""
    for path, part in few_rows.items():
        xlam.write_jsonl([{**part[0], "id": secrets.token_hex(8)}, *part[1:]], tmp_path / path)
    return tmp_path
