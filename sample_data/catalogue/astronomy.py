"""The sky. Held out as a whole: training knows no function of this kind."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

PLANET = t.any_of("Mercury Venus Mars Jupiter Saturn Uranus Neptune Pluto".split())
STAR = t.any_of(
    [
        "Sirius",
        "Vega",
        "Rigel",
        "Betelgeuse",
        "Polaris",
        "Antares",
        "Deneb",
        "Altair",
        "Capella",
        "Arcturus",
        "Spica",
        "Aldebaran",
        "Canopus",
        "Procyon",
    ]
)

ASTRONOMY = Domain(
    "astronomy",
    (
        function(
            "moon_phase",
            "Gets the phase of the moon.",
            P("date", "str", "The day as YYYY-MM-DD.", t.DATE),
            held_out=True,
            say="""
                What's the moon phase on {date}?
                Is there a full moon on {date}?
                Moon phase {date}
                Tell me what the moon looks like on {date}.
                Find out the phase of the moon for {date}.
                I'm planning a night hike on {date}. How full will the moon be?
                What's the moon phase on {date} and on {2:date}?
            """,
        ),
        function(
            "planet_weight",
            "Calculates what something weighs on another planet.",
            P("weight_kg", "float", "The weight on Earth in kilograms.", n.decimal(1, 120)),
            P("planet", "str", "The planet.", PLANET),
            held_out=True,
            say="""
                What would {weight_kg} kg weigh on {planet}?
                I weigh {weight_kg} kilos. How much is that on {planet}?
                Weight on {planet}: {weight_kg} kg
                Calculate what {weight_kg} kilograms would weigh on {planet}.
                How heavy are {weight_kg} kg on {planet}?
                On {planet}, what is the weight of {weight_kg} kg?
                What would {weight_kg} kg weigh on {planet} and on {2:planet}?
            """,
        ),
        function(
            "star_info",
            "Gets facts about a star.",
            P("star", "str", "The name of the star.", STAR),
            held_out=True,
            say="""
                Tell me about the star {star}.
                How far away is the star {star}?
                Star {star}
                What kind of star is {star}?
                Look up facts about {star}, the star.
                I saw {star} last night. What do we know about that star?
                Tell me about the stars {star} and {2:star}.
            """,
        ),
        function(
            "space_station_position",
            "Gets the current position of the space station.",
            held_out=True,
            say="""
                Where is the space station right now?
                Position of the space station
                Show me where the space station is.
                What part of the Earth is the space station flying over?
                Find the space station.
                I'd like to know the current position of the space station.
            """,
        ),
        function(
            "next_eclipse",
            "Finds the next eclipse visible from a city.",
            P("city", "str", "The city.", t.CITY),
            P("kind", "str", "Either 'solar' or 'lunar'.", t.choice("solar", "lunar")),
            held_out=True,
            say="""
                When is the next {kind} eclipse in {city}?
                Next {kind} eclipse, {city}
                Find the next {kind} eclipse that can be seen from {city}.
                I live in {city}. When can I see a {kind} eclipse?
                When will {city} have a {kind} eclipse?
                Look up the date of the next {kind} eclipse over {city}.
            """,
        ),
        function(
            "book_telescope",
            "Books time at a telescope.",
            P("target", "str", "The planet to observe.", PLANET),
            P("time", "str", "When, as said by the user.", t.MOMENT),
            P("minutes", "int", "For how long, in minutes.", n.minutes(20, 120, 10)),
            held_out=True,
            say="""
                Book the telescope for {minutes} {time} to observe {target}.
                I want to look at {target} through the telescope {time} for {minutes}.
                Telescope: {target}, {time}, {minutes}
                Reserve {minutes} of telescope time {time} for {target}.
                Can I watch {target} with the telescope for {minutes} {time}?
                Get me {minutes} on the telescope {time}. I'd like to see {target}.
            """,
        ),
    ),
)
