"""Progress of a run: one line that changes on a terminal, a few plain lines in a log."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

_WAITING = re.compile(r"^ *\d+ s \| ")  # what `display.Lines` prints while a cell waits


class Progress:
    """Cell n of m, the time so far, and the latest line from a cell that waits.

    Papermill writes the output of the cells to it, so it has the two methods of a file that papermill uses.
    """

    def __init__(self, console: Console):
        self.console = console
        self._bar: RichProgress | None = None

    @contextmanager
    def notebook(self, title: str) -> Iterator[None]:
        """Show the progress of one notebook while the block runs, and its duration at the end."""
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
        """Show that a cell begins."""
        if self._bar:
            self._bar.update(self._task, completed=number, total=total, last="")

    def write(self, text: str) -> None:
        """Show what a cell prints while it waits, and nothing else."""
        for line in text.splitlines():
            if not _WAITING.match(line):
                continue
            if self.console.is_terminal and self._bar:
                self._bar.update(self._task, last=escape(line.strip()))
            else:
                self.console.print(f"  {line}", highlight=False, markup=False)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""
