"""Showing how far a run is: one moving line on a terminal, a few plain lines in a log."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

# What `display.Lines` prints while something long is going on.
_WAITING = re.compile(r"^ *\d+ s \| ")


class Progress:
    """Cell n of m, the time so far, and the last word of a cell that takes long.

    Papermill hands it what the cells print, so it has the two methods of a file that papermill uses.
    """

    def __init__(self, console: Console):
        self.console = console
        self._bar: RichProgress | None = None

    @contextmanager
    def notebook(self, title: str) -> Iterator[None]:
        """Show one notebook's progress while the block runs, and its time at the end."""
        started = time.monotonic()
        verdict = "failed"
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("cell"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[last]}", style="dim"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        try:
            with self._bar:
                self._task = self._bar.add_task(title, total=None, last="")
                if not self.console.is_terminal:
                    self.console.print(f"{title} ...", highlight=False)
                yield
            verdict = "done"
        except KeyboardInterrupt:
            verdict = "stopped"
            raise
        finally:
            self.console.print(f"{title}: {verdict} in {time.monotonic() - started:.0f} s", highlight=False)

    def cell(self, number: int, total: int) -> None:
        """A cell begins."""
        if self._bar:
            self._bar.update(self._task, completed=number, total=total, last="")

    def write(self, text: str) -> None:
        """A cell printed something; lines of waiting are passed on."""
        for line in text.splitlines():
            if not _WAITING.match(line):
                continue
            if self.console.is_terminal and self._bar:
                self._bar.update(self._task, last=escape(line.strip()))
            else:
                self.console.print(f"  {line}", highlight=False, markup=False)

    def flush(self) -> None:
        """Nothing is held back."""
