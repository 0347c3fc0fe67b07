"""The speed of training: measured once a machine, in a process of its own that ends with the platform."""

import json
import logging
import time

import pytest

from nemo_local.customizer import speed as module
from nemo_local.customizer.speed import TrainingSpeed, TrainingSpeeds
from nemo_local.model.base_model import BASE_MODEL_NAME, HF_FOLDER
from nemo_local.settings import Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "models" / HF_FOLDER).mkdir(parents=True)
    return Settings(home=tmp_path / "home", models=tmp_path / "models")


def ended(speed: TrainingSpeed) -> None:
    for _ in range(600):
        if speed.field() != {"tokens_per_second": None}:
            return
        time.sleep(0.1)
    raise AssertionError("the measurement did not end")


def test_a_measured_speed_is_not_measured_again(settings, tmp_path):
    speed = TrainingSpeed(settings)
    speed.file.write_text(json.dumps({"tokens_per_second": 281.3}), encoding="utf-8")
    assert speed.field() == {"tokens_per_second": 281.3}
    assert TrainingSpeed(Settings(home=tmp_path / "other", models=settings.models)).field() == speed.field()
    assert speed.pid is None


def test_another_processor_is_measured_anew(settings, monkeypatch):
    speed = TrainingSpeed(settings)
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")  # a graphics card was added
    assert TrainingSpeed(settings).file != speed.file


def test_nothing_is_measured_before_the_base_model_is_there(tmp_path):
    speed = TrainingSpeed(Settings(home=tmp_path, models=tmp_path / "models"))
    assert speed.field() == {"tokens_per_second": None}
    assert speed.pid is None


def test_a_failed_measurement_is_logged_and_leaves_the_field_out(settings, caplog):
    speed = TrainingSpeed(settings)  # whose base model is an empty folder
    with caplog.at_level(logging.WARNING):
        ended(speed)
    assert speed.field() == {}
    assert "could not be measured (exit code 1)" in caplog.text


def test_a_damaged_file_leaves_the_field_out(settings, caplog):
    speed = TrainingSpeed(settings)
    speed.file.write_text("{", encoding="utf-8")
    assert speed.field() == {}
    assert "cannot be read" in caplog.text


def test_a_measurement_is_ended_with_the_platform(settings):
    speed = TrainingSpeed(settings)
    speed.field()
    first = speed.pid
    speed.field()
    assert speed.pid == first is not None
    speed.stop()
    assert not speed.running


def test_each_model_has_a_speed_of_its_own_and_one_is_measured_at_a_time(settings):
    folder = settings.home / "base-models" / "tiny" / "one"
    (folder / "hf").mkdir(parents=True)
    (folder / "model.json").write_text("{}", encoding="utf-8")
    speeds = TrainingSpeeds(settings)
    assert speeds.field(BASE_MODEL_NAME) == speeds.field("tiny/one") == {"tokens_per_second": None}
    assert speeds.running == [BASE_MODEL_NAME]
    speeds.stop()
    file = TrainingSpeed(settings, "tiny/one").file
    assert file.parent == folder and "tiny-one" in file.name  # it goes when the model goes
    file.write_text(json.dumps({"tokens_per_second": 50.0}), encoding="utf-8")
    assert speeds.field("tiny/one") == {"tokens_per_second": 50.0}
    assert speeds.field("tiny/none") == {}
