"""Time: events, reminders, alarms, to-do lists."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

EVENT = t.any_of(pools.EVENTS)
TASK = t.any_of(pools.TASKS)

CALENDAR = Domain(
    "calendar",
    (
        function(
            "create_event",
            "Creates an event in the calendar.",
            P("title", "str", "The title of the event.", EVENT),
            P("start", "str", "When it starts, as said by the user.", t.MOMENT),
            P("duration_minutes", "int, optional", "How long it lasts, in minutes.", n.minutes(15, 120, 15), 60),
            say="""
                Put {title} in my calendar for {start}.
                Create an event called {title} {start}, lasting {duration_minutes}.
                Add {title} to my calendar {start} for {duration_minutes}.
                I have {title} {start}. Please put it in the calendar.
                New event: {title}, {start}, {duration_minutes}
                Schedule {title} {start}. It takes {duration_minutes}.
                Put {title} in my calendar for {start} and {2:title} for {2:start}.
            """,
        ),
        function(
            "set_reminder",
            "Sets a reminder for a task.",
            P("task", "str", "What to be reminded of.", TASK),
            P("time", "str", "When to be reminded, as said by the user.", t.MOMENT),
            not_with=("add_task",),
            say="""
                Remind me to {task} {time}.
                Set a reminder for {time} to {task}.
                I must not forget to {task}. Remind me {time}.
                {time}: remind me to {task}
                Can you remind me {time} that I have to {task}?
                I need a reminder to {task} {time}.
                Remind me to {task} {time} and to {2:task} {2:time}.
            """,
        ),
        function(
            "set_alarm",
            "Sets an alarm clock.",
            P("time", "str", "The time of day, as said by the user.", t.CLOCK),
            P("days", "List[str], optional", "The weekdays on which it repeats.", t.several(t.WEEKDAYS), default=[]),
            say="""
                Wake me up at {time}.
                Set an alarm for {time}.
                Alarm {time} on {days}
                I have to get up at {time} on {days}. Set the alarm.
                Make the alarm clock ring at {time}.
                Set a repeating alarm at {time} for {days}.
                Set an alarm for {time} and one for {2:time}.
            """,
        ),
        function(
            "start_timer",
            "Starts a countdown timer.",
            P("seconds", "int", "The length of the countdown in seconds.", n.seconds()),
            P(
                "label",
                "str, optional",
                "A name for the timer.",
                t.any_of(["eggs", "tea", "laundry", "pizza", "plank", "rice", "parking", "bread"]),
                "",
            ),
            say="""
                Start a timer for {seconds}.
                Set a {label} timer for {seconds}.
                Count down {seconds}.
                Timer: {seconds}
                I need a timer of {seconds} called {label}.
                Let me know when {seconds} have passed.
                Start a {label} timer for {seconds} and a {2:label} timer for {2:seconds}.
            """,
        ),
        function(
            "find_free_slot",
            "Finds a free slot in the calendar.",
            P("day", "str", "The day, as said by the user.", t.DAY),
            P("minutes", "int", "How long the slot must be, in minutes.", n.minutes(15, 120, 15)),
            say="""
                When am I free for {minutes} {day}?
                Find me {minutes} of free time {day}.
                Is there a gap of {minutes} in my calendar {day}?
                I need {minutes} without meetings {day}. When would that work?
                Free slot {day}, {minutes}
                Look for an open slot of {minutes} {day}.
            """,
        ),
        function(
            "list_events",
            "Lists the events of a day.",
            P("day", "str", "The day, as said by the user.", t.DAY),
            say="""
                What's on my calendar {day}?
                What do I have planned {day}?
                List my appointments for {day}.
                Agenda {day}
                Show me everything scheduled {day}.
                Do I have any meetings {day}?
                What's on my calendar {day} and {2:day}?
            """,
        ),
        function(
            "add_task",
            "Adds a task to the to-do list.",
            P("task", "str", "What has to be done.", TASK),
            P(
                "priority",
                "str, optional",
                "One of 'low', 'medium' or 'high'.",
                t.choice("low", "medium", "high"),
                "medium",
            ),
            not_with=("set_reminder",),
            say="""
                Add "{task}" to my to-do list.
                Put "{task}" on the list with {priority} priority.
                To-do: {task}
                New {priority} priority task: {task}
                I have to {task}. Add it to my tasks.
                Write "{task}" on my to-do list, priority {priority}.
                Add "{task}" and "{2:task}" to my to-do list.
            """,
        ),
        function(
            "days_between",
            "Counts the days between two dates.",
            P("start_date", "str", "The first date as YYYY-MM-DD.", t.EARLIER_DATE),
            P("end_date", "str", "The second date as YYYY-MM-DD.", t.LATER_DATE),
            say="""
                How many days are there between {start_date} and {end_date}?
                Count the days from {start_date} to {end_date}.
                Days from {start_date} until {end_date}
                If I start on {start_date} and stop on {end_date}, how many days is that?
                Tell me the number of days between {start_date} and {end_date}.
                What's the difference in days between {start_date} and {end_date}?
            """,
        ),
        function(
            "cancel_event",
            "Cancels an event in the calendar.",
            P("title", "str", "The title of the event.", EVENT),
            P("day", "str", "The day of the event, as said by the user.", t.DAY),
            P(
                "notify",
                "bool, optional",
                "Whether to tell the guests.",
                t.switch(
                    ["and let everyone know", "and tell the guests"],
                    ["without telling anyone", "but don't notify the guests"],
                ),
                True,
            ),
            held_out=True,
            say="""
                Cancel my {title} {day}.
                I can't make {title} {day}. Please cancel it.
                Take {title} {day} off my calendar {notify}.
                Cancel {title} {day} {notify}.
                Remove {title} from my calendar {day}.
                {title} {day} is off, so cancel it.
                Cancel {title} {day} and {2:title} {2:day}.
            """,
        ),
        function(
            "reschedule_event",
            "Moves an event to another time.",
            P("title", "str", "The title of the event.", EVENT),
            P("new_start", "str", "The new start, as said by the user.", t.MOMENT),
            held_out=True,
            say="""
                Move {title} to {new_start}.
                Reschedule {title} to {new_start}.
                Can we push {title} to {new_start}?
                {title} has to move to {new_start}
                I'd rather have {title} {new_start}. Please move it.
                Shift my {title} to {new_start}.
                Move {title} to {new_start} and {2:title} to {2:new_start}.
            """,
        ),
        function(
            "invite_guests",
            "Invites people to an event by e-mail.",
            P("title", "str", "The title of the event.", EVENT),
            P("guests", "List[str]", "The e-mail addresses of the guests.", t.EMAILS),
            held_out=True,
            say="""
                Invite {guests} to {title}.
                Send invitations for {title} to {guests}.
                I want {guests} to come to {title}. Invite them.
                Add {guests} as guests of {title}.
                Invitations for {title}: {guests}
                Ask {guests} to join {title}.
            """,
        ),
    ),
)
