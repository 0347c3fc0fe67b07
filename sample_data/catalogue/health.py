"""Health and fitness."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

SPORT = t.any_of(pools.SPORTS)
SPECIALTY = t.any_of(
    "dentist dermatologist cardiologist pediatrician neurologist optometrist psychologist physiotherapist allergist".split()
)
DRUG = t.any_of(
    "ibuprofen aspirin vitamin-D iron zinc antihistamine magnesium insulin amoxicillin paracetamol melatonin".split()
)

HEALTH = Domain(
    "health",
    (
        function(
            "calculate_bmi",
            "Calculates the body mass index.",
            P("weight_kg", "float", "The weight in kilograms.", n.decimal(45, 120)),
            P("height_m", "float", "The height in meters.", n.decimal(1.5, 2.0, 2)),
            say="""
                What's the BMI of someone who weighs {weight_kg} kg and is {height_m} m tall?
                I weigh {weight_kg} kilos and I'm {height_m} meters tall. What's my BMI?
                BMI for {weight_kg} kg, {height_m} m
                Calculate the body mass index for {weight_kg} kg at {height_m} meters.
                My height is {height_m} m and my weight {weight_kg} kg. Work out my BMI.
                Find the BMI: height {height_m} m, weight {weight_kg} kg.
            """,
        ),
        function(
            "log_workout",
            "Records a workout.",
            P("activity", "str", "The kind of workout.", SPORT),
            P("minutes", "int", "How long it took, in minutes.", n.minutes(10, 120, 5)),
            P(
                "intensity",
                "str, optional",
                "One of 'easy', 'moderate' or 'hard'.",
                t.choice("easy", "moderate", "hard"),
                "moderate",
            ),
            not_with=("calories_burned",),
            say="""
                Log {minutes} of {activity}.
                I did {minutes} of {activity}. Write it down.
                Add a workout: {activity}, {minutes}, {intensity}
                Record {minutes} of {intensity} {activity}.
                Today I went {activity} for {minutes}. Put it in my training log.
                Save {minutes} of {activity} to my training log, {intensity} this time.
                Log {minutes} of {activity} and {2:minutes} of {2:activity}.
            """,
        ),
        function(
            "log_water",
            "Records a drink of water.",
            P("milliliters", "int", "The amount in milliliters.", n.whole(100, 900, 50)),
            say="""
                I drank {milliliters} ml of water.
                Log {milliliters} milliliters of water.
                Water: {milliliters} ml
                Add {milliliters} ml to my water for today.
                Note that I just had {milliliters} milliliters of water.
                Record a glass of {milliliters} ml water.
            """,
        ),
        function(
            "calories_burned",
            "Estimates the calories burned by an activity.",
            P("activity", "str", "The activity.", SPORT),
            P("minutes", "int", "How long, in minutes.", n.minutes(10, 120, 5)),
            P("weight_kg", "float", "The body weight in kilograms.", n.whole(45, 110)),
            not_with=("log_workout",),
            say="""
                How many calories does {minutes} of {activity} burn at {weight_kg} kg?
                I weigh {weight_kg} kg. How many calories will I burn in {minutes} of {activity}?
                Calories burned: {activity}, {minutes}, {weight_kg} kg
                Estimate the calories for {minutes} of {activity} with a body weight of {weight_kg} kg.
                If someone of {weight_kg} kg does {activity} for {minutes}, what do they burn?
                Tell me the calories burned by {activity} for {minutes} at {weight_kg} kilos.
            """,
        ),
        function(
            "find_doctor",
            "Finds a doctor in a city.",
            P("specialty", "str", "The kind of doctor.", SPECIALTY),
            P("city", "str", "The city.", t.CITY),
            say="""
                Find me a {specialty} in {city}.
                I need a {specialty} in {city}.
                Is there a good {specialty} in {city}?
                {specialty} in {city}
                Which {specialty} can I see in {city}?
                Look for a {specialty} practicing in {city}.
                Find me a {specialty} and a {2:specialty} in {city}.
            """,
        ),
        function(
            "ideal_bedtime",
            "Calculates when to go to bed.",
            P("wake_time", "str", "The time to get up, as said by the user.", t.CLOCK),
            P("sleep_hours", "float, optional", "The hours of sleep wanted.", n.decimal(6, 9), 8),
            say="""
                When should I go to bed if I have to get up at {wake_time}?
                I need {sleep_hours} hours of sleep and get up at {wake_time}. When is my bedtime?
                Bedtime for waking up at {wake_time}
                I want to sleep {sleep_hours} hours and wake at {wake_time}. When do I go to bed?
                Work out my bedtime for getting up at {wake_time}.
                To sleep {sleep_hours} hours before {wake_time}, when must I go to bed?
            """,
        ),
        function(
            "daily_steps",
            "Gets the number of steps walked on a day.",
            P("day", "str", "The day as YYYY-MM-DD.", t.DATE),
            say="""
                How many steps did I walk on {day}?
                Steps on {day}
                Get my step count for {day}.
                Did I walk enough on {day}? Show the steps.
                I'd like to see my steps of {day}.
                Look up how far I walked on {day}, in steps.
                How many steps did I walk on {day} and on {2:day}?
            """,
        ),
        function(
            "join_gym",
            "Signs someone up for a gym.",
            P("gym", "str", "The name of the gym.", t.made(lambda rng: f"{rng.choice(pools.COMPANY_HEADS)} Gym")),
            P("months", "int", "The length of the membership in months.", n.months(2, 18)),
            say="""
                Sign me up at {gym} for {months}.
                I want to join {gym} for {months}.
                {gym} membership, {months}
                Get me a membership of {months} at {gym}.
                Can I train at {gym} for {months}? Sign me up.
                Register me with {gym}. I'll stay for {months}.
            """,
        ),
        function(
            "log_sleep",
            "Records how long someone slept.",
            P("hours", "float", "The hours slept.", n.decimal(4, 10)),
            P("quality", "str, optional", "One of 'bad', 'fair' or 'good'.", t.choice("bad", "fair", "good"), ""),
            held_out=True,
            say="""
                I slept {hours} hours.
                Log {hours} hours of sleep, quality {quality}.
                Sleep: {hours} hours, {quality}
                Record that I slept for {hours} hours last night.
                Note {hours} hours of {quality} sleep.
                Last night I got {hours} hours of {quality} sleep. Write it down.
            """,
        ),
        function(
            "medication_reminder",
            "Reminds someone to take a medicine every day.",
            P("medicine", "str", "The medicine.", DRUG),
            P("time", "str", "The time of day, as said by the user.", t.CLOCK),
            held_out=True,
            say="""
                Remind me to take {medicine} every day at {time}.
                I have to take {medicine} daily at {time}. Remind me.
                Medication reminder: {medicine}, {time}
                Set a daily reminder for my {medicine} at {time}.
                Every day at {time} I must take {medicine}. Don't let me forget.
                I need a reminder for {medicine} each day at {time}.
                Remind me every day to take {medicine} at {time} and {2:medicine} at {2:time}.
            """,
        ),
        function(
            "running_pace",
            "Calculates the pace of a run.",
            P("distance_km", "float", "The distance in kilometers.", n.decimal(3, 42)),
            P("minutes", "int", "The time in minutes.", n.minutes(15, 240, 1)),
            held_out=True,
            say="""
                What's my pace if I run {distance_km} km in {minutes}?
                I ran {distance_km} kilometers in {minutes}. What was my pace?
                Pace for {distance_km} km in {minutes}
                Calculate the running pace for {distance_km} km done in {minutes}.
                How fast per kilometer is {distance_km} km in {minutes}?
                Work out my running pace: {distance_km} km, {minutes}.
            """,
        ),
    ),
)
