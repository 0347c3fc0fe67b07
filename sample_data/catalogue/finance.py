"""Money at home: loans, taxes, discounts, savings."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

FINANCE = Domain(
    "finance",
    (
        function(
            "future_investment_value",
            "Calculates the future value of an investment based on the present value, annual interest rate, and number of "
            "years.",
            P("present_value", "float", "The present value of the investment.", n.money(500, 90_000)),
            P(
                "annual_interest_rate",
                "float",
                "The annual interest rate as a decimal (e.g., 0.05 for 5%).",
                n.rate(1, 9),
            ),
            P("years", "int", "The number of years the investment will grow.", n.years(2, 30)),
            held_out=True,
            say="""
                Future value of {present_value} at {annual_interest_rate} for {years} years?
                What will {present_value} be worth in {years} years at {annual_interest_rate} a year?
                If I invest {present_value} at {annual_interest_rate}, how much will I have after {years} years?
                Work out the future value of {present_value} invested for {years} years at {annual_interest_rate}.
                I'm putting {present_value} away for {years} years at {annual_interest_rate} annually. What does it grow to?
                {present_value} invested at {annual_interest_rate} over {years} years
                Future value of {present_value} over {years} years at {annual_interest_rate} and at {2:annual_interest_rate}?
            """,
        ),
        function(
            "loan_payment",
            "Calculates the monthly payment of a loan.",
            P("principal", "float", "The amount borrowed.", n.money(1_000, 80_000)),
            P("annual_rate", "float", "The annual interest rate as a decimal (e.g., 0.05 for 5%).", n.rate(2, 14)),
            P("years", "int", "The number of years to repay it.", n.years(2, 12)),
            not_with=("mortgage_payment",),
            say="""
                What's the monthly payment on a {principal} loan at {annual_rate} over {years} years?
                I'm borrowing {principal} for {years} years at {annual_rate}. What do I pay each month?
                Calculate the monthly loan payment for {principal} at {annual_rate}, paid back in {years} years.
                Loan of {principal}, {annual_rate} interest, {years} years: monthly payment?
                Monthly cost of a {years} year loan of {principal} at {annual_rate}
                How much a month would a loan of {principal} cost me over {years} years with {annual_rate} interest?
                What's the monthly payment on a {principal} loan at {annual_rate} over {years} years, and at {2:annual_rate}?
            """,
        ),
        function(
            "mortgage_payment",
            "Calculates the monthly mortgage payment for a home.",
            P("home_price", "float", "The price of the home.", n.money(120_000, 1_500_000)),
            P("down_payment", "float", "The money paid up front.", n.money(10_000, 100_000)),
            P("interest_rate", "float", "The yearly rate as a decimal (e.g., 0.04 for 4%).", n.rate(2, 8)),
            P("term_years", "int, optional", "The length of the mortgage in years.", n.whole(10, 30, 5), default=30),
            not_with=("loan_payment",),
            say="""
                What would my mortgage payment be on a {home_price} house with {down_payment} down at {interest_rate}?
                Mortgage on a {home_price} home, {down_payment} down, {interest_rate} rate, {term_years} years
                We're buying a house for {home_price} and putting {down_payment} down. The rate is {interest_rate}. What's the monthly mortgage?
                Work out the mortgage for a {home_price} flat at {interest_rate} over {term_years} years with {down_payment} down.
                If the rate is {interest_rate}, how much is a mortgage on a {home_price} place after paying {down_payment} up front?
                Calculate mortgage payments: price {home_price}, deposit {down_payment}, rate {interest_rate}, {term_years} year term.
            """,
        ),
        function(
            "calculate_tip",
            "Calculates the tip for a bill.",
            P("bill", "float", "The amount of the bill.", n.price(12, 240)),
            P("tip_rate", "float", "The tip as a decimal (e.g., 0.15 for 15%).", n.rate(5, 25)),
            say="""
                How much is a {tip_rate} tip on {bill}?
                What should I leave as a {tip_rate} tip on a {bill} bill?
                Calculate a {tip_rate} tip for {bill}.
                The bill came to {bill} and I want to tip {tip_rate}. How much is that?
                {tip_rate} tip on {bill}
                Dinner was {bill}. Work out {tip_rate} for the waiter.
                How much is a {tip_rate} tip on {bill}, and how much on {2:bill}?
            """,
        ),
        function(
            "apply_discount",
            "Calculates a price after a discount.",
            P("price", "float", "The price before the discount.", n.price(10, 400)),
            P("discount", "float", "The discount as a decimal (e.g., 0.2 for 20%).", n.rate(5, 70)),
            say="""
                What does a {price} jacket cost with {discount} off?
                How much is {price} after a {discount} discount?
                Take {discount} off {price}.
                The tag says {price} but there's a {discount} sale. What will I pay?
                {price} minus a {discount} discount
                Apply a discount of {discount} to {price}.
                How much is {price} after a {discount} discount, and after {2:discount}?
            """,
        ),
        function(
            "sales_tax",
            "Calculates the sales tax on a purchase.",
            P("amount", "float", "The price before tax.", n.price(5, 900)),
            P("tax_rate", "float", "The tax rate as a decimal (e.g., 0.08 for 8%).", n.rate(3, 25)),
            say="""
                How much sales tax is there on {amount} at {tax_rate}?
                What's the tax on a {amount} purchase if the rate is {tax_rate}?
                Work out {tax_rate} sales tax on {amount}.
                I bought something for {amount} and the tax is {tax_rate}. How much tax do I pay?
                Sales tax at {tax_rate} on {amount}
                Sales tax for {amount}, rate {tax_rate}
            """,
        ),
        function(
            "credit_card_payoff",
            "Calculates how many months it takes to pay off a card.",
            P("balance", "float", "The balance owed.", n.money(500, 15_000)),
            P("apr", "float", "The yearly rate in percent (e.g., 18 for 18%).", n.percent(9, 29)),
            P("monthly_payment", "float", "The amount paid each month.", n.money(50, 900)),
            say="""
                How long until my card is paid off if I owe {balance} at {apr} and pay {monthly_payment} a month?
                I owe {balance} on my credit card at {apr} APR. How many months if I pay {monthly_payment} monthly?
                Credit card balance {balance}, APR {apr}, paying {monthly_payment} a month: when am I done?
                Work out the payoff time for a {balance} card balance with {apr} interest and payments of {monthly_payment}.
                At {monthly_payment} a month, when will a {balance} card debt at {apr} be gone?
                Card payoff: {balance} at {apr}, {monthly_payment} per month
            """,
        ),
        function(
            "savings_goal_time",
            "Calculates how long it takes to save a sum.",
            P("goal", "float", "The sum to be saved.", n.money(1_000, 60_000)),
            P("monthly_saving", "float", "The amount saved each month.", n.money(50, 1_500)),
            say="""
                How long will it take to save {goal} if I put aside {monthly_saving} a month?
                I want to save {goal} and can spare {monthly_saving} a month. When will I get there?
                Saving {monthly_saving} monthly, when do I reach {goal}?
                Tell me how many months I need to save {goal} with {monthly_saving} each month.
                Time to save {goal} at {monthly_saving} per month
                My goal is {goal}. I save {monthly_saving} every month. How long is that?
            """,
        ),
        function(
            "convert_currency",
            "Converts an amount from one currency to another.",
            P("amount", "float", "The amount to convert.", n.amount(10, 20_000)),
            P("from_currency", "str", "The currency code to convert from.", t.any_of(pools.CURRENCIES)),
            P("to_currency", "str", "The currency code to convert to.", t.any_of(pools.CURRENCIES)),
            say="""
                How much is {amount} {from_currency} in {to_currency}?
                Convert {amount} {from_currency} to {to_currency}.
                What do I get in {to_currency} for {amount} {from_currency}?
                {amount} {from_currency} to {to_currency}
                I have {amount} {from_currency} left and want {to_currency}. How much would that be?
                Change {amount} {from_currency} into {to_currency}.
                Convert {amount} {from_currency} to {to_currency} and to {2:to_currency}.
            """,
        ),
        function(
            "simple_interest",
            "Calculates simple interest on a sum.",
            P("principal", "float", "The starting sum.", n.money(500, 50_000)),
            P("rate", "float", "The yearly interest rate as a decimal (e.g., 0.05 for 5%).", n.rate(1, 12)),
            P("years", "int", "The number of years.", n.years(2, 15)),
            held_out=True,
            not_with=("future_investment_value",),
            say="""
                How much simple interest does {principal} earn at {rate} in {years} years?
                Simple interest on {principal} at {rate} for {years} years
                Calculate the simple interest on {principal} over {years} years with a rate of {rate}.
                I lent a friend {principal} for {years} years at {rate} simple interest. How much interest is due?
                What is the simple interest if the principal is {principal}, the rate {rate} and the time {years} years?
                Work out simple interest for {years} years on {principal} at {rate}.
                Simple interest on {principal} and on {2:principal}, both at {rate} for {years} years?
            """,
        ),
        function(
            "break_even_units",
            "Calculates how many units must be sold to break even.",
            P("fixed_costs", "float", "The fixed costs.", n.money(2_000, 90_000)),
            P("unit_price", "float", "The selling price of one unit.", n.price(20, 90)),
            P("unit_cost", "float", "The cost of making one unit.", n.price(2, 19)),
            held_out=True,
            say="""
                How many units do I have to sell to break even with fixed costs of {fixed_costs}, a price of {unit_price} and a cost of {unit_cost} each?
                Break-even point: fixed costs {fixed_costs}, unit price {unit_price}, unit cost {unit_cost}
                Our fixed costs are {fixed_costs}. We sell at {unit_price} and each one costs us {unit_cost}. When do we break even?
                Find the break-even quantity if making one costs {unit_cost}, it sells for {unit_price}, and fixed costs are {fixed_costs}.
                If I sell mugs at {unit_price} that cost {unit_cost} to make, how many cover fixed costs of {fixed_costs}?
                Calculate break even for {fixed_costs} in fixed costs, {unit_price} per unit, {unit_cost} cost per unit.
            """,
        ),
        function(
            "salary_after_raise",
            "Calculates a salary after a raise.",
            P("salary", "float", "The salary before the raise.", n.money(25_000, 150_000)),
            P("raise_rate", "float", "The raise as a decimal (e.g., 0.03 for 3%).", n.rate(1, 15)),
            held_out=True,
            say="""
                I earn {salary} and get a {raise_rate} raise. What's my new salary?
                What is a {salary} salary after a raise of {raise_rate}?
                Work out my pay after a {raise_rate} raise on {salary}.
                New salary: {salary} plus a {raise_rate} raise
                If my boss gives me {raise_rate} more on top of {salary}, what will I earn?
                Calculate {salary} with a {raise_rate} pay rise.
                What is a {salary} salary after a raise of {raise_rate}, and after one of {2:raise_rate}?
            """,
        ),
    ),
)
