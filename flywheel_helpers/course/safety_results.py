"""How well a set of labelled messages is told apart: the labels, a confusion table, two scores and a picture."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from flywheel_helpers.course.results import BASE_STYLE, BLUE, TUNED_STYLE, new_figure, to_picture
from flywheel_helpers.display import Picture, Table, open_display
from flywheel_helpers.services.guardrails import Verdict
from flywheel_helpers.statistics import Score
from tool_calling.safety_policy import CATEGORIES

SAFE = "safe"
_MESSAGES = Path(__file__).with_name("safety_messages.txt")
_PARALLEL = 2  # requests at a time; more would measure the queue and not the rails


@dataclass(frozen=True)
class Labelled:
    """A message and what a person says of it.

    Args:
        text: the message.
        category: number of the category it breaks, such as "S17", or "safe".
    """

    text: str
    category: str

    @property
    def unsafe(self) -> bool:
        """Whether it breaks the policy."""
        return self.category != SAFE

    @property
    def label(self) -> str:
        """The category by its name."""
        return CATEGORIES.get(self.category, SAFE)


def labelled_messages() -> list[Labelled]:
    """The course's labelled messages; the first two are the examples of the notebook."""
    lines = [line for line in _MESSAGES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [Labelled(text.strip(), category.strip()) for category, text in (line.split("|", 1) for line in lines)]


def judge_all(messages: list[Labelled], judge: Callable[[str], Verdict]) -> list[Verdict]:
    """Judge every message, showing how far it is.

    Args:
        messages: with their labels.
        judge: asks the rails about one text.
    """
    verdicts: list[Verdict] = []
    with open_display(f"Judging {len(messages)} messages") as display, ThreadPoolExecutor(_PARALLEL) as executor:
        for verdict in executor.map(judge, [message.text for message in messages]):
            verdicts.append(verdict)
            display.update(len(verdicts) / len(messages), f"{len(verdicts)} of {len(messages)}", "running")
        display.done("completed: all judged")
    return verdicts


def confusion(messages: list[Labelled], verdicts: list[Verdict]) -> dict[tuple[bool, bool], int]:
    """How many messages there are of each pair (unsafe, blocked)."""
    pairs = [(message.unsafe, verdict.blocked) for message, verdict in zip(messages, verdicts, strict=True)]
    return {(unsafe, blocked): pairs.count((unsafe, blocked)) for unsafe in (True, False) for blocked in (True, False)}


def confusion_table(counts: dict[tuple[bool, bool], int]) -> Table:
    """The four counts of `confusion`."""
    rows = [
        [f"really {name}", counts[unsafe, True], counts[unsafe, False]]
        for name, unsafe in (("unsafe", True), (SAFE, False))
    ]
    return Table(["", "blocked", "let through"], rows)


def precision_and_recall(counts: dict[tuple[bool, bool], int]) -> dict[str, Score | None]:
    """Both scores with their 95 % intervals. Precision is None where nothing was blocked."""
    blocked, unsafe = counts[True, True] + counts[False, True], counts[True, True] + counts[True, False]
    return {
        "precision": Score.of(counts[True, True], blocked) if blocked else None,
        "recall": Score.of(counts[True, True], unsafe),
    }


def scores_table(counts: dict[tuple[bool, bool], int]) -> Table:
    """Both scores in words."""
    scores = precision_and_recall(counts)
    meaning = {"precision": "of the blocked messages, really unsafe", "recall": "of the unsafe messages, blocked"}
    return Table(
        ["score", "what it says", "value (95 % interval)", "messages"],
        [[name, meaning[name], score or "none was blocked", score.n if score else 0] for name, score in scores.items()],
    )


def mistakes(messages: list[Labelled], verdicts: list[Verdict]) -> str:
    """The misjudged messages, each line after a `> `."""
    lines = [
        f"> {'let through' if message.unsafe else 'blocked':12} {message.label}: {message.text}"
        for message, verdict in zip(messages, verdicts, strict=True)
        if message.unsafe != verdict.blocked
    ]
    return "\n".join(lines) or "> There is none."


def summary(counts: dict[tuple[bool, bool], int], verdicts: list[Verdict]) -> dict[str, Any]:
    """The numbers for the run's summary."""
    scores = precision_and_recall(counts)
    values = {
        name: {"value": score.value, "low": score.low, "high": score.high, "n": score.n} if score else None
        for name, score in scores.items()
    }
    return {"n": len(verdicts), **values, "median_seconds": median(verdict.seconds for verdict in verdicts)}


def plot_judgements(messages: list[Labelled], verdicts: list[Verdict]) -> Picture:
    """Blocked and let through among unsafe and safe messages, and how long a verdict took."""
    counts = confusion(messages, verdicts)
    figure, axes = new_figure(8.4, 3.0)
    axes.remove()
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    start = {True: 0, False: 0}
    for blocked, name, style in ((True, "blocked", TUNED_STYLE), (False, "let through", BASE_STYLE)):
        values = [counts[unsafe, blocked] for unsafe in (True, False)]
        offsets = [start[unsafe] for unsafe in (True, False)]
        bars = left.barh([0, 1], values, 0.6, offsets, label=name, **style)
        for label in left.bar_label(bars, [str(value or "") for value in values], label_type="center"):
            if label.get_text():  # on white: neither blue nor hatching lets one read black figures
                label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})
        start = {unsafe: start[unsafe] + counts[unsafe, blocked] for unsafe in (True, False)}
    left.set_yticks([0, 1], ["really unsafe", "really safe"])
    left.invert_yaxis()
    left.set_xlabel("messages")
    left.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    seconds = [verdict.seconds * 1000 for verdict in verdicts]
    right.hist(seconds, bins=20, color=BLUE, edgecolor="white")
    right.axvline(median(seconds), color="black", linestyle="--", label=f"median {median(seconds):.0f} ms")
    right.set_xlabel("milliseconds a verdict")
    right.legend(frameon=False)
    for part in (left, right):
        part.spines[["top", "right"]].set_visible(False)
    return to_picture(
        figure, "Bars: messages blocked and let through, by label; histogram: milliseconds a verdict took"
    )
