"""The notebooks in order on the real platform: what a first run leaves, and that a second one finds it."""

from __future__ import annotations

import itertools
import re

import psutil
from course_support import NOTEBOOKS, SECRETS

from flywheel_helpers import checkout


def printed(notebook) -> str:
    """What the cells of a notebook printed."""
    return "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )


def test_all_notebooks_of_the_checkout_ran(first):
    assert [path.name for path in sorted(first.folder.glob("*.ipynb"))] == [path.name for path in NOTEBOOKS]
    assert (first.folder / "report.html").stat().st_size > 100_000


def test_every_picture_of_the_report_has_an_alternative_text(first):
    report = (first.folder / "report.html").read_text()
    described = re.findall(r'<img alt="([^"]{20,})" ', report)
    assert len(described) == report.count("<img ") >= 10
    assert not [alt for alt in described if "No description" in alt]


def test_summary_has_every_number(course, first):
    summary = first.summary
    assert summary["status"] == "completed" and summary["profile"] == "local"
    assert summary["parameters"]["MAX_STEPS"] == course.parameters["MAX_STEPS"]
    config = checkout.load_config()
    assert summary["models"] == {"base": config.BASE_MODEL, "tuned": config.CUSTOM_MODEL}
    assert summary["training"]["steps"] == course.parameters["MAX_STEPS"]
    assert summary["training"]["seconds"] > 0 and summary["training"]["tokens_per_second"] > 0
    assert summary["evaluation"]["n"] == course.parameters["LIMIT"]
    assert summary["practised"]["n"] == course.parameters["LIMIT"]
    for exam, model in itertools.product(("evaluation", "practised"), ("base", "tuned")):
        for score in ("function_name_accuracy", "function_name_and_args_accuracy"):
            found = summary[exam][model][score]
            assert 0 <= found["low"] <= found["value"] <= found["high"] <= 1, (exam, model, score, found)
    assert set(summary["notebooks"]) == {path.stem for path in NOTEBOOKS}
    assert all(found["seconds"] > 0 for found in summary["notebooks"].values())
    assert summary["peak_memory_bytes"] > 500e6
    assert {"python", "torch", "transformers", "papermill"} <= summary["versions"].keys()


def test_a_short_training_already_helps(first):
    evaluation = first.summary["evaluation"]
    base, tuned = (evaluation[model]["function_name_accuracy"]["value"] for model in ("base", "tuned"))
    assert tuned > base, f"function names right, of {evaluation['n']} rows: base {base:.0%}, tuned {tuned:.0%}"


def test_both_models_meet_the_worked_example(first):
    assert "The base model's answer is equal to the ground truth: no" in printed(first.notebook("01"))
    assert "The tuned model's answer is equal to the ground truth: " in printed(first.notebook("02"))


def test_a_second_run_reuses_what_it_finds(first, second):
    assert "A new job was started." in printed(first.notebook("02"))
    assert "reused it." in printed(second.notebook("02"))
    assert printed(second.notebook("03")).count("reused it.") == 4
    for part in ("models", "evaluation", "practised", "training"):
        assert second.summary[part] == first.summary[part], part


def test_the_wheel_turns_and_is_measured_before_and_after(course, first, second):
    flywheel = first.summary["flywheel"]
    for turn in ("base", "before", "after"):
        assert flywheel[turn]["production"]["n"] == course.parameters["THIS_WEEK"]
        assert flywheel[turn]["exam"]["n"] == flywheel[turn]["practised"]["n"] == course.parameters["LIMIT"]
    assert flywheel["promoted"] is False  # a few steps on a few rows do not pass the gate, and nothing is promoted
    assert flywheel["models"]["version 1"] == first.summary["models"]["tuned"] != flywheel["models"]["version 2"]
    assert "Version 2 was not promoted" in (first.folder / "report.html").read_text()
    assert second.summary["flywheel"] == flywheel


def test_the_chat_is_measured_beside_the_api(course, first):
    chat = first.summary["chat"]
    assert chat["n"] == course.parameters["CHAT_ROWS"]
    for name, value in chat["api"].items():  # so few rows leave room for one: a batch's makeup can tip a close choice
        assert 0 <= value <= 1 and abs(value - chat["chat"][name]) <= 1.01 / chat["n"], (name, chat)


def test_a_run_stops_the_open_webui_that_a_notebook_started(first):
    assert "Open WebUI is stopped." in first.output


def test_no_password_is_written_down(course, first, second):
    password = (course.folder / "home" / "openwebui" / "admin-password").read_text().strip()
    assert len(password) > 20
    assert password not in first.text() + second.text() + first.output + (first.folder / "report.html").read_text()


def test_no_secret_is_written_down(course, first, second):
    """Not in a notebook, a report or a log, nor in what the platform and Open WebUI store, nor in a command line."""
    assert [name for name, secret in SECRETS.items() if secret in first.output + second.output] == []
    for path in course.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [name for name, secret in SECRETS.items() if secret.encode() in content] == [], path
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        assert [name for name, secret in SECRETS.items() if secret in command] == [], command
