"""Running a business: sales, margins, forecasts."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

BUSINESS = Domain(
    "business",
    (
        function(
            "sales_commission",
            "Calculates the commission on sales.",
            P("sales", "float", "The sales.", n.money(1_000, 400_000)),
            P("commission_rate", "float", "The commission as a decimal (e.g., 0.07 for 7%).", n.rate(1, 15)),
            say="""
                How much commission do I get on {sales} of sales at {commission_rate}?
                Commission of {commission_rate} on {sales}
                I sold {sales} and my commission is {commission_rate}. What do I earn?
                Calculate a {commission_rate} commission on sales of {sales}.
                What does a rep with {commission_rate} commission make on {sales}?
                Work out the commission for {sales} in sales, rate {commission_rate}.
                What's the commission on {sales} at {commission_rate}, and at {2:commission_rate}?
            """,
        ),
        function(
            "price_with_markup",
            "Calculates a selling price from cost and markup.",
            P("cost", "float", "The cost.", n.price(3, 300)),
            P("markup", "float", "The markup as a decimal (e.g., 0.4 for 40%).", n.rate(10, 90)),
            say="""
                What should I charge for something that costs {cost} with a {markup} markup?
                Selling price: cost {cost}, markup {markup}
                Add a {markup} markup to a cost of {cost}.
                It costs me {cost}. What's the price with {markup} markup?
                Calculate the price after marking up {cost} by {markup}.
                If I mark up {cost} by {markup}, what's the price?
            """,
        ),
        function(
            "growth_projection",
            "Projects a number of users that grows every month.",
            P("users", "int", "The number of users today.", n.amount(100, 400_000)),
            P("growth_rate", "float", "The monthly growth as a decimal (e.g., 0.1 for 10%).", n.rate(2, 30)),
            P("months", "int", "The number of months ahead.", n.months(2, 18)),
            say="""
                We have {users} users and grow {growth_rate} a month. How many will there be in {months}?
                Project {users} users at {growth_rate} monthly growth, {months} ahead.
                {users} users, {growth_rate} growth per month, {months}
                How many users will we have in {months} if {users} users grow by {growth_rate} monthly?
                Forecast our users for {months}: {users} now, {growth_rate} growth.
                If {users} users grow {growth_rate} each month, what do we have after {months}?
            """,
        ),
        function(
            "churned_customers",
            "Calculates how many customers leave.",
            P("customers", "int", "The number of customers.", n.amount(100, 90_000)),
            P("churn_rate", "float", "The churn as a decimal (e.g., 0.03 for 3%).", n.rate(1, 20)),
            say="""
                How many of our {customers} customers leave at a churn rate of {churn_rate}?
                Churn of {churn_rate} on {customers} customers
                With {customers} customers and {churn_rate} churn, how many do we lose?
                Work out the number of lost customers: {customers} in all, churn {churn_rate}.
                We have {customers} customers. Churn is {churn_rate}. How many go?
                Calculate churned customers for {customers} customers at {churn_rate}.
            """,
        ),
        function(
            "depreciated_value",
            "Calculates what an asset is worth after depreciation.",
            P("purchase_price", "float", "The price paid.", n.money(2_000, 300_000)),
            P("rate", "float", "The yearly depreciation as a decimal (e.g., 0.2 for 20%).", n.rate(5, 35)),
            P("years", "int", "The age in years.", n.years(2, 12)),
            say="""
                What is a machine bought for {purchase_price} worth after {years} years at {rate} depreciation?
                Value after {years} years: bought at {purchase_price}, depreciation {rate}
                Our van cost {purchase_price} and loses {rate} a year. What's its value in {years} years?
                Depreciate {purchase_price} by {rate} a year over {years} years.
                Calculate the book value of {purchase_price} equipment after {years} years, losing {rate} annually.
                If an asset of {purchase_price} loses {rate} each year, what is left after {years} years?
            """,
        ),
        function(
            "create_invoice",
            "Creates an invoice.",
            P("client", "str", "The client.", t.COMPANY),
            P("amount", "float", "The amount.", n.money(100, 20_000)),
            P("due_days", "int, optional", "Days until payment is due.", n.days(7, 20), "30"),
            say="""
                Invoice {client} for {amount}.
                Create an invoice for {client} over {amount}, due in {due_days}.
                Bill {client} {amount}, payable within {due_days}.
                New invoice: {client}, {amount}, {due_days}
                Send {client} an invoice of {amount}.
                {client} owes us {amount}. Write an invoice due in {due_days}.
                Invoice {client} for {amount} and {2:client} for {2:amount}.
            """,
        ),
        function(
            "approve_expense",
            "Approves or rejects an expense report.",
            P("report_id", "str", "The id of the report.", t.code("EXP", "TRIP")),
            P(
                "approved",
                "bool",
                "Whether it is approved.",
                t.wording({"Approve": True, "Accept": True, "Reject": False, "Decline": False}, "boolean by wording"),
            ),
            say="""
                {approved} {report_id}.
                {approved} the expense report {report_id}.
                {approved} expense {report_id}
                Expense report {report_id}: {approved}
                {approved} the expenses in {report_id}, please.
                {approved} report {report_id} for me.
                {approved} {report_id}. {2:approved} {2:report_id}.
            """,
        ),
        function(
            "request_leave",
            "Requests days off.",
            P("start", "str", "The first day off, as said by the user.", t.DAY),
            P("days", "int", "How many days.", n.days(2, 15)),
            P(
                "kind",
                "str, optional",
                "One of 'vacation', 'sick' or 'parental'.",
                t.choice("vacation", "sick", "parental"),
                "vacation",
            ),
            say="""
                I'd like {days} off starting {start}.
                Request {days} of {kind} leave from {start}.
                Leave request: {kind}, {start}, {days}
                Book {days} off for me from {start}.
                I need {kind} leave for {days} starting {start}.
                Put in {days} of leave beginning {start}.
            """,
        ),
        function(
            "book_meeting_room",
            "Books a meeting room.",
            P(
                "room",
                "str",
                "The name of the room.",
                t.made(
                    lambda rng: f"{rng.choice(pools.ADJECTIVES).capitalize()} {rng.choice(pools.NOUNS).capitalize()}"
                ),
            ),
            P("time", "str", "When, as said by the user.", t.MOMENT),
            P("minutes", "int, optional", "For how long, in minutes.", n.minutes(15, 120, 15), 60),
            say="""
                Book the {room} room for {time}.
                Reserve the meeting room {room} {time} for {minutes}.
                Room {room}, {time}, {minutes}
                I need the {room} meeting room {time}.
                Can I have the {room} room {time} for {minutes}?
                Get me the room {room} {time}.
            """,
        ),
        function(
            "order_supplies",
            "Orders office supplies.",
            P(
                "items",
                "Dict[str, int]",
                "The items and how many of each.",
                t.quantities(
                    [
                        "pens",
                        "folders",
                        "staplers",
                        "notepads",
                        "envelopes",
                        "markers",
                        "batteries",
                        "cables",
                        "stamps",
                        "mugs",
                    ],
                    2,
                    40,
                ),
            ),
            not_with=("add_to_cart", "add_groceries"),
            say="""
                Order {items} for the office.
                We're out of supplies. Get {items}.
                Office supplies: {items}
                The office needs {items}. Please order them.
                Put in an order of office supplies: {items}
                Can you order {items} for our office?
            """,
        ),
        function(
            "profit_margin",
            "Calculates the profit margin.",
            P("revenue", "float", "The revenue.", n.money(20_000, 900_000)),
            P("costs", "float", "The costs.", n.money(1_000, 19_000)),
            held_out=True,
            say="""
                What's our profit margin with {revenue} revenue and {costs} costs?
                Margin: revenue {revenue}, costs {costs}
                We made {revenue} and spent {costs}. What's the margin?
                Calculate the profit margin for revenue of {revenue} and costs of {costs}.
                If costs are {costs} and revenue is {revenue}, how large is the profit margin?
                Work out the margin on {revenue} of revenue after {costs} of costs.
            """,
        ),
        function(
            "late_fee",
            "Calculates the fee for paying an invoice late.",
            P("amount", "float", "The amount of the invoice.", n.money(100, 20_000)),
            P("fee_rate", "float", "The fee as a decimal (e.g., 0.02 for 2%).", n.rate(1, 10)),
            held_out=True,
            say="""
                What's the late fee on a {amount} invoice at {fee_rate}?
                Late fee of {fee_rate} on {amount}
                A client paid {amount} too late. Our fee is {fee_rate}. How much is it?
                Calculate a {fee_rate} late fee for an invoice of {amount}.
                How much do I add to {amount} as a {fee_rate} late fee?
                Work out the fee for paying {amount} late with a rate of {fee_rate}.
                What's the late fee at {fee_rate} on {amount} and on {2:amount}?
            """,
        ),
        function(
            "hire_cost",
            "Estimates what hiring someone costs.",
            P("salary", "float", "The yearly salary.", n.money(30_000, 160_000)),
            P("overhead", "float", "The overhead as a decimal (e.g., 0.3 for 30%).", n.rate(10, 60)),
            P("months", "int, optional", "For how many months.", n.months(3, 18), 12),
            held_out=True,
            say="""
                What does it cost to hire someone for {salary} with {overhead} overhead?
                Hiring cost: salary {salary}, overhead {overhead}, {months}
                We want to hire at {salary} a year for {months}. Overhead is {overhead}. What's the cost?
                Estimate the cost of an employee who earns {salary} with an overhead of {overhead}.
                If we pay {salary} and overhead is {overhead}, what does a new hire cost for {months}?
                Calculate the cost of a hire: {salary} salary plus {overhead} overhead.
            """,
        ),
    ),
)
