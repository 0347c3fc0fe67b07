"""Convert xLAM rows to the rows that NeMo Customizer trains on and NeMo Evaluator scores.

An xLAM row is ``{id, query, answers, tools}``; the last two are JSON text. The course's own sample (`load_sample`) and
the gated ``Salesforce/xlam-function-calling-60k`` (`load_xlam`) are converted alike.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

from flywheel_helpers.data.tool_schema import ConversionCounts, MalformedRow, function_name, json_list, openai_tool
from flywheel_helpers.errors import DataError
from sample_data import SampleData, generate
from tool_calling import strict_json

Row = dict[str, Any]

XLAM_REPOSITORY = "Salesforce/xlam-function-calling-60k"
XLAM_FILE = "xlam_function_calling_60k.json"

_ACCESS = (
    f"Ask for access on https://huggingface.co/datasets/{XLAM_REPOSITORY} (granted at once), create a read token on "
    "https://huggingface.co/settings/tokens and put it in the environment as HF_TOKEN."
)


@dataclass
class ConversionResult:
    """The converted rows, in the order of the source, and what the conversion changed or left out."""

    rows: list[Row]
    counts: ConversionCounts


@dataclass(frozen=True)
class _Parsed:
    query: str
    tools: list[Row]
    calls: list[Row]


def to_customization_row(row: Row, counts: ConversionCounts | None = None) -> Row:
    """Convert to a row to train on: ``{messages: [user, assistant with tool_calls], tools}``.

    Args:
        row: An xLAM row.
        counts: Where to count the changes; optional.

    Raises:
        MalformedRow: The row cannot be converted.
    """
    parsed = _parse(row, counts or ConversionCounts())
    assistant = {"role": "assistant", "content": "", "tool_calls": parsed.calls}
    return {"messages": [{"role": "user", "content": parsed.query}, assistant], "tools": parsed.tools}


def to_evaluation_row(row: Row, counts: ConversionCounts | None = None) -> Row:
    """Convert to a row to score: ``{messages: [user], tools, tool_calls}``. The calls are the ground truth.

    Arguments and errors as for `to_customization_row`.
    """
    parsed = _parse(row, counts or ConversionCounts())
    return {
        "messages": [{"role": "user", "content": parsed.query}],
        "tools": parsed.tools,
        "tool_calls": parsed.calls,
    }


def convert(
    rows: Iterable[Row], to_row: Callable[[Row, ConversionCounts], Row] = to_customization_row
) -> ConversionResult:
    """Convert many rows. Malformed rows are left out and counted by reason.

    Args:
        rows: xLAM rows.
        to_row: `to_customization_row` or `to_evaluation_row`.
    """
    counts, converted = ConversionCounts(), []
    for row in rows:
        try:
            converted.append(to_row(row, counts))
        except MalformedRow as problem:
            counts.skipped[str(problem)] += 1
    return ConversionResult(converted, counts)


def _parse(row: Row, counts: ConversionCounts) -> _Parsed:
    query = row.get("query") if isinstance(row, dict) else None
    if not isinstance(query, str) or not query.strip():
        raise MalformedRow("the query is missing or empty")
    tools, answers = json_list(row, "tools"), json_list(row, "answers")
    if not tools:
        raise MalformedRow("no tools are offered")
    calls = []
    for answer in answers:
        name, arguments = function_name(answer, "an answer"), answer.get("arguments")
        if not isinstance(arguments, dict):
            raise MalformedRow("the arguments of an answer are not an object")
        calls.append({"type": "function", "function": {"name": name, "arguments": arguments}})
    changes = ConversionCounts()
    used = _used_parameters(calls)
    converted = {}
    for tool in tools:
        name = function_name(tool, "a tool")
        if name in converted:
            raise MalformedRow("two tools have the same name")
        changes.renamed_functions += name != tool["name"]
        converted[name] = openai_tool(name, tool, used.get(name, set()), changes)
    for name, arguments in used.items():
        if name not in converted:
            raise MalformedRow("an answer calls a tool that is not offered")
        if not arguments <= converted[name]["function"]["parameters"]["properties"].keys():
            raise MalformedRow("an answer has an argument that its tool does not take")
    parsed = _Parsed(query, list(converted.values()), calls)
    _require_writable(parsed)
    # Only now: a row that is skipped must not change the counts.
    counts.add(changes)
    return parsed


def _require_writable(parsed: _Parsed) -> None:
    """Because of one such row, the service that reads the file would refuse all of it.

    Raises:
        MalformedRow: It has a number, a text or a nesting that JSON files must not have.
    """
    try:
        strict_json.check([parsed.query, parsed.tools, parsed.calls])
    except strict_json.NotStrict as problem:
        raise MalformedRow(problem.problem) from None


def _used_parameters(calls: list[Row]) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    for call in calls:
        used.setdefault(call["function"]["name"], set()).update(call["function"]["arguments"])
    return used


def for_practice(rows: Sequence[Row], count: int, no_tool_share: float) -> list[Row]:
    """Choose the first rows to train on, with a given share of rows that no tool fits, in the order of the source.

    Args:
        rows: xLAM rows.
        count: How many to choose; all of them where there are fewer.
        no_tool_share: From 0 to 1. Where the source has too few such rows (the real xLAM has almost none), more are
            made from rows with calls that would be left over: the tools that they call are taken off the offer, as in
            the irrelevance data of Hammer (https://arxiv.org/abs/2410.04587). Where none are left over, rows with calls
            are chosen instead, and the other way round, unless the share is 0.

    Raises:
        DataError: The share is not between 0 and 1.
    """
    if not 0 <= no_tool_share <= 1:
        raise DataError(
            f"NO_TOOL_SHARE must be between 0 and 1, got {no_tool_share}", "Use a share such as 0.25, not a percentage."
        )
    no_tool = {index for index, row in enumerate(rows) if _needs_no_call(row)}
    wanted = round(count * no_tool_share)
    chosen = sorted(no_tool)[:wanted]
    calls = [index for index in range(len(rows)) if index not in no_tool]
    made: dict[int, Row] = {}
    for index in calls[count - len(chosen) :]:
        if len(chosen) + len(made) == wanted:
            break
        if row := _without_its_tools(rows[index]):
            made[index] = row
    chosen += calls[: count - len(chosen) - len(made)]
    if no_tool_share:  # too few rows with calls: rather more without than fewer in all
        chosen += sorted(no_tool)[wanted : wanted + count - len(chosen) - len(made)]
    return [made.get(index) or rows[index] for index in sorted([*chosen, *made])]


def _without_its_tools(row: Row) -> Row | None:
    """A row whose question none of its other tools can answer; None where it has no others."""
    try:
        called = {function_name(answer, "an answer") for answer in json_list(row, "answers")}
        others = [tool for tool in json_list(row, "tools") if function_name(tool, "a tool") not in called]
    except MalformedRow:
        return None
    return {**row, "tools": json.dumps(others, ensure_ascii=False), "answers": "[]"} if others else None


def _needs_no_call(row: Row) -> bool:
    try:
        return not json_list(row, "answers")
    except MalformedRow:  # `convert` counts it
        return False


def load_sample(seed: int = 42, rows: int = 3600) -> SampleData:
    """The course's own sample, already split: development and test use functions that training never shows."""
    return generate(seed=seed, rows=rows)


def load_xlam(source: str | Path = XLAM_REPOSITORY) -> list[Row]:
    """Load the real xLAM rows from the Hugging Face Hub (gated: set HF_TOKEN in the environment) or from a file.

    Args:
        source: A dataset repository on the Hub, or the path of its JSON file if it is already downloaded.

    Raises:
        DataError: No token, no access, no connection, or a file that is not a JSON list.
    """
    path = Path(source)
    if not path.is_file():
        path = _download(str(source))
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise DataError(
            f"{path} is not JSON: {problem}", "Download it again, or use the sample (the default)."
        ) from None
    if not isinstance(rows, list):
        raise DataError(f"{path} is not a JSON list of rows", "Use the xLAM file, or the sample (the default).")
    return rows


def _download(repository: str) -> Path:
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise DataError(
            f"{repository} is gated and HF_TOKEN is not set",
            f"{_ACCESS} Or use the sample, the default: it needs no account.",
        )
    try:
        return Path(hf_hub_download(repository, XLAM_FILE, repo_type="dataset", token=token))
    except GatedRepoError:
        raise DataError(f"the account of this HF_TOKEN has no access to {repository}", _ACCESS) from None
    except HfHubHTTPError as problem:
        # The status alone: the full text of the error may quote the request.
        status = problem.response.status_code
        hint = _ACCESS if status in (401, 403, 404) else "Try again later, or use the sample (the default)."
        raise DataError(f"the Hugging Face Hub answered {status} for {repository}", hint) from None
    except (OSError, httpx.HTTPError) as problem:
        raise DataError(
            f"{repository} could not be downloaded ({type(problem).__name__})",
            "Check the connection to huggingface.co and the free disk space, or use the sample (the default).",
        ) from None


def write_jsonl(rows: Iterable[Row], path: Path) -> int:
    """Write rows to a file, one JSON object a line (UTF-8). Creates the folder if it is missing.

    Returns:
        The number of rows written.

    Raises:
        DataError: A row cannot be written as JSON; then no file is written.
    """
    lines = []
    for number, row in enumerate(rows, 1):
        try:
            lines.append(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        except (TypeError, ValueError, RecursionError) as problem:
            raise DataError(
                f"row {number} of {path.name} cannot be written as JSON: {problem}",
                "Leave the row out, as `convert` does, or correct the value.",
            ) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    return len(lines)
