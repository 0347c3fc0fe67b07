"""A teacher writes questions for a tool, and answers them: only what both passes agree on is kept.

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
from typing import Any

from flywheel_helpers.data import curation
from flywheel_helpers.display import open_display
from flywheel_helpers.errors import ServiceError
from flywheel_helpers.feedback import teacher
from flywheel_helpers.services.connection import Connection
from tool_calling import strict_json
from tool_calling.scoring import score_tool_calls

Row = dict[str, Any]

TOKENS = 300  # of a question with its arguments, at most
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
class Batch:
    """What one answer of the first pass is about.

    Args:
        number: of the batch; its seed, too.
        size: how many questions.
        tool: that they are for, as an OpenAI function tool.
        offers: for each question, the tools on offer in the second pass.
    """

    number: int
    size: int
    tool: Row
    offers: list[list[Row]]


def write(nemo: Connection, batches: Sequence[Batch]) -> tuple[list[curation.Example], Counter[str]]:
    """Have the teacher write and answer the questions of all batches.

    Returns:
        what both passes agree on, in the order of the batches, and how many questions were lost to which check.

    Raises:
        ServiceError: the teacher cannot be asked, or only fails. If that happens later, it is shown.
    """
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
            except KeyboardInterrupt:
                if not examples:
                    raise
                display.warn("Stopped. What has been written so far is kept.")
                executor.shutdown(wait=False, cancel_futures=True)
            display.done(f"completed: both passes agree on {len(examples)} questions")
    finally:
        executor.shutdown(cancel_futures=True)
        connection.close()
    if error and not examples:
        raise error  # it says more than that there are no rows; where there are some, they cost time and money
    lost[SILENT] += sum(batch.size for batch in batches) - len(examples) - lost.total()
    return examples, lost


def _ask(connection: Connection, batch: Batch) -> tuple[list[curation.Example], Counter[str]] | ServiceError:
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
        "max_tokens": TOKENS * batch.size,
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
