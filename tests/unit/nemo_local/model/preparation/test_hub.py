"""Downloads from a Hub on this machine: what is taken, what is refused, and one that breaks off."""

from __future__ import annotations

import errno
import time

import pytest
from altered import altered
from hub_server import SHA, HubServer
from huggingface_hub import constants, file_download
from ports import free_port

from nemo_local.model.errors import ModelRefused
from nemo_local.model.preparation import hub
from nemo_local.model.preparation.contents import PreparationError
from nemo_local.model.preparation.source import HubSource

WEIGHTS = bytes(range(256)) * 4096


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "PAUSE", 0.01)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    monkeypatch.setattr(file_download, "time", altered(time, sleep=lambda _: None))
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "pytorch_model.bin").write_bytes(b"code")
    (folder / "modeling_own.py").write_text("code")
    with HubServer(folder) as server:
        yield server


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "hf"
    folder.mkdir()
    return folder


def source(server, revision=None, repo_id="org/model", is_data_store=False):
    return HubSource(repo_id, revision, server.endpoint, is_data_store)


def test_only_configuration_tokenizer_and_safetensors_are_taken(server, target):
    contents = hub.look(source(server), target, None)
    assert contents.config == {"architectures": ["LlamaForCausalLM"]}
    assert (contents.revision, contents.license) == (SHA, "mit")
    hub.fetch(source(server), contents, target, None)
    taken = sorted(path.name for path in target.iterdir() if not path.name.startswith("."))
    assert taken == ["config.json", "model.safetensors", "tokenizer.json"]
    assert (target / "model.safetensors").read_bytes() == WEIGHTS
    assert server.tokens == {None}


def test_a_download_that_breaks_off_continues_where_it_was(server, target):
    server.breaks = 2
    contents = hub.look(source(server), target, None)
    hub.fetch(source(server), contents, target, None)
    assert (target / "model.safetensors").read_bytes() == WEIGHTS
    assert server.ranges[0] is None and len(server.ranges) == 3 and None not in server.ranges[1:]


def test_a_download_that_breaks_off_again_and_again_fails_and_keeps_what_it_has(server, target):
    contents = hub.look(source(server), target, None)
    server.breaks = 1000
    with pytest.raises(PreparationError, match=r"broke off 3 times.*What was downloaded is kept.*try again"):
        hub.fetch(source(server), contents, target, None)
    server.breaks, server.ranges = 0, []
    hub.fetch(source(server), contents, target, None)
    assert None not in server.ranges and (target / "model.safetensors").read_bytes() == WEIGHTS


def test_a_hub_that_disappears_leaves_no_half_model(server, target):
    contents = hub.look(source(server), target, None)
    gone = HubSource("org/model", None, f"http://127.0.0.1:{free_port()}", False)
    with pytest.raises(PreparationError, match="broke off 3 times"):
        hub.fetch(gone, contents, target, None)


def test_files_of_another_commit_are_not_mixed_with_this_one(server, target):
    (target / ".revision").write_text("f" * 40)
    (target / ".model.safetensors.part").write_bytes(b"old")
    (target / "tokenizer.json").write_text("old")
    contents = hub.look(source(server), target, None)
    hub.fetch(source(server), contents, target, None)
    assert (target / "model.safetensors").read_bytes() == WEIGHTS and (target / "tokenizer.json").read_text() == "{}"


def test_a_gated_model_needs_a_token_and_the_licence(server, target):
    server.token = "hf_right"
    for token, said in ((None, "no HF_TOKEN is set"), ("hf_wrong", "has not been granted access")):
        with pytest.raises(PreparationError, match=f"gated, and .*{said}.*its licence at .*/org/model,") as gated:
            hub.look(source(server), target, token)
        assert "hf_wrong" not in str(gated.value)
    assert hub.look(source(server), target, "hf_right").revision == SHA


def test_what_does_not_exist_is_named(server, target):
    with pytest.raises(PreparationError, match="no model org/other at http.*Check the name"):
        hub.look(source(server, repo_id="org/other"), target, None)
    with pytest.raises(PreparationError, match="no model org/other in this platform's Data Store.*hf_endpoint"):
        hub.look(source(server, repo_id="org/other", is_data_store=True), target, None)
    with pytest.raises(PreparationError, match="no revision 'v9'"):
        hub.look(source(server, revision="v9"), target, None)
    (server.folder / "config.json").unlink()
    with pytest.raises(ModelRefused, match="no config.json"):
        hub.look(source(server), target, None)


def test_without_a_network_a_folder_can_be_given(target, monkeypatch):
    nowhere = HubSource("org/model", None, f"http://127.0.0.1:{free_port()}", False)
    with pytest.raises(PreparationError, match="cannot be reached.*give the folder in place of the name"):
        hub.look(nowhere, target, None)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PreparationError, match="cannot be reached.*give the folder in place of the name"):
        hub.look(nowhere, target, None)


def test_a_full_disk_is_no_broken_connection(server, target, monkeypatch):
    contents = hub.look(source(server), target, None)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub, "http_get", full)
    with pytest.raises(OSError, match="No space left"):
        hub.fetch(source(server), contents, target, None)


def test_a_hub_that_fails_is_said_to(server, target, monkeypatch):
    def failing(request):
        server._send(request, b"oops", 500)

    monkeypatch.setattr(server, "answer", failing)
    with pytest.raises(PreparationError, match="answered 500 about org/model"):
        hub.look(source(server), target, None)
