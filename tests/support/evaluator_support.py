"""What the Evaluator's tests share: data, configurations, and waiting for jobs."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import nemo_microservices
import pytest
from huggingface_hub import HfApi
from model_api import Target
from nemo_microservices import NeMoMicroservices

ENDED = ("completed", "failed", "cancelled")
TASK, METRIC = "custom-tool-calling", "tool-calling-accuracy"
FILES = "hf://datasets/team/rows/testing/rows.jsonl"
ROWS = 24


def wait_until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true value of ``condition``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.02)
    return value


def fill(url: str) -> None:
    """The entities and files the tests refer to."""
    http = httpx.Client(base_url=url, trust_env=False)
    http.post("/v1/namespaces", json={"id": "team"}).raise_for_status()
    http.post("/v1/datastore/namespaces", data={"namespace": "team"}).raise_for_status()
    http.post("/v1/datasets", json={"name": "rows", "namespace": "team", "files_url": FILES}).raise_for_status()
    hub = HfApi(endpoint=f"{url}/v1/hf", token="unused")
    hub.create_repo("team/rows", repo_type="dataset")
    files = {
        "testing/rows.jsonl": "".join(json.dumps(row(number)) + "\n" for number in range(ROWS)),
        "testing/qa.csv": "question,answer\nFrance?,Paris\nItaly?,Rome\n",
        "testing/broken.jsonl": json.dumps(row(0)) + '\n{"messages": \n',
    }
    for path, content in files.items():
        hub.upload_file(path_or_fileobj=content.encode(), path_in_repo=path, repo_id="team/rows", repo_type="dataset")


def row(number: int) -> dict:
    """A row whose answer the target reads off the question."""
    calls = [
        {
            "id": "c",
            "type": "function",
            "function": {"name": "get.weather", "arguments": {"city": "Rome", "days": number}},
        }
    ]
    question = json.dumps({"role": "assistant", "content": None, "tool_calls": calls})
    tool = {"type": "function", "function": {"name": "get.weather", "parameters": {"type": "object"}}}
    return {"messages": [{"role": "user", "content": question}], "tools": [tool], "tool_calls": calls}


def tool_config(files_url: str = FILES, limit: int | None = None, **params: Any) -> dict:
    return {
        "type": "custom",
        "params": {"max_retries": 2, **params},
        "tasks": {
            TASK: {
                "type": "chat-completion",
                "dataset": {"files_url": files_url, **({"limit": limit} if limit else {})},
                "params": {
                    "template": {
                        "messages": "{{ item.messages | tojson }}",
                        "tools": "{{ item.tools | tojson }}",
                        "tool_choice": "auto",
                    }
                },
                "metrics": {
                    METRIC: {
                        "type": "tool-calling",
                        "params": {"tool_calls_ground_truth": "{{ item.tool_calls | tojson }}"},
                    }
                },
            }
        },
    }


def inline(target: Target, model: str = "team/tuned@v1", **endpoint: str) -> dict:
    return {"type": "model", "model": {"api_endpoint": {"url": target.url, "model_id": model, **endpoint}}}


def ended(sdk: NeMoMicroservices, job_id: str, seconds: float = 20) -> Any:
    return wait_until(lambda: (job := sdk.evaluation.jobs.retrieve(job_id)).status in ENDED and job, seconds)


def run(sdk: NeMoMicroservices, config: Any, target: Any) -> Any:
    return ended(sdk, sdk.evaluation.jobs.create(config=config, target=target, namespace="team").id)


def scores(sdk: NeMoMicroservices, job: Any) -> tuple[float, float]:
    found = sdk.evaluation.jobs.results(job.id).tasks[TASK].metrics[METRIC].scores
    return found["function_name_accuracy"].value, found["function_name_and_args_accuracy"].value


def samples(sdk: NeMoMicroservices, job: Any) -> list[dict]:
    with zipfile.ZipFile(io.BytesIO(sdk.evaluation.jobs.download_results(job.id).read())) as archive:
        assert sorted(archive.namelist()) == ["results.json", "samples.jsonl"]
        return [json.loads(line) for line in archive.read("samples.jsonl").decode().rstrip("\n").split("\n")]


def refused(status: int = 422):
    error = {422: nemo_microservices.UnprocessableEntityError, 503: nemo_microservices.InternalServerError}
    return pytest.raises(error[status])


def change(path: str, value: Any) -> dict:
    """The tool-calling configuration with one thing changed."""
    config = tool_config()
    *way, last = path.replace("TASK", TASK).replace("METRIC", METRIC).split("/")
    level = config
    for part in way:
        level = level[part]
    level[last] = value
    return config


def slow(answer, seconds: float):
    def slowly(body: dict) -> dict:
        time.sleep(seconds)
        return answer(body)

    return slowly
