"""Pictures that also those can read who do not tell colours apart: every series has a second sign, and contrast."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from flywheel_helpers.course import diagrams, results, safety_results
from flywheel_helpers.course.answers import KINDS
from flywheel_helpers.services.guardrails import Verdict
from flywheel_helpers.statistics import Score, Scores

WHITE = (1.0, 1.0, 1.0)
READABLE, VISIBLE = 4.5, 3.0  # contrasts that WCAG 2 AA asks for: of text, and of what a graphic consists of


def some_scores() -> Scores:
    return Scores("model", 40, Score.of(30, 40), Score.of(20, 40))


def draw_turns() -> None:
    models = {name: some_scores().numbers() for name in ("base", "version 1", "version 2")}
    results.plot_turns({"production": models, "exam": models, "practised": models})


def draw_judgements() -> None:
    messages = safety_results.labelled_messages()[:8]
    verdicts = [Verdict(number % 3 == 0, (), "", 0.1 + number / 100) for number in range(8)]
    safety_results.plot_judgements(messages, verdicts)


def draw_losses() -> None:
    points = [{"step": step, "value": 2 / step} for step in range(1, 5)]
    results.plot_losses({"train_loss": points, "val_loss": points})


def draw_kinds() -> None:
    counts = {kind: 3 for kind in KINDS}
    results.plot_kinds(counts, counts)


DRAWINGS = {
    "flywheel": diagrams.flywheel,
    "second turn": diagrams.second_turn,
    "split": lambda: diagrams.split({"training": 9, "test": 3}, {"training": 20, "validation": 2, "test": 9}),
    "lora": diagrams.lora,
    "loss mask": diagrams.loss_mask,
    "learning rates": lambda: diagrams.learning_rates(1e-3, 10, 40),
    "guardrails": diagrams.guardrails,
    "accuracy": lambda: results.plot_accuracy(some_scores(), some_scores()),
    "turns": draw_turns,
    "kinds": draw_kinds,
    "losses": draw_losses,
    "judgements": draw_judgements,
}


def luminance(colour) -> float:
    """Of the sRGB colour, as WCAG 2 defines it."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def sign(handle: Line2D | Patch) -> tuple:
    """What tells a series from the others where no colours are seen."""
    if isinstance(handle, Patch):
        return "area", handle.get_hatch(), handle.get_linestyle()
    return "line", handle.get_linestyle(), handle.get_marker()


def outline(handle: Line2D | Patch):
    return handle.get_color() if isinstance(handle, Line2D) else handle.get_edgecolor()


def drawn(draw: Callable[[], object]) -> Figure:
    """The figure itself, before it becomes a PNG."""
    figures: list[Figure] = []
    with pytest.MonkeyPatch.context() as patch:
        for module in (diagrams, results, safety_results):
            patch.setattr(module, "to_picture", lambda figure, alt: figures.append(figure))
        draw()
    (figure,) = figures
    return figure


@pytest.fixture(scope="module", params=DRAWINGS)
def figure(request) -> Figure:
    return drawn(DRAWINGS[request.param])


def legend(axes: Axes) -> list[Line2D | Patch]:
    return [handle[0] if isinstance(handle, tuple) else handle for handle in axes.get_legend_handles_labels()[0]]


def test_colour_is_never_the_only_sign(figure):
    for axes in figure.axes:
        signs = [sign(handle) for handle in legend(axes)]
        assert len(set(signs)) == len(signs), signs


def test_every_series_stands_out_from_the_page(figure):
    assert figure.get_facecolor()[:3] == WHITE, "the page may be dark, and the text is not"
    for axes in figure.axes:
        for handle in legend(axes):
            assert contrast(outline(handle), WHITE) >= VISIBLE


def test_every_text_is_readable(figure):
    for text in figure.findobj(Text):
        if text.get_text().strip():
            assert contrast(text.get_color(), WHITE) >= READABLE, text.get_text()


def test_no_text_lies_on_a_bar(figure):
    """Except on a white ground of its own."""
    groups = [(axes, bars) for axes in figure.axes for bars in axes.containers if isinstance(bars, BarContainer)]
    bars = [(axes, bar) for axes, bars in groups for bar in bars]
    if bars:
        figure.canvas.draw()  # now everything has its place
    for axes, bar in bars:
        for text in axes.texts:
            ground = text.get_bbox_patch()
            if text.get_text() and not (ground and ground.get_facecolor()[:3] == WHITE):
                middle = text.get_window_extent().get_points().mean(axis=0)
                assert not bar.get_window_extent().contains(*middle), text.get_text()


def test_what_the_loss_counts_has_a_frame():
    (axes,) = drawn(diagrams.loss_mask).axes
    assert [patch.get_edgecolor()[3] > 0 for patch in axes.patches] == [False, False, True]


def test_a_training_without_warm_up_has_none_in_its_picture():
    (axes,) = drawn(lambda: diagrams.learning_rates(1e-3, 0, 40)).axes
    assert axes.get_legend() is None
