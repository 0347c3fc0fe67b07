"""Music, films, podcasts."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

ARTIST = t.made(lambda rng: f"The {rng.choice(pools.ADJECTIVES).capitalize()} {rng.choice(pools.NOUNS).capitalize()}s")
GENRE = t.choice("jazz", "rock", "pop", "folk", "techno", "blues", "soul", "reggae")
FILM_GENRE = t.choice("comedy", "drama", "horror", "thriller", "western", "animation")

MEDIA = Domain(
    "media",
    (
        function(
            "play_song",
            "Plays a song.",
            P("title", "str", "The title of the song.", t.TITLE),
            P("artist", "str, optional", "The artist.", t.PERSON, ""),
            P(
                "repeat",
                "bool, optional",
                "Whether to play it again and again.",
                t.switch(["on repeat", "in a loop"], ["just once", "without repeating it"]),
                False,
            ),
            say="""
                Play "{title}" by {artist}.
                Play "{title}".
                Play the song "{title}" {repeat}.
                I want to hear "{title}" by {artist}.
                Put on "{title}" {repeat}.
                "{title}" by {artist}, {repeat}
                Play "{title}" and then "{2:title}".
            """,
        ),
        function(
            "create_playlist",
            "Creates a playlist of a genre.",
            P("name", "str", "The name of the playlist.", t.TITLE),
            P("genre", "str", "The genre.", GENRE),
            P("songs", "int, optional", "How many songs.", n.whole(10, 90, 5), "20"),
            say="""
                Make a {genre} playlist called "{name}".
                Create the playlist "{name}" with {songs} {genre} songs.
                New {genre} playlist "{name}", {songs} tracks
                I'd like a playlist named "{name}" full of {genre}.
                Put {songs} {genre} songs in a playlist named "{name}".
                Build me a playlist of {genre} music, name it "{name}".
            """,
        ),
        function(
            "set_volume",
            "Sets the volume of a speaker.",
            P("level", "int", "The volume in percent (e.g., 30 for 30%).", n.percent(5, 100, 5)),
            P("speaker", "str, optional", "The room the speaker is in.", t.any_of(pools.ROOMS), ""),
            say="""
                Set the volume to {level}.
                Turn the speaker in the {speaker} to {level} volume.
                Volume {level}
                Make the music in the {speaker} {level} loud.
                I want the {speaker} speaker at {level}.
                Change the volume to {level} in the {speaker}.
                Set the volume to {level} in the {speaker} and to {2:level} in the {2:speaker}.
            """,
        ),
        function(
            "search_movies",
            "Searches movies by genre and year.",
            P("genre", "str", "The genre.", FILM_GENRE),
            P("year", "int", "The year of release.", t.YEAR),
            P("min_rating", "float, optional", "The lowest rating, from 0 to 10.", n.decimal(5, 9), 0),
            say="""
                Find a {genre} from {year}.
                Which {genre} movies came out in {year}?
                {genre} movies of {year} rated at least {min_rating}
                Show me {genre} films from {year} with a rating over {min_rating}.
                I feel like watching a {genre} made in {year}.
                Search for {genre} movies released in {year}.
                Find a {genre} from {year} and a {2:genre} from {2:year}.
            """,
        ),
        function(
            "movie_showtimes",
            "Lists when a movie is shown in a city.",
            P("movie", "str", "The title of the movie.", t.TITLE),
            P("city", "str", "The city.", t.CITY),
            P("day", "str", "The day, as said by the user.", t.DAY),
            say="""
                When is "{movie}" playing in {city} {day}?
                Showtimes for "{movie}" in {city}, {day}
                I want to see "{movie}" in {city} {day}. When is it on?
                Find out when "{movie}" is shown {day} in {city}.
                What time can I watch "{movie}" {day} in {city}?
                List the screenings of "{movie}" in {city} {day}.
            """,
        ),
        function(
            "concert_tickets",
            "Finds tickets for concerts of an artist.",
            P("artist", "str", "The artist or band.", ARTIST),
            P("tickets", "int", "How many tickets.", n.count(2, 8)),
            P("max_price", "float, optional", "The highest price of one ticket.", n.money(20, 300), ""),
            say="""
                I want {tickets} tickets to see {artist}.
                Find {tickets} concert tickets for {artist} under {max_price} each.
                {artist} tickets, {tickets} of them
                Can I get {tickets} tickets for {artist} for at most {max_price} each?
                Look for {tickets} tickets to a concert by {artist}.
                We are going to see {artist}. Find {tickets} tickets.
            """,
        ),
        function(
            "extend_subscription",
            "Extends a streaming subscription.",
            P(
                "service",
                "str",
                "The streaming service.",
                t.made(lambda rng: f"{rng.choice(pools.ADJECTIVES).capitalize()}Stream"),
            ),
            P("months", "int", "By how many months.", n.months(2, 18)),
            say="""
                Extend my {service} subscription by {months}.
                Renew my subscription of {service} for {months}.
                {service} subscription, {months} longer
                My {service} subscription runs out. Extend it by {months}.
                Prolong my subscription to {service} by {months}.
                Renew {service} for {months}.
            """,
        ),
        function(
            "find_lyrics",
            "Finds the lyrics of a song.",
            P("title", "str", "The title of the song.", t.TITLE),
            P("artist", "str", "The artist.", t.PERSON),
            held_out=True,
            say="""
                What are the lyrics of "{title}" by {artist}?
                Find the lyrics to "{title}" by {artist}.
                Lyrics "{title}" {artist}
                I want to sing "{title}" by {artist}. Show me the words.
                Get me the text of the song "{title}" by {artist}.
                Show lyrics: "{title}", {artist}
                Find the lyrics to "{title}" by {artist} and to "{2:title}" by {2:artist}.
            """,
        ),
        function(
            "add_to_watchlist",
            "Puts a movie on a watchlist.",
            P("movie", "str", "The title of the movie.", t.TITLE),
            held_out=True,
            say="""
                Put "{movie}" on my watchlist.
                Add "{movie}" to the movies I want to watch.
                Watchlist: "{movie}"
                I'd like to watch "{movie}" some day. Save it to my list.
                Remember the movie "{movie}" on my watchlist.
                Save "{movie}" to my watchlist.
                Put "{movie}" and "{2:movie}" on my watchlist.
            """,
        ),
        function(
            "search_podcasts",
            "Searches podcasts about a topic.",
            P("topic", "str", "The topic.", t.any_of(pools.TOPICS)),
            P("max_minutes", "int, optional", "The longest episode, in minutes.", n.minutes(15, 90, 5), 60),
            held_out=True,
            say="""
                Find a podcast about {topic}.
                Are there podcasts on {topic} with episodes under {max_minutes}?
                Podcasts: {topic}, at most {max_minutes}
                I want to listen to something about {topic}. Which podcasts are there?
                Search for podcasts on {topic}.
                Look for a podcast on {topic} that is no longer than {max_minutes}.
                Find a podcast about {topic} and one about {2:topic}.
            """,
        ),
    ),
)
