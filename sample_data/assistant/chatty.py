"""How people write to an assistant at work: short, in a hurry, not always with a capital letter or a full stop.

Wordings come and go. Of every six of them (phrasings of a tool, greetings, ways to join two requests) three are in use
all the time, two come up this week only, and one in the development week only. So two fifths of what people may say
this week is new: a model cannot have learned it from last week. The development week has new wordings of its own, so
that what is tuned on it is not tuned to this week's.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

ALWAYS = "always"
_IN_USE = (ALWAYS, ALWAYS, "this_week", ALWAYS, "development_week", "this_week")

_OPENERS = ("hi, ", "hey, ", "hello there - ", "morning! ", "quick one: ", "sorry, me again: ")
_CLOSERS = (" thx", " Thanks!", " ty", " thank you", " cheers", " many thanks")
_LINKS = (" and ", ". Also, ", ". oh and ", "; ", "\n", ", and also ")


def in_use(wordings: Sequence[str], week: str) -> list[str]:
    """The wordings that people use in a week (`last_week`, `development_week` or `this_week`), in their order."""
    return [each for i, each in enumerate(wordings) if _IN_USE[i % len(_IN_USE)] in (ALWAYS, week)]


def _lower_first(text: str, phrasing: str) -> str:
    """Without its capital, unless that belongs to a name that fills the first blank, or to "I"."""
    if phrasing.startswith("{") or phrasing.split()[0].split("'")[0] == "I":
        return text
    return text[0].lower() + text[1:]


def casual(query: str, phrasing: str, week: str, rng: Random) -> str:
    """One request as it is typed."""
    if rng.random() < 0.35:
        query = _lower_first(query, phrasing).removesuffix(".")
    chance = rng.random()
    if chance < 0.12:
        return rng.choice(in_use(_OPENERS, week)) + _lower_first(query, phrasing)
    if chance < 0.24:
        return query + rng.choice(in_use(_CLOSERS, week))
    return query


def join(first: str, second: str, second_phrasing: str, week: str, rng: Random) -> str:
    """Two requests in one message."""
    link = rng.choice(in_use(_LINKS, week))
    if first[-1] in "?!":
        link = link.lstrip(".;")
    return first.removesuffix(".") + link + _lower_first(second, second_phrasing)
