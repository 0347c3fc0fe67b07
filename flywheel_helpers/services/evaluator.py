"""Evaluator: scoring a model on the test rows. An earlier evaluation with the same inputs is found and reused."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, TypeVar

from flywheel_helpers import polling
from flywheel_helpers.errors import BadAnswer, Conflict, Invalid, NotFound, WaitTimeout
from flywheel_helpers.failures import request_line
from flywheel_helpers.services import customizer, data_store, entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.jobs import ACTIVE, INPUTS_FIELD, Job, digest, same_inputs
from flywheel_helpers.statistics import SCORE_NAMES, Score, Scores

SERVICE = "Evaluator"
TASK, METRIC = "custom-tool-calling", "tool-calling-accuracy"
TEST_FILE = data_store.FILES[2]
# On one machine, as many as the platform answers at once. On a cluster, a whole workshop shares one NIM.
PARALLEL_REQUESTS = {"local": 48, "pcai": 16}
RESULTS_DEADLINE, RESULTS_POLL = 120.0, 1.0  # seconds
_Answer = TypeVar("_Answer")


def config_body(nemo: Connection, limit: int | None = None, test_file: str = TEST_FILE) -> dict[str, Any]:
    """The evaluation configuration: which rows, how to ask the model, and how to score its answers.

    Args:
        limit: number of rows, from the first on; None for all.
        test_file: path of the rows in the dataset.
    """
    dataset: dict[str, Any] = {"files_url": f"hf://datasets/{nemo.settings.dataset}/{test_file}"}
    name = nemo.settings.dataset_name
    if test_file != TEST_FILE:
        name += f"-{PurePosixPath(test_file).stem}"
    if limit:
        dataset["limit"] = limit
        name += f"-{limit}"
    return {
        "type": "custom",
        "namespace": nemo.settings.namespace,
        "name": name,
        "params": {"parallelism": PARALLEL_REQUESTS[nemo.settings.profile]},
        "tasks": {
            TASK: {
                "type": "chat-completion",
                "dataset": dataset,
                # The Evaluator renders this for each row; `item` is the row.
                "params": {
                    "template": {
                        "messages": "{{ item.messages | tojson }}",
                        "tools": "{{ item.tools | tojson }}",
                        "tool_choice": "auto",
                        "temperature": 0,
                        "max_tokens": 200,
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


def target_body(nemo: Connection, model: str) -> dict[str, Any]:
    """The evaluation target: a model by its name in the Entity Store."""
    return {
        "type": "model",
        "namespace": nemo.settings.namespace,
        "name": re.sub(r"[^a-z0-9.-]+", "-", model.lower()),
        "model": model,
    }


def evaluate(
    nemo: Connection, model: str, limit: int | None = None, again: bool = False, test_file: str = TEST_FILE
) -> Job:
    """Start an evaluation of a model, or find an earlier one with the same inputs.

    The inputs are the configuration, the stored test rows, and the model: its name and the training that created it.

    Args:
        model: full name of the base model or a tuned one.
        limit: number of rows, from the first on; None for all.
        again: start a new job in any case.
        test_file: path of the rows in the dataset.

    Raises:
        NotFound: the dataset has not been uploaded yet.
        Invalid: the Evaluator does not know the model; the message says so.
    """
    entity_store.check_owner(nemo)
    config, target = config_body(nemo, limit, test_file), target_body(nemo, model)
    training = customizer.newest_training(customizer.list_jobs(nemo), model)
    inputs = digest([config, target, training, data_store.dataset_revision(nemo, ("testing",))])
    earlier = None if again else _earlier_job(nemo, inputs, model)
    if earlier:
        return earlier
    _ensure(nemo, "configs", config)
    _ensure(nemo, "targets", target)
    namespace = nemo.settings.namespace
    body = {
        "namespace": namespace,
        "config": f"{namespace}/{config['name']}",
        "target": f"{namespace}/{target['name']}",
        "custom_fields": {INPUTS_FIELD: inputs},
    }
    try:
        job = nemo.json(SERVICE, "POST", "/v1/evaluation/jobs", json=body)
    except Invalid as error:
        error.hint = (
            "If it says that the model is not registered, run entity_store.register_base_model(nemo) first. If it is "
            "not served, wait for it with wait.wait_for_model. Otherwise correct the value that the message names."
        )
        raise
    return Job(job["id"], "new", model, "A new evaluation was started.")


def get_job(nemo: Connection, job_id: str) -> dict[str, Any]:
    """A job as the Evaluator describes it, with `status` and `status_details`."""
    return nemo.json(SERVICE, "GET", f"/v1/evaluation/jobs/{job_id}")


def cancel(nemo: Connection, job_id: str) -> dict[str, Any]:
    """Stop a job."""
    return nemo.json(SERVICE, "POST", f"/v1/evaluation/jobs/{job_id}/cancel")


def scores(nemo: Connection, job: Job) -> Scores:
    """The scores of a finished evaluation, each with its 95 % interval.

    Raises:
        BadAnswer: the results do not contain the tool-calling scores.
        WaitTimeout: the results are not available in time.
    """
    path = f"/v1/evaluation/jobs/{job.id}/results"
    answer = _late(job, lambda: nemo.json(SERVICE, "GET", path), lambda answer: bool(answer.get("tasks")))
    try:
        found = answer["tasks"][TASK]["metrics"][METRIC]["scores"]
        name, full = (_score(found[key]) for key in SCORE_NAMES)
    except (KeyError, TypeError, ValueError):
        raise BadAnswer(
            SERVICE,
            f"GET {nemo.settings.evaluator_url}{path}",
            f"the results do not contain the scores of {METRIC}.",
            "See the job's log for rows that could not be scored.",
            server_message=json.dumps(answer)[:500],
        ) from None
    return Scores(job.model, name.n, name, full)


def samples(nemo: Connection, job: Job) -> list[dict[str, Any]]:
    """The rows of a finished evaluation, in the order of the dataset.

    Not every release of NeMo Evaluator has the rows in its download. Without them the list is empty, and a warning says
    so.

    Returns:
        for each row: `index`, `item`, `request`, `response`, `scores` (of the tool-calling metric, by name), `error`.

    Raises:
        WaitTimeout: the results are not available in time.
    """
    path = f"/v1/evaluation/jobs/{job.id}/download-results"
    response = _late(job, lambda: nemo.request(SERVICE, "GET", path, timeout=300.0))
    try:
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            names = [name for name in archive.namelist() if name.endswith("samples.jsonl")]
            text = archive.read(names[0]).decode() if names else ""
    except zipfile.BadZipFile:
        raise BadAnswer(
            SERVICE, request_line(response.request), "the download is not a zip file.", "Run the cell again."
        ) from None
    lines = text.rstrip("\n").split("\n") if text else []  # `splitlines` would also split inside a question
    if not lines:
        warnings.warn(
            "This Evaluator's download has no samples.jsonl: mistakes cannot be sorted by kind.", stacklevel=2
        )
    found = [json.loads(line) for line in lines]
    if unanswered := [sample["error"] for sample in found if sample.get("error")]:
        warnings.warn(
            f"{len(unanswered)} of {len(found)} rows got no answer that could be scored, and count as wrong. "
            f"The first: {unanswered[0]}. If the platform was the cause, evaluate again with AGAIN = True.",
            stacklevel=2,
        )
    found.sort(key=lambda sample: sample["index"])
    return [{**sample, "scores": (sample.get("scores") or {}).get(METRIC, {})} for sample in found]


def _late(job: Job, ask: Callable[[], _Answer], complete: Callable[[_Answer], bool] = lambda _: True) -> _Answer:
    """Ask for a finished job's results until they are available: on a cluster that may be a while after its end.

    Returns:
        the answer, even if it is still incomplete at the deadline.

    Raises:
        WaitTimeout: there was no answer.
    """
    answer = None
    for _ in polling.attempts(RESULTS_DEADLINE, RESULTS_POLL):
        with suppress(NotFound):
            answer = ask()
            if complete(answer):
                return answer
    if answer is None:
        raise WaitTimeout(
            f"The results of the evaluation {job.id} are not available {RESULTS_DEADLINE:.0f} s after its end.",
            "Run the cell again to wait longer. If they never appear, see the Evaluator's log, and evaluate with "
            "AGAIN = True.",
        )
    return answer


def summary(base: Scores, tuned: Scores) -> dict[str, Any]:
    """Both results as plain numbers, for `summary.json`."""
    return {"n": tuned.n, "base": base.numbers(), "tuned": tuned.numbers()}


def _score(found: dict[str, Any]) -> Score:
    count = int(found["stats"]["count"])
    return Score.of(round(found["value"] * count), count)


def _ensure(nemo: Connection, kind: str, body: dict[str, Any]) -> None:
    """Create a config or target, or update the one with this name."""
    try:
        nemo.json(SERVICE, "POST", f"/v1/evaluation/{kind}", json=body, retry=True)
    except Conflict:
        changes = {key: value for key, value in body.items() if key not in ("name", "namespace")}
        nemo.json(
            SERVICE, "PATCH", f"/v1/evaluation/{kind}/{body['namespace']}/{body['name']}", json=changes, retry=True
        )


def _earlier_job(nemo: Connection, inputs: str, model: str) -> Job | None:
    for job in same_inputs(nemo.all_pages(SERVICE, "/v1/evaluation/jobs", {"sort": "-created_at"}), inputs):
        if job["status"] in ACTIVE:
            return Job(job["id"], "joined", model, "An evaluation with the same inputs is under way: joined it.")
        return Job(job["id"], "reused", model, "A finished evaluation with the same inputs is there: reused it.")
    return None
