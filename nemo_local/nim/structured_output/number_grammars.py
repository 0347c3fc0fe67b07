"""EBNF of the numbers between two bounds, digit by digit: a grammar cannot compare."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

_LIMIT = 10**15 - 1  # 15 digits: what a double holds
_MOST_VALUES = 400  # written out between a bound that is not an integer and the next integer


def integer_range(schema: dict[str, Any]) -> str | None:
    """The integers within the bounds of a schema; None where there are none."""
    low, high = _integers(schema)
    if (low, high) == (-_LIMIT, _LIMIT):
        return "integer"
    written = [f'"-" ({digits})'] if (digits := _digits(max(1, -high), -low)) else []
    if digits := _digits(max(0, low), high):
        written.append(digits)
    return " | ".join(written) or None


def number_range(schema: dict[str, Any]) -> str | None:
    """Numbers within the bounds of a schema; None where there are none.

    Between integers within the bounds these are all fractions of up to 15 decimals; between a bound that is not an
    integer and the next integer, only those with one decimal more than the bound has.
    """
    low = max(schema.get("minimum", -_LIMIT), schema.get("exclusiveMinimum", -_LIMIT), -_LIMIT)
    high = min(schema.get("maximum", _LIMIT), schema.get("exclusiveMaximum", _LIMIT), _LIMIT)
    if (low, high) == (-_LIMIT, _LIMIT):
        return "number"
    first, last = math.ceil(low), math.floor(high)
    written = [whole] if (whole := integer_range(schema)) else []
    fraction = '"." [0-9]{0,14} [1-9]'  # with this end it is never the integer itself, which may be excluded
    if digits := _digits(max(0, first), last - 1):
        written.append(f"({digits}) {fraction}")
    if digits := _digits(max(0, -last), -first - 1):
        written.append(f'"-" ({digits}) {fraction}')
    edges = [(low, first), (last, high)] if first <= last else [(low, high)]
    written += [f'"{value}"' for start, end in edges if start < end for value in _values(start, end, schema)]
    return " | ".join(dict.fromkeys(written)) or None


def _integers(schema: dict[str, Any]) -> tuple[int, int]:
    """The least and the greatest integer within the bounds."""
    lows = [
        -_LIMIT,
        math.ceil(schema.get("minimum", -_LIMIT)),
        math.floor(schema.get("exclusiveMinimum", -_LIMIT - 1)) + 1,
    ]
    highs = [
        _LIMIT,
        math.floor(schema.get("maximum", _LIMIT)),
        math.ceil(schema.get("exclusiveMaximum", _LIMIT + 1)) - 1,
    ]
    return max(lows), min(highs)


def _values(start: float, end: float, schema: dict[str, Any]) -> list[str]:
    """Some numbers from `start` to `end` that are within the bounds of the schema."""
    first, last = Decimal(repr(start)), Decimal(repr(end))
    places = max(0, *(-bound.normalize().as_tuple().exponent for bound in (first, last)))
    for step in (Decimal(1).scaleb(-places - 1), Decimal(1).scaleb(-places), (last - first) / _MOST_VALUES):
        count = int((last - first) / step) + 1
        if count <= _MOST_VALUES + 1:
            break
    values = [first + step * number for number in range(count)]
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    return [f"{value:f}" for value in values if above < float(value) < below]


def _digits(low: int, high: int) -> str:
    """The integers from `low` to `high`, neither of them negative; empty where there are none."""
    if low > high:
        return ""
    written = []
    for length in range(len(str(low)), len(str(high)) + 1):
        first, last = max(low, 10 ** (length - 1) if length > 1 else 0), min(high, 10**length - 1)
        written.append(_between(str(first), str(last)))
    return " | ".join(written)


def _between(low: str, high: str) -> str:
    """The strings of digits from `low` to `high`, all of one length."""
    rest = len(low) - 1
    if set(low) == {"0"} and set(high) == {"9"}:
        return f"[0-9]{{{len(low)}}}"
    if not rest:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return f'"{low[0]}" {_between(low[1:], high[1:])}'
    ways = [f'"{low[0]}" {_between(low[1:], "9" * rest)}']
    if int(high[0]) - int(low[0]) > 1:
        ways.append(f"[{int(low[0]) + 1}-{int(high[0]) - 1}] [0-9]{{{rest}}}")
    ways.append(f'"{high[0]}" {_between("0" * rest, high[1:])}')
    return f"({' | '.join(ways)})"
