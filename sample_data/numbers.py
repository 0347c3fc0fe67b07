"""Samplers of numbers: the way people say an amount, and the number a call needs.

Every conversion in the sample is one of the rules below; the same words mean the same number in every function.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from sample_data.spec import Said, Sampler

WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def plain(value: Decimal | int) -> int | float:
    """An int where the value is whole, otherwise the shortest float: 2000.0 is written 2000."""
    return int(value) if value == int(value) else float(value)


def digits(value: Decimal | int) -> str:
    """Digits without an exponent or trailing zeros: Decimal('4.50') -> '4.5'."""
    return f"{Decimal(value).normalize():f}"


def grouped(value: int) -> str:
    return f"{value:,}"


def whole(low: int, high: int, step: int = 1) -> Sampler:
    """A whole number said in digits; from 10,000 sometimes with a thousands separator."""

    def draw(rng: Random) -> Said:
        value = rng.randrange(low, high + 1, step)
        text = grouped(value) if value >= 10_000 and rng.random() < 0.4 else str(value)
        return Said(text, value)

    return Sampler("number", draw)


def count(low: int, high: int) -> Sampler:
    """A small count, in digits or as a word: `3` or `three`."""

    def draw(rng: Random) -> Said:
        value = rng.randint(low, high)
        if 2 <= value < len(WORDS) and rng.random() < 0.45:
            return Said(WORDS[value], value)
        return Said(str(value), value)

    return Sampler("word number", draw)


def decimal(low: float, high: float, places: int = 1) -> Sampler:
    """A number with up to `places` decimals."""

    def draw(rng: Random) -> Said:
        scale = 10**places
        value = Decimal(rng.randint(round(low * scale), round(high * scale))) / scale
        return Said(digits(value), plain(value))

    return Sampler("number", draw)


def _round_amount(rng: Random, low: int, high: int) -> int:
    """An amount as people quote them: the larger, the rounder."""
    value = rng.randint(low, high)
    step = 1 if value < 100 else 10 if value < 1_000 else 100 if value < 20_000 else 1_000 if value < 10**6 else 100_000
    return max(low, value // step * step)


def _short(value: int) -> str | None:
    """2500 -> 2.5k, 1500000 -> 1.5 million; None where people would not shorten."""
    if value >= 1_000_000 and value % 100_000 == 0:
        return f"{digits(Decimal(value) / 1_000_000)} million"
    if 1_000 <= value < 1_000_000 and value % 500 == 0:
        return f"{digits(Decimal(value) / 1_000)}k"
    return None


def money(low: int, high: int) -> Sampler:
    """An amount in dollars: `$2,000`, `2000 dollars`, `$2k`, `1.5 million dollars`."""

    def draw(rng: Random) -> Said:
        value = _round_amount(rng, low, high)
        short = _short(value)
        if short and (value >= 1_000_000 or rng.random() < 0.3):
            return Said(rng.choice([f"${short}", f"{short} dollars"]), value)
        figure = grouped(value) if value >= 1_000 and rng.random() < 0.55 else str(value)
        return Said(rng.choice([f"${figure}", f"${figure}", f"{figure} dollars"]), value)

    return Sampler("money", draw)


def price(low: int, high: int) -> Sampler:
    """A price with cents: `$12.40`, `12.40 dollars`."""

    def draw(rng: Random) -> Said:
        cents = rng.randint(low * 100, high * 100) // 5 * 5
        value = Decimal(cents) / 100
        figure = f"{value:.2f}" if cents % 100 else str(cents // 100)
        return Said(rng.choice([f"${figure}", f"${figure}", f"{figure} dollars"]), plain(value))

    return Sampler("money", draw)


def amount(low: int, high: int) -> Sampler:
    """A large count without a unit: `2,000`, `12k`, `3 million`."""

    def draw(rng: Random) -> Said:
        value = _round_amount(rng, low, high)
        short = _short(value)
        if short and rng.random() < 0.4:
            return Said(short, value)
        return Said(grouped(value) if value >= 1_000 and rng.random() < 0.5 else str(value), value)

    return Sampler("amount", draw)


def _percentage(rng: Random, low: float, high: float) -> tuple[Decimal, str]:
    half_steps = rng.randint(round(low * 2), round(high * 2))
    value = Decimal(half_steps) / 2
    if rng.random() < 0.5:
        value = Decimal(max(round(low), int(value)))
    if low < 10 and rng.random() < 0.12:
        value += Decimal("0.25")
    return value, f"{digits(value)}{rng.choice(['%', '%', ' percent'])}"


def rate(low: float, high: float) -> Sampler:
    """A percentage for a parameter described "as a decimal": `2%` is 0.02. Limits in percent."""

    def draw(rng: Random) -> Said:
        value, text = _percentage(rng, low, high)
        return Said(text, plain(value / 100))

    return Sampler("percent to decimal", draw)


def percent(low: int, high: int, step: int = 1) -> Sampler:
    """A percentage for a parameter described "in percent": `40%` is 40."""

    def draw(rng: Random) -> Said:
        value = rng.randrange(low, high + 1, step)
        return Said(f"{value}{rng.choice(['%', '%', ' percent'])}", value)

    return Sampler("percent kept", draw)


def _duration(unit: str, low: int, high: int, step: int, spoken: dict[str, int | float]) -> Sampler:
    """A length of time counted in `unit`; `spoken` lists other ways of saying one and what they come to."""

    def draw(rng: Random) -> Said:
        if rng.random() < 0.4:
            text = rng.choice(list(spoken))
            return Said(text, spoken[text])
        value = rng.randrange(low, high + 1, step)
        said = WORDS[value] if 2 <= value < len(WORDS) and rng.random() < 0.3 else str(value)
        return Said(f"{said} {unit if value == 1 else unit + 's'}", value)

    return Sampler(f"duration in {unit}s", draw)


def seconds(low: int = 5, high: int = 90, step: int = 5) -> Sampler:
    spoken = {"a minute": 60, "2 minutes": 120, "two minutes": 120, "half a minute": 30, "5 minutes": 300}
    return _duration("second", low, high, step, spoken)


def minutes(low: int = 5, high: int = 90, step: int = 5) -> Sampler:
    spoken = {
        "half an hour": 30,
        "an hour": 60,
        "one hour": 60,
        "an hour and a half": 90,
        "two hours": 120,
        "2 hours": 120,
        "3 hours": 180,
    }
    return _duration("minute", low, high, step, spoken)


def hours(low: int = 1, high: int = 12) -> Sampler:
    spoken = {"half an hour": 0.5, "an hour": 1, "an hour and a half": 1.5, "a day": 24, "two days": 48}
    return _duration("hour", low, high, 1, spoken)


def days(low: int = 2, high: int = 20) -> Sampler:
    spoken = {"a week": 7, "one week": 7, "two weeks": 14, "2 weeks": 14, "3 weeks": 21}
    return _duration("day", low, high, 1, spoken)


def months(low: int = 2, high: int = 18) -> Sampler:
    spoken = {"a year": 12, "one year": 12, "two years": 24, "2 years": 24, "half a year": 6, "3 years": 36}
    return _duration("month", low, high, 1, spoken)


def years(low: int = 2, high: int = 30) -> Sampler:
    """A count of years without the word, so that the phrasing decides: `8`, `eight`."""
    return count(low, high)
