"""Keeping a car on the road: the workshop, parts, tires."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

MODEL = t.any_of(
    [
        "Golf",
        "Corolla",
        "Civic",
        "Fiesta",
        "Fabia",
        "Yaris",
        "Clio",
        "Panda",
        "Mustang",
        "Forester",
        "Sportage",
        "Qashqai",
        "Passat",
        "Micra",
    ]
)
PLATE = t.made(lambda rng: f"{''.join(rng.choice('BCDFGHJKLMNPRSTVWXZ') for _ in range(3))}-{rng.randint(100, 999)}")
PROBLEMS = t.several(
    ["broken mirror", "cracked windshield", "worn clutch", "leaking radiator", "dented door", "rusty exhaust",
     "scratched bumper", "dead battery", "noisy gearbox"],
    (2, 3),
)  # fmt: skip

CARS = Domain(
    "cars",
    (
        function(
            "fuel_consumption",
            "Calculates how much fuel a car uses for 100 kilometers.",
            P("distance_km", "float", "The distance driven in kilometers.", n.whole(400, 950, 5)),
            P("liters", "float", "The fuel used in liters.", n.decimal(20, 60)),
            say="""
                I drove {distance_km} km on {liters} liters. What's my fuel consumption?
                How much does my car use per 100 km if it took {liters} liters for {distance_km} km?
                Fuel consumption: {liters} l, {distance_km} km
                Calculate the consumption of a car that needs {liters} liters for {distance_km} kilometers.
                After {distance_km} kilometers I filled up with {liters} liters. What did I use per 100 km?
                Work out my fuel consumption from {liters} liters over {distance_km} km.
            """,
        ),
        function(
            "book_oil_change",
            "Books an oil change for a car.",
            P("plate", "str", "The license plate.", PLATE),
            P("day", "str", "The day, as said by the user.", v.DAY),
            say="""
                Book an oil change for {plate} {day}.
                Can you change the oil of my car, plate {plate}, {day}?
                Oil change: {plate}, {day}
                My car {plate} is due for an oil change. Is {day} possible?
                I want to bring in {plate} {day} to have the oil changed.
                Get the car with the plate {plate} an oil change {day}.
                Book oil changes for {plate} {day} and for {2:plate} {2:day}.
            """,
        ),
        function(
            "tire_pressure",
            "Looks up the right tire pressure for a car.",
            P("car_model", "str", "The model of the car.", MODEL),
            P(
                "full_load",
                "bool, optional",
                "Whether the car is fully loaded.",
                t.switch(["fully loaded", "packed to the roof"], ["empty", "lightly loaded"]),
                "False",
            ),
            say="""
                What's the right tire pressure for a {car_model}?
                How much air do I put in the tires of a {car_model} when it is {full_load}?
                Tire pressure {car_model}, {full_load}
                Look up the tire pressure for my {car_model}.
                My {car_model} is {full_load}. What should the tire pressure be?
                Tell me the tire pressure of a {car_model} that is {full_load}.
                What tire pressure do a {car_model} and a {2:car_model} need?
            """,
        ),
        function(
            "order_spare_parts",
            "Orders spare parts for a car.",
            P(
                "part",
                "str",
                "The parts in the plural.",
                t.any_of(["spark plugs", "brake pads", "wiper blades", "headlight bulbs", "hubcaps", "brake discs"]),
            ),
            P("quantity", "int", "How many.", n.count(2, 8)),
            P("car_model", "str", "The model of the car.", MODEL),
            say="""
                Order {quantity} {part} for a {car_model}.
                I need {quantity} new {part} for my {car_model}.
                {quantity} {part}, {car_model}
                The {car_model} needs {quantity} {part}. Order them.
                Can you get me {quantity} {part} that fit a {car_model}?
                Send for {quantity} {part} for the {car_model}.
                Order {quantity} {part} and {2:quantity} {2:part} for a {car_model}.
            """,
        ),
        function(
            "repair_estimate",
            "Estimates the price of repairs to a car.",
            P("car_model", "str", "The model of the car.", MODEL),
            P("problems", "List[str]", "What is wrong with the car.", PROBLEMS),
            say="""
                What would it cost to fix these problems on my {car_model}: {problems}?
                My {car_model} has a few problems: {problems}. What will the repair cost?
                Repair estimate, {car_model}: {problems}
                Estimate the repair of a {car_model} with the following damage: {problems}.
                What will a workshop charge for my {car_model}? It has these problems: {problems}.
                I'd like an estimate for my {car_model}. The problems are {problems}.
            """,
        ),
        function(
            "explain_warning_light",
            "Explains what a warning light on the dashboard of a car means.",
            P(
                "light",
                "str",
                "Which light.",
                t.any_of(
                    ["engine", "oil pressure", "battery", "brake", "airbag", "coolant", "glow plug", "traction control"]
                ),
            ),
            say="""
                What does the {light} light on my dashboard mean?
                The {light} warning light has come on in my car. What is it telling me?
                Dashboard: {light} light
                Explain the {light} warning light.
                Can I drive on when the {light} light is on?
                My car shows the {light} light. Tell me what that means.
                What do the {light} light and the {2:light} light on the dashboard mean?
            """,
        ),
        function(
            "inspection_due",
            "Finds when a car must next pass its safety inspection.",
            P("plate", "str", "The license plate.", PLATE),
            say="""
                When is the next safety inspection of {plate} due?
                By when does the car {plate} have to be inspected?
                Inspection due, {plate}
                Find out when {plate} must go to its inspection.
                My plate is {plate}. Is my car due for inspection?
                Check the date of the next inspection for the car with plate {plate}.
                When are the cars {plate} and {2:plate} due for inspection?
            """,
        ),
        function(
            "swap_tires",
            "Books the change to the tires of another season.",
            P("plate", "str", "The license plate.", PLATE),
            P("season", "str", "Either 'summer' or 'winter'.", t.choice("summer", "winter")),
            P("day", "str", "The day, as said by the user.", v.DAY),
            say="""
                Put {season} tires on {plate} {day}.
                I'd like to have {season} tires put on my car {plate} {day}.
                {season} tires for {plate}, {day}
                Can you mount the {season} tires on {plate} {day}?
                Book a change to {season} tires for {plate} {day}.
                My car {plate} needs its {season} tires. Do you have time {day}?
            """,
        ),
    ),
)
