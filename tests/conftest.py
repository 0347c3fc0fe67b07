"""What all tests share: settings that point nowhere real, and connections whose server is a function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory
from shared_models import shared_models

from flywheel_helpers.services import tls
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.settings import Settings

if TYPE_CHECKING:
    from course_support import Course, Finished

os.environ["FLYWHEEL_MODELS"] = str(shared_models(Path(__file__).resolve().parents[1]))

GATEWAY, NIM = "http://gateway.test:8080", "http://nim.test:8000"


@pytest.fixture
def settings() -> Settings:
    """Settings of a user "ada" whose services are `GATEWAY` and `NIM`."""
    return Settings(
        profile="local",
        data_store_url=GATEWAY,
        entity_store_url=GATEWAY,
        customizer_url=GATEWAY,
        evaluator_url=GATEWAY,
        guardrails_url=GATEWAY,
        deployment_url=GATEWAY,
        nim_url=NIM,
        base_model="meta/llama-3.2-1b-instruct",
        base_model_version="v1.0.0+L40",
        namespace="ada",
        dataset_name="calls",
        custom_model="ada/caller@v1",
    )


@pytest.fixture
def connection(settings: Settings) -> Callable[..., Connection]:
    """Makes a connection to a server that is a function from request to response. Retries come without delay."""

    def make(server: Callable[[httpx.Request], httpx.Response], **changes: Any) -> Connection:
        return Connection(replace(settings, **changes), transport=httpx.MockTransport(server), first_delay=0.0)

    return make


@pytest.fixture
def set_up_hub() -> Iterator[Callable[[Settings], None]]:
    """Makes huggingface_hub follow some settings, as `connect` does, until the test ends."""
    yield tls.set_up_hub
    set_client_factory(default_client_factory)


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Iterator[Course]:
    """One platform for all tests that need the course: those of the notebooks, and those of JupyterLab."""
    from course_support import Course  # here, as most tests need no course

    course = Course(tmp_path_factory.mktemp("course"))
    course.flywheel("up")
    yield course
    course.flywheel("webui", "down")
    course.flywheel("down")


@pytest.fixture(scope="session")
def first(course) -> Finished:
    """The course run on an empty platform."""
    return course.run("first")


@pytest.fixture(scope="session")
def second(course, first) -> Finished:
    """The course run again, where everything is there."""
    return course.run("second")
