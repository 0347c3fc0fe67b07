"""Pets: food, care, the vet."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

PET = t.any_of(
    "Biscuit Luna Pepper Rufus Milo Nala Waffles Shadow Ziggy Poppy Rocky Cleo Peanut Bruno Socks Maple Tofu".split()
)
ANIMAL = t.any_of(["dog", "cat", "rabbit", "hamster", "guinea pig", "ferret", "parrot"])
ANIMALS = t.any_of(["dogs", "cats", "rabbits", "hamsters", "guinea pigs", "ferrets", "parrots", "kittens", "puppies"])
VACCINE = t.any_of("rabies distemper parvovirus leptospirosis influenza leukemia herpesvirus".split())
CHIP = t.made(lambda rng: f"{rng.randint(900, 999)}{rng.randint(10**11, 10**12 - 1)}")

PETS = Domain(
    "pets",
    (
        function(
            "pet_age_in_human_years",
            "Converts the age of a pet to human years.",
            P("animal", "str", "The kind of animal.", ANIMAL),
            P("age", "int", "The age in years.", n.count(2, 12)),
            say="""
                My {animal} is {age} years old. What is that in human years?
                How old is a {age}-year-old {animal} in human years?
                {animal}, {age} years, in human years
                Convert the age of my {animal}, {age} years, to human years.
                We have had our {animal} for {age} years, since it was born. How old is it as a human?
                Work out how old a {animal} of {age} would be as a person.
                How old are a {animal} of {age} and a {2:animal} of {2:age} in human years?
            """,
        ),
        function(
            "daily_dog_food",
            "Calculates how much food a dog needs in a day.",
            P("weight_kg", "float", "What the dog weighs in kilograms.", n.decimal(3, 48)),
            P(
                "neutered",
                "bool, optional",
                "Whether the dog is neutered.",
                t.switch(["neutered", "spayed"], ["not neutered", "not spayed"]),
                "False",
            ),
            say="""
                How much should I feed a dog of {weight_kg} kg every day?
                My dog weighs {weight_kg} kilos and is {neutered}. How much food does it need a day?
                Dog food per day: {weight_kg} kg, {neutered}
                Calculate the daily food for a dog that weighs {weight_kg} kilograms.
                What does a {weight_kg} kg dog eat in a day if it is {neutered}?
                Work out how much food I have to give my {weight_kg} kg dog each day.
            """,
        ),
        function(
            "book_vet_checkup",
            "Books a checkup for a pet at the vet.",
            P("pet", "str", "The name of the pet.", PET),
            P("time", "str", "When, as said by the user.", v.APPOINTMENT),
            say="""
                Book a checkup for {pet} at the vet {time}.
                Can the vet see {pet} {time} for a checkup?
                Vet checkup: {pet}, {time}
                I'd like to take {pet} to the vet {time} for a checkup.
                Make an appointment for {pet} at the vet's {time}.
                It's time for the yearly checkup of {pet}. Is the vet free {time}?
                Book vet checkups for {pet} {time} and for {2:pet} {2:time}.
            """,
        ),
        function(
            "find_pet_sitter",
            "Finds someone who looks after a pet while its owner is away.",
            P("animal", "str", "The kind of animal.", ANIMAL),
            P("city", "str", "The city.", t.CITY),
            P("nights", "int", "How many nights.", n.count(2, 14)),
            say="""
                Find a sitter in {city} for my {animal} for {nights} nights.
                Who can look after a {animal} in {city} for {nights} nights?
                Pet sitter: {animal}, {city}, {nights} nights
                I'm away for {nights} nights and need someone in {city} to look after my {animal}.
                I live in {city}. Who would take care of my {animal} for {nights} nights?
                For {nights} nights, I need a sitter in {city} for a {animal}.
            """,
        ),
        function(
            "trace_microchip",
            "Finds the registered owner of a pet by its microchip.",
            P("chip_number", "str", "The number of the chip.", CHIP),
            say="""
                I found a cat with the chip number {chip_number}. Whose is it?
                Who is the owner of the pet with microchip {chip_number}?
                Microchip {chip_number}
                Look up whose animal has the chip {chip_number}.
                A stray dog has the microchip {chip_number}. Find its owner.
                Trace the pet chip {chip_number}.
                Whose pets have the chips {chip_number} and {2:chip_number}?
            """,
        ),
        function(
            "animals_for_adoption",
            "Lists the animals in a city's shelters that need a home.",
            P("animals", "str", "The kind of animals in the plural, such as dogs.", ANIMALS),
            P("city", "str", "The city.", t.CITY),
            say="""
                Which {animals} can I adopt in {city}?
                Are there any {animals} at the shelters in {city}?
                {animals} for adoption, {city}
                Show me {animals} in {city} that are looking for a home.
                We want to adopt. What {animals} are there in {city}?
                Find {animals} up for adoption at a shelter in {city}.
                Which {animals} and which {2:animals} are up for adoption in {city}?
            """,
        ),
        function(
            "record_vaccination",
            "Enters a vaccination in the health record of a pet.",
            P("pet", "str", "The name of the pet.", PET),
            P("vaccine", "str", "What it was vaccinated against.", VACCINE),
            P("date", "str", "The day as YYYY-MM-DD.", v.PAST_DATE),
            say="""
                {pet} was vaccinated against {vaccine} on {date}. Put it in the record.
                Record that {pet} got the {vaccine} shot on {date}.
                Vaccination: {pet}, {vaccine}, {date}
                Note that the vet vaccinated {pet} against {vaccine} on {date}.
                On {date}, {pet} had a vaccination against {vaccine}. Write that down.
                Add a {vaccine} vaccination on {date} to the health record of {pet}.
                Record {vaccine} shots for {pet} on {date} and for {2:pet} on {2:date}.
            """,
        ),
        function(
            "book_grooming",
            "Books a visit to the pet groomer.",
            P("pet", "str", "The name of the pet.", PET),
            P(
                "services",
                "List[str]",
                "What is to be done.",
                t.several(["bath", "haircut", "nail trim", "ear cleaning", "brushing", "paw massage"], (2, 3)),
            ),
            say="""
                Book the groomer for {pet}: {services}.
                {pet} needs a visit to the groomer: {services}.
                Grooming for {pet}: {services}
                I want the groomer to give {pet} the following: {services}.
                Can {pet} get these done at the groomer: {services}?
                Make a grooming appointment for {pet} ({services}).
            """,
        ),
    ),
)
