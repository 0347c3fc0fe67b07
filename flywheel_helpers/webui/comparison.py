"""Asking many questions through the chat window's API, and comparing the answers with those of the plain API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from flywheel_helpers.course.answers import error_kind
from flywheel_helpers.display import Table, open_display
from flywheel_helpers.errors import DataError
from flywheel_helpers.statistics import SCORE_NAMES, Score
from flywheel_helpers.webui.client import OpenWebUI
from tool_calling.parsing import read_answer
from tool_calling.prompt import question_text
from tool_calling.scoring import score_tool_calls

PARALLEL = 8  # questions asked at the same time
CLOSE = 3.0  # percentage points by which two paths to one model may differ
NUMBER_OF_TOOLS = ("no tool", "one tool", "two tools")


def ask(webui: OpenWebUI, preset_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask a preset all questions as plain text, each in its own conversation.

    Args:
        webui: signed in.
        preset_id: the preset to ask.
        rows: evaluation rows (`messages`, `tools`, `tool_calls`).

    Returns:
        for each row, in the same order, a sample as in `evaluator.samples` (`index`, `item`, `response`, `scores`) with
        the `text` of the answer.

    Raises:
        ServiceError: a request failed. The remaining questions are not asked.
    """
    texts = [question_text(row["messages"][-1]["content"], row["tools"]) for row in rows]
    executor = ThreadPoolExecutor(max_workers=PARALLEL)
    try:
        with open_display(f"Asking {preset_id}") as display:
            futures = [executor.submit(webui.chat, preset_id, text) for text in texts]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                display.update(done / len(texts), f"{done} of {len(texts)} answers")
            display.done(f"completed: {len(texts)} answers")
    finally:
        executor.shutdown(cancel_futures=True)
    return [_sample(index, row, future.result()) for index, (row, future) in enumerate(zip(rows, futures, strict=True))]


def kind(sample: dict[str, Any]) -> str:
    """ "right", or the kind of mistake as notebook 03 names it."""
    return error_kind(sample["item"]["tool_calls"], sample["response"])


def verdicts_table(tuned: list[dict[str, Any]], base: list[dict[str, Any]]) -> Table:
    """For each question, how many tools it needs, and whether the answers are right.

    Args:
        tuned: from `ask`.
        base: from `ask`, for the same questions.
    """
    return Table(
        ["question", "needs", "tuned", "base"],
        [
            [one["item"]["messages"][-1]["content"], _needs(one["item"]), kind(one), kind(other)]
            for one, other in zip(tuned, base, strict=True)
        ],
    )


def paths_table(api: list[dict[str, Any]], chat: list[dict[str, Any]]) -> Table:
    """Both accuracies on both paths, with 95 % intervals.

    Args:
        api: samples of the evaluation.
        chat: samples from `ask`, for the same rows.
    """
    rows = len(_same_rows(api, chat))
    return Table(
        ["accuracy (95 % interval)", "API with tools", "chat as text", "rows"],
        [[words, _accuracy(api, name), _accuracy(chat, name), rows] for name, words in SCORE_NAMES.items()],
    )


def difference(api: list[dict[str, Any]], chat: list[dict[str, Any]]) -> float:
    """By how many percentage points the two paths differ: the larger of the differences of the two accuracies."""
    rows = len(_same_rows(api, chat))
    return max(100 * abs(_right(api, name) - _right(chat, name)) / rows for name in SCORE_NAMES)


def numbers(api: list[dict[str, Any]], chat: list[dict[str, Any]]) -> dict[str, Any]:
    """The comparison as plain numbers, for `summary.json`."""
    rows, paths = len(_same_rows(api, chat)), {"api": api, "chat": chat}
    values = {path: {name: _accuracy(part, name).value for name in SCORE_NAMES} for path, part in paths.items()}
    return {"n": rows, **values}


def verdict(api: list[dict[str, Any]], chat: list[dict[str, Any]]) -> str:
    """One line that says whether both paths give the same accuracy."""
    apart = difference(api, chat)
    return f"within {CLOSE:.0f} points of each other: {'yes' if apart <= CLOSE else 'no'} ({apart:.1f} points apart)"


def _sample(index: int, row: dict[str, Any], text: str) -> dict[str, Any]:
    message = read_answer(text, row["tools"])
    scores = score_tool_calls(message.get("tool_calls") or [], row["tool_calls"])
    return {"index": index, "item": row, "text": text, "response": message, "scores": scores}


def _needs(row: dict[str, Any]) -> str:
    return NUMBER_OF_TOOLS[min(len(row["tool_calls"]), 2)]


def _same_rows(api: list[dict[str, Any]], chat: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if [one["item"] for one in api] != [one["item"] for one in chat]:
        raise ValueError("the two paths were asked different rows")
    if not chat:
        raise DataError(
            "The evaluation has no single answers, so there is nothing to compare the chat with.",
            "Continue with the exercise below. The score of notebook 03 is still valid.",
        )
    return chat


def _right(samples: list[dict[str, Any]], name: str) -> int:
    return sum(sample["scores"].get(name) == 1 for sample in samples)


def _accuracy(samples: list[dict[str, Any]], name: str) -> Score:
    return Score.of(_right(samples, name), len(samples))
