"""What residents ask of their town hall."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

STREET = t.any_of(pools.STREETS)
WASTE = t.any_of(["paper", "glass", "garden waste", "plastic", "household waste", "metal"])
DOCUMENT = t.any_of(["birth certificate", "marriage certificate", "fishing license", "parking permit", "identity card"])
FURNITURE = ["sofas", "mattresses", "wardrobes", "tables", "armchairs", "carpets", "refrigerators", "bookcases"]

TOWN = Domain(
    "town",
    (
        function(
            "town.report_street_damage",
            "Reports damage on a street to the town.",
            P("street", "str", "The name of the street.", STREET),
            P(
                "damage",
                "str",
                "What is broken, such as pothole.",
                t.any_of(
                    [
                        "pothole",
                        "broken streetlight",
                        "fallen tree",
                        "missing manhole cover",
                        "bent road sign",
                        "cracked sidewalk",
                    ]
                ),
            ),
            say="""
                There is a {damage} on {street}. The town should know.
                Report a {damage} on {street} to the town.
                {street}: {damage}
                I nearly had an accident because of a {damage} on {street}. Can you report it?
                Tell the town hall about the {damage} on {street}.
                My street, {street}, has a {damage}. Who fixes that?
                Report a {damage} on {street} and a {2:damage} on {2:street}.
            """,
        ),
        function(
            "town.waste_collection",
            "Finds when a kind of waste is next collected on a street.",
            P("waste", "str", "The kind of waste.", WASTE),
            P("street", "str", "The name of the street.", STREET),
            say="""
                When is {waste} collected on {street}?
                When do they next pick up {waste} on {street}?
                {waste} collection, {street}
                Find out when the truck for {waste} comes to {street}.
                I live on {street}. When do I put out the {waste}?
                Look up the next collection of {waste} on {street}.
                When are {waste} and {2:waste} collected on {street}?
            """,
        ),
        function(
            "town.bulky_waste",
            "Has old furniture taken away from an address.",
            P("items", "Dict[str, int]", "Each piece and how many of it.", t.quantities(FURNITURE, 2, 6)),
            P("address", "str", "Where it stands.", t.ADDRESS),
            say="""
                Have {items} taken away from {address}.
                I want to get rid of {items}. Can the town fetch them from {address}?
                Bulky waste at {address}: {items}
                We have {items} to throw out at {address}. Order the bulky waste truck.
                Ask the town to haul away {items} from {address}.
                My old furniture has to go: {items}. Who takes it away from {address}?
            """,
        ),
        function(
            "town.polling_place",
            "Finds where the residents of an address vote.",
            P("address", "str", "The address.", t.ADDRESS),
            say="""
                I live at {address}. Where do I vote?
                Where is the polling place for {address}?
                Polling place, {address}
                Find the polling place for people who live at {address}.
                To which polling place do I go if I'm registered at {address}?
                Tell me where residents of {address} cast their vote.
                Where do people vote who live at {address} and at {2:address}?
            """,
        ),
        function(
            "town.election_turnout",
            "Calculates the turnout of an election.",
            P("votes_cast", "int", "How many people voted.", n.amount(20_000, 45_000)),
            P("eligible", "int", "How many people were allowed to vote.", n.amount(50_000, 90_000)),
            say="""
                What's the turnout if {votes_cast} out of {eligible} voters went to the polls?
                Turnout: {votes_cast} of {eligible}
                Our town has {eligible} voters and {votes_cast} of them voted. How high was the turnout?
                Calculate the turnout for {votes_cast} votes and {eligible} people with the right to vote.
                If {votes_cast} people voted and {eligible} could have, what was the turnout?
                Work out the turnout of an election with {votes_cast} votes cast and {eligible} eligible voters.
            """,
        ),
        function(
            "town.request_document",
            "Asks the town hall to issue a document to a resident.",
            P("document", "str", "The document.", DOCUMENT),
            P("resident", "str", "The name of the resident.", t.PERSON),
            say="""
                Request a {document} for {resident} at the town hall.
                I need a {document}. My name is {resident}.
                {document} for {resident}
                Ask the town hall for a {document} in the name of {resident}.
                Can the town issue a {document} to {resident}?
                Apply to the town for a {document} for {resident}.
                Request a {document} for {resident} and a {2:document} for {2:resident}.
            """,
        ),
        function(
            "town.register_move",
            "Tells the town hall that a resident has moved.",
            P("resident", "str", "The name of the resident.", t.PERSON),
            P("new_address", "str", "The new address.", t.ADDRESS),
            P("since", "str", "The day of the move as YYYY-MM-DD.", v.PAST_DATE),
            say="""
                {resident} moved to {new_address} on {since}. Register that with the town.
                Register {resident} at {new_address} as of {since}.
                Change of residence: {resident}, {new_address}, {since}
                Tell the town hall that {resident} has lived at {new_address} since {since}.
                On {since}, {resident} moved to {new_address}. Does the town hall know?
                My name is {resident} and since {since} I live at {new_address}. The town hall must know.
            """,
        ),
        function(
            "town.council_sessions",
            "Lists the sessions of the town council in a month.",
            P("month", "str", "The month.", t.any_of(t.MONTHS)),
            P(
                "public",
                "bool, optional",
                "Whether to list only sessions open to the public.",
                t.switch(
                    ["only the public ones", "just those that anyone may attend"],
                    ["closed ones as well", "public or not"],
                ),
                "False",
            ),
            say="""
                When does the town council meet in {month}?
                Which sessions does the town council hold in {month}, {public}?
                Council sessions, {month}, {public}
                List the sessions of the town council in {month}.
                I'd like to listen to the town council in {month}. When does it meet?
                Show me the council's sessions in {month}, {public}.
                When does the town council meet in {month} and in {2:month}?
            """,
        ),
    ),
)
