"""Money and hours: expenses, budgets, timesheets."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data.assistant import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

MONEY = Domain(
    "money",
    (
        function(
            "file_expense",
            "Files an expense.",
            P("amount", "float", "Euros.", v.EUROS),
            P("category", "Literal['meal', 'taxi', 'train', 'hotel']", "Kind of expense.", v.CATEGORY),
            P("project", "str", "Project that pays.", v.PROJECT),
            P("date", "str, optional", v.DATE_FORM, v.PAST_DATE),
            say="""
                I paid {amount} for {category}, put it on {project}.
                expense {amount} for {category}, {project}
                Please reimburse me {amount} for {category} on {date}, project {project}.
                {category}, {amount}, {date}, charge {project}
                Can I get back the {amount} I spent on {category} for {project}?
                File {amount} under {project}: it was {category} on {date}.
                {project} owes me {amount} for {category}
                There's a receipt of {amount} from {date} for {category}. It goes to {project}.
                claim {amount} for {category}, {project} pays
                Spent {amount} on {category} while working for {project}, receipt dated {date}. Hand it in please.
                I'm out {amount} for {category}, book that to {project}
                Add {category} to my expenses: {amount}, {project}.
                new expense, {project}, {category}, {amount}, receipt {date}
                My card was charged {amount} on {date} for {category}. {project} should cover it.
                could you submit {category} for {amount} to {project}
                Turn in {amount} for {category} on the {project} account.
                On {date} I covered {category} for {project}, {amount} in total. I want that back.
                reimbursement: {amount} / {category} / {project}
                Two receipts for {project}: {category}, {amount}, and {2:category}, {2:amount}.
                expenses {project}: {amount} for {category} plus {2:amount} for {2:category}
                I paid {amount} for {category} and {2:amount} for {2:category}, {project} pays both.
            """,
        ),
        function(
            "budget_left",
            "Shows what is left of a project's budget.",
            P("project", "str", "Name of the project.", v.PROJECT),
            P("quarter", "Literal['Q1', 'Q2', 'Q3', 'Q4'], optional", "Which quarter.", v.QUARTER),
            say="""
                How much money does {project} have left?
                {project} budget {quarter}
                What can we still spend on {project} in {quarter}?
                is there any budget left in {project}
                Are we over budget on {project} for {quarter}?
                {project}: what remains for {quarter}?
                Tell me the remaining funds of {project}.
                can {project} still afford anything in {quarter}
                What's the state of the {project} budget?
                How far does the money of {project} reach in {quarter}?
                remaining budget {project} pls
                Before I order anything for {project}: how much is left for {quarter}?
                I need the {quarter} balance of {project}.
                has {project} used up its money?
                Give me what's left in the {project} pot.
                how deep in the red is {project} in {quarter}
                Finance asks what {project} has not spent yet in {quarter}.
                Do we have funds on {project}?
                What's left for {project} and for {2:project} in {quarter}?
                budgets of {project} and {2:project}
                Compare what {project} and {2:project} can still spend in {quarter}.
            """,
        ),
        function(
            "log_hours",
            "Logs working hours.",
            P("project", "str", "Name of the project.", v.PROJECT),
            P("hours", "float", "Number of hours.", v.HOURS),
            P("day", "str", v.PAST_IN_FULL, v.WORKED_DAY),
            P("note", "str, optional", "What was done.", v.NOTE, ""),
            say="""
                Log {hours} on {project} for {day}.
                {project} {day} {hours} {note}
                I worked {hours} for {project} {day}, mostly {note}. Write that down.
                {hours} {project}, {day}
                Put {hours} of {note} on {project}, {day}.
                my timesheet is missing {hours} for {project} {day}
                Please enter {hours} for {day}: {project}, {note}.
                {day} went into {project}, {hours} of it. Can you log that?
                timesheet {day}: {project} {hours}, note "{note}"
                Book {hours} from {day} to {project}.
                add {hours} to {project} ({note}) for {day}
                Could you record that I spent {hours} on {project} {day}?
                For {day} note {hours} of {note} under {project}.
                Did {note} for {project} {day}, took {hours}, goes on my timesheet.
                hours: {hours}, day: {day}, project: {project}
                Track {hours} for me on {project} {day}.
                {day} I was on {project} doing {note} for {hours}, log it
                I forgot my hours: {project}, {day}, {hours}.
                Log {hours} on {project} and {2:hours} on {2:project} for {day}.
                {day}: {hours} {project}, {2:hours} {2:project}, timesheet please
                Split {day}: {project} gets {hours}, {2:project} gets {2:hours}.
            """,
        ),
    ),
)
