"""What is wrong with some of last week's questions and corrections: on purpose, for the curation step to find.

    e-mail address, phone number, account number
                        the question has one, and so does an argument where the question dictates a mail
    malformed           the correction is not JSON
    schema violation    an argument is missing, has the wrong type, or is one that the tool does not take
    tool not on offer   the correction calls one of the team's other tools
    duplicate           a question asked before, word for word, and corrected in the same way
    near-duplicate      a question asked before, with an extra word or different punctuation
    conflict            a question asked before, word for word, and corrected differently

A question has at most one defect. The rows do not say which; `ProductionQuestions.planted` does, for tests.
Addresses, phone numbers and accounts come from ranges reserved for examples, or in which there are no real ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from sample_data.assistant import TOOLS
from sample_data.assistant import values as v
from sample_data.phrasing import Call

Row = dict[str, Any]

# How many questions of last week have each defect. Personal data first: it needs questions of which there are few.
DEFECTS = {
    "e-mail address": 6,
    "phone number": 4,
    "account number": 4,
    "malformed": 6,
    "schema violation": 9,
    "tool not on offer": 5,
    "duplicate": 8,
    "near-duplicate": 8,
    "conflict": 6,
}


@dataclass(frozen=True)
class Planted:
    """One defect: its kind, the id of the question that has it, and of the one that it repeats, if any."""

    kind: str
    id: str
    of: str | None = None


def plant(rows: list[Row], rng: Random) -> tuple[list[Row], list[tuple[str, Row, Row | None]]]:
    """Plant all defects: the rows with those that were added, by time; and (kind, row, the row it repeats)."""
    # The last of the week are left alone, so that a repetition has room to follow.
    suited = [row for row in rows[: len(rows) * 9 // 10] if row["need"] == "one call" and len(row["query"].split()) > 8]
    rng.shuffle(suited)
    planted: list[tuple[str, Row, Row | None]] = []
    for kind, count in DEFECTS.items():
        for turn in range(count):
            row = _take(suited, _wanted(kind, turn))
            flawed = _later(row, rows, rng) if kind in _REPEATS else row
            _MAKE[kind](flawed, turn, rng)
            planted.append((kind, flawed, row if kind in _REPEATS else None))
    added = [row for _, row, of in planted if of]
    return sorted([*rows, *added], key=lambda row: row["time"]), planted


def _wanted(kind: str, turn: int) -> str | None:
    """The tool that the question has to be about: half of the personal data is in a mail that somebody dictates."""
    if kind in _PERSONAL and turn % 2 == 0:
        return "write_mail"
    return "file_expense" if kind == "account number" else None


def _take(suited: list[Row], tool: str | None) -> Row:
    """The next question without a defect, about a certain tool if any."""
    return suited.pop(next(i for i, row in enumerate(suited) if tool in (None, _call(row)["name"])))


def _call(row: Row) -> Call:
    return json.loads(row["answers"])[0]


def _correct(row: Row, calls: list[Call]) -> None:
    row["correction"] = json.dumps(calls, ensure_ascii=False)


def _later(row: Row, rows: list[Row], rng: Random) -> Row:
    """The same question again, by somebody who asks something later in the week."""
    other = rng.choice([one for one in rows if one["time"] > row["time"]])
    return {**row, "time": other["time"] + timedelta(seconds=rng.randint(20, 90)), "user": other["user"]}


def _malformed(row: Row, turn: int, rng: Random) -> None:
    text = row["correction"]
    broken = [text[:-1], text.replace('"', "'"), text[:-2] + ",}]", f"should be {_call(row)['name']}", f"{text}]"]
    row["correction"] = broken[turn % len(broken)]


def _schema_violation(row: Row, turn: int, rng: Random) -> None:
    call = _call(row)
    arguments = call["arguments"]
    required = [one.name for one in TOOLS[call["name"]].parameters if "optional" not in one.type]
    name = rng.choice(required)
    value = arguments.pop(name)
    if turn % 3 == 1:
        arguments[name] = [value] if isinstance(value, str) else str(value)
    elif turn % 3 == 2:
        arguments |= {name: value, f"{name}_note": ""}
    _correct(row, [{**call, "arguments": arguments}])


def _tool_not_on_offer(row: Row, turn: int, rng: Random) -> None:
    offered = {tool["name"] for tool in json.loads(row["tools"])}
    _correct(row, [{**_call(row), "name": rng.choice([name for name in TOOLS if name not in offered])}])


def _duplicate(copy: Row, turn: int, rng: Random) -> None:
    """Nothing but the time and the user differ."""


def _near_duplicate(copy: Row, turn: int, rng: Random) -> None:
    query = copy["query"]
    copy["query"] = [f"hi {query}", f"{query} please", query.removesuffix(".") + "!", f"Hello. {query}"][turn % 4]


def _conflict(copy: Row, turn: int, rng: Random) -> None:
    """Every other time no tool at all, else another value of an argument."""
    calls = []
    if turn % 2:
        call = _call(copy)
        name, value = rng.choice(list(call["arguments"].items()))
        sampler = TOOLS[call["name"]].parameter(name).sampler
        while (other := sampler.draw(rng).value) == value:
            pass
        calls = [{**call, "arguments": {**call["arguments"], name: other}}]
    _correct(copy, calls)


def _email(rng: Random) -> str:
    first, last = rng.sample(v.PEOPLE, 2)
    return f"{first}.{last}@example.{rng.choice(['com', 'org', 'net'])}".lower()


def _phone(rng: Random) -> str:
    form = rng.choice(["+44 7700 900{:03d}", "+1 202 555 01{:02d}", "07700 900{:03d}"])
    return form.format(rng.randrange(100))


def _account(rng: Random) -> str:
    """In the form of a German IBAN, with a right checksum, of a bank code that no bank has."""
    account = f"{0:08d}{rng.randrange(10**10):010d}"
    checksum = 98 - int(f"{account}131400") % 97  # D is 13, E is 14
    return f"DE{checksum:02d}{account}"


# What makes it, what people add to a question, and the mail that they dictate.
_PERSONAL: dict[str, tuple[Callable[[Random], str], str, str]] = {
    "e-mail address": (_email, "Please copy the answer to {}.", "my new address is {}"),
    "phone number": (_phone, "You can call me on {}.", "my new number is {}"),
    "account number": (_account, "Please transfer it to {}.", "please pay to {}"),
}


def _add_personal_data(kind: str, row: Row, turn: int, rng: Random) -> None:
    make, added, dictated = _PERSONAL[kind]
    value, query = make(rng), row["query"]
    call = _call(row)
    if call["name"] == "write_mail":
        text = dictated.format(value)
        row["query"] = query.replace(call["arguments"]["text"], text)
        call["arguments"]["text"] = text
        row["answers"] = json.dumps([call], ensure_ascii=False)
        _correct(row, [call])
    else:
        row["query"] = f"{query}{'' if query[-1] in '.?!' else '.'} {added.format(value)}"


_REPEATS = ("duplicate", "near-duplicate", "conflict")
_MAKE: dict[str, Callable[[Row, int, Random], None]] = {
    "malformed": _malformed,
    "schema violation": _schema_violation,
    "tool not on offer": _tool_not_on_offer,
    "duplicate": _duplicate,
    "near-duplicate": _near_duplicate,
    "conflict": _conflict,
    **{kind: partial(_add_personal_data, kind) for kind in _PERSONAL},
}
