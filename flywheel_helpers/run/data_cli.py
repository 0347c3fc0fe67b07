"""`flywheel data`: rows and tools of your own."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click

from flywheel_helpers import checkout
from flywheel_helpers.errors import DataError
from flywheel_helpers.services.connection import connect

if TYPE_CHECKING:  # the commands import what they need, so that the others start fast
    from flywheel_helpers.own_data.tools import Tools

PROFILES = click.Choice(["local", "pcai"])


@click.group()
def data() -> None:
    """Rows and tools of your own, for notebooks 01 to 03 (docs/own_data.md)."""


@data.command("check")
@click.argument("file", type=Path)
@click.option("--output", type=Path, help="Write the good rows to this JSONL file, or into this folder.")
def check(file: Path, output: Path | None) -> None:
    """Say what is wrong with each row or tool in FILE. Exit status 1 if anything is, or if too few rows are left.

    FILE has rows (JSONL, CSV) or tools (OpenAPI 3, MCP or OpenAI tools as JSON, Python functions).
    """
    from flywheel_helpers import own_data

    if tools := _tools(file):
        if output:
            raise DataError(f"{file} has tools and no rows", f"Make rows for them: flywheel data make {file}")
        for tool in tools.tools:
            click.echo(f"{tool['name']}({', '.join(tool.get('parameters') or {})})")
        if len(tools.tools) > 1:
            click.echo(f"Questions for these tools: flywheel data make {file}")
        sys.exit(1 if tools.problems else 0)
    checked = own_data.check(file)
    click.echo(repr(checked))
    if output:
        output = _in_folder(output, file)
        click.echo(f"{output}: {checked.write(output)} rows were written.")
    if checked.divided and (output or not checked.problems):
        _say_how_to_use(output or file)
    sys.exit(0 if checked.divided and not checked.problems else 1)


@data.command("make")
@click.argument("file", type=Path)
@click.option("--questions", type=click.IntRange(10, 10_000), default=300, show_default=True, help="How many to write.")
@click.option("--output", type=Path, help="The JSONL file to write, or its folder; default: here, FILE with .jsonl.")
@click.option("--profile", type=PROFILES, help="Profile of config.py; default: FLYWHEEL_PROFILE, else local.")
def make(file: Path, questions: int, output: Path | None, profile: str | None) -> None:
    """Have the teacher model (TEACHER_URL, TEACHER_MODEL) write questions and calls for the tools in FILE."""
    from flywheel_helpers.data import xlam
    from flywheel_helpers.own_data import synthesise

    tools = _tools(file)
    if not tools:
        raise DataError(f"{file} has no tools", "Give OpenAPI 3, MCP or OpenAI tools, or Python functions.")
    place = _in_folder(output or Path(), file)
    if not output and place.exists():
        raise DataError(f"{place} is there already", "Say with --output where to write the rows.")
    if place.exists() and place.samefile(file):
        raise DataError(f"{place} is there already", "It has the tools: name another file with --output.")
    place.parent.mkdir(parents=True, exist_ok=True)
    TemporaryFile(dir=place.parent).close()  # fails now where the rows could not be written later
    with connect(checkout.load_config(profile)) as nemo:
        made = synthesise.make(nemo, tools.tools, questions)
    click.echo(repr(made))
    click.echo(f"{place}: {xlam.write_jsonl(made.divided.rows(), place)} rows were written.")
    _say_how_to_use(place)


def _tools(file: Path) -> Tools | None:
    """The tools of a file, with what is wrong said; None where it has no tools."""
    from flywheel_helpers.own_data import files, problems, tools

    found = tools.read(file, files.read_text(file))
    if found:
        for line in (*problems.listed(found.problems), *(f"Warning: {warning}" for warning in found.warnings)):
            click.echo(line)
    return found


def _in_folder(output: Path, file: Path) -> Path:
    return output / f"{file.stem}.jsonl" if output.is_dir() or not output.suffix else output


def _say_how_to_use(file: Path) -> None:
    from flywheel_helpers.own_data import files

    place = files.locate(file).resolve()
    in_python, in_shell = json.dumps(str(place), ensure_ascii=False), shlex.quote(str(place))
    click.echo(f"Notebook 01 uses it with DATA = {in_python}, and flywheel run with -p DATA {in_shell}")
