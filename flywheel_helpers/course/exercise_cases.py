"""What the checks of the exercises try a learner's function on: each case in words, what goes in, what is right."""

from __future__ import annotations

from typing import Any

import numpy as np

Case = tuple[str, tuple[Any, ...], Any]

# Notebook 01: the parameters of an xLAM tool, and those among them that a call must give.
REQUIRED: list[Case] = [
    ("a plain type", ({"city": {"type": "str"}},), ["city"]),
    ("no parameters", ({},), []),
    ("the word optional", ({"city": {"type": "str"}, "unit": {"type": "str, optional"}},), ["city"]),
    ("Optional[...] around a type", ({"limit": {"type": "Optional[int]"}, "page": {"type": "int"}},), ["page"]),
    ("a default value", ({"limit": {"type": "int", "default": 5}, "page": {"type": "int"}},), ["page"]),
    ("a default value that is empty", ({"unit": {"type": "str", "default": ""}},), []),
    ("a default value that is 0", ({"offset": {"type": "int", "default": 0}},), []),
    ("Optional inside a list", ({"values": {"type": "List[Optional[int]]"}},), ["values"]),
    ("a parameter that is called optional_notes", ({"optional_notes": {"type": "str"}},), ["optional_notes"]),
]

_W, _A, _B = np.arange(6.0).reshape(3, 2), np.array([[1.0, -1.0]]), np.array([[1.0], [0.0], [2.0]])
_WIDE_A = np.array([[1.0, 0.0], [0.0, 3.0]])
_WIDE_B = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
# Notebook 02: W, A, B and alpha, and the matrix that acts like W with the adapter.
MERGED: list[Case] = [
    ("alpha equal to the rank", (_W, _A, _B, 1), _W + _B @ _A),
    ("B at zero, as before the first step", (_W, _A, 0 * _B, 64), _W),
    ("alpha twice the rank", (_W, _A, _B, 2), _W + 2 * _B @ _A),
    ("rank 2 and alpha 2", (_W, _WIDE_A, _WIDE_B, 2), _W + _WIDE_B @ _WIDE_A),
    ("rank 2 and alpha 4", (_W, _WIDE_A, _WIDE_B, 4), _W + 2 * _WIDE_B @ _WIDE_A),
]

# Notebook 03: which rows two models got right, and how many rows the second one gained and lost.
GAINED_AND_LOST: list[Case] = [
    ("a row gained", ([False, True], [True, True]), (1, 0)),
    ("a row lost", ([True, True], [True, False]), (0, 1)),
    ("one gained and one lost", ([False, True], [True, False]), (1, 1)),
    ("rows that both get right or both get wrong", ([True, False], [True, False]), (0, 0)),
    ("three gained and two lost", ([False] * 3 + [True] * 3, [True] * 3 + [False, False, True]), (3, 2)),
    ("no rows", ([], []), (0, 0)),
]

# Notebook 04: which messages are unsafe, which were blocked; precision and recall, None where nothing can be said.
PRECISION_AND_RECALL: list[Case] = [
    ("every decision right", ([True, False], [True, False]), (1, 1)),
    ("one unsafe message of two blocked", ([True, True, False], [True, False, False]), (1, 0.5)),
    ("one safe message blocked", ([True, False, False], [True, True, False]), (0.5, 1)),
    ("everything blocked", ([True, False, False, False], [True] * 4), (0.25, 1)),
    ("many safe messages, and the one unsafe message passed", ([True] + [False] * 9, [False] * 10), (None, 0)),
    ("no unsafe message", ([False, False], [True, False]), (0, None)),
]

_CALL = {"name": "forecast", "arguments": {"city": "Oslo"}}
_TEXT = '[{"name": "forecast", "arguments": {"city": "Oslo"}}]'
# Notebook 05: what the model may write, and the calls in it: an empty list for "no tool fits", None for no calls.
ANSWER_CALLS: list[Case] = [
    ("one call in a list", (_TEXT,), [_CALL]),
    ("two calls in a list", (f"[{_TEXT[1:-1]}, {_TEXT[1:-1]}]",), [_CALL, _CALL]),
    ("the answer for no tool", ("{[]}",), []),
    ("an empty list", ("[]",), []),
    ("prose", ("The weather in Oslo is fine.",), None),
    ("an answer that breaks off", (_TEXT[:-12],), None),
    ("a call that is not in a list", (_TEXT[1:-1],), [_CALL]),
    ("a list of something else", ("[1, 2]",), None),
    ("a call without arguments", ('[{"name": "forecast"}]',), None),
    ("a call without a name", ('[{"tool": "forecast", "arguments": {}}]',), None),
    ("a call with something else in it", ('[{"name": "forecast", "arguments": {}, "id": 1}]',), None),
    ("a call and something else", (f"[{_TEXT[1:-1]}, 1]",), None),
    ("only a number", ("42",), None),
]
