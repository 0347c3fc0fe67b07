"""`flywheel models`: what it prints, and what it says where it can do nothing."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from flywheel_helpers.errors import PlatformError
from flywheel_helpers.run import models_cli
from flywheel_helpers.run.cli import main
from flywheel_helpers.services.base_models import BaseModel

READY = BaseModel("tiny/a", ("v1.0.0+CPU",), "ready", None, 134_515_008, 8192, "apache-2.0", 4_600_000_000, 408.5)
NEW = BaseModel("tiny/b", (), "failed", "The model is gated.", None, None, None, None, None)
UNMEASURED = BaseModel("tiny/c", ("v1.0.0+CPU",), "ready", None, 10**9, 4096, None, 10**10, None)


@pytest.fixture
def flywheel(monkeypatch, capsys, settings):
    """Runs `flywheel models` without a platform; gives exit status and output."""
    connection = type("Connection", (), {"settings": settings})()
    monkeypatch.setattr(models_cli, "connect", lambda config: nullcontext(connection))
    monkeypatch.setattr(models_cli.base_models, "list_base_models", lambda nemo: [READY, UNMEASURED, NEW])

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["flywheel", "models", *arguments])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
        return status, "".join(capsys.readouterr())

    return run


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_the_models_are_listed_with_what_is_known(flywheel, arguments):
    status, said = flywheel(*arguments)
    assert status == 0
    assert said.startswith(
        "tiny/a\n"
        "    ready, v1.0.0+CPU\n"
        "    135 million parameters, context of 8,192 tokens, licence apache-2.0\n"
        "    training takes 4.3 GiB of memory and about 10 minutes for 430 rows\n"
        "tiny/c\n"
        "    ready, v1.0.0+CPU\n"
        "    1,000 million parameters, context of 4,096 tokens\n"
        "    training takes 9.3 GiB of memory\n"
        "    the training time is not known yet: list the models again in a minute, with nothing else running\n"
        "tiny/b\n"
        "    failed\n"
        "    The model is gated.\n"
    )
    assert "BASE_MODEL in config.py is meta/llama-3.2-1b-instruct, which this platform does not have." in said


def test_an_added_model_ends_with_the_lines_for_config(flywheel, monkeypatch):
    def add(nemo, source, name, hub, say):
        say("Downloading 1 MB: 40%.")
        assert (source, name, hub) == ("org/model", "tiny/a", "https://mirror.example.com")
        return READY

    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example.com/")
    monkeypatch.setattr(models_cli.base_models, "add", add)
    status, said = flywheel("add", "org/model", "--name", "tiny/a")
    assert status == 0 and "Downloading 1 MB: 40%." in said
    assert said.endswith('    BASE_MODEL = "tiny/a"\n    BASE_MODEL_VERSION = "v1.0.0+CPU"\n')


def test_a_failure_is_a_message_and_a_status(flywheel, monkeypatch):
    def add(*_):
        raise PlatformError("tiny/a could not be added. The model is gated.")

    monkeypatch.setattr(models_cli.base_models, "add", add)
    status, said = flywheel("add", "org/model")
    assert status == 1 and "Error: tiny/a could not be added. The model is gated." in said


def test_removing_says_so(flywheel, monkeypatch):
    removed = []
    monkeypatch.setattr(models_cli.base_models, "remove", lambda nemo, name: removed.append(name))
    assert flywheel("remove", "tiny/a") == (0, "tiny/a is removed.\n") and removed == ["tiny/a"]
