"""Where a model may come from, and where not."""

from __future__ import annotations

import pytest

from nemo_local.model.preparation.source import FolderSource, HubSource, parse_source
from nemo_local.settings import Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    return Settings(home=tmp_path / "home", model_folders=(tmp_path / "models",))


def test_a_repository_is_in_the_data_store_unless_a_hub_is_named(settings):
    assert parse_source("hf://org/model", None, settings) == HubSource(
        "org/model", None, f"{settings.gateway_url}/v1/hf", is_data_store=True
    )
    elsewhere = parse_source("hf://org/model@v2", "https://huggingface.co/", settings)
    assert elsewhere == HubSource("org/model", "v2", "https://huggingface.co", is_data_store=False)


def test_the_token_goes_to_the_hugging_face_hub_and_the_operators_mirror_only(settings, monkeypatch):
    def takes_token(endpoint):
        return parse_source("hf://org/model", endpoint, settings).takes_token

    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert takes_token("https://huggingface.co")
    assert not takes_token("https://hub.example.com") and not takes_token(None)
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.com/")
    assert takes_token("https://hub.example.com")
    assert not takes_token("https://hub.example.com.evil.example")


def test_a_folder_is_allowed_below_the_listed_ones_only(settings, tmp_path):
    allowed = parse_source(str(tmp_path / "models" / "tiny"), None, settings)
    assert allowed == FolderSource(tmp_path / "models" / "tiny", settings.model_folders)
    (tmp_path / "models" / "link").symlink_to(tmp_path / "private")
    for outside in ("private", "models/link", "models/../private", "models-2", "nowhere"):
        with pytest.raises(ValueError, match="may not read models from .*FLYWHEEL_MODEL_FOLDERS="):
            parse_source(str(tmp_path / outside), None, settings)
    (tmp_path / "alias").symlink_to(tmp_path / "models")
    assert parse_source(str(tmp_path / "alias" / "tiny"), None, settings) == allowed


def test_no_folder_is_allowed_by_default(tmp_path):
    with pytest.raises(ValueError, match="No folder is allowed yet"):
        parse_source(str(tmp_path), None, Settings(home=tmp_path))


def test_the_allowed_folders_are_read_from_the_environment(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    settings = Settings.from_env({"FLYWHEEL_MODEL_FOLDERS": f"{tmp_path}/link:/srv/models:"})
    assert list(map(str, settings.model_folders)) == [str(tmp_path), "/srv/models"]


@pytest.mark.parametrize(
    ("uri", "endpoint", "message"),
    [
        ("models/tiny", None, "absolute path"),
        ("https://huggingface.co/org/model", None, "absolute path"),
        ("ngc://org/model:1", None, "absolute path"),
        ("hf://model", None, "not the address of a model"),
        ("hf://datasets/org/rows", None, "not the address of a model"),
        ("hf://org/model", "ftp://hub", "not the address of a Hub"),
        ("hf://org/model", "https://user:secret@hub.example", "user name or password"),
        ("/srv/models/a", "https://huggingface.co", "leave hf_endpoint out"),
    ],
)
def test_what_is_no_source_is_refused(settings, uri, endpoint, message):
    with pytest.raises(ValueError, match=message) as refused:
        parse_source(uri, endpoint, settings)
    assert "secret" not in str(refused.value)
