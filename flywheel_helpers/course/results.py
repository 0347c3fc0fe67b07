"""Tables and pictures of results, legible on light and dark pages and without telling red from green."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from flywheel_helpers.course.answers import KINDS, RIGHT, is_right
from flywheel_helpers.display import Picture, Table
from flywheel_helpers.statistics import SCORE_NAMES, Scores

# Orange and blues of Okabe and Ito's palette: distinct in every common kind of colour blindness, and in grey. The
# hatching says the same without colour, and the black edge shows where a pale bar ends.
BLUE = "#0072B2"
BASE_STYLE = {"color": "#E69F00", "hatch": "//", "edgecolor": "black"}
BETWEEN_STYLE = {"color": "#56B4E9", "hatch": "..", "edgecolor": "black"}
TUNED_STYLE = {"color": BLUE, "hatch": "", "edgecolor": "black"}
# What versions are measured on, by the name in a run's summary.
EXAM_NAMES = {
    "production": "this week's questions",
    "exam": "unseen functions",
    "practised": "practised functions",
}
NEEDS = ("no tool", "one call", "two calls or more")


def scores_table(base: Scores, tuned: Scores) -> Table:
    """Both accuracies of both models with 95 % intervals and the number of rows."""
    return Table(
        ["accuracy (95 % interval)", "base", "tuned", "rows"],
        [[name, getattr(base, key), getattr(tuned, key), tuned.n] for key, name in SCORE_NAMES.items()],
    )


def exams_table(exams: dict[str, tuple[Scores, Scores]]) -> Table:
    """Both accuracies of both models on several exams.

    Args:
        exams: for each exam's name, the scores of the base and of the tuned model.
    """
    return Table(
        ["exam", "accuracy (95 % interval)", "base", "tuned", "rows"],
        [
            [exam, name, getattr(base, key), getattr(tuned, key), tuned.n]
            for exam, (base, tuned) in exams.items()
            for key, name in SCORE_NAMES.items()
        ],
    )


def kinds_table(base: dict[str, int], tuned: dict[str, int]) -> Table:
    """Right answers and each kind of mistake, counted for both models.

    Args:
        base: from `answers.count_kinds`; `tuned` likewise.
    """
    return Table(["answer", "base", "tuned"], [[kind, base[kind], tuned[kind]] for kind in (RIGHT, *KINDS)])


def needs_table(base: list[dict[str, Any]], tuned: list[dict[str, Any]]) -> Table:
    """How many rows both models get right, by what the question needs.

    Args:
        base: from `evaluator.samples`; `tuned` likewise, for the same rows.
    """
    counts = [[need, 0, 0, 0, 0] for need in NEEDS]
    for before, after in zip(base, tuned, strict=True):
        row = counts[min(len(before["item"].get("tool_calls") or []), 2)]
        row[1] += 1
        row[2] += is_right(before)
        row[3] += is_right(after, "function_name_accuracy")
        row[4] += is_right(after)
    return Table(["the question needs", "rows", "base right", "tuned: functions right", "tuned: fully correct"], counts)


def agreement_table(base_right: list[bool], tuned_right: list[bool]) -> Table:
    """On how many rows both models, only one, or neither is right.

    Args:
        base_right: a verdict a row; `tuned_right` likewise, for the same rows.
    """
    pairs = list(zip(base_right, tuned_right, strict=True))
    return Table(
        ["", "tuned right", "tuned wrong"],
        [
            [f"base {name}", pairs.count((right, True)), pairs.count((right, False))]
            for name, right in (("right", True), ("wrong", False))
        ],
    )


def plot_accuracy(base: Scores, tuned: Scores) -> Picture:
    """Bars of both accuracies for both models, with their 95 % intervals."""
    figure, axes = new_figure(6.4, 3.6)
    for index, (name, scores, style) in enumerate((("base", base, BASE_STYLE), ("tuned", tuned, TUNED_STYLE))):
        for group, key in enumerate(SCORE_NAMES):
            score = getattr(scores, key)
            place = group + (index - 0.5) * 0.36
            axes.bar(
                place,
                score.value,
                0.34,
                yerr=[[score.value - score.low], [score.high - score.value]],
                capsize=4,
                ecolor="black",
                label=name if group == 0 else None,
                **style,
            )
            axes.text(place, score.high + 0.02, f"{score.value:.0%}", ha="center", va="bottom")
    axes.set_xticks(range(len(SCORE_NAMES)), SCORE_NAMES.values())
    axes.set_ylim(0, 1.25)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_title(f"Tool calls on {tuned.n} unseen rows")
    axes.legend(loc="upper left", frameon=False, ncols=2)
    return to_picture(figure, "Bar chart: accuracy of the base and the tuned model with 95 % intervals")


def plot_turns(turns: dict[str, dict[str, dict[str, Any]]]) -> Picture:
    """Both turns of the wheel: each model on each exam, right functions and arguments, with 95 % intervals.

    Args:
        turns: for each exam (a key of `EXAM_NAMES`), by the name of each model, `Scores.numbers()`.
    """
    figure, axes = new_figure(7.6, 3.6)
    key = "function_name_and_args_accuracy"
    models = list(next(iter(turns.values())))
    for index, (model, style) in enumerate(zip(models, (BASE_STYLE, BETWEEN_STYLE, TUNED_STYLE), strict=True)):
        for group, scores in enumerate(turns.values()):
            score, place = scores[model][key], group + (index - 1) * 0.27
            axes.bar(
                place,
                score["value"],
                0.25,
                yerr=[[score["value"] - score["low"]], [score["high"] - score["value"]]],
                capsize=4,
                ecolor="black",
                label=model if group == 0 else None,
                **style,
            )
            axes.text(place, score["high"] + 0.02, f"{score['value']:.0%}", ha="center", va="bottom")
    names = [f"{EXAM_NAMES[exam]}\n{scores[models[0]]['n']} questions" for exam, scores in turns.items()]
    axes.set_xticks(range(len(turns)), names)
    axes.set_ylim(0, 1.2)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_title("Right functions and arguments, turn by turn")
    axes.legend(loc="upper right", frameon=False, ncols=3)
    return to_picture(figure, "Bar chart: the base model and both versions on each exam, with 95 % intervals")


def versions_table(turns: dict[str, dict[str, Scores]]) -> Table:
    """Both accuracies of several models on some exams, with 95 % intervals.

    Args:
        turns: for each exam (a key of `EXAM_NAMES`), the scores by a short name for each model.
    """
    rows = [
        [EXAM_NAMES[exam], name, *(getattr(one, key) for key in SCORE_NAMES), one.n]
        for exam, scores in turns.items()
        for name, one in scores.items()
    ]
    return Table(["exam", "model", *SCORE_NAMES.values(), "questions"], rows)


def needs_of_versions_table(samples: dict[str, list[dict[str, Any]]]) -> Table:
    """How many questions each model answers fully correctly, by what the question needs.

    Args:
        samples: from `evaluator.samples`, by a short name for each model; for the same rows.
    """
    counts: dict[str, list[Any]] = {need: [need, 0, *(0 for _ in samples)] for need in NEEDS}
    for column, rows in enumerate(samples.values()):
        for sample in rows:
            row = counts[NEEDS[min(len(sample["item"].get("tool_calls") or []), 2)]]
            row[1] += column == 0
            row[2 + column] += is_right(sample)
    headers = ["the question needs", "questions", *(f"{name}: fully correct" for name in samples)]
    return Table(headers, list(counts.values()))


def plot_kinds(base: dict[str, int], tuned: dict[str, int]) -> Picture:
    """How often each kind of mistake happened, before and after training."""
    figure, axes = new_figure(6.4, 3.6)
    for index, (name, counts, style) in enumerate((("base", base, BASE_STYLE), ("tuned", tuned, TUNED_STYLE))):
        places = [row + (index - 0.5) * 0.38 for row in range(len(KINDS))]
        values = [counts[kind] for kind in KINDS]
        bars = axes.barh(places, values, 0.36, label=name, **style)
        axes.bar_label(bars, padding=3)
    axes.set_yticks(range(len(KINDS)), KINDS)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_xlabel("rows")
    axes.set_title("Mistakes before and after training")
    axes.legend(frameon=False)
    return to_picture(figure, "Bar chart: kinds of mistakes of the base and the tuned model")


def plot_losses(curves: dict[str, list[dict[str, Any]]]) -> Picture:
    """Training and validation loss over steps.

    Args:
        curves: `status_details.metrics.metrics` of a customization job.
    """
    figure, axes = new_figure(6.4, 3.2)
    for key, name, colour, style in (
        ("train_loss", "training", BLUE, "-"),
        ("val_loss", "validation", "black", "o--"),
    ):
        points = [point for point in curves.get(key) or [] if point.get("value") is not None]
        if points:
            axes.plot([p["step"] for p in points], [p["value"] for p in points], style, color=colour, label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.set_title("Loss while training")
    if axes.lines:
        axes.legend(frameon=False)
    return to_picture(figure, "Line chart: training and validation loss over steps")


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of this size in inches. White, so that black text on it reads well on a dark page too."""
    # Not through pyplot: no figure stays open, and none is shown twice.
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def to_picture(figure: Figure, alt: str) -> Picture:
    """A figure as the PNG that stays in a notebook, with words for those who cannot see it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return Picture(buffer.getvalue(), alt)
