"""Meetings: plan one, move one, look at a colleague's day."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data.assistant import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

MEETINGS = Domain(
    "meetings",
    (
        function(
            "plan_meeting",
            "Plans a new meeting.",
            P("title", "str", "What it is about.", v.MEETING),
            P("people", "List[str]", "First names of the guests.", v.SOME_PEOPLE),
            P("day", "str", v.IN_FULL, v.DAY),
            P("time", "str", "Start as HH:MM.", v.TIME),
            P("minutes", "int, optional", "Length in minutes.", v.MINUTES, 30),
            say="""
                Plan a {title} with {people} {day} at {time}.
                {title} with {people}, {day} {time}
                Get {people} together for the {title} {day} at {time}, {minutes}.
                We need a {title} {day} {time} - invite {people}
                need {minutes} with {people} {day} at {time} for the {title}
                Please invite {people} to a {title}. {day}, {time}, {minutes} should do.
                Can you get a {title} with {people} into our calendars for {day} at {time}?
                I have to talk to {people} about the {title}. Would {day} {time} work? Then send the invite.
                invite {people} / {title} / {day} {time} / {minutes}
                {day} at {time} I want to hold the {title}, {minutes}, with {people}.
                new {title}, {people}, {day}, starts {time}
                Set aside {minutes} {day} from {time} for the {title} and add {people}.
                could you arrange a {title} for {people} and me {day} {time}
                {people} should join me {day} at {time} for a {title}.
                Send {people} an invite: {title}, {day}, {time}.
                Let's do the {title} {day} at {time} with {people}. {minutes} please.
                put {title} on for {day} {time} w/ {people}
                {people} and I agreed on {day} {time} for the {title}, {minutes}. Can you send it out?
            """,
        ),
        function(
            "move_meeting",
            "Moves an existing meeting.",
            P("title", "str", "What it is about.", v.MEETING),
            P("new_day", "str", v.IN_FULL, v.DAY),
            P("new_time", "str, optional", "New start as HH:MM.", v.TIME, ""),
            say="""
                Push the {title} to {new_day}.
                {title} has to go to {new_day} {new_time}
                Can the {title} be {new_day} instead, same time?
                something came up, {title} to {new_day} at {new_time} please
                I can't make the {title}. Make it {new_day} at {new_time}.
                Postpone the {title} until {new_day}, the time stays.
                please shift {title}, new slot is {new_day} {new_time}
                The {title} clashes with my train, could we have it {new_day} at {new_time} instead?
                {title} -> {new_day} {new_time}
                Bump the {title} to {new_day}.
                Everyone asked for a later {title}: take {new_day}, {new_time}.
                We agreed to hold the {title} {new_day} instead. Update the invite.
                Put the {title} off till {new_day}, {new_time}.
                the {title} won't work as planned, next best is {new_day} {new_time}
                Would you change the {title} over to {new_day} at {new_time}?
                {title}: not then, rather {new_day}
                Bring the {title} forward to {new_day}, {new_time} sharp.
                Half the team is out, so {title} needs a new date: {new_day}
                {title} to {new_day} and {2:title} to {2:new_day}, rest unchanged
                Please move the {title} to {new_day} {new_time} and the {2:title} to {2:new_day} {2:new_time}.
                Two meetings have to shift: the {title} to {new_day}, the {2:title} to {2:new_day}.
            """,
        ),
        function(
            "show_schedule",
            "Shows a colleague's calendar for a day.",
            P("person", "str", "First name.", v.PERSON),
            P("day", "str", v.IN_FULL, v.DAY),
            say="""
                What does {person} have on {day}?
                {person}'s calendar {day}
                is {person} busy {day}?
                Pull up {person}'s schedule for {day}.
                when could I catch {person} {day}
                I want to see {person}'s meetings for {day}.
                Does {person} have anything planned {day}?
                how full is {person} {day}
                Check whether {person} is booked up {day}.
                Before I ask {person} for a favor: how does {day} look in their calendar?
                {person} {day} - free or not?
                Give me an overview of what {person} is doing {day}.
                What's {person} up to {day}?
                show {day} for {person}
                Let me look at the appointments {person} has {day}.
                I'm hoping to drop by {person}'s desk {day}. Are they in meetings?
                can you tell me {person}'s plan for {day}
                Any gaps in {person}'s calendar {day}?
                are {person} and {2:person} busy {day}?
                calendars of {person} and {2:person}, {day}
                What do {person} and {2:person} each have {day}?
            """,
        ),
    ),
)
