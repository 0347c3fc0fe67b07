"""Rows in the xLAM schema, from the catalogue, the exam's functions, a seed and nothing else.

training      what the model learns from
validation    the same functions, for the loss during training
development   the catalogue's held-out functions: for every choice that is made by trying things out
testing       the exam, with functions of its own: measured at the end, never used to choose anything
practised     a second exam, on functions that training shows, with questions that it does not
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sample_data.catalogue import DOMAINS
from sample_data.chat import small_talk
from sample_data.exam import DOMAINS as EXAM_DOMAINS
from sample_data.phrasing import Call, bare, dress, fill, is_command, join
from sample_data.spec import Domain, Function

Row = dict[str, Any]

# Of every 20 rows 15 ask for one call, 3 for two (parallel calls) and 2 for something no candidate does.
DECK = ("single",) * 15 + ("parallel",) * 3 + ("none",) * 2
SINGLE_CALLS = ("single",)
# After so many questions in a row that have been asked before, all that can be asked of a function has been.
TRIES = 500
CANDIDATES = (2, 3, 4, 5)
CANDIDATE_WEIGHTS = (62, 26, 9, 3)
# Candidates are dropped beyond this many characters of JSON, about 600 tokens: training time grows with row length.
MAX_TOOL_CHARACTERS = 2_000


@dataclass(frozen=True)
class SampleData:
    """The splits, each a list of xLAM rows `{id, query, answers, tools}` (answers and tools are JSON text).

    Not every source has rows for `development` and `practised`.
    """

    training: list[Row]
    validation: list[Row]
    development: list[Row] = field(default_factory=list, kw_only=True)
    testing: list[Row]
    practised: list[Row] = field(default_factory=list, kw_only=True)

    def splits(self) -> dict[str, list[Row]]:
        """The rows by the name of their split, in the order of the fields."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


class _Split:
    """Makes rows from the functions of some domains; knows nothing of the others."""

    def __init__(
        self,
        domains: Sequence[Domain],
        rng: Random,
        queries: set[str],
        key: Callable[[str], str],
        deck: Sequence[str],
    ) -> None:
        self.functions = [function for domain in domains for function in domain.functions]
        self.siblings = {
            function.name: [other for other in domain.functions if other is not function]
            for domain in domains
            for function in domain.functions
        }
        self.rng = rng
        self.deck = deck
        self.queries = queries  # shared by the splits: no query twice, by what `key` makes of it
        self.key = key
        self.kinds: list[str] = []
        self.turns: list[Function] = []

    def _next_kind(self) -> str:
        if not self.kinds:
            self.kinds = self.rng.sample(self.deck, len(self.deck))
        return self.kinds.pop()

    def _next_function(self) -> Function:
        """Every function has its turn before any has a second one, so each prefix of a split is diverse."""
        if not self.turns:
            self.turns = self.rng.sample(self.functions, len(self.functions))
        return self.turns.pop()

    def row(self) -> Row:
        """A row whose query no split has yet."""
        kind, function = self._next_kind(), self._next_function()
        for attempt in count(1):
            query, answers, asked = self._request(kind, function)
            if self.key(query) not in self.queries:
                break
            if attempt % TRIES == 0:
                function = self._next_function()
        self.queries.add(self.key(query))
        return {"query": query, "answers": answers, "tools": self._candidates(function, asked, bool(answers))}

    def _request(self, kind: str, function: Function) -> tuple[str, list[Call], list[Function]]:
        """The query, the calls it wants, and the functions it is about."""
        rng = self.rng
        if kind == "none" and rng.random() < 0.6:
            return dress(small_talk(rng), False, rng), [], []
        if kind == "parallel":
            if function.double_phrasings and rng.random() < 0.6:
                phrasing = rng.choice(function.double_phrasings)
                query, calls = fill(function, phrasing, rng)
                return dress(query, is_command(phrasing), rng), calls, [function]
            return self._joined_request(function)
        phrasing = rng.choice(function.phrasings)
        query, calls = fill(function, phrasing, rng)
        return dress(query, is_command(phrasing), rng), [] if kind == "none" else calls, [function]

    def _joined_request(self, function: Function) -> tuple[str, list[Call], list[Function]]:
        rng = self.rng
        other = self._other(function, [function])
        phrasings = [rng.choice(function.phrasings), rng.choice(other.phrasings)]
        (first, calls), (second, more) = fill(function, phrasings[0], rng), fill(other, phrasings[1], rng)
        return join(first, second, is_command(phrasings[1]), rng), calls + more, [function, other]

    def _other(self, function: Function, chosen: list[Function]) -> Function:
        """A plausible companion: often of the same domain, sometimes with a like name, else any."""
        barred = {name for one in chosen for name in (one.name, *one.not_with)}

        def fits(other: Function) -> bool:
            return other.name not in barred and not any(one.name in other.not_with for one in chosen)

        siblings = [other for other in self.siblings[function.name] if fits(other)]
        everyone = [other for other in self.functions if fits(other)]
        words = set(function.name.replace(".", "_").split("_"))
        namesakes = [other for other in everyone if words & set(other.name.replace(".", "_").split("_"))]
        chance = self.rng.random()
        if siblings and chance < 0.4:
            return self.rng.choice(siblings)
        if namesakes and chance < 0.5:
            return self.rng.choice(namesakes)
        return self.rng.choice(everyone)

    def _candidates(self, function: Function, asked: list[Function], answered: bool) -> str:
        """The candidate tools in random order: those the answer needs, and plausible wrong ones."""
        rng = self.rng
        total = rng.choices(CANDIDATES, CANDIDATE_WEIGHTS)[0]
        needed = list(asked) if answered else []
        # What was asked bars its rivals even in a row without an answer: there nothing may fit at all.
        seen = [function, *asked]
        offered = list(needed)
        while len(offered) < max(total, len(needed) + 1):
            other = self._other(function, seen)
            seen.append(other)
            if len(offered) >= 2 and _size([*offered, other]) > MAX_TOOL_CHARACTERS:
                break
            offered.append(other)
        rng.shuffle(offered)
        return json.dumps([one.as_xlam() for one in offered], ensure_ascii=False)


def _size(functions: list[Function]) -> int:
    return sum(function.json_length for function in functions)


def _finish(rows: list[Row], first_id: int) -> list[Row]:
    return [
        {
            "id": first_id + index,
            "query": row["query"],
            "answers": json.dumps(row["answers"], ensure_ascii=False),
            "tools": row["tools"],
        }
        for index, row in enumerate(rows)
    ]


def _only(wanted: Callable[[Function], bool]) -> list[Domain]:
    """The catalogue's domains with the wanted functions; without the domains that have none."""
    domains = (Domain(domain.name, tuple(filter(wanted, domain.functions))) for domain in DOMAINS)
    return [domain for domain in domains if domain.functions]


def _called(rows: list[Row]) -> set[str]:
    return {call["name"] for row in rows for call in row["answers"]}


def generate(seed: int = 42, rows: int = 3600) -> SampleData:
    """Generate the sample: the same seed and number of rows give the same rows, byte for byte.

    Args:
        seed: Seed of the only random number generator used.
        rows: Rows to practise and to choose with: a twelfth go to development, a fifteenth to validation, the rest to
            training. The two exams come on top: `rows // 9` for testing, `rows // 18` for practised functions.

    Returns:
        The splits. Development uses only functions (as answers and as wrong candidates) that training and validation
        never show, testing only functions that no other split shows. Practised has one call a row, to a function that
        training calls. No two rows of the sample have the same query, and a question of the two exams differs from all
        others by more than a greeting.

    Raises:
        ValueError: fewer than 60 rows, too few for the splits.
    """
    if rows < 60:
        raise ValueError(f"rows={rows} is too few for the splits; ask for 60 or more")
    queries: set[str] = set()
    key: Callable[[str], str] = str.casefold

    def make(stream: str, domains: Sequence[Domain], number: int, deck: Sequence[str] = DECK) -> list[Row]:
        # A generator a split: asking for more training rows leaves the rows of the others as they are.
        source = _Split(domains, Random(f"{stream} {seed}"), queries, key, deck)
        return [source.row() for _ in range(number)]

    seen = _only(lambda function: not function.held_out)
    # These rows were the test until they had been looked at too often, hence the name of their stream: another one
    # would make other rows. The exams come last, so that their questions make way for the others', not the reverse.
    development = make("testing", _only(lambda function: function.held_out), rows // 12)
    validation = make("validation", seen, rows // 15)
    training = make("training", seen, rows - len(development) - len(validation))
    # From here on a greeting makes no new question.
    queries, key = {bare(query) for query in queries}, bare
    testing = make("exam", EXAM_DOMAINS, rows // 9)
    known = _called(training)
    practised = make("practised", _only(lambda function: function.name in known), rows // 18, SINGLE_CALLS)
    data = SampleData(training, validation, testing, development=development, practised=practised)
    first, finished = 0, {}
    for name, part in data.splits().items():
        finished[name] = _finish(part, first)
        first += len(part)
    return SampleData(**finished)


def write(data: SampleData, directory: Path) -> list[Path]:
    """Write a file for each split, such as `training.jsonl` (UTF-8, one row a line), and return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, rows in data.splits().items():
        path = directory / f"{name}.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths
