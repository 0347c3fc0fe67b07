"""The sanitising rules take away what differs between runs, and nothing that a reader is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

from flywheel_helpers.course import results
from flywheel_helpers.display import Table
from flywheel_helpers.statistics import Score, Scores

FILE = Path(__file__).with_name("sanitize.cfg")


def sanitize(text: str) -> str:
    """As nbval does it."""
    for pattern, replacement in get_sanitize_patterns(FILE.read_text()):
        text = re.sub(pattern, replacement, text)
    return text


def both_forms(table: Table) -> list[str]:
    return [sanitize(repr(table)), sanitize(table._repr_html_())]


def scores(right: int, n: int) -> Scores:
    return Scores("ns/model@v1", n, Score.of(right, n), Score.of(right // 2, n))


def test_every_rule_is_read():
    assert len(get_sanitize_patterns(FILE.read_text())) == FILE.read_text().count("\nregex:")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Training\n", "Training\n     0 s |   0% | created | waiting\n   123 s |  40% | running | step 60\n"),
        ("A new job was started.\n", "A finished job with the same inputs is there: reused it.\n"),
        (
            "A new evaluation was started.\n",
            "An evaluation with the same inputs is under way: joined it.\n",
        ),
        ("completed: step 24, training loss 0.312\n", "completed: step 150, training loss 0.101\n"),
        ("base\n> one\n>\n> two\nequal: no\n", "base\n> three\nequal: no\n"),
        ("answers at http://127.0.0.1:8000/v1/chat", "answers at http://127.0.0.1:45123/v1/chat"),
        ("http://127.0.0.1:8000 answers in 12 ms", "http://127.0.0.1:45123 answers in 1345 ms"),
        ("150 training steps.", "24 training steps."),
        ("tool calls. Written on 2026-11-28 from", "tool calls. Written on 2027-01-02 from"),
        ("tuned beats base: yes, p < 0.001\n", "tuned beats base: no, p = 0.031\n"),
        (
            "within 3 points of each other: yes (0.0 points apart)\n",
            "within 3 points of each other: no (10.0 points apart)\n",
        ),
        ("answer is equal to the ground truth: yes\n", "answer is equal to the ground truth: no (wrong value)\n"),
    ],
)
def test_what_differs_between_runs_goes(one, other):
    assert sanitize(one) == sanitize(other)


@pytest.mark.parametrize(
    "tables",
    [
        [results.scores_table(scores(0, 300), scores(290, 300)), results.scores_table(scores(4, 40), scores(40, 40))],
        [results.exams_table({"unseen functions": (scores(n, 40), scores(2 * n, 40))}) for n in (3, 20)],
        [results.agreement_table([True], [False]), results.agreement_table([True] * 300, [True] * 300)],
        [Table(["the question needs", "rows"], [["no tool", n], ["two calls or more", 3 * n]]) for n in (3, 20)],
        [Table(["hyperparameter", "value"], [["max_steps", value], ["seed", 42]]) for value in (None, 24)],
        [
            Table(["check", "verdict", "found"], [["namespace", "ok", one], ["base model is registered", "ok", other]])
            for one, other in (
                ("tool-calling: yours", "http://127.0.0.1:8000/v1/chat/completions"),
                (
                    "tool-calling: does not exist yet, notebook 01 creates it",
                    "without an api_endpoint: notebook 03 registers it",
                ),
            )
        ],
        [Table(["what", "", "note"], [["preset", done, ""]]) for done in ("created", "unchanged")],
        [
            Table(["question", "needs", "tuned", "base"], [["How high?", "one tool", *kinds]])
            for kinds in (("right", "no call"), ("wrong value", "right"))
        ],
        [Table(["measured", "value"], [["tokens per second", value]]) for value in (210.123, 1999)],
        [
            Table(["check", "verdict", "found", "time", "what to do"], [["HF_TOKEN", *rest]])
            for rest in (
                ("warning", "set, but refused", "0.00 s", "Renew it"),
                ("ok", "not set (optional)", "0.12 s", ""),
            )
        ],
    ],
)
def test_measured_cells_of_tables_go(tables):
    one, other = (both_forms(table) for table in tables)
    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tuned beats base: no, p = 0.201", "tuned beats the rest: no, p = 0.201"),
        ("training/training.jsonl: 400 rows", "training/training.jsonl: 399 rows"),
        ("revision 887523099d33", "revision 887523099d34"),
        ('"type": "integer"', '"type": "number"'),
        ("167 functions to practise", "168 functions to practise"),
        ("Right: all 10 cases", "Not yet: all 10 cases"),
        ("completed: all", "failed: all"),
        ("preset  unchanged", "preset  kept"),
        ("How high?  one tool  right  right", "How deep?  one tool  right  right"),
    ],
)
def test_what_a_reader_is_told_stays(one, other):
    assert sanitize(one) != sanitize(other)


def test_other_cells_of_tables_stay():
    for one, other in zip(
        both_forms(Table(["rank", "numbers"], [["rank 4", 8448]])),
        both_forms(Table(["rank", "numbers"], [["rank 4", 8449]])),
        strict=True,
    ):
        assert one != other
