"""Servers the contract tests talk to: the real processes on free ports, with a home of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

GATEWAY_SECONDS = 60
PLATFORM_SECONDS = 300  # the first start exports the base model, unless FLYWHEEL_MODELS has it already


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Running:
    """One running ``python -m <module>`` and the addresses it serves."""

    module: str
    home: Path
    gateway_port: int = field(default_factory=free_port)
    nim_port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def nim_url(self) -> str:
        return f"http://127.0.0.1:{self.nim_port}"

    @property
    def log(self) -> Path:
        return self.home / "test-output.log"

    def start(self, *ready_urls: str, seconds: float) -> Running:
        """Start the process and wait until every URL answers with success."""
        self.home.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "FLYWHEEL_HOME": str(self.home),
            "FLYWHEEL_GATEWAY_PORT": str(self.gateway_port),
            "FLYWHEEL_NIM_PORT": str(self.nim_port),
        }
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module], env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + seconds
        for url in ready_urls:
            while not _answers(url):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"{self.module} is not ready at {url}:\n{self.log.read_text()[-4000:]}")
                time.sleep(0.1)
        return self

    def stop(self) -> int:
        """Ask the process to end, as ``flywheel down`` does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="session")
def start_gateway() -> Iterator[Callable[..., Running]]:
    """A function that starts a gateway of its own: ``start_gateway(home)``, again on the same ports with ``again=``."""
    started: list[Running] = []

    def start(home: Path, again: Running | None = None) -> Running:
        running = again or Running("nemo_local.gateway", home)
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
