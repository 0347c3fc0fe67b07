"""Reviewing: what waits, what is saved when, and what happens when saving fails. JupyterLab is in tests/browser."""

from __future__ import annotations

import asyncio
import threading

import pytest

from flywheel_helpers.errors import Unreachable
from flywheel_helpers.feedback import journal, review, verdicts
from flywheel_helpers.feedback.correction import NO_TOOL


@pytest.fixture
def usage(logged, right_call):
    return [logged(number, right_call) for number in range(1, 5)]


def run(work) -> None:
    """Run a review in an event loop, as a kernel does, until everything is saved."""

    async def main() -> None:
        panel = work()
        while panel._tasks:
            await asyncio.sleep(0.01)

    asyncio.run(main())


def said(journals) -> list[tuple]:
    return [(one["request_id"], one["verdict"], one["calls"]) for one in journals[journal.FEEDBACK]]


def test_every_verdict_is_saved_and_a_second_review_goes_on(journals, usage):
    def first():
        panel = review.Panel(review.Queue(None, usage))
        assert "1 of 4" in panel.position.value
        panel.right.click()
        panel.skip.click()
        assert "3 of 4" in panel.position.value
        panel.wrong.click()
        assert panel.form.submit.disabled, "nothing is corrected yet"
        panel.form.editors[0].fields["hours"].value = "three"
        assert panel.form.submit.disabled and "not of type" in panel.form.editors[0].messages["hours"].value
        panel.form.editors[0].fields["hours"].value = "3"
        assert not panel.form.submit.disabled and panel.form.editors[0].messages["hours"].value == ""
        panel.form.submit.click()
        return panel

    run(first)
    corrected = [{"name": "log_hours", "arguments": {"project": "Papaya", "hours": 3}}]
    wanted = [("q1/model", "right", None), ("q2/model", "skipped", None), ("q3/model", "wrong", corrected)]
    assert said(journals) == wanted
    assert {one["source"] for one in journals[journal.FEEDBACK]} == {"review"}

    def second():
        panel = review.Panel(review.Queue(None, usage))
        assert "4 of 4" in panel.position.value and panel.queue.current is usage[3]
        panel.wrong.click()
        panel.form.unknown.click()
        assert "All 4 answers have been reviewed." in panel.position.value
        assert panel.columns.layout.display == "none"
        return panel

    run(second)
    assert said(journals) == [*wanted, ("q4/model", "wrong", None)]


def test_verdicts_of_others_do_not_count_as_reviewed(journals, usage):
    for source in ("recorded", "open-webui", "teacher"):
        journals[journal.FEEDBACK].append(verdicts.record("q1/model", verdicts.RIGHT, source))
    assert review.Queue(None, usage).current is usage[0]
    assert review.Queue(None, usage, limit=2).total == 2


def test_a_data_store_that_fails_loses_nothing(journals, usage, monkeypatch):
    saves, failing = journal.append, [True]

    def append(nemo, name, records):
        if failing[0]:
            raise Unreachable("Data Store", "POST http://x", "nothing listens there.", "Start <it>.")
        saves(nemo, name, records)

    monkeypatch.setattr(journal, "append", append)

    async def main() -> None:
        panel = review.Panel(review.Queue(None, usage))
        panel.right.click()
        while panel._tasks:
            await asyncio.sleep(0.01)
        assert "1 verdict is not saved yet" in panel.status.value and 'role="alert"' in panel.status.value
        assert "nothing listens there" in panel.status.value and "Start &lt;it&gt;" in panel.status.value
        assert panel.again.layout.display == "" and panel.queue.current is usage[1], "the review can go on"
        panel.skip.click()
        while panel._tasks:
            await asyncio.sleep(0.01)
        assert "2 verdicts are not saved yet" in panel.status.value and said(journals) == []
        failing[0] = False
        panel.again.click()
        while panel._tasks:
            await asyncio.sleep(0.01)
        assert panel.again.layout.display == "none" and "All verdicts are saved" in panel.status.value

    asyncio.run(main())
    assert said(journals) == [("q1/model", "right", None), ("q2/model", "skipped", None)]


def test_a_slow_data_store_holds_nobody_up(journals, usage, monkeypatch):
    saves, free = journal.append, threading.Event()

    def append(nemo, name, records):
        assert free.wait(10)
        saves(nemo, name, records)

    monkeypatch.setattr(journal, "append", append)

    async def main() -> None:
        panel = review.Panel(review.Queue(None, usage))
        for _ in usage:
            panel.right.click()
            await asyncio.sleep(0.02)
        assert panel.queue.current is None and said(journals) == []
        assert "Saving" in panel.status.value
        free.set()
        while panel._tasks:
            await asyncio.sleep(0.01)

    asyncio.run(main())
    assert [one[0] for one in said(journals)] == [f"q{number}/model" for number in range(1, 5)], "each once"


def test_calls_can_be_added_removed_and_replaced(journals, usage):
    def work():
        panel = review.Panel(review.Queue(None, usage))
        form = panel.form
        panel.wrong.click()
        form.more.click()
        assert form.submit.disabled and "Choose the right tool" in form.problem.value
        form.editors[1].tool.value = "invite"
        form.editors[1].fields["title"].value = "Budget"
        assert not form.submit.disabled
        form.editors[1].tool.value = "no further call"
        assert len(form.editors) == 1 and form.submit.disabled
        form.more.click()
        form.editors[0].tool.value = NO_TOOL
        assert len(form.editors) == 1 and not form.submit.disabled and form.more.disabled
        form.editors[0].tool.value = "log_hours"
        assert form.editors[0].fields["project"].value == "Papaya", "what was there comes back"
        form.back.click()
        assert form.box.layout.display == "none" and panel.queue.current is usage[0]
        panel.wrong.click()
        form.editors[0].tool.value = NO_TOOL
        form.submit.click()
        return panel

    run(work)
    assert said(journals) == [("q1/model", "wrong", [])]


def test_what_people_asked_and_the_model_said_is_text_never_markup(logged):
    one = logged(1, text='<img src=x onerror="alert(1)"> "name"')
    one["tools"] = [{"function": {"name": "f", "description": "<b>", "parameters": {"properties": {"<i>": {}}}}}]
    for shown in (review.question_html(one), review.answer_html(one["answer"]), review.tools_html(one["tools"], set())):
        assert not {"<img", "<i>", "<Papaya>", "<b>\n"} & {
            part for part in ("<img", "<i>", "<Papaya>") if part in shown
        }
    assert "&lt;img" in review.answer_html(one["answer"]) and "&lt;Papaya&gt;" in review.question_html(one)
    assert "<div>&lt;b&gt;</div>" in review.tools_html(one["tools"], set())


def test_tools_are_readable(logged):
    shown = review.tools_html(logged(1)["tools"], {"invite"})
    assert "List[str], may be left out" in shown and "Does log_hours." in shown
    assert shown.index("invite") < shown.index("called"), "the tool that the model called is marked"
    assert shown.count("called") == 1


@pytest.mark.parametrize(
    ("done", "line"),
    [
        (0, "4 of 4 answers wait for a review: open this notebook in JupyterLab.\n"),
        (3, "1 of 4 answers wait for a review: open this notebook in JupyterLab.\n"),
        (4, "All 4 answers have been reviewed.\n"),
    ],
)
def test_without_a_watcher_it_is_one_line(journals, usage, capsys, done, line):
    for one in usage[:done]:
        journals[journal.FEEDBACK].append(verdicts.record(one["request_id"], verdicts.RIGHT, "review"))
    review.show(None, usage)
    assert capsys.readouterr().out == line


def test_nothing_to_review(journals, capsys):
    review.show(None, [])
    assert capsys.readouterr().out == "There are no answers to review.\n"
