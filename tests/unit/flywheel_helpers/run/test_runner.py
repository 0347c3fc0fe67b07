"""Runs of small notebooks: what is written, where a failure is told, and that Ctrl-C leaves things tidy."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console

from flywheel_helpers.errors import RunError
from flywheel_helpers.run import parameters, runner
from flywheel_helpers.run.progress import Progress
from flywheel_helpers.statistics import SCORE_NAMES

ACCURACY = {key: {"value": 0.9, "low": 0.85, "high": 0.94} for key in SCORE_NAMES}
EVALUATION = {"n": 200, "base": ACCURACY, "tuned": ACCURACY}
GOOD = [
    "import config\nfrom flywheel_helpers.course.records import record",
    'print("   3 s |  40% | a long step"); print("not for the log")',
    'print(f"x is {X}", config.PROFILE)',
    f'record("evaluation", {EVALUATION!r})\nrecord("models", {{"base": "b", "tuned": "t"}})',
    'record("training", {"tokens_per_second": 300.0, "seconds": 60.0, "steps": 10})',
]


def write_notebook(path: Path, cells: list[str], values: str = "X = 1") -> Path:
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), new_code_cell(values)])
    notebook.cells[1].metadata["tags"] = ["parameters"]
    notebook.cells += [new_code_cell(cell) for cell in cells]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def test_a_good_run(tmp_path, capsys):
    path = write_notebook(tmp_path / "01_good.ipynb", GOOD)
    folder = runner.new_folder(tmp_path / "runs")
    progress = Progress(Console(width=200))
    run = runner.run([path], {"X": 5, "Y": 6}, folder, "local", progress, inference_precision="f32")
    assert (tmp_path / "runs" / "latest").resolve() == folder
    summary = json.loads((folder / "summary.json").read_text())
    assert summary == run.summary()
    assert summary["status"] == "completed" and summary["failure"] is None
    assert summary["profile"] == "local" and summary["parameters"] == {"X": 5, "Y": 6}
    assert summary["models"] == {"base": "b", "tuned": "t"} and summary["inference_precision"] == "f32"
    assert summary["evaluation"] == EVALUATION
    assert summary["training"] == {"tokens_per_second": 300.0, "seconds": 60.0, "steps": 10}
    assert summary["notebooks"]["01_good"]["seconds"] > 0
    assert summary["peak_memory_bytes"] > 50 * 2**20
    assert summary["versions"]["papermill"] and summary["versions"]["python"]
    executed = (folder / "01_good.ipynb").read_text()
    assert "x is 5 local" in executed
    report = (folder / "report.html").read_text()
    assert (
        "90.0% (85.0% to 94.0%)" in report
        and "x is 5 local" in report
        and "Measured on 200 questions about unseen functions" in report
    )
    assert re.search(r"inference precision</td><td[^>]*>f32<", report)
    assert not re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=[\"']?https?:", report), (
        "loads something from the net"
    )
    said = capsys.readouterr().out
    assert "01_good (1 of 1) ..." in said and "3 s |  40% | a long step" in said and "not for the log" not in said


def test_notebooks_of_an_earlier_run_in_the_same_folder_are_left_aside(tmp_path):
    for name in ("00_new.ipynb", "03_old.ipynb"):
        (tmp_path / name).touch()
    this_run = runner.Run(tmp_path, "local", {})
    this_run.seconds["00_new"] = 1.0
    assert this_run.executed() == [tmp_path / "00_new.ipynb"]


def test_a_run_does_without_the_memory_of_its_report_until_it_ends():
    """A room has a run for each person, and they wait for an hour."""
    late = "{'matplotlib', 'nbconvert', 'flywheel_helpers.run.report'} & {*sys.modules}"
    program = f"import sys, flywheel_helpers.run.runner; sys.exit(str({late} or '') or 0)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_nobody_foresaw_is_in_the_report_too(tmp_path):
    path = write_notebook(tmp_path / "01_good.ipynb", GOOD)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"]["name"] = "no-such-kernel"
    nbformat.write(notebook, path)
    folder = runner.new_folder(tmp_path / "runs")
    with pytest.raises(Exception, match="no-such-kernel"):
        runner.run([path], {}, folder, "local", Progress(Console(width=200)))
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "failed" and "no-such-kernel" in summary["failure"]
    assert "no-such-kernel" in (folder / "report.html").read_text()


def test_a_failing_notebook_stops_the_run_and_names_the_cell(tmp_path):
    failing = write_notebook(
        tmp_path / "01_bad.ipynb",
        [
            "X",
            "\n# why this is here\nfrom flywheel_helpers.errors import DataError\n"
            'raise DataError("row 7 has no messages", "Write them.")',
        ],
    )
    never = write_notebook(tmp_path / "02_never.ipynb", GOOD)
    folder = tmp_path / "run"
    with pytest.raises(RunError) as caught:
        runner.run([failing, never], {}, folder, "local", Progress(Console()))
    text = str(caught.value)
    assert "01_bad.ipynb failed in cell [3], which begins with\n    # why this is here" in text
    assert "DataError: row 7 has no messages" in text and text.count("What to do:") == 1
    assert "What to do: Write them. Then run it again: finished steps are found and reused." in text
    assert "Traceback" not in text
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "failed" and "row 7" in summary["failure"]
    assert list(summary["notebooks"]) == ["01_bad"] and summary["evaluation"] is None
    assert not (folder / "02_never.ipynb").exists()
    assert "row 7 has no messages" in (folder / "report.html").read_text()


def test_a_kernel_listens_where_no_other_program_can(tmp_path):
    path = write_notebook(
        tmp_path / "01_where.ipynb", ["from ipykernel import connect", "connect.get_connection_info()"]
    )
    runner.run([path], {}, tmp_path / "run", "local", Progress(Console()))
    executed = nbformat.read(tmp_path / "run" / path.name, as_version=4)
    where = json.loads(ast.literal_eval(executed.cells[-1].outputs[0].data["text/plain"]))
    assert where["transport"] == "ipc" and not Path(where["ip"]).parent.exists()


def test_a_folder_whose_path_is_too_long_for_sockets(tmp_path, monkeypatch):
    path = write_notebook(tmp_path / "01_good.ipynb", GOOD)
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(RunError, match="is too long for sockets") as caught:
        runner.run([path], {}, tmp_path / "run", "local", Progress(Console()))
    assert "Set TMPDIR" in str(caught.value) and not list(folder.iterdir())


def test_what_a_kernel_writes_past_its_cells_goes_to_a_log(tmp_path, capfd):
    path = write_notebook(tmp_path / "01_words.ipynb", ['import os\nos.write(2, b"last words")', "None"])
    runner.run([path], {}, tmp_path / "run", "local", Progress(Console()))
    assert "last words" in (tmp_path / "run" / runner.KERNEL_LOG).read_text()
    assert "last words" not in capfd.readouterr().err


def test_a_kernel_that_dies(tmp_path):
    path = write_notebook(tmp_path / "01_dies.ipynb", ["import os", "os._exit(9)"])
    with pytest.raises(RunError, match="01_dies.ipynb: the kernel died") as caught:
        runner.run([path], {}, tmp_path / "run", "local", Progress(Console()))
    assert "memory" in caught.value.hint and runner.KERNEL_LOG in caught.value.hint
    assert (tmp_path / "run" / "report.html").is_file()


def test_ctrl_c_leaves_a_readable_folder_and_no_kernel(tmp_path):
    pid_file = tmp_path / "kernel.pid"
    path = write_notebook(
        tmp_path / "01_long.ipynb",
        [
            'print("before")',
            f"import os, pathlib, time; pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid())); time.sleep(600)",
        ],
    )
    program = (
        # Where the tests run in the background, the shell has SIGINT ignored, and programs inherit that.
        "import pathlib, signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from rich.console import Console\nfrom flywheel_helpers.run import runner\n"
        "from flywheel_helpers.run.progress import Progress\n"
        "runner.run([pathlib.Path(sys.argv[1])], {}, pathlib.Path(sys.argv[2]), 'local', Progress(Console()))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(tmp_path / "run")], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 40
    while not (pid_file.is_file() and pid_file.read_text()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=40)
    assert process.returncode != 0 and "KeyboardInterrupt" in error
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert "before" in (tmp_path / "run" / "01_long.ipynb").read_text()
    assert "Interrupted" in (tmp_path / "run" / "report.html").read_text()
    assert not psutil.pid_exists(int(pid_file.read_text()))


@pytest.fixture(params=["by annotation", "by default"])
def notebook(request, tmp_path) -> Path:
    values = "EPOCHS = 2\nRETRAIN = False\nLIMIT = None\nNAME = 'x'\nRATE = 1e-3"
    if request.param == "by annotation":
        values = "from typing import Optional\n\nEPOCHS: int = 1 + 1  # two = 2\nRETRAIN: bool = not True\n"
        values += "LIMIT: Optional[int] = 200\nNAME: str = 'x' * 2\nRATE: float = 1"
    return write_notebook(tmp_path / "01.ipynb", [], values)


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        (("EPOCHS", "3"), 3),
        (("RETRAIN", "true"), True),
        (("RETRAIN", "False"), False),
        (("LIMIT", "None"), None),
        (("NAME", "hello world"), "hello world"),
        (("NAME", "[1, 2]"), "[1, 2]"),
        (("NAME", "true"), "true"),
        (("RETRAIN", "no"), False),
        (("RATE", "1e-4"), 1e-4),
    ],
)
def test_parameters_get_types(notebook, pair, value):
    found = parameters.parse([pair], [notebook])[pair[0]]
    assert found == value and type(found) is type(value)


def test_unknown_parameters_are_refused(notebook):
    with pytest.raises(RunError, match="no notebook|No notebook") as caught:
        parameters.parse([("EPOCS", "3")], [notebook])
    assert "EPOCHS, LIMIT, NAME, RATE, RETRAIN" in caught.value.hint


@pytest.mark.parametrize(
    "pair",
    [("EPOCHS", "0"), ("EPOCHS", "-5"), ("EPOCHS", "2.5"), ("EPOCHS", "None"), ("LIMIT", "all"), ("RETRAIN", "perhaps"),
     ("RATE", "fast"), ("RATE", "nan"), ("RATE", "inf"), ("RATE", "-Infinity"), ("RATE", "1e999"), ("LIMIT", "0")],
)  # fmt: skip
def test_values_of_another_kind_are_refused(notebook, pair):
    with pytest.raises(RunError, match=f'{pair[0]} is "{pair[1]}"') as caught:
        parameters.parse([pair], [notebook])
    assert caught.value.hint.startswith("Write ")


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ("X: Union[int, Literal[0]] = 10", "0", 0),
        ("X: Union[int, Literal[0]] = 10", "3", 3),
        ("X: int | None = 10", "null", None),
        ("X: Literal['a', 'b'] = 'a'", "b", "b"),
        ("X: Union[str, int, None] = None", "7", 7),
        ("X: Union[str, int, None] = None", "seven", "seven"),
        ("X = 'a = b # no comment'", "c", "c"),
        ("X: str = 'a = b'  # a comment = this", "c", "c"),
        ("X = (\n    1\n)", "2", 2),
        ("X = Y = 1.5", "2", 2.0),
        ("import os\nY = {}\nX: str = os.sep", "c", "c"),
    ],
)
def test_parameters_in_every_form(tmp_path, declared, text, value):
    path = write_notebook(tmp_path / "01.ipynb", [], declared)
    found = parameters.parse([("X", text)], [path])["X"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("declared", "text", "hint"),
    [
        ("X: Union[int, Literal[0]] = 10", "-1", "Write a whole number of at least 1 or 0."),
        ("X: Literal['a', 'b'] = 'a'", "c", "Write 'a' or 'b'."),
        ("X: Optional[float] = None", "nan", "Write a number, such as 0.001 or None."),
    ],
)
def test_a_refused_value_says_what_to_write(tmp_path, declared, text, hint):
    path = write_notebook(tmp_path / "01.ipynb", [], declared)
    with pytest.raises(RunError, match=f'X is "{text}"') as caught:
        parameters.parse([("X", text)], [path])
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "declared", ["X = 2 * 100", "X = [1]", "X: list[int] = [1]", "X: Count = 1", "X = f(1)", "X: 'int' = 1"]
)
def test_a_parameter_whose_type_cannot_be_told_is_refused_with_its_line(tmp_path, declared):
    path = write_notebook(tmp_path / "01.ipynb", [], f"# first\nY = 1\n{declared}")
    with pytest.raises(RunError, match=r"01\.ipynb: line 3 of the parameters cell does not tell the type"):
        parameters.parse([("X", "1")], [path])
    assert parameters.parse([("Y", "2")], [path]) == {"Y": 2}, "the others can be set"


def test_a_cell_that_is_not_python_is_refused_with_its_line(tmp_path):
    path = write_notebook(tmp_path / "01.ipynb", [], "X = 1\nY = = 2")
    with pytest.raises(RunError, match=r"01\.ipynb: line 2 of the parameters cell is not Python"):
        parameters.parse([("X", "1")], [path])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "abc"),
        ("NVIDIA_API_KEY", "abc"),
        ("WANDB_API_KEY", "abc"),
        ("nds_token", "abc"),
        ("NAME", "hf_abcdefghijklmnop"),
        ("NAME", "nvapi-abcdefghijklmnop"),
        ("NAME", "value-of-a-secret"),
    ],
)
def test_secrets_are_refused_and_not_repeated(notebook, monkeypatch, name, value):
    monkeypatch.setenv("WANDB_API_KEY", "value-of-a-secret")
    with pytest.raises(RunError, match="looks like a secret") as caught:
        parameters.parse([(name, value)], [notebook])
    assert value not in str(caught.value)


def test_names_that_only_sound_like_secrets_pass(tmp_path):
    path = write_notebook(tmp_path / "01.ipynb", [], "MAX_TOKENS = 1")
    assert parameters.parse([("MAX_TOKENS", "9")], [path]) == {"MAX_TOKENS": 9}
