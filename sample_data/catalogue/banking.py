"""Bank accounts and cards."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

ACCOUNT = t.any_of("checking savings joint business travel holiday emergency household college pension".split())
CARD = t.made(lambda rng: f"{rng.randint(1000, 9999)}")

BANKING = Domain(
    "banking",
    (
        function(
            "bank.transfer",
            "Transfers money between accounts.",
            P("amount", "float", "The amount.", n.money(20, 9_000)),
            P("from_account", "str", "The account to take it from.", ACCOUNT),
            P("to_account", "str", "The account to put it in.", ACCOUNT),
            not_with=("bank.send_money",),
            say="""
                Transfer {amount} from my {from_account} account to my {to_account} account.
                Move {amount} from {from_account} to {to_account}.
                Put {amount} into the {to_account} account from the {from_account} account.
                {amount} from {from_account} to {to_account}
                I want to shift {amount} out of {from_account} and into {to_account}.
                Take {amount} from the {from_account} account and add it to {to_account}.
                Move {amount} from {from_account} to {to_account} and {2:amount} to {2:to_account}.
            """,
        ),
        function(
            "bank.balance",
            "Gets the balance of an account.",
            P("account", "str", "The account.", ACCOUNT),
            say="""
                How much is in my {account} account?
                What's the balance of my {account} account?
                Balance {account}
                Check the balance of my {account} account.
                Do I have any money left in the {account} account?
                Tell me the balance on {account}.
                How much is in my {account} and my {2:account} account?
            """,
        ),
        function(
            "bank.freeze_card",
            "Freezes a card.",
            P("last_digits", "str", "The last four digits of the card.", CARD),
            say="""
                Freeze my card ending in {last_digits}.
                I lost the card that ends in {last_digits}. Freeze it.
                Block the card ending {last_digits} right away.
                Freeze card {last_digits}
                Someone stole my card, number ending in {last_digits}. Please freeze it.
                Put a freeze on the card with the last digits {last_digits}.
                Freeze the cards ending in {last_digits} and {2:last_digits}.
            """,
        ),
        function(
            "bank.pay_bill",
            "Pays a bill.",
            P("payee", "str", "The company to pay.", t.COMPANY),
            P("amount", "float", "The amount.", n.price(10, 400)),
            P("reference", "str, optional", "The reference of the bill.", t.code("INV", "BILL", "RF"), ""),
            not_with=("bank.send_money",),
            say="""
                Pay {payee} {amount}.
                Pay the {amount} bill from {payee}, reference {reference}.
                I got a bill over {amount} from {payee}. Pay it.
                Bill payment: {payee}, {amount}, {reference}
                Settle {reference} from {payee}, it's {amount}.
                Pay my {payee} bill of {amount}.
                Pay {payee} {amount} and {2:payee} {2:amount}.
            """,
        ),
        function(
            "bank.transactions",
            "Lists the latest transactions of an account.",
            P("account", "str", "The account.", ACCOUNT),
            P("limit", "int, optional", "How many to list.", n.count(3, 50), "10"),
            say="""
                Show the last {limit} transactions of my {account} account.
                What was booked on my {account} account recently?
                List {limit} transactions, {account} account
                I want to see the latest {limit} bookings on {account}.
                Show me what happened on the {account} account.
                Get {limit} recent transactions from {account}.
            """,
        ),
        function(
            "bank.set_spending_limit",
            "Sets the monthly spending limit of a card.",
            P("last_digits", "str", "The last four digits of the card.", CARD),
            P("limit", "float", "The limit.", n.money(200, 9_000)),
            say="""
                Limit my card ending in {last_digits} to {limit} a month.
                Set a spending limit of {limit} on card {last_digits}.
                Card {last_digits}: limit {limit} per month
                I don't want to spend more than {limit} a month with the card ending in {last_digits}.
                Change the limit of the card ending in {last_digits} to {limit}.
                Make {limit} the monthly limit for card {last_digits}.
            """,
        ),
        function(
            "bank.saving_plan",
            "Sets up a monthly payment into an account.",
            P("amount", "float", "The amount paid each month.", n.money(20, 900)),
            P("account", "str", "The account to pay into.", ACCOUNT),
            P("months", "int", "For how many months.", n.months(3, 20)),
            not_with=("bank.transfer",),
            say="""
                Put {amount} into my {account} account every month for {months}.
                Save {amount} a month in {account} for {months}.
                Saving plan: {amount} monthly, {account} account, {months}
                I want to pay {amount} into {account} each month for {months}.
                For {months}, move {amount} to the {account} account every month.
                Set up a saving plan of {amount} a month into {account} over {months}.
            """,
        ),
        function(
            "bank.property_tax",
            "Calculates the yearly tax on a property.",
            P("value", "float", "The value of the property.", n.money(90_000, 2_000_000)),
            P("tax_rate", "float", "The tax rate as a decimal (e.g., 0.01 for 1%).", n.rate(1, 4)),
            say="""
                How much property tax is due on a house worth {value} at {tax_rate}?
                Property tax: {value}, {tax_rate}
                My home is worth {value} and the property tax is {tax_rate}. What do I pay?
                Calculate property tax at {tax_rate} on {value}.
                What's the yearly tax on {value} of property with a rate of {tax_rate}?
                Work out the {tax_rate} property tax for a {value} home.
            """,
        ),
        function(
            "bank.overdraft_interest",
            "Calculates the interest on an overdraft.",
            P("overdraft", "float", "The amount overdrawn.", n.money(100, 6_000)),
            P("rate", "float", "The yearly rate as a decimal (e.g., 0.12 for 12%).", n.rate(6, 20)),
            P("days", "int", "How many days it lasts.", n.days(3, 25)),
            say="""
                What interest do I pay for being {overdraft} overdrawn for {days} at {rate}?
                Overdraft interest: {overdraft}, {rate}, {days}
                I've been {overdraft} in the red for {days}. The rate is {rate}. What's the interest?
                Calculate the interest on an overdraft of {overdraft} at {rate} over {days}.
                How expensive is an overdraft of {overdraft} for {days} with {rate} interest?
                If I overdraw {overdraft} at {rate} for {days}, what does it cost?
            """,
        ),
        function(
            "bank.send_money",
            "Sends money to a person.",
            P("recipient", "str", "The name of the person.", t.PERSON),
            P("amount", "float", "The amount.", n.money(5, 2_000)),
            P(
                "note",
                "str, optional",
                "A note.",
                t.any_of(["rent", "dinner", "tickets", "gas", "gift", "groceries", "pizza", "thanks"]),
                "",
            ),
            held_out=True,
            say="""
                Send {recipient} {amount}.
                Send {amount} to {recipient} with the note "{note}".
                I owe {recipient} {amount}. Send it, please.
                {amount} to {recipient} for "{note}"
                Give {recipient} {amount} and write "{note}" on it.
                Pay {amount} to {recipient}.
                Send {recipient} {amount} and {2:recipient} {2:amount}.
            """,
        ),
        function(
            "bank.order_checks",
            "Orders checkbooks for an account.",
            P("account", "str", "The account.", ACCOUNT),
            P("quantity", "int", "How many checkbooks.", n.count(2, 9)),
            held_out=True,
            say="""
                Order {quantity} checkbooks for my {account} account.
                I need {quantity} new checkbooks for {account}.
                {quantity} checkbooks, {account} account
                Send me {quantity} checkbooks for the {account} account.
                My {account} account is out of checks. Order {quantity} books.
                Can I get {quantity} checkbooks for {account}?
            """,
        ),
        function(
            "bank.report_fraud",
            "Reports a payment that the customer did not make.",
            P("transaction_id", "str", "The id of the payment.", t.code("TX", "PAY")),
            held_out=True,
            say="""
                I did not make the payment {transaction_id}.
                Report {transaction_id} as fraud.
                Fraud: {transaction_id}
                Someone else made the payment {transaction_id}. Report it.
                The payment {transaction_id} isn't mine. Flag it as fraud.
                Please report the fraudulent payment {transaction_id}.
                Report {transaction_id} and {2:transaction_id} as fraud.
            """,
        ),
    ),
)
