"""The changes of a commit, and reading them from the body of a commit request."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nemo_local.common.errors import Invalid
from nemo_local.data_store.blobs import Blob, check_sha256
from nemo_local.data_store.paths import check_file_path
from nemo_local.data_store.problems import EntryNotFound
from nemo_local.data_store.snapshot import Entry, folders_of

# Files larger than this are shown with LFS metadata, however they were uploaded (the rule of the Hub).
LARGE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Put:
    """Sets the content of a file."""

    path: str
    blob: Blob
    large: bool


@dataclass(frozen=True)
class Remove:
    """Deletes a file, or a folder with everything in it."""

    path: str
    folder: bool


Change = Put | Remove


@dataclass(frozen=True)
class CommitRequest:
    """The body of a commit request."""

    title: str
    message: str
    parent: str | None
    changes: list[Change]


def apply_changes(before: dict[str, Entry], changes: Iterable[Change]) -> dict[str, Entry]:
    """The files after the changes, sorted by path.

    Raises:
        EntryNotFound: there is no such file or folder to delete.
        Invalid: a path would be a file and a folder at once.
    """
    after = dict(before)
    for change in changes:
        if isinstance(change, Put):
            old = after.get(change.path)
            if old is None or (old.blob, old.large) != (change.blob, change.large):
                after[change.path] = Entry(change.path, change.blob, change.large, None)
            continue
        gone = [p for p in after if p == change.path or (change.folder and p.startswith(f"{change.path}/"))]
        if not gone:
            raise EntryNotFound(f"There is no {'folder' if change.folder else 'file'} {change.path!r} to delete.")
        for path in gone:
            del after[path]
    for path in after:
        for folder in folders_of(path):
            if folder in after:
                raise Invalid("path", f"{folder!r} cannot be a file and a folder at once: {path!r} would be in it.")
    return dict(sorted(after.items()))


def read_commit(
    lines: Iterable[bytes], store: Callable[[bytes], Blob], find: Callable[[str], Blob | None]
) -> CommitRequest:
    """Read the lines of JSON of a commit request.

    Args:
        lines: one JSON object ``{"key", "value"}`` each; the first is the header with the commit message.
        store: stores a content that was sent in the request.
        find: looks up a content that was uploaded before.

    Raises:
        Invalid: naming the line (from 1) and what is wrong with it.
    """
    header: dict[str, Any] | None = None
    changes: list[Change] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            key, value = item["key"], item["value"]
            if key == "header":
                header = {"summary": str(value["summary"]), **value}
            else:
                changes.append(_change(key, value, store, find))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise Invalid(f"line {number}", f"is not a valid commit operation: {reason}.") from error
    if header is None:
        raise Invalid("header", "the line with the commit message is missing.")
    return CommitRequest(header["summary"], str(header.get("description") or ""), header.get("parentCommit"), changes)


def _change(key: str, value: dict, store: Callable[[bytes], Blob], find: Callable[[str], Blob | None]) -> Change:
    path = check_file_path(value["path"].rstrip("/") if key == "deletedFolder" else value["path"])
    if key in ("deletedFile", "deletedFolder"):
        return Remove(path, key == "deletedFolder")
    if key == "file":
        blob = store(_decode(value))
        return Put(path, blob, blob.size > LARGE_BYTES)
    if key == "lfsFile":
        blob = find(check_sha256(value["oid"]))
        if blob is None:
            raise Invalid("oid", f"the content of {path!r} ({value['oid']}) was not uploaded; upload it, then commit.")
        return Put(path, blob, large=True)
    raise ValueError(f"unknown operation {key!r}; known ones: header, file, lfsFile, deletedFile, deletedFolder")


def _decode(value: dict) -> bytes:
    encoding = value.get("encoding", "utf-8")
    if encoding == "utf-8":
        return value["content"].encode()
    if encoding != "base64":
        raise ValueError(f"unknown encoding {encoding!r}; use base64 or utf-8")
    try:
        return base64.b64decode(value["content"], validate=True)
    except binascii.Error as error:
        raise ValueError(f"the content of {value['path']!r} is not base64 ({error})") from error
