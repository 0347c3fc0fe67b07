"""Business travel: trains, hotels, and the manager's approval."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data.assistant import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

TRAVEL = Domain(
    "travel",
    (
        function(
            "train_options",
            "Lists train connections.",
            P("origin", "str", "City.", v.CITY),
            P("destination", "str", "City.", v.CITY),
            P("date", "str", v.DATE_FORM, v.COMING_DATE),
            P("depart_after", "str, optional", "As HH:MM.", v.TIME, ""),
            say="""
                Which trains run from {origin} to {destination} on {date}?
                {origin} to {destination} by train, {date}, not before {depart_after}
                How do I get from {origin} to {destination} by rail on {date}?
                trains {origin} {destination} {date} after {depart_after}
                I have to be in {destination} on {date} and start in {origin}. What are the trains?
                Please look up rail connections {origin} - {destination} for {date}.
                My last meeting in {origin} ends at {depart_after} on {date}; what train to {destination} can I take after it?
                any train to {destination} from {origin} on {date}, leaving {depart_after} or later?
                show me how to ride from {origin} to {destination}, {date}
                On {date} I leave {origin} for {destination}, earliest at {depart_after}. List the trains.
                rail {origin} > {destination}, {date}
                What connections are there on {date} if I go from {origin} to {destination} and can't leave before {depart_after}?
                Train times please: {date}, {origin} to {destination}.
                heading to {destination} on {date} from {origin}, which trains?
                From {origin} I want to reach {destination} on {date}, departing no earlier than {depart_after}.
                could you check the trains between {origin} and {destination} on {date}
                {date}: {origin} -> {destination}, departure from {depart_after}
                Is there a good train from {origin} over to {destination} on {date}?
                I need the trains from {origin} to {destination} for {date} and for {2:date}.
                which trains reach {destination} on {date}, from {origin} and from {2:origin}?
                Rail times for two trips: {origin} to {destination} on {date}, {2:origin} to {2:destination} on {2:date}.
            """,
        ),
        function(
            "request_trip",
            "Asks the manager to approve a trip.",
            P("city", "str", "Destination.", v.CITY),
            P("first_day", "str", v.DATE_FORM, v.START_DATE),
            P("last_day", "str", v.DATE_FORM, v.END_DATE),
            P("project", "str, optional", "Project that pays.", v.PROJECT),
            say="""
                I need approval for a trip to {city} from {first_day} to {last_day}.
                trip request {city}, {first_day} to {last_day}, project {project}
                Ask my boss whether I may go to {city}, {first_day} until {last_day}.
                {project} sends me to {city} from {first_day} to {last_day}, please get it approved
                Submit a travel request: {city}, {first_day} - {last_day}.
                can you file my trip to {city} for sign-off, {first_day} to {last_day}, charged to {project}
                I want to travel to {city} for {project}. Leaving {first_day}, back {last_day}. Request it.
                May I go to {city} between {first_day} and {last_day}? Send the request to my manager.
                business trip {city} {first_day}/{last_day} needs an ok
                Please put in for {city}, {first_day} through {last_day}, on the account of {project}.
                get sign-off for {city}, {first_day} to {last_day}
                The {project} customer in {city} expects me from {first_day} until {last_day}. Request the trip.
                I'd have to be in {city} from {first_day} till {last_day}, could my manager approve?
                travel approval: {project} / {city} / {first_day} / {last_day}
                Start the approval for my {city} visit, it begins {first_day} and ends {last_day}.
                Will you hand in a trip for me? {city}, {first_day} to {last_day}, paid by {project}.
                {city} trip from {first_day} to {last_day}, ask the manager please
                For {project} I'm supposed to visit {city} {first_day} to {last_day}; I need the boss to say yes.
            """,
        ),
        function(
            "reserve_hotel",
            "Reserves a hotel.",
            P("city", "str", "City.", v.CITY),
            P("arrival", "str", v.DATE_FORM, v.COMING_DATE),
            P("nights", "int", "Number of nights.", v.NIGHTS),
            P("max_price", "float, optional", "Euros a night.", v.PRICE_CAP),
            say="""
                Get me a hotel in {city} from {arrival}, {nights} nights.
                hotel {city} {arrival}, {nights} nights, max {max_price}
                I'm staying in {city} for {nights} nights starting {arrival}. Find me a bed under {max_price} a night and reserve it.
                Can you sort out {nights} nights in {city}, arriving {arrival}?
                need a place to sleep in {city}, {nights} nights from {arrival}
                Reserve {nights} nights in {city}, check-in {arrival}, no more than {max_price} per night.
                {city}, check-in {arrival}, {nights} nights, up to {max_price} - book me in
                Please arrange a hotel: {city}, {nights} nights, I get there on {arrival}.
                Where I stay in {city} doesn't matter, but at most {max_price} a night; {nights} nights from {arrival}.
                accommodation in {city} for {nights} nights, arriving {arrival}
                My hotel in {city} still isn't booked: {arrival}, {nights} nights, limit {max_price}.
                On {arrival} I arrive in {city} and stay {nights} nights. Hotel please.
                book a room in {city} for {nights} nights as of {arrival}
                I'd need a hotel bed in {city} from {arrival} on, {nights} nights, budget {max_price} a night.
                Could you find lodging in {city} for {nights} nights? Arrival is {arrival}.
                {nights} nights {city} beginning {arrival}, cap {max_price}
                Hotel for me, {city}, first night {arrival}, {nights} nights altogether.
                Whatever costs less than {max_price}: {nights} nights in {city}, from {arrival}.
                hotels: {city} from {arrival} and {2:city} from {2:arrival}, {nights} nights each
                Reserve {nights} nights in {city} from {arrival}, then {2:nights} nights in {2:city} from {2:arrival}.
                I stay {nights} nights in {city} ({arrival}) and {2:nights} in {2:city} ({2:arrival}), get me both hotels.
            """,
        ),
    ),
)
