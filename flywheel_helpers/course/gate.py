"""The gate of a promotion: what a new version must show before apps use it, stated before any number is seen."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel_helpers.display import Table
from flywheel_helpers.errors import DataError
from flywheel_helpers.statistics import Comparison, Difference, compare, difference

ALPHA = 0.05  # how likely chance may be the reason for the improvement
MARGIN = 0.05  # how much worse the course's exams may get, as a share of their rows


@dataclass(frozen=True)
class Decision:
    """Both halves of the gate.

    Args:
        production: the version in use against the new one on questions of production.
        exam: the same on the course's exams, taken together.
    """

    production: Comparison
    exam: Difference

    @property
    def better(self) -> bool:
        """The new version is better where it is used, and chance is an unlikely reason."""
        return self.production.gained > self.production.lost and self.production.p < ALPHA

    @property
    def kept(self) -> bool:
        """The new version has not forgotten: with 95 % confidence the loss on the exams is smaller than the margin."""
        return self.exam.low > -MARGIN

    @property
    def passed(self) -> bool:
        """Whether the new version may be promoted."""
        return self.better and self.kept

    def table(self) -> Table:
        """Each half of the gate, what was measured, and whether it is passed."""
        found, p = self.production, self.production.p
        measured = f"{found.gained} gained, {found.lost} lost, {'p < 0.001' if p < 0.001 else f'p = {p:.3f}'}"
        return Table(
            ["the gate asks for", "measured", "passed"],
            [
                [f"better on this week's questions (p < {ALPHA})", measured, _yes(self.better)],
                [f"not worse on the exams by {100 * MARGIN:.0f} points or more", self.exam, _yes(self.kept)],
            ],
        )

    def verdict(self) -> str:
        """One line: may the new version be promoted, and if not, which half failed?"""
        if self.passed:
            return "promote: yes"
        failed = [
            name
            for name, passed in (
                ("not better on this week's questions", self.better),
                ("may have got worse on the course's exams", self.kept),
            )
            if not passed
        ]
        return f"promote: no ({' and '.join(failed)})"


def decide(production: tuple[list[bool], list[bool]], exam: tuple[list[bool], list[bool]]) -> Decision:
    """Hold two versions against the gate.

    Args:
        production: whether each answer of this week is fully correct, by the version in use and by the new one.
        exam: likewise for the rows of the course's exams.

    Raises:
        DataError: the Evaluator has no single rows, so the versions cannot be compared.
        ValueError: the two versions were not asked the same rows.
    """
    if not (production[0] and exam[0]):
        raise DataError(
            "The Evaluator stores no single rows, so the two versions cannot be compared",
            "Their scores are above; the gate needs an Evaluator whose results can be downloaded row by row.",
        )
    return Decision(compare(*production), difference(*exam))


def _yes(passed: bool) -> str:
    return "yes" if passed else "no"
