"""A server of the platform as a test starts, waits for, stops and kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from ports import free_port


@dataclass
class Running:
    """One running ``python -m <module>`` and the addresses it serves."""

    module: str
    home: Path
    gateway_port: int = field(default_factory=free_port)
    nim_port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None
    environment: dict[str, str] = field(default_factory=dict)

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
            **self.environment,
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
