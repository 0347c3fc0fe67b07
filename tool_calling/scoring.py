"""The tool-calling metric as NeMo Evaluator scores it, and the one equality of arguments."""

from __future__ import annotations

from typing import Any

from tool_calling.calls import NotACall, arguments_of, comparable, name_of

UNPARSABLE = object()  # in place of arguments that are not a JSON object; equal to nothing


def json_equal(a: Any, b: Any) -> bool:
    """Whether two parsed JSON values are the same value: `2` is `2.0`, but `true` is not `1` as in Python."""
    if a is UNPARSABLE or b is UNPARSABLE:
        return False
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(json_equal(value, b[key]) for key, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(json_equal, a, b))
    return type(a) is type(b) and a == b or (_is_number(a) and _is_number(b) and a == b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def score_tool_calls(predicted: list, expected: list) -> dict[str, float]:
    """Compare the calls of a model with the true ones.

    Names are case sensitive, dots in them count as underscores (the OpenAI API allows none), and order does not
    matter. The names agree when the two *sets* of names are equal. The arguments agree when, beyond that, the calls
    can be paired one to one: a function called twice has to be called twice, with both sets of arguments.

    Args:
        predicted: calls in any form that `calls.read_call` takes. What it refuses matches nothing.
        expected: the true calls, likewise.

    Returns:
        `function_name_accuracy` and `function_name_and_args_accuracy`, each 0.0 or 1.0.
    """
    calls, truth = [name_and_arguments(c) for c in predicted], [name_and_arguments(c) for c in expected]
    names_match = {name for name, _ in calls} == {name for name, _ in truth}
    return {
        "function_name_accuracy": float(names_match),
        "function_name_and_args_accuracy": float(names_match and _pair_up(calls, truth)),
    }


def _pair_up(calls: list[tuple], truth: list[tuple]) -> bool:
    if len(calls) != len(truth):
        return False
    left = list(truth)
    for name, arguments in calls:
        # JSON equality is transitive, so taking the first equal call can never spoil a later pair.
        match = next((i for i, (n, a) in enumerate(left) if n == name and json_equal(arguments, a)), None)
        if match is None:
            return False
        del left[match]
    return True


def name_and_arguments(call: Any) -> tuple[str | None, Any]:
    """The name of a call, as it is compared, and its parsed arguments.

    Args:
        call: in any form that `calls.read_call` takes.

    Returns:
        the name with dots as underscores, None where there is none; the arguments as an object, or `UNPARSABLE`.
    """
    try:
        name = name_of(call)
    except NotACall:
        return None, UNPARSABLE
    try:
        return comparable(name), arguments_of(call)
    except NotACall:
        return comparable(name), UNPARSABLE
