"""The base models of a platform: the built-in one, and those that were added."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nemo_local.model.base_model import BASE_MODEL_NAME, CONFIG, ensure_hf_model
from nemo_local.model.registry import BaseModels, UnknownModel
from nemo_local.settings import Settings


@pytest.fixture
def models(tmp_path):
    return BaseModels(Settings(home=tmp_path / "home", models=tmp_path / "models"))


def prepared(folder: Path, **config) -> Path:
    for part in ("hf", "openvino"):
        (folder / part).mkdir(parents=True)
    (folder / "hf" / "config.json").write_text(json.dumps({**CONFIG, **config}))
    (folder / "model.json").write_text(json.dumps({"source": "hf://org/Model", "license": "mit"}))
    return folder


def test_the_built_in_model_is_known_before_its_files_are_made(models):
    (model,) = models.all()
    assert (model.name, model.built_in, model.license) == (BASE_MODEL_NAME, True, "apache-2.0")
    assert (model.facts.num_parameters, model.facts.context_length) == (134_515_008, 8192)
    assert models.has(BASE_MODEL_NAME) and not models.made(BASE_MODEL_NAME)


def test_what_is_said_of_the_built_in_model_is_in_its_files():
    made = ensure_hf_model(Settings(home=Path(), models=Path(os.environ["FLYWHEEL_MODELS"])))
    config = json.loads((made / "config.json").read_text())
    assert {key: config[key] for key in CONFIG} == CONFIG


def test_a_model_is_there_once_it_is_installed_and_gone_once_it_is_removed(models, tmp_path):
    folder = prepared(models.unfinished("target-1") / "model", dtype="bfloat16", max_position_embeddings=4096)
    assert not models.has("org/model") and len(models.all()) == 1
    models.install("org/model", folder)
    models.install("org/model", folder)  # a platform that was killed between this and the next step
    model = models.get("org/model")
    assert [one.name for one in models.all()] == [BASE_MODEL_NAME, "org/model"]
    assert (model.source, model.license, model.precision) == ("hf://org/Model", "mit", "bf16")
    assert model.facts.context_length == 4096
    assert models.hf_folder("org/model").name == "hf" and models.openvino_folder("org/model").name == "openvino"
    models.remove("org/model")
    models.remove("org/model")
    assert not models.has("org/model") and [one.name for one in models.all()] == [BASE_MODEL_NAME]
    assert not list((tmp_path / "home").rglob("config.json"))


def test_the_built_in_model_is_not_removed(models):
    with pytest.raises(ValueError, match="built in"):
        models.remove(BASE_MODEL_NAME)


@pytest.mark.parametrize("name", ["org/none", "none", "../../etc/passwd", "org/model@v1", "org/a/b", ""])
def test_no_other_name_leads_anywhere(models, name):
    assert not models.has(name)
    with pytest.raises(UnknownModel):
        models.hf_folder(name)
