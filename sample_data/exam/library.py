"""A public library: loans, holds, branches."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

BRANCH = t.any_of(
    "Northgate Riverside Hillcrest Lakeside Eastfield Westbury Southport Millbrook Kingsway Ashford Fairview".split()
)

LIBRARY = Domain(
    "library",
    (
        function(
            "library.renew_loan",
            "Renews the loan of a library book.",
            P("book", "str", "The title.", t.TITLE),
            P("weeks", "int", "For how many more weeks.", n.count(2, 6)),
            say="""
                Renew my loan of "{book}" for {weeks} weeks.
                I haven't finished "{book}" yet. Can I keep it for {weeks} more weeks?
                Loan renewal: "{book}", {weeks} weeks
                I'd like to hold on to the library's copy of "{book}" for another {weeks} weeks.
                I need {weeks} weeks more for the library book "{book}". Can you renew it?
                Give me {weeks} more weeks with "{book}" from the library.
                Renew "{book}" for {weeks} weeks and "{2:book}" for {2:weeks} weeks.
            """,
        ),
        function(
            "library.place_hold",
            "Sets a library book aside for a reader to collect.",
            P("book", "str", "The title.", t.TITLE),
            P("branch", "str, optional", "The branch to collect it from.", BRANCH, "Central"),
            say="""
                Set "{book}" aside for me at the {branch} branch.
                I want to borrow "{book}". Can you put a hold on it?
                Hold "{book}", {branch} branch
                Place a hold on "{book}" for me.
                I'd like to collect "{book}" from the {branch} branch of the library.
                Can the {branch} branch keep "{book}" for me?
                Place holds on "{book}" and "{2:book}".
            """,
        ),
        function(
            "library.loans_on_card",
            "Lists what is on loan under a library card.",
            P("card_number", "str", "The number of the library card.", t.code("LC", "RC")),
            say="""
                What have I borrowed on library card {card_number}?
                Which books are on loan under card {card_number}?
                Loans, card {card_number}
                Show me everything that is checked out on card {card_number}.
                My library card is {card_number}. Which books do I still have at home?
                List the books borrowed with library card {card_number}.
                Which books are out on the cards {card_number} and {2:card_number}?
            """,
        ),
        function(
            "library.branch_hours",
            "Tells when a branch of the library is open.",
            P("branch", "str", "The branch.", BRANCH),
            P("weekday", "str", "The day of the week.", t.any_of(t.WEEKDAYS)),
            say="""
                When is the {branch} library open on {weekday}?
                How late can I go to the {branch} library on a {weekday}?
                Opening hours, {branch} library, {weekday}
                Find out when the {branch} branch opens on {weekday}.
                Is the {branch} branch of the library open on {weekday}?
                I want to return books at {branch} on {weekday}. When is the library open?
                When is the {branch} library open on {weekday}, and when is {2:branch}?
            """,
        ),
        function(
            "library.books_by_author",
            "Looks up the books of an author in the library's catalog.",
            P("author", "str", "The author.", t.PERSON),
            P(
                "on_shelf",
                "bool, optional",
                "Whether to list only books that are not lent out.",
                t.switch(
                    ["only what's on the shelf", "but leave out what is lent out"],
                    ["including what's lent out", "whether they are in or lent out"],
                ),
                "False",
            ),
            say="""
                Which books by {author} does the library have?
                Show me the library's books by {author}, {on_shelf}.
                Library catalog: author {author}
                Look up {author} in the library catalog.
                I've just discovered the author {author}. What can I borrow?
                List everything the library has by {author}, {on_shelf}.
                What does the library have by {author} and by {2:author}?
            """,
        ),
        function(
            "library.suggest_purchase",
            "Suggests a book that the library should buy.",
            P("book", "str", "The title.", t.TITLE),
            P("author", "str", "The author.", t.PERSON),
            say="""
                Suggest that the library buy "{book}" by {author}.
                The library should get "{book}" by {author}. Can you pass that on?
                Purchase suggestion: "{book}", {author}
                Ask the library to buy {author}'s "{book}".
                I think "{book}" by {author} is missing from the library. Suggest it as a purchase.
                Could the library buy the book "{book}", which is by {author}?
            """,
        ),
        function(
            "library.report_lost_book",
            "Tells the library that a borrowed book is lost.",
            P("book", "str", "The title.", t.TITLE),
            say="""
                I lost the library's copy of "{book}".
                Tell the library that I can't find "{book}" anymore.
                Lost library book: "{book}"
                Report "{book}" as lost to the library.
                I left "{book}" on a train and it's gone. How do I let the library know?
                My dog ate the library book "{book}", so please report it as lost.
                Report "{book}" and "{2:book}" as lost.
            """,
        ),
        function(
            "library.new_arrivals",
            "Shows the newest books of the library.",
            say="""
                Which books are new at the library?
                What has the library bought lately?
                New books at the library
                Show me the newest books of the library.
                I've read everything. What's new at the library?
                List the latest arrivals at the library.
            """,
        ),
    ),
)
