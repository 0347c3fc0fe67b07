"""The vocabulary the catalogue is written in: a function, its parameters, and how people ask for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

# {city} is a value of the first call, {2:city} a value of the second call of a row that asks for the function twice.
PLACEHOLDER = re.compile(r"\{(2:)?(\w+)\}")

NO_DEFAULT = object()


@dataclass(frozen=True)
class Said:
    """A value as a person says it (`2%`) and as the call needs it (`0.02`)."""

    text: str
    value: Any


@dataclass(frozen=True)
class Sampler:
    """Draws values. `rule` names how the value follows from the words; the tests count the rules."""

    rule: str
    draw: Callable[[Random], Said]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, typed with a Python hint as xLAM types it."""

    name: str
    type: str
    description: str
    sampler: Sampler
    default: Any = NO_DEFAULT

    def as_xlam(self) -> dict[str, Any]:
        spec = {"description": self.description, "type": self.type}
        if self.default is not NO_DEFAULT:
            spec["default"] = self.default
        return spec


@dataclass(frozen=True)
class Function:
    """A function a model may call.

    `say` holds one phrasing a line. A line that ends in `?` is a question, in `.` a sentence, otherwise a terse
    request. A line with `{2:name}` placeholders asks for two calls at once; what it does not repeat, both calls share.
    `held_out` functions of the catalogue appear in the development split only; the exam has a package of its own.
    `not_with` names functions that could also fit such a request, so a row never offers both.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    say: str
    held_out: bool = False
    not_with: tuple[str, ...] = ()

    @cached_property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.say.strip().splitlines()]

    @cached_property
    def phrasings(self) -> list[str]:
        """The lines that ask for one call."""
        return [line for line in self.lines if "{2:" not in line]

    @cached_property
    def double_phrasings(self) -> list[str]:
        """The lines that ask for two calls of this function."""
        return [line for line in self.lines if "{2:" in line]

    @cached_property
    def json_length(self) -> int:
        """Characters of the tool in pretty-printed JSON."""
        return len(json.dumps(self.as_xlam(), indent=2))

    def parameter(self, name: str) -> Parameter:
        return next(parameter for parameter in self.parameters if parameter.name == name)

    def as_xlam(self) -> dict[str, Any]:
        """The tool as an xLAM row lists it."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": {parameter.name: parameter.as_xlam() for parameter in self.parameters},
        }


@dataclass(frozen=True)
class Domain:
    """Functions that belong together: each other's plausible wrong candidates."""

    name: str
    functions: tuple[Function, ...]


def function(
    name: str,
    description: str,
    *parameters: Parameter,
    say: str,
    held_out: bool = False,
    not_with: tuple[str, ...] = (),
) -> Function:
    """A `Function` with its parameters listed in place, which keeps the catalogue readable."""
    return Function(name, description, parameters, say, held_out, not_with)
