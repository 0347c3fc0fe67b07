"""Jinja templates over a dataset row (``item``) and, after the model has answered, its answer (``sample``).

A configuration comes from whoever may reach the port, so templates run in Jinja's sandbox and cannot reach Python.
"""

from __future__ import annotations

import json
import re
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nemo_local.common.errors import Invalid

TEXT_FIELDS = {"prompt", "suffix", "stop", "user"}
"""Request fields whose type is text: they stay text even where they happen to read as JSON (a prompt of ``42``)."""


class RenderError(Exception):
    """A template cannot be rendered for a row."""


class _Environment(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        # Jinja prefers Python attributes: `item.items` would be the method of dict, not the column "items".
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _to_json(value: Any, indent: int | None = None) -> str:
    # Jinja's own filter sorts keys and escapes for HTML; here the text goes to a model, in the order of the dataset.
    # What JSON does not know is a missing field, and `str` makes it raise the error that names the field.
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)


_ENVIRONMENT = _Environment(undefined=StrictUndefined, keep_trailing_newline=True)
_ENVIRONMENT.filters["tojson"] = _to_json


def compile_template(source: Any, field: str) -> Template:
    """Compile one template.

    Args:
        source: the template's text.
        field: dotted path of the template in the request, for errors.

    Raises:
        Invalid: it is not a text, or not valid Jinja.
    """
    if not isinstance(source, str):
        raise Invalid(field, f"must be a template text such as '{{{{ item.answer }}}}', not {type(source).__name__}.")
    try:
        return _ENVIRONMENT.from_string(source)
    except TemplateSyntaxError as error:
        raise Invalid(field, f"is not a valid Jinja template: {error.message} (line {error.lineno}).") from error


def needs_answer(source: str, item: dict) -> bool:
    """Whether a template reads what the model has answered to this row, so that it cannot be rendered before."""
    names = meta.find_undeclared_variables(_ENVIRONMENT.parse(source))
    return "sample" in names or ("output_text" in names and "output_text" not in item)


def render(template: Template, item: dict, sample: dict | None, field: str) -> str:
    """Render a template for one row.

    Args:
        template: from ``compile_template``.
        item: the dataset row. Its columns can also be used by their own names.
        sample: what came back from the model (``output_text``, ``response``, ``tool_calls``), or None before the call.
            Its text can also be used as ``output_text``, unless the row has a column of that name.
        field: dotted path of the template, for errors.

    Raises:
        RenderError: a field is missing, or the template does something that fails or is not allowed.
    """
    context = {**item, "item": item}
    if sample is not None:
        context["sample"] = sample
        if "output_text" in sample:
            context.setdefault("output_text", sample["output_text"])
    try:
        return template.render(context)
    except UndefinedError as error:
        missing = re.search(r"(?:attribute '([^']+)'|^'([^']+)' is undefined)", error.message or "")
        name = next(filter(None, missing.groups())) if missing else None
        what = f"the field {name!r}, which is not there" if name else f"something that is not there ({error.message})"
        known = ", ".join(map(str, item)) or "(none)"
        raise RenderError(f"{field} uses {what}; the row has the fields {known}") from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RuntimeError) as error:
        raise RenderError(f"{field} cannot be rendered: {type(error).__name__}: {error}") from error


class RequestTemplate:
    """The body of a request, any text of which may be a template.

    A top-level value that renders to JSON becomes JSON (``"{{ item.messages | tojson }}"`` a list), except in the
    fields whose type is text. Texts further inside, such as a message's ``content``, stay texts.
    """

    def __init__(self, template: Any, field: str) -> None:
        if not isinstance(template, dict) or not template:
            raise Invalid(field, "must be an object with the body of the request, for example {'messages': ...}.")
        self._field = field
        self._compiled = {key: self._compile(value, f"{field}.{key}") for key, value in template.items()}

    def _compile(self, value: Any, field: str) -> Any:
        if isinstance(value, str):
            return compile_template(value, field)
        if isinstance(value, list):
            return [self._compile(part, f"{field}.{index}") for index, part in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._compile(part, f"{field}.{key}") for key, part in value.items()}
        return value

    def render(self, item: dict, sample: dict | None = None) -> dict:
        """The request body for one row, and for the answer to it where there is one. Raises RenderError."""
        body = {}
        for key, value in self._compiled.items():
            field = f"{self._field}.{key}"
            rendered = self._render(value, item, sample, field)
            if isinstance(value, Template) and key not in TEXT_FIELDS:
                rendered = _json_or_text(rendered)
            body[key] = rendered
        return body

    def _render(self, value: Any, item: dict, sample: dict | None, field: str) -> Any:
        if isinstance(value, Template):
            return render(value, item, sample, field)
        if isinstance(value, list):
            return [self._render(part, item, sample, f"{field}.{index}") for index, part in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._render(part, item, sample, f"{field}.{key}") for key, part in value.items()}
        return value


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
