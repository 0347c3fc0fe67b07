"""Messages that none of the team's tools can serve: small talk, and requests for tools that the team does not have.

They are written as functions because their blanks are filled in the same way; they are never on offer.
"""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data.assistant import values as v
from sample_data.spec import Function, function
from sample_data.spec import Parameter as P


def _unserved(name: str, say: str) -> Function:
    blanks = {
        "person": v.PERSON,
        "room": v.ROOM,
        "city": v.CITY,
        "project": v.PROJECT,
        "title": v.MEETING,
        "day": v.DAY,
        "subject": v.SUBJECT,
    }
    return function(name, "", *(P(blank, "str", "", sampler) for blank, sampler in blanks.items()), say=say)


SMALL_TALK = _unserved(
    "small_talk",
    """
    How was your weekend? Mine went by far too fast, {person} had us all moving furniture.
    any idea what I could give {person} as a farewell present?
    Honestly, the {title} was the most boring hour of my life.
    Why are {person} and {2:person} in such a bad mood before every {title}?
    Do you think {project} is a good name for a project?
    {city} or {2:city}, which one is nicer in spring?
    you did a great job with {project}, thank you
    Who would win a table tennis match, {person} or {2:person}?
    How do I tell {person} nicely that the idea for {project} is bad?
    what's a good icebreaker for the {title}?
    I need a laugh before the {title}. Tell me something funny about {project}.
    Why does everybody love the room {room} so much?
    give me a fun fact about {city}
    Is it rude to eat during the {title}?
    {person} says hello from {city}!
    Finally {day}. Which song fits my mood after the {title}?
    make up a slogan for {project}
    What is it like to be an assistant on {project}?
    """,
)

# By domain, so that the tools on offer are about the same subject: a calendar that cannot do what is asked.
MISSING: dict[str, Function] = {
    "meetings": _unserved(
        "missing_from_meetings",
        """
        Record the {title} {day} and write the minutes.
        decline all invitations from {person} for {day}
        Who accepted the invitation to the {title}?
        Start a poll on when to hold the {title}, {person} and {2:person} can vote.
        Set up a dial-in number for the {title} {day}.
        translate the agenda of the {title} for {person}
        """,
    ),
    "rooms": _unserved(
        "missing_from_rooms",
        """
        Order sandwiches for the {title} in {room} {day}.
        The heating in {room} is broken, send somebody from facilities.
        what's the wifi password in {room}?
        Switch the projector in {room} on, we start the {title}.
        open the blinds in {room} pls, {person} can't see the screen
        I left my jacket in {room} after the {title}, who has it now?
        """,
    ),
    "mail": _unserved(
        "missing_from_mail",
        """
        Delete all mails about "{subject}" from my inbox.
        forward {person}'s last message to {2:person}
        Block mails from {person} until {day}.
        print the attachment {person} sent about "{subject}"
        Create a distribution list for {project} with {person} and {2:person}.
        My mailbox is full, archive everything on "{subject}".
        """,
    ),
    "travel": _unserved(
        "missing_from_travel",
        """
        Book me a flight to {city} {day}.
        I need a rental car in {city} from {day}.
        how's the weather in {city} {day}?
        Do I need a visa for {city} if {person} comes along?
        order a taxi to the station for {person} {day}
        Recommend a restaurant in {city} for the {title}.
        """,
    ),
    "money": _unserved(
        "missing_from_money",
        """
        Approve the expenses {person} handed in for {project}.
        how many vacation days does {person} have left?
        Send the supplier of {project} a payment reminder.
        Raise the hourly rate of {person} on {project}.
        write an invoice to the customer of {project} about "{subject}"
        When is my salary paid, {day} or later?
        """,
    ),
}
