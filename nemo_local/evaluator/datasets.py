"""The rows of a task: fetched from the Data Store with the Hub's own client, read as JSON, JSONL or CSV."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from nemo_local.common.errors import Invalid
from nemo_local.common.hub_uri import parse_endpoint, parse_hub_uri, takes_token
from tool_calling import strict_json

_SUFFIXES = (".jsonl", ".json", ".csv")


class DatasetError(Exception):
    """The dataset cannot be had or read; the text says which file, which line and why."""


class DatasetUnavailable(DatasetError):
    """The Data Store did not answer; it may, a little later."""


@dataclass(frozen=True)
class Source:
    """A file in a dataset repository.

    Args:
        repo: ``namespace/name``.
        revision: branch, tag or commit; None for the default branch.
        path: path in the repository; None when the repository holds a single data file, which is then meant.
        endpoint: Hub endpoint; None for the platform's own Data Store.
    """

    repo: str
    revision: str | None
    path: str | None
    endpoint: str | None


@dataclass(frozen=True)
class Row:
    """One row and where it stands.

    Args:
        where: ``"<file>, line 3"``, for errors.
        item: its columns.
    """

    where: str
    item: dict[str, Any]


def parse_files_url(url: str, endpoint: str | None, field: str) -> Source:
    """Parse ``hf://datasets/<namespace>/<name>[@<revision>][/<path>]``.

    Raises:
        Invalid: Another form, a path that leaves the repository, a kind of file that is not read, or an endpoint that
            is no address.
    """
    try:
        uri = parse_hub_uri(url, "dataset", with_path=True)
    except ValueError as problem:
        raise Invalid(f"{field}.files_url", str(problem)) from None
    try:
        endpoint = endpoint and parse_endpoint(endpoint)
    except ValueError as problem:
        raise Invalid(f"{field}.hf_endpoint", str(problem)) from None
    path = uri.path_in_repo or None
    if path and not path.lower().endswith(_SUFFIXES):
        raise Invalid(
            f"{field}.files_url", f"{path!r} is not a file this service reads; use one of {', '.join(_SUFFIXES)}."
        )
    return Source(uri.id, uri.revision, path, endpoint)


def fetch(source: Source, default_endpoint: str, directory: Path) -> Path:
    """Download the file of a source. Blocking.

    Args:
        source: what to fetch.
        default_endpoint: Hub endpoint of the platform's Data Store.
        directory: where to put it; a file already there from an earlier run is used as it is, so that a resumed job
            goes on with the rows it began with.

    Raises:
        DatasetError: it is not there.
        DatasetUnavailable: the Data Store does not answer.
    """
    endpoint = source.endpoint or default_endpoint
    repo = f"the dataset repository {source.repo}" + (f" at revision {source.revision}" if source.revision else "")
    token = os.environ.get("HF_TOKEN") if source.endpoint and takes_token(source.endpoint) else None
    options = {"repo_type": "dataset", "revision": source.revision, "token": token or False}
    try:
        path = source.path or _only_data_file(HfApi(endpoint=endpoint).list_repo_files(source.repo, **options), repo)
        if (directory / path).is_file():
            return directory / path
        return Path(hf_hub_download(source.repo, path, endpoint=endpoint, local_dir=directory, **options))
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise DatasetError(f"{endpoint} does not have {repo}. Upload the dataset first.") from error
    except RemoteEntryNotFoundError as error:
        files = HfApi(endpoint=endpoint).list_repo_files(source.repo, **options)
        known = ", ".join(files[:20]) or "nothing"
        raise DatasetError(f"There is no file {path} in {repo}; it has: {known}.") from error
    except (HfHubHTTPError, httpx.HTTPError, OSError, RuntimeError) as error:
        # After a failed connection the Hub library closes the HTTP client that all threads share; whoever uses it at
        # that moment, the library's own retry included, gets a RuntimeError that says no more than that.
        # The library's word for a Hub that refused, or did not answer, is that its cache does not have the file either.
        cause = (error.__cause__ or error) if isinstance(error, LocalEntryNotFoundError) else error
        reason = "the connection failed" if isinstance(cause, RuntimeError) else cause
        what = source.path or "The file list"
        raise DatasetUnavailable(f"{what} of {repo} cannot be fetched from {endpoint}: {reason}") from error


def _only_data_file(files: list[str], repo: str) -> str:
    data_files = [f for f in files if f.lower().endswith(_SUFFIXES)]
    if len(data_files) != 1:
        raise DatasetError(
            f"The files_url names no file, and {repo} has {len(data_files)} data files "
            f"({', '.join(data_files[:20])}). Add the path of one to the files_url."
        )
    return data_files[0]


def read_rows(path: Path, name: str, limit: int | None) -> list[Row]:
    """Read a dataset file.

    Args:
        path: a ``.jsonl``, ``.json`` (one array of objects) or ``.csv`` (with a header) file, UTF-8.
        name: what to call it in errors.
        limit: number of rows to read, from the first on; None for all.

    Raises:
        DatasetError: with file, line and reason, when a row is malformed or there is none.
    """
    reader = {".jsonl": _read_jsonl, ".json": _read_json, ".csv": _read_csv}[path.suffix.lower()]
    try:
        rows = list(islice(reader(path, name), limit))
    except UnicodeDecodeError as error:
        raise DatasetError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start}).") from error
    if not rows:
        raise DatasetError(f"{name}: no rows in it.")
    return rows


def _read_jsonl(path: Path, name: str) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                where = f"{name}, line {number}"
                yield Row(where, _object(_parse(line, where), where))


def _read_json(path: Path, name: str) -> Iterator[Row]:
    data = _parse(path.read_text(encoding="utf-8-sig"), name)
    if not isinstance(data, list):
        raise DatasetError(f"{name}: must hold one array of objects, not {type(data).__name__}.")
    for number, value in enumerate(data, start=1):
        where = f"{name}, row {number}"
        yield Row(where, _object(value, where))


def _read_csv(path: Path, name: str) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for item in reader:
                where = f"{name}, line {reader.line_num}"
                if None in item or None in item.values():
                    raise DatasetError(f"{where}: has another number of columns than the header.")
                yield Row(where, item)
        except csv.Error as error:
            raise DatasetError(f"{name}, line {reader.reader.line_num}: not valid CSV ({error}).") from error


def _parse(text: str, where: str) -> Any:
    try:
        return strict_json.loads(text)
    except strict_json.NotStrict as error:
        raise DatasetError(f"{where}: not valid JSON ({error}).") from error


def _object(value: Any, where: str) -> dict:
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: must be an object, not {json.dumps(value)[:80]}.")
    return value
