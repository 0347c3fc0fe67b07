"""A teacher labels logged answers: a large model behind an OpenAI-compatible API that takes tools.

Each question goes to it twice, with different seeds. A label is kept only where both answers make the same calls, of
tools on offer and with arguments that fit their schemas: what a model is unsure of, it seldom says twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

from flywheel_helpers.data import curation
from flywheel_helpers.display import Table, open_display
from flywheel_helpers.errors import BadAnswer, Invalid, Overloaded, ServerFault, ServiceError, TimedOut
from flywheel_helpers.feedback import journal, verdicts
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.statistics import Score
from tool_calling.calls import NotACall, read_call
from tool_calling.scoring import score_tool_calls

SERVICE, SOURCE = "Teacher", "teacher"
PARALLEL = 8  # questions in flight
TIMEOUT = 60.0  # seconds for an answer; a large model behind a queue takes long
GIVE_UP = 16  # questions in a row without an answer: then the teacher is at fault, and not the question
MAX_TOKENS = 512
TEMPERATURE = 0.7  # at 0 all seeds give the same answer, and agreement would mean nothing
INSTRUCTION = (
    "Call the tools that the question asks for, with values as the question gives them. If no tool fits, call none "
    "and say so in one sentence."
)
LABELLED, DIFFERS, UNUSABLE, SILENT = "labelled", "differs from itself", "no usable answer", "no answer"
# Errors that may be about one question. Any other, such as a refused key, is about all.
OF_ONE_QUESTION = (TimedOut, Overloaded, ServerFault, Invalid, BadAnswer)


@dataclass(frozen=True)
class Labels:
    """What a teacher said.

    Args:
        records: of feedback, in the order of the questions.
        outcomes: how many questions got a label, and how many did not for which reason.
    """

    records: list[dict[str, Any]]
    outcomes: dict[str, int]

    def table(self) -> Table:
        """A line for each outcome."""
        return Table(["the teacher's answers", "questions"], [[name, count] for name, count in self.outcomes.items()])


def label(nemo: Connection, usage: Sequence[dict[str, Any]], seeds: Sequence[int] = (1, 2)) -> Labels:
    """Ask the teacher for the right calls of logged questions and add its labels to the journal.

    Questions that this model labelled last are not asked again; another model's label is another opinion. Where
    config.py names no teacher, it says so and returns nothing.

    Args:
        usage: records of the usage log.
        seeds: one answer each; all of them have to agree.

    Raises:
        ServiceError: the teacher cannot be asked. The labels that came before that are in the journal.
    """
    if not nemo.settings.teacher_url:
        print("No labels from a teacher: TEACHER_URL is not set.")
        return Labels([], {})
    model = nemo.settings.teacher_model
    latest = {one["request_id"]: one for one in journal.read(nemo, journal.FEEDBACK) if one["source"] == SOURCE}
    known = {key: one for key, one in latest.items() if one.get("by") == model}
    new = [logged for logged in usage if logged["request_id"] not in known]
    labels = {logged["request_id"]: known[logged["request_id"]] for logged in usage if logged["request_id"] in known}
    outcomes = Counter({LABELLED: len(labels), DIFFERS: 0, UNUSABLE: 0, SILENT: 0})
    teacher = connect(nemo)
    executor = ThreadPoolExecutor(max_workers=PARALLEL)
    silent_in_a_row = 0
    try:
        with open_display(f"Asking the teacher, {model}") as display:
            futures = {executor.submit(ask, teacher, logged, seeds): logged for logged in new}
            for done, future in enumerate(as_completed(futures), 1):
                logged, answer = futures[future], future.result()
                silent_in_a_row = silent_in_a_row + 1 if isinstance(answer, ServiceError) else 0
                if isinstance(answer, ServiceError):
                    if silent_in_a_row == GIVE_UP:
                        raise answer
                    outcomes[SILENT] += 1
                elif isinstance(answer, str):
                    outcomes[answer] += 1
                else:
                    outcomes[LABELLED] += 1
                    labels[logged["request_id"]] = {**verdicts.judge(logged, answer, SOURCE), "by": model}
                display.update(done / len(futures), f"{done} of {len(futures)} questions")
            display.done(f"completed: {outcomes[LABELLED]} of {len(usage)} questions have a label")
    finally:
        executor.shutdown(cancel_futures=True)
        teacher.close()
        # In the order of the questions, whichever answer came first.
        records = [labels[one["request_id"]] for one in usage if one["request_id"] in labels]
        verdicts.add(nemo, records)
    return Labels(records, dict(outcomes))


def agreement(labels: Iterable[dict[str, Any]], human: Iterable[dict[str, Any]]) -> Score | None:
    """How often the teacher makes the calls that people say are right.

    Args:
        labels: records of the teacher.
        human: records of feedback by people. A verdict *wrong* without a correction does not say what is right, and is
            left out; so is a correction that is not a list of calls.

    Returns:
        the share with its interval; None where no question has both.
    """
    people = verdicts.best(one for one in human if one["source"] != SOURCE)
    agreed = []
    for one in labels:
        said = people.get(one["request_id"])
        if said is None or (said["calls"] is None and said["verdict"] != verdicts.RIGHT):
            continue
        if said["calls"] is None:  # they agree with the model: does the teacher?
            agreed.append(one["verdict"] == verdicts.RIGHT)
        elif calls := curation.well_formed([curation.Example("", "", [], said["calls"], said["source"])]):
            agreed.append(bool(score_tool_calls(one["calls"], calls[0].calls)["function_name_and_args_accuracy"]))
    return Score.of(sum(agreed), len(agreed)) if agreed else None


def connect(nemo: Connection) -> Connection:
    """A connection to the teacher of config.py, which has a key of its own."""
    # Its own key in place of the platform's token, which must not leave the platform.
    settings = replace(nemo.settings, nemo_token=nemo.settings.teacher_api_key)
    return Connection(
        settings,
        timeout=TIMEOUT,
        transport=nemo.transport,
        first_delay=nemo.first_delay,
        max_retries=2,
        sleep=nemo.sleep,
    )


def ask(teacher: Connection, logged: dict[str, Any], seeds: Sequence[int]) -> list[dict[str, Any]] | str | ServiceError:
    """Ask one question once for each seed.

    Args:
        teacher: as `connect` gives it.
        logged: with `request_id`, `messages` and `tools`.
        seeds: one answer each.

    Returns:
        the calls that all answers agree on, or else the outcome: one of the words above, or the error.

    Raises:
        ServiceError: an error that is not about this question alone.
    """
    first: list[dict[str, Any]] | None = None
    for seed in seeds:
        body = {
            "model": teacher.settings.teacher_model,
            "messages": [{"role": "system", "content": INSTRUCTION}, *logged["messages"]],
            "tools": logged["tools"],
            "tool_choice": "auto",
            "temperature": TEMPERATURE,
            "max_tokens": MAX_TOKENS,
            "seed": seed,
        }
        try:
            answer = teacher.json(SERVICE, "POST", "/chat/completions", json=body, retry=True)
        except OF_ONE_QUESTION as error:
            return error
        calls = _calls(answer, logged)
        if calls is None:
            return UNUSABLE
        if first is not None and not score_tool_calls(calls, first)["function_name_and_args_accuracy"]:
            return DIFFERS
        first = calls
    return first if first is not None else UNUSABLE


def _calls(answer: dict[str, Any], logged: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The calls in an answer, [] where it says that no tool fits; None where it cannot be used."""
    try:
        choice = answer["choices"][0]
        message, finished = choice["message"], choice.get("finish_reason") != "length"
        made, text = message.get("tool_calls") or [], message.get("content") or ""
        calls = [dict(zip(("name", "arguments"), read_call(call), strict=True)) for call in made]
    except (KeyError, IndexError, TypeError, AttributeError, NotACall):
        return None
    if not finished or not isinstance(text, str):
        return None
    if not made:
        # Text about a tool may be a call that was not written as one.
        named = any(tool["function"]["name"] in text for tool in logged["tools"])
        return None if named or not text.strip() else []
    example = curation.Example(logged["request_id"], "", logged["tools"], calls, SOURCE)
    usable = curation.fitting(curation.on_offer(curation.well_formed([example])))
    return usable[0].calls if usable else None
