"""Things in the house that do as they are told."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

ROOM = t.any_of(pools.ROOMS)

SMART_HOME = Domain(
    "smart_home",
    (
        function(
            "set_thermostat",
            "Sets the temperature of a room.",
            P("room", "str", "The room.", ROOM),
            P("temperature", "float", "The temperature in degrees.", n.decimal(16, 25)),
            say="""
                Set the {room} to {temperature} degrees.
                Make it {temperature} degrees in the {room}.
                Heat the {room} to {temperature} degrees.
                Thermostat {room} {temperature}
                I'd like the {room} at {temperature} degrees.
                Change the thermostat in the {room} to {temperature}.
                Set the {room} to {temperature} degrees and the {2:room} to {2:temperature}.
            """,
        ),
        function(
            "switch_light",
            "Switches the light in a room on or off.",
            P("room", "str", "The room.", ROOM),
            P("on", "bool", "True to switch it on, false to switch it off.", t.switch(["on"], ["off"])),
            not_with=("set_brightness", "set_light_color"),
            say="""
                Turn {on} the light in the {room}.
                Switch the {room} light {on}.
                {room} light {on}
                I want the lights {on} in the {room}.
                Lights {on} in the {room}, please
                Turn the lamp in the {room} {on}.
                Turn the light {on} in the {room} and {2:on} in the {2:room}.
            """,
        ),
        function(
            "set_brightness",
            "Dims or brightens the light in a room.",
            P("room", "str", "The room.", ROOM),
            P("level", "int", "The brightness in percent (e.g., 40 for 40%).", n.percent(5, 95, 5)),
            not_with=("switch_light", "set_light_color"),
            say="""
                Dim the {room} lights to {level}.
                Set the brightness in the {room} to {level}.
                {room} lights at {level}
                Make the light in the {room} {level} bright.
                I want the {room} lamp at {level} brightness.
                Brightness {level} in the {room}, please
                Dim the lights to {level} in the {room} and to {2:level} in the {2:room}.
            """,
        ),
        function(
            "lock_door",
            "Locks or unlocks a door.",
            P(
                "door",
                "str",
                "Which door.",
                t.any_of(["front", "back", "garage", "balcony", "cellar", "garden", "side", "patio"]),
            ),
            P("lock", "bool", "True to lock, false to unlock.", t.switch(["lock"], ["unlock"])),
            say="""
                Please {lock} the {door} door.
                {lock} the {door} door
                I want you to {lock} the {door} door.
                Someone should {lock} the {door} door now.
                The {door} door: {lock} it.
                It's time to {lock} the {door} door.
            """,
        ),
        function(
            "start_vacuum",
            "Starts the robot vacuum in a room.",
            P("room", "str", "The room to clean.", ROOM),
            P(
                "quiet",
                "bool, optional",
                "Whether to use the quiet mode.",
                t.switch(["in quiet mode", "quietly"], ["at full power", "on the loud setting"]),
                False,
            ),
            say="""
                Vacuum the {room}.
                Send the vacuum robot to the {room}.
                Vacuum the {room} {quiet}.
                The {room} is dusty. Start the robot there.
                Clean the {room} floor with the robot, {quiet}.
                robot vacuum, {room}, {quiet}
                Vacuum the {room} and the {2:room}.
            """,
        ),
        function(
            "check_camera",
            "Shows the picture of a camera.",
            P("location", "str", "Where the camera is.", ROOM),
            say="""
                Show me the camera in the {location}.
                What can the {location} camera see?
                Camera {location}
                Let me look at the {location} through the camera.
                Is anyone in the {location}? Check the camera.
                Open the video feed of the {location}.
                Show me the cameras in the {location} and the {2:location}.
            """,
        ),
        function(
            "run_appliance",
            "Starts an appliance after a delay.",
            P(
                "appliance",
                "str",
                "One of 'dishwasher', 'dryer', 'oven' or 'washer'.",
                t.choice("dishwasher", "dryer", "oven", "washer"),
            ),
            P("delay_minutes", "int", "The delay in minutes.", n.minutes(10, 120, 10)),
            say="""
                Start the {appliance} in {delay_minutes}.
                Run the {appliance} in {delay_minutes} from now.
                The {appliance} should start {delay_minutes} from now.
                Wait {delay_minutes}, then start the {appliance}.
                {appliance} in {delay_minutes}
                I want the {appliance} running in {delay_minutes}.
            """,
        ),
        function(
            "energy_usage",
            "Reports the energy used in the last days.",
            P("days", "int", "How many days to look back.", n.days(2, 20)),
            say="""
                How much power did we use in the last {days}?
                Show the energy consumption for the past {days}.
                Energy usage, last {days}
                What has the house consumed over {days}?
                I want an energy report covering the last {days}.
                Report our electricity use of the past {days}.
            """,
        ),
        function(
            "heat_water",
            "Keeps the water boiler on for some hours.",
            P("hours", "float", "For how long, in hours.", n.hours(2, 8)),
            say="""
                Keep the water hot for {hours}.
                Turn the boiler on for {hours}.
                Hot water for {hours}
                We need hot water for {hours}. Start the boiler.
                Run the water boiler for {hours}.
                Can I have hot water for {hours}?
            """,
        ),
        function(
            "set_light_color",
            "Sets the color of the light in a room.",
            P("room", "str", "The room.", ROOM),
            P(
                "color",
                "str",
                "One of 'red', 'green', 'blue', 'white' or 'purple'.",
                t.choice("red", "green", "blue", "white", "purple"),
            ),
            held_out=True,
            say="""
                Make the {room} light {color}.
                Turn the light in the {room} {color}.
                Set the {room} lamp to {color}.
                {color} light in the {room}
                I want {color} light in the {room}.
                Change the color of the {room} light to {color}.
                Make the light {color} in the {room} and {2:color} in the {2:room}.
            """,
        ),
        function(
            "move_blinds",
            "Opens the blinds of a room part of the way.",
            P("room", "str", "The room.", ROOM),
            P("opening", "int", "How far to open, in percent (e.g., 50 for 50%).", n.percent(10, 90, 10)),
            held_out=True,
            say="""
                Open the blinds in the {room} to {opening}.
                Set the {room} blinds to {opening} open.
                Blinds {room} {opening}
                I'd like the blinds in the {room} {opening} open.
                Move the {room} blinds to {opening}.
                Raise the blinds to {opening} in the {room}.
                Open the blinds to {opening} in the {room} and {2:opening} in the {2:room}.
            """,
        ),
        function(
            "set_house_alarm",
            "Sets the mode of the burglar alarm.",
            P("mode", "str", "One of 'home', 'away' or 'night'.", t.choice("home", "away", "night")),
            held_out=True,
            say="""
                Set the burglar alarm to {mode} mode.
                Put the house alarm in {mode} mode.
                Alarm system: {mode} mode
                I want the security alarm on {mode}.
                Switch the house alarm to {mode}.
                Activate {mode} mode on the alarm system.
            """,
        ),
    ),
)
