"""Finding a home, paying for it, living in it."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

RENT = n.money(450, 3_800)
DEFECT = t.any_of(
    [
        "dripping faucet",
        "broken heater",
        "blocked drain",
        "moldy wall",
        "cracked window",
        "leaking roof",
        "dead doorbell",
    ]
)

HOMES = Domain(
    "homes",
    (
        function(
            "search_rental_flats",
            "Lists flats to let in a city.",
            P("city", "str", "The city.", t.CITY),
            P("max_rent", "float", "The highest monthly rent.", RENT),
            P("bedrooms", "int, optional", "How many bedrooms.", n.count(2, 5), "1"),
            say="""
                Find a flat in {city} for at most {max_rent} a month.
                Are there flats to rent in {city} with {bedrooms} bedrooms for less than {max_rent}?
                Flats {city}, {bedrooms} bedrooms, up to {max_rent}
                I'm moving to {city} and can pay {max_rent} in rent. Which flats are there?
                Show me rental flats with {bedrooms} bedrooms in {city} for up to {max_rent} a month.
                We need {bedrooms} bedrooms in {city}, and the rent must not exceed {max_rent}. Is there a flat?
                Find flats for up to {max_rent} a month in {city} and in {2:city}.
            """,
        ),
        function(
            "rental_yield",
            "Calculates what a let flat earns in a year, relative to its price.",
            P("purchase_price", "float", "What the flat costs.", n.money(90_000, 900_000)),
            P("monthly_rent", "float", "The rent it brings in a month.", RENT),
            say="""
                What's the rental yield of a flat that costs {purchase_price} and is let for {monthly_rent} a month?
                I can buy a flat for {purchase_price} and let it for {monthly_rent} a month. What's the yield?
                Rental yield: price {purchase_price}, rent {monthly_rent}
                Calculate the yield of a flat at {purchase_price} with a monthly rent of {monthly_rent}.
                If a flat brings in {monthly_rent} a month and costs {purchase_price}, what is its rental yield?
                Work out the rental yield for a rent of {monthly_rent} and a price of {purchase_price}.
            """,
        ),
        function(
            "affordable_rent",
            "Calculates the rent that a household can afford.",
            P("income", "float", "The monthly income.", n.money(1_500, 9_500)),
            P("share", "float", "The share spent on rent as a decimal (e.g., 0.3 for 30%).", n.rate(20, 45)),
            say="""
                I earn {income} a month and want to spend {share} on rent. What can I afford?
                What rent can I pay with an income of {income} if it may take up {share}?
                Affordable rent: income {income}, share {share}
                Calculate the rent that is {share} of a monthly income of {income}.
                We make {income} a month together. Which rent can we afford if {share} goes to the landlord?
                Work out the highest rent for an income of {income} when {share} of it is for housing.
                What rent can I afford with {share} of {income} and with {2:share} of it?
            """,
        ),
        function(
            "rent_deposit",
            "Calculates the deposit that a landlord asks for.",
            P("monthly_rent", "float", "The rent for a month.", RENT),
            P("months", "int", "How many months' rent the deposit is.", n.count(2, 6)),
            say="""
                How large is a deposit of {months} months' rent if the rent is {monthly_rent}?
                The landlord wants {months} months' rent as a deposit. The rent is {monthly_rent}. How much is that?
                Deposit: {months} months at {monthly_rent}
                Calculate the deposit for a flat that costs {monthly_rent} a month when it is {months} months' rent.
                What deposit do I pay at {monthly_rent} a month if they ask for {months} months?
                My rent will be {monthly_rent}, and {months} months' rent is due as a deposit. What does it come to?
            """,
        ),
        function(
            "arrange_viewing",
            "Arranges the viewing of a flat or house.",
            P("address", "str", "Where it is.", t.ADDRESS),
            P("time", "str", "When, as said by the user.", v.APPOINTMENT),
            say="""
                Arrange a viewing of the flat at {address} {time}.
                Can I look at the house at {address} {time}?
                Viewing: {address}, {time}
                I'd like to see the flat at {address} {time}.
                Ask the agent to show me {address} {time}.
                We might rent the house at {address}. Is a viewing possible {time}?
                Arrange viewings at {address} {time} and at {2:address} {2:time}.
            """,
        ),
        function(
            "report_defect",
            "Reports a defect in a rented flat to the landlord.",
            P("address", "str", "Where the flat is.", t.ADDRESS),
            P("defect", "str", "What is wrong, such as dripping faucet.", DEFECT),
            say="""
                Tell the landlord of {address} about the {defect}.
                There is a {defect} in my flat at {address}. The landlord must know.
                Defect at {address}: {defect}
                Report a {defect} at {address} to the landlord.
                I rent the flat at {address} and it has a {defect}. Can you tell my landlord?
                My flat at {address} has a {defect}. Let the landlord know.
                Report a {defect} and a {2:defect} at {address} to the landlord.
            """,
        ),
        function(
            "cancel_lease",
            "Gives notice that a tenant leaves a flat.",
            P("address", "str", "Where the flat is.", t.ADDRESS),
            P("move_out", "str", "The last day as YYYY-MM-DD.", t.LATER_DATE),
            say="""
                Cancel the lease of my flat at {address} as of {move_out}.
                I'm leaving the flat at {address} on {move_out}. Give notice.
                Notice: {address}, moving out {move_out}
                Tell the landlord that I'm giving up the flat at {address} on {move_out}.
                We want to end our lease at {address} on {move_out}. Can you do that?
                Give notice for {address}, with {move_out} as my last day.
            """,
        ),
        function(
            "price_per_square_meter",
            "Calculates what a square meter of a home costs.",
            P("price", "float", "The price of the home.", n.money(90_000, 900_000)),
            P("area", "float", "The floor area in square meters.", n.whole(35, 240)),
            say="""
                What is the price per square meter of a flat with {area} square meters that costs {price}?
                A house of {area} square meters is on sale for {price}. What does a square meter cost?
                Price per square meter: {price}, {area} square meters
                Calculate the price of one square meter if {area} square meters cost {price}.
                They want {price} for {area} square meters. How much is that per square meter?
                Work out the square-meter price of a home with {area} square meters for {price}.
            """,
        ),
    ),
)
