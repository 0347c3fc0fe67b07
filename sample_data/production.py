"""Three weeks of questions to a team's assistant: a source of the sample of its own, beside training and exams.

    last week          answered, logged and corrected: training rows come from here
    development week   for every choice that is made by trying things out
    this week          the exam of the team's assistant: measured at the end, never used to choose anything

A question is an xLAM row with more columns::

    id          q0001, q0002, ... in the order of time
    time        ISO 8601, in UTC, within office hours
    user        a pseudonym
    query       what was asked
    tools       JSON text: 3 to 6 of the assistant's tools, as its tool retrieval offers them
    answers     JSON text: the calls that are right
    need        `one call`, `two calls` or `no tool`
    correction  JSON text: the calls as a person corrected them. The same as `answers`, except for what `defects` plants

As in real life, the weeks share the tools, the names of people, rooms and projects, and half of the phrasings. But a
third of a tool's phrasings come up this week only (see `assistant.chatty`), and no question is a near-duplicate of
another one in any week, except for those that `defects` plants in last week.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sample_data.assistant import DOMAINS, TOOLS
from sample_data.assistant.chatty import casual, in_use, join
from sample_data.assistant.no_tool import MISSING, SMALL_TALK
from sample_data.defects import Planted, plant
from sample_data.phrasing import Call, fill
from sample_data.spec import Function

Row = dict[str, Any]

ONE_CALL, TWO_CALLS, NO_TOOL = "one call", "two calls", "no tool"
DECK = (ONE_CALL,) * 15 + (TWO_CALLS,) * 3 + (NO_TOOL,) * 2
# Monday of each week, and how many questions it has. Last week gets a few more: see `defects`.
WEEKS = {"last_week": ("2026-03-02", 440), "development_week": ("2026-03-09", 200), "this_week": ("2026-03-16", 240)}
# How many tools are offered, and how often.
OFFERED, OFFERED_WEIGHTS = (3, 4, 5, 6), (74, 19, 5, 2)
# Share of last week's questions that somebody corrected.
FEEDBACK_SHARE = 0.6
# From this similarity on, two questions are near-duplicates.
NEAR = 0.8
USERS = 24
_HOURS, _HOUR_WEIGHTS = range(8, 18), (5, 12, 14, 12, 6, 7, 13, 13, 11, 7)


@dataclass(frozen=True)
class ProductionQuestions:
    """The questions of three weeks, each in the order of time, and what was planted in the first."""

    last_week: list[Row]
    development_week: list[Row]
    this_week: list[Row]
    planted: tuple[Planted, ...]

    def weeks(self) -> dict[str, list[Row]]:
        return {name: getattr(self, name) for name in WEEKS}


def production_log(seed: int = 42) -> ProductionQuestions:
    """Make the three weeks: the same seed gives the same rows, byte for byte."""
    tokens: list[frozenset[str]] = []
    last_week, planted = plant(_Week("last_week", seed, tokens).rows(), Random(f"defects {seed}"))
    # Before the other weeks are made, so that none of their questions is near one that was changed.
    tokens.extend(words(row["query"]) for _, row, _ in planted)
    weeks = {"last_week": last_week}
    weeks |= {name: _Week(name, seed, tokens).rows() for name in WEEKS if name != "last_week"}
    everything = [row for rows in weeks.values() for row in rows]
    for number, row in enumerate(everything, start=1):
        row["id"] = f"q{number:04d}"
        row["time"] = f"{row['time'].isoformat()}Z"
    return ProductionQuestions(
        **weeks, planted=tuple(Planted(kind, row["id"], of and of["id"]) for kind, row, of in planted)
    )


def with_feedback(questions: Sequence[Row], share: float = FEEDBACK_SHARE, seed: int = 42) -> list[Row]:
    """The questions that somebody corrected, in their order. A larger share includes all of a smaller one.

    Raises:
        ValueError: the share is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share} is not from 0 to 1")
    shuffled = Random(f"feedback {seed}").sample(range(len(questions)), len(questions))
    return [questions[index] for index in sorted(shuffled[: round(len(questions) * share)])]


def similarity(first: frozenset[str], second: frozenset[str]) -> float:
    """Jaccard's index of two sets of words: 0 where they share none, 1 where they are the same."""
    return len(first & second) / len(first | second) if first or second else 1.0


def words(query: str) -> frozenset[str]:
    """The words and numbers of a question, without regard to case and punctuation, unless it has nothing else."""
    text = query.casefold()
    return frozenset(re.findall(r"\w+", text) or text.split())


class _Week:
    """Makes the questions of one week."""

    def __init__(self, name: str, seed: int, tokens: list[frozenset[str]]) -> None:
        # A generator a week: one more question last week leaves the wordings of the exam as they are.
        self.name, self.rng, self.tokens = name, Random(f"{name} {seed}"), tokens
        self.users = [f"user-{Random(f'user {i} {seed}').getrandbits(32):08x}" for i in range(USERS)]
        self.needs: list[str] = []
        self.turns: list[Function] = []

    def rows(self) -> list[Row]:
        monday, count = WEEKS[self.name]
        times = sorted(self._time(datetime.fromisoformat(monday)) for _ in range(count))
        return [self._row(time) for time in times]

    def _time(self, monday: datetime) -> datetime:
        rng = self.rng
        hour = rng.choices(_HOURS, _HOUR_WEIGHTS)[0]
        return monday + timedelta(days=rng.randrange(5), hours=hour, seconds=rng.randrange(3600))

    def _row(self, time: datetime) -> Row:
        if not self.needs:
            self.needs = self.rng.sample(DECK, len(DECK))
        need, tool = self.needs.pop(), self._next_tool()
        while True:
            query, calls, offered = self._question(need, tool)
            tokens = words(query)
            if all(similarity(tokens, other) < NEAR for other in self.tokens):
                break
        self.tokens.append(tokens)
        answers = json.dumps(calls, ensure_ascii=False)
        return {
            "id": "",  # once all questions are in order
            "time": time,
            # Some people ask far more than others.
            "user": self.rng.choices(self.users, [1 / (rank + 2) for rank in range(USERS)])[0],
            "query": query,
            "tools": json.dumps([one.as_xlam() for one in offered], ensure_ascii=False),
            "answers": answers,
            "need": need,
            "correction": answers,
        }

    def _next_tool(self) -> Function:
        """Every tool has its turn before any has a second one."""
        if not self.turns:
            self.turns = self.rng.sample(list(TOOLS.values()), len(TOOLS))
        return self.turns.pop()

    def _fill(self, tool: Function, phrasings: Sequence[str]) -> tuple[str, str, list[Call]]:
        phrasing = self.rng.choice(in_use(phrasings, self.name))
        query, calls = fill(tool, phrasing, self.rng)
        return query, phrasing, calls

    def _question(self, need: str, tool: Function) -> tuple[str, list[Call], list[Function]]:
        """The query, the right calls, and the tools on offer."""
        rng = self.rng
        if need == ONE_CALL:
            query, phrasing, calls = self._fill(tool, tool.phrasings)
            return casual(query, phrasing, self.name, rng), calls, self._offer(tool, [tool])
        if need == TWO_CALLS and tool.double_phrasings and rng.random() < 0.5:
            query, phrasing, calls = self._fill(tool, tool.double_phrasings)
            return casual(query, phrasing, self.name, rng), calls, self._offer(tool, [tool])
        if need == TWO_CALLS:
            other = self._rivals(tool)[0]
            first, phrasing, calls = self._fill(tool, tool.phrasings)
            second, second_phrasing, more = self._fill(other, other.phrasings)
            query = join(first, second, second_phrasing, self.name, rng)
            return casual(query, phrasing, self.name, rng), calls + more, self._offer(tool, [tool, other])
        # No tool: small talk, a tool that the team does not have, or one that is not on offer.
        asked = rng.choice([SMALL_TALK, MISSING[_domain_of(tool)], tool])
        lines = asked.lines if asked is not tool else asked.phrasings
        query, phrasing, _ = self._fill(asked, lines)
        return casual(query, phrasing, self.name, rng), [], self._offer(tool, [], without=asked)

    def _rivals(self, tool: Function) -> list[Function]:
        """The other tools in random order; those of the same domain tend to come first."""
        near = {other.name for domain in DOMAINS if tool in domain.functions for other in domain.functions}
        others = [other for other in TOOLS.values() if other is not tool]
        return sorted(others, key=lambda other: self.rng.random() - (0.5 if other.name in near else 0))

    def _offer(self, tool: Function, needed: list[Function], without: Function | None = None) -> list[Function]:
        """What the tool retrieval offers, in random order: the tools needed, and look-alikes."""
        total = self.rng.choices(OFFERED, OFFERED_WEIGHTS)[0]
        rivals = [other for other in [*self._rivals(tool), tool] if other not in needed and other is not without]
        offered = [*needed, *rivals][:total]
        return self.rng.sample(offered, len(offered))


def _domain_of(tool: Function) -> str:
    return next(domain.name for domain in DOMAINS if tool in domain.functions)
