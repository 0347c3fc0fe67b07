"""Rows in the xLAM schema, from the catalogue, a seed and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sample_data.catalogue import DOMAINS
from sample_data.chat import small_talk
from sample_data.phrasing import Call, dress, fill, is_command, join
from sample_data.spec import Domain, Function

Row = dict[str, Any]

# Of every 20 rows 15 ask for one call, 3 for two (parallel calls) and 2 for something no candidate does.
DECK = ("single",) * 15 + ("parallel",) * 3 + ("none",) * 2
CANDIDATES = (2, 3, 4, 5)
CANDIDATE_WEIGHTS = (62, 26, 9, 3)
# Candidates are dropped beyond this many characters of JSON, about 600 tokens: training time grows with row length.
MAX_TOOL_CHARACTERS = 2_000


@dataclass(frozen=True)
class SampleData:
    """The three splits, each a list of xLAM rows `{id, query, answers, tools}` (answers and tools are JSON text)."""

    training: list[Row]
    validation: list[Row]
    testing: list[Row]

    def splits(self) -> dict[str, list[Row]]:
        return {"training": self.training, "validation": self.validation, "testing": self.testing}


class _Split:
    """Makes rows from one set of functions; knows nothing of the other set."""

    def __init__(self, functions: set[str], rng: Random, queries: set[str]) -> None:
        self.domains = [
            Domain(domain.name, kept)
            for domain in DOMAINS
            if (kept := tuple(function for function in domain.functions if function.name in functions))
        ]
        self.functions = [function for domain in self.domains for function in domain.functions]
        self.siblings = {
            function.name: [other for other in domain.functions if other is not function]
            for domain in self.domains
            for function in domain.functions
        }
        self.rng = rng
        self.queries = queries  # shared by the splits: no query text twice
        self.kinds: list[str] = []
        self.turns: list[Function] = []

    def _next_kind(self) -> str:
        if not self.kinds:
            self.kinds = self.rng.sample(DECK, len(DECK))
        return self.kinds.pop()

    def _next_function(self) -> Function:
        """Every function has its turn before any has a second one, so each prefix of a split is diverse."""
        if not self.turns:
            self.turns = self.rng.sample(self.functions, len(self.functions))
        return self.turns.pop()

    def row(self) -> Row:
        """A row whose query no split has yet."""
        kind, function = self._next_kind(), self._next_function()
        while True:
            query, answers, asked = self._request(kind, function)
            if query.casefold() not in self.queries:
                break
        self.queries.add(query.casefold())
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


def generate(seed: int = 42, rows: int = 3600) -> SampleData:
    """Generate the sample: the same seed and number of rows give the same rows, byte for byte.

    Args:
        seed: Seed of the only random number generator used.
        rows: Rows in all; a twelfth go to testing, a fifteenth to validation, the rest to training.

    Returns:
        The splits. Testing uses only functions (as answers and as wrong candidates) that the others never show.

    Raises:
        ValueError: fewer than 60 rows, too few for three splits.
    """
    if rows < 60:
        raise ValueError(f"rows={rows} is too few for three splits; ask for 60 or more")
    held_out = {function.name for domain in DOMAINS for function in domain.functions if function.held_out}
    seen = {function.name for domain in DOMAINS for function in domain.functions} - held_out
    queries: set[str] = set()

    def make(split: str, functions: set[str], count: int) -> list[Row]:
        # A generator a split: asking for more training rows leaves the rows of the others as they are.
        source = _Split(functions, Random(f"{split} {seed}"), queries)
        return [source.row() for _ in range(count)]

    testing = make("testing", held_out, rows // 12)
    validation = make("validation", seen, rows // 15)
    training = make("training", seen, rows - len(testing) - len(validation))
    return SampleData(
        _finish(training, 0),
        _finish(validation, len(training)),
        _finish(testing, len(training) + len(validation)),
    )


def write(data: SampleData, directory: Path) -> list[Path]:
    """Write `training.jsonl`, `validation.jsonl` and `testing.jsonl` (UTF-8, one row a line) and return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, rows in data.splits().items():
        path = directory / f"{name}.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths
