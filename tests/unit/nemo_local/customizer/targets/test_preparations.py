"""The queue of models that are prepared: one at a time, stopped, continued, deleted and failed."""

from __future__ import annotations

import json
import time

import pytest

from nemo_local.common.documents import DocumentStore
from nemo_local.common.errors import ApiError
from nemo_local.customizer.targets import preparations as module
from nemo_local.customizer.targets.preparations import Preparations
from nemo_local.model.base_model import CONFIG
from nemo_local.model.registry import BaseModels
from nemo_local.settings import Settings


class FakeProcess:
    """Prepares a model when the test says so."""

    started: list[FakeProcess] = []

    def __init__(self, work, uri, source) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.uri, self.code, self.stopped = work, uri, None, False
        FakeProcess.started.append(self)

    def finish(self, code: int = 0) -> None:
        for part in ("hf", "openvino"):
            (self.work / "model" / part).mkdir(parents=True)
        (self.work / "model" / "hf" / "config.json").write_text(json.dumps({**CONFIG, "dtype": "bfloat16"}))
        (self.work / "model" / "model.json").write_text(json.dumps({"source": self.uri}))
        self.code = code

    def exit_code(self) -> int | None:
        return self.code

    def message(self) -> str:
        return "Downloading 5 MB: 40%."

    def failure(self) -> str:
        return "The model is gated."

    def stop(self) -> None:
        self.stopped = True


class Publisher:
    def __init__(self) -> None:
        self.published: list[str] = []
        self.down = False

    def publish(self, model) -> None:
        if self.down:
            raise ApiError(503, "the Entity Store did not answer")
        self.published.append(model.name)


class Queue:
    """Preparations on a store of their own, with everything that they ask for in place of the real one."""

    def __init__(self, home) -> None:
        self.settings = Settings(home=home)
        self.store, self.models = DocumentStore(home / "targets.db", "customization-target"), BaseModels(self.settings)
        self.publisher, self.configs = Publisher(), []
        self.runs = self.fresh()

    def fresh(self) -> Preparations:
        self.runs = Preparations(
            self.store,
            self.models,
            self.publisher,
            lambda target, model: self.configs.append(model.name),
            self.settings,
        )
        return self.runs

    def add(self, name: str) -> dict:
        body = {
            "base_model": f"tiny/{name}",
            "model_uri": f"hf://tiny/{name}",
            "hf_endpoint": None,
            "status": "created",
        }
        target = self.store.create("tiny", name, body)
        self.runs.submit(target)
        return target

    def until(self, name: str, status: str) -> dict:
        deadline = time.monotonic() + 20
        while (target := self.store.get("tiny", name))["status"] != status:
            assert time.monotonic() < deadline, target
            time.sleep(0.02)
        return target


@pytest.fixture
def queue(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PreparationProcess", FakeProcess)
    monkeypatch.setattr(module, "POLL", 0.02)
    monkeypatch.setattr(FakeProcess, "started", [])
    one = Queue(tmp_path)
    one.runs.start()
    yield one
    one.runs.stop()


def process(number: int) -> FakeProcess:
    deadline = time.monotonic() + 20
    while len(FakeProcess.started) <= number:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return FakeProcess.started[number]


def test_one_model_is_prepared_at_a_time_and_then_published(queue):
    queue.add("a")
    first = process(0)
    queue.add("b")
    assert "another model" in queue.until("b", "pending")["warning_message"]
    while queue.until("a", "downloading")["warning_message"] != "Downloading 5 MB: 40%.":
        time.sleep(0.02)
    first.finish()
    ready = queue.until("a", "ready")
    assert (ready["warning_message"], ready["num_parameters"], ready["precision"]) == (None, 134_515_008, "bf16")
    assert queue.publisher.published == queue.configs == ["tiny/a"] and queue.models.has("tiny/a")
    assert not first.work.exists()
    process(1).finish()
    queue.until("b", "ready")


def test_a_failure_has_a_reason_and_the_next_model_is_prepared(queue):
    queue.add("a")
    process(0).finish(code=1)
    assert queue.until("a", "failed")["warning_message"] == "The model is gated."
    assert not queue.models.has("tiny/a") and process(0).work.exists()  # a download is continued from there
    queue.publisher.down = True
    queue.add("b")
    process(1).finish()
    assert "the Entity Store did not answer" in queue.until("b", "failed")["warning_message"]
    assert queue.models.has("tiny/b")
    queue.publisher.down = False
    target = queue.store.update("tiny", "b", {"status": "created"})
    queue.runs.submit(target)
    queue.until("b", "ready")
    assert len(FakeProcess.started) == 2  # what was prepared is not prepared again


def test_a_stopped_platform_continues_when_it_starts_again(queue):
    target = queue.add("a")
    first = process(0)
    queue.until("a", "downloading")
    queue.runs.stop()
    assert first.stopped and queue.store.get("tiny", "a")["status"] == "downloading"
    queue.fresh().start()
    assert process(1).work == first.work == queue.models.unfinished(target["id"])
    process(1).finish()
    queue.until("a", "ready")


def test_a_folder_that_is_no_longer_allowed_is_refused_after_a_restart(queue):
    body = {"base_model": "tiny/a", "model_uri": "/srv/models/a", "hf_endpoint": None, "status": "created"}
    queue.runs.submit(queue.store.create("tiny", "a", body))
    assert "FLYWHEEL_MODEL_FOLDERS" in queue.until("a", "failed")["warning_message"]
    assert not FakeProcess.started


def test_a_deleted_target_stops_its_process_and_leaves_nothing(queue):
    target = queue.add("a")
    running = process(0)
    queue.runs.discard(target)
    assert running.stopped and not running.work.exists()
    queue.add("b")
    process(1).finish()
    queue.until("b", "ready")
    assert not queue.models.has("tiny/a")
