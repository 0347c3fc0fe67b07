"""Whole numbers, equations, calculus."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

ARITHMETIC = Domain(
    "arithmetic",
    (
        function(
            "integrate",
            "Integrates a function numerically over an interval.",
            P("function", "Callable[[float], float]", "The function of x to integrate.", t.FORMULA),
            P("lower", "float", "The lower limit.", n.whole(0, 5)),
            P("upper", "float", "The upper limit.", n.whole(6, 20)),
            say="""
                Integrate {function} from {lower} to {upper}.
                What's the integral of {function} between {lower} and {upper}?
                Compute the area under {function} from x = {lower} to x = {upper}.
                Integral of {function}, limits {lower} and {upper}
                I need the definite integral of {function} from {lower} to {upper}.
                Between {lower} and {upper}, what does {function} integrate to?
            """,
        ),
        function(
            "find_root",
            "Finds where a function is zero within an interval.",
            P("function", "Callable[[float], float]", "The function of x.", t.FORMULA),
            P("interval", "Tuple[float, float]", "The lower and upper end of the search.", t.interval(0, 12)),
            say="""
                Where is {function} zero between {interval}?
                Find a root of {function} between {interval}.
                Solve {function} = 0 for x between {interval}.
                Root of {function} between {interval}
                I'm looking for a zero of {function} between {interval}.
                Between {interval}, for which x does {function} vanish?
            """,
        ),
        function(
            "greatest_common_divisor",
            "Finds the greatest common divisor of two integers.",
            P("a", "int", "The first integer.", n.whole(6, 900)),
            P("b", "int", "The second integer.", n.whole(6, 900)),
            say="""
                What's the greatest common divisor of {a} and {b}?
                Find the gcd of {a} and {b}.
                GCD {a}, {b}
                What is the largest number that divides both {a} and {b}?
                Compute gcd({a}, {b}).
                I need the greatest common divisor of {a} and {b}.
                GCD of {a} and {b}, and of {2:a} and {2:b}?
            """,
        ),
        function(
            "factorial",
            "Calculates the factorial of a whole number.",
            P("n", "int", "The number.", n.count(3, 30)),
            say="""
                What's {n} factorial?
                Calculate the factorial of {n}.
                {n}!
                How much is {n}! in full?
                Tell me the factorial of the number {n}.
                I need the value of {n} factorial.
                What are the factorials of {n} and {2:n}?
            """,
        ),
        function(
            "is_prime",
            "Checks whether a number is prime.",
            P("number", "int", "The number to check.", n.whole(11, 40_000)),
            not_with=("prime_factors",),
            say="""
                Is {number} a prime number?
                Check whether {number} is prime.
                {number} prime?
                I wonder if {number} is a prime.
                Test {number} for primality.
                Does {number} have any divisors other than 1 and itself?
                Which of {number} and {2:number} is prime?
            """,
        ),
        function(
            "prime_factors",
            "Finds the prime factors of a number.",
            P("number", "int", "The number to factor.", n.whole(12, 9_000)),
            not_with=("is_prime",),
            say="""
                What are the prime factors of {number}?
                Factor {number} into primes.
                Prime factorization of {number}
                Break {number} down into its prime factors.
                Which primes multiply to {number}?
                I'd like the prime factors of {number}.
                Factor {number} and {2:number} into primes.
            """,
        ),
        function(
            "solve_quadratic",
            "Solves the equation a x^2 + b x + c = 0.",
            P("a", "float", "The coefficient of x squared.", n.whole(2, 9)),
            P("b", "float", "The coefficient of x.", n.whole(-12, 30)),
            P("c", "float", "The constant.", n.whole(-40, -1)),
            say="""
                Solve the quadratic equation with a = {a}, b = {b} and c = {c}.
                What are the roots of the quadratic with coefficients {a}, {b} and {c}?
                Quadratic: a={a}, b={b}, c={c}
                Find x for a quadratic whose coefficients are {a}, {b}, {c}.
                I have a quadratic equation where a is {a}, b is {b} and c is {c}. Solve it.
                Coefficients {a}, {b} and {c}: what are the solutions of the quadratic?
            """,
        ),
        function(
            "combinations",
            "Counts the ways to choose items, order ignored.",
            P("total", "int", "The number of items to choose from.", n.whole(13, 60)),
            P("chosen", "int", "The number of items chosen.", n.count(2, 9)),
            say="""
                In how many ways can I choose {chosen} out of {total}?
                How many combinations of {chosen} are there from {total} items?
                Combinations: choose {chosen} from {total}
                Calculate {total} choose {chosen}.
                I pick {chosen} players from a squad of {total}. How many different groups are possible?
                From {total} books I take {chosen} along. Count the possible selections.
            """,
        ),
        function(
            "least_common_multiple",
            "Finds the least common multiple of two integers.",
            P("a", "int", "The first integer.", n.whole(4, 300)),
            P("b", "int", "The second integer.", n.whole(4, 300)),
            held_out=True,
            say="""
                What's the least common multiple of {a} and {b}?
                Find the lcm of {a} and {b}.
                LCM {a}, {b}
                Which is the smallest number that both {a} and {b} divide?
                Compute lcm({a}, {b}).
                I need the least common multiple of {a} and {b}.
                LCM of {a} and {b}, and of {2:a} and {2:b}?
            """,
        ),
        function(
            "derivative_at",
            "Calculates the derivative of a function at a point.",
            P("function", "Callable[[float], float]", "The function of x.", t.FORMULA),
            P("point", "float", "The point.", n.decimal(0.5, 9)),
            held_out=True,
            say="""
                What's the derivative of {function} at x = {point}?
                Differentiate {function} at {point}.
                Slope of {function} at x = {point}
                How steep is {function} at the point {point}?
                Find the derivative of {function} for x = {point}.
                At x = {point}, what is the derivative of {function}?
            """,
        ),
        function(
            "fibonacci",
            "Calculates a Fibonacci number by its position.",
            P("position", "int", "The position in the sequence.", n.whole(5, 90)),
            held_out=True,
            say="""
                What's Fibonacci number {position}?
                Calculate Fibonacci number {position}.
                Fibonacci {position}
                Give me the Fibonacci number at position {position}.
                Which number stands at position {position} of the Fibonacci sequence?
                I need the Fibonacci number with index {position}.
                Fibonacci numbers {position} and {2:position}?
            """,
        ),
    ),
)
