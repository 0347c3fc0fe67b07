"""Words and texts."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

TEXT_TOOLS = Domain(
    "text_tools",
    (
        function(
            "translate_text",
            "Translates a text.",
            P("text", "str", "The text.", t.any_of(pools.MESSAGES)),
            P("target_language", "str", "The language to translate into.", t.any_of(pools.LANGUAGES)),
            say="""
                How do you say "{text}" in {target_language}?
                Translate "{text}" into {target_language}.
                "{text}" in {target_language}
                I need "{text}" in {target_language}.
                What is "{text}" in {target_language}?
                Put this into {target_language}: "{text}"
                Translate "{text}" into {target_language} and {2:target_language}.
            """,
        ),
        function(
            "count_words",
            "Counts the words of a text.",
            P("text", "str", "The text.", t.any_of(pools.MESSAGES)),
            say="""
                How many words are in "{text}"?
                Count the words of "{text}".
                Word count: "{text}"
                Tell me how many words "{text}" has.
                I need the number of words in "{text}".
                What's the word count for "{text}"?
                How many words are in "{text}" and in "{2:text}"?
            """,
        ),
        function(
            "reverse_text",
            "Writes a text backwards.",
            P("text", "str", "The text.", t.PHRASE),
            say="""
                Reverse "{text}".
                What is "{text}" spelled backwards?
                "{text}" backwards
                Write "{text}" in reverse.
                Turn around the letters of "{text}".
                I'd like to see "{text}" from back to front.
                Reverse "{text}" and "{2:text}".
            """,
        ),
        function(
            "find_and_replace",
            "Replaces one word by another in a document.",
            P(
                "document",
                "str",
                "The name of the document.",
                t.made(lambda rng: f"{rng.choice(pools.NOUNS)}.{rng.choice(['txt', 'md', 'docx'])}"),
            ),
            P("find", "str", "The word to look for.", t.WORD),
            P("replace", "str", "The word to put in its place.", t.WORD),
            say="""
                Replace "{find}" with "{replace}" in {document}.
                In {document}, change every "{find}" to "{replace}".
                {document}: "{find}" becomes "{replace}"
                Go through {document} and put "{replace}" where it says "{find}".
                I want "{replace}" instead of "{find}" in {document}.
                Swap "{find}" for "{replace}" throughout {document}.
            """,
        ),
        function(
            "change_case",
            "Changes the case of a text.",
            P("text", "str", "The text.", t.PHRASE),
            P("case", "str", "One of 'upper', 'lower' or 'title'.", t.choice("upper", "lower", "title")),
            say="""
                Write "{text}" in {case} case.
                Convert "{text}" to {case} case.
                "{text}" in {case} case
                Make "{text}" {case} case.
                What does "{text}" look like in {case} case?
                I need {case} case for "{text}".
            """,
        ),
        function(
            "text_to_speech",
            "Reads a text aloud.",
            P("text", "str", "The text.", t.any_of(pools.MESSAGES)),
            P("speed", "float, optional", "The speed, 1 being normal.", n.decimal(0.5, 2.5), "1.0"),
            say="""
                Read "{text}" aloud.
                Say "{text}" at speed {speed}.
                Speak the words "{text}" for me.
                Text to speech: "{text}", speed {speed}
                I want to hear "{text}" spoken.
                Read out "{text}" at {speed} times the normal speed.
            """,
        ),
        function(
            "generate_password",
            "Generates a random password.",
            P("length", "int", "The number of characters.", n.whole(8, 40)),
            P(
                "symbols",
                "bool, optional",
                "Whether to use symbols.",
                t.switch(
                    ["with symbols", "including special characters"], ["without symbols", "with no special characters"]
                ),
                True,
            ),
            say="""
                Make me a password of {length} characters.
                Generate a {length} character password {symbols}.
                I need a new password, {length} characters long, {symbols}.
                Password, {length} characters, {symbols}
                Can I have a random password with {length} characters?
                Create a password that is {length} characters long {symbols}.
                Generate a {length} character password and a {2:length} character one.
            """,
        ),
        function(
            "detect_language",
            "Finds out in which language a text is written.",
            P("text", "str", "The text.", t.any_of(pools.MESSAGES)),
            held_out=True,
            say="""
                Which language is "{text}"?
                Detect the language of "{text}".
                Language of "{text}"
                I got a message: "{text}". What language is that?
                Find out in which language "{text}" is written.
                Is "{text}" English? Detect the language.
                Which language is "{text}", and which is "{2:text}"?
            """,
        ),
        function(
            "check_anagram",
            "Checks whether two words are anagrams.",
            P("first", "str", "The first word.", t.WORD),
            P("second", "str", "The second word.", t.WORD),
            held_out=True,
            say="""
                Are {first} and {second} anagrams?
                Is {first} an anagram of {second}?
                Check if {first} and {second} are anagrams of each other.
                Anagram? {first}, {second}
                I think {first} has the same letters as {second}. Check for an anagram.
                Tell me whether the words {first} and {second} are anagrams.
            """,
        ),
        function(
            "find_rhymes",
            "Finds words that rhyme.",
            P("word", "str", "The word to rhyme with.", t.WORD),
            P("limit", "int, optional", "How many rhymes at most.", n.count(3, 12), default="10"),
            held_out=True,
            say="""
                What rhymes with {word}?
                Find {limit} rhymes for {word}.
                Rhymes with {word}
                I'm writing a poem. Give me {limit} words that rhyme with {word}.
                List words rhyming with {word}.
                Show me {limit} rhymes for the word {word}.
                What rhymes with {word} and what with {2:word}?
            """,
        ),
    ),
)
