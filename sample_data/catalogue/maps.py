"""Places and ways: maps, rides, parking."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

PLACE = t.choice("pharmacy", "bakery", "bank", "museum", "library", "hospital", "gym", "cafe", "supermarket")
PLATE = t.made(lambda rng: "".join(rng.choice("ABCDEFGHKLMNPRSTVX") for _ in range(3)) + f"-{rng.randint(100, 9999)}")

MAPS = Domain(
    "maps",
    (
        function(
            "get_directions",
            "Finds the way from one address to another.",
            P("origin", "str", "The address to start from.", t.ADDRESS),
            P("destination", "str", "The address to go to.", t.ADDRESS),
            P(
                "mode",
                "str, optional",
                "One of 'walking', 'cycling', 'driving' or 'transit'.",
                t.wording(
                    {
                        "on foot": "walking",
                        "walking": "walking",
                        "by bike": "cycling",
                        "cycling": "cycling",
                        "by car": "driving",
                        "driving": "driving",
                    }
                ),
                "driving",
            ),
            not_with=("travel_time",),
            say="""
                How do I get from {origin} to {destination}?
                Give me directions from {origin} to {destination} {mode}.
                Directions {origin} to {destination}, {mode}
                I'm at {origin} and have to go to {destination}. Show me the way.
                What's the best way to {destination} from {origin} {mode}?
                Find a route from {origin} to {destination}.
            """,
        ),
        function(
            "maps.geocode",
            "Finds the coordinates of an address.",
            P("address", "str", "The address.", t.ADDRESS),
            say="""
                What are the coordinates of {address}?
                Geocode {address}.
                Where on the map is {address}? I need latitude and longitude.
                Coordinates {address}
                Find latitude and longitude for {address}.
                Look up the coordinates of the address {address}.
                Geocode {address} and {2:address}.
            """,
        ),
        function(
            "maps.elevation",
            "Gets the elevation at coordinates.",
            P("latitude", "float", "The latitude in degrees.", t.LATITUDE),
            P("longitude", "float", "The longitude in degrees.", t.LONGITUDE),
            say="""
                How high is the ground at latitude {latitude}, longitude {longitude}?
                Elevation at {latitude}, {longitude}
                What's the elevation of {latitude}, {longitude}?
                Get the height above sea level for latitude {latitude} and longitude {longitude}.
                I'm standing at {latitude}, {longitude}. How high up am I?
                Look up the altitude at {latitude}, {longitude}.
            """,
        ),
        function(
            "find_nearby",
            "Finds places of a kind near an address.",
            P("place_type", "str", "The kind of place, such as 'pharmacy'.", PLACE),
            P("address", "str", "The address.", t.ADDRESS),
            P("radius_km", "float, optional", "How far to look, in kilometers.", n.decimal(0.5, 9), "2"),
            not_with=("find_store",),
            say="""
                Is there a {place_type} near {address}?
                Find a {place_type} within {radius_km} km of {address}.
                {place_type} near {address}
                I'm staying at {address} and need a {place_type}.
                Show me every {place_type} within {radius_km} kilometers of {address}.
                Which {place_type} is closest to {address}?
                Find a {place_type} and a {2:place_type} near {address}.
            """,
        ),
        function(
            "order_taxi",
            "Orders a taxi.",
            P("pickup", "str", "Where to be picked up.", t.ADDRESS),
            P("dropoff", "str", "Where to go.", t.ADDRESS),
            P("time", "str, optional", "When, as said by the user.", t.MOMENT, "now"),
            say="""
                Get me a taxi from {pickup} to {dropoff}.
                Order a cab from {pickup} to {dropoff} {time}.
                Taxi {time}, {pickup} to {dropoff}
                I need a taxi at {pickup}. I'm going to {dropoff}.
                Pick me up at {pickup} {time} and take me to {dropoff}.
                Call a taxi to bring me from {pickup} to {dropoff}.
            """,
        ),
        function(
            "pay_parking",
            "Pays for parking a car.",
            P("plate", "str", "The license plate.", PLATE),
            P("minutes", "int", "How long, in minutes.", n.minutes(15, 180, 15)),
            say="""
                Pay for {minutes} of parking for {plate}.
                Park my car {plate} for {minutes}.
                Parking: {plate}, {minutes}
                I'm leaving {plate} here for {minutes}. Pay the parking fee.
                Buy a parking ticket for {plate} that lasts {minutes}.
                Start a parking session of {minutes} for the car {plate}.
            """,
        ),
        function(
            "charging_stations",
            "Finds charging stations for electric cars.",
            P("city", "str", "The city.", t.CITY),
            P("min_power_kw", "int, optional", "The lowest power in kilowatts.", n.whole(20, 350, 10), 11),
            say="""
                Where can I charge my electric car in {city}?
                Find charging stations in {city} with at least {min_power_kw} kW.
                EV chargers {city}
                I need a charger of {min_power_kw} kilowatts or more in {city}.
                Show me charging points for electric cars in {city}.
                Are there {min_power_kw} kW chargers in {city}?
                Find charging stations in {city} and {2:city}.
            """,
        ),
        function(
            "rent_bike",
            "Rents a bicycle in a city.",
            P("city", "str", "The city.", t.CITY),
            P("hours", "float", "For how long, in hours.", n.hours(2, 10)),
            P(
                "electric",
                "bool, optional",
                "Whether it must be electric.",
                t.switch(["electric"], ["ordinary", "normal"]),
                False,
            ),
            say="""
                Rent a bike in {city} for {hours}.
                I'd like a {electric} bicycle in {city} for {hours}.
                Bike rental, {city}, {hours}
                Get me a {electric} bike for {hours} in {city}.
                Can I hire a bicycle for {hours} in {city}?
                We're in {city} and want to ride a bike for {hours}. Rent one.
            """,
        ),
        function(
            "travel_time",
            "Estimates how long the way between two cities takes.",
            P("from_city", "str", "The city to start from.", t.CITY),
            P("to_city", "str", "The city to go to.", t.CITY),
            P(
                "vehicle",
                "str",
                "One of 'car', 'bus' or 'bicycle'.",
                t.wording(
                    {"by car": "car", "driving": "car", "by bus": "bus", "by bike": "bicycle", "by bicycle": "bicycle"}
                ),
            ),
            held_out=True,
            say="""
                How long does it take from {from_city} to {to_city} {vehicle}?
                Travel time {from_city} to {to_city} {vehicle}
                I'm going from {from_city} to {to_city} {vehicle}. How long will it take?
                Estimate the time from {from_city} to {to_city} {vehicle}.
                How many hours from {from_city} to {to_city} if I go {vehicle}?
                Tell me how long I need from {from_city} to {to_city} {vehicle}.
            """,
        ),
        function(
            "reserve_parking",
            "Reserves a parking space in a garage.",
            P("garage", "str", "The address of the garage.", t.ADDRESS),
            P("plate", "str", "The license plate.", PLATE),
            P("day", "str", "The day, as said by the user.", t.DAY),
            held_out=True,
            say="""
                Reserve a parking space at {garage} for {plate} {day}.
                I need parking at {garage} {day}. My plate is {plate}.
                Book a spot for {plate} in the garage at {garage} {day}.
                Parking space {day}, {garage}, {plate}
                Keep a space free for {plate} at {garage} {day}.
                Can I reserve parking {day} at {garage} for the car {plate}?
            """,
        ),
        function(
            "traffic_report",
            "Reports the traffic on a road.",
            P(
                "road",
                "str",
                "The name of the road.",
                t.made(lambda rng: f"{rng.choice(['A', 'E', 'I-', 'M', 'Route '])}{rng.randint(1, 99)}"),
            ),
            held_out=True,
            say="""
                How is the traffic on {road}?
                Traffic on {road}
                Is there a jam on {road}?
                Check the traffic on the {road}.
                I'm about to take the {road}. Is it congested?
                Get me the traffic report for {road}.
                How is the traffic on {road} and on {2:road}?
            """,
        ),
    ),
)
