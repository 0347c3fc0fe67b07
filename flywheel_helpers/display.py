"""Showing progress and results: widgets in Jupyter, plain lines everywhere else.

"Everywhere else" is a terminal, and also papermill, nbval and nbconvert: they run kernels too, but nobody watches, and
the state of a widget is not saved in the notebook.
"""

from __future__ import annotations

import base64
import html
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython import get_ipython
from IPython.display import DisplayHandle, display


@dataclass(frozen=True)
class Table:
    """A table, shown as HTML in Jupyter and as aligned text elsewhere.

    Args:
        headers: column names.
        rows: cells, converted with `str`.
    """

    headers: list[str]
    rows: list[list[Any]]

    def __repr__(self) -> str:
        lines = [self.headers, *([str(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.headers))]
        lines.insert(1, ["-" * width for width in widths])
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        )

    def _repr_html_(self) -> str:
        def line(tag: str, cells: list[Any]) -> str:
            return "".join(f'<{tag} style="text-align:left">{html.escape(str(cell))}</{tag}>' for cell in cells)

        body = "".join(f"<tr>{line('td', row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{line('th', self.headers)}</tr></thead><tbody>{body}</tbody></table>"


def compact(value: Any, width: int = 100, indent: int = 0) -> str:
    """JSON text in which everything that fits on one line is on one line.

    Args:
        value: any JSON value.
        width: characters in a line.
        indent: column at which the text begins.
    """
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(flat) + indent <= width:
        return flat
    inner, end = " " * (indent + 2), " " * indent
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + compact(item, width, indent + 2) for item in value) + f"\n{end}]"
    parts = [f"{inner}{json.dumps(key)}: {compact(item, width, indent + 2)}" for key, item in value.items()]
    return "{\n" + ",\n".join(parts) + f"\n{end}}}"


@dataclass(frozen=True)
class Picture:
    """A PNG with an alternative text, which is also what tests compare."""

    png: bytes
    alt: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": self.png, "text/plain": self.alt}
        if watched():  # JupyterLab, which prefers HTML, has alternative texts only there
            data["text/html"] = self.html()
        return data, {"image/png": {"alt": self.alt}}

    def html(self) -> str:
        """As an element that contains the picture itself."""
        source = base64.b64encode(self.png).decode()
        return f'<img alt="{html.escape(self.alt)}" style="max-width: 100%" src="data:image/png;base64,{source}">'


class Lines:
    """Progress as text: a line for each change of state and every ten percent.

    Each line has the form `    12 s |  40% | text`.
    """

    def __init__(self, title: str):
        self.started = time.monotonic()
        self.last: tuple[str, int] | None = None
        print(title, flush=True)

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, fraction: float, text: str, state: str = "", draw: Callable[[], Picture] | None = None) -> None:
        """Show the current progress.

        Args:
            fraction: 0 to 1.
            text: what is happening.
            state: such as "running"; a change of it is always shown.
            draw: draws a picture of the current state, if pictures can be shown while it runs.
        """
        now = (state, int(fraction * 10))
        if now != self.last:
            self.last = now
            self._line(f"{fraction:4.0%} | {text}")

    def warn(self, text: str) -> None:
        """Show a problem that does not end the wait."""
        self._line(f"warning | {text}")

    def done(self, text: str, picture: Picture | None = None) -> None:
        """Show the result, and a picture that stays in the notebook."""
        print(text, flush=True)
        if picture and get_ipython():
            display(picture)

    def _line(self, text: str) -> None:
        print(f"{time.monotonic() - self.started:6.0f} s | {text}", flush=True)


def show_widget(widget: Any, text: str) -> DisplayHandle:
    """Show an ipywidget, with a text for all that shows no widgets: other viewers, and a notebook that was saved.

    Args:
        widget: the outermost one.
        text: what such a viewer shows in its place.

    Returns:
        the handle with which the output can be replaced.
    """
    return display({**widget._repr_mimebundle_(), "text/plain": text}, raw=True, display_id=True)


class Widgets:
    """Progress as ipywidgets: a bar, a line of text, and a picture that changes while it runs.

    At the end, text takes the place of all of it: the state of a widget is not saved with the notebook.
    """

    def __init__(self, title: str):
        import ipywidgets

        self.bar = ipywidgets.FloatProgress(min=0, max=1, layout=ipywidgets.Layout(width="60%"))
        self.label = ipywidgets.Label(title)
        self.warning = ipywidgets.Label()
        self.picture = ipywidgets.HTML()  # the widget for images has no alternative text
        self.box = ipywidgets.VBox([self.label, self.bar, self.warning, self.picture])
        self.title = title
        self.result = ""
        self.started = time.monotonic()
        self.shown = show_widget(self.box, f"{title}: the progress is shown here while the cell runs.")

    def __enter__(self) -> Widgets:
        return self

    def __exit__(self, *_: object) -> None:
        left = [self.title, self.result] if self.result else [self.label.value, self.warning.value]
        self.shown.update({"text/plain": "\n".join(line for line in left if line)}, raw=True)
        self.box.close()

    def update(self, fraction: float, text: str, state: str = "", draw: Callable[[], Picture] | None = None) -> None:
        """As `Lines.update`."""
        self.bar.value = fraction
        self.label.value = f"{self.title}: {text} ({time.monotonic() - self.started:.0f} s)"
        self.warning.value = ""
        if draw:
            self.picture.value = draw().html()

    def warn(self, text: str) -> None:
        """As `Lines.warn`."""
        self.warning.value = f"Warning: {text}"

    def done(self, text: str, picture: Picture | None = None) -> None:
        """As `Lines.done`. Plain text and a picture remain, which every viewer can show."""
        self.result = text
        if picture:
            display(picture)


def watched() -> bool:
    """Whether somebody is looking at a notebook: its kernel was started by a Jupyter server or by VS Code."""
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return False
    return "JPY_SESSION_NAME" in os.environ or "__vsc_ipynb_file__" in shell.user_ns


def open_display(title: str) -> Lines | Widgets:
    """The display for this environment. Use it in a `with` block."""
    return Widgets(title) if watched() else Lines(title)
