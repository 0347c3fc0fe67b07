"""Weather and air."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

WEATHER = Domain(
    "weather",
    (
        function(
            "get_current_weather",
            "Gets the current weather in a city.",
            P("city", "str", "The name of the city.", t.CITY),
            P(
                "units",
                "str, optional",
                "Either 'celsius' or 'fahrenheit'.",
                t.choice("celsius", "fahrenheit"),
                "celsius",
            ),
            not_with=("get_wind_speed",),
            say="""
                What's the weather like in {city} right now?
                Tell me the current weather in {city}.
                Current weather {city}
                How is the weather in {city} at the moment, in {units}?
                I'm about to go out in {city}. What's it like outside?
                Get the weather in {city} in degrees {units}.
                What's the weather like in {city} and in {2:city} right now?
            """,
        ),
        function(
            "get_weather_forecast",
            "Gets the weather forecast for the coming days.",
            P("city", "str", "The name of the city.", t.CITY),
            P("days", "int", "The number of days to forecast.", n.days(2, 14)),
            not_with=("rain_probability",),
            say="""
                What's the forecast for {city} for the next {days}?
                Give me a weather forecast for {city} covering {days}.
                I'm spending {days} in {city}. What weather should I expect?
                Forecast {city}, {days}
                Look {days} ahead: what will the weather be in {city}?
                For the next {days}, how will the weather be in {city}?
                Get the forecast for {city} and for {2:city} for the next {days}.
            """,
        ),
        function(
            "historical_temperature",
            "Gets the average temperature of a past date.",
            P("location", "str", "The place.", t.CITY),
            P("date", "str", "The date as YYYY-MM-DD.", t.DATE),
            say="""
                How warm was it in {location} on {date}?
                What was the average temperature in {location} on {date}?
                Look up the temperature in {location} for {date}.
                Temperature on {date} in {location}
                I need to know how cold it got in {location} on {date}.
                Find past temperature data for {location} on {date}.
                How warm was it in {location} on {date} and on {2:date}?
            """,
        ),
        function(
            "sunrise_time",
            "Gets the time of sunrise.",
            P("city", "str", "The name of the city.", t.CITY),
            P("day", "str", "The day, as said by the user.", t.DAY),
            say="""
                When does the sun come up in {city} {day}?
                What time is sunrise in {city} {day}?
                Sunrise in {city}, {day}
                Tell me when the sun rises {day} in {city}.
                I want to photograph the sunrise in {city} {day}. What time should I be there?
                Find the sunrise time for {day} in {city}.
            """,
        ),
        function(
            "get_wind_speed",
            "Gets the wind speed at a place.",
            P("location", "str", "The place.", t.CITY),
            P("unit", "str, optional", "One of 'km/h', 'mph' or 'knots'.", t.any_of(["km/h", "mph", "knots"]), "km/h"),
            not_with=("get_current_weather",),
            say="""
                How strong is the wind in {location}?
                What's the wind speed in {location} in {unit}?
                Wind in {location} in {unit}
                Is it windy in {location}? Give me the speed.
                Check the wind speed for {location}.
                I'm going sailing near {location}. How many {unit} is the wind blowing?
                How strong is the wind in {location} and {2:location}?
            """,
        ),
        function(
            "pollen_level",
            "Gets the pollen level for allergy sufferers.",
            P("city", "str", "The name of the city.", t.CITY),
            P(
                "pollen_type",
                "str",
                "One of 'grass', 'birch', 'ragweed' or 'oak'.",
                t.choice("grass", "birch", "ragweed", "oak"),
            ),
            say="""
                How bad is the {pollen_type} pollen in {city} today?
                {pollen_type} pollen level in {city}
                I'm allergic to {pollen_type}. What's the pollen count in {city}?
                Check {pollen_type} pollen for {city}.
                Is there a lot of {pollen_type} pollen in {city} at the moment?
                In {city}, how high is the pollen level for {pollen_type}?
            """,
        ),
        function(
            "weather.storm_warnings",
            "Lists storm warnings near coordinates.",
            P("latitude", "float", "The latitude in degrees.", t.LATITUDE),
            P("longitude", "float", "The longitude in degrees.", t.LONGITUDE),
            P("radius_km", "int, optional", "The search radius in kilometers.", n.whole(10, 400, 10), 100),
            say="""
                Are there storm warnings near latitude {latitude}, longitude {longitude}?
                Storm warnings within {radius_km} km of {latitude}, {longitude}
                Check for storms around latitude {latitude} and longitude {longitude}.
                I'm at {latitude}, {longitude}. Any storm warnings within {radius_km} kilometers?
                List all storm alerts near {latitude}, {longitude}.
                Look {radius_km} km around {latitude}, {longitude} for storm warnings.
            """,
        ),
        function(
            "weather.air_quality",
            "Gets the air quality index of a city.",
            P("city", "str", "The name of the city.", t.CITY),
            held_out=True,
            say="""
                How clean is the air in {city}?
                What's the air quality index in {city} today?
                Check the air quality in {city}.
                AQI {city}
                I have asthma. Is the air in {city} polluted right now?
                Get me the air quality for {city}.
                What's the air quality like in {city} and {2:city}?
            """,
        ),
        function(
            "rain_probability",
            "Gets the chance of rain on a day.",
            P("city", "str", "The name of the city.", t.CITY),
            P("day", "str", "The day, as said by the user.", t.DAY),
            held_out=True,
            say="""
                Will it rain in {city} {day}?
                What's the chance of rain in {city} {day}?
                Do I need an umbrella {day} in {city}?
                Chance of rain, {city}, {day}
                Tell me how likely rain is in {city} {day}.
                We planned a picnic in {city} {day}. Is rain likely?
                What's the chance of rain {day} in {city} and in {2:city}?
            """,
        ),
        function(
            "get_sea_temperature",
            "Gets the water temperature at a beach.",
            P("beach", "str", "The name of the beach or coastal town.", t.CITY),
            P(
                "unit",
                "str, optional",
                "Either 'celsius' or 'fahrenheit'.",
                t.choice("celsius", "fahrenheit"),
                "celsius",
            ),
            held_out=True,
            say="""
                How warm is the sea in {beach}?
                What's the water temperature in {beach} in {unit}?
                Sea temperature {beach}
                I want to swim in {beach}. How cold is the water?
                Get the sea temperature at {beach} in degrees {unit}.
                Is the ocean warm enough in {beach}? Give me the water temperature in {unit}.
                How warm is the sea in {beach} and in {2:beach}?
            """,
        ),
    ),
)
