"""What a second version is trained on: the corrected questions, contrasts made of them, and rows of the first training.

Corrected questions are few, and two kinds among them are fewer still: questions that need two calls, and questions that
no tool on offer fits. Both can be made from questions with one call, whose right calls are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from flywheel_helpers.data.curation import Example

_LINKS = (" and ", ". Also, ", "; ", "\n")  # how people put two requests into one message


def without_its_tool(examples: Sequence[Example], count: int, seed: int = 42) -> list[Example]:
    """Questions with the tool that they need taken off the offer: the same words, and the right answer is no call.

    Beside the original, such a row teaches the one difference that decides: whether the tool is there.

    Args:
        examples: curated ones; those with one call, and with another tool on offer, are used.
        count: how many to make, as far as there are questions.
    """
    rng = Random(f"without its tool {seed}")
    usable = [one for one in examples if len(one.calls) == 1 and len(one.tools) > 1]
    made = []
    for one in rng.sample(usable, min(count, len(usable))):
        needed = one.calls[0]["name"]
        tools = [tool for tool in one.tools if tool["function"]["name"] != needed]
        made.append(Example(f"{one.id}/without", one.query, tools, [], one.source))
    return made


def joined(examples: Sequence[Example], count: int, seed: int = 42) -> list[Example]:
    """Pairs of questions in one message, with the calls of both, and the tools of both on offer.

    Args:
        examples: curated ones; those with one call are used.
        count: how many pairs to make.
    """
    rng = Random(f"joined {seed}")
    usable = [one for one in examples if len(one.calls) == 1]
    made: list[Example] = []
    while len(made) < count and len(usable) > 1:
        first, second = rng.sample(usable, 2)
        tools = {tool["function"]["name"]: tool for tool in (*first.tools, *second.tools)}
        needed = {call["name"] for call in (*first.calls, *second.calls)}
        others = [name for name in tools if name not in needed]
        offered = [*needed, *rng.sample(others, min(max(1, 4 - len(needed)), len(others)))]
        offered.sort()  # a set has no order of its own
        rng.shuffle(offered)
        made.append(
            Example(
                f"{first.id}+{second.id}",
                _in_one_message(first.query, second.query, rng),
                [tools[name] for name in offered],
                [*first.calls, *second.calls],
                first.source,
            )
        )
    return made


def replay(rows: Sequence[dict[str, Any]], count: int | None, seed: int = 42) -> list[dict[str, Any]]:
    """Rows of the first training, so that what it taught is not forgotten, in their order: some of them, or all."""
    if count is None:
        return list(rows)
    chosen = Random(f"replay {seed}").sample(range(len(rows)), min(count, len(rows)))
    return [rows[index] for index in sorted(chosen)]


def _in_one_message(first: str, second: str, rng: Random) -> str:
    link = rng.choice(_LINKS)
    first = first.strip().removesuffix(".")
    if first[-1:] in "?!":
        link = link.lstrip(".;")
    # A capital letter in the middle of a sentence, unless it is "I" or an abbreviation.
    lower = second[:1].lower() + second[1:] if second[1:2].islower() and link != "\n" else second
    return f"{first}{link}{lower}"
