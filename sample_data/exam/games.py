"""Games at the table: chess, cards, tournaments."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

RATING = n.whole(900, 2_400, 10)
OPENING = t.any_of(
    ["Sicilian Defense", "French Defense", "Queen's Gambit", "King's Gambit", "Italian Game", "Caro-Kann Defense",
     "Slav Defense", "Dutch Defense", "Scotch Game", "Vienna Game", "English Opening", "Pirc Defense"]
)  # fmt: skip
GAME = t.any_of(
    ["backgammon", "checkers", "dominoes", "mahjong", "go", "canasta", "bridge", "cribbage", "rummy", "hearts", "whist"]
)
SYSTEM = t.any_of(["knockout", "round-robin", "double-elimination"])
LONG_WORD = t.any_of([word for word in pools.ADJECTIVES + pools.NOUNS if len(word) > 4])

GAMES = Domain(
    "games",
    (
        function(
            "chess_opening",
            "Shows the first moves of a chess opening.",
            P("opening", "str", "The name of the opening.", OPENING),
            not_with=("game_rules",),
            say="""
                What are the first moves of the {opening}?
                How does the {opening} go?
                {opening}, moves
                Show me how the {opening} is played.
                My opponent always plays the {opening}. What are its moves?
                Go through the opening moves of the {opening}.
                What are the moves of the {opening} and of the {2:opening}?
            """,
        ),
        function(
            "rating_change",
            "Calculates how a game changes a chess player's rating.",
            P("own_rating", "int", "The rating of the player.", RATING),
            P("opponent_rating", "int", "The rating of the opponent.", RATING),
            P("result", "str", "The result of the player: 'win', 'loss' or 'draw'.", t.any_of(["win", "loss", "draw"])),
            say="""
                My rating is {own_rating}. How does a {result} against a player with {opponent_rating} change it?
                What does a {result} against {opponent_rating} do to a chess rating of {own_rating}?
                Rating: own {own_rating}, opponent {opponent_rating}, {result}
                Calculate the change of my rating, {own_rating}, after a {result} against a {opponent_rating} player.
                I have a chess rating of {own_rating} and my opponent {opponent_rating}. What changes after a {result}?
                If I'm rated {own_rating}, what is my rating after a {result} against someone rated {opponent_rating}?
            """,
        ),
        function(
            "scrabble_points",
            "Adds up the letters of a word as in Scrabble.",
            P("word", "str", "The word.", LONG_WORD),
            P(
                "double",
                "bool, optional",
                "Whether the word is on a square that counts double.",
                t.switch(
                    ["on a double-word square", "with the word counting double"],
                    ["on plain squares", "without any bonus"],
                ),
                "False",
            ),
            say="""
                How many Scrabble points is "{word}" worth?
                What do I score in Scrabble for "{word}" {double}?
                Scrabble: "{word}", {double}
                Count the Scrabble points of "{word}".
                I laid the word "{word}" {double}. What's my Scrabble score?
                Tell me what "{word}" scores in Scrabble.
                How many Scrabble points do I get for "{word}" and for "{2:word}"?
            """,
        ),
        function(
            "deal_cards",
            "Shuffles a deck and deals it to players.",
            P("players", "int", "How many players.", n.count(2, 6)),
            P("cards_each", "int", "The cards that each player gets.", n.whole(3, 8)),
            say="""
                Deal {cards_each} cards each to {players} players.
                We are {players} players. Can you deal each of us {cards_each} cards?
                Deal: {players} players, {cards_each} cards each
                Shuffle and give {players} players {cards_each} cards each.
                There are {players} of us, and everybody needs {cards_each} cards from a shuffled deck.
                Hand out {cards_each} cards to each of {players} players.
            """,
        ),
        function(
            "tournament_rounds",
            "Counts the rounds that a tournament needs.",
            P("entrants", "int", "How many people or teams take part.", n.whole(12, 128, 4)),
            P("system", "str", "How opponents are paired.", SYSTEM),
            say="""
                How many rounds does a {system} tournament with {entrants} players have?
                We expect {entrants} players. How many rounds do we need in a {system} tournament?
                Rounds: {system} tournament, {entrants} players
                Work out the rounds of a {system} tournament for {entrants} teams.
                I'm organizing a {system} tournament with {entrants} entrants. How many rounds is that?
                Find the number of rounds for {entrants} teams in a {system} tournament.
                How many rounds does a {system} tournament have with {entrants} players and with {2:entrants}?
            """,
        ),
        function(
            "set_chess_clock",
            "Gives each side of a chess game its thinking time.",
            P("minutes", "int", "The time of each player in minutes.", n.minutes(5, 60, 5)),
            P("increment_seconds", "int", "The seconds added after each move.", n.whole(2, 28, 2)),
            say="""
                Set the chess clock to {minutes} with {increment_seconds} seconds per move.
                I want to play chess with {minutes} each and {increment_seconds} extra seconds a move. Set the clock.
                Chess clock: {minutes}, plus {increment_seconds} seconds
                Give each chess player {minutes} on the clock plus {increment_seconds} seconds a move.
                Can you set the chess clock to {minutes} and {increment_seconds} seconds a move?
                We are playing chess, {minutes} each, with an increment of {increment_seconds} seconds. Set the clock for us.
            """,
        ),
        function(
            "recommend_board_game",
            "Recommends a board game for a group.",
            P("players", "int", "How many players.", n.count(2, 9)),
            P("max_minutes", "int, optional", "The longest it may take, in minutes.", n.minutes(20, 120, 10)),
            say="""
                Which board game is good for {players} players?
                Recommend a board game for {players} people that takes no longer than {max_minutes}.
                Board game, {players} players, at most {max_minutes}
                We are {players} and have {max_minutes}. What board game should we play?
                Suggest a board game for a group of {players}.
                I'm looking for a board game that {players} people can play in {max_minutes}.
            """,
        ),
        function(
            "game_rules",
            "Looks up the rules of a game.",
            P("game", "str", "The name of the game.", GAME),
            say="""
                What are the rules of {game}?
                How do you play {game}?
                Rules of {game}
                Look up how {game} is played.
                We want to play {game}, but nobody knows the rules. Can you look them up?
                Show me the rules of the game {game}.
                What are the rules of {game} and of {2:game}?
            """,
        ),
    ),
)
