"""What the team's questions are about: its people, rooms and projects, and the ways to say a day, a time or an amount.

The pools share no name of a person or city with the course's sample. Every value can be read from the text: either it
is given as the argument wants it, or the parameter's description says how to write it (`Thurs` is `Thursday`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from sample_data.numbers import plain
from sample_data.spec import Said, Sampler
from sample_data.texts import any_of, switch, wording


def _lines(text: str) -> list[str]:
    return [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]


PEOPLE = _lines("""
    Agnieszka, Bea, Callum, Dilan, Ewa, Farid, Gwen, Henrik, Imani, Jelena, Kasper, Lotte, Marek, Nkechi, Orla, Pascal
    Renata, Stellan, Tuva, Vikram, Wouter, Yasmin, Zoltan, Inga, Roisin, Thandi, Matthias, Sunita
""")
ROOMS = _lines("Matterhorn, Fuji, Eiger, Elbrus, Teide, Olympus, Snowdon, Etna, Ararat, Triglav, Hekla, Denali")
CITIES = _lines("""
    Hanover, Bremen, Nuremberg, Freiburg, Basel, Bern, Lausanne, Strasbourg, Lille, Nantes, Rennes, Liege, Eindhoven
    Groningen, Maastricht, Aachen, Mainz, Kassel, Ulm, Innsbruck, Linz, Trieste, Verona, Padua, Luxembourg, Grenoble
    Dijon, Metz, Essen, Lucerne, Bruges, Turku
""")
PROJECTS = _lines("""
    Kestrel, Lighthouse, Bluebell, Sundial, Northgate, Ironwood, Papaya, Redwing, Tidewater, Halcyon, Marlin, Quarry
    Sandpiper, Moonshot, Bramble, Foxglove
""")
MEETINGS = _lines("""
    roadmap sync, contract review, sprint planning, hiring panel, retro, design critique, vendor call, data review
    security walkthrough, onboarding chat, quarterly forecast, release check, support handover, pricing round
    customer workshop, weekly sync, incident review, demo rehearsal, brand workshop, budget round, architecture forum
    launch prep, compliance check-in, survey debrief, offsite planning
""")
SUBJECTS = _lines("""
    new contract, Friday drinks, test results, open invoices, server move, holiday cover, client feedback, hiring plan
    desk move, launch date, training budget, release notes, price list, survey results, fire drill, office keys
    spring offsite, parking spaces, license renewal, meeting notes
""")
TEXTS = _lines("""
    the slides are final, I will send the numbers tonight, please check page three, the client said yes
    we ship on Monday, I am running late, the draft is in the shared folder, could you cover my shift
    thanks for jumping in yesterday, the demo went well, we need two more testers, the deadline moved by a week
    your laptop has arrived, the supplier wants an answer, I have booked the projector, the form is missing a signature
    let us skip the call this week, the new logo is ready, the heating is being repaired, can you review my changes
    the workshop is fully booked, lunch is on the company today, the invoice has been paid, I found a bug in the export
    the badge printer works again, the interview went really well, coffee is back on floor two
    we lost the bid, the audit starts next month, the backup finished without errors
""")
NOTES = _lines("""
    code review, customer calls, writing docs, bug fixing, planning, data cleanup, user interviews, test automation
    slide deck, migration work, workshop prep, release prep, wireframes, vendor evaluation
""")

PERSON = any_of(PEOPLE)
ROOM = any_of(ROOMS)
CITY = any_of(CITIES)
PROJECT = any_of(PROJECTS)
MEETING = any_of(MEETINGS)
SUBJECT = any_of(SUBJECTS)
TEXT = any_of(TEXTS)
NOTE = any_of(NOTES)
QUARTER = any_of(["Q1", "Q2", "Q3", "Q4"])
URGENT = switch(["urgent", "high priority"], ["not urgent", "low priority"])
EQUIPMENT = wording(
    {"a screen": "screen", "a big screen": "screen", "a whiteboard": "whiteboard", "a camera": "camera"}
)
CATEGORY = wording(
    {
        "lunch": "meal",
        "dinner": "meal",
        "a team breakfast": "meal",
        "a taxi": "taxi",
        "a cab": "taxi",
        "a train ticket": "train",
        "train tickets": "train",
        "a hotel night": "hotel",
        "the hotel": "hotel",
    }
)

WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday".split()
_SHORT_DAYS = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Tues": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Thurs": "Thursday",
    "Fri": "Friday",
    "tmrw": "tomorrow",
}
# Descriptions of parameters that take a day or a date.
IN_FULL = "Weekday in full, 'today' or 'tomorrow'."
PAST_IN_FULL = "Weekday in full or 'today'."
DATE_FORM = "Like '14 May'."


def _people(rng: Random) -> Said:
    chosen = rng.sample(PEOPLE, rng.choice([1, 2, 2, 3]))
    link = rng.choice([" and ", " and ", " & ", " + "])
    return Said(link.join([", ".join(chosen[:-1]), chosen[-1]]) if len(chosen) > 1 else chosen[0], chosen)


def _day(rng: Random) -> Said:
    chance = rng.random()
    if chance < 0.2:
        short = rng.choice(list(_SHORT_DAYS))
        return Said(short, _SHORT_DAYS[short])
    day = rng.choice(["today", "tomorrow", "tomorrow"]) if chance < 0.4 else rng.choice(WEEKDAYS)
    return Said(day, day)


def _worked_day(rng: Random) -> Said:
    """A day one can have worked on already."""
    while (said := _day(rng)).value == "tomorrow":
        pass
    return said


def _clock(rng: Random, first_hour: int, last_hour: int) -> Said:
    hour, minute = rng.randint(first_hour, last_hour), rng.choice(["00", "15", "30", "45"])
    if (hour, minute) == (12, "00"):
        return Said("noon", "12:00")
    value = f"{hour:02d}:{minute}"
    return Said(f"{hour}:{minute}" if hour < 10 and rng.random() < 0.3 else value, value)


def clock(first_hour: int, last_hour: int) -> Sampler:
    """A time of day: `14:30` as said; `9:30` is written `09:30` and `noon` `12:00`."""
    return Sampler("time of day", lambda rng: _clock(rng, first_hour, last_hour))


def dates(months: Sequence[str], first_day: int, last_day: int) -> Sampler:
    """A date: `14 May` as said, and so are `May 14` and `14th of May` written."""

    def draw(rng: Random) -> Said:
        month, day = rng.choice(months), rng.randint(first_day, last_day)
        ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
        value = f"{day} {month}"
        return Said(rng.choice([value] * 8 + [f"{month} {day}", f"{day}{ending} of {month}"]), value)

    return Sampler("date", draw)


def _euros(rng: Random) -> Said:
    value = Decimal(rng.choice([rng.randint(6, 90) * 100, rng.randint(60, 2_600) * 10])) / 100
    figure = str(value) if value % 1 == 0 else f"{value:.2f}"
    return Said(rng.choice(["{} euros", "{} EUR", "€{}", "EUR {}"]).format(figure), plain(value))


def _price_cap(rng: Random) -> Said:
    value = rng.randrange(80, 240, 5)
    return Said(rng.choice(["{} euros", "{} EUR", "€{}"]).format(value), value)


def _minutes(rng: Random) -> Said:
    spoken = {"half an hour": 30, "an hour": 60, "1h": 60, "two hours": 120, "quarter of an hour": 15}
    if rng.random() < 0.35:
        text = rng.choice(list(spoken))
        return Said(text, spoken[text])
    value = rng.randrange(15, 100, 5)
    return Said(rng.choice(["{} min", "{} minutes", "{} mins"]).format(value), value)


def _hours(rng: Random) -> Said:
    value = Decimal(rng.randint(3, 16)) / 2
    return Said(rng.choice(["{}h", "{} hours", "{} hrs"]).format(plain(value)), plain(value))


def _nights(rng: Random) -> Said:
    value = rng.randint(2, 9)
    words = {2: "two", 3: "three", 4: "four", 5: "five"}
    return Said(words[value] if value in words and rng.random() < 0.4 else str(value), value)


def _seats(rng: Random) -> Said:
    value = rng.randint(3, 24)
    return Said(str(value), value)


SEATS = Sampler("number", _seats)
SOME_PEOPLE = Sampler("list of names", _people)
DAY = Sampler("day in full", _day)
WORKED_DAY = Sampler("day in full", _worked_day)
TIME = clock(8, 17)
MORNING, AFTERNOON = clock(8, 11), clock(12, 17)
# A trip or an absence begins before it ends: one date is of the first days of April, the other of later ones.
START_DATE, END_DATE = dates(["April"], 1, 10), dates(["April"], 13, 24)
COMING_DATE = dates(["May", "June"], 1, 30)
PAST_DATE = dates(["January", "February"], 2, 27)
EUROS = Sampler("amount in euros", _euros)
PRICE_CAP = Sampler("amount in euros", _price_cap)
MINUTES = Sampler("duration in minutes", _minutes)
HOURS = Sampler("duration in hours", _hours)
NIGHTS = Sampler("word number", _nights)
