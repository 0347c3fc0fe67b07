"""In the mountains: hiking, huts, snow."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

# Without those that take an article, such as the Eiger: is it part of the name?
PEAK = t.any_of(
    ["Mont Blanc", "Kilimanjaro", "Denali", "Elbrus", "Triglav", "Aconcagua", "Ben Nevis", "Mount Rainier", "Snowdon",
     "Mount Whitney", "Mount Olympus", "Mount Fuji", "Mulhacen", "Mount Kenya"]
)  # fmt: skip
RESORT = t.any_of(
    ["Zermatt", "Aspen", "Vail", "Whistler", "Kitzbuehel", "Chamonix", "Banff", "Niseko", "Davos", "Verbier", "Levi",
     "Cortina", "Ischgl", "Telluride"]
)  # fmt: skip
HUT = t.made(
    lambda rng: f"{rng.choice(['Eagle', 'Marmot', 'Glacier', 'Larch', 'Raven', 'Ibex', 'Gentian', 'Moraine'])} Hut"
)
REGION = t.any_of("Tyrol Valais Savoy Colorado Graubuenden Hokkaido Piedmont Catalonia Slovenia Montana Utah".split())
PLACE = t.wording(
    {"in the valley": "valley", "at the bottom": "valley", "at the summit": "summit", "at the top": "summit"}
)

MOUNTAINS = Domain(
    "mountains",
    (
        function(
            "avalanche_danger",
            "Gets the level of avalanche danger in a region.",
            P("region", "str", "The region, as said by the user.", REGION),
            say="""
                How high is the danger of avalanches in {region}?
                What's the avalanche level in {region} right now?
                Avalanche danger {region}
                Check the avalanche danger in {region}.
                We want to go ski touring in {region}. Is there a risk of avalanches?
                Tell me the level of avalanche danger for {region}.
                What is the avalanche danger in {region} and in {2:region}?
            """,
        ),
        function(
            "walking_time",
            "Works out how many hours a mountain walk takes.",
            P("distance_km", "float", "The distance in kilometers.", n.decimal(4, 24)),
            P("ascent_m", "int", "The meters climbed.", n.whole(200, 1_800, 50)),
            say="""
                How long does a hike of {distance_km} km with {ascent_m} meters of ascent take?
                Walking time: {distance_km} km, {ascent_m} m up
                My route is {distance_km} kilometers long and climbs {ascent_m} meters. How long will I walk?
                Work out the walking time for {distance_km} km and an ascent of {ascent_m} m.
                The path goes up {ascent_m} m over {distance_km} km. How many hours should we plan?
                Calculate how long I walk for {distance_km} kilometers and {ascent_m} meters uphill.
            """,
        ),
        function(
            "ski_lift_status",
            "Tells which lifts of a ski resort are running.",
            P("resort", "str", "The ski resort.", RESORT),
            say="""
                Which lifts are open in {resort}?
                Are the ski lifts in {resort} running?
                Lift status {resort}
                Tell me which lifts are running in {resort}.
                I'm at the bottom of the slopes in {resort}. Is any lift open?
                Check the ski lifts of {resort}.
                Which lifts are running in {resort} and in {2:resort}?
            """,
        ),
        function(
            "buy_ski_pass",
            "Buys a ski pass.",
            P("resort", "str", "The ski resort.", RESORT),
            P("days", "int", "For how many days.", n.days(2, 12)),
            P(
                "age_group",
                "str, optional",
                "One of 'adult', 'child' or 'senior'.",
                t.any_of(["adult", "child", "senior"]),
                "adult",
            ),
            say="""
                Buy me a ski pass for {resort} for {days}.
                I need a {age_group} ski pass for {days} in {resort}.
                Ski pass {resort}, {days}, {age_group}
                Get a {age_group} ski pass that is good for {days} in {resort}.
                Can I have a ski pass for {days} in {resort}?
                We are skiing in {resort} for {days}. I still need a {age_group} pass.
                Buy ski passes for {days} in {resort} and for {2:days} in {2:resort}.
            """,
        ),
        function(
            "reserve_hut_beds",
            "Reserves beds in a mountain hut.",
            P("hut", "str", "The name of the hut.", HUT),
            P("date", "str", "The night as YYYY-MM-DD.", t.DATE),
            P("beds", "int", "How many beds.", n.count(2, 9)),
            say="""
                Reserve {beds} beds at the {hut} for the night of {date}.
                We are {beds} people and want to sleep at the {hut} on {date}.
                {hut}: {beds} beds, {date}
                Are there {beds} beds for us at the {hut} on {date}?
                Get us {beds} beds in the {hut} on {date}.
                I'd like to stay at the {hut} with friends on {date}. We need {beds} beds.
                Reserve {beds} beds at the {hut} on {date} and at the {2:hut} on {2:date}.
            """,
        ),
        function(
            "snow_report",
            "Reports how deep the snow is at a ski resort.",
            P("resort", "str", "The ski resort.", RESORT),
            P("place", "str, optional", "Either 'valley' or 'summit'.", PLACE, "summit"),
            say="""
                How much snow is there in {resort}?
                How deep is the snow {place} in {resort}?
                Snow in {resort}, {place}
                Tell me how much snow {resort} has.
                I'm thinking of skiing in {resort}. Is there enough snow {place}?
                Find out how deep the snow is {place} in {resort}.
                How deep is the snow in {resort} and in {2:resort}?
            """,
        ),
        function(
            "easiest_route",
            "Finds the easiest route to the top of a mountain.",
            P("peak", "str", "The name of the mountain.", PEAK),
            say="""
                What's the easiest way up {peak}?
                How do I get to the top of {peak} without real climbing?
                Easiest route, {peak}
                Show me the easiest route up {peak}.
                I'd like to stand on {peak}, but I'm no climber. What is the simplest route?
                Find the easiest ascent of {peak}.
                What are the easiest routes up {peak} and {2:peak}?
            """,
        ),
        function(
            "ski_length",
            "Recommends how long a skier's skis should be.",
            P("height_cm", "int", "The height of the skier in centimeters.", n.whole(140, 200)),
            P(
                "level",
                "str",
                "One of 'beginner', 'intermediate' or 'expert'.",
                t.any_of(["beginner", "intermediate", "expert"]),
            ),
            say="""
                How long should the skis of a {level} who is {height_cm} cm tall be?
                I'm {height_cm} cm tall and ski at {level} level. Which length of skis do I need?
                Ski length: {height_cm} cm, {level}
                Recommend a ski length for a {level} skier of {height_cm} cm.
                What ski length fits someone of {height_cm} centimeters at {level} level?
                My height is {height_cm} cm and I'm skiing at {level} level. Tell me how long my skis should be.
                What ski length suits a {level} skier of {height_cm} cm and a {2:level} skier of {2:height_cm} cm?
            """,
        ),
        function(
            "call_mountain_rescue",
            "Sends the mountain rescue to coordinates.",
            P("position", "Tuple[float, float]", "Latitude and longitude.", t.point(-75, 75, 2)),
            P("injured", "int", "How many people are hurt.", n.count(2, 5)),
            say="""
                We need the mountain rescue at {position}. There are {injured} people hurt.
                Send the mountain rescue to {position} for {injured} injured people.
                Mountain rescue to {position}, {injured} injured
                There was a rockfall at {position} and {injured} climbers are injured. Can the rescue come?
                Call the mountain rescue to {position}, where {injured} hikers are hurt.
                I'm at {position} with {injured} injured skiers. Call the mountain rescue.
            """,
        ),
    ),
)
