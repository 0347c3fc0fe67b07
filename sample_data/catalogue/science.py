"""Physics and chemistry."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

SCIENCE = Domain(
    "science",
    (
        function(
            "kinetic_energy",
            "Calculates the kinetic energy of a moving body.",
            P("mass", "float", "The mass in kilograms.", n.decimal(1, 90)),
            P("velocity", "float", "The velocity in meters per second.", n.decimal(1, 60)),
            say="""
                What's the kinetic energy of {mass} kg moving at {velocity} m/s?
                Kinetic energy: {mass} kg, {velocity} m/s
                A ball of {mass} kg flies at {velocity} meters per second. What's its kinetic energy?
                Calculate the kinetic energy for a mass of {mass} kg and a speed of {velocity} m/s.
                How much kinetic energy does a body of {mass} kilograms have at {velocity} m/s?
                Find the kinetic energy at {velocity} m/s for {mass} kg.
            """,
        ),
        function(
            "calculate_density",
            "Calculates the density of a material.",
            P("mass", "Union[int, float]", "The mass in grams.", n.decimal(2, 900)),
            P("volume", "Union[int, float]", "The volume in cubic centimeters.", n.decimal(2, 300)),
            say="""
                What's the density of something with {mass} g and {volume} cubic centimeters?
                Density: {mass} grams, {volume} cm3
                A stone weighs {mass} grams and has a volume of {volume} cubic centimeters. How dense is it?
                Calculate the density for a mass of {mass} g in {volume} cubic centimeters.
                How dense is a sample of {mass} g that takes up {volume} cm3?
                Find the density given {volume} cm3 and {mass} g.
            """,
        ),
        function(
            "ohms_law_current",
            "Calculates the current from voltage and resistance.",
            P("voltage", "float", "The voltage in volts.", n.decimal(1, 240)),
            P("resistance", "float", "The resistance in ohms.", n.whole(2, 900)),
            say="""
                What current flows at {voltage} volts through {resistance} ohms?
                Current for {voltage} V and {resistance} ohms
                A resistor of {resistance} ohms is connected to {voltage} volts. How many amperes flow?
                Calculate the current through {resistance} ohms at {voltage} volts.
                Find the current: {voltage} volts, {resistance} ohms
                If the voltage is {voltage} V and the resistance {resistance} ohms, what's the current?
            """,
        ),
        function(
            "molar_mass",
            "Calculates the molar mass of a compound.",
            P(
                "formula",
                "str",
                "The chemical formula.",
                t.any_of(
                    "H2O CO2 NaCl CH4 NH3 HCl H2SO4 NaOH CaCO3 C6H12O6 C2H5OH O3 N2O SO2 HNO3 KCl KMnO4 MgO Fe2O3 C8H10N4O2 Al2O3 CuSO4".split()
                ),
            ),
            say="""
                What's the molar mass of {formula}?
                Molar mass {formula}
                Calculate the molar mass of {formula}.
                How heavy is one mole of {formula}?
                I need the molar mass for {formula}.
                Find out how many grams a mole of {formula} weighs.
                What are the molar masses of {formula} and {2:formula}?
            """,
        ),
        function(
            "dilute_solution",
            "Calculates how much water to add to dilute a solution.",
            P("volume_ml", "float", "The volume in milliliters.", n.whole(50, 900, 10)),
            P("from_concentration", "float", "The concentration as a decimal (e.g., 0.1 for 10%).", n.rate(41, 90)),
            P("to_concentration", "float", "The wanted concentration as a decimal (e.g., 0.1 for 10%).", n.rate(1, 40)),
            say="""
                How much water do I add to {volume_ml} ml of a {from_concentration} solution to get {to_concentration}?
                Dilute {volume_ml} ml from {from_concentration} to {to_concentration}.
                {volume_ml} ml at {from_concentration} down to {to_concentration}
                I have {volume_ml} ml at {from_concentration} and want {to_concentration}. How much water?
                Work out the dilution of {volume_ml} milliliters from {from_concentration} to {to_concentration}.
                Take {volume_ml} ml of {from_concentration} solution to {to_concentration}. How much water is needed?
            """,
        ),
        function(
            "motor_power",
            "Calculates the output power of a motor.",
            P("input_watts", "float", "The input power in watts.", n.amount(50, 9_000)),
            P("efficiency", "float", "The efficiency as a decimal (e.g., 0.8 for 80%).", n.rate(40, 97)),
            say="""
                What does a motor with {efficiency} efficiency put out from {input_watts} watts?
                Output power: {input_watts} W in, {efficiency} efficiency
                A motor takes {input_watts} watts and is {efficiency} efficient. What's its output?
                Calculate motor output for {input_watts} watts at an efficiency of {efficiency}.
                How much power comes out of {input_watts} watts at {efficiency} efficiency?
                If the efficiency is {efficiency}, what is left of {input_watts} watts?
            """,
        ),
        function(
            "sample_size",
            "Calculates how many people a survey needs.",
            P("population", "int", "The size of the population.", n.amount(1_000, 5_000_000)),
            P("margin_of_error", "float", "The margin as a decimal (e.g., 0.03 for 3%).", n.rate(1, 8)),
            P(
                "confidence",
                "float, optional",
                "The confidence as a decimal (e.g., 0.95 for 95%).",
                t.wording({"90%": 0.9, "95%": 0.95, "99%": 0.99, "95 percent": 0.95, "80%": 0.8}, "percent to decimal"),
                "0.95",
            ),
            say="""
                How many people must I ask in a town of {population} for a margin of error of {margin_of_error}?
                Sample size: population {population}, margin {margin_of_error}, confidence {confidence}
                I'm planning a survey among {population} people with {margin_of_error} margin of error. How many do I need?
                Calculate the sample size for {population} people at {confidence} confidence and {margin_of_error} error.
                How large must a sample of {population} be for {margin_of_error} error and {confidence} confidence?
                Work out a sample size with {margin_of_error} error for a population of {population}.
            """,
        ),
        function(
            "potential_energy",
            "Calculates the potential energy of a raised body.",
            P("mass", "float", "The mass in kilograms.", n.decimal(1, 90)),
            P("height", "float", "The height in meters.", n.decimal(1, 60)),
            held_out=True,
            say="""
                What's the potential energy of {mass} kg at a height of {height} m?
                Potential energy: {mass} kg, {height} m
                A box of {mass} kg stands {height} meters above the ground. What's its potential energy?
                Calculate the potential energy for {mass} kilograms lifted {height} meters.
                How much potential energy does {mass} kg have {height} m up?
                Find the potential energy at {height} m for a mass of {mass} kg.
            """,
        ),
        function(
            "wave_frequency",
            "Calculates the frequency of a wave.",
            P("speed", "float", "The speed in meters per second.", n.whole(100, 900, 10)),
            P("wavelength", "float", "The wavelength in meters.", n.decimal(0.5, 20)),
            held_out=True,
            say="""
                What's the frequency of a wave of {wavelength} m that travels at {speed} m/s?
                Frequency: speed {speed} m/s, wavelength {wavelength} m
                A wave moves at {speed} meters per second and is {wavelength} meters long. What's its frequency?
                Calculate the frequency for wavelength {wavelength} m and speed {speed} m/s.
                How often does a wave swing if its speed is {speed} m/s and its length {wavelength} m?
                Find the wave frequency given {speed} m/s and {wavelength} m.
            """,
        ),
        function(
            "element_info",
            "Gets facts about a chemical element.",
            P(
                "element",
                "str",
                "The name of the element.",
                t.any_of(
                    "hydrogen helium lithium carbon nitrogen oxygen neon sodium silicon sulfur chlorine argon calcium iron copper zinc silver tin iodine gold mercury lead uranium platinum".split()
                ),
            ),
            held_out=True,
            say="""
                Tell me about the element {element}.
                What are the properties of {element}?
                Element {element}
                Look up {element} in the periodic table.
                I'm studying {element}. What should I know about this element?
                Get the facts on {element}.
                Tell me about the elements {element} and {2:element}.
            """,
        ),
    ),
)
