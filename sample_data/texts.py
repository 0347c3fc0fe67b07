"""Samplers of everything that is not a plain number: names, dates, choices, switches, lists, pairs, formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from sample_data import pools
from sample_data.numbers import WORDS, digits, plain, whole
from sample_data.spec import Said, Sampler


def made(compose: Callable[[Random], str]) -> Sampler:
    """A text composed for the row and kept as said."""

    def draw(rng: Random) -> Said:
        text = compose(rng)
        return Said(text, text)

    return Sampler("as said", draw)


def any_of(items: Sequence[str]) -> Sampler:
    """One of `items`, kept as said."""
    return made(lambda rng: rng.choice(items))


def choice(*values: str) -> Sampler:
    """One of a few values a parameter allows. People may capitalise it; the value is lower case."""

    def draw(rng: Random) -> Said:
        value = rng.choice(values)
        return Said(value.capitalize() if rng.random() < 0.25 else value, value)

    return Sampler("lower-case choice", draw)


def wording(meanings: dict[str, object], rule: str = "by wording") -> Sampler:
    """Words that stand for a value: {'round trip': 'return', ...}."""

    def draw(rng: Random) -> Said:
        text = rng.choice(list(meanings))
        return Said(text, meanings[text])

    return Sampler(rule, draw)


def switch(on: Sequence[str], off: Sequence[str]) -> Sampler:
    """A boolean said in words: `on` ways to say true, `off` ways to say false."""
    return wording({text: True for text in on} | {text: False for text in off}, rule="boolean by wording")


def _joined(rng: Random, parts: Sequence[str], spoken: bool = True) -> str:
    if spoken and (len(parts) == 2 or rng.random() < 0.5):
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    return ", ".join(parts)


def numbers(low: float, high: float, places: int = 0, size: tuple[int, int] = (3, 6), spoken: bool = True) -> Sampler:
    """A list of numbers: `3, 5 and 8`, `3, 5, 8` or `[3, 5, 8]`. Without "and" where a phrasing has two lists."""

    def draw(rng: Random) -> Said:
        scale = 10**places
        values = [rng.randint(round(low * scale), round(high * scale)) / scale for _ in range(rng.randint(*size))]
        parts = [f"{value:.{places}f}".rstrip("0").rstrip(".") if places else str(round(value)) for value in values]
        text = f"[{', '.join(parts)}]" if rng.random() < 0.25 else _joined(rng, parts, spoken)
        return Said(text, [plain(round(value, places)) for value in values])

    return Sampler("list of numbers", draw)


def several(items: Sequence[str], size: tuple[int, int] = (2, 4)) -> Sampler:
    """A list of texts: `milk, eggs and bread`."""

    def draw(rng: Random) -> Said:
        parts = rng.sample(items, rng.randint(*size))
        return Said(_joined(rng, parts), parts)

    return Sampler("list of texts", draw)


def several_made(one: Sampler, size: tuple[int, int] = (2, 3)) -> Sampler:
    """A list of composed texts, such as e-mail addresses."""

    def draw(rng: Random) -> Said:
        parts = list(dict.fromkeys(one.draw(rng).text for _ in range(rng.randint(*size) + 1)))[: size[1]]
        return Said(_joined(rng, parts), parts)

    return Sampler("list of texts", draw)


def quantities(items: Sequence[str], low: int = 2, high: int = 12) -> Sampler:
    """A mapping of things to counts: `3 apples and two pears`."""

    def draw(rng: Random) -> Said:
        chosen = {item: rng.randint(low, high) for item in rng.sample(items, rng.randint(2, 3))}
        parts = [f"{WORDS[n] if n < len(WORDS) and rng.random() < 0.3 else n} {item}" for item, n in chosen.items()]
        return Said(_joined(rng, parts), chosen)

    return Sampler("mapping", draw)


def point(low: int = -20, high: int = 20, places: int = 0) -> Sampler:
    """A pair of coordinates: `(3, -4)`."""

    def draw(rng: Random) -> Said:
        scale = 10**places
        values = [plain(rng.randint(low * scale, high * scale) / scale) for _ in range(2)]
        return Said(f"({values[0]}, {values[1]})", values)

    return Sampler("pair of numbers", draw)


def interval(low: int, high: int) -> Sampler:
    """Two ends of a range, the lower first: `2 and 9`."""

    def draw(rng: Random) -> Said:
        start = rng.randint(low, high - 1)
        end = rng.randint(start + 1, high)
        return Said(f"{start} and {end}", [start, end])

    return Sampler("pair of numbers", draw)


def _formula(rng: Random) -> str:
    a, b, n = rng.randint(2, 9), rng.randint(1, 12), rng.randint(2, 4)
    return rng.choice(
        [f"x**{n} - {b}", f"{a}*x + {b}", f"{a}*x**2 - {b}*x", f"sin(x) + {b}", f"exp(-x) * {a}", f"cos({a}*x)",
         f"x**3 - {a}*x + {b}", f"log(x) + {b}*x", f"sqrt(x) - {b}", f"{a}/x + x**{n}"]
    )  # fmt: skip


def _title(rng: Random) -> str:
    adjective, noun = rng.choice(pools.ADJECTIVES).capitalize(), rng.choice(pools.NOUNS).capitalize()
    second = rng.choice(pools.NOUNS).capitalize()
    forms = [f"{adjective} {noun}", f"The {adjective} {noun}", f"{noun} of {second}", f"The {noun}'s {second}"]
    return rng.choice(forms)


def _email(rng: Random) -> str:
    first, last = rng.choice(pools.FIRST_NAMES).lower(), rng.choice(pools.LAST_NAMES).lower()
    site = rng.choice(pools.COMPANY_HEADS).lower().replace(" ", "")
    user = rng.choice([first, f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}"])
    return f"{user}@{site}.{rng.choice(['com', 'org', 'net', 'io', 'example'])}"


def _phone(rng: Random) -> str:
    return rng.choice(
        [f"555-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}", f"+1 555 {rng.randint(1000000, 9999999)}"]
    )


def _phrase(rng: Random) -> str:
    place = f"{rng.choice(['by', 'near', 'under', 'behind'])} the {rng.choice(pools.NOUNS)}"
    return f"the {rng.choice(pools.ADJECTIVES)} {rng.choice(pools.NOUNS)} {place}"


def _hostname(rng: Random) -> str:
    site = f"{rng.choice(pools.ADJECTIVES)}-{rng.choice(pools.NOUNS)}"
    return f"{site}.{rng.choice(['com', 'org', 'net', 'dev'])}"


def _ticker(rng: Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(pools.TICKERS)
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.randint(3, 4)))


def _clock(rng: Random) -> str:
    hour = rng.randint(1, 12)
    return rng.choice(
        [f"{hour} {rng.choice(['am', 'pm'])}", f"{hour}:{rng.choice(['15', '30', '45'])} {rng.choice(['am', 'pm'])}",
         f"{rng.randint(6, 22):02d}:{rng.choice(['00', '15', '30', '45'])}", "noon"]
    )  # fmt: skip


MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def _iso_date(rng: Random, first_year: int = 2023, last_year: int = 2027) -> str:
    return f"{rng.randint(first_year, last_year)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _day(rng: Random) -> str:
    relative = [f"next {rng.choice(WEEKDAYS)}", f"this {rng.choice(WEEKDAYS)}"]
    return rng.choice(["tomorrow", *relative, f"{rng.choice(MONTHS)} {rng.randint(1, 28)}", _iso_date(rng)])


def _moment(rng: Random) -> str:
    return f"{_day(rng)} at {_clock(rng)}"


def code(*prefixes: str, figures: int = 5) -> Sampler:
    """An identifier such as `INV-40231`."""
    return made(lambda rng: f"{rng.choice(prefixes)}-{rng.randint(10 ** (figures - 1), 10**figures - 1)}")


CITY = any_of(pools.CITIES)
COUNTRY = any_of(pools.COUNTRIES)
FIRST_NAME = any_of(pools.FIRST_NAMES)
PERSON = made(lambda rng: f"{rng.choice(pools.FIRST_NAMES)} {rng.choice(pools.LAST_NAMES)}")
PEOPLE = several(pools.FIRST_NAMES)
COMPANY = made(lambda rng: f"{rng.choice(pools.COMPANY_HEADS)} {rng.choice(pools.COMPANY_TAILS)}")
TICKER = made(_ticker)
TICKERS = several_made(TICKER, (2, 4))
EMAIL = made(_email)
EMAILS = several_made(EMAIL)
PHONE = made(_phone)
TITLE = made(_title)
ADDRESS = made(lambda rng: f"{rng.randint(1, 240)} {rng.choice(pools.STREETS)}")
FORMULA = made(_formula)
WORD = any_of(pools.ADJECTIVES + pools.NOUNS)
PHRASE = made(_phrase)
HOSTNAME = made(_hostname)
TEAM = made(lambda rng: f"{rng.choice(pools.CITIES)} {rng.choice(pools.TEAMS)}")
CLOCK = made(_clock)
DATE = made(_iso_date)
EARLIER_DATE = made(lambda rng: _iso_date(rng, 2018, 2021))
LATER_DATE = made(lambda rng: _iso_date(rng, 2022, 2027))
DAY = made(_day)
MOMENT = made(_moment)
YEAR = whole(1950, 2024)
POINT = point()
LATITUDE = Sampler("number", lambda rng: _coordinate(rng, 85))
LONGITUDE = Sampler("number", lambda rng: _coordinate(rng, 175))


def _coordinate(rng: Random, limit: int) -> Said:
    value = rng.randint(-limit * 100, limit * 100) / 100
    return Said(digits(str(value)), plain(value))
