"""Parameters for notebooks, as given on a command line: typed, known, and never a secret."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import papermill

from flywheel_helpers.errors import RunError

_SECRET_NAME = re.compile(r"(^|_)(TOKEN|KEY|API_?KEY|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"^(hf_|nvapi-)\w{8,}")  # how Hugging Face and NVIDIA begin theirs


def parse(pairs: Iterable[tuple[str, str]], notebooks: list[Path]) -> dict[str, Any]:
    """Check parameters and give them the types of the values that the notebooks have: numbers, truth values, text.

    Args:
        pairs: names and values as typed.
        notebooks: the ones to be run.

    Raises:
        RunError: a secret (its value is not repeated), a name that no notebook has, or a value of another kind than the
            notebook's own.
    """
    parameters: dict[str, Any] = {}
    known = {name: default for path in notebooks for name, default in of_notebook(path).items()}
    for name, text in pairs:
        if _is_secret(name, text):
            raise RunError(
                f"{name} looks like a secret, and parameters are written into the executed notebooks.",
                f"Put it into the environment instead: export {name.upper()}=...",
            )
        if name not in known:
            raise RunError(
                f"No notebook of this run has a parameter {name}.",
                f"Parameters they have: {', '.join(sorted(known)) or 'none'}.",
            )
        parameters[name] = _like(known[name], name, text)
    return parameters


def of_notebook(path: Path) -> dict[str, Any]:
    """Names and values of the parameters a notebook declares in its cell tagged `parameters`."""
    found = papermill.inspect_notebook(str(path))
    return {name: ast.literal_eval(declared["default"]) for name, declared in found.items()}


def _is_secret(name: str, text: str) -> bool:
    known = {value for key, value in os.environ.items() if _SECRET_NAME.search(key) and len(value) >= 8}
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.match(text)) or text in known


def _like(default: Any, name: str, text: str) -> Any:
    """The text as a value of the default's kind. A whole number is a count: 1 or more, or None for no limit where the
    notebook's own is None. (LIMIT may be None too: all rows.)"""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if isinstance(default, bool):
        if text.lower() in words:
            return words[text.lower()]
        raise RunError(f'{name} is "{text}".', "Write true or false.")
    if isinstance(default, str):
        return text
    if isinstance(default, float):
        try:
            return float(text)
        except ValueError:
            raise RunError(f'{name} is "{text}".', "Write a number, such as 0.001.") from None
    if text.lower() in ("none", "null") and (default is None or name == "LIMIT"):
        return None
    if text.isdecimal() and (int(text) >= 1 or name == "WARMUP_STEPS"):
        return int(text)
    raise RunError(f'{name} is "{text}".', "Write a whole number, 1 or more.")
