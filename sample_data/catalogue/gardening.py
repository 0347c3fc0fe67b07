"""Plants and beds. Held out as a whole: training knows no function of this kind."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

PLANT = t.any_of(pools.PLANTS)

GARDENING = Domain(
    "gardening",
    (
        function(
            "plant_care",
            "Explains how to care for a plant.",
            P("plant", "str", "The plant.", PLANT),
            held_out=True,
            not_with=("diagnose_plant",),
            say="""
                How do I take care of {plant}?
                Give me care instructions for {plant}.
                Plant care {plant}
                I just bought {plant}. How should I look after it?
                What does {plant} need to grow well?
                Tell me how to look after {plant}.
                How do I take care of {plant} and {2:plant}?
            """,
        ),
        function(
            "water_plants",
            "Waters a garden bed for some minutes.",
            P("bed", "str", "What grows in the bed.", PLANT),
            P("minutes", "int", "For how long, in minutes.", n.minutes(5, 60, 5)),
            held_out=True,
            say="""
                Water the {bed} bed for {minutes}.
                Give the {bed} bed water for {minutes}.
                Sprinkler on for {minutes} at the {bed} bed
                The {bed} bed is dry. Water it for {minutes}.
                I want {minutes} of watering on the {bed} bed.
                Run the sprinkler on the {bed} bed for {minutes}.
                Water the {bed} bed for {minutes} and the {2:bed} bed for {2:minutes}.
            """,
        ),
        function(
            "plan_bed",
            "Plans a bed with a number of each plant.",
            P(
                "plants",
                "Dict[str, int]",
                "The plants and how many of each.",
                t.quantities(
                    [
                        "roses",
                        "tulips",
                        "peppers",
                        "tomatoes",
                        "sunflowers",
                        "ferns",
                        "begonias",
                        "cucumbers",
                        "carrots",
                        "peonies",
                    ]
                ),
            ),
            held_out=True,
            say="""
                Plan a garden bed with {plants}.
                I have {plants}. How should I arrange the bed?
                Garden bed: {plants}
                Make a planting plan for {plants}.
                Design a bed that holds {plants}.
                Lay out a bed for {plants}.
            """,
        ),
        function(
            "soil_needed",
            "Calculates how much soil fills a raised bed.",
            P("length_m", "float", "The length in meters.", n.decimal(1, 6)),
            P("width_m", "float", "The width in meters.", n.decimal(0.5, 3)),
            P("depth_cm", "int", "The depth in centimeters.", n.whole(15, 90, 5)),
            held_out=True,
            say="""
                How much soil do I need for a raised bed {length_m} m long, {width_m} m wide and {depth_cm} cm deep?
                Soil for a bed: length {length_m} m, width {width_m} m, depth {depth_cm} cm
                My raised bed is {length_m} meters by {width_m} meters and {depth_cm} centimeters deep. How much soil fits?
                Calculate the soil for a bed of length {length_m} m, width {width_m} m and depth {depth_cm} cm.
                I'm filling a bed {depth_cm} cm deep, {length_m} m long and {width_m} m wide. How much soil should I buy?
                Work out how much soil goes into a bed {length_m} m long and {width_m} m wide at {depth_cm} cm depth.
            """,
        ),
        function(
            "planting_time",
            "Finds when to plant something in a country.",
            P("plant", "str", "The plant.", PLANT),
            P("country", "str", "The country.", t.COUNTRY),
            held_out=True,
            say="""
                When should I plant {plant} in {country}?
                Planting time for {plant} in {country}
                Find out when {plant} is planted in {country}.
                I live in {country} and want to grow {plant}. When do I plant it?
                In which month do people in {country} plant {plant}?
                Tell me the right time to put {plant} in the ground in {country}.
            """,
        ),
        function(
            "diagnose_plant",
            "Finds out what is wrong with a plant.",
            P("plant", "str", "The plant.", PLANT),
            P(
                "symptoms",
                "List[str]",
                "What it looks like.",
                t.several(
                    [
                        "yellow leaves",
                        "brown spots",
                        "white mold",
                        "drooping stems",
                        "holes in the leaves",
                        "dry tips",
                        "curled leaves",
                    ],
                    (2, 3),
                ),
            ),
            held_out=True,
            not_with=("plant_care",),
            say="""
                What's wrong with my {plant}? It has {symptoms}.
                My {plant} has {symptoms}. What is it?
                Diagnose my {plant}: {symptoms}
                Find out why my {plant} has {symptoms}.
                The {plant} looks ill, with {symptoms}. What could it be?
                I see {symptoms} on my {plant}. What's the problem?
            """,
        ),
    ),
)
