"""Questions that go to the model in use, as an app sends them, and the log that the app keeps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from flywheel_helpers.data import xlam
from flywheel_helpers.display import open_display
from flywheel_helpers.feedback import journal
from flywheel_helpers.services import nim
from flywheel_helpers.services.connection import Connection

PARALLEL = 16  # requests in flight, as from an app with a handful of users at the same time
MAX_TOKENS = 200  # as in the evaluation


def ask(nemo: Connection, model: str, questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send questions to a model concurrently and log each one; those logged before are not asked again.

    A record has `request_id`, `time`, `user` (a pseudonym), `model`, `messages`, `tools`, `answer` (the assistant's
    message) and `latency_ms`. `time` is when the question came up, which for the course's sample is in the past.

    Args:
        model: full name of the model in use.
        questions: rows of `sample_data.production`: xLAM rows with `id`, `time` and `user`.

    Returns:
        the log's records of these questions, in their order.

    Raises:
        ServiceError: the first request that failed. What was answered before that is logged.
    """
    logged = {record["request_id"]: record for record in journal.read(nemo, journal.USAGE)}
    wanted = {_request_id(model, question): question for question in questions}
    new = {request_id: question for request_id, question in wanted.items() if request_id not in logged}
    answered: list[dict[str, Any]] = []
    executor = ThreadPoolExecutor(max_workers=PARALLEL)
    try:
        with open_display(f"Asking {model}") as display:
            futures = [executor.submit(_ask, nemo, model, request_id, question) for request_id, question in new.items()]
            for done, future in enumerate(as_completed(futures), 1):
                answered.append(future.result())
                display.update(done / len(futures), f"{done} of {len(futures)} answers")
            display.done(f"completed: {len(new)} new answers, {len(wanted) - len(new)} logged before")
    finally:
        executor.shutdown(cancel_futures=True)
        journal.append(nemo, journal.USAGE, answered)
    logged |= {record["request_id"]: record for record in answered}
    return [logged[request_id] for request_id in wanted]


def _request_id(model: str, question: dict[str, Any]) -> str:
    """The same for the same question to the same model, so that a second run of the notebook finds the first one's."""
    return f"{question['id']}/{model}"


def _ask(nemo: Connection, model: str, request_id: str, question: dict[str, Any]) -> dict[str, Any]:
    row = xlam.to_evaluation_row(question)
    began = time.perf_counter()
    answer = nim.chat(nemo, model, row["messages"], row["tools"], max_tokens=MAX_TOKENS)
    return {
        "request_id": request_id,
        "time": question["time"],
        "user": question["user"],
        "model": model,
        "messages": row["messages"],
        "tools": row["tools"],
        "answer": {key: answer[key] for key in ("role", "content", "tool_calls") if key in answer},
        "latency_ms": round(1000 * (time.perf_counter() - began)),
    }
