"""What the accuracy benchmark makes of the answers."""

from __future__ import annotations

import accuracy

from flywheel_helpers.statistics import Score, Scores


def sample(calls: int, right: bool) -> dict:
    return {"item": {"tool_calls": [{}] * calls}, "scores": {"function_name_and_args_accuracy": float(right)}}


def result(rows: int) -> dict:
    scores = Scores("m@v1", 4, Score.of(3, 4), Score.of(2, 4)).numbers()
    exam = {**scores, "right_by_calls": {"0": [0, 1], "1": [2, 3]}}
    return {"rows": rows, "seed": 42, "seconds": 120.0, "tokens_per_second": 400.0, "exams": {"testing": exam}}


def test_right_answers_are_counted_by_the_calls_that_a_question_needs():
    samples = [sample(2, False), sample(0, True), sample(1, True), sample(1, False)]
    assert accuracy.by_calls(samples) == {"0": [1, 1], "1": [1, 2], "2": [0, 1]}


def test_the_table_is_in_the_order_of_the_rows_and_has_every_interval():
    first, second = accuracy.table([result(800), result(400)]).splitlines()[2:]
    assert first.startswith("| 400, 42 | testing | 75.0% (30.1% to 95.4%) | 50.0% (15.0% to 85.0%) |")
    assert first.endswith("| 0 of 1, 2 of 3 | 2 min, 400 tokens/s |") and second.startswith("| 800, 42 |")


def test_the_picture_needs_no_more_than_the_file_of_results():
    assert accuracy.picture([result(400), result(800)]).startswith(b"\x89PNG")
