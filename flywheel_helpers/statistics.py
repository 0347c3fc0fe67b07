"""How sure a measured accuracy is, and whether two models really differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from scipy.stats import binomtest

# The Evaluator's names of the two scores, and the words the course uses for them.
SCORE_NAMES = {
    "function_name_accuracy": "right functions",
    "function_name_and_args_accuracy": "right functions and arguments",
}


@dataclass(frozen=True)
class Score:
    """A share of right answers with its 95 % confidence interval."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, right: int, n: int) -> Score:
        """The score of `right` right answers among `n`, with Wilson's interval.

        Wilson's interval stays inside 0 to 1 and keeps its promise near both ends, where the textbook's
        plus-or-minus does not; scores of 0 % and 98 % both occur here.

        Raises:
            ValueError: `n` is not positive, or `right` lies outside 0 to `n`.
        """
        interval = binomtest(right, n).proportion_ci(confidence_level=0.95, method="wilson")
        return cls(value=right / n, low=float(interval.low), high=float(interval.high), n=n)

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True)
class Scores:
    """How well a model calls tools, measured on `n` rows.

    Args:
        model: its full name.
        n: rows.
        function_name_accuracy: share of rows with exactly the right functions called.
        function_name_and_args_accuracy: share of rows where all arguments are right as well.
    """

    model: str
    n: int
    function_name_accuracy: Score
    function_name_and_args_accuracy: Score

    def numbers(self) -> dict[str, Any]:
        """The scores as plain numbers, for `summary.json`: `n`, and by name `value`, `low` and `high`."""
        scores = {key: getattr(self, key) for key in SCORE_NAMES}
        return {"n": self.n, **{key: {"value": s.value, "low": s.low, "high": s.high} for key, s in scores.items()}}


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows, by McNemar's exact test.

    Args:
        gained: rows only the second model got right.
        lost: rows only the first model got right.
        p: how likely a split at least this uneven is if the models were equally good.
        n: rows compared.
    """

    gained: int
    lost: int
    p: float
    n: int

    @property
    def better(self) -> bool:
        """Whether the second model is better, at the 5 % level."""
        return self.gained > self.lost and self.p < 0.05

    def verdict(self) -> str:
        """One line: `tuned beats base: yes, p < 0.001`; `cannot tell` where chance may have made the difference."""
        if not self.n:
            return "tuned beats base: there are no single rows to compare"
        p = "p < 0.001" if self.p < 0.001 else f"p = {self.p:.3f}"
        word = "cannot tell" if self.p >= 0.05 else "yes" if self.better else "no"
        return f"tuned beats base: {word}, {p}"


def compare(base_right: list[bool], tuned_right: list[bool]) -> Comparison:
    """Compare two models on the same rows, in the same order.

    Only rows on which they differ say anything. If the models were equally good, each such row would fall to either
    with probability one half.

    Raises:
        ValueError: the lists have different lengths, so the rows are not the same.
    """
    pairs = list(zip(base_right, tuned_right, strict=True))
    gained = sum(not base and tuned for base, tuned in pairs)
    lost = sum(base and not tuned for base, tuned in pairs)
    p = float(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0
    return Comparison(gained, lost, p, len(pairs))


@dataclass(frozen=True)
class Difference:
    """By how much a second model's share of right answers differs from a first one's, on the same rows.

    Args:
        value: second minus first, from -1 to 1.
        low: with 95 % confidence the true difference is at least this (one-sided).
        n: rows.
    """

    value: float
    low: float
    n: int

    def __str__(self) -> str:
        return f"{100 * self.value:+.1f} points (at least {100 * self.low:+.1f})"


def difference(first_right: list[bool], second_right: list[bool]) -> Difference:
    """The paired difference of two models with its one-sided 95 % bound.

    The bound is Wald's with half a row added to each of the four cells of the table, which keeps its promise on a few
    hundred rows: Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", 2005.

    Raises:
        ValueError: the lists have different lengths, or there are no rows.
    """
    found = compare(first_right, second_right)
    if not found.n:
        raise ValueError("there are no rows to compare")
    n, gained, lost = found.n + 2, found.gained + 0.5, found.lost + 0.5
    spread = math.sqrt((gained + lost) - (gained - lost) ** 2 / n) / n
    low = (gained - lost) / n - NormalDist().inv_cdf(0.95) * spread
    return Difference((found.gained - found.lost) / found.n, low, found.n)
