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
    """Check parameters and give them types: `3` becomes a number, `true` a truth value, the rest stays text.

    Args:
        pairs: names and values as typed.
        notebooks: the ones to be run.

    Raises:
        RunError: a secret (its value is not repeated), or a name that no notebook has.
    """
    parameters: dict[str, Any] = {}
    known = {name for path in notebooks for name in of_notebook(path)}
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
        parameters[name] = _typed(text)
    return parameters


def of_notebook(path: Path) -> list[str]:
    """Names of the parameters a notebook declares in its cell tagged `parameters`."""
    return list(papermill.inspect_notebook(str(path)))


def _is_secret(name: str, text: str) -> bool:
    known = {value for key, value in os.environ.items() if _SECRET_NAME.search(key) and len(value) >= 8}
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.match(text)) or text in known


def _typed(text: str) -> Any:
    words = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
