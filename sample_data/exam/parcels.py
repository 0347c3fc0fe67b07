"""Parcels: sending them, and what happens on the way."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

TRACKING = t.code("PX", "RR", "DP", figures=6)
SIDE = n.whole(10, 120, 5)

PARCELS = Domain(
    "parcels",
    (
        function(
            "parcel.postage",
            "Calculates the postage of a parcel to another country.",
            P("weight_kg", "float", "The weight in kilograms.", n.decimal(0.5, 30)),
            P("country", "str", "Where it goes.", t.COUNTRY),
            P(
                "express",
                "bool, optional",
                "Whether it goes by express.",
                t.switch(["by express", "by the fastest service"], ["by standard mail", "at normal speed"]),
                "False",
            ),
            say="""
                What does it cost to mail {weight_kg} kg to {country}?
                How much is a parcel of {weight_kg} kilos to {country} {express}?
                Postage: {weight_kg} kg, {country}, {express}
                Calculate the postage for {weight_kg} kilograms to {country}.
                I'm sending my cousin in {country} a box of {weight_kg} kg {express}. What's the postage?
                Tell me the postage of a {weight_kg} kg parcel to {country}.
                What's the postage for {weight_kg} kg to {country} and for {2:weight_kg} kg to {2:country}?
            """,
        ),
        function(
            "parcel.send_courier",
            "Sends a courier to fetch parcels at an address.",
            P("address", "str", "Where to fetch them.", t.ADDRESS),
            P("parcels", "int", "How many parcels.", n.count(2, 9)),
            P("day", "str", "The day, as said by the user.", v.DAY),
            say="""
                Send a courier to {address} {day} for {parcels} parcels.
                I have {parcels} parcels to be fetched at {address} {day}.
                Courier: {address}, {parcels} parcels, {day}
                Can someone pick up {parcels} parcels at {address} {day}?
                Have {parcels} parcels collected from {address} {day}.
                We need a courier {day} who takes {parcels} parcels from {address}.
            """,
        ),
        function(
            "parcel.lockers",
            "Lists the parcel lockers on a street.",
            P("street", "str", "The name of the street.", t.any_of(pools.STREETS)),
            say="""
                Are there parcel lockers on {street}?
                Where is the parcel locker on {street}?
                Parcel lockers {street}
                Show me the parcel lockers on {street}.
                I'd like to use a parcel locker on {street}. Where are they?
                List all lockers for parcels on {street}.
                Which parcel lockers are there on {street} and on {2:street}?
            """,
        ),
        function(
            "parcel.redirect",
            "Sends a parcel that is on its way to another address.",
            P("tracking_number", "str", "The tracking number.", TRACKING),
            P("address", "str", "The new address.", t.ADDRESS),
            say="""
                Redirect the parcel {tracking_number} to {address}.
                I won't be at home. Can {tracking_number} go to {address} instead?
                New address for {tracking_number}: {address}
                Deliver {tracking_number} to {address}, not to my home.
                My parcel {tracking_number} should go to {address} instead.
                Have {tracking_number} delivered to {address} rather than to me.
                Redirect {tracking_number} to {address} and {2:tracking_number} to {2:address}.
            """,
        ),
        function(
            "parcel.customs_duty",
            "Calculates the customs duty on imported goods.",
            P("goods_value", "float", "What the goods are worth.", n.money(50, 9_000)),
            P("duty_rate", "float", "The rate of duty as a decimal (e.g., 0.05 for 5%).", n.rate(2, 18)),
            say="""
                How much customs duty is there on goods worth {goods_value} at {duty_rate}?
                Customs duty: {goods_value}, {duty_rate}
                I'm importing goods for {goods_value} and the duty is {duty_rate}. What does customs charge me?
                Calculate the {duty_rate} customs duty on {goods_value}.
                What do I pay at customs for a parcel worth {goods_value} if the duty is {duty_rate}?
                Work out the customs duty on an import of {goods_value} with a rate of {duty_rate}.
                What's the customs duty at {duty_rate} on {goods_value} and on {2:goods_value}?
            """,
        ),
        function(
            "parcel.volumetric_weight",
            "Calculates the weight that a bulky parcel is charged for.",
            P("length_cm", "float", "The length in centimeters.", SIDE),
            P("width_cm", "float", "The width in centimeters.", SIDE),
            P("height_cm", "float", "The height in centimeters.", SIDE),
            say="""
                What's the volumetric weight of a parcel {length_cm} cm long, {width_cm} cm wide and {height_cm} cm high?
                Volumetric weight: length {length_cm}, width {width_cm}, height {height_cm} cm
                Calculate the volumetric weight of a box with length {length_cm}, width {width_cm} and height {height_cm} cm.
                My parcel is {length_cm} cm long, {width_cm} cm wide and {height_cm} cm high. Which weight is it charged for?
                How heavy does a parcel count as if its length is {length_cm} cm, its width {width_cm} cm and its height {height_cm} cm?
                Work out the volumetric weight for {length_cm} cm in length, {width_cm} cm in width and {height_cm} cm in height.
            """,
        ),
        function(
            "parcel.claim_damage",
            "Asks for compensation for a parcel that arrived damaged.",
            P("tracking_number", "str", "The tracking number.", TRACKING),
            P("amount", "float", "The compensation asked for.", n.price(15, 450)),
            say="""
                The parcel {tracking_number} arrived broken. I want {amount} in compensation.
                Claim {amount} for the damage to parcel {tracking_number}.
                Damage claim: {tracking_number}, {amount}
                My vase was in pieces when {tracking_number} came. Can I get back the {amount} it cost?
                Ask for {amount} in compensation for the damaged parcel {tracking_number}.
                I'd like to claim {amount}, as everything in {tracking_number} was damaged.
            """,
        ),
        function(
            "parcel.leave_with_neighbor",
            "Tells the courier to hand a parcel to a neighbor.",
            P("tracking_number", "str", "The tracking number.", TRACKING),
            P("neighbor", "str", "The name of the neighbor.", t.PERSON),
            say="""
                Leave parcel {tracking_number} with my neighbor {neighbor}.
                Can my neighbor {neighbor} take the parcel {tracking_number}?
                {tracking_number}: leave with neighbor {neighbor}
                I'm out all day. Let {neighbor} next door take {tracking_number}.
                Tell the courier to give {tracking_number} to {neighbor} next door.
                My neighbor {neighbor} will accept {tracking_number} for me. Tell the courier.
                Leave {tracking_number} with my neighbor {neighbor} and {2:tracking_number} with {2:neighbor}.
            """,
        ),
    ),
)
