"""Every value of the sample can be read back from its query, by rules written independently of the samplers."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from sample_data import catalogue, exam, generate


@pytest.fixture(scope="module")
def everything():
    return [row for rows in generate().splits().values() for row in rows]


COUNTED = "zero one two three four five six seven eight nine ten eleven twelve"
WORDS = {word: i for i, word in enumerate(COUNTED.split())}
NUMBER = re.compile(r"-?\d+(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
SPOKEN = {
    "half a minute": {30},
    "a minute": {60},
    "half an hour": {30, 0.5},
    "an hour and a half": {90, 1.5},
    "an hour": {60, 1},
    "a day": {24},
    "a week": {7},
    "half a year": {6},
    "a year": {12},
}
UNITS = {"minute": {60}, "hour": {60}, "day": {24}, "week": {7}, "year": {12}}
BASES = {"binary": 2, "octal": 8, "hex": 16}


def readings(query: str) -> tuple[set[float], set[float], set[float]]:
    """The numbers a query can mean: plainly, as percentages, and by way of units of time or notation."""
    text = query.casefold()
    plain, percentages, converted = set(), set(), set()
    for match in NUMBER.finditer(text):
        value, rest = float(match[0].replace(",", "")), text[match.end() :]
        if re.match(r" ?(%|percent)", rest):
            percentages.add(value)
        elif rest.startswith(" million"):
            plain.add(round(value * 1_000_000))
        elif re.match(r"k\b", rest):
            plain.add(round(value * 1_000))
        else:
            plain.add(value)
        if unit := re.match(r" (minute|hour|day|week|year)", rest):
            converted |= {value * factor for factor in UNITS[unit[1]]}
    for word in re.finditer(r"[a-z]+", text):
        if word[0] in WORDS:
            plain.add(WORDS[word[0]])
            if unit := re.match(r" (minute|hour|day|week|year)", text[word.end() :]):
                converted |= {WORDS[word[0]] * factor for factor in UNITS[unit[1]]}
    for phrase, values in SPOKEN.items():
        if phrase in text:
            converted |= values
    converted |= {base for word, base in BASES.items() if word in text}
    return plain, percentages, converted


def derivable(value, query: str, spec: dict) -> bool:
    plain, percentages, converted = readings(query)
    if isinstance(value, bool):
        return True  # by wording: see test_booleans_follow_the_wording
    if isinstance(value, int | float):
        if "as a decimal" in spec["description"]:
            return any(abs(value - percentage / 100) < 1e-9 for percentage in percentages)
        if "in percent" in spec["description"]:
            return value in percentages
        return value in plain | converted
    if isinstance(value, list):
        return all(derivable(item, query, spec) for item in value)
    if isinstance(value, dict):
        return all(key in query and number in plain for key, number in value.items())
    if value in query:
        return True
    # Choices are lower case however they were said, and may stand for other words, which the description lists.
    return value in query.casefold() or f"'{value}'" in spec["description"]


def test_every_value_can_be_derived_from_the_query(everything):
    checked = 0
    for row in everything:
        specs = {tool["name"]: tool["parameters"] for tool in json.loads(row["tools"])}
        for answer in json.loads(row["answers"]):
            for name, value in answer["arguments"].items():
                assert derivable(value, row["query"], specs[answer["name"]][name]), (row["query"], answer)
                checked += 1
    assert checked > 6000


def test_booleans_follow_the_wording():
    """True and false are both asked for, and never in the same words."""
    for function in (one for domain in (*catalogue.DOMAINS, *exam.DOMAINS) for one in domain.functions):
        for parameter in function.parameters:
            if parameter.type.startswith("bool"):
                rng, meaning = Random(0), {}
                for _ in range(60):
                    said = parameter.sampler.draw(rng)
                    assert meaning.setdefault(said.text, said.value) == said.value
                assert set(meaning.values()) == {True, False}


def test_no_blank_is_left_and_the_english_is_tidy(everything):
    for row in everything:
        query = row["query"]
        assert not re.search(r"[{}]|  |\ba [aeio](?!ne)\w|\.\.|\?\?|,\.", query.split('"')[0]), query
        assert query == query.strip()
