"""Meeting rooms: which are free, take one, give one back."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data.assistant import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

ROOMS = Domain(
    "rooms",
    (
        function(
            "free_rooms",
            "Lists free meeting rooms.",
            P("day", "str", v.IN_FULL, v.DAY),
            P("time", "str", "As HH:MM.", v.TIME),
            P("seats", "int, optional", "Number of people.", v.SEATS),
            P("equipment", "Literal['screen', 'whiteboard', 'camera'], optional", "What it must have.", v.EQUIPMENT),
            say="""
                Which rooms are free {day} at {time}?
                any room for {seats} people {day} {time}
                Is there a room with {equipment} {day} at {time}?
                room for {seats} with {equipment}, {day} {time} - what is there?
                I need somewhere to sit with {seats} people {day} at {time}. What's open?
                what's still available {day} {time}
                Where could {seats} of us meet {day} at {time}?
                free rooms {day} {time}, {seats} seats, {equipment}
                We are {seats} {day} at {time} and want {equipment}. Which rooms have space?
                Can I see the rooms nobody has taken {day} at {time}?
                Looking for any empty room {day} {time}, must have {equipment}
                List what's unoccupied {day} at {time} for a group of {seats}.
                {day} {time}: which meeting rooms aren't taken?
                Somewhere with {equipment} for {seats} people, {day} at {time}, any options?
                do we have space for {seats} {day} at {time}
                Show me rooms that can hold {seats} and are open {day} at {time}.
                My group of {seats} has no place to meet {day} {time}. Options?
                who knows a free room {day} at {time} with {equipment}
                Which rooms are free {day} at {time} and which {2:day} at {2:time}?
                free rooms {day} {time} and also {2:day} {2:time}?
                We meet twice, {day} at {time} and {2:day} at {2:time}. What rooms are open?
            """,
        ),
        function(
            "reserve_room",
            "Reserves a particular room.",
            P("room", "str", "Name of the room.", v.ROOM),
            P("day", "str", v.IN_FULL, v.DAY),
            P("start", "str", "As HH:MM.", v.MORNING),
            P("end", "str", "As HH:MM.", v.AFTERNOON),
            say="""
                Reserve {room} {day} from {start} to {end}.
                {room} {day} {start}-{end} please
                I'd like to have {room} {day} between {start} and {end}.
                Can I get {room} {day}, {start} until {end}?
                grab {room} for us {day} {start} to {end}
                We'll be in {room} {day}, so block it from {start} till {end}.
                {day} we take {room}, {start} - {end}
                Put my name on {room} for {day}, {start} to {end}.
                Please hold {room} {day} from {start} until {end}.
                {room} is ours {day} from {start} to {end}, ok? reserve it
                could you secure {room} {day} {start}-{end}
                Make sure nobody else takes {room} {day} from {start} till {end}.
                The board wants {room} {day}, starting {start}, done by {end}. Reserve it.
                I need {room} {day} {start} to {end}
                Keep {room} free for my team {day}, {start} to {end}.
                mark {room} as taken {day} from {start} until {end}
                Would you book us into {room} {day} at {start}, out by {end}?
                {start} to {end} {day} in {room}, that's what I need. Reserve it please.
                Reserve {room} and {2:room} {day} from {start} to {end}.
                need both {room} and {2:room} {day} {start}-{end}
                {day} we take two rooms from {start} to {end}: {room} and {2:room}.
            """,
        ),
        function(
            "release_room",
            "Gives back a reserved room.",
            P("room", "str", "Name of the room.", v.ROOM),
            P("day", "str", v.IN_FULL, v.DAY),
            say="""
                Give {room} back for {day}.
                we don't need {room} {day} anymore
                Release {room} {day}.
                {room} {day} can go to somebody else.
                Drop my reservation of {room} {day}.
                The session in {room} {day} fell through, so free it up.
                {room} is not needed {day}, please let it go
                Cancel {room} {day}.
                Others may have {room} {day}, we're meeting online instead.
                I had {room} {day} but won't use it. Can you undo that?
                open up {room} again for {day}
                Take us out of {room} {day}, the client isn't coming.
                Please clear our hold on {room} for {day}.
                no more use for {room} {day}, hand it back
                My slot in {room} {day} isn't required, remove it.
                Could you un-reserve {room} {day}?
                {room}, {day}: reservation no longer needed
                We moved to the cafeteria, so someone else can use {room} {day}. Let them have it.
                Release {room} and {2:room} {day}.
                we need neither {room} nor {2:room} {day}, free them
                Neither {room} {day} nor {2:room} {2:day} is needed, drop both.
            """,
        ),
    ),
)
