"""Drawings that explain: the flywheel, LoRA, what the loss counts, how the learning rate moves, how rows are split."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from flywheel_helpers.course.results import BASE_STYLE, BETWEEN_STYLE, BLUE, TUNED_STYLE, new_figure, to_picture
from flywheel_helpers.display import Picture

GREY, PALE_BLUE, PALE_ORANGE = "#E8E8E8", "#CFE4F2", "#FBE6BF"


def flywheel() -> Picture:
    """The services in the order the notebooks meet them, and what passes from one to the next."""
    figure, axes = _canvas(8.4, 2.6, 84, 26)
    boxes = {
        "Data Store\nEntity Store": (2, "01", GREY),
        "Customizer": (24, "02", PALE_ORANGE),
        "NIM proxy": (46, "02", PALE_BLUE),
        "Evaluator": (68, "03", GREY),
    }
    for name, (left, notebook, colour) in boxes.items():
        _box(axes, left, 12, 14, 9, name, colour)
        axes.text(left + 7, 23, f"notebook {notebook}", ha="center", fontsize=9, color="#555555")
    for left, words in ((16, "rows"), (38, "adapter"), (60, "answers")):
        _arrow(axes, (left, 16.5), (left + 8, 16.5))
        axes.text(left + 4, 18, words, ha="center", fontsize=9)
    axes.annotate(
        "",
        (9, 11.5),
        (75, 11.5),
        arrowprops={"arrowstyle": "-|>", "color": "black", "connectionstyle": "arc3,rad=-0.16"},
    )
    axes.text(42, 3, "mistakes tell which rows to add: the next turn", ha="center", fontsize=9, backgroundcolor="white")
    return to_picture(
        figure,
        "Diagram: rows go from the Data Store to the Customizer, its adapter to the NIM proxy, the answers to the "
        "Evaluator, and what it finds back to the rows",
    )


def second_turn() -> Picture:
    """The second turn of the wheel: from the model in use, by way of what people say, to the next version."""
    figure, axes = _canvas(8.4, 3.0, 84, 30)
    top = {
        "model in use\nversion 1": (2, PALE_BLUE),
        "usage log": (24, GREY),
        "feedback": (46, GREY),
        "curation": (68, GREY),
    }
    bottom = {
        "promote\nor keep": (2, GREY),
        "gate": (24, PALE_ORANGE),
        "version 2": (46, PALE_BLUE),
        "training": (68, PALE_ORANGE),
    }
    for row, height in ((top, 20), (bottom, 3)):
        for name, (left, colour) in row.items():
            _box(axes, left, height, 14, 8, name, colour)
    for left, words in ((16, "answers"), (38, "verdicts"), (60, "corrections")):
        _arrow(axes, (left + 0.5, 24), (left + 7.5, 24))
        axes.text(left + 4, 25.2, words, ha="center", fontsize=8)
    _arrow(axes, (75, 19.5), (75, 11.5))
    axes.text(76, 15.5, "rows", ha="left", va="center", fontsize=8)
    for left, words in ((60, "adapter"), (38, "scores"), (16, "passed?")):
        _arrow(axes, (left + 7.5, 7), (left + 0.5, 7))
        axes.text(left + 4, 8.2, words, ha="center", fontsize=8)
    _arrow(axes, (9, 11.5), (9, 19.5))
    return to_picture(
        figure,
        "Diagram: the answers of the model in use are logged, people judge and correct them, curated corrections train "
        "version 2, and a gate decides whether it is promoted to be the model in use",
    )


def split(functions: dict[str, int], rows: dict[str, int]) -> Picture:
    """Two bars: how the functions are divided between training and test, and how the rows are.

    Args:
        functions: how many functions each part has, such as `{"training": 200, "test": 40}`; `rows` likewise.
    """
    figure, axes = new_figure(7.2, 2.4)
    styles = {"training": TUNED_STYLE, "validation": BETWEEN_STYLE, "test": BASE_STYLE}
    for place, (name, parts) in enumerate((("functions", functions), ("rows", rows))):
        left, total = 0.0, sum(parts.values())
        for part, count in parts.items():
            if not count:
                continue
            axes.barh(place, count / total, 0.5, left, label=part if name == "rows" else None, **styles[part])
            axes.text(left + count / total / 2, place - 0.28, count, ha="center", va="bottom", weight="bold")
            left += count / total
        axes.text(-0.01, place, name, ha="right", va="center")
    axes.invert_yaxis()
    axes.set_axis_off()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False)
    return to_picture(figure, "Bars: functions and rows divided into training, validation and test")


def lora() -> Picture:
    """A frozen weight matrix beside the two thin ones that LoRA trains."""
    figure, axes = _canvas(7.6, 3.6, 76, 36)
    axes.text(2, 17, "input $x$", va="center", fontsize=11)
    _box(axes, 18, 18, 16, 16, "$W$\nfrozen", GREY)
    _box(axes, 18, 3, 16, 5, "$A$ (rank rows)", PALE_BLUE)
    _box(axes, 41, 1, 5, 13, "$B$", PALE_BLUE)
    _box(axes, 56, 15.5, 4.5, 4.5, "+", "white")
    axes.text(64, 17.7, "output\n$Wx + \\frac{\\alpha}{r}\\, B A x$", va="center", fontsize=11)
    for start, end in (
        ((11, 18.5), (17.5, 26)),
        ((11, 16), (17.5, 5.5)),
        ((34.5, 5.5), (40.5, 5.5)),
        ((34.5, 26), (55.5, 19.5)),
        ((46.5, 7.5), (55.5, 16)),
    ):
        _arrow(axes, start, end)
    axes.text(37.5, 8.2, "$r$\nnumbers", ha="center", va="bottom", fontsize=9)
    axes.text(48, 3.5, "$A$ and $B$\nare trained", va="center", fontsize=9)
    return to_picture(
        figure, "Diagram of LoRA: the output is the frozen matrix W times x, plus alpha over r times B times A times x"
    )


def loss_mask() -> Picture:
    """A training row as the model reads it: what it is marked on has a frame, and what it only reads has none."""
    figure, axes = _canvas(8.0, 2.9, 80, 29)
    turns = (
        ("system", "You are a tool selector. ...", GREY),
        ("user", "Query: Future value of 2000 dollars at 2% for 8 years?  Tools: [ ... ]", GREY),
        ("assistant", '[{"name": "future_investment_value", "arguments": {"present_value": 2000, ...}}]', PALE_BLUE),
    )
    for row, (role, text, colour) in enumerate(turns):
        bottom = 22 - 8 * row
        edge = BLUE if role == "assistant" else "none"
        axes.add_patch(
            FancyBboxPatch((13, bottom), 65, 5, boxstyle="round,pad=0.4", facecolor=colour, edgecolor=edge, linewidth=2)
        )
        axes.text(11, bottom + 2.5, role, ha="right", va="center", fontsize=10, fontweight="bold")
        axes.text(14, bottom + 2.5, text, va="center", fontsize=8.5, family="monospace")
    axes.text(13, 1, "grey, no frame: read, never marked", fontsize=9, color="#555555")
    axes.text(78, 1, "blue, framed: the loss counts these tokens only", ha="right", fontsize=9, color=BLUE)
    return to_picture(
        figure, "A training row: system and user turns are read only, the loss counts the assistant's answer only"
    )


def learning_rates(peak: float, warmup_steps: int, steps: int) -> Picture:
    """The learning rate over a training run: up in a straight line, then down along half a cosine to a tenth.

    Args:
        peak: the largest.
        warmup_steps: steps until it is reached.
        steps: of the whole training.
    """
    figure, axes = new_figure(6.4, 2.6)
    down = max(1, steps - warmup_steps)
    rates = [
        peak * (step + 1) / warmup_steps
        if step < warmup_steps
        else peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / down)))
        for step in range(steps)
    ]
    axes.plot(range(1, steps + 1), rates, color=BLUE)
    if warmup_steps:
        axes.axvspan(0, warmup_steps, facecolor=PALE_ORANGE, edgecolor="black", linestyle=":", label="warm-up")
        axes.legend(frameon=False)
    axes.set_xlabel("step")
    axes.set_ylabel("learning rate")
    axes.set_ylim(bottom=0)
    return to_picture(figure, "Line chart: the learning rate grows during the warm-up, then falls to a tenth")


def guardrails() -> Picture:
    """A message on its way through the rails, and where it is stopped."""
    figure, axes = _canvas(8.4, 2.3, 84, 23)
    for name, left, colour in (("message", 1, GREY), ("input rails", 24, PALE_ORANGE), ("tuned model", 47, PALE_BLUE)):
        _box(axes, left, 12, 14, 8, name, colour)
    _box(axes, 70, 12, 12, 8, "tool call", GREY)
    _box(axes, 24, 1, 14, 6, "safety model", PALE_BLUE)
    _box(axes, 47, 1, 35, 6, "refusal: the model was never asked", GREY)
    for start, end in (((15.5, 16), (23.5, 16)), ((38.5, 16), (46.5, 16)), ((61.5, 16), (69.5, 16))):
        _arrow(axes, start, end)
    axes.annotate("", (31, 7.4), (31, 11.6), arrowprops={"arrowstyle": "<|-|>", "color": "black"})
    _arrow(axes, (38.5, 13), (46.5, 6))
    axes.text(42.5, 17.2, "safe", ha="center", fontsize=9)
    axes.text(45.8, 9.6, "anything else", ha="left", fontsize=9)
    return to_picture(
        figure,
        "Diagram: a message goes to the input rails, which ask the safety model. Only a safe verdict lets it on to the "
        "tuned model; anything else ends in a refusal",
    )


def _canvas(width: float, height: float, columns: float, rows: float) -> tuple[Figure, Axes]:
    figure, axes = new_figure(width, height)
    axes.set_xlim(0, columns)
    axes.set_ylim(0, rows)
    axes.set_axis_off()
    return figure, axes


def _box(axes: Axes, left: float, bottom: float, width: float, height: float, text: str, colour: str) -> None:
    axes.add_patch(
        FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0.3", facecolor=colour, edgecolor="black")
    )
    axes.text(left + width / 2, bottom + height / 2, text, ha="center", va="center", fontsize=10)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black"})
