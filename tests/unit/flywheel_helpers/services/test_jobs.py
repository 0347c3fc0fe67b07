"""Jobs are found again by their inputs, and their results are read."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import httpx
import pytest

from flywheel_helpers import errors
from flywheel_helpers.services import customizer, data_store, entity_store, evaluator, nim
from flywheel_helpers.services.customizer import Hyperparameters
from flywheel_helpers.services.jobs import Job

BASE = "meta/llama-3.2-1b-instruct"
CONFIGS = [
    {"namespace": "meta", "name": "llama-3.2-1b-instruct@v1.0.0+L40"},
    {"namespace": "meta", "name": "meta/llama-3.2-1b-instruct@v1.0.0+A100"},
    {"namespace": "meta", "name": "llama-3.1-8b-instruct@v1.0.0+A100"},
]


class Platform:
    """Just enough of the platform's memory: jobs, models, evaluation configs and targets."""

    def __init__(self):
        self.jobs = {"customization": [], "evaluation": []}
        self.models = {"ada/caller@v1": {}}  # without namespace and name: its name is free for a new job
        self.entities = {}
        self.requests = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        body = json.loads(request.content) if request.content else {}
        parts = request.url.path.strip("/").split("/")[1:]
        if parts == ["models"] and request.method == "GET":
            return page(list(self.models.values()))
        if parts[0] == "models":
            return self._one(self.models, "/".join(parts[1:]), request, body)
        if parts == ["customization", "configs"]:
            return page(CONFIGS)
        if parts[1] == "jobs" and parts[0] in self.jobs:
            jobs = self.jobs[parts[0]]
            if len(parts) == 3:
                return httpx.Response(200, json=next(job for job in jobs if job["id"] == parts[2]))
            if request.method == "GET":
                return page(jobs)
            jobs.insert(0, {**body, "id": f"job-{len(jobs)}", "status": "created"})
            return httpx.Response(200, json=jobs[0])
        return self._one(self.entities, "/".join(parts), request, body)

    def _one(self, store, key, request, body) -> httpx.Response:
        if request.method == "POST":
            key = f"{key}/{body['namespace']}/{body['name']}".strip("/")
            if key in store:
                return httpx.Response(409, json={"detail": f"{key} exists"})
        elif key not in store:
            return httpx.Response(404, json={"detail": f"no {key}"})
        if request.method != "GET":
            store[key] = {**store.get(key, {}), **body}
        return httpx.Response(200, json=store[key])


def page(documents):
    return httpx.Response(200, json={"data": documents, "pagination": {"total_pages": 1}})


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def nemo(connection, platform, monkeypatch):
    revisions = {"training": "r1", "testing": "t1"}
    monkeypatch.setattr(data_store, "dataset_revision", lambda nemo, folders: revisions[folders[0]])
    nemo = connection(platform)
    nemo.revisions = revisions
    return nemo


# --- Customizer


def finish(platform) -> None:
    """The newest training ends well, and its model is registered."""
    job = platform.jobs["customization"][0]
    job["status"] = "completed"
    namespace, name = job["output_model"].split("/")
    base_model = job["config"].partition("@")[0]
    platform.models[job["output_model"]] = {"namespace": namespace, "name": name, "base_model": base_model}


def test_the_same_training_is_joined_then_reused(nemo, platform):
    first = customizer.train(nemo, Hyperparameters())
    assert first.how == "new" and first.model == "ada/caller@v1"
    sent = platform.jobs["customization"][0]
    assert sent["config"] == f"{BASE}@v1.0.0+L40" and sent["output_model"] == "ada/caller@v1"
    assert sent["hyperparameters"]["lora"]["adapter_dim"] == 32 and "max_steps" not in sent["hyperparameters"]
    again = customizer.train(nemo, Hyperparameters())
    assert (again.id, again.how) == (first.id, "joined")
    sent["status"] = "completed"
    done = customizer.train(nemo, Hyperparameters())
    assert (done.id, done.how) == (first.id, "reused") and "reused" in done.note
    assert len(platform.jobs["customization"]) == 1


def test_a_training_of_a_model_of_another_name_is_not_joined(nemo, platform):
    customizer.train(nemo, Hyperparameters())
    nemo.settings = replace(nemo.settings, custom_model="ada/other@v1")
    assert customizer.train(nemo, Hyperparameters()).model == "ada/other@v1"


@pytest.mark.parametrize("change", ["hyperparameters", "data", "retrain", "failed", "cancelled", "model deleted"])
def test_what_makes_a_new_training(nemo, platform, change):
    customizer.train(nemo, Hyperparameters())
    job = platform.jobs["customization"][0]
    job["status"] = change if change in ("failed", "cancelled") else "completed"
    if change == "data":
        nemo.revisions["training"] = "r2"
    if change == "model deleted":
        platform.models.clear()
    hyperparameters = Hyperparameters(epochs=7) if change == "hyperparameters" else Hyperparameters()
    assert customizer.train(nemo, hyperparameters, retrain=change == "retrain").how == "new"


def test_new_test_rows_do_not_make_a_training_outdated(nemo, platform):
    customizer.train(nemo, Hyperparameters())
    platform.jobs["customization"][0]["status"] = "completed"
    nemo.revisions["testing"] = "t2"
    assert customizer.train(nemo, Hyperparameters()).how == "reused"


def test_every_new_training_makes_the_next_version(nemo, platform):
    platform.models.clear()
    made = []
    for epochs in (1, 2, 1):
        job = customizer.train(nemo, Hyperparameters(epochs=epochs))
        assert job.how == "new"
        finish(platform)
        assert customizer.train(nemo, Hyperparameters(epochs=epochs)).how == "reused"
        assert customizer.tuned_model(nemo) == job.model
        made.append(job.model)
    assert made == ["ada/caller@v1", "ada/caller@v2", "ada/caller@v3"]


def test_a_training_that_is_being_cancelled_still_has_its_name(nemo, platform):
    customizer.train(nemo, Hyperparameters())
    platform.jobs["customization"][0]["status"] = "cancelling"
    assert customizer.train(nemo, Hyperparameters()).model == "ada/caller@v2"


def test_a_deleted_model_is_made_again_under_its_name(nemo, platform):
    platform.models.clear()
    customizer.train(nemo, Hyperparameters())
    finish(platform)
    platform.models.clear()
    with pytest.raises(errors.DataError, match="The model ada/caller@v1 does not exist yet"):
        customizer.tuned_model(nemo)
    assert customizer.train(nemo, Hyperparameters()).model == "ada/caller@v1"


@pytest.mark.parametrize(
    ("first", "second"), [("ada/caller@v9", "ada/caller@v10"), ("ada/caller@final", "ada/caller@final-2")]
)
def test_versions_count_on(connection, platform, monkeypatch, first, second):
    monkeypatch.setattr(data_store, "dataset_revision", lambda nemo, folders: "r")
    nemo = connection(platform, custom_model=first)
    customizer.train(nemo, Hyperparameters())  # still under way, so its name is taken as well
    assert customizer.train(nemo, Hyperparameters(), retrain=True).model == second


def test_a_model_brought_by_other_means_is_used(nemo):
    assert customizer.tuned_model(nemo) == "ada/caller@v1"


def test_another_base_model_has_versions_of_its_own(connection, nemo, platform):
    other = connection(platform, base_model="meta/llama-3.1-8b-instruct", base_model_version="v1.0.0+A100")
    platform.models.clear()
    ours = customizer.train(nemo, Hyperparameters())
    finish(platform)
    with pytest.raises(errors.DataError, match="does not exist yet"):
        customizer.tuned_model(other)
    theirs = customizer.train(other, Hyperparameters())
    finish(platform)
    assert (ours.model, theirs.model) == ("ada/caller@v1", "ada/caller@v2")
    assert (customizer.tuned_model(nemo), customizer.tuned_model(other)) == (ours.model, theirs.model)
    assert customizer.train(nemo, Hyperparameters()).how == "reused"


def test_jobs_of_others_are_left_alone(nemo, platform):
    customizer.train(nemo, Hyperparameters())
    platform.jobs["customization"][0] |= {"namespace": "bob", "status": "completed"}
    assert customizer.train(nemo, Hyperparameters()).how == "new"


def test_wrong_version_lists_the_right_ones(connection, platform):
    nemo = connection(platform, base_model_version="v1.0.0+H200")
    with pytest.raises(errors.ConfigError, match=r"no version \"v1.0.0\+H200\"") as caught:
        customizer.pick_config(nemo)
    assert "v1.0.0+A100, v1.0.0+L40" in caught.value.hint and "8b" not in caught.value.hint


def test_unknown_base_model_lists_the_known_ones(connection, platform):
    with pytest.raises(errors.ConfigError, match="cannot train acme/x") as caught:
        customizer.pick_config(connection(platform, base_model="acme/x"))
    assert "meta/llama-3.1-8b-instruct@v1.0.0+A100" in caught.value.hint


def test_both_ways_of_naming_configs_are_found(connection, platform):
    nemo = connection(platform, base_model_version="v1.0.0+A100")
    assert customizer.pick_config(nemo) is not None


def test_wandb_key_goes_into_a_header_only(connection, platform, monkeypatch):
    monkeypatch.setattr(data_store, "dataset_revision", lambda nemo, folders: "r")
    headers = []

    def server(request):
        headers.append(request.headers.get("wandb-api-key"))
        return platform(request)

    customizer.train(connection(server, wandb_api_key="wandb-secret"), Hyperparameters())
    assert headers[-1] == "wandb-secret"
    assert "wandb-secret" not in json.dumps(platform.jobs)
    assert platform.jobs["customization"][0]["integrations"][0]["type"] == "wandb"


def test_the_platforms_warnings_are_passed_on(connection, platform, monkeypatch):
    monkeypatch.setattr(data_store, "dataset_revision", lambda nemo, folders: "r")

    def server(request):
        answer = platform(request)
        if request.method == "POST":
            return httpx.Response(200, json={**answer.json(), "warnings": [{"message": "packing is off"}]})
        return answer

    with pytest.warns(UserWarning, match="Customizer: packing is off"):
        customizer.train(connection(server), Hyperparameters())


def test_training_numbers():
    details = {"steps_completed": 40, "elapsed_time": 99.0}
    assert customizer.training_numbers({"status_details": details}) == {
        "steps": 40, "seconds": 99.0, "tokens_per_second": None,
    }  # fmt: skip
    details["metrics"] = {"training_seconds": 60.0, "tokens_per_second": 321.5}
    assert customizer.training_numbers({"status_details": details})["tokens_per_second"] == 321.5


# --- Entity Store


def test_base_model_is_registered_once(connection, platform):
    nemo = connection(platform)
    for _ in range(2):
        record = entity_store.register_base_model(nemo)
        assert record["api_endpoint"]["model_id"] == BASE
        assert record["api_endpoint"]["url"] == "http://nim.test:8000/v1/chat/completions"
    assert [method for method, _ in platform.requests] == ["GET", "POST", "GET"]


def test_a_record_without_endpoint_is_completed(connection, platform):
    platform.models[BASE] = {"namespace": "meta", "spec": {"num_parameters": 1}}
    entity_store.register_base_model(connection(platform))
    assert platform.models[BASE]["api_endpoint"]["model_id"] == BASE
    assert platform.models[BASE]["spec"] == {"num_parameters": 1}


@pytest.mark.parametrize(("answers", "speed"), [([{}], None), ([{"tokens_per_second": 280.5}], 280.5)])
def test_the_speed_of_training_is_what_the_platform_reports(nemo, monkeypatch, answers, speed):
    monkeypatch.setattr(customizer, "pick_config", lambda _: answers.pop())
    assert customizer.training_speed(nemo) == speed
    assert not answers


def test_a_speed_that_is_being_measured_is_waited_for(nemo, monkeypatch):
    answers = [{"tokens_per_second": 280.5}, {"tokens_per_second": None}]
    monkeypatch.setattr(customizer, "pick_config", lambda _: answers.pop())
    assert customizer.training_speed(nemo, timeout=10) == 280.5
    monkeypatch.setattr(customizer, "pick_config", lambda _: {"tokens_per_second": None})
    assert customizer.training_speed(nemo, timeout=0.1) is None


# --- Evaluator


def test_an_evaluation_is_reused_until_its_inputs_change(nemo, platform):
    first = evaluator.evaluate(nemo, BASE, limit=50)
    assert first.how == "new"
    sent = platform.jobs["evaluation"][0]
    assert (sent["config"], sent["target"]) == ("ada/calls-50", "ada/meta-llama-3.2-1b-instruct")
    assert evaluator.evaluate(nemo, BASE, limit=50).how == "joined"
    sent["status"] = "completed"
    assert evaluator.evaluate(nemo, BASE, limit=50).how == "reused"
    assert evaluator.evaluate(nemo, BASE, limit=20).how == "new"
    assert evaluator.evaluate(nemo, BASE, limit=50, again=True).how == "new"
    nemo.revisions["testing"] = "t2"
    assert evaluator.evaluate(nemo, BASE, limit=50).how == "new"


def test_another_exam_is_another_evaluation(nemo, platform):
    evaluator.evaluate(nemo, BASE, limit=50)
    assert evaluator.evaluate(nemo, BASE, limit=50, test_file="testing/practised-test.jsonl").how == "new"
    assert platform.jobs["evaluation"][0]["config"] == "ada/calls-practised-test-50"
    config = platform.entities["evaluation/configs/ada/calls-practised-test-50"]
    dataset = config["tasks"][evaluator.TASK]["dataset"]
    assert dataset == {"files_url": "hf://datasets/ada/calls/testing/practised-test.jsonl", "limit": 50}


def test_a_retrained_model_is_evaluated_again(nemo, platform):
    customizer.train(nemo, Hyperparameters())
    platform.jobs["customization"][0]["status"] = "completed"
    evaluator.evaluate(nemo, "ada/caller@v1")
    platform.jobs["evaluation"][0]["status"] = "completed"
    assert evaluator.evaluate(nemo, "ada/caller@v1").how == "reused"
    assert customizer.train(nemo, Hyperparameters(), retrain=True).model == "ada/caller@v1"
    platform.jobs["customization"][0]["status"] = "completed"
    assert evaluator.evaluate(nemo, "ada/caller@v1").how == "new"


def test_existing_config_is_brought_up_to_date(nemo, platform):
    platform.entities["evaluation/configs/ada/calls"] = {"name": "calls", "tasks": {"old": {}}}
    evaluator.evaluate(nemo, BASE)
    assert list(platform.entities["evaluation/configs/ada/calls"]["tasks"]) == [evaluator.TASK]


def results(scores):
    return {"tasks": {evaluator.TASK: {"metrics": {evaluator.METRIC: {"scores": scores}}}}}


def test_scores_get_their_intervals(connection):
    found = {"function_name_accuracy": {"value": 0.95, "stats": {"count": 200, "sum": 190}},
             "function_name_and_args_accuracy": {"value": 0.8, "stats": {"count": 200, "sum": 160}}}  # fmt: skip
    nemo = connection(lambda request: httpx.Response(200, json=results(found)))
    scores = evaluator.scores(nemo, Job("e1", "new", "m", ""))
    assert scores.n == 200 and scores.function_name_accuracy.value == 0.95
    assert scores.function_name_and_args_accuracy.low == pytest.approx(0.739, abs=1e-3)
    summary = evaluator.summary(scores, scores)
    assert summary["n"] == 200
    assert set(summary["tuned"]["function_name_accuracy"]) == {"value", "low", "high"}


@pytest.mark.parametrize("answer", [{}, {"tasks": {}}, results({"function_name_accuracy": {"value": 1.0}})])
def test_results_without_scores(connection, monkeypatch, answer):
    monkeypatch.setattr(evaluator, "RESULTS_DEADLINE", -1)
    nemo = connection(lambda request: httpx.Response(200, json=answer))
    with pytest.raises(errors.BadAnswer, match="do not contain the scores"):
        evaluator.scores(nemo, Job("e1", "new", "m", ""))


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_samples_come_out_of_the_zip(connection):
    lines = [
        {"index": 1, "scores": None, "error": "no answer"},  # requests run side by side, so rows come in any order
        {"index": 0, "scores": {"tool-calling-accuracy": {"function_name_accuracy": 1.0}}, "error": None},
    ]
    content = zipped({"results.json": "{}", "results/samples.jsonl": "\n".join(map(json.dumps, lines))})
    nemo = connection(lambda request: httpx.Response(200, content=content))
    with pytest.warns(UserWarning, match="1 of 2 rows got no answer .* The first: no answer"):
        found = evaluator.samples(nemo, Job("e1", "new", "m", ""))
    assert [(sample["index"], sample["scores"]) for sample in found] == [(0, {"function_name_accuracy": 1.0}), (1, {})]


def test_a_question_may_hold_any_character(connection):
    question = "one\u2028two\u2029three\u0085four"  # where `splitlines` breaks a line, and JSON does not
    line = json.dumps({"index": 0, "item": question, "scores": {}, "error": None}, ensure_ascii=False)
    content = zipped({"samples.jsonl": f"{line}\n{line}\n"})
    nemo = connection(lambda request: httpx.Response(200, content=content))
    assert [sample["item"] for sample in evaluator.samples(nemo, Job("e1", "new", "m", ""))] == [question] * 2


def test_a_download_without_samples_is_said(connection):
    nemo = connection(lambda request: httpx.Response(200, content=zipped({"results.json": "{}"})))
    with pytest.warns(UserWarning, match="no samples.jsonl"):
        assert evaluator.samples(nemo, Job("e1", "new", "m", "")) == []


def test_a_download_that_is_no_zip(connection):
    nemo = connection(lambda request: httpx.Response(200, content=b"oops"))
    with pytest.raises(errors.BadAnswer, match="not a zip file"):
        evaluator.samples(nemo, Job("e1", "new", "m", ""))


# --- NIM proxy


def test_chat_with_an_unknown_model_lists_the_served_ones(connection):
    def server(request):
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": "b"}, {"id": "a"}]})
        return httpx.Response(404, json={"error": {"message": "model x does not exist"}})

    with pytest.raises(errors.NotFound, match="model x does not exist") as caught:
        nim.chat(connection(server), "x", [])
    assert caught.value.hint == "Models served now: a, b."


def test_chat_sends_tools_and_options(connection):
    sent = []

    def server(request):
        sent.append(json.loads(request.content))
        return httpx.Response(200, json={"choices": [{"message": {"role": "assistant", "content": "hi"}}]})

    answer = nim.chat(
        connection(server), "m", [{"role": "user", "content": "q"}], tools=[{"type": "function"}], seed=42
    )
    assert answer["content"] == "hi"
    assert sent[0]["temperature"] == 0.0 and sent[0]["seed"] == 42 and sent[0]["tools"]


def test_chat_without_a_message_in_the_answer(connection):
    with pytest.raises(errors.BadAnswer, match="no message"):
        nim.chat(connection(lambda request: httpx.Response(200, json={"choices": []})), "m", [])
