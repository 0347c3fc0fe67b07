"""The course's worked example: one question, two tools, and the answer that is right.

It is an xLAM row like all others, and the base model meets it first in notebook 01, the tuned one in notebook 02.
"""

from __future__ import annotations

import json

_TOOLS = [
    {
        "name": "calculate_standard_deviation",
        "description": "Calculates the standard deviation of a list of numbers.",
        "parameters": {"numbers": {"description": "The list of numbers.", "type": "List[Union[int, float]]"}},
    },
    {
        "name": "future_investment_value",
        "description": "Calculates the future value of an investment based on the present value, annual interest rate, "
        "and number of years.",
        "parameters": {
            "present_value": {"description": "The present value of the investment.", "type": "float"},
            "annual_interest_rate": {
                "description": "The annual interest rate as a decimal (e.g., 0.05 for 5%).",
                "type": "float",
            },
            "years": {"description": "The number of years the investment will grow.", "type": "int"},
        },
    },
]
_ANSWERS = [
    {
        "name": "future_investment_value",
        "arguments": {"present_value": 2000, "annual_interest_rate": 0.02, "years": 8},
    }
]

EXAMPLE = {
    "id": 0,
    "query": "Future value of 2000 dollars at 2% for 8 years?",
    "answers": json.dumps(_ANSWERS),
    "tools": json.dumps(_TOOLS),
}
SEED = 42  # with temperature 0, the same answer every time
