"""Every message that the helpers can give a user, read from their source: what is filled in while running is "…"."""

from __future__ import annotations

import ast
import inspect

from flywheel_helpers import errors
from flywheel_helpers.checkout import ROOT

HELPERS = ROOT / "flywheel_helpers"
_KINDS = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind)}
_OURS = {name for name, kind in _KINDS.items() if issubclass(kind, errors.FlywheelError)}
_SERVICE = {name for name in _OURS if issubclass(_KINDS[name], errors.ServiceError)}
# What passes a message on to an error, or shows it, and the place of the message among the arguments.
_PASSED_ON = {"unreachable": 0, "wrong_address": 2, "make": 1, "Remark": 1, "warn": 0}


def read() -> dict[str, str]:
    """Each message and the file it is in.

    What is not written out where the error is made, such as the words of another message, does not count.
    """
    found: dict[str, str] = {}
    for path in sorted(HELPERS.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            statement.targets[0].id: template(statement.value)
            for statement in tree.body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            for message in _messages(node, constants):
                found.setdefault(message.rstrip("."), path.relative_to(ROOT).as_posix())
    return found


def _messages(node: ast.AST, constants: dict[str, str]) -> list[str]:
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = 2 if name in _SERVICE else 0 if name in _OURS else _PASSED_ON.get(name)
        if place is not None and len(node.args) > place:
            parts = [node.args[place]]
    if isinstance(node, ast.FunctionDef) and node.name == "certificate_problem":
        returns = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return))
        parts = [value.elts[0] for value in returns if isinstance(value, ast.Tuple)]
    texts = (constants.get(part.id, "") if isinstance(part, ast.Name) else template(part) for part in parts)
    return [text for text in texts if text.strip("… ")]


def template(node: ast.expr) -> str:
    """A text with "…" for each value; nothing for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    if isinstance(node, ast.JoinedStr):
        pieces = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
        return " ".join("".join(pieces).split())
    return ""
