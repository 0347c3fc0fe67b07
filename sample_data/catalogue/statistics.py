"""Statistics over lists of numbers."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

NUMBERS = t.numbers(1, 99)
MEASURED = t.numbers(0, 40, places=1)

STATISTICS = Domain(
    "statistics",
    (
        function(
            "calculate_mean",
            "Calculates the mean of a list of numbers.",
            P("numbers", "List[Union[int, float]]", "The list of numbers.", MEASURED),
            not_with=("weighted_average",),
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
            P(
                "sample",
                "bool, optional",
                "Whether the data are a sample.",
                t.switch(["sample"], ["population"]),
                default="True",
            ),
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
            P("rank", "int", "The percentile, from 1 to 99.", n.whole(55, 95, 5)),
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
            P("x", "List[float]", "The x values.", t.numbers(1, 20, size=(4, 4), spoken=False)),
            P("y", "List[float]", "The y values.", t.numbers(1, 60, size=(4, 4), spoken=False)),
            not_with=("correlation",),
            say="""
                Fit a line through x = {x} and y = {y}.
                What's the best straight line for x values {x} and y values {y}?
                Linear regression with x: {x} and y: {y}
                Run a linear regression with x values {x}; y values {y}.
                My x data are {x} and my y data are {y}. Fit a straight line.
                Find slope and intercept for x = {x}, y = {y}.
            """,
        ),
        function(
            "weighted_average",
            "Calculates an average with weights.",
            P("values", "list", "The values.", t.numbers(40, 100, size=(3, 3), spoken=False)),
            P("weights", "list", "The weight of each value.", t.numbers(1, 9, size=(3, 3), spoken=False)),
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
            "draw_probability",
            "Calculates the chance of drawing each color from a bag.",
            P(
                "marbles",
                "Dict[str, int]",
                "The colors and how many marbles of each.",
                t.quantities(["red", "blue", "green", "yellow", "black", "white", "orange", "purple"]),
            ),
            say="""
                A bag holds marbles: {marbles}. What's the chance of drawing each color?
                Chances of each color in a bag with {marbles} marbles
                I draw a marble from a bag with {marbles} ones. How likely is each color?
                Calculate the probability of each color with {marbles} marbles.
                What are the odds for each color if a bag has {marbles} marbles?
                Find the color probabilities when drawing from {marbles} marbles.
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
            P("x", "List[float]", "The first list.", t.numbers(1, 30, size=(4, 4), spoken=False)),
            P("y", "List[float]", "The second list.", t.numbers(1, 90, size=(4, 4), spoken=False)),
            held_out=True,
            say="""
                How strongly are x ({x}) and y ({y}) correlated?
                What's the correlation between list one, {x}, and list two, {y}?
                Compute the correlation of x = {x} and y = {y}.
                Correlation, first list {x}, second list {y}
                I have x: {x} and y: {y}. What's the correlation coefficient?
                Find the correlation of first list {x}; second list {y}.
            """,
        ),
        function(
            "find_mode",
            "Finds the most frequent number in a list.",
            P("numbers", "List[int]", "The numbers.", t.numbers(1, 4, size=(5, 8))),
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
