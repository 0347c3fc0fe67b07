"""The command line: exit statuses, and messages in place of tracebacks."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass

import pytest
from ports import free_port

from flywheel_helpers.course import progress
from flywheel_helpers.local import platform
from flywheel_helpers.run.cli import main
from flywheel_helpers.webui import server

NOBODY = f"http://127.0.0.1:{free_port()}"


@dataclass
class Ended:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def flywheel(tmp_path, monkeypatch, capsys):
    """Runs the command with a home of its own and ports nobody listens on."""
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLYWHEEL_GATEWAY_PORT", str(free_port()))
    monkeypatch.setenv("FLYWHEEL_NIM_PORT", str(free_port()))
    monkeypatch.setenv("FLYWHEEL_WEBUI_PORT", str(free_port()))
    monkeypatch.setenv("FLYWHEEL_PROFILE", "local")

    def run(*arguments: str, **environment: str) -> Ended:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["flywheel", *arguments])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        return Ended(status, *capsys.readouterr())

    return run


def test_help_lists_the_commands(flywheel):
    found = flywheel("--help")
    assert found.returncode == 0
    for command in ("up", "down", "status", "run", "doctor", "progress", "webui", "data", "models"):
        assert f"\n  {command} " in found.stdout


def test_without_a_platform(flywheel):
    assert flywheel("status").returncode == 1
    assert "not running" in flywheel("status").stdout
    found = flywheel("down")
    assert found.returncode == 0 and "was not running" in found.stdout


def test_progress(flywheel, monkeypatch):
    found = flywheel("progress")
    assert found.returncode == 1 and "Entity Store" in found.stderr and "flywheel up" in found.stderr

    solved = progress.Attendee("tool-calling-ada", {"merged": "2026-03-02T08:00:00"}, dataset=True)
    monkeypatch.setattr(progress, "own", lambda nemo: solved)
    lines = flywheel("progress").stdout.splitlines()
    assert lines[0] == "In the namespace tool-calling-ada:"
    assert next(line for line in lines if "merged" in line).split()[2].startswith("2026-03-0")
    assert next(line for line in lines if "required" in line).rstrip().endswith("not yet")

    monkeypatch.setattr(progress, "room", lambda nemo: [solved])
    last = flywheel("progress", "--room").stdout.splitlines()[-1]
    assert last.split()[:9] == ["tool-calling-ada", "yes", "no", "no", "0/2", "1/2", "0/2", "0/2", "0/2"]
    long = [progress.Attendee(f"tool-calling-grace-hopper-navy-1a2b3c{end}") for end in ("4d", "5e")]
    monkeypatch.setattr(progress, "room", lambda nemo: long)
    shown = flywheel("progress", "--room").stdout
    assert "…" not in shown and "4d" in shown and "5e" in shown

    monkeypatch.setattr(progress, "room", lambda nemo: [])
    assert "Nobody has started yet" in flywheel("progress", "--room").stdout


def test_without_open_webui(flywheel, monkeypatch, tmp_path):
    assert flywheel("webui", "status").returncode == 1
    found = flywheel("webui", "down")
    assert found.returncode == 0 and "was not running" in found.stdout
    monkeypatch.setattr(server, "VENV", tmp_path / "nothing")
    assert "make webui" in flywheel("webui", "status").stdout
    found = flywheel("webui", "up")
    assert found.returncode == 1 and "not installed" in found.stderr and "make webui" in found.stderr


def test_a_run_without_open_webui_leaves_its_notebook_out(flywheel, monkeypatch, tmp_path):
    monkeypatch.setattr(server, "VENV", tmp_path / "nothing")
    # A parameter that no notebook has ends the run before anything is started.
    found = flywheel("run", "-p", "NO_SUCH_PARAMETER", "1")
    assert "05_openwebui_chat is skipped" in found.stdout and "make webui" in found.stdout
    assert "RESET_PRESETS" not in found.stderr
    found = flywheel("run", "--notebooks", "05", "-p", "NO_SUCH_PARAMETER", "1")
    assert "is skipped" not in found.stdout and "RESET_PRESETS" in found.stderr


def test_doctor_says_what_is_down(flywheel):
    found = flywheel("doctor", "--json")
    report = json.loads(found.stdout)
    assert found.returncode == 1 and report["ok"] is False
    down = {check["name"]: check for check in report["checks"] if not check["ok"]}
    assert "Entity Store" in down and "connection refused" in down["Entity Store"]["found"]
    assert "flywheel up" in down["Entity Store"]["fix"]
    table = flywheel("doctor")
    assert table.returncode == 1 and "FAILED" in table.stdout and "NEMO_ENTITY_STORE_URL" in table.stdout


def test_doctor_names_no_secret(flywheel):
    found = flywheel("doctor", "--json", HF_TOKEN="hf_do_not_show_me", HF_ENDPOINT=NOBODY)
    assert "hf_do_not_show_me" not in found.stdout + found.stderr
    row = next(check for check in json.loads(found.stdout)["checks"] if check["name"] == "HF_TOKEN")
    assert row["ok"] and row["found"].startswith("set")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["run", "--profile", "azure"], 2, "azure"),
        (["run", "--notebooks", "90"], 1, "There is no notebook 90"),
        (["run", "--notebooks", "x"], 1, "does not select notebooks"),
        (["run", "-p", "HF_TOKEN", "hf_do_not_show_me"], 1, "looks like a secret"),
        (["run", "-p", "ONLY_A_NAME"], 2, "2 arguments"),
        (["fly"], 2, "fly"),
    ],
)
def test_mistakes_are_explained(flywheel, arguments, status, said):
    found = flywheel(*arguments)
    assert found.returncode == status
    assert said in found.stderr and "hf_do_not_show_me" not in found.stderr


def test_a_wrong_value_in_config(flywheel):
    found = flywheel("doctor", NIM_URL="nim:8000")
    assert found.returncode == 1 and 'NIM_URL is "nim:8000"' in found.stderr and "What to do" in found.stderr
    found = flywheel("doctor", FLYWHEEL_PROFILE="azure")
    assert found.returncode == 1 and '"local" or "pcai"' in found.stderr


@pytest.mark.parametrize(
    ("number", "said", "advice"),
    [
        (errno.ENOSPC, "The disk is full", "Free some space"),
        (errno.EDQUOT, "The disk is full", "Free some space"),
        (errno.EACCES, "This user has no permission", "Change its permissions"),
        (errno.EPERM, "This user has no permission", "Change its permissions"),
        (errno.ECHILD, "The operating system reports: No child processes", "Fix the cause"),
    ],
)
def test_an_error_of_the_system_has_its_own_advice(flywheel, monkeypatch, number, said, advice):
    def fail(*_) -> None:
        raise OSError(number, os.strerror(number), "/data/summary.json")

    monkeypatch.setattr(platform, "up", fail)
    found = flywheel("up")
    assert found.returncode == 1 and "Traceback" not in found.stderr
    assert f"{said}: /data/summary.json." in found.stderr and advice in found.stderr
    assert ("Free" in found.stderr) is (number in (errno.ENOSPC, errno.EDQUOT))


def test_a_file_in_place_of_a_folder_is_not_a_full_disk(flywheel, tmp_path):
    (tmp_path / "home").write_text("")
    found = flywheel("up")
    assert found.returncode == 1 and "The operating system reports: " in found.stderr
    assert str(tmp_path / "home") in found.stderr and "Free some space" not in found.stderr
