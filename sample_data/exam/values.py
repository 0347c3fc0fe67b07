"""Values of the exam's own: appointments within working hours, days that need no "on", numbers as they are made."""

from __future__ import annotations

from random import Random

from sample_data import texts as t
from sample_data.spec import Said, Sampler


def among(*values: int | float) -> Sampler:
    """One of the numbers that there are, such as the f-numbers of a lens."""

    def draw(rng: Random) -> Said:
        value = rng.choice(values)
        return Said(str(value), value)

    return Sampler("number", draw)


def _day(rng: Random) -> str:
    relative = [f"next {rng.choice(t.WEEKDAYS)}", f"this {rng.choice(t.WEEKDAYS)}"]
    return rng.choice(["tomorrow", *relative, f"{rng.choice(t.MONTHS)} {rng.randint(1, 28)}"])


def _working_day(rng: Random) -> str:
    weekday = rng.choice(t.WEEKDAYS[:5])
    return rng.choice(
        ["tomorrow", f"next {weekday}", f"this {weekday}", f"{rng.choice(t.MONTHS)} {rng.randint(1, 28)}"]
    )


def _working_hour(rng: Random) -> str:
    hour, minutes = rng.randint(8, 17), rng.choice(["00", "15", "30", "45"])
    half = "am" if hour < 12 else "pm"
    twelve = (hour - 1) % 12 + 1
    short = f"{twelve} {half}" if minutes == "00" else f"{twelve}:{minutes} {half}"
    return rng.choice([short, f"{hour:02d}:{minutes}"])


DAY = t.made(_day)
APPOINTMENT = t.made(lambda rng: f"{_working_day(rng)} at {_working_hour(rng)}")
PAST_DATE = t.made(lambda rng: f"{rng.randint(2021, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}")
# The values in which resistors are sold.
RESISTOR = among(100, 120, 150, 180, 220, 270, 330, 390, 470, 560, 680, 820, 1000, 1200, 1500, 2200, 3300, 4700, 6800)
