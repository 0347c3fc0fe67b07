"""Prompt templates of a config: they may put variables into a text, and nothing else.

The library renders them in Jinja's sandbox. A sandbox still runs loops and calls, so a template is first read, and
refused unless it is made of text, known variables and conditions on them: what a safety prompt needs.
"""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from nemo_local.common.errors import Invalid

VARIABLES = frozenset({"user_input", "bot_response", "reasoning_enabled"})
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
    if unknown := names - VARIABLES:
        known = ", ".join(sorted(VARIABLES))
        raise Invalid(field, f"has the unknown variable {sorted(unknown)[0]!r}; known ones: {known}.")
    return names
