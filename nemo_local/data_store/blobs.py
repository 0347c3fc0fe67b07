"""The contents of files on disk, each stored once under its SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nemo_local.common.errors import Invalid
from nemo_local.common.files import sync

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Blob:
    """The content of a file: its SHA-256, its size in bytes, and the id that git gives it."""

    sha256: str
    size: int
    git_oid: str

    @property
    def pointer(self) -> bytes:
        """The text git keeps in place of a large file (Git LFS specification, version 1)."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()


def check_sha256(value: str) -> str:
    """Raise Invalid unless ``value`` is a SHA-256 in lower-case hexadecimal."""
    if not _SHA256.fullmatch(value):
        raise Invalid("oid", f"{value[:80]!r} is not a SHA-256: 64 lower-case hexadecimal digits.")
    return value


def write_chunk(file: BinaryIO, chunk: bytes) -> None:
    """Write a part of a content to disk. All bytes pass through here, so a test can fake a full disk in one place."""
    file.write(chunk)


class BlobWriter:
    """Writes a content piece by piece. It is not visible before :meth:`finish`."""

    def __init__(self, store: BlobStore, size: int) -> None:
        self._store = store
        self._size = size
        self._written = 0
        self._sha256 = hashlib.sha256()
        # As huggingface_hub's `git_hash` computes it, which wants the whole content in memory.
        self._sha1 = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        self._file = tempfile.NamedTemporaryFile(dir=store.incoming, delete=False)

    def __enter__(self) -> BlobWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()  # flushes its buffer, which may fail on a full disk
        finally:
            Path(self._file.name).unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Add the next piece. Raises Invalid for more bytes than announced, OSError when the disk is full."""
        self._written += len(chunk)
        if self._written > self._size:
            raise Invalid("size", f"more bytes were sent than the {self._size} announced; nothing was stored.")
        self._sha256.update(chunk)
        self._sha1.update(chunk)
        write_chunk(self._file, chunk)

    def finish(self, expected_sha256: str | None = None) -> Blob:
        """Store the content, so that it survives a crash from now on.

        Raises:
            Invalid: it is shorter than announced, or its SHA-256 is not the expected one. Nothing was stored then.
        """
        if self._written != self._size:
            raise Invalid("size", f"{self._written} bytes arrived of the {self._size} announced; nothing was stored.")
        blob = Blob(self._sha256.hexdigest(), self._size, self._sha1.hexdigest())
        if expected_sha256 not in (None, blob.sha256):
            raise Invalid(
                "oid", f"the bytes sent have the SHA-256 {blob.sha256}, not {expected_sha256}; nothing was stored."
            )
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        target = self._store.path(blob.sha256)
        target.parent.mkdir(exist_ok=True)
        os.replace(self._file.name, target)
        sync(target.parent)
        return blob


class BlobStore:
    """All contents below one directory.

    Args:
        root: the directory. Files that a killed server left half-written in it are removed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir(parents=True)

    def path(self, sha256: str) -> Path:
        """Path of a content. Raises Invalid unless ``sha256`` is a SHA-256."""
        return self.root / check_sha256(sha256)[:2] / sha256

    def writer(self, size: int) -> BlobWriter:
        """A writer for a content of ``size`` bytes, to be used in a ``with`` statement."""
        return BlobWriter(self, size)

    def size(self, sha256: str) -> int | None:
        """Size of a content in bytes, or None if there is no such content."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, hashes: Iterable[str]) -> None:
        """Delete contents. Those that no longer exist are skipped."""
        for sha256 in hashes:
            self.path(sha256).unlink(missing_ok=True)
