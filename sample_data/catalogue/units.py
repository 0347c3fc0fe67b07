"""Converting units, numbers and notations."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

VALUE = n.decimal(1, 400)

UNITS = Domain(
    "units",
    (
        function(
            "convert_length",
            "Converts a length between units.",
            P("value", "float", "The length.", VALUE),
            P(
                "from_unit",
                "str",
                "The unit to convert from.",
                t.any_of("kilometers meters miles feet inches yards centimeters".split()),
            ),
            P(
                "to_unit",
                "str",
                "The unit to convert to.",
                t.any_of("kilometers meters miles feet inches yards centimeters".split()),
            ),
            say="""
                How many {to_unit} are {value} {from_unit}?
                Convert {value} {from_unit} to {to_unit}.
                {value} {from_unit} in {to_unit}
                What is {value} {from_unit} expressed in {to_unit}?
                I measured {value} {from_unit}. How long is that in {to_unit}?
                Change {value} {from_unit} into {to_unit}.
                Convert {value} {from_unit} to {to_unit} and to {2:to_unit}.
            """,
        ),
        function(
            "convert_temperature",
            "Converts a temperature.",
            P("degrees", "float", "The temperature.", n.decimal(-30, 120)),
            P(
                "to_scale",
                "str",
                "One of 'celsius', 'fahrenheit' or 'kelvin'.",
                t.choice("celsius", "fahrenheit", "kelvin"),
            ),
            say="""
                What's {degrees} degrees in {to_scale}?
                Convert a temperature of {degrees} degrees to {to_scale}.
                {degrees} degrees to {to_scale}
                The oven says {degrees} degrees. How much is that in {to_scale}?
                Change {degrees} degrees to {to_scale}.
                I need {degrees} degrees in {to_scale}.
                Convert {degrees} degrees to {to_scale} and {2:degrees} degrees to {2:to_scale}.
            """,
        ),
        function(
            "convert_volume",
            "Converts a volume between units.",
            P("amount", "float", "The volume.", VALUE),
            P(
                "from_unit",
                "str",
                "The unit to convert from.",
                t.any_of("liters milliliters gallons pints cups tablespoons".split()),
            ),
            P(
                "to_unit",
                "str",
                "The unit to convert to.",
                t.any_of("liters milliliters gallons pints cups tablespoons".split()),
            ),
            say="""
                How many {to_unit} are {amount} {from_unit}?
                Convert {amount} {from_unit} to {to_unit}.
                {amount} {from_unit} in {to_unit}
                The recipe asks for {amount} {from_unit}. What is that in {to_unit}?
                Turn {amount} {from_unit} into {to_unit}.
                I have {amount} {from_unit}. How many {to_unit} is that?
            """,
        ),
        function(
            "number_to_roman",
            "Writes a number in Roman numerals.",
            P("number", "int", "The number.", n.whole(4, 3000)),
            say="""
                What's {number} in Roman numerals?
                Write {number} in Roman numerals.
                {number} as a Roman number
                How would the Romans write {number}?
                Convert {number} to Roman numerals.
                I need {number} as Roman numerals for a clock.
                What are {number} and {2:number} in Roman numerals?
            """,
        ),
        function(
            "to_base",
            "Writes a number in another base.",
            P("number", "int", "The number.", n.whole(10, 9000)),
            P(
                "base",
                "int",
                "The base.",
                t.wording(
                    {"binary": 2, "octal": 8, "hexadecimal": 16, "hex": 16, "base 3": 3, "base 5": 5, "base 12": 12}
                ),
            ),
            say="""
                What's {number} in {base}?
                Convert {number} to {base}.
                {number} in {base}
                Write the number {number} in {base}.
                How do you write {number} in {base}?
                I need {number} as a number in {base}.
                Convert {number} to {base} and {2:number} to {2:base}.
            """,
        ),
        function(
            "convert_timezone",
            "Converts a time between the time zones of two cities.",
            P("time", "str", "The time of day, as said by the user.", t.CLOCK),
            P("from_city", "str", "The city whose time it is.", t.CITY),
            P("to_city", "str", "The city to convert to.", t.CITY),
            say="""
                If it's {time} in {from_city}, what time is it in {to_city}?
                What's {time} {from_city} time in {to_city}?
                Convert {time} from {from_city} to {to_city} time.
                {time} in {from_city} is what time in {to_city}?
                Our call is at {time} in {from_city}. When is that in {to_city}?
                Tell me the time in {to_city} when it's {time} in {from_city}.
            """,
        ),
        function(
            "convert_weight",
            "Converts a weight between units.",
            P("value", "float", "The weight.", VALUE),
            P(
                "from_unit",
                "str",
                "The unit to convert from.",
                t.any_of("kilograms grams pounds ounces stones tons".split()),
            ),
            P(
                "to_unit",
                "str",
                "The unit to convert to.",
                t.any_of("kilograms grams pounds ounces stones tons".split()),
            ),
            held_out=True,
            say="""
                How many {to_unit} are {value} {from_unit}?
                Convert {value} {from_unit} to {to_unit}.
                {value} {from_unit} in {to_unit}
                My bag weighs {value} {from_unit}. What's that in {to_unit}?
                Change {value} {from_unit} into {to_unit}.
                I need {value} {from_unit} expressed in {to_unit}.
                Convert {value} {from_unit} to {to_unit} and to {2:to_unit}.
            """,
        ),
        function(
            "convert_speed",
            "Converts a speed between units.",
            P("speed", "float", "The speed.", VALUE),
            P(
                "from_unit",
                "str",
                "The unit to convert from, such as 'mph'.",
                t.any_of(["km/h", "mph", "m/s", "knots"]),
            ),
            P("to_unit", "str", "The unit to convert to.", t.any_of(["km/h", "mph", "m/s", "knots"])),
            held_out=True,
            say="""
                How fast is {speed} {from_unit} in {to_unit}?
                Convert {speed} {from_unit} to {to_unit}.
                {speed} {from_unit} in {to_unit}
                The wind blows at {speed} {from_unit}. What is that in {to_unit}?
                I drive {speed} {from_unit}. How much is it in {to_unit}?
                Change {speed} {from_unit} to {to_unit}.
            """,
        ),
        function(
            "roman_to_number",
            "Reads Roman numerals.",
            P(
                "numeral",
                "str",
                "The Roman numerals.",
                t.any_of(
                    "IV VII IX XII XIV XIX XXI XXIV XXIX XXXVI XL XLII XLIX LI LXIV LXXX XC XCIX CI CXX CXLIV CC CDX D DCL CM MCM MMXX MDCCC".split()
                ),
            ),
            held_out=True,
            say="""
                What number is {numeral}?
                Read the Roman numerals {numeral}.
                {numeral} as a number
                The clock says {numeral}. What number is that?
                Which number do the Roman numerals {numeral} stand for?
                Convert {numeral} from Roman numerals.
                What numbers are {numeral} and {2:numeral}?
            """,
        ),
    ),
)
