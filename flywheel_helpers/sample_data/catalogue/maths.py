"""Mathematics: statistics, arithmetic and calculus, geometry."""

from __future__ import annotations

from .. import figures as n
from .. import texts as t
from ..spec import Domain, function
from ..spec import Parameter as P

NUMBERS = t.numbers(1, 99)
MEASURED = t.numbers(0, 40, places=1)

STATISTICS = Domain(
    "statistics",
    (
        function(
            "calculate_mean",
            "Calculates the mean of a list of numbers.",
            P("numbers", "List[Union[int, float]]", "The list of numbers.", MEASURED),
            say="""
                What's the average of {numbers}?
                Calculate the mean of {numbers}.
                Average {numbers}
                My scores were {numbers}. What's my average?
                Find the arithmetic mean of these: {numbers}
                I measured {numbers}. Give me the mean.
                What's the mean of {numbers}, and the mean of {2:numbers}?
            """,
        ),
        function(
            "calculate_median",
            "Calculates the median of a list of numbers.",
            P("values", "List[float]", "The numbers.", MEASURED),
            say="""
                What's the median of {values}?
                Find the median of {values}.
                Median: {values}
                I have the values {values}. Which one is the median?
                Give me the middle value of {values} as the median.
                Compute the median for {values}.
                What's the median of {values}, and of {2:values}?
            """,
        ),
        function(
            "calculate_variance",
            "Calculates the variance of a data set.",
            P("data", "List[float]", "The data points.", NUMBERS),
            P("sample", "bool, optional", "Whether the data are a sample.", t.switch(["sample"], ["population"]), default="True"),
            say="""
                What's the variance of {data}?
                Calculate the {sample} variance of {data}.
                Variance of {data}
                Compute how much {data} vary, as a variance.
                I need the {sample} variance for the data {data}.
                Find the variance of this data set: {data}
            """,
        ),
        function(
            "percentile",
            "Finds a percentile of a list of numbers.",
            P("numbers", "List[float]", "The numbers.", NUMBERS),
            P("rank", "int", "The percentile, from 1 to 99.", n.whole(10, 95, 5)),
            say="""
                What's percentile {rank} of {numbers}?
                Find the {rank}th percentile of {numbers}.
                {rank}th percentile: {numbers}
                Given {numbers}, where does the {rank}th percentile lie?
                Compute percentile {rank} for the values {numbers}.
                I'd like the {rank}th percentile of the numbers {numbers}.
            """,
        ),
        function(
            "linear_regression",
            "Fits a straight line to points.",
            P("x", "List[float]", "The x values.", t.numbers(1, 20, size=(3, 4))),
            P("y", "List[float]", "The y values.", t.numbers(1, 60, size=(3, 4))),
            not_with=("correlation",),
            say="""
                Fit a line through x = {x} and y = {y}.
                What's the best straight line for x values {x} and y values {y}?
                Linear regression with x: {x} and y: {y}
                Run a linear regression of {y} on {x}.
                My x data are {x} and my y data are {y}. Fit a straight line.
                Find slope and intercept for x = {x}, y = {y}.
            """,
        ),
        function(
            "weighted_average",
            "Calculates an average with weights.",
            P("values", "list", "The values.", t.numbers(40, 100, size=(3, 3))),
            P("weights", "list", "The weight of each value.", t.numbers(1, 9, size=(3, 3))),
            say="""
                What's the weighted average of {values} with weights {weights}?
                Weights {weights}, values {values}: weighted mean?
                Calculate a weighted average of {values} using the weights {weights}.
                My grades are {values} and they count {weights}. What's the weighted average?
                Weighted mean of {values}, weights {weights}
                Average {values} but weight them by {weights}.
            """,
        ),
        function(
            "calculate_standard_deviation",
            "Calculates the standard deviation of a list of numbers.",
            P("numbers", "List[Union[int, float]]", "The list of numbers.", MEASURED),
            held_out=True,
            say="""
                What's the standard deviation of {numbers}?
                Calculate the standard deviation of {numbers}.
                Standard deviation: {numbers}
                How spread out are {numbers}? I need the standard deviation.
                Find the standard deviation for these numbers: {numbers}
                I measured {numbers}. Give me the standard deviation.
                What's the standard deviation of {numbers}, and of {2:numbers}?
            """,
        ),
        function(
            "correlation",
            "Calculates the correlation of two lists of numbers.",
            P("x", "List[float]", "The first list.", t.numbers(1, 30, size=(3, 4))),
            P("y", "List[float]", "The second list.", t.numbers(1, 90, size=(3, 4))),
            held_out=True,
            say="""
                How strongly are {x} and {y} correlated?
                What's the correlation between [{x}] and [{y}]?
                Compute the correlation of x = {x} and y = {y}.
                Correlation, first list {x}, second list {y}
                I have x: {x} and y: {y}. What's the correlation coefficient?
                Find the correlation for the lists {x} and {y}.
            """,
        ),
        function(
            "find_mode",
            "Finds the most frequent number in a list.",
            P("numbers", "List[int]", "The numbers.", t.numbers(1, 9, size=(5, 8))),
            held_out=True,
            say="""
                Which number occurs most often in {numbers}?
                What's the mode of {numbers}?
                Find the mode: {numbers}
                I rolled {numbers}. Which value came up most?
                Tell me the most frequent value among {numbers}.
                Get the mode of the numbers {numbers}.
            """,
        ),
    ),
)

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
                Root of {function}, interval {interval}
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
            not_with=("permutations",),
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
