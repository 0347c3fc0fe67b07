"""The gate of a promotion: both halves, and the arithmetic behind the second."""

from __future__ import annotations

import pytest

from flywheel_helpers.course import gate
from flywheel_helpers.errors import DataError
from flywheel_helpers.statistics import difference


def pair(both: int, gained: int, lost: int, neither: int) -> tuple[list[bool], list[bool]]:
    first = [True] * both + [False] * gained + [True] * lost + [False] * neither
    second = [True] * both + [True] * gained + [False] * lost + [False] * neither
    return first, second


SAME = pair(100, 5, 5, 90)


@pytest.mark.parametrize(
    ("production", "exam", "verdict"),
    [
        (pair(60, 70, 10, 60), pair(90, 20, 8, 82), "promote: yes"),
        (pair(60, 10, 70, 60), pair(90, 20, 8, 82), "promote: no (not better on this week's questions)"),
        (pair(60, 12, 10, 60), SAME, "promote: no (not better on this week's questions)"),
        (pair(60, 70, 10, 60), pair(60, 5, 40, 95), "promote: no (may have got worse on the course's exams)"),
        # As good as before on so few rows that it may be worse: what was not shown does not count.
        (pair(60, 70, 10, 60), pair(8, 4, 4, 4), "promote: no (may have got worse on the course's exams)"),
        (
            pair(60, 10, 70, 60),
            pair(60, 5, 40, 95),
            "promote: no (not better on this week's questions and may have got worse on the course's exams)",
        ),
    ],
)
def test_both_halves_must_pass(production, exam, verdict):
    decision = gate.decide(production, exam)
    assert decision.verdict() == verdict
    assert decision.passed is verdict.endswith("yes")  # not numpy's bool, which no summary can hold
    assert [row[-1] for row in decision.table().rows] == [
        "yes" if passed else "no" for passed in (decision.better, decision.kept)
    ]


def test_the_bound_of_a_paired_difference():
    found = difference(*pair(90, 30, 10, 70))
    assert found.value == pytest.approx(0.1) and found.n == 200
    # Agresti and Min: (30.5 - 10.5) / 202, less 1.645 times its standard error.
    assert found.low == pytest.approx(20 / 202 - 1.6449 * (41 - 400 / 202) ** 0.5 / 202, abs=1e-4)
    assert str(found) == "+10.0 points (at least +4.8)"


def test_no_difference_on_all_rows_is_a_narrow_bound_and_never_zero_width():
    assert -0.02 < difference(*pair(100, 0, 0, 100)).low < 0


def test_other_rows_cannot_be_compared():
    with pytest.raises(ValueError):
        gate.decide(([True], [True, False]), SAME)
    with pytest.raises(DataError, match="stores no single rows"):
        gate.decide(([], []), ([], []))
    with pytest.raises(ValueError, match="no rows"):
        difference([], [])
