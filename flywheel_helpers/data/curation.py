"""From corrected questions to training rows: each rule a small function, each drop counted.

A rule takes the examples that are left and returns those that stay, in their order. `curate` applies them one after the
other and counts.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import jsonschema
import referencing

from sample_data.production import NEAR, similarity, words
from tool_calling import strict_json
from tool_calling.scoring import score_tool_calls


@dataclass(frozen=True)
class Example:
    """A question with the tools on offer and the calls that are said to be right.

    Args:
        id: of the request in the usage log.
        query: the user's text.
        tools: OpenAI function specs.
        calls: `{"name", "arguments"}` each, or JSON text of such a list.
        source: who said so.
    """

    id: str
    query: str
    tools: list[dict[str, Any]]
    calls: Any
    source: str

    def customization_row(self) -> dict[str, Any]:
        """The row to train on."""
        calls = [{"type": "function", "function": call} for call in self.calls]
        answer = {"role": "assistant", "content": "", "tool_calls": calls}
        return {"messages": [{"role": "user", "content": self.query}, answer], "tools": self.tools}


Examples = list[Example]
Rule = Callable[[Examples], Examples]


@dataclass(frozen=True)
class Step:
    """What one rule did."""

    rule: str
    kept: int
    dropped: int
    changed: int = 0


def curate(
    examples: Sequence[Example], exams: Iterable[str], per_tool: int, seed: int = 42
) -> tuple[Examples, list[Step]]:
    """Apply all rules.

    Args:
        examples: in the order in which they were asked.
        exams: the questions of every exam that the trained model will be measured on.
        per_tool: at most so many examples whose first call is of one tool; without a call counts as a tool of its own.
        seed: of the values that take the place of personal data.

    Returns:
        the examples to train on, and what each rule did.
    """
    exam_words = [words(query) for query in exams]
    rules: dict[str, Rule] = {
        "the correction is a list of calls": well_formed,
        "every call is of a tool on offer": on_offer,
        "the arguments fit the tool's schema": fitting,
        "personal data is replaced": lambda found: without_personal_data(found, seed),
        "corrections of one question agree": agreeing,
        "no question twice": distinct,
        "no near-duplicates": lambda found: no_near_duplicates(found),
        "not in an exam": lambda found: not_in(found, exam_words),
        f"at most {per_tool} for each tool": lambda found: at_most(found, per_tool),
    }
    left, steps = list(examples), []
    for name, rule in rules.items():
        kept = rule(left)
        before = {example.id: example for example in left}
        changed = sum(example.query != before[example.id].query for example in kept)
        steps.append(Step(name, len(kept), len(left) - len(kept), changed))
        left = kept
    return left, steps


def well_formed(examples: Examples) -> Examples:
    """Those whose calls are, or parse as, a list of `{"name": str, "arguments": object}`, in strict JSON."""
    kept = []
    for example in examples:
        calls = example.calls
        try:
            calls = strict_json.loads(calls) if isinstance(calls, str) else calls
            strict_json.check([example.query, calls])
        except strict_json.NotStrict:  # NaN, for example
            continue
        if isinstance(calls, list) and all(_is_call(call) for call in calls):
            bare = [{"name": call["name"], "arguments": call["arguments"]} for call in calls]
            kept.append(replace(example, calls=bare))
    return kept


def on_offer(examples: Examples) -> Examples:
    """Those that call nothing but tools of their own question."""
    return [example for example in examples if {call["name"] for call in example.calls} <= _schemas(example).keys()]


def fitting(examples: Examples) -> Examples:
    """Those whose arguments are valid by the tool's JSON Schema, with no argument that the tool does not take."""
    return [
        example
        for example in examples
        if not any(schema_problem(call["arguments"], _schemas(example)[call["name"]]) for call in example.calls)
    ]


def schema_problem(arguments: dict[str, Any], schema: dict[str, Any]) -> str | None:
    """The first thing wrong with the arguments of a call, in words; None where they fit."""
    strict = {"additionalProperties": False, **schema}
    # With a registry of its own the validator fetches nothing, whatever addresses a logged schema refers to.
    validator = jsonschema.Draft202012Validator(strict, registry=referencing.Registry())
    try:
        errors = sorted(validator.iter_errors(arguments), key=lambda error: list(error.path))
    except referencing.exceptions.Unresolvable as error:
        return f"the tool's schema refers to {error.ref!r}, which is not in it"
    if not errors:
        return None
    place = ".".join(str(part) for part in errors[0].path)
    return f"{place}: {errors[0].message}" if place else errors[0].message


_PERSONAL = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<account>\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b)"
    # A phone number, but not a date or a time: it begins with + or 0 and has at least nine digits.
    r"|(?P<phone>(?<![\w.,:/-])(?:\+\d|0\d)(?!\d?[./-]\d{1,2}[./-])(?:[ ()/-]?\d){7,13}\b)"
)


def without_personal_data(examples: Examples, seed: int) -> Examples:
    """Replace mail addresses, phone numbers and account numbers with others of the same shape.

    Left out are examples with an argument that has such a value in another form than the question (without its spaces,
    or as a number), or one that its tool would no longer take: their answer would be wrong for the new question.

    The same value gets the same replacement wherever it occurs, in questions and in arguments. Replacements follow from
    the order of appearance and not from the value, which therefore cannot be computed back from them.
    """
    replacements: dict[str, str] = {}

    def new(match: re.Match[str]) -> str:
        value = match.group()
        if value not in replacements:
            replacements[value] = _same_shape(value, match.lastgroup == "mail", Random(f"{seed} {len(replacements)}"))
        return replacements[value]

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return _PERSONAL.sub(new, value)
        if isinstance(value, list):
            return [clean(item) for item in value]
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items()}
        return value

    consistent = filter(_has_personal_data_as_written, examples)
    return fitting([replace(one, query=clean(one.query), calls=clean(one.calls)) for one in consistent])


def _has_personal_data_as_written(example: Example) -> bool:
    asked = {match.group() for match in _PERSONAL.finditer(example.query)}
    numbers = {re.sub(r"\D", "", value).lstrip("0") for value in asked}
    values = list(_leaves(example.calls))
    used = {match.group() for value in values if isinstance(value, str) for match in _PERSONAL.finditer(value)}
    return used <= asked and not any(str(value) in numbers for value in values if isinstance(value, int | float))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    else:
        yield value


def agreeing(examples: Examples) -> Examples:
    """Those whose question nobody corrected differently: of two answers at least one is wrong, so both go."""
    first: dict[tuple[str, ...], Example] = {}
    doubtful = set()
    for example in examples:
        other = first.setdefault(_asked(example), example)
        if not score_tool_calls(example.calls, other.calls)["function_name_and_args_accuracy"]:
            doubtful.add(_asked(example))
    return [example for example in examples if _asked(example) not in doubtful]


def distinct(examples: Examples) -> Examples:
    """Of questions that are the same word for word, the first."""
    return list({_asked(example): example for example in reversed(examples)}.values())[::-1]


def no_near_duplicates(examples: Examples) -> Examples:
    """Of questions that share nearly all words and want the same calls, the first.

    Questions that differ in one value want different calls. Both stay: that difference is what a model has to learn.
    """
    kept: Examples = []
    for example in examples:
        said = words(example.query)
        if not any(
            score_tool_calls(example.calls, other.calls)["function_name_and_args_accuracy"]
            and similarity(said, words(other.query)) >= NEAR
            for other in kept
        ):
            kept.append(example)
    return kept


def not_in(examples: Examples, exam: Sequence[frozenset[str]]) -> Examples:
    """Those whose question is neither in the exam nor nearly: a score on a practised question measures memory.

    Two questions as near as `NEAR` share one of their rarest words, so only those that do are compared: the prefix
    filter of Chaudhuri et al. 2006 (https://doi.org/10.1109/ICDE.2006.9).

    Args:
        exam: the `words` of each of its questions.
    """
    count = Counter(word for other in exam for word in other)

    def rarest(said: frozenset[str]) -> list[str]:
        common = math.ceil(NEAR * len(said) - 1e-9)  # words that it shares with any that is as near
        return sorted(said, key=lambda word: (count[word], word))[: len(said) - common + 1]

    index: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for other in exam:
        for word in rarest(other):
            index[word].append(other)

    def is_near(said: frozenset[str]) -> bool:
        return any(similarity(said, other) >= NEAR for word in rarest(said) for other in index.get(word, ()))

    return [example for example in examples if not is_near(words(example.query))]


def at_most(examples: Examples, per_tool: int) -> Examples:
    """The first so many of each tool, so that the most popular one does not crowd out the rest."""
    seen: Counter[str] = Counter()
    kept = []
    for example in examples:
        tool = example.calls[0]["name"] if example.calls else ""
        seen[tool] += 1
        if seen[tool] <= per_tool:
            kept.append(example)
    return kept


def _is_call(call: Any) -> bool:
    return isinstance(call, dict) and isinstance(call.get("name"), str) and isinstance(call.get("arguments"), dict)


def _schemas(example: Example) -> dict[str, dict[str, Any]]:
    return {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in example.tools}


def _asked(example: Example) -> tuple[str, ...]:
    """A question and the tools on offer: with other tools it is another question."""
    return (" ".join(example.query.split()).casefold(), *sorted(_schemas(example)))


def _same_shape(value: str, is_mail: bool, rng: Random) -> str:
    """Other letters and digits in the same places. The last part of a mail address, such as `.com`, stays."""
    end = value.rindex(".") if is_mail else len(value)
    alphabets = (string.ascii_lowercase, string.ascii_uppercase, string.digits)

    def other(character: str) -> str:
        alphabet = next((one for one in alphabets if character in one), None)
        return rng.choice(alphabet) if alphabet else character

    return "".join(map(other, value[:end])) + value[end:]
