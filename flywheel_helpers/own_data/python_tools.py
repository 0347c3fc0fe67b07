"""Python functions as tools: read from the text of a file, which is never imported, let alone run."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flywheel_helpers.own_data import files
from flywheel_helpers.own_data.problems import Wrong

Row = dict[str, Any]
# The start of what a docstring says that is not about the function as a whole.
_SECTION = re.compile(r"\n\s*(?:Args|Arguments|Parameters|Returns|Raises|Yields|Examples?|Notes?):?\s*\n|\n\s*:\w+")


def functions(path: str | Path, text: str) -> Iterator[tuple[str, Row | Wrong]]:
    """The public functions of a file as xLAM tools, each with its place; in place of one that cannot be used, why.

    Args:
        path: of the file, for errors.
        text: what is in it.

    Raises:
        DataError: it is not Python, or has no public function.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of a backslash in a text
            statements = ast.parse(text).body
    except SyntaxError as error:
        files.refuse(path, f"line {error.lineno} is not Python ({error.msg})", "Correct the line.")
    except (ValueError, MemoryError, RecursionError) as error:
        files.refuse(path, f"it is not Python ({type(error).__name__})", "Name a file with functions.")
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    found = [one for one in statements if isinstance(one, kinds) and not one.name.startswith("_")]
    if not found:
        files.refuse(path, "it has no public function", "A tool is a function of the module, not of a class.")
    for function in found:
        place = f"line {function.lineno}"
        try:
            yield place, _tool(function)
        except Wrong as wrong:
            yield place, wrong


def _tool(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Row:
    docstring = ast.get_docstring(function) or ""
    if not docstring.strip():
        raise Wrong(f"{function.name} has no docstring", "Write one: the model uses it to choose.")
    given = function.args
    if given.vararg or given.kwarg:
        raise Wrong(f"{function.name} takes * or ** arguments", "Name them: a call gives each by its name.")
    positional = [*given.posonlyargs, *given.args]
    missing = [None] * (len(positional) - len(given.defaults))
    pairs = [*zip(positional, [*missing, *given.defaults], strict=True)]
    pairs += zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return {
        "name": function.name,
        "description": " ".join(_SECTION.split(docstring, maxsplit=1)[0].split()),
        "parameters": {
            argument.arg: _parameter(function.name, argument, default, docstring) for argument, default in pairs
        },
    }


def _parameter(function: str, argument: ast.arg, default: ast.expr | None, docstring: str) -> Row:
    annotation, description = argument.annotation, _about(argument.arg, docstring)
    if annotation is None:
        raise Wrong(f"{function}: the parameter {argument.arg} has no type", f"Write such as {argument.arg}: int.")
    match annotation:
        case ast.Subscript(
            value=ast.Name("Annotated") | ast.Attribute(attr="Annotated"), slice=ast.Tuple(elts=[kind, *more])
        ):
            texts = [one.value for one in more if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            annotation, description = kind, " ".join(texts) or description
    is_text = isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)
    spec = {"description": description, "type": annotation.value if is_text else ast.unparse(annotation)}
    if default is not None:
        try:
            spec["default"] = json.loads(json.dumps(ast.literal_eval(default), allow_nan=False))
        except (ValueError, TypeError, MemoryError, RecursionError):  # what JSON does not have, or an expression
            spec["type"] += ", optional"
    return spec


def _about(name: str, docstring: str) -> str:
    """What a docstring says of a parameter: a line `name: ...` or `:param name: ...`, and its deeper lines."""
    start = rf"^(?P<indent>[ \t]*)(?::param\s+(?:\w+\s+)?)?{re.escape(name)}\s*(?:\([^)\n]*\))?\s*:[ \t]*(?P<text>.*"
    found = re.search(rf"{start}(?:\n(?P=indent)[ \t]+\S.*)*)", docstring, re.MULTILINE)
    return " ".join(found["text"].split()) if found else ""
