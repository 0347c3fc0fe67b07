"""A model as a judge: asked about each answer, its numbers read by pattern, its nonsense counted."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator

import httpx
import nemo_microservices as nemo
import pytest
from evaluator_support import FILES, ROWS, TASK, inline, run, samples, slow
from model_api import Refuse, Target

KEY = "judge-key-1"


@pytest.fixture
def judge() -> Iterator[Target]:
    """A judge that gives the number of days in the answer, from 0 to 23."""
    server = Target()
    server.models = ["judge/big"]
    server.answer = lambda body: {"role": "assistant", "content": f"Reasons.\nSCORE: {body['messages'][1]['content']}"}
    yield server
    server.close()


def metric(judge: Target, **changes) -> dict:
    params = {
        "model": {"api_endpoint": {"url": judge.url, "model_id": "judge/big"}},
        "template": {
            "messages": [
                {"role": "system", "content": "Answer with SCORE: and a number."},
                {"role": "user", "content": "{{ sample.tool_calls[0].function.arguments.days }}"},
            ],
            "max_tokens": 64,
        },
        "scores": {"days": {"type": "int", "parser": {"type": "regex", "pattern": r"SCORE: (-?\d+)"}}},
    }
    return {"type": "llm-judge", "params": {**params, **changes}}


def config(judged: dict, kind: str = "chat-completion", **more) -> dict:
    task = {
        "type": kind,
        "dataset": {"files_url": FILES},
        "params": {"template": {"messages": "{{ item.messages | tojson }}"}},
        "metrics": {"judged": judged, **more},
    }
    return {"type": "custom", "tasks": {TASK: task}}


def test_the_judge_is_asked_about_every_answer(sdk, target, judge):
    right = judge.answer
    judge.answer = slow(right, 0.05)
    truth = {"type": "tool-calling", "params": {"tool_calls_ground_truth": "{{ item.tool_calls | tojson }}"}}
    job = run(sdk, config(metric(judge), calls=truth), inline(target))
    assert job.status == "completed", job.status_details
    metrics = sdk.evaluation.jobs.results(job.id).tasks[TASK].metrics
    days = metrics["judged"].scores["days"]
    assert (days.value, days.stats.count, days.stats.max) == (sum(range(ROWS)) / ROWS, ROWS, ROWS - 1)
    assert metrics["calls"].scores["function_name_accuracy"].value == 1
    assert len(judge.requests) == ROWS and judge.most_at_once > 1
    asked = judge.requests[0]
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("judge/big", 0, 64)


def test_nonsense_is_no_score_and_is_counted(sdk, target, judge, url):
    words = iter(["SCORE: 4", "no idea", "SCORE: four", "", "SCORE: 99999999999999999999", *["SCORE: 2"] * ROWS])
    lock = threading.Lock()

    def answer(body: dict) -> dict:
        with lock:
            return {"role": "assistant", "content": next(words)}

    judge.answer = answer
    floats = {"days": {"type": "float", "parser": {"type": "regex", "pattern": r"SCORE: (\w+)"}}}
    job = run(sdk, config(metric(judge, scores=floats)), inline(target))
    stats = sdk.evaluation.jobs.results(job.id).tasks[TASK].metrics["judged"].scores["days"].stats
    assert (stats.count, stats.nan_count) == (ROWS - 3, 3)
    problems = [row["judged"]["judged"]["problem"] for row in samples(sdk, job)]
    assert sum(problem is not None for problem in problems) == 3
    logs = httpx.get(f"{url}/v1/evaluation/jobs/{job.id}/logs", trust_env=False).content
    with zipfile.ZipFile(io.BytesIO(logs)) as archive:
        assert "'no idea' has no days" in archive.read("job.log").decode()


def test_a_judge_that_gives_no_score_at_all_fails_the_job(sdk, target, judge):
    judge.answer = lambda body: {"role": "assistant", "content": "I would rather not."}
    job = run(sdk, config(metric(judge)), inline(target))
    assert job.status == "failed"
    assert "gave no score for any of 24 samples" in job.status_details.message
    assert "I would rather not" in job.status_details.message


def test_a_judge_that_refuses_some_rows(sdk, target, judge):
    right = judge.answer

    def answer(body: dict) -> dict:
        if body["messages"][1]["content"] == "7":
            raise Refuse(400)
        return right(body)

    judge.answer = answer
    job = run(sdk, config(metric(judge)), inline(target))
    assert job.status == "completed"
    assert sdk.evaluation.jobs.results(job.id).tasks[TASK].metrics["judged"].scores["days"].stats.nan_count == 1


def test_a_task_of_type_data_is_judged_without_a_model(sdk, judge):
    template = {"messages": [{"role": "user", "content": "-"}, {"role": "user", "content": "{{ item.n }}"}]}
    body = config(metric(judge, template=template), kind="data")
    body["tasks"][TASK] = {key: body["tasks"][TASK][key] for key in ("type", "metrics")}
    result = sdk.evaluation.live(config=body, target={"type": "rows", "rows": [{"n": 3}, {"n": 5}]}).result
    assert result.tasks[TASK].metrics["judged"].scores["days"].value == 4


def test_the_key_is_sent_and_never_shown(sdk, target, judge, url):
    judge.key = KEY
    model = {"api_endpoint": {"url": judge.url, "model_id": "judge/big", "api_key": KEY}}
    stored = sdk.evaluation.configs.create(name="llm-judged", namespace="team", **config(metric(judge, model=model)))
    assert KEY not in stored.model_dump_json()
    for which in ("team/llm-judged", config(metric(judge, model=model))):
        job = run(sdk, which, inline(target))
        assert job.status == "completed", job.status_details
        shown = httpx.get(f"{url}/v1/evaluation/jobs/{job.id}", trust_env=False).text
        assert KEY not in shown and KEY not in json.dumps(samples(sdk, job))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"model": None}, "model"),
        ({"model": "nobody/knows"}, "model"),
        ({"model": {"api_endpoint": {"url": "http://127.0.0.1:9/v1"}}}, "model.api_endpoint.model_id"),
        ({"model": {"api_endpoint": {"url": "ftp://x", "model_id": "a"}}}, "model.api_endpoint.url"),
        ({"template": {}}, "template.messages"),
        ({"template": {"messages": ["Hello"]}}, "template.messages"),
        ({"template": {"messages": [{"role": "user", "content": "{{ x"}]}}, "template.messages.0.content"),
        ({"template": {"messages": [{"role": "user", "content": "x"}], "n": 3}}, "template.n"),
        ({"scores": {}}, "scores"),
        ({"scores": {"s": {"type": "text"}}}, "scores.s.type"),
        ({"scores": {"s": {"type": "int", "parser": {"type": "json"}}}}, "scores.s.parser.type"),
        ({"scores": {"s": {"type": "int", "parser": {"type": "regex", "pattern": "("}}}}, "scores.s.parser.pattern"),
        ({"rubric": "x"}, "rubric"),
    ],
)
def test_a_judge_that_cannot_be_right_is_refused_by_its_field(sdk, target, judge, changes, where):
    with pytest.raises(nemo.UnprocessableEntityError) as refused:
        sdk.evaluation.jobs.create(config=config(metric(judge, **changes)), target=inline(target))
    place = ".".join(map(str, refused.value.body["detail"][0]["loc"]))
    assert place.endswith(f"metrics.judged.params.{where}"), place
    assert not judge.requests
