"""`flywheel data`: what it says, what it writes, and its exit statuses."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from model_api import Target

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.own_data import load
from flywheel_helpers.run.cli import main

EXAMPLE = ROOT / "notebooks" / "examples" / "own_rows.jsonl"
PYTHON = "".join(f'def do_{name}(number: int):\n    """Does {name}."""\n' for name in ("alpha", "beta", "gamma"))


@dataclass
class Ended:
    status: int
    said: str
    error: str


@pytest.fixture
def data(tmp_path, monkeypatch, capsys):
    """Runs `flywheel data` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLYWHEEL_PROFILE", "local")
    for name in ("TEACHER_URL", "TEACHER_MODEL", "TEACHER_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["flywheel", "data", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
        return Ended(status, *capsys.readouterr())

    return run


@pytest.fixture
def teacher(monkeypatch):
    """A teacher that writes good questions, and reads them."""
    target = Target()
    target.models = ["large/model"]

    def answer(body: dict) -> dict:
        text = body["messages"][-1]["content"]
        if "response_format" not in body:
            _, name, number, *_ = text.split()
            call = {"name": name, "arguments": json.dumps({"number": int(number)})}
            return {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": call}]}
        name, first = json.loads(text.split("\n", 1)[1])["name"], 10 * body["seed"]
        numbers = range(first, first + int(text.split()[0]))
        questions = [
            {"query": f"Do {name} {number} w{number}a w{number}b w{number}c", "arguments": {"number": number}}
            for number in numbers
        ]
        return {"role": "assistant", "content": json.dumps({"questions": questions})}

    target.answer = answer
    monkeypatch.setenv("TEACHER_URL", target.url)
    monkeypatch.setenv("TEACHER_MODEL", "large/model")
    yield target
    target.close()


def test_a_file_with_mistakes(data):
    found = data("check", EXAMPLE)
    assert found.status == 1 and not found.error
    assert [line.split(":")[0] for line in found.said.splitlines()[:3]] == ["line 2", "line 4", "line 6"]
    assert "DATA" not in found.said, "notebook 01 would refuse it"


@pytest.mark.parametrize("output", ["good.jsonl", "new/folder", ".", "my rows.jsonl"])
def test_the_good_rows_are_written_and_pass(data, output):
    found = data("check", EXAMPLE, "--output", output)
    path = Path(output) if output.endswith(".jsonl") else Path(output) / "own_rows.jsonl"
    assert found.status == 1 and f"{path}: 3 rows were written." in found.said
    assert f'DATA = "{path.resolve()}"' in found.said
    assert shlex.split(found.said.rstrip())[-1] == str(path.resolve())
    again = data("check", path)
    assert again.status == 0 and "Warning: 3 rows are fewer than 50" in again.said, "warnings alone are no failure"
    assert len(load(path).testing) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["check", "nothing.jsonl"], 1, "nothing.jsonl cannot be read: there is no such file"),
        (["check", "."], 1, "it is a folder"),
        (["check", EXAMPLE, "--output", EXAMPLE], 1, "the result would replace it"),
        (["check", "tools.py", "--output", "x"], 1, "tools.py has tools and no rows"),
        (["make", EXAMPLE], 1, "own_rows.jsonl has no tools"),
        (["make", "tools.py"], 1, "TEACHER_URL is not set"),
        (["make", "tools.py", "--questions", "1"], 2, "1 is not in the range"),
        (["check"], 2, "Missing argument"),
    ],
)
def test_mistakes_are_explained(data, arguments, status, said):
    Path("tools.py").write_text(PYTHON)
    found = data(*arguments)
    assert found.status == status and said in found.error and "Traceback" not in found.error


def test_too_few_rows_are_a_failure(data):
    Path("rows.jsonl").write_text(EXAMPLE.read_text().splitlines()[0])
    found = data("check", "rows.jsonl")
    assert found.status == 1 and "Add rows" in found.said and "DATA" not in found.said


def test_tools(data):
    Path("tools.py").write_text(PYTHON)
    found = data("check", "tools.py")
    assert found.status == 0
    assert found.said.splitlines()[:3] == ["do_alpha(number)", "do_beta(number)", "do_gamma(number)"]
    Path("tools.py").write_text(PYTHON + "def untyped(a):\n    'Does.'\n")
    found = data("check", "tools.py")
    assert "flywheel data make tools.py" in found.said
    assert found.status == 1 and found.said.startswith("line 7: untyped: the parameter a has no type. ")


def test_a_teacher_writes_rows_that_pass_the_check(data, teacher):
    Path("tools.py").write_text(PYTHON)
    found = data("make", "tools.py", "--questions", "60")
    assert found.status == 0, found.error
    assert "Thrown away: 0 of 60 (0%)." in found.said and "tools.jsonl: 60 rows were written." in found.said
    checked = data("check", "tools.jsonl")
    assert checked.status == 0 and "60 rows can be used." in checked.said and "Warning" not in checked.said

    asked = len(teacher.requests)
    found = data("make", "tools.py", "--questions", "60")
    assert found.status == 1 and "tools.jsonl is there already" in found.error and len(teacher.requests) == asked
