"""Split rows of the real xLAM into the same parts as the course's own sample."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flywheel_helpers.data.tool_schema import MalformedRow, function_name, json_list
from sample_data import SampleData

Row = dict[str, Any]


@dataclass(frozen=True)
class _Named:
    """A row with the names of the functions that it offers and calls."""

    row: Row
    offered: set[str]
    called: list[str]

    def is_about(self, functions: set[str]) -> bool:
        # A row without an answer is about what it offers.
        return set(self.called or self.offered) <= functions


def split(
    rows: Sequence[Row],
    *,
    seed: int = 42,
    held_out: float = 0.15,
    development: float = 0.1,
    validation: float = 0.05,
    practised: float = 0.05,
) -> SampleData:
    """Split rows so that the test answers call functions that no other part shows, not even as a wrong candidate.

    Development has functions of its own, too. Rows that offer a function of either but call another one belong to no
    part and are left out.

    Args:
        rows: xLAM rows; malformed ones are left out (`convert` would skip and count them).
        seed: Seed of the random choice.
        held_out: Share of the functions kept for testing.
        development: Share of the functions kept for development.
        validation: Share of the remaining rows kept for validation.
        practised: Share of the remaining rows kept as `practised`, at most. Only rows with one call qualify, to a
            function that training calls too, and with a question that no other row asks.
    """
    rng = random.Random(seed)
    named = []
    for row in rows:
        try:
            offered = {function_name(tool, "a tool") for tool in json_list(row, "tools")}
            called = [function_name(answer, "an answer") for answer in json_list(row, "answers")]
        except MalformedRow:
            continue
        named.append(_Named(row, offered, called))
    functions = sorted(set().union(*(one.offered for one in named)))
    shuffled = rng.sample(functions, len(functions))
    first, second = round(len(functions) * held_out), round(len(functions) * development)
    exam, choosing = set(shuffled[:first]), set(shuffled[first : first + second])
    testing = [one.row for one in named if one.is_about(exam) and not one.offered & choosing]
    choices = [one.row for one in named if one.is_about(choosing) and not one.offered & exam]
    known = [one for one in named if not one.offered & (exam | choosing)]
    for part in (testing, choices, known):
        rng.shuffle(part)
    size = round(len(known) * validation)
    asked = Counter(_question(one.row) for one in named)
    chosen = _practised(known[size:], asked, round(len(known) * practised))
    taken = {id(one) for one in chosen}
    return SampleData(
        training=[one.row for one in known[size:] if id(one) not in taken],
        validation=[one.row for one in known[:size]],
        development=choices,
        testing=testing,
        practised=[one.row for one in chosen],
    )


def _question(row: Row) -> str:
    return str(row.get("query")).strip().casefold()


def _practised(known: list[_Named], asked: Counter[str], count: int) -> list[_Named]:
    """Rows with one call and a question of their own, as long as each function still has a row to be trained with."""
    left = Counter(name for one in known for name in set(one.called))
    chosen = []
    for one in known:
        if len(chosen) == count:
            break
        if len(one.called) == 1 and left[one.called[0]] > 1 and asked[_question(one.row)] == 1:
            left[one.called[0]] -= 1
            chosen.append(one)
    return chosen
