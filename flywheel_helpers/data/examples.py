"""The course's worked example, and questions for the chat window with the calls they need.

All are xLAM rows. Their functions are in neither the training nor the test rows.
"""

from __future__ import annotations

import json
from typing import Any

# The worked example: one question, two tools, one right call. Notebook 01 asks the base model, notebook 02 the tuned
# one.
_EXAMPLE_TOOLS = [
    {
        "name": "calculate_standard_deviation",
        "description": "Calculates the standard deviation of a list of numbers.",
        "parameters": {"numbers": {"description": "The list of numbers.", "type": "List[Union[int, float]]"}},
    },
    {
        "name": "future_investment_value",
        "description": "Calculates the future value of an investment based on the present value, annual interest rate, "
        "and number of years.",
        "parameters": {
            "present_value": {"description": "The present value of the investment.", "type": "float"},
            "annual_interest_rate": {
                "description": "The annual interest rate as a decimal (e.g., 0.05 for 5%).",
                "type": "float",
            },
            "years": {"description": "The number of years the investment will grow.", "type": "int"},
        },
    },
]
_EXAMPLE_ANSWERS = [
    {
        "name": "future_investment_value",
        "arguments": {"present_value": 2000, "annual_interest_rate": 0.02, "years": 8},
    }
]

EXAMPLE = {
    "id": 0,
    "query": "Future value of 2000 dollars at 2% for 8 years?",
    "answers": json.dumps(_EXAMPLE_ANSWERS),
    "tools": json.dumps(_EXAMPLE_TOOLS),
}
SEED = 42  # with temperature 0, the same answer every time

_CHAT_TOOLS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "book_restaurant_table": (
        "Books a table at a restaurant.",
        {
            "restaurant": ("The restaurant.", "str"),
            "people": ("How many people.", "int"),
            "time": ("When, as hh:mm.", "str"),
        },
    ),
    "cancel_restaurant_table": ("Cancels a table at a restaurant.", {"restaurant": ("The restaurant.", "str")}),
    "paint_needed": (
        "Calculates how many liters of paint a wall needs.",
        {"area": ("The area in square meters.", "float"), "coats": ("How many coats.", "int")},
    ),
    "tiles_needed": (
        "Calculates how many tiles a floor needs.",
        {"area": ("The area in square meters.", "float"), "tile_length": ("The length of a tile in meters.", "float")},
    ),
    "say_in_language": (
        "Translates a phrase into another language.",
        {"phrase": ("The phrase.", "str"), "language": ("The language.", "str")},
    ),
    "spell_out": ("Spells a word letter by letter.", {"word": ("The word.", "str")}),
    "high_tide": (
        "Tells when the tide is high.",
        {"harbour": ("The harbour.", "str"), "day": ("The day of the week.", "str")},
    ),
    "ferry_departures": ("Lists the next ferries from a harbour.", {"harbour": ("The harbour.", "str")}),
    "dog_years": ("Converts a dog's age to human years.", {"age": ("The age of the dog in years.", "float")}),
    "find_vet": ("Finds a veterinary surgeon nearby.", {"city": ("The city.", "str")}),
    "renew_library_book": ("Renews a book of the library.", {"title": ("The title.", "str")}),
    "water_garden": (
        "Waters a part of the garden.",
        {"zone": ("The part of the garden.", "str"), "minutes": ("For how many minutes.", "int")},
    ),
}

# Question, tools on offer, and the calls that are right.
_CHAT_QUESTIONS: list[tuple[str, tuple[str, ...], list[tuple[str, dict[str, Any]]]]] = [
    (
        "Book a table for 4 people at Casa Lupo at 19:30.",
        ("cancel_restaurant_table", "book_restaurant_table"),
        [("book_restaurant_table", {"restaurant": "Casa Lupo", "people": 4, "time": "19:30"})],
    ),
    (
        "How much paint do I need for 36.5 square meters and 2 coats?",
        ("paint_needed", "tiles_needed"),
        [("paint_needed", {"area": 36.5, "coats": 2})],
    ),
    (
        'How do I say "good morning" in Finnish?',
        ("spell_out", "say_in_language", "find_vet"),
        [("say_in_language", {"phrase": "good morning", "language": "Finnish"})],
    ),
    (
        "When is the tide high in Whitby on Sunday?",
        ("ferry_departures", "high_tide"),
        [("high_tide", {"harbour": "Whitby", "day": "Sunday"})],
    ),
    ("My dog is 6.5 years old. What is that in human years?", ("find_vet", "dog_years"), [("dog_years", {"age": 6.5})]),
    (
        "Please renew The Odyssey for me.",
        ("renew_library_book", "spell_out", "book_restaurant_table"),
        [("renew_library_book", {"title": "The Odyssey"})],
    ),
    (
        "Water the roses for 15 minutes.",
        ("paint_needed", "water_garden"),
        [("water_garden", {"zone": "roses", "minutes": 15})],
    ),
    (
        "Cancel my table at Casa Lupo and find a vet in Porto.",
        ("find_vet", "cancel_restaurant_table", "dog_years"),
        [("cancel_restaurant_table", {"restaurant": "Casa Lupo"}), ("find_vet", {"city": "Porto"})],
    ),
    (
        "When is the tide high in Hull on Monday, and which ferries leave Hull next?",
        ("high_tide", "ferry_departures"),
        [("high_tide", {"harbour": "Hull", "day": "Monday"}), ("ferry_departures", {"harbour": "Hull"})],
    ),
    ("Write a short poem about the sea.", ("high_tide", "renew_library_book"), []),
    ("Which planet is the largest?", ("tiles_needed", "find_vet", "say_in_language"), []),
]


def chat_rows() -> list[dict[str, Any]]:
    """The chat questions as xLAM rows: some need one tool, some two, some none."""
    return [
        {
            "id": number,
            "query": query,
            "tools": json.dumps([_tool(name) for name in tools]),
            "answers": json.dumps([{"name": name, "arguments": arguments} for name, arguments in calls]),
        }
        for number, (query, tools, calls) in enumerate(_CHAT_QUESTIONS, 1)
    ]


def _tool(name: str) -> dict[str, Any]:
    description, parameters = _CHAT_TOOLS[name]
    described = {key: {"description": words, "type": hint} for key, (words, hint) in parameters.items()}
    return {"name": name, "description": description, "parameters": described}
