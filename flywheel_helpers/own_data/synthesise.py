"""Rows for tools that have few questions or none: a teacher writes them, and a second pass has to agree.

The first pass writes questions for one tool, each with the arguments of the right call, as structured output in the
tool's schema. The second sees a question with several tools on offer and not what was meant, and answers it. Where both
make the same call, the question says what its writer meant, and the tool can be told from the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

from flywheel_helpers.data import curation, mixing
from flywheel_helpers.data.tool_schema import ConversionCounts, openai_tool
from flywheel_helpers.display import Table, open_display
from flywheel_helpers.errors import ConfigError, DataError, ServiceError
from flywheel_helpers.feedback import teacher
from flywheel_helpers.own_data.split import Divided, divide, hold_out
from flywheel_helpers.services.connection import Connection
from tool_calling import strict_json
from tool_calling.prompt import shown_tool
from tool_calling.scoring import score_tool_calls

Row = dict[str, Any]

BATCH = 5  # questions in one answer: the teacher sees what it has written, and varies it
OFFERED = 4  # tools with each question, as far as there are others
NO_TOOL_SHARE = 0.1  # of the rows, made from good questions by taking their tool off the offer
MAX_TOKENS = 300 * BATCH
SECOND_PASS = 1_000_000  # its seed; those of the first pass count up from 0
INSTRUCTION = (
    "You write examples for a model that learns to call tools. Write questions that people would type to an assistant "
    "which has this tool, and for each the arguments of the right call. Every value must be in the question or follow "
    "from it, in the form that the tool wants. Vary the wording, the length and the values; leave optional parameters "
    "out of some. Do not name the tool."
)
UNWRITTEN, UNUSABLE = "written as asked, with arguments that fit the tool", "the second pass gives a usable answer"
SILENT, DIFFERS = "the teacher answers", "both passes make the same call"


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
        DataError: there are too few tools, or too few questions remain.
        ServiceError: the teacher cannot be asked, or only fails. What it wrote before that is kept.
    """
    if not nemo.settings.teacher_url:
        raise ConfigError(
            "TEACHER_URL is not set", "Set TEACHER_URL and TEACHER_MODEL to a model that writes the rows."
        )
    if len(tools) < 2:
        raise DataError("One tool is too few to write questions for", "Add tools: a model has to learn to choose.")
    specs = {tool["name"]: openai_tool(tool["name"], tool, set(), ConversionCounts()) for tool in tools}
    held_out = hold_out(list(specs), seed)
    batches = [_Batch(number, size, *_offers(specs, held_out, number)) for number, size in enumerate(_sizes(count))]
    examples, lost = _write(nemo, batches)
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
    Random(seed).shuffle(rows)
    divided = divide(rows, seed)
    steps.append(curation.Step("not nearly a question of the test", len(rows) - divided.leaked, divided.leaked))
    return Made(divided, steps, count)


@dataclass(frozen=True)
class _Batch:
    """What one answer of the first pass is about: so many questions for one tool, and what is offered with each."""

    number: int
    size: int
    tool: Row
    offers: list[list[Row]]


def _sizes(count: int) -> list[int]:
    return [min(BATCH, count - done) for done in range(0, count, BATCH)]


def _offers(specs: dict[str, Row], held_out: set[str], number: int) -> tuple[Row, list[list[Row]]]:
    """The tool whose turn it is, and for each question its tools: all held out for the test, or none."""
    names = list(specs)
    name, rng = names[number % len(names)], Random(f"offer {number}")
    others = [one for one in names if one != name and (one in held_out) == (name in held_out)]
    offers = []
    for _ in range(BATCH):
        offered = [name, *rng.sample(others, min(OFFERED - 1, len(others)))]
        offers.append([specs[one] for one in rng.sample(offered, len(offered))])
    return specs[name], offers


def _write(nemo: Connection, batches: Sequence[_Batch]) -> tuple[list[curation.Example], Counter[str]]:
    """What both passes agree on, in the order of the batches, and how many questions were lost to which check."""
    connection = teacher.connect(nemo)
    examples: list[curation.Example] = []
    lost: Counter[str] = Counter()
    executor = ThreadPoolExecutor(max_workers=teacher.PARALLEL)
    silent_in_a_row, error = 0, None
    try:
        with open_display(f"Asking the teacher, {nemo.settings.teacher_model}") as display:
            try:
                for done, result in enumerate(executor.map(lambda batch: _ask(connection, batch), batches), 1):
                    silent_in_a_row = silent_in_a_row + 1 if isinstance(result, ServiceError) else 0
                    if silent_in_a_row == teacher.GIVE_UP:
                        raise result
                    if isinstance(result, ServiceError):
                        error = result
                    else:
                        examples += result[0]
                        lost += result[1]
                    display.update(done / len(batches), f"{len(examples)} questions")
            except ServiceError as last:
                error = last
                display.warn(str(error))
            display.done(f"completed: both passes agree on {len(examples)} questions")
    finally:
        executor.shutdown(cancel_futures=True)
        connection.close()
    if error and not examples:
        raise error  # it says more than that there are no rows; where there are some, they cost time and money
    lost[SILENT] += sum(batch.size for batch in batches) - len(examples) - lost.total()
    return examples, lost


def _ask(connection: Connection, batch: _Batch) -> tuple[list[curation.Example], Counter[str]] | ServiceError:
    """Both passes of one batch."""
    function = batch.tool["function"]
    parameters = {**function["parameters"], "additionalProperties": False}
    question = {"type": "object", "properties": {"query": {"type": "string"}, "arguments": parameters}}
    question |= {"required": ["query", "arguments"], "additionalProperties": False}
    questions = {"type": "array", "items": question, "minItems": batch.size, "maxItems": batch.size}
    schema = {"type": "object", "properties": {"questions": questions}, "required": ["questions"]}
    body = {
        "model": connection.settings.teacher_model,
        "messages": [
            {"role": "system", "content": INSTRUCTION},
            {"role": "user", "content": f"{batch.size} questions for this tool:\n{json.dumps(function)}"},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "questions", "schema": {**schema, "additionalProperties": False}},
        },
        "temperature": teacher.TEMPERATURE,
        "max_tokens": MAX_TOKENS,
        "seed": batch.number,
    }
    try:
        answer = connection.json(teacher.SERVICE, "POST", "/chat/completions", json=body, retry=True)
    except teacher.OF_ONE_QUESTION as error:
        return error
    written = _written(answer, parameters)[: batch.size]
    examples, lost = [], Counter({UNWRITTEN: batch.size - len(written)})
    for place, (query, arguments) in enumerate(written):
        meant = [{"name": function["name"], "arguments": arguments}]
        example = curation.Example(f"{batch.number}/{place}", query, batch.offers[place], meant, teacher.SOURCE)
        logged = {"messages": [{"role": "user", "content": query}], "tools": example.tools, "request_id": example.id}
        again = teacher.ask(connection, logged, (SECOND_PASS + batch.number,))
        if isinstance(again, ServiceError):
            lost[SILENT] += 1
        elif isinstance(again, str):
            lost[UNUSABLE] += 1
        elif not score_tool_calls(again, meant)["function_name_and_args_accuracy"]:
            lost[DIFFERS] += 1
        else:
            examples.append(example)
    return examples, lost


def _written(answer: dict[str, Any], parameters: Row) -> list[tuple[str, Row]]:
    """The questions and arguments in an answer of the first pass: those that can be used."""
    try:
        questions = strict_json.loads(answer["choices"][0]["message"]["content"])["questions"]
        pairs = [(one["query"], one["arguments"]) for one in questions if isinstance(one, dict)]
    except (KeyError, IndexError, TypeError, strict_json.NotStrict):
        return []
    return [
        (query, arguments)
        for query, arguments in pairs
        if isinstance(query, str)
        and query.strip()
        and isinstance(arguments, dict)
        and not curation.schema_problem(arguments, parameters)
    ]


def _row(example: curation.Example, held_out: set[str]) -> Row:
    tools = [shown_tool(tool) for tool in example.tools]
    row = {"query": example.query, "tools": json.dumps(tools), "answers": json.dumps(example.calls), "id": example.id}
    if held_out:
        row["split"] = "testing" if {tool["name"] for tool in tools} <= held_out else "training"
    return row
