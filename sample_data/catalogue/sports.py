"""Sports, learning and games."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

SEASON = t.made(lambda rng: (lambda year: f"{year}/{(year + 1) % 100:02d}")(rng.randint(1998, 2024)))
LEAGUE = t.made(
    lambda rng: f"{rng.choice(pools.COUNTRIES)} {rng.choice(['League', 'Cup', 'Championship', 'Premier League'])}"
)

SPORTS = Domain(
    "sports",
    (
        function(
            "match_result",
            "Gets the result of a team's match on a day.",
            P("team", "str", "The team.", t.TEAM),
            P("date", "str", "The day as YYYY-MM-DD.", t.DATE),
            say="""
                How did the {team} play on {date}?
                What was the score of the {team} game on {date}?
                Result {team} {date}
                Did the {team} win on {date}?
                Look up the {team} match of {date}.
                I missed the {team} on {date}. What was the result?
                How did the {team} and the {2:team} play on {date}?
            """,
        ),
        function(
            "league_table",
            "Gets the table of a league.",
            P("league", "str", "The league.", LEAGUE),
            P("season", "str, optional", "The season, such as 2019/20.", SEASON, ""),
            say="""
                Show me the table of the {league}.
                Who finished first in the {league} in {season}?
                {league} table {season}
                I'd like to see the standings of the {league} for {season}.
                What does the {league} table look like?
                Get the final standings of the {league} {season}.
            """,
        ),
        function(
            "sports.player_stats",
            "Gets the statistics of a player.",
            P("player", "str", "The name of the player.", t.PERSON),
            P("year", "int, optional", "The year.", t.YEAR, ""),
            say="""
                How good was {player} in {year}?
                Show me the stats of {player}.
                {player} stats {year}
                Get player statistics for {player} in {year}.
                What are {player}'s numbers?
                I want to see how {player} played in {year}.
                Show me the stats of {player} and {2:player}.
            """,
        ),
        function(
            "sports.team_schedule",
            "Lists the next games of a team.",
            P("team", "str", "The team.", t.TEAM),
            P("games", "int, optional", "How many games.", n.count(2, 10), "5"),
            say="""
                When do the {team} play next?
                Show the next {games} games of the {team}.
                {team} schedule, {games} games
                I want to see the {team} live. What are their next games?
                List the coming {games} matches of the {team}.
                Who are the {team} playing in their next {games} games?
                When do the {team} and the {2:team} play next?
            """,
        ),
        function(
            "book_court",
            "Books a court at a sports club.",
            P(
                "sport",
                "str",
                "One of 'tennis', 'squash', 'badminton' or 'padel'.",
                t.choice("tennis", "squash", "badminton", "padel"),
            ),
            P("time", "str", "When, as said by the user.", t.MOMENT),
            P(
                "indoor",
                "bool, optional",
                "Whether it must be indoors.",
                t.switch(["indoors", "inside"], ["outdoors", "in the open air"]),
                False,
            ),
            say="""
                Book a {sport} court {time}.
                Reserve a {sport} court {indoor} {time}.
                We want to play {sport} {time}. Get us a court {indoor}.
                {sport} court, {time}, {indoor}
                Can I have a {sport} court {time}?
                I need a court for {sport} {time}.
            """,
        ),
        function(
            "roll_dice",
            "Rolls dice.",
            P("count", "int", "How many dice.", n.count(2, 9)),
            P("sides", "int, optional", "The number of sides of each.", n.whole(8, 20, 2), default="6"),
            say="""
                Roll {count} dice.
                Roll {count} dice with {sides} sides.
                Throw {count} dice for me.
                {count} dice, {sides} sides each
                I need a roll of {count} dice.
                Can you roll {count} {sides} sided dice?
                Roll {count} dice and then {2:count} dice.
            """,
        ),
        function(
            "random_pick",
            "Picks one of several options at random.",
            P("options", "List[str]", "The options.", t.several(pools.DISHES + pools.SPORTS, (3, 4))),
            say="""
                Pick one for me: {options}
                Choose between {options}.
                I can't decide. What will it be: {options}?
                Random pick from {options}
                Pick one of {options} at random.
                Let chance decide among {options}.
            """,
        ),
        function(
            "head_to_head",
            "Compares the past games of two teams.",
            P("first_team", "str", "The first team.", t.TEAM),
            P("second_team", "str", "The second team.", t.TEAM),
            held_out=True,
            say="""
                How often have the {first_team} beaten the {second_team}?
                Head to head: {first_team} against {second_team}
                Compare the games between the {first_team} and the {second_team}.
                Who wins more often, the {first_team} or the {second_team}?
                Show the record of the {first_team} against the {second_team}.
                I want to bet on the {first_team} against the {second_team}. How did they do in the past?
            """,
        ),
        function(
            "stadium_info",
            "Gets facts about a team's stadium.",
            P("team", "str", "The team.", t.TEAM),
            held_out=True,
            say="""
                Where do the {team} play their home games?
                Tell me about the stadium of the {team}.
                Stadium {team}
                How big is the {team} stadium?
                I'm visiting the home of the {team}. What's the stadium like?
                Look up the stadium of the {team}.
                Tell me about the stadiums of the {team} and the {2:team}.
            """,
        ),
        function(
            "flip_coin",
            "Flips a coin.",
            P("times", "int", "How many times.", n.count(2, 30)),
            held_out=True,
            say="""
                Flip a coin {times} times.
                Heads or tails, {times} times
                Toss a coin {times} times for me.
                Can you flip a coin {times} times?
                I need {times} coin flips.
                Throw a coin {times} times.
            """,
        ),
    ),
)
