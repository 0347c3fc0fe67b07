"""Mail: write one, find one, be away."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data.assistant import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

MAIL = Domain(
    "mail",
    (
        function(
            "write_mail",
            "Sends a mail to a colleague.",
            P("recipient", "str", "First name.", v.PERSON),
            P("text", "str", "What it says.", v.TEXT),
            P("subject", "str, optional", "Subject line.", v.SUBJECT, ""),
            P("urgent", "bool, optional", "Marked as urgent.", v.URGENT, False),
            say="""
                Let {recipient} know: "{text}".
                mail {recipient} "{text}"
                Drop {recipient} a line about "{subject}": "{text}"
                Please write to {recipient} that "{text}", {urgent}.
                to {recipient}, subject "{subject}": "{text}"
                Can you pass this on to {recipient} by mail: "{text}"?
                {recipient} has to know "{text}". Send it by mail as {urgent}.
                mail for {recipient}: "{text}" ({urgent})
                I promised {recipient} a mail on "{subject}". Say "{text}".
                Compose something to {recipient}, just "{text}", titled "{subject}".
                would you tell {recipient} by mail "{text}"
                Quick mail to {recipient}, {urgent}: "{text}".
                Shoot {recipient} a message with subject "{subject}" saying "{text}"
                {recipient} is waiting for my mail. Send "{text}".
                "{text}" - please get that to {recipient} by mail, {urgent}
                Answer {recipient} with "{text}" under the heading "{subject}".
                Inform {recipient} by mail: "{text}"
                Nobody has told {recipient} yet: "{text}". Mail it.
                Mail {recipient} "{text}" and {2:recipient} "{2:text}".
                two mails: {recipient} gets "{text}", {2:recipient} gets "{2:text}"
                Let both {recipient} and {2:recipient} know by separate mails: "{text}"
            """,
        ),
        function(
            "find_mail",
            "Searches the user's mail.",
            P("sender", "str", "First name.", v.PERSON),
            P("keyword", "str, optional", "Words in the mail.", v.SUBJECT, ""),
            P("since", "str, optional", v.DATE_FORM, v.PAST_DATE),
            say="""
                Where is the mail {sender} sent me about "{keyword}"?
                mails from {sender} since {since}
                Dig out what {sender} wrote about "{keyword}".
                Did {sender} send me something on "{keyword}" since {since}?
                anything from {sender} in my inbox?
                I can't find {sender}'s message about "{keyword}".
                Show everything {sender} has mailed me since {since}.
                look for "{keyword}" in mails by {sender}
                Search my inbox for {sender}, starting {since}.
                {sender} says there was a mail. Can you locate it?
                pls find {sender}'s mail, "{keyword}", not older than {since}
                Has {sender} replied regarding "{keyword}"?
                Which mails did I get from {sender} from {since} onwards?
                need that note from {sender} again, it mentioned "{keyword}"
                Bring up mail by {sender}.
                {sender} wrote to me some time since {since}, topic "{keyword}". Where is it?
                go through my mail for messages {sender} sent
                What has {sender} been writing to me about "{keyword}"?
                mails from {sender} and also those from {2:sender}, since {since}
                Find what {sender} and {2:sender} sent me about "{keyword}".
                Both {sender} and {2:sender} mailed me something. Locate their messages.
            """,
        ),
        function(
            "out_of_office",
            "Sets an automatic reply for an absence.",
            P("first_day", "str", v.DATE_FORM, v.START_DATE),
            P("last_day", "str", v.DATE_FORM, v.END_DATE),
            P("deputy", "str, optional", "First name.", v.PERSON),
            say="""
                I'm away from {first_day} to {last_day}, switch on my auto-reply.
                out of office {first_day} - {last_day}
                Set my absence note for {first_day} until {last_day}; {deputy} covers for me.
                holiday {first_day} to {last_day}, {deputy} is my deputy, set the auto reply
                Turn on the automatic answer between {first_day} and {last_day}.
                On leave {first_day} through {last_day}. People should contact {deputy}; set the reply.
                While I'm gone ({first_day} to {last_day}), tell people who write that {deputy} takes over.
                auto-reply please: {first_day} till {last_day}, refer to {deputy}
                My vacation starts {first_day} and the last day is {last_day}. Could you set up the mail reply?
                {deputy} stands in for me from {first_day} to {last_day}, put that in my absence message.
                ooo from {first_day} to {last_day}, ask {deputy}
                Anyone who mails me between {first_day} and {last_day} should hear I'm away.
                Not reachable {first_day} to {last_day}, make mail answer by itself.
                Could my mailbox say I'm off from {first_day} until {last_day} and point to {deputy}?
                parental leave, {first_day} up to {last_day}, absence reply with {deputy} as contact
                Please have an out-of-office running from {first_day} up to and including {last_day}.
                absent {first_day}..{last_day} - backup is {deputy} - set reply
                I won't read mail from {first_day} to {last_day}. Set a reply that names {deputy}.
            """,
        ),
    ),
)
