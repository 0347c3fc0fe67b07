"""An evaluation without HTTP: a Data Store that comes back, and what is counted where."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nemo_local.evaluator.datasets import DatasetError, DatasetUnavailable
from nemo_local.evaluator.plan import Plan, make_plan
from nemo_local.evaluator.running import evaluation
from nemo_local.evaluator.running.engine import EvaluationFailed
from nemo_local.evaluator.running.evaluation import Progress, evaluate
from nemo_local.evaluator.running.job_files import JobFiles
from nemo_local.evaluator.running.results import statistics, task_results, write_zip
from nemo_local.evaluator.schemas import ConfigBody

CHECK = {"type": "string-check", "params": {"check": ["{{ item.a }}", "equals", "{{ item.b }}"]}}


def data_plan(dataset: bool, metric: dict = CHECK) -> Plan:
    files = {"dataset": {"files_url": "hf://datasets/ns/name/rows.jsonl"}} if dataset else {}
    tasks = {"t": {"type": "data", "metrics": {"m": metric}, **files}}
    return make_plan(ConfigBody.model_validate({"type": "custom", "tasks": tasks}))


def run(plan: Plan, directory: Path, rows: list[dict] | None = None) -> dict:
    return asyncio.run(evaluate(plan, rows, None, {}, JobFiles(directory), "http://unused", lambda details: None))


@pytest.mark.parametrize(("failures", "works"), [(0, True), (2, True), (3, False)])
def test_a_data_store_that_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, works: bool
) -> None:
    attempts = []

    def fetch(source: object, endpoint: str, directory: Path) -> Path:
        attempts.append(source)
        if len(attempts) <= failures:
            raise DatasetUnavailable("away")
        directory.mkdir(parents=True)
        (directory / "rows.jsonl").write_text('{"a": 1, "b": 1}\n')
        return directory / "rows.jsonl"

    monkeypatch.setattr(evaluation, "fetch", fetch)
    monkeypatch.setattr(evaluation, "FETCH_PAUSES", (0, 0))
    if works:
        assert run(data_plan(dataset=True), tmp_path)["t"]["metrics"]["m"]["scores"]["string-check"]["value"] == 1.0
    else:
        with pytest.raises(DatasetUnavailable, match="away"):
            run(data_plan(dataset=True), tmp_path)
    assert len(attempts) == min(failures + 1, 3)


def test_a_dataset_that_is_not_there_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []

    def fetch(*_: object) -> Path:
        attempts.append(1)
        raise DatasetError("nowhere")

    monkeypatch.setattr(evaluation, "fetch", fetch)
    with pytest.raises(DatasetError, match="nowhere"):
        run(data_plan(dataset=True), tmp_path)
    assert len(attempts) == 1


def test_rows_done_before_are_kept(tmp_path: Path) -> None:
    record = {"task": "t", "index": 1, "item": {}, "request": None, "response": None, "judged": {}, "error": None}
    JobFiles(tmp_path).append({**record, "scores": {"m": {"string-check": 0.25}}})
    rows = [{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}]
    score = run(data_plan(dataset=False), tmp_path, rows)["t"]["metrics"]["m"]["scores"]["string-check"]
    assert (score["stats"]["count"], score["stats"]["sum"]) == (3, 1.25)
    assert sorted(r["index"] for r in JobFiles(tmp_path).records()) == [0, 1, 2]


def test_a_field_missing_in_a_later_row_names_that_row(tmp_path: Path) -> None:
    with pytest.raises(EvaluationFailed, match="target.rows, row 2: .*check.2 uses the field 'b'"):
        run(data_plan(dataset=False), tmp_path, [{"a": 1, "b": 1}, {"a": 1}])


def test_a_score_over_all_rows_that_needs_more_of_the_answer_than_is_kept_says_so() -> None:
    bleu = {"type": "bleu", "params": {"references": ["{{ item.a }}"], "candidate": "{{ sample.response.id }}"}}
    task = {
        "type": "completion",
        "params": {"template": {"prompt": "{{ item.a }}"}},
        "dataset": {"files_url": "hf://datasets/ns/name/rows.jsonl"},
        "metrics": {"m": bleu},
    }
    plan = make_plan(ConfigBody.model_validate({"type": "custom", "tasks": {"t": task}}))
    message = {"role": "assistant", "content": "b"}
    record = {"task": "t", "index": 0, "item": {"a": "b"}, "response": message, "error": None}
    with pytest.raises(EvaluationFailed, match="m cannot be computed over all rows: .*use sample.output_text"):
        task_results(plan, [{**record, "scores": {"m": {"sentence": 1.0}}}])


def test_progress_by_task() -> None:
    seen: list[dict] = []
    progress = Progress({"one": 1, "two": 3}, seen.append)
    for task, error in (("one", None), ("two", "oops")):
        progress.add({"task": task, "error": error})
    assert [details["progress"] for details in seen] == [25.0, 50.0]
    assert seen[-1]["message"] == "2 of 4 samples, 1 with an error"
    assert seen[-1]["task_status"] == {"one": "completed", "two": "running"}


def test_statistics_are_those_of_the_population() -> None:
    assert statistics([0.0, 1.0, 1.0, 0.0]) == {
        "count": 4,
        "sum": 2.0,
        "mean": 0.5,
        "min": 0.0,
        "max": 1.0,
        "variance": 0.25,
        "stddev": 0.5,
    }


def test_an_archive_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_zip(tmp_path / "results.zip", [("results.json", None)])
    assert list(tmp_path.iterdir()) == []
