"""Intervals and comparisons against values computed elsewhere."""

from __future__ import annotations

import pytest

from flywheel_helpers.statistics import Score, compare


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Wilson's formula by hand: centre (k + z²/2)/(n + z²), half width z·sqrt(k(n-k)/n + z²/4)/(n + z²), z = 1.959964.
    [(0, 50, 0.0, 0.07135), (50, 50, 0.92865, 1.0), (95, 100, 0.88825, 0.97846), (1, 2, 0.09453, 0.90547)],
)
def test_wilson_interval(right, n, low, high):
    score = Score.of(right, n)
    assert score.value == right / n and score.n == n
    assert score.low == pytest.approx(low, abs=1e-5)
    assert score.high == pytest.approx(high, abs=1e-5)


def test_score_as_text():
    assert str(Score.of(95, 100)) == "95.0% (88.8% to 97.8%)"


@pytest.mark.parametrize(("right", "n"), [(1, 0), (3, 2), (-1, 2)])
def test_scores_that_cannot_be(right, n):
    with pytest.raises(ValueError):
        Score.of(right, n)


def test_mcnemar_counts_only_rows_that_differ():
    base = [True] * 30 + [False] * 10 + [True] * 2
    tuned = [True] * 30 + [True] * 10 + [False] * 2
    found = compare(base, tuned)
    assert (found.gained, found.lost) == (10, 2)
    # two-sided exact: 2 * (C(12,0) + C(12,1) + C(12,2)) / 2**12
    assert found.p == pytest.approx(2 * (1 + 12 + 66) / 4096)
    assert found.better
    assert found.verdict() == "tuned beats base: yes, p = 0.039"


def test_no_difference_and_worse():
    assert compare([True, False], [True, False]).verdict() == "tuned beats base: cannot tell, p = 1.000"
    assert compare([True] * 9, [False] * 9).verdict() == "tuned beats base: no, p = 0.004"
    worse = compare([True] * 20, [False] * 20)
    assert worse.p < 0.001 and not worse.better


def test_different_rows_are_refused():
    with pytest.raises(ValueError):
        compare([True], [True, False])
