"""Turning a phrasing and its samplers into a query and the calls it asks for."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from sample_data.spec import PLACEHOLDER, Function, Said

# Openings after which a sentence starts afresh, with its capital letter.
GREETINGS = ("Hi! ", "Hello! ", "Hey! ", "Good morning! ", "Hi there. ", "Good evening! ")
# Frames for a command, which then goes on in lower case.
POLITE = ("Please {}", "Could you {}?", "Can you {}?", "I need you to {}", "I'd like you to {}", "Would you {}?")
ENDINGS = (" Thanks!", " Thank you.", " Cheers!", " Thanks in advance.")
# First words that start a statement rather than a command: "Please I'd like ..." is not English.
NOT_COMMANDS = frozenset(
    "I I'm I'd I've I'll We We're We've My Our It's There Time Let's If The A An How What Please To For On At Today "
    "From In With Some Someone This That Dinner After Before When It Is Are Does Any".split()
)

# "a office chair", "a 8 year loan", "a 500 dollars bill": a phrasing cannot know what its blank will hold.
_A_BEFORE_VOWEL = re.compile(r"\b([Aa])(?= (?!us|uni|eu|one|ut)(?:[aeiou]|\$?8[\d.,k]*\b|\$?1[18]\b))")
_DOLLARS_AS_ADJECTIVE = re.compile(r"\b([Aa]n? [\d.,]+(?:k| million)? dollar)s(?= [a-z])")

Call = dict[str, Any]


def _draw_distinct(function: Function, name: str, rng: Random, taken: set[str]) -> Said:
    """A value not yet said in this query: a flight from Rome to Rome would be no request."""
    sampler = function.parameter(name).sampler
    for _ in range(20):
        said = sampler.draw(rng)
        if said.text.casefold() not in taken:
            break
    taken.add(said.text.casefold())
    return said


def fill(function: Function, phrasing: str, rng: Random) -> tuple[str, list[Call]]:
    """Fill one phrasing: the query, and the call (or two calls) it asks for. Arguments follow the function's order."""
    taken: set[str] = set()
    said: dict[tuple[bool, str], Said] = {}
    for second, name in PLACEHOLDER.findall(phrasing):
        said[bool(second), name] = _draw_distinct(function, name, rng, taken)
    query = PLACEHOLDER.sub(lambda match: said[bool(match[1]), match[2]].text, phrasing)
    query = agree(query)

    def call(use_second: bool) -> Call:
        arguments = {}
        for parameter in function.parameters:
            value = said.get((False, parameter.name))
            if use_second:
                value = said.get((True, parameter.name), value)
            if value is not None:
                arguments[parameter.name] = value.value
        return {"name": function.name, "arguments": arguments}

    return query, [call(False), call(True)] if "{2:" in phrasing else [call(False)]


def agree(sentence: str) -> str:
    """Make articles and dollars agree with the words that filled the blanks."""
    return _DOLLARS_AS_ADJECTIVE.sub(r"\1", _A_BEFORE_VOWEL.sub(r"\1n", sentence))


def is_command(sentence: str) -> bool:
    """Whether the phrasing may follow "Please": it ends in a full stop and starts with a verb."""
    first = sentence.split()[0].rstrip(",:")
    return sentence.endswith(".") and first not in NOT_COMMANDS and first.isalpha()


def _lower_first(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def dress(query: str, command: bool, rng: Random) -> str:
    """Now and then add what people add around a request: a greeting, a please, a thank you."""
    chance = rng.random()
    if command and chance < 0.22:
        frame = rng.choice(POLITE)
        body = _lower_first(query)
        return frame.format(body[:-1] if frame.endswith("?") else body)
    if query[-1] in ".?" and chance < 0.32:
        return rng.choice(GREETINGS) + query
    if query[-1] in ".?" and chance < 0.42:
        return query + rng.choice(ENDINGS)
    return query


def bare(query: str) -> str:
    """What is asked, without regard to case and to what `dress` adds: two bare questions alike are one question."""
    text = query.casefold()
    for greeting in GREETINGS:
        text = text.removeprefix(greeting.casefold())
    for ending in ENDINGS:
        text = text.removesuffix(ending.casefold())
    for frame in POLITE:
        text = text.removeprefix(frame.partition("{}")[0].casefold())
    return text.rstrip(".?")


def join(first: str, second: str, second_is_command: bool, rng: Random) -> str:
    """Two requests in one message."""
    start = first if first[-1] in ".?" else first + "."
    links = ["Also, {}", "And {}", "Then {}", "After that, {}"] if second_is_command else ["{}", "Also: {}", "Next: {}"]
    link = rng.choice(links)
    body = _lower_first(second) if second_is_command else second
    return f"{start} {link.format(body)}"
