"""The rows of a job: downloaded from the Data Store, checked one by one, and split into training and validation."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from nemo_local.customizer.training.errors import JobError
from tool_calling import strict_json
from tool_calling.calls import NotACall, read_call
from tool_calling.schema_dialects import SchemaError
from tool_calling.schemas import parameters
from tool_calling.strict_json import kind

ROLES = ("system", "developer", "user", "assistant", "tool")
# How many malformed rows an error names; the count says how many there are.
SHOWN_PROBLEMS = 5


class DatasetError(JobError):
    """The dataset cannot be used for training; the message names file, line and reason."""


@dataclass(frozen=True)
class RowFiles:
    """Checked rows, ready for training."""

    training: Path
    validation: Path
    held_out: bool

    def counts(self) -> tuple[int, int]:
        """Number of training rows and of validation rows."""
        return tuple(sum(1 for _ in path.open("rb")) for path in (self.training, self.validation))


def prepare_rows(source: dict[str, Any], folder: Path, seed: int) -> RowFiles:
    """Download, check and split. Files from an earlier run of the same job are used again.

    Args:
        source: ``label``, ``endpoint``, ``repo_id``, ``revision`` and ``limit`` (most rows of each split, or None).
        folder: where ``training.jsonl`` and ``validation.jsonl`` are written.
        seed: decides which tenth is held out where the dataset has no validation files.

    Raises:
        DatasetError: no such repository or files, or malformed rows.
    """
    rows = RowFiles(folder / "training.jsonl", folder / "validation.jsonl", (folder / "held_out").exists())
    if rows.validation.exists():  # written last
        return rows
    shutil.rmtree(folder, ignore_errors=True)
    download = folder / "download"
    try:
        HfApi(endpoint=source["endpoint"], token=False).snapshot_download(
            source["repo_id"],
            repo_type="dataset",
            revision=source["revision"],
            local_dir=download,
            allow_patterns=["training/*.jsonl", "validation/*.jsonl"],
            token=False,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.HTTPError, RuntimeError) as error:
        # huggingface_hub turns a lost connection into a missing entry of its cache; the cause is the connection.
        reason = error.__cause__ if isinstance(error, LocalEntryNotFoundError) else error
        raise DatasetError(f"the files of the dataset {source['label']} could not be downloaded: {reason}") from error
    training = _read(download, "training", source["limit"])
    validation = _read(download, "validation", source["limit"])
    if not training:
        raise DatasetError(
            f"the dataset {source['label']} has no rows in training/*.jsonl; upload at least one such file with rows"
        )
    held_out = not validation
    if held_out:
        training, validation = _hold_out(training, seed, source["label"])
        (folder / "held_out").touch()
    for path, lines in ((rows.training, training), (rows.validation, validation)):
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        os.replace(unfinished, path)
    shutil.rmtree(download)
    return RowFiles(rows.training, rows.validation, held_out)


def _read(download: Path, split: str, limit: int | None) -> list[str]:
    lines: list[str] = []
    problems: list[str] = []
    for path in sorted((download / split).rglob("*.jsonl")):
        name = path.relative_to(download).as_posix()
        for number, raw in enumerate(path.open("rb"), start=1):
            if not raw.strip():
                continue
            if limit is not None and len(lines) == limit:
                break
            try:
                row = strict_json.loads(raw)
            except strict_json.NotStrict as error:
                problems.append(f"{name} line {number}: not valid JSON ({error})")
                continue
            problems += [f"{name} line {number}: {problem}" for problem in row_problems(row)]
            lines.append(json.dumps(row, ensure_ascii=False))
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        tail = f"; and {more} more" if more > 0 else ""
        raise DatasetError(
            f"the dataset has malformed rows: {'; '.join(problems[:SHOWN_PROBLEMS])}{tail}. Correct them, upload the "
            "file again and create a new job."
        )
    return lines


def _hold_out(lines: list[str], seed: int, label: str) -> tuple[list[str], list[str]]:
    """A tenth of the rows for validation (as NeMo does), at least one."""
    if len(lines) < 2:
        raise DatasetError(f"the dataset {label} has one training row and no validation files; give it more rows")
    count = max(1, len(lines) - ceil(0.9 * len(lines)))
    chosen = set(random.Random(seed).sample(range(len(lines)), count))
    kept = [line for i, line in enumerate(lines) if i not in chosen]
    return kept, [lines[i] for i in sorted(chosen)]


def row_problems(row: Any) -> Iterator[str]:
    """The problems of a customization row; none if it can be trained on.

    A row has ``messages`` that end with the assistant's answer (text, or ``tool_calls``) to at least one user message,
    and may have ``tools``. Where it has, an empty list of calls says that none of them fits.
    """
    if not isinstance(row, dict):
        yield f"a row must be an object, not {kind(row)}"
        return
    tools = row.get("tools")
    if tools is not None:
        yield from _tools_problems(tools)
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        yield "'messages' is missing" if messages is None else "'messages' must be a list of messages that is not empty"
        return
    for i, message in enumerate(messages):
        yield from (f"messages[{i}] {problem}" for problem in _message_problems(message, bool(tools)))
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    if roles[-1:] != ["assistant"]:
        yield "the last of 'messages' must be the assistant's, the answer to learn"
    elif "user" not in roles[:-1]:
        yield "'messages' has no user message before the assistant's answer"


def _message_problems(message: Any, offers_tools: bool) -> Iterator[str]:
    if not isinstance(message, dict):
        yield f"must be an object, not {kind(message)}"
        return
    if message.get("role") not in ROLES:
        yield f"has the role {message.get('role')!r}; it must be one of {', '.join(ROLES)}"
        return
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(content, list):
        if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
            yield "has a 'content' list with a part that is not text"
    elif content is not None and not isinstance(content, str):
        yield f"has a 'content' that is {kind(content)}, not text"
    if message["role"] != "assistant":
        if not content:
            yield f"({message['role']}) has no 'content'"
        return
    if calls is None:
        if not content:
            yield "(assistant) has neither 'content' nor 'tool_calls'"
    elif not isinstance(calls, list):
        yield "has 'tool_calls' that is not a list"
    elif not calls and not content and not offers_tools:
        yield "(assistant) has no 'content' and no calls, and the row has no 'tools': there is no answer to learn"
    else:
        for j, call in enumerate(calls):
            try:
                read_call(call)
            except NotACall as error:
                yield f"tool_calls[{j}]: {error}"


def _tools_problems(tools: Any) -> Iterator[str]:
    if not isinstance(tools, list):
        yield f"'tools' must be a list, not {kind(tools)}"
        return
    for i, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type", "function") != "function":
            yield f"tools[{i}] is not {{'type': 'function', 'function': {{...}}}}"
        elif not isinstance(function.get("name"), str) or not function["name"]:
            yield f"tools[{i}] has no name"
        else:
            yield from (f"tools[{i}] ({function['name']}) {p}" for p in _schema_problems(function.get("parameters")))


def _schema_problems(schema: Any) -> Iterator[str]:
    try:
        found = parameters(schema)
    except SchemaError as error:
        yield f"has 'parameters' that are not a JSON Schema of an object: {error}"
        return
    yield from (
        f"requires {name!r}, which is not among its properties"
        for name in found["required"]
        if name not in found["properties"]
    )
