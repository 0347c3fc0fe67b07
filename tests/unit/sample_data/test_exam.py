"""The exam's functions: many, of every kind, and strangers to all that a recipe was ever chosen with."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sample_data import assistant, catalogue, exam
from sample_data.assistant.no_tool import MISSING, SMALL_TALK
from sample_data.spec import Domain, Function

# From this similarity on, a function's name or description would be a twin of another's. Sharing "Books a ... at a" is
# none: what is booked differs.
NEAR = 0.4
_SMALL_WORDS = frozenset("a an the of in on for to is are its it and or by with at as from that which".split())


def functions(domains: tuple[Domain, ...]) -> list[Function]:
    return [function for domain in domains for function in domain.functions]


EXAM = functions(exam.DOMAINS)
KNOWN = [*functions(catalogue.DOMAINS), *functions(assistant.DOMAINS)]


def words(text: str) -> frozenset[str]:
    """The words of a name or a description, in the singular and without the small ones."""
    return frozenset(re.sub("s$", "", word) for word in re.findall("[a-z]+", text.casefold())) - _SMALL_WORDS


def similarity(first: str, second: str) -> float:
    one, other = words(first), words(second)
    return len(one & other) / len(one | other)


def test_size():
    assert len(exam.DOMAINS) >= 8
    assert len({function.name for function in EXAM}) == len(EXAM) >= 64
    assert all(len(domain.functions) >= 6 for domain in exam.DOMAINS)


def test_nothing_is_shared():
    known = {domain.name for domain in (*catalogue.DOMAINS, *assistant.DOMAINS)}
    assert not known & {domain.name for domain in exam.DOMAINS}
    unserved = [SMALL_TALK, *MISSING.values()]
    assert not {one.name for one in EXAM} & {one.name for one in [*KNOWN, *unserved]}
    assert not {one.description for one in EXAM} & {one.description for one in KNOWN}
    assert not {line for one in EXAM for line in one.lines} & {
        line for one in [*KNOWN, *unserved] for line in one.lines
    }


@pytest.mark.parametrize("function", EXAM, ids=lambda function: function.name)
def test_no_near_twin(function):
    for other in KNOWN:
        assert similarity(function.name, other.name) < NEAR, other.name
        assert similarity(function.description, other.description) < NEAR, other.name
        both = [f"{one.name} {one.description}" for one in (function, other)]
        assert similarity(*both) < NEAR, other.name


def test_similarity():
    assert similarity("Books a table at a restaurant.", "book tables: the restaurant") == 1
    assert similarity("late_fee", "fee_rate") == 1 / 3


def test_variety():
    types = Counter(parameter.type.removesuffix(", optional") for one in EXAM for parameter in one.parameters)
    assert types.keys() >= {
        "str",
        "int",
        "float",
        "bool",
        "List[str]",
        "List[Union[int, float]]",
        "Dict[str, int]",
        "Tuple[float, float]",
        "Union[int, float]",
    }
    assert any(not one.parameters for one in EXAM)
    assert sum("optional" in parameter.type for one in EXAM for parameter in one.parameters) >= 10
    assert sum(bool(one.double_phrasings) for one in EXAM) > len(EXAM) / 2
    rules = Counter(parameter.sampler.rule for one in EXAM for parameter in one.parameters)
    assert rules["percent to decimal"] >= 4 and rules["money"] >= 8
    assert len(rules) >= 12


def test_as_hard_as_the_development_functions():
    """About as many values to fill in, or a score on one would say little about the other."""
    held_out = [one for one in functions(catalogue.DOMAINS) if one.held_out]
    per_function = [sum(len(one.parameters) for one in part) / len(part) for part in (EXAM, held_out)]
    assert abs(per_function[0] - per_function[1]) < 0.3
