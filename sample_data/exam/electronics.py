"""Electronics on the workbench."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

OHMS = t.numbers(10, 990, size=(2, 4))
PART = t.made(lambda rng: f"{rng.choice(['BC', 'LM', 'NE', 'TL', 'IRF', 'CD'])}{rng.randint(100, 999)}")

ELECTRONICS = Domain(
    "electronics",
    (
        function(
            "parallel_resistance",
            "Combines resistors that are wired in parallel.",
            P("ohms", "List[Union[int, float]]", "The resistors in ohms.", OHMS),
            say="""
                What do resistors of {ohms} ohms in parallel add up to?
                Resistors in parallel: {ohms} ohms
                Calculate the resistance of {ohms} ohms wired in parallel.
                I've put resistors of {ohms} ohms in parallel. What's the combined resistance?
                Combine {ohms} ohms in parallel.
                If I connect {ohms} ohms side by side, which resistance do I get?
            """,
        ),
        function(
            "led_resistor",
            "Finds the resistor that an LED needs.",
            P("supply_volts", "float", "The voltage of the supply.", n.whole(5, 24)),
            P("led_volts", "float", "The voltage of the LED.", n.decimal(1.6, 3.6)),
            P("milliamps", "float", "The current through the LED in milliamps.", n.whole(5, 30, 5)),
            say="""
                Which resistor does an LED with {led_volts} volts and {milliamps} mA need on a {supply_volts} volt supply?
                LED resistor: supply {supply_volts} V, LED {led_volts} V, {milliamps} mA
                My LED takes {led_volts} volts and {milliamps} milliamps. Which resistor do I use with {supply_volts} volts?
                Find the resistor for a {led_volts} V LED that runs at {milliamps} mA from {supply_volts} V.
                I want to run an LED, {led_volts} V at {milliamps} mA, from {supply_volts} V. What resistor do I need?
                Work out the series resistor for an LED: {supply_volts} V supply, {led_volts} V drop, {milliamps} mA.
            """,
        ),
        function(
            "battery_runtime",
            "Estimates how long a battery lasts.",
            P("capacity_mah", "int", "The capacity in milliamp hours.", n.whole(500, 9_500, 100)),
            P("load_ma", "float", "The current drawn in milliamps.", n.whole(10, 480, 5)),
            P(
                "efficiency",
                "float, optional",
                "The usable share as a decimal (e.g., 0.8 for 80%).",
                n.rate(70, 95),
                "1.0",
            ),
            say="""
                How long does a {capacity_mah} mAh battery last at {load_ma} mA?
                My circuit draws {load_ma} mA. What's the runtime on {capacity_mah} mAh if {efficiency} of it is usable?
                Battery runtime: {capacity_mah} mAh, {load_ma} mA, {efficiency} usable
                Estimate the runtime of a battery with {capacity_mah} mAh at a load of {load_ma} mA.
                If a sensor takes {load_ma} milliamps, how long will {capacity_mah} milliamp hours keep it going?
                Work out how long {capacity_mah} mAh last at {load_ma} mA when only {efficiency} can be used.
                How long does a {capacity_mah} mAh battery last at {load_ma} mA and at {2:load_ma} mA?
            """,
        ),
        function(
            "resistor_color_bands",
            "Tells which colored bands a resistor has.",
            P("ohms", "int", "The resistance in ohms.", v.RESISTOR),
            P("tolerance", "int, optional", "The tolerance in percent.", n.percent(10, 20, 10), "5"),
            say="""
                Which color bands does a resistor of {ohms} ohms have?
                What are the color bands for {ohms} ohms with a tolerance of {tolerance}?
                Color bands: {ohms} ohms, {tolerance}
                Tell me the colors on a {ohms} ohm resistor.
                I'm looking for a {ohms} ohm resistor in my box. What bands does it have?
                Look up the color bands of a resistor with {ohms} ohms and {tolerance} tolerance.
                Which color bands do resistors of {ohms} ohms and of {2:ohms} ohms have?
            """,
        ),
        function(
            "find_datasheet",
            "Finds the datasheet of an electronic part.",
            P("part_number", "str", "The number of the part.", PART),
            say="""
                Find the datasheet of the {part_number}.
                Where can I read the datasheet for the {part_number}?
                Datasheet {part_number}
                I need to know the pins of the {part_number}. Get me its datasheet.
                Can you pull up the datasheet of the {part_number}?
                Look up the datasheet for part {part_number}.
                Get me the datasheets of the {part_number} and the {2:part_number}.
            """,
        ),
        function(
            "divider_output",
            "Calculates the output of a voltage divider.",
            P("input_volts", "float", "The voltage at the input.", n.whole(3, 48)),
            P("upper_ohms", "float", "The upper resistor in ohms.", v.RESISTOR),
            P("lower_ohms", "float", "The lower resistor in ohms.", v.RESISTOR),
            say="""
                What comes out of a voltage divider at {input_volts} V with {upper_ohms} ohms above and {lower_ohms} ohms below?
                Voltage divider: input {input_volts} V, upper {upper_ohms} ohms, lower {lower_ohms} ohms
                Calculate the output of a divider with {input_volts} volts in, an upper resistor of {upper_ohms} ohms and a lower one of {lower_ohms} ohms.
                My divider has {upper_ohms} ohms on top and {lower_ohms} ohms at the bottom. What does it make of {input_volts} volts?
                If I feed {input_volts} V into a divider, upper resistor {upper_ohms} ohms, lower resistor {lower_ohms} ohms, what do I get?
                Work out the voltage after a divider: {input_volts} V at the input, {upper_ohms} ohms on top, {lower_ohms} ohms below.
            """,
        ),
        function(
            "capacitor_energy",
            "Calculates the energy stored in a capacitor.",
            P(
                "microfarads",
                "Union[int, float]",
                "The capacitance in microfarads.",
                v.among(10, 22, 47, 100, 220, 330, 470, 1000, 2200, 4700),
            ),
            P("volts", "Union[int, float]", "The voltage.", n.whole(5, 400, 5)),
            say="""
                How much energy is in a capacitor of {microfarads} microfarads at {volts} volts?
                Capacitor energy: {microfarads} microfarads, {volts} V
                Calculate the energy that {microfarads} microfarads hold at {volts} V.
                My capacitor has {microfarads} microfarads and is charged to {volts} volts. What energy does it store?
                What does a {microfarads} microfarad capacitor store when it is charged to {volts} V?
                Work out the energy of {microfarads} microfarads charged to {volts} volts.
                How much energy do {microfarads} microfarads store at {volts} V and at {2:volts} V?
            """,
        ),
    ),
)
