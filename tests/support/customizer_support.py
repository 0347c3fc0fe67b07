"""What the Customizer's tests share: rows, a gateway with the calls made again and again, and reading status logs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from nemo_microservices import NeMoMicroservices
from running import Running

NAMESPACE = "customizer-tests"
CONFIG = "huggingfacetb/smollm2-135m-instruct@v1.0.0+CPU"
BASE_MODEL = "huggingfacetb/smollm2-135m-instruct"
ENDED = ("completed", "failed", "cancelled")
# More than any test waits for: such a job ends only by being stopped.
ENDLESS = {"epochs": 100_000}
TRAINING_SECONDS = 300

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def tool_row(city: str) -> dict:
    call = {"type": "function", "function": {"name": "get_weather", "arguments": {"city": city}}}
    answer = {"role": "assistant", "content": "", "tool_calls": [call]}
    return {"messages": [{"role": "user", "content": f"Is it cold in {city}?"}, answer], "tools": [TOOL]}


def chat_row(number: int) -> dict:
    messages = [{"role": "user", "content": f"Say {number}."}, {"role": "assistant", "content": str(number)}]
    return {"messages": messages}


class Customizer:
    """One gateway and what the tests do with it again and again."""

    def __init__(self, server: Running) -> None:
        self.server = server
        # No retries: the SDK would send a request again that was answered with 409.
        self.sdk = NeMoMicroservices(base_url=server.gateway_url, max_retries=0)
        self.jobs = self.sdk.customization.jobs
        self.hub = HfApi(endpoint=f"{server.gateway_url}/v1/hf", token=False)

    def add_dataset(self, name: str, files: dict[str, list[dict] | bytes]) -> None:
        repo = f"{NAMESPACE}/{name}"
        self.hub.create_repo(repo, repo_type="dataset")
        for path, rows in files.items():
            data = rows if isinstance(rows, bytes) else "".join(json.dumps(row) + "\n" for row in rows).encode()
            self.hub.upload_file(path_or_fileobj=data, path_in_repo=path, repo_id=repo, repo_type="dataset")
        self.sdk.datasets.create(name=name, namespace=NAMESPACE, files_url=f"hf://datasets/{repo}")

    def create(self, dataset: str | dict = "tiny", hyperparameters: dict | None = None, **fields):
        values = {"finetuning_type": "lora", "batch_size": 2, "lora": {"adapter_dim": 8}, **(hyperparameters or {})}
        named = dataset if isinstance(dataset, dict) or "/" in dataset else {"name": dataset, "namespace": NAMESPACE}
        body = {"config": CONFIG, "dataset": named, "namespace": NAMESPACE, **fields}
        return self.jobs.create(hyperparameters=values, **body)

    def wait(self, job_id: str, reached: Callable, seconds: float = TRAINING_SECONDS):
        """Poll until ``reached(job)``; a job that ends before fails the test with its status log."""
        deadline = time.monotonic() + seconds
        while True:
            job = self.jobs.retrieve(job_id)
            if reached(job):
                return job
            if job.status in ENDED or time.monotonic() > deadline:
                pytest.fail(f"{job_id} is {job.status}:\n" + "\n".join(messages(job)))
            time.sleep(0.2)

    def wait_for(self, job_id: str, status: str):
        return self.wait(job_id, lambda job: job.status == status)

    def job_dir(self, job_id: str) -> Path:
        return self.server.home / "customizer" / "jobs" / job_id


def messages(job) -> list[str]:
    return [f"{entry.message} {entry.detail or ''}".strip() for entry in job.status_details.status_logs]


def worker_pid(job) -> int:
    """Of the job's latest process."""
    return int(re.findall(r"Running in process (\d+)", "\n".join(messages(job)))[-1])


def said(job, text: str) -> bool:
    return any(text in message for message in messages(job))
