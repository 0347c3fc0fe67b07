"""Prompt templates of a config: they may put variables into a text, and nothing else.

The library renders them in Jinja's sandbox. A sandbox still runs loops and calls, so a template is first read, and
refused unless it is made of text, known variables and conditions on them: what a safety prompt needs.
"""

from __future__ import annotations

import re

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from nemo_local.common.errors import Invalid

VARIABLES = frozenset({"user_input", "bot_response", "reasoning_enabled"})
# The name that prompts published by NVIDIA use, and the library's own.
_ALIAS, _MEANT = "user_query", "user_input"
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Not, nodes.And, nodes.Or)


def check_template(template: str, field: str) -> set[str]:
    """The variables a template uses.

    Args:
        template: the text of a prompt.
        field: its dotted path, for errors.

    Raises:
        Invalid: it is no template, or does more than put variables into a text.
    """
    try:
        tree = SandboxedEnvironment().parse(template)
    except TemplateSyntaxError as error:
        raise Invalid(field, f"is not a valid template: {error.message} (line {error.lineno}).") from None
    names: set[str] = set()
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _ALLOWED):
            raise Invalid(
                field,
                f"uses {type(node).__name__} (line {node.lineno}). A template may only put variables into a text, "
                f"such as {{{{ user_input }}}}; known ones: {', '.join(sorted(VARIABLES))}.",
            )
        if isinstance(node, nodes.Name):
            names.add(node.name)
        waiting += node.iter_child_nodes()
    names = {_MEANT if name == _ALIAS else name for name in names}
    if unknown := names - VARIABLES:
        known = ", ".join(sorted(VARIABLES))
        raise Invalid(field, f"has the unknown variable {sorted(unknown)[0]!r}; known ones: {known}.")
    return names


def with_known_names(template: str) -> str:
    """A checked template with the variables that the library knows."""
    return _TAG.sub(lambda tag: re.sub(rf"\b{_ALIAS}\b", _MEANT, tag[0]), template)
