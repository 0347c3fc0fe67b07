"""Rows for tools that have few questions or none: written by a teacher, checked, and divided like any others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from flywheel_helpers.data import curation, mixing
from flywheel_helpers.data.tool_schema import ConversionCounts, openai_tool
from flywheel_helpers.display import Table
from flywheel_helpers.errors import ConfigError, DataError
from flywheel_helpers.own_data.split import Divided, divide, hold_out
from flywheel_helpers.own_data.two_passes import DIFFERS, SILENT, UNUSABLE, UNWRITTEN, Batch, write
from flywheel_helpers.services.connection import Connection
from tool_calling.prompt import shown_tool

Row = dict[str, Any]

BATCH = 5  # questions in one answer: the teacher sees what it has written, and varies it
OFFERED = 4  # tools with each question, as far as there are others
NO_TOOL_SHARE = 0.1  # of the rows, made from good questions by taking their tool off the offer


@dataclass(frozen=True)
class Made:
    """The rows, and what was thrown away.

    Args:
        divided: the rows in their parts.
        steps: what each check kept and threw away.
        asked: how many questions were asked for.
    """

    divided: Divided
    steps: list[curation.Step]
    asked: int

    def __repr__(self) -> str:
        kept = self.steps[-1].kept
        table = Table(["of the questions", "kept", "thrown away"], [[s.rule, s.kept, s.dropped] for s in self.steps])
        parts = ", ".join(f"{len(rows)} for {part}" for part, rows in self.divided.data.splits().items() if rows)
        thrown_away = f"Thrown away: {self.asked - kept} of {self.asked} ({1 - kept / self.asked:.0%})."
        return f"{table}\n{thrown_away}\nDivided {self.divided.how}.\n{parts}."


def make(nemo: Connection, tools: Sequence[Row], count: int, seed: int = 42) -> Made:
    """Have the teacher write questions and calls, about the same number for each tool.

    Args:
        nemo: its settings name the teacher, as for notebook 06.
        tools: in the form of xLAM, at least two.
        count: of questions to ask for. Fewer remain.
        seed: of the tools on offer, and of which functions are held out for the test.

    Raises:
        ConfigError: no teacher is set.
        DataError: there are too few tools, too few questions for them, or too few remain.
        ServiceError: the teacher cannot be asked, or only fails. What it wrote before that is kept.
    """
    if not nemo.settings.teacher_url:
        raise ConfigError(
            "TEACHER_URL is not set", "Set TEACHER_URL and TEACHER_MODEL to a model that writes the rows."
        )
    if len(tools) < 2:
        raise DataError("One tool is too few to write questions for", "Add tools: a model has to learn to choose.")
    if count < len(tools):
        raise DataError(
            f"{count} questions are too few for {len(tools)} tools",
            "Ask for more with --questions, or name fewer tools.",
        )
    specs = {tool["name"]: openai_tool(tool["name"], tool, set(), ConversionCounts()) for tool in tools}
    held_out = hold_out(list(specs), seed)
    batches = [
        Batch(number, size, *_offers(specs, held_out, f"{seed} {number}", number))
        for number, size in enumerate(_sizes(count, len(tools)))
    ]
    examples, lost = write(nemo, batches)
    steps, left = [], count
    for rule in (SILENT, UNWRITTEN, UNUSABLE, DIFFERS):
        left -= lost[rule]
        steps.append(curation.Step(rule, left, lost[rule]))
    curated, more = curation.curate(examples, exams=(), per_tool=count, seed=seed)
    steps += [step for step in more if step.dropped]
    # In place of the original: were both there, one might be in the test and the other in the training.
    without = mixing.without_its_tool(curated, round(len(curated) * NO_TOOL_SHARE), seed)
    replaced = {one.id.removesuffix("/without") for one in without}
    rows = [_row(one, held_out) for one in (*curated, *without) if one.id not in replaced]
    if all(row.get("split") == "training" for row in rows):  # nothing about the held-out functions was good enough
        rows = [{key: value for key, value in row.items() if key != "split"} for row in rows]
    Random(seed).shuffle(rows)
    divided = divide(rows, seed)
    steps.append(curation.Step("not nearly a question of the test", len(rows) - divided.leaked, divided.leaked))
    return Made(divided, steps, count)


def _sizes(count: int, tools: int) -> list[int]:
    """How many questions each request asks for: there are enough requests for every tool to have its turn."""
    size = min(BATCH, count // tools)
    return [min(size, count - done) for done in range(0, count, size)]


def _offers(specs: dict[str, Row], held_out: set[str], seed: str, turn: int) -> tuple[Row, list[list[Row]]]:
    """The tool whose turn it is, and for each question its tools: all held out for the test, or none."""
    names = list(specs)
    name, rng = names[turn % len(names)], Random(f"offer {seed}")
    others = [one for one in names if one != name and (one in held_out) == (name in held_out)]
    offers = []
    for _ in range(BATCH):
        offered = [name, *rng.sample(others, min(OFFERED - 1, len(others)))]
        offers.append([specs[one] for one in rng.sample(offered, len(offered))])
    return specs[name], offers


def _row(example: curation.Example, held_out: set[str]) -> Row:
    tools = [shown_tool(tool) for tool in example.tools]
    row = {"query": example.query, "tools": json.dumps(tools), "answers": json.dumps(example.calls), "id": example.id}
    if held_out:
        row["split"] = "testing" if {tool["name"] for tool in tools} <= held_out else "training"
    return row
