"""Messages: e-mail, text messages, group chats."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

MESSAGE = t.any_of(pools.MESSAGES)
CHANNEL = t.made(lambda rng: "#" + rng.choice(pools.NOUNS) + rng.choice(["", "-team", "-news", "-help"]))

MESSAGING = Domain(
    "messaging",
    (
        function(
            "send_email",
            "Sends an e-mail.",
            P("to", "str", "The e-mail address of the recipient.", t.EMAIL),
            P("subject", "str", "The subject line.", t.TITLE),
            P("body", "str", "The text of the e-mail.", MESSAGE),
            say="""
                Email {to} with the subject "{subject}" and the text "{body}".
                Send an e-mail to {to}. Subject: "{subject}". Text: "{body}".
                Write to {to}, subject "{subject}", saying "{body}".
                I need to email {to} about "{subject}". Just write "{body}".
                Mail to {to}, subject "{subject}", body "{body}"
                Send "{body}" by e-mail to {to} with "{subject}" as the subject.
            """,
        ),
        function(
            "send_sms",
            "Sends a text message to a phone number.",
            P("phone_number", "str", "The phone number.", t.PHONE),
            P("message", "str", "The text of the message.", MESSAGE),
            not_with=("schedule_message",),
            say="""
                Text {phone_number}: "{message}"
                Send an SMS to {phone_number} saying "{message}".
                Send the text message "{message}" to {phone_number}.
                SMS {phone_number} "{message}"
                I want to text "{message}" to the number {phone_number}.
                Write "{message}" in a text to {phone_number}.
                Text "{message}" to {phone_number} and "{2:message}" to {2:phone_number}.
            """,
        ),
        function(
            "post_message",
            "Posts a message in a channel.",
            P("channel", "str", "The channel, with its #.", CHANNEL),
            P("text", "str", "The text to post.", MESSAGE),
            P(
                "pin",
                "bool, optional",
                "Whether to pin the message.",
                t.switch(["and pin it", "and keep it pinned"], ["without pinning it", "but don't pin it"]),
                False,
            ),
            say="""
                Post "{text}" in {channel}.
                Tell {channel}: "{text}"
                Post "{text}" in {channel} {pin}.
                Put "{text}" into the channel {channel} {pin}.
                I'd like {channel} to know this: "{text}"
                {channel}: post "{text}"
                Post "{text}" in {channel} and in {2:channel}.
            """,
        ),
        function(
            "search_emails",
            "Searches the mailbox.",
            P("sender", "str", "The name of the sender.", t.FIRST_NAME),
            P(
                "unread_only",
                "bool, optional",
                "Whether to return unread mail only.",
                t.switch(["unread", "unopened"], ["all", "both read and unread"]),
                "False",
            ),
            say="""
                Find e-mails from {sender}.
                Show me {unread_only} e-mails from {sender}.
                Did {sender} send me any mail?
                Search my mailbox for {unread_only} messages by {sender}.
                {unread_only} mail from {sender}
                I'm looking for the e-mail that {sender} sent me.
                Find e-mails from {sender} and from {2:sender}.
            """,
        ),
        function(
            "block_number",
            "Blocks calls from a phone number.",
            P("phone_number", "str", "The phone number.", t.PHONE),
            say="""
                Block {phone_number}.
                Stop {phone_number} from calling me.
                I get spam calls from {phone_number}. Block that number.
                Block calls from {phone_number}.
                Don't let {phone_number} call me anymore.
                {phone_number} keeps bothering me, put it on the block list.
                Block {phone_number} and {2:phone_number}.
            """,
        ),
        function(
            "start_video_call",
            "Starts a video call with several people.",
            P("participants", "List[str]", "The names of the participants.", t.PEOPLE),
            P(
                "record",
                "bool, optional",
                "Whether to record the call.",
                t.switch(["and record it", "with recording on"], ["without recording it", "with recording off"]),
                False,
            ),
            say="""
                Start a video call with {participants}.
                Video call {participants} {record}.
                I want to see {participants} on video now.
                Call {participants} with video {record}.
                Get {participants} into a video meeting.
                Set up a video call for {participants} {record}.
            """,
        ),
        function(
            "forward_email",
            "Forwards an e-mail to someone else.",
            P("email_id", "str", "The id of the e-mail.", t.code("MSG", "MAIL")),
            P("to", "str", "The address to forward it to.", t.EMAIL),
            say="""
                Forward {email_id} to {to}.
                Pass the e-mail {email_id} on to {to}.
                {to} should see {email_id}. Forward it.
                Forward message {email_id} to {to}.
                Send e-mail {email_id} along to {to}.
                fwd {email_id} {to}
                Forward {email_id} to {to} and to {2:to}.
            """,
        ),
        function(
            "schedule_message",
            "Sends a chat message to a contact at a later time.",
            P("contact", "str", "The name of the contact.", t.FIRST_NAME),
            P("message", "str", "The text of the message.", MESSAGE),
            P("time", "str", "When to send it, as said by the user.", t.MOMENT),
            held_out=True,
            say="""
                Send {contact} "{message}" {time}.
                Schedule the message "{message}" to {contact} for {time}.
                Message {contact} {time}: "{message}"
                I want {contact} to get "{message}" {time}.
                Please hold "{message}" back and send it to {contact} {time}.
                For {time}: tell {contact} "{message}"
            """,
        ),
        function(
            "create_group_chat",
            "Creates a group chat.",
            P("name", "str", "The name of the group.", t.TITLE),
            P("members", "List[str]", "The names of the members.", t.PEOPLE),
            held_out=True,
            say="""
                Create a group chat called "{name}" with {members}.
                Make a group named "{name}" for {members}.
                Put {members} into a new group chat, "{name}".
                New group "{name}": {members}
                I need a chat group with {members}. Call it "{name}".
                Start the group "{name}" and add {members}.
            """,
        ),
        function(
            "mute_conversation",
            "Mutes a conversation for some hours.",
            P("contact", "str", "The name of the contact.", t.FIRST_NAME),
            P("hours", "float", "For how long, in hours.", n.hours(2, 12)),
            held_out=True,
            say="""
                Mute {contact} for {hours}.
                Mute the conversation with {contact} for {hours}.
                I don't want to hear from {contact} for {hours}.
                Silence my chat with {contact} for {hours}.
                For {hours}, mute messages from {contact}.
                mute {contact}, {hours}
                Mute {contact} for {hours} and {2:contact} for {2:hours}.
            """,
        ),
    ),
)
