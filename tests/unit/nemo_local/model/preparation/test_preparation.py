"""The preparation of a model: refused before the download where it can be, and complete or not there."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
from collections import namedtuple

import psutil
import pytest
from altered import altered
from tiny_models import write_tiny_model

from nemo_local.model import export
from nemo_local.model.preparation import __main__ as preparation
from nemo_local.model.preparation import folder as folder_source
from nemo_local.model.preparation.order import PreparationProcess, read_source
from nemo_local.model.preparation.source import FolderSource, HubSource


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_model("LlamaForCausalLM", tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def model(tiny, tmp_path, monkeypatch):
    """A copy of the tiny model, whose conversion is not waited for."""
    monkeypatch.setattr(export, "write_openvino_model", lambda hf, out: (out / "openvino_model.xml").touch())
    return shutil.copytree(tiny, tmp_path / "models" / "tiny")


@pytest.fixture
def prepare(model, tmp_path):
    """A function that prepares the model; it gives the exit code and the reason of a failure."""
    work = tmp_path / "work"

    def run(source=None) -> tuple[int, str | None]:
        source = source or FolderSource(model, (model.parent,))
        given = {"folder": str(source.folder), "allowed": [str(source.allowed[0])]}
        order = {"parent_pid": os.getppid(), "uri": str(model), "kind": "folder", "source": given}
        work.mkdir(exist_ok=True)
        (work / "order.json").write_text(json.dumps(order))
        code = preparation.main(work)
        return code, json.loads((work / "progress.json").read_text())["failure"]

    run.made = work / "model"
    return run


def change(model, file: str, **values) -> None:
    content = json.loads((model / file).read_text())
    (model / file).write_text(json.dumps({**content, **values}))


def test_a_folder_is_copied_checked_and_converted(prepare, model):
    (model / "modeling_own.py").write_text("code")
    (model / "optimizer.pt").write_bytes(b"pickle")
    assert prepare() == (0, None)
    copied = {path.name for path in (prepare.made / "hf").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= copied
    assert not {"modeling_own.py", "optimizer.pt"} & copied
    assert (prepare.made / "openvino" / "openvino_model.xml").is_file()
    assert json.loads((prepare.made / "model.json").read_text())["source"] == str(model)
    assert prepare() == (0, None)  # after a stop at any moment


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: shutil.rmtree(m), "There is no folder"),
        (lambda m: (m / "config.json").unlink(), "no config.json"),
        (lambda m: change(m, "config.json", architectures=["GPT2LMHeadModel"]), "supported are LlamaForCausalLM"),
        (lambda m: change(m, "config.json", auto_map={"AutoModel": "own.py"}), "never run here"),
        (lambda m: change(m, "config.json", intermediate_size=256), "has the shape"),
        (lambda m: change(m, "config.json", vocab_size=100), "shape|no embedding"),
        (lambda m: (m / "model.safetensors").unlink(), "no weights"),
        (lambda m: os.truncate(m / "model.safetensors", 5000), "not a complete safetensors file"),
        (lambda m: ((m / "chat_template.jinja").unlink(), change(m, "tokenizer_config.json")), "no chat template"),
    ],
    ids=["folder", "config", "architecture", "code", "weights", "vocabulary", "no-weights", "cut-off", "template"],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(prepare, model, spoil, message):
    spoil(model)
    code, failure = prepare()
    assert code == 1 and re.search(message, failure), failure
    assert not (prepare.made / "model.json").exists()


def test_a_link_out_of_the_allowed_folders_is_not_followed(prepare, model, tmp_path):
    (tmp_path / "secret.json").write_text('{"secret": "4711"}')
    (model / "tokenizer_config.json").unlink()
    (model / "tokenizer_config.json").symlink_to(tmp_path / "secret.json")
    code, failure = prepare()
    assert code == 1 and "tokenizer_config.json is a link" in failure[0].lower() + failure[1:]
    assert not list(prepare.made.rglob("tokenizer_config.json"))


def test_links_as_in_the_cache_of_a_hub_are_followed(prepare, model):
    blobs = model.parent / "blobs"
    blobs.mkdir()
    (model / "model.safetensors").rename(blobs / "abc")
    (model / "model.safetensors").symlink_to("../blobs/abc")
    assert prepare() == (0, None)
    assert not (prepare.made / "hf" / "model.safetensors").is_symlink()


def test_too_little_memory_or_disk_is_found_before_anything_is_copied(prepare, monkeypatch):
    memory = namedtuple("memory", "available")
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "psutil", altered(psutil, virtual_memory=lambda: memory(2**30)))
        code, failure = prepare()
        assert code == 1 and "GiB of memory" in failure and "smaller model" in failure
    disk = namedtuple("disk", "free")
    monkeypatch.setattr(preparation, "shutil", altered(shutil, disk_usage=lambda _: disk(1000)))
    code, failure = prepare()
    assert code == 1 and "disk space" in failure and "FLYWHEEL_HOME" in failure
    assert not list((prepare.made / "hf").iterdir())


def test_a_disk_that_fills_up_is_said_to(prepare, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder_source, "shutil", altered(shutil, copyfile=full))
    assert prepare() == (1, preparation.DISK_FULL)


def test_a_fault_of_our_own_names_the_log(prepare, monkeypatch):
    monkeypatch.setattr(export, "write_openvino_model", lambda *_: 1 / 0)
    code, failure = prepare()
    assert code == 1 and "ZeroDivisionError" in failure and "work/log" in failure


class Started:
    """In place of a process: what it would have been started with."""

    returncode = -9

    def __init__(self, command, env, **_) -> None:
        Started.environment = env


def test_the_token_is_given_to_a_download_from_the_hugging_face_hub_only(tmp_path, monkeypatch):
    monkeypatch.setattr("nemo_local.common.child.subprocess", altered(subprocess, Popen=Started))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    for endpoint, given in (("https://huggingface.co", True), ("https://hub.example.com", False)):
        source = HubSource("org/model", None, endpoint, is_data_store=False)
        process = PreparationProcess(tmp_path / "work", "hf://org/model", source)
        assert ("HF_TOKEN" in Started.environment) is given
        order = json.loads((tmp_path / "work" / "order.json").read_text())
        assert read_source(order) == source and "hf_secret" not in json.dumps(order)
        assert "was killed" in process.failure()
    folder = FolderSource(tmp_path, (tmp_path,))
    PreparationProcess(tmp_path / "work", str(tmp_path), folder)
    assert "HF_TOKEN" not in Started.environment
    assert read_source(json.loads((tmp_path / "work" / "order.json").read_text())) == folder
