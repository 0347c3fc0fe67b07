"""Making music: theory and practice."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

# Without a bare A, which would read like the article.
NOTE = t.any_of(["C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "B flat", "B"])
CHORDS = t.several(["C", "Dm", "Em", "F", "G", "Am", "Bm", "D", "E7", "G7", "Cm", "Fm"], (3, 4))
INSTRUMENT = t.any_of(
    "piano violin cello flute clarinet trumpet saxophone trombone harp accordion oboe mandolin banjo".split()
)
STRINGED = t.any_of(["violin", "viola", "cello", "double bass", "mandolin", "banjo", "guitar", "lute"])

MUSIC = Domain(
    "music",
    (
        function(
            "scale_notes",
            "Lists the notes of a scale.",
            P("root", "str", "The note it starts on, such as C sharp.", NOTE),
            P("mode", "str", "Either 'major' or 'minor'.", t.choice("major", "minor")),
            say="""
                Which notes are in the {root} {mode} scale?
                What are the notes of {root} {mode}?
                Scale: {root} {mode}
                List the notes of the {root} {mode} scale.
                I'm practicing {root} {mode}. Which notes do I play?
                Spell out the {root} {mode} scale.
                What are the notes of {root} {mode} and of {2:root} {2:mode}?
            """,
        ),
        function(
            "transpose_chords",
            "Moves chords up by a number of semitones.",
            P("chords", "List[str]", "The chords.", CHORDS),
            P("semitones", "int", "By how many semitones.", n.count(2, 9)),
            say="""
                Transpose {chords} up by {semitones} semitones.
                What do the chords {chords} become {semitones} semitones higher?
                Chords {chords}, up {semitones} semitones
                I sing higher than that, so move the chords {chords} up {semitones} semitones.
                Can you shift {chords} up {semitones} semitones?
                My song goes {chords}. What are the chords if I play it {semitones} semitones higher?
            """,
        ),
        function(
            "note_pitch",
            "Gives the pitch of a note in hertz.",
            P("note", "str", "The note, such as C sharp.", NOTE),
            P("octave", "int", "The octave.", n.whole(1, 7)),
            say="""
                What's the pitch of {note} in octave {octave}?
                How many hertz is {note} in octave {octave}?
                Pitch in hertz: {note}, octave {octave}
                Tell me the pitch of the note {note} in octave {octave}.
                I want to tune to {note} in octave {octave}. How many hertz is that?
                Find the hertz of {note} in octave {octave}.
                What's the pitch of {note} in octave {octave} and of {2:note} in octave {2:octave}?
            """,
        ),
        function(
            "start_metronome",
            "Starts a metronome.",
            P("beats_per_minute", "int", "The tempo.", n.whole(50, 200, 2)),
            P("beats_per_bar", "int, optional", "The beats of a bar.", n.count(2, 9), "4"),
            say="""
                Start the metronome at {beats_per_minute} beats per minute.
                I need a click at {beats_per_minute} bpm with {beats_per_bar} beats to the bar.
                Metronome {beats_per_minute}
                Set off a metronome at {beats_per_minute}, {beats_per_bar} beats per bar.
                Can you give me a metronome at {beats_per_minute} bpm?
                Let's practice at {beats_per_minute} beats per minute, {beats_per_bar} beats in a bar. Start the metronome.
            """,
        ),
        function(
            "string_tuning",
            "Tells to which notes the strings of an instrument are tuned.",
            P("instrument", "str", "The instrument.", STRINGED),
            say="""
                How are the strings of a {instrument} tuned?
                What is the standard tuning of a {instrument}?
                Tuning of a {instrument}
                Tell me the notes of the open strings of a {instrument}.
                I've bought a {instrument}. To which notes do I tune the strings?
                Look up the tuning of the {instrument}.
                How do I tune the strings of a {instrument} and of a {2:instrument}?
            """,
        ),
        function(
            "practice_diary_entry",
            "Adds an entry to a musician's practice diary.",
            P("instrument", "str", "The instrument.", INSTRUMENT),
            P("minutes", "int", "How long, in minutes.", n.minutes(10, 120, 5)),
            P(
                "focus",
                "str, optional",
                "What was practiced.",
                t.any_of(["scales", "arpeggios", "etudes", "trills", "long tones", "broken chords"]),
                "",
            ),
            say="""
                I practiced the {instrument} for {minutes}. Put it in my practice diary.
                Write {minutes} of {instrument} in my practice diary, focus on {focus}.
                Practice diary: {instrument}, {minutes}, {focus}
                Add {minutes} of {instrument} practice to the diary.
                Today I played {focus} on the {instrument} for {minutes}. Enter that in the practice diary.
                My practice diary is still missing {minutes} of {instrument} from today. Can you add that?
                Enter {minutes} of {instrument} and {2:minutes} of {2:instrument} in my practice diary.
            """,
        ),
        function(
            "find_sheet_music",
            "Searches sheet music of a piece for an instrument.",
            P("piece", "str", "The title of the piece.", t.TITLE),
            P("instrument", "str", "The instrument.", INSTRUMENT),
            say="""
                Find the sheet music of "{piece}" for {instrument}.
                I want to play "{piece}" on the {instrument}. Is there sheet music?
                Sheet music: "{piece}", {instrument}
                Where can I get the score of "{piece}" for {instrument}?
                Search for a {instrument} score of "{piece}".
                Get me the notes for "{piece}" so that I can play it on the {instrument}.
                Find the sheet music of "{piece}" for {instrument} and for {2:instrument}.
            """,
        ),
        function(
            "book_music_lesson",
            "Books a lesson with a music teacher.",
            P("instrument", "str", "The instrument.", INSTRUMENT),
            P("teacher", "str", "The name of the teacher.", t.PERSON),
            P("time", "str", "When, as said by the user.", v.APPOINTMENT),
            say="""
                Book a {instrument} lesson with {teacher} {time}.
                Can {teacher} teach me the {instrument} {time}?
                {instrument} lesson: {teacher}, {time}
                I'd like a {instrument} lesson {time}. My teacher is {teacher}.
                Sign me up for a lesson on the {instrument} with {teacher} {time}.
                My next {instrument} lesson with {teacher} should be {time}. Book it.
            """,
        ),
    ),
)
