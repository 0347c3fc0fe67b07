"""Rows from JSONL, a JSON list or CSV, in the form of xLAM or of the OpenAI API, as xLAM rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flywheel_helpers.data import curation, xlam
from flywheel_helpers.data.tool_schema import ConversionCounts, MalformedRow, json_list
from flywheel_helpers.own_data import files
from flywheel_helpers.own_data.problems import Problem, Wrong
from flywheel_helpers.own_data.tools import xlam_tool
from tool_calling import strict_json
from tool_calling.calls import NotACall, read_call

Row = dict[str, Any]
SPLITS = ("training", "validation", "testing")
_LARGEST_CELL = 10_000_000  # characters; the csv module allows 131,072, and the tools of a row may be more


@dataclass(frozen=True)
class Found:
    """A row that can be used.

    Args:
        place: where it is in the file, such as `line 3`.
        row: in the form of xLAM, with `split` where the file says which part it belongs to.
        example: the row as it is trained on.
        unknown_types: types of its tools that JSON does not have.
    """

    place: str
    row: Row
    example: curation.Example
    unknown_types: tuple[str, ...]


def read(path: str | Path, text: str) -> tuple[list[Found], list[Problem]]:
    """All rows of a file: those that can be used, and what is wrong with the others.

    Args:
        path: of the file, for its name.
        text: what is in it.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    found, problems = [], []
    for number, (place, value) in enumerate(_values(path, text)):
        try:
            found.append(_found(place, number, value))
        except Wrong as wrong:
            problems.append(wrong.at(place))
        except MalformedRow as reason:
            problems.append(Wrong(str(reason)).at(place))
    return found, problems


def _values(path: str | Path, text: str) -> Iterator[tuple[str, Any]]:
    """Each row and its place. A row that cannot be read is the `Wrong` that says so."""
    if Path(path).suffix.lower() == ".csv":
        yield from _csv(text)
    elif text.lstrip().startswith("["):  # a JSON list, such as the file of xLAM itself
        for number, value in enumerate(files.read_value(path, text), 1):
            yield f"row {number}", value
    else:
        # Not splitlines: a text in JSON may contain other characters that Unicode counts as ends of lines.
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield f"line {number}", _json(line, "the line", "Write each row on one line, and check its end.")


def _csv(text: str) -> Iterator[tuple[str, Any]]:
    csv.field_size_limit(_LARGEST_CELL)
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    try:
        names = [name.strip() for name in next(reader)]
    except csv.Error as error:
        yield "line 1", Wrong(f"the header is not CSV ({error})", "Put a name in quotes as a whole, or not at all.")
        return
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield place, Wrong(f"it is not CSV ({error})", 'Put texts in quotes, and write quotes in them as "".')
            return
        if len(cells) > len(names):
            yield place, Wrong(f"it has {len(cells)} cells, and the header {len(names)}", "Put texts in quotes.")
        elif any(cells):
            row = dict(zip(names, cells, strict=False))
            if "messages" in row:
                row = {name: _cell(name, cell) if name in ("messages", "tools") else cell for name, cell in row.items()}
            yield place, row if row.get("split") else {name: cell for name, cell in row.items() if name != "split"}


def _cell(name: str, cell: str) -> Any:
    return _json(cell, name, f"Write JSON into the column {name}.")


def _json(text: str, what: str, advice: str) -> Any:
    try:
        return strict_json.loads(text)
    except strict_json.NotStrict as error:
        return Wrong(f"{what} is not JSON ({error})", advice)


def _found(place: str, number: int, value: Any) -> Found:
    """The row in one entry of a file.

    Raises:
        Wrong, MalformedRow: it cannot be used. (A reason of the conversion has no details, as the others count it.)
    """
    if isinstance(value, Wrong):
        raise value
    if not isinstance(value, dict):
        raise Wrong(f"a row must be an object, not {strict_json.kind(value)}", files.GUIDE)
    for part in value.values():
        if isinstance(part, Wrong):
            raise part
    query, tools, answers = _openai(value) if "messages" in value else _xlam(value)
    row = {"id": number, "query": query, "tools": [xlam_tool(tool) for tool in tools], "answers": answers}
    counts = ConversionCounts()
    try:
        converted = xlam.to_customization_row(row, counts)
    except MalformedRow as reason:
        raise Wrong(str(reason), of=_called(row) if str(reason).startswith("an answer") else "") from None
    calls = [call["function"] for call in converted["messages"][-1]["tool_calls"]]
    _check_values(converted["tools"], calls)
    row |= {key: json.dumps(row[key], ensure_ascii=False) for key in ("tools", "answers")}
    if value.get("split") is not None:
        if value["split"] not in SPLITS:
            raise Wrong(f"the split is {value['split']!r}", f"Write one of {', '.join(SPLITS)}, or leave it out.")
        row["split"] = value["split"]
    example = curation.Example(str(number), query, converted["tools"], calls, "file")
    return Found(place, row, example, tuple(counts.unknown_types))


def _called(row: Row) -> str:
    called, offered = (
        ", ".join(str(one.get("name")) for one in row[key] if isinstance(one, dict)) for key in ("answers", "tools")
    )
    return f" (called: {called}; offered: {offered})"


def _xlam(value: Row) -> tuple[Any, list[Any], list[Any]]:
    if not {"query", "tools", "answers"} <= value.keys():
        missing = ", ".join(name for name in ("query", "tools", "answers") if name not in value)
        raise Wrong(f"it has no {missing}", f"A row has query, tools and answers, or messages and tools. {files.GUIDE}")
    return value["query"], json_list(value, "tools"), json_list(value, "answers")


def _openai(value: Row) -> tuple[Any, list[Any], list[Any]]:
    messages = value["messages"]
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise Wrong("messages is not a list of objects", files.GUIDE)
    turns = [message for message in messages if message.get("role") not in ("system", "developer")]
    roles = [turn.get("role") for turn in turns]
    calls = value.get("tool_calls")
    if roles == ["user", "assistant"]:
        calls = turns[1].get("tool_calls") or calls or []
    elif roles != ["user"] or calls is None:
        raise Wrong(
            f"the messages are by {', '.join(map(str, roles)) or 'nobody'}",
            "A row has one question by the user, and the right calls in the assistant's answer or in tool_calls.",
        )
    if not isinstance(calls, list):
        raise Wrong(f"tool_calls is {strict_json.kind(calls)}", "Give a list; [] where no tool fits.")
    try:
        read = [dict(zip(("name", "arguments"), read_call(call), strict=True)) for call in calls]
    except NotACall as problem:
        raise Wrong(f"a call cannot be read: {problem}", files.GUIDE) from None
    return turns[0].get("content"), json_list(value, "tools"), read


def _check_values(tools: list[Row], calls: list[Row]) -> None:
    for tool in tools:
        if not tool["function"]["description"].strip():
            raise Wrong(f"{tool['function']['name']} has no description", "Describe it: the model uses it to choose.")
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    for call in calls:
        if problem := curation.schema_problem(call["arguments"], schemas[call["name"]]):
            raise Wrong(f"the call of {call['name']} does not fit the tool: {problem}", "Correct the call or the tool.")
