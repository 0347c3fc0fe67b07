"""The form for a corrected answer: choose tools, fill in their arguments, and see at once what is still wrong."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
from ipywidgets import Layout

from flywheel_helpers.feedback import correction
from flywheel_helpers.feedback.correction import NO_TOOL, Draft
from tool_calling.prompt import hint

_NOT_CHOSEN, _NO_FURTHER = ("choose a tool", ""), ("no further call", "no further call")
_LABEL = {"description_width": "9em"}
_FIELD = Layout(width="min(26em, 95%)")


class CorrectionForm:
    """The fields of all calls of an answer, and the button that saves them.

    Args:
        save: gets the corrected calls; None where somebody knows that the answer is wrong and not what is right.
        back: called when somebody leaves the form.
    """

    def __init__(self, save: Callable[[list[dict[str, Any]] | None], None], back: Callable[[], None]):
        self.tools: Sequence[dict[str, Any]] = []
        self.given: list[dict[str, Any]] = []
        self.editors: list[_CallEditor] = []
        self.calls = ipywidgets.VBox()
        self.problem = ipywidgets.HTML()
        self.submit = ipywidgets.Button(description="Save the correction", button_style="primary", disabled=True)
        self.more = ipywidgets.Button(description="Add a call", tooltip="The question needs one more call")
        self.unknown = ipywidgets.Button(
            description="Save without a correction", tooltip="The answer is wrong, and I do not know what is right"
        )
        self.back = ipywidgets.Button(description="Back")
        for button in (self.submit, self.more, self.unknown, self.back):
            button.layout.width = "auto"
        self.submit.on_click(lambda _: save(self.reading().calls))
        self.unknown.on_click(lambda _: save(None))
        self.more.on_click(lambda _: self._add())
        self.back.on_click(lambda _: back())
        buttons = ipywidgets.HBox(
            [self.submit, self.more, self.unknown, self.back], layout=Layout(flex_flow="row wrap")
        )
        self.box = ipywidgets.VBox([self.calls, self.problem, buttons])

    def open(self, tools: Sequence[dict[str, Any]], given: list[dict[str, Any]]) -> None:
        """Begin with the model's own calls, and put the cursor into the first field."""
        self.tools, self.given = tools, given
        self._set([_CallEditor(draft, tools, number == 0, self._changed) for number, draft in self._numbered()])
        self.editors[0].tool.focus()

    def reading(self) -> correction.Reading:
        """What the form says now."""
        return correction.read([editor.draft() for editor in self.editors], self.tools, self.given)

    def _numbered(self) -> list[tuple[int, Draft]]:
        return list(enumerate(correction.drafts(self.given, self.tools)))

    def _add(self) -> None:
        self._set([*self.editors, _CallEditor(Draft(), self.tools, False, self._changed)])
        self.editors[-1].tool.focus()

    def _set(self, editors: list[_CallEditor]) -> None:
        self.editors = editors
        self.calls.children = [editor.box for editor in editors]
        self._changed()

    def _changed(self) -> None:
        left = [editor for editor in self.editors if editor.tool.value != _NO_FURTHER[1]]
        if left[0].tool.value == NO_TOOL:
            del left[1:]
        if len(left) < len(self.editors):
            self._set(left)
            left[-1].tool.focus()
            return
        reading = self.reading()
        for editor, problems in zip(self.editors, reading.fields, strict=True):
            editor.say(problems)
        said = any(reading.fields)  # beside a field, where it helps more
        self.problem.value = message("" if said else reading.problem)
        self.submit.disabled = reading.calls is None
        self.more.disabled = self.editors[0].tool.value == NO_TOOL


class _CallEditor:
    """The fields of one call."""

    def __init__(self, draft: Draft, tools: Sequence[dict[str, Any]], first: bool, changed: Callable[[], None]):
        self.tools, self.changed, self.texts = tools, changed, dict(draft.texts)
        last = (NO_TOOL, NO_TOOL) if first else _NO_FURTHER
        options = [_NOT_CHOSEN, *((name, name) for name in correction.names(tools)), last]
        self.tool = ipywidgets.Dropdown(
            options=options,
            value=draft.tool,
            description="Right tool" if first else "And also",
            style=_LABEL,
            layout=_FIELD,
        )
        self.fields: dict[str, ipywidgets.Text | ipywidgets.Dropdown] = {}
        self.messages: dict[str, ipywidgets.HTML] = {}
        self.box = ipywidgets.VBox()
        self._show_fields()
        self.tool.observe(lambda _: (self._show_fields(), changed()), "value")

    def draft(self) -> Draft:
        """What is typed now."""
        return Draft(self.tool.value, {name: widget.value for name, widget in self.fields.items()})

    def say(self, problems: dict[str, str]) -> None:
        """Show beside each field what is wrong with it."""
        for name, widget in self.messages.items():
            widget.value = message(problems.get(name, ""))

    def _show_fields(self) -> None:
        # What was typed for one tool stays for another that has the same parameter: look-alikes share many.
        self.texts |= {name: widget.value for name, widget in self.fields.items()}
        schema = correction.parameters(self.tool.value, self.tools)
        required = schema.get("required") or []
        properties = schema.get("properties") or {}
        self.fields = {name: self._field(name, one, name in required) for name, one in properties.items()}
        self.messages = {name: ipywidgets.HTML() for name in properties}
        for widget in self.fields.values():
            widget.observe(lambda _: self.changed(), "value")
        lines = [
            ipywidgets.HBox([widget, self.messages[name]], layout=Layout(flex_flow="row wrap"))
            for name, widget in self.fields.items()
        ]
        self.box.children = [self.tool, *lines]

    def _field(self, name: str, schema: dict[str, Any], required: bool) -> ipywidgets.Text | ipywidgets.Dropdown:
        text = self.texts.get(name, "")
        same = {"description": name, "style": _LABEL, "layout": _FIELD, "tooltip": schema.get("description") or name}
        if texts := correction.choices(schema):
            options = [("choose" if required else "(left out)", ""), *((one, one) for one in texts)]
            return ipywidgets.Dropdown(options=options, value=text if text in texts else "", **same)
        placeholder = hint(schema) + ("" if required else ", may be left out")
        return ipywidgets.Text(value=text, placeholder=placeholder, **same)


def message(text: str) -> str:
    """A message as HTML that a screen reader announces when it changes."""
    return f'<span class="flywheel-problem" role="status">{html.escape(text)}</span>' if text else ""
