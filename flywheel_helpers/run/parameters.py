"""Parameters for notebooks, as given on a command line: known, of the right type, and never a secret."""

from __future__ import annotations

import ast
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from flywheel_helpers.errors import RunError

_SECRET_NAME = re.compile(r"(^|_)(TOKEN|KEY|API_?KEY|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"^(hf_|nvapi-)\w{8,}")  # how tokens of Hugging Face and NVIDIA begin

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
# What to write for a value of each type. A whole number is a count.
_WORDS = {
    "int": "a whole number of at least 1",
    "float": "a number, such as 0.001",
    "bool": "true or false",
    "str": "any text",
}


@dataclass(frozen=True)
class Parameter:
    """A parameter that a notebook declares.

    Attributes:
        where: Notebook and line, for errors.
        annotation: Its type, such as ``Optional[int]``; None if it is not annotated.
        default: The expression that gives its default.
    """

    where: str
    annotation: ast.expr | None
    default: ast.expr


def parse(pairs: Iterable[tuple[str, str]], notebooks: list[Path]) -> dict[str, Any]:
    """Check parameters and convert them to the types that the notebooks declare.

    Args:
        pairs: Names and values as typed.
        notebooks: The notebooks to be run.

    Raises:
        RunError: A secret (its value is not repeated), a name that no notebook has, a value of another type than the
            notebook's, or a parameter whose type cannot be told.
    """
    values: dict[str, Any] = {}
    known = {name: parameter for path in notebooks for name, parameter in of_notebook(path).items()}
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
        values[name] = _read(name, text, _types(known[name]))
    return values


def of_notebook(path: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares: what its cell tagged `parameters` assigns.

    Raises:
        RunError: The cell is not Python.
    """
    cells = nbformat.read(path, as_version=4).cells
    source = next((cell.source for cell in cells if "parameters" in cell.metadata.get("tags", ())), "")
    try:
        statements = ast.parse(source).body
    except SyntaxError as problem:
        raise RunError(
            f"{path.name}: line {problem.lineno} of the parameters cell is not Python: {problem.msg}.",
            "Correct the line.",
        ) from None
    found = {}
    for statement in statements:
        match statement:
            case ast.Assign(targets=targets):
                annotation = None
            case ast.AnnAssign(target=target, annotation=annotation, value=ast.expr()):
                targets = [target]
            case _:
                continue
        where = f"{path.name}: line {statement.lineno} of the parameters cell"
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = Parameter(where, annotation, statement.value)
    return found


def _is_secret(name: str, text: str) -> bool:
    known = {value for key, value in os.environ.items() if _SECRET_NAME.search(key) and len(value) >= 8}
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.match(text)) or text in known


def _types(parameter: Parameter) -> list[str]:
    """The types that a value may have, as names: those of `_WORDS`, or a literal such as ``None`` or ``0``."""
    try:
        if parameter.annotation:
            return _options(parameter.annotation)
        default = ast.literal_eval(parameter.default)
        if default is None:
            return ["None", "int"]
        if (name := type(default).__name__) in _WORDS:
            return [name]
    except ValueError:
        pass
    raise RunError(
        f"{parameter.where} does not tell the type of the parameter.",
        "Annotate it in the notebook with int, float, bool, str, Optional, Union or Literal: NAME: int = 2 * 100.",
    )


def _options(node: ast.expr) -> list[str]:
    match node:
        case ast.Name(id=name) if name in _WORDS:
            return [name]
        case ast.Constant(value=None):
            return ["None"]
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _options(left) + _options(right)
        case ast.Subscript(value=ast.Name(id=name), slice=inside):
            arguments = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            if name == "Literal":
                return [repr(ast.literal_eval(argument)) for argument in arguments]
            if name in ("Optional", "Union"):
                options = [option for argument in arguments for option in _options(argument)]
                return options + ["None"] * (name == "Optional")
    raise ValueError("not a type that a command line can give")


def _read(name: str, text: str, types: list[str]) -> Any:
    """The text as a value of one of the types."""
    for option in sorted(types, key=lambda one: one == "str"):  # any text is a str, so it comes last
        if option not in _WORDS:
            value = ast.literal_eval(option)
            if text == str(value) or value is None and text.lower() in ("none", "null"):
                return value
        elif option == "bool" and text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        elif option == "int" and text.isdecimal() and int(text) >= 1:
            return int(text)
        elif option == "float" and (number := _number(text)) is not None:
            return number
        elif option == "str":
            return text
    raise RunError(f'{name} is "{text}".', f"Write {' or '.join(_WORDS.get(option, option) for option in types)}.")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
