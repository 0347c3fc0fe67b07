"""Chat templates are Jinja programs that come with a model. Here they are run as transformers runs them.

Not with transformers, because the NIM, which needs nothing else of it, would take seconds longer to start.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment


class ChatTemplateError(ValueError):
    """The chat template fails on a conversation."""


class _Generation(Extension):
    """``{% generation %}``, which marks what the assistant writes: here it means nothing."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def compile_template(source: str) -> Callable[..., str]:
    """The template as a function of its variables. It has no access to Python, files or network.

    Args:
        source: in Jinja, with what transformers adds to it.

    Raises:
        ChatTemplateError: it is not valid Jinja. The function raises it when the template fails.
    """
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _tojson
    environment.globals |= {"raise_exception": _raise, "strftime_now": lambda form: datetime.now().strftime(form)}
    try:
        template = environment.from_string(source)
    except jinja2.TemplateError as error:
        raise ChatTemplateError(f"the chat template is not valid Jinja: {error}") from None

    def render(**variables: Any) -> str:
        try:
            return template.render(**variables)
        # Someone else's program: whatever it raises (its own errors, or a TypeError), it is the template that failed.
        except Exception as error:
            raise ChatTemplateError(f"the model's chat template refuses this conversation: {error}") from error

    return render


def _tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None, **options: Any) -> str:
    # Jinja's own filter escapes what is special in HTML.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **options)


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
