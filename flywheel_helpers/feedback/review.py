"""Reviewing logged answers in the notebook: right, wrong with a correction, or skip. Every verdict is saved at once."""

from __future__ import annotations

import asyncio
import html
import threading
from collections.abc import Sequence
from typing import Any

import ipywidgets
from ipywidgets import Layout

from flywheel_helpers.course import answers
from flywheel_helpers.display import show_widget, watched
from flywheel_helpers.feedback import journal, verdicts
from flywheel_helpers.feedback.review_form import CorrectionForm
from flywheel_helpers.services.connection import Connection
from tool_calling.prompt import hint

SOURCE = "review"


def show(nemo: Connection, usage: Sequence[dict[str, Any]], limit: int | None = None) -> None:
    """Show the answers that nobody has reviewed yet, one after the other, with buttons and a form for corrections.

    A second call goes on where the first one stopped, also after a restart of the kernel. Where nobody watches, it
    prints a line that says how many answers wait.

    Args:
        usage: records of the usage log.
        limit: the first so many of them; all unless given.
    """
    queue = Queue(nemo, usage, limit)
    if watched():
        show_widget(Panel(queue).box, queue.summary())
    else:
        print(queue.summary())


class Queue:
    """The answers to review, and the verdicts that are not saved yet."""

    def __init__(self, nemo: Connection, usage: Sequence[dict[str, Any]], limit: int | None = None):
        self.nemo = nemo
        self.unsaved: list[dict[str, Any]] = []
        self._saving = threading.Lock()
        answered = list(usage)[:limit]
        feedback = journal.read(nemo, journal.FEEDBACK)
        judged = {one["request_id"] for one in feedback if one["source"] == SOURCE}
        self.total = len(answered)
        self.waiting = [logged for logged in answered if logged["request_id"] not in judged]

    @property
    def current(self) -> dict[str, Any] | None:
        """The usage record to judge now; None when all are judged."""
        return self.waiting[0] if self.waiting else None

    @property
    def judged(self) -> int:
        """How many have a verdict."""
        return self.total - len(self.waiting)

    def judge(self, verdict: str, calls: list[dict[str, Any]] | None = None) -> None:
        """Give the current answer a verdict and go on to the next. `save` has to follow."""
        logged = self.waiting.pop(0)
        self.unsaved.append(verdicts.record(logged["request_id"], verdict, SOURCE, calls))

    def save(self) -> None:
        """Add all unsaved verdicts to the journal. Those that could not be saved stay for the next time.

        May run in a thread: a second call waits for the first.

        Raises:
            ServiceError: the Data Store did not take them.
        """
        with self._saving:
            batch = list(self.unsaved)
            journal.append(self.nemo, journal.FEEDBACK, batch)
            del self.unsaved[: len(batch)]

    def summary(self) -> str:
        """One line: how many answers wait."""
        if not self.total:
            return "There are no answers to review."
        if not self.waiting:
            return f"All {self.total} answers have been reviewed."
        return f"{len(self.waiting)} of {self.total} answers wait for a review: open this notebook in JupyterLab."


class Panel:
    """The widget: question and answer on the left, the tools on offer on the right."""

    def __init__(self, queue: Queue):
        self.queue = queue
        self.progress = ipywidgets.IntProgress(min=0, max=max(queue.total, 1), layout=Layout(width="16em"))
        self.position, self.question, self.answer, self.tools, self.status = (ipywidgets.HTML() for _ in range(5))
        self.right = ipywidgets.Button(description="Right", tooltip="The answer is right", button_style="success")
        self.wrong = ipywidgets.Button(description="Wrong", tooltip="Correct the answer", button_style="danger")
        self.skip = ipywidgets.Button(description="Skip", tooltip="I cannot tell")
        self.again = ipywidgets.Button(description="Save again", layout=Layout(display="none"))
        self.right.on_click(lambda _: self.judge(verdicts.RIGHT))
        self.wrong.on_click(lambda _: self._open_form())
        self.skip.on_click(lambda _: self.judge(verdicts.SKIPPED))
        self.again.on_click(lambda _: self._save())
        self.buttons = ipywidgets.HBox([self.right, self.wrong, self.skip])
        self.form = CorrectionForm(lambda calls: self.judge(verdicts.WRONG, calls), self._close_form)
        left = ipywidgets.VBox([self.question, self.answer, self.buttons, self.form.box])
        right = ipywidgets.VBox([self.tools])
        left.add_class("flywheel-judge")
        right.add_class("flywheel-offer")
        self.columns = ipywidgets.HBox([left, right], layout=Layout(flex_flow="row wrap"))
        top = ipywidgets.HBox([self.position, self.progress])
        bottom = ipywidgets.HBox([self.status, self.again], layout=Layout(flex_flow="row wrap"))
        self.box = ipywidgets.VBox([ipywidgets.HTML(_STYLE), top, self.columns, bottom])
        self.box.add_class("flywheel-review")
        self._tasks: set[asyncio.Task[None]] = set()
        self._show()

    def judge(self, verdict: str, calls: list[dict[str, Any]] | None = None) -> None:
        """Take a verdict, show the next answer, and save in the background."""
        self.queue.judge(verdict, calls)
        self._save()
        self._show()
        if self.queue.current:
            self.right.focus()

    def _save(self) -> None:
        self.status.value = _status("Saving ...")
        # In a thread: the next answer can be judged while the Data Store takes its time.
        task = asyncio.get_running_loop().create_task(self._saved())
        self._tasks.add(task)  # the loop itself holds no reference that keeps a task alive
        task.add_done_callback(self._tasks.discard)

    async def _saved(self) -> None:
        try:
            await asyncio.to_thread(self.queue.save)
        except Exception as error:  # whatever it is, somebody has to learn that the verdict is not saved
            count = len(self.queue.unsaved)
            what = "1 verdict is" if count == 1 else f"{count} verdicts are"
            self.status.value = _status(f"{what} not saved yet. {error}", failed=True)
            self.again.layout.display = ""
        else:
            self.again.layout.display = "none"
            if not self.queue.unsaved:
                self.status.value = _status("All verdicts are saved.")

    def _show(self) -> None:
        queue, logged = self.queue, self.queue.current
        self._close_form()
        self.progress.value = queue.judged
        if logged is None:
            self.position.value = f"<b>{html.escape(queue.summary())}</b>"
            self.columns.layout.display = "none"
            return
        self.position.value = f'<b role="status">{queue.judged + 1} of {queue.total}</b>'
        self.question.value = question_html(logged)
        self.answer.value = answer_html(logged["answer"])
        self.tools.value = tools_html(logged["tools"], {call["name"] for call in answers.calls(logged["answer"])})

    def _open_form(self) -> None:
        logged = self.queue.current
        self.buttons.layout.display = "none"
        self.form.box.layout.display = ""
        self.form.open(logged["tools"], answers.calls(logged["answer"]))

    def _close_form(self) -> None:
        was_open = self.form.box.layout.display != "none"
        self.form.box.layout.display = "none"
        self.buttons.layout.display = ""
        if was_open:
            self.wrong.focus()


def question_html(logged: dict[str, Any]) -> str:
    """The question as somebody asked it."""
    return f"<h4>Question</h4><blockquote>{html.escape(logged['messages'][-1]['content'])}</blockquote>"


def answer_html(answer: dict[str, Any]) -> str:
    """The model's calls, one a line, or what it said instead."""
    calls = [answers.one_line({"tool_calls": [call]}) for call in answer.get("tool_calls") or []]
    lines = "\n".join(calls or [answers.one_line(answer)])
    return f"<h4>The model's answer</h4><pre>{html.escape(lines)}</pre>"


def tools_html(tools: Sequence[dict[str, Any]], called: set[str]) -> str:
    """The tools on offer with their parameters; those that the model called are marked.

    Args:
        tools: OpenAI function specs.
        called: names of the tools that the model called.
    """
    return "<h4>Tools on offer</h4>" + "".join(_tool_html(tool["function"], called) for tool in tools)


def _tool_html(tool: dict[str, Any], called: set[str]) -> str:
    schema = tool.get("parameters") or {}
    rows = []
    for name, one in (schema.get("properties") or {}).items():
        left_out = "" if name in (schema.get("required") or []) else ", may be left out"
        described = html.escape(one.get("description") or "")
        rows.append(
            f"<tr><td><code>{html.escape(name)}</code></td><td>{html.escape(hint(one) + left_out)}</td>"
            f"<td>{described}</td></tr>"
        )
    mark = ' <span class="flywheel-mark">called</span>' if tool["name"] in called else ""
    return (
        f'<div class="flywheel-tool"><code><b>{html.escape(tool["name"])}</b></code>{mark}'
        f"<div>{html.escape(tool.get('description') or '')}</div><table>{''.join(rows)}</table></div>"
    )


def _status(text: str, failed: bool = False) -> str:
    kind = 'class="flywheel-problem" role="alert"' if failed else 'role="status"'
    return f"<span {kind}>{html.escape(text)}</span>"


# Colours are JupyterLab's own, so that both of its themes look right; but white on its green is hard to read. The
# values after a comma are for VS Code.
# JupyterLab takes letters and arrow keys for commands (M makes a cell a text cell) unless what has the focus is a text
# field. In a list to choose from they have to reach the list. An attribute of the element with the focus says so; only
# a script can set it.
_STYLE = """<style onload="this.closest('.flywheel-review').addEventListener(
  'focusin', event => event.target.setAttribute('data-lm-suppress-shortcuts', 'true'))">
.flywheel-review { max-width: 75em; overflow: visible; }
.flywheel-review h4 { margin: 8px 0 4px; font-size: 1em; }
.flywheel-review blockquote, .flywheel-review pre, .flywheel-tool {
  margin: 0 0 8px; padding: 8px 12px; line-height: 1.45; color: inherit; white-space: pre-wrap;
  background: var(--jp-layout-color2, transparent); border-radius: 4px; border: 0; }
.flywheel-review blockquote { border-left: 4px solid var(--jp-brand-color1, #1976d2); font-size: 1.1em; }
.flywheel-judge { flex: 3 1 28em; min-width: 0; margin: 0 24px 0 0; overflow: visible; }
.flywheel-offer { flex: 2 1 24em; min-width: 0; overflow: visible; }
.flywheel-tool td { padding: 1px 12px 1px 0; vertical-align: top; text-align: left; }
.flywheel-mark { padding: 0 6px; border-radius: 8px; font-size: 0.85em; border: 1px solid currentColor; }
.flywheel-review .jupyter-button.mod-success { background-color: #2e7d32; color: white; }
.flywheel-problem { color: var(--jp-error-color1, #d32f2f); white-space: pre-wrap; line-height: 1.4; }
.flywheel-review button:focus-visible, .flywheel-review input:focus-visible, .flywheel-review select:focus-visible {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 2px; }
</style>"""
