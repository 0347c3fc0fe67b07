"""The course in half a minute, for tests of faults: `python benchmarks/small_course.py 3` runs the one with number 3.

It takes the steps of notebooks 01 to 03 on the local platform: upload, training, serving, evaluation, chat. A line
`stage: ...` says which of them begins. Like the notebooks, it can be run again after any failure, and then goes on from
what earlier runs made. The exit status is 0 if everything came out right.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from flywheel_helpers import Connection, checkout, connect
from flywheel_helpers.course import wait
from flywheel_helpers.data import xlam
from flywheel_helpers.errors import FlywheelError
from flywheel_helpers.services import customizer, data_store, evaluator, nim
from flywheel_helpers.webui import server, setup

STAGES = ("upload", "training", "serving", "evaluation", "chat")
TRAINING_ROWS, TEST_ROWS = 12, 6
POLL_SECONDS = 0.5
# A training takes seconds, most of them for the start of its process.
HYPERPARAMETERS = customizer.Hyperparameters(adapter_dim=8, alpha=16, max_steps=6, warmup_steps=1, log_every_n_steps=2)
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def run(nemo: Connection, number: int) -> None:
    """Run the course, from where an earlier run of it stopped.

    Args:
        nemo: connection to the platform, with names of this course's own.
        number: different in every course, so that each stores rows of its own.

    Raises:
        FlywheelError: a step failed, or a test row got no answer.
    """
    _begin("upload")
    with tempfile.TemporaryDirectory() as folder:
        training = [_row(f"{number}-{row}") for row in range(TRAINING_ROWS)]
        for path, rows in zip(data_store.FILES, (training, training[:2], _test_rows()), strict=True):
            xlam.write_jsonl(rows, Path(folder) / path)
        data_store.upload_dataset(nemo, Path(folder))
    _begin("training")
    job = customizer.train(nemo, HYPERPARAMETERS)
    wait.wait_for_training(nemo, job, poll_seconds=POLL_SECONDS)
    _begin("serving")
    wait.wait_for_model(nemo, job.model, poll_seconds=POLL_SECONDS)
    _begin("evaluation")
    if (unanswered := _unanswered(nemo, job.model)) and (unanswered := _unanswered(nemo, job.model, again=True)):
        raise FlywheelError(f"{unanswered} of {TEST_ROWS} rows got no answer, twice.")
    _begin("chat")
    nim.chat(nemo, job.model, [{"role": "user", "content": "Say 1."}], max_tokens=8)
    if webui := server.reachable(nemo.settings, checkout.home()):
        setup.provision(webui, {"tuned": job.model, "base": nemo.settings.base_model}, reset=True)


def _unanswered(nemo: Connection, model: str, again: bool = False) -> int:
    """How many rows of an evaluation got no answer, or have no sample. As in the notebook, it can be done again."""
    job = evaluator.evaluate(nemo, model, again=again)
    wait.wait_for_evaluation(nemo, job, poll_seconds=POLL_SECONDS)
    return TEST_ROWS - sum(sample["error"] is None for sample in evaluator.samples(nemo, job))


def _row(text: str) -> dict:
    return {"messages": [{"role": "user", "content": f"Say {text}."}, {"role": "assistant", "content": text}]}


def _test_rows() -> list[dict]:
    calls = [{"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}]
    return [
        {
            "messages": [{"role": "user", "content": f"Is it cold in Oslo, question {row}?"}],
            "tools": [TOOL],
            "tool_calls": calls,
        }
        for row in range(TEST_ROWS)
    ]


def _begin(stage: str) -> None:
    print(f"stage: {stage}", flush=True)


def main() -> None:
    """Run the course with the number of the command line."""
    number = int(sys.argv[1])
    os.environ |= {"DATASET_NAME": f"course-{number}", "CUSTOM_MODEL": f"faults/course-{number}@v1"}
    os.environ["NMS_NAMESPACE"] = "faults"
    try:
        with connect(checkout.load_config("local")) as nemo:
            run(nemo, number)
    except FlywheelError as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
