"""What is wrong with a row or a tool, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flywheel_helpers.data.tool_schema import MAX_PARAMETERS
from flywheel_helpers.own_data.files import GUIDE

SHOWN = 50  # problems; a file with more has the same few over and over
LONGEST = 300  # characters; a value of the file may be quoted

# What to do about the reasons of `MalformedRow`, by what they begin with.
ADVICE = {
    "the query is missing": "Give the user's question as text.",
    "no tools are offered": "List the tools that the model may choose from, the right one among them.",
    "tools is not": "Give the tools as a list, or as the JSON text of one.",
    "answers is not": "Give the calls as a list, or as the JSON text of one; [] where no tool fits.",
    "a tool has no name": 'Each tool needs a "name".',
    "an answer has no name": 'Each call needs the "name" of a tool and its "arguments".',
    "the arguments of an answer": 'Write "arguments" as an object, {} where there are none.',
    "two tools have the same name": "Rename one. Characters other than letters, digits, _ and - count as _.",
    "the parameters of a tool": 'Describe each parameter as an object with a "type" and a "description".',
    f"an answer has more than {MAX_PARAMETERS}": "Split the tool in two: a NIM stops answering at that many.",
    "an answer calls a tool": "Add the tool to the row, or correct the name in the call.",
    "an answer has an argument": "Add the parameter to the tool, or remove the argument.",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        place: such as `line 3`.
        what: what is wrong, and why.
        advice: what to do.
    """

    place: str
    what: str
    advice: str

    def __str__(self) -> str:
        what = self.what if len(self.what) <= LONGEST else f"{self.what[:LONGEST]} ..."
        # A terminal obeys control characters, and what is quoted may have some.
        return "".join(c if c.isprintable() else " " for c in f"{self.place}: {what}. {self.advice}")


class Wrong(ValueError):
    """A row or a tool that cannot be used.

    Args:
        what: what is wrong, and why.
        advice: what to do; the one of `ADVICE` by default.
        of: details that are no part of the reason.
    """

    def __init__(self, what: str, advice: str = "", of: str = "") -> None:
        self.what, self.advice = what + of, advice or _advice(what)
        super().__init__(self.what)

    def at(self, place: str) -> Problem:
        """The problem, with its place."""
        return Problem(place, self.what, self.advice)


def listed(problems: Iterable[Problem]) -> list[str]:
    """The problems as lines; the first `SHOWN` of them, and how many more there are."""
    lines = [str(problem) for problem in problems]
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"... and {more} more"] if more > 0 else [])]


def _advice(reason: str) -> str:
    return next((advice for start, advice in ADVICE.items() if reason.startswith(start)), GUIDE)
