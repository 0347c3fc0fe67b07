"""docs/pcai.md says what the code says, and the environment needs no system packages."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import messages
import pytest
import routing
import yaml

from flywheel_helpers.checkout import ROOT, load_config
from flywheel_helpers.settings import SECRETS
from frameworks import pack

GUIDE = (ROOT / "docs" / "pcai.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def rows(section: str) -> list[list[str]]:
    """The cells of all tables in a section."""
    text = GUIDE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def test_every_message_is_a_row_and_every_row_a_message():
    table = [row for row in rows("When something goes wrong") if row[0] != "it says"]
    assert all(len(row) == 3 and all(row) for row in table), "a row says what, why, and what to do"
    documented = [row[0].strip("`") for row in table]
    assert len(documented) == len(set(documented))
    in_the_code = messages.read()
    assert {message: place for message, place in in_the_code.items() if message not in documented} == {}
    assert set(documented) - set(in_the_code) == set()


def test_the_reader_of_messages_finds_them():
    found = messages.read()
    assert len(found) > 60
    assert "nothing listens there (connection refused)" in found  # by way of a function
    assert "The namespace … belongs to another attendee" in found  # raised where it is written
    assert "could not ask for the job's status (…): …" in found  # shown, not raised


def test_the_routes_are_those_that_the_framework_renders():
    documented = [
        re.findall(r"`(/[^`]+)`", row[0]) for row in rows("The routes from outside") if row[0].startswith("`/")
    ]
    rendered: dict[str, list[str]] = {}
    for rule in routing.rules(pack.RELEASES[-1]):
        rendered.setdefault(rule.service, []).append(rule.prefix or rule.regex)
    assert documented == list(rendered.values())
    newer = {
        path
        for row in rows("The routes from outside")
        if "25.12" in row[1]
        for path in re.findall(r"`(/[^`]+)`", row[0])
    }
    older = {rule.prefix or rule.regex for rule in routing.rules(pack.RELEASES[0])}
    assert newer == {path for paths in documented for path in paths} - older


def test_the_addresses_are_those_of_config(monkeypatch):
    for name in ("NEMO_URL", "NIM_URL", "NEMO_ENTITY_STORE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLYWHEEL_PROFILE", "pcai")
    config = load_config("pcai")
    assert f"{config.NIM_URL}/v1" in GUIDE and config.NEMO_ENTITY_STORE_URL in GUIDE


def test_the_guide_has_diagrams_and_no_secret_values():
    assert GUIDE.count("```mermaid") >= 3
    assert not re.search(rf"({'|'.join(SECRETS)})=(?!\.\.\.)\S", GUIDE)


# --- environment.yml -------------------------------------------------------------------------------------------


def test_environment_yml_makes_the_environment_of_pyproject():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    environment = yaml.safe_load(text)
    pip = next(part for part in environment["dependencies"] if isinstance(part, dict))["pip"]
    extras = set(PROJECT["optional-dependencies"]) - {
        "mlis"
    }  # for a cluster, and with older packages than the course's
    assert len(pip) == 1, "one list of packages, and it is in pyproject.toml"
    assert set(re.fullmatch(r"-e \.\[(.*)\]", pip[0])[1].split(",")) == extras
    conda = [part for part in environment["dependencies"] if isinstance(part, str)]
    assert {part.partition("=")[0] for part in conda} == {"python", "pip"}, "nothing that pip would not install"
    python = next(part for part in conda if part.startswith("python")).partition("=")[2]
    low, high = re.fullmatch(r">=([\d.]+),<([\d.]+)", PROJECT["requires-python"]).groups()
    assert _number(low) <= _number(python) < _number(high)
    # What no list can hold is a command of its own, the same in both places.
    command = "pip install --no-deps -r requirements-no-deps.txt"
    assert command in text
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--no-deps --requirement requirements-no-deps.txt" in makefile and "'.[local,test]'" in makefile


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


# Notebook 05 ends with a picture where a browser and playwright are there, and says a word where they are not.
# aiolirest is HPE's client for MLIS, which raises errors of urllib3: the extra `mlis`.
OPTIONAL = ("playwright", "aiolirest", "urllib3")
IMPORTED_AS = {"yaml": "pyyaml"}  # where a package is imported by another name than it is installed by
# The packages of the repository that the notebooks use.
PACKAGES = ("flywheel_helpers", "tool_calling", "sample_data")


def test_the_notebooks_need_no_package_of_the_local_platform():
    """On a cluster `pip install --editable .` is enough: all that these packages import is among the dependencies."""
    installed = {re.split(r"[=<>\[]", line)[0].lower().replace("-", "_") for line in PROJECT["dependencies"]}
    sources = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                known = top in sys.stdlib_module_names or top in (*PACKAGES, *OPTIONAL)
                assert known or IMPORTED_AS.get(top, top.lower()) in installed, (
                    f"{path.name} imports {top}, which only the platform installs"
                )


@pytest.mark.parametrize("word", ["apt-get", "sudo", "conda install"])
def test_nothing_asks_for_system_packages(word):
    assert word not in GUIDE
