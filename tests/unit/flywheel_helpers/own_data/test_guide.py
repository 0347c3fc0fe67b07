"""docs/own_data.md: its examples are read, its warnings are those that are given."""

from __future__ import annotations

import json
import re

import pytest

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.own_data import check, tools

GUIDE = (ROOT / "docs" / "own_data.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("example", blocks("json"))
def test_the_rows_are_read(write, example):
    row = json.loads(example)
    if "messages" in row:
        row["tools"][0]["function"]["parameters"]["properties"]["day"]["description"] = "Which."
    checked = check(write([row]))
    assert not checked.problems and "reserve_desk" in checked.rows[0]["answers"]


def test_the_function_is_read(write):
    (example,) = blocks("python")
    (tool,) = tools.read("tools.py", example).tools
    assert tool["parameters"]["hours"] == {"description": "for how many hours.", "type": "int", "default": 8}


def test_every_warning_is_explained_and_every_explained_one_is_given(write, row):
    large = {"name": "large", "description": "D.", "parameters": {f"p{n}": {"type": "tea"} for n in range(9)}}
    other = {"answers": [{"name": "boil", "arguments": {"liters": 1.5}}]}
    exam = {**row(1), "split": "testing"}
    of_each_kind = [
        [row(1, tools=row()["tools"][:1]), row(2), row(3)],
        [row(1, **other), row(2), row(3)],
        [row(1, answers=[]), row(1, answers=[]), row(2, answers=[], tools=[*row()["tools"], large])],
        [exam, row(1, tools=[*row()["tools"], large]), *(row(number) for number in range(2, 60))],
    ]
    given = {warning for kind in of_each_kind for warning in check(write(kind)).warnings}
    explained = re.findall(r"^\| `(.+?)` \|", GUIDE.split("## What the warnings mean")[1], re.MULTILINE)
    forms = [re.escape(one).replace("…", ".+") for one in explained]
    assert [warning for warning in given if not any(re.match(form, warning) for form in forms)] == []
    assert [form for form in forms if not any(re.match(form, warning) for warning in given)] == []
