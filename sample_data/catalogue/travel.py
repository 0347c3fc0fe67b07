"""Trips: flights, hotels, cars, trains."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

FLIGHT_NUMBER = t.made(
    lambda rng: f"{rng.choice(['BA', 'LH', 'AF', 'UA', 'DL', 'KL', 'SK', 'QF'])}{rng.randint(100, 2999)}"
)
AIRPORT = t.any_of(
    "JFK LAX ORD ATL DFW DEN SFO SEA MIA BOS LHR CDG AMS FRA MAD FCO ZRH VIE CPH OSL ARN HND SIN SYD".split()
)

TRAVEL = Domain(
    "travel",
    (
        function(
            "search_flights",
            "Searches flights between two cities.",
            P("origin", "str", "The city to leave from.", t.CITY),
            P("destination", "str", "The city to fly to.", t.CITY),
            P("date", "str", "The day of departure, as said by the user.", t.DAY),
            P("passengers", "int, optional", "The number of passengers.", n.count(2, 6), default="1"),
            say="""
                Find flights from {origin} to {destination} {date}.
                I need to fly from {origin} to {destination} {date}. What's available?
                Which flights go from {origin} to {destination} {date}?
                Flights {origin} to {destination}, {date}, {passengers} people
                Look for flights to {destination} from {origin} for {passengers} passengers, leaving {date}.
                {passengers} of us want to fly from {origin} to {destination} {date}. Show me the options.
                Find flights from {origin} to {destination} {date} and back from {2:origin} to {2:destination} {2:date}.
            """,
        ),
        function(
            "book_hotel",
            "Books a hotel room.",
            P("city", "str", "The city of the hotel.", t.CITY),
            P("check_in", "str", "The day of arrival, as said by the user.", t.DAY),
            P("nights", "int", "The number of nights.", n.count(2, 12)),
            P("guests", "int, optional", "The number of guests.", n.count(2, 5), default=1),
            say="""
                Book a hotel in {city} for {nights} nights, arriving {check_in}.
                I need a hotel room in {city} {check_in} for {nights} nights.
                Reserve {nights} nights in {city} for {guests} guests from {check_in}.
                Hotel in {city}, {check_in}, {nights} nights
                We are {guests} people and need a room in {city} for {nights} nights. We arrive {check_in}.
                From {check_in} I'll be in {city} for {nights} nights. Please book me a hotel.
            """,
        ),
        function(
            "rent_car",
            "Rents a car.",
            P("pickup_city", "str", "The city where the car is picked up.", t.CITY),
            P("days", "int", "The length of the rental in days.", n.days(2, 14)),
            P(
                "car_type",
                "str",
                "One of 'economy', 'compact', 'suv' or 'van'.",
                t.wording(
                    {
                        "economy car": "economy",
                        "compact car": "compact",
                        "compact": "compact",
                        "SUV": "suv",
                        "van": "van",
                    }
                ),
            ),
            say="""
                Rent a {car_type} in {pickup_city} for {days}.
                I want to hire a {car_type} for {days} in {pickup_city}.
                Can I get a {car_type} for {days}, picked up in {pickup_city}?
                Car rental: {pickup_city}, {days}, {car_type}
                Get me a rental {car_type} in {pickup_city} for {days}.
                For {days} I'll need a {car_type} from {pickup_city}.
            """,
        ),
        function(
            "travel.flight_status",
            "Gets the status of a flight.",
            P("flight_number", "str", "The flight number.", FLIGHT_NUMBER),
            say="""
                Is flight {flight_number} on time?
                What's the status of {flight_number}?
                Check flight {flight_number}.
                Flight status {flight_number}
                My sister is on {flight_number}. Has it landed?
                Tell me whether {flight_number} is delayed.
                Are {flight_number} and {2:flight_number} on time?
            """,
        ),
        function(
            "find_hostels",
            "Finds hostels within a nightly budget.",
            P("city", "str", "The city to stay in.", t.CITY),
            P("max_price", "float", "The highest price per night.", n.money(15, 90)),
            P(
                "breakfast",
                "bool, optional",
                "Whether breakfast must be included.",
                t.switch(["with breakfast", "including breakfast"], ["without breakfast", "no breakfast needed"]),
                False,
            ),
            say="""
                Find a hostel in {city} for under {max_price} a night.
                Are there hostels in {city} below {max_price} per night, {breakfast}?
                Hostels in {city}, max {max_price}, {breakfast}
                I'm backpacking through {city} and can pay {max_price} a night for a hostel.
                Show me hostels in {city} that cost at most {max_price}.
                Look for a hostel in {city}, {breakfast}, up to {max_price} a night.
            """,
        ),
        function(
            "travel_insurance_quote",
            "Quotes travel insurance for a trip.",
            P("destination", "str", "The country visited.", t.COUNTRY),
            P("days", "int", "The length of the trip in days.", n.days(3, 25)),
            P("age", "int", "The age of the traveler.", n.whole(18, 80)),
            say="""
                How much is travel insurance for {days} in {destination}? I'm {age}.
                Quote travel insurance: {destination}, {days}, age {age}
                I'm {age} and going to {destination} for {days}. What would insurance cost?
                Get me an insurance quote for a {age} year old traveling to {destination} for {days}.
                What does it cost to insure a trip to {destination} of {days} for someone aged {age}?
                Price travel insurance for {destination}, {days}, traveler aged {age}.
            """,
        ),
        function(
            "baggage_allowance",
            "Gets the baggage allowance of an airline.",
            P(
                "airline",
                "str",
                "The name of the airline.",
                t.made(lambda rng: f"{rng.choice(pools.COMPANY_HEADS)} {rng.choice(['Air', 'Airways', 'Airlines'])}"),
            ),
            P(
                "cabin",
                "str, optional",
                "One of 'economy', 'business' or 'first'.",
                t.choice("economy", "business", "first"),
                "economy",
            ),
            say="""
                How much luggage can I take on {airline}?
                What's the baggage allowance on {airline} in {cabin} class?
                {airline} baggage rules
                I'm flying {cabin} class with {airline}. How many bags may I bring?
                Check the luggage limit for {airline}.
                Tell me what {airline} allows as baggage in {cabin} class.
                How much luggage can I take on {airline}, and how much on {2:airline}?
            """,
        ),
        function(
            "store_luggage",
            "Stores luggage at a station for some hours.",
            P("city", "str", "The city of the station.", t.CITY),
            P("bags", "int", "The number of bags.", n.count(2, 9)),
            P("hours", "float", "For how long, in hours.", n.hours(2, 12)),
            say="""
                Where can I leave {bags} bags in {city} for {hours}?
                Store {bags} bags in {city} for {hours}.
                Luggage storage: {city}, {bags} bags, {hours}
                I have {bags} suitcases and {hours} in {city}. Find a place to store them.
                Keep my {bags} bags at the station in {city} for {hours}.
                I need to store {bags} bags for {hours} in {city}.
            """,
        ),
        function(
            "visa_requirements",
            "Checks whether a visa is needed.",
            P("nationality", "str", "The country that issued the passport.", t.COUNTRY),
            P("destination", "str", "The country to visit.", t.COUNTRY),
            held_out=True,
            say="""
                Do I need a visa for {destination} with a passport from {nationality}?
                Check the visa rules for {destination}. My passport is from {nationality}.
                Visa for {destination}, passport from {nationality}
                I'm a citizen of {nationality}. Is a visa required for {destination}?
                Find out if people from {nationality} need a visa to enter {destination}.
                What visa do citizens of {nationality} need when they travel to {destination}?
                Do I need a visa for {destination} or for {2:destination} with a passport from {nationality}?
            """,
        ),
        function(
            "train_schedule",
            "Lists trains between two cities on a day.",
            P("from_city", "str", "The city of departure.", t.CITY),
            P("to_city", "str", "The city of arrival.", t.CITY),
            P("day", "str", "The day, as said by the user.", t.DAY),
            held_out=True,
            say="""
                Which trains go from {from_city} to {to_city} {day}?
                Show me trains from {from_city} to {to_city} {day}.
                Train times {from_city} to {to_city}, {day}
                I want to take the train to {to_city} {day}. I'm leaving from {from_city}.
                Find a train {day} from {from_city} to {to_city}.
                What's the train schedule between {from_city} and {to_city} {day}?
            """,
        ),
        function(
            "airport_lounges",
            "Lists the lounges of an airport.",
            P("airport_code", "str", "The three-letter airport code.", AIRPORT),
            held_out=True,
            say="""
                Which lounges are there at {airport_code}?
                List the airport lounges in {airport_code}.
                I have a long layover at {airport_code}. Where can I find a lounge?
                Lounges {airport_code}
                Are there any lounges at {airport_code} airport?
                Find me a lounge to wait in at {airport_code}.
                Which lounges are there at {airport_code} and at {2:airport_code}?
            """,
        ),
    ),
)
