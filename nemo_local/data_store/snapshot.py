"""The files of one revision, and how the Hub protocol shows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from huggingface_hub.utils.sha import git_hash

from nemo_local.data_store.blobs import Blob


@dataclass(frozen=True)
class Entry:
    """A file in a revision.

    Args:
        path: its path in the repository.
        blob: its content.
        large: shown with LFS metadata.
        changed_in: the commit that last changed it; None while that commit is being made.
    """

    path: str
    blob: Blob
    large: bool
    changed_in: str | None

    @property
    def oid(self) -> str:
        """The id in git's tree: that of the content, or of the pointer to a large file."""
        return git_hash(self.blob.pointer) if self.large else self.blob.git_oid

    @property
    def etag(self) -> str:
        """The id of the content for caches: like on the Hub, the SHA-256 of a large file and git's id of others."""
        return self.blob.sha256 if self.large else self.blob.git_oid

    @property
    def lfs(self) -> dict | None:
        """The LFS metadata of a large file."""
        if not self.large:
            return None
        return {"oid": self.blob.sha256, "size": self.blob.size, "pointerSize": len(self.blob.pointer)}

    def shown(self) -> dict:
        """The file in a tree listing."""
        shown = {"type": "file", "path": self.path, "oid": self.oid, "size": self.blob.size}
        return {**shown, "lfs": self.lfs} if self.large else shown

    def sibling(self, with_blob: bool) -> dict:
        """The file in the metadata of its repository."""
        if not with_blob:
            return {"rfilename": self.path}
        lfs = {**self.lfs, "sha256": self.blob.sha256} if self.lfs else None
        return {"rfilename": self.path, "size": self.blob.size, "blobId": self.oid, "lfs": lfs}


def folders_of(path: str) -> list[str]:
    """The folders that contain a path, outermost first: ``a`` and ``a/b`` for ``a/b/c``."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def tree(entries: Iterable[Entry], folder: str, recursive: bool) -> list[dict]:
    """Files and folders below ``folder`` (``""`` is the root) as they are shown, sorted by path."""
    prefix = f"{folder}/" if folder else ""
    inside = [entry for entry in entries if entry.path.startswith(prefix)]
    members: dict[str, list[Entry]] = {}
    shown = []
    for entry in inside:
        levels = [path for path in folders_of(entry.path) if path.startswith(prefix) and path != folder]
        for path in levels if recursive else levels[:1]:
            members.setdefault(path, []).append(entry)
        if recursive or not levels:
            shown.append(entry.shown())
    shown += [folder_shown(path, contents) for path, contents in members.items()]
    return sorted(shown, key=lambda item: item["path"])


def folder_shown(path: str, entries: Iterable[Entry]) -> dict:
    """A folder in a tree listing, given everything in it."""
    # Not git's tree id. Clients only compare it, and like git's it is equal for equal contents.
    content = "".join(f"{entry.oid} {entry.path[len(path) :]}\n" for entry in entries)
    oid = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
    return {"type": "directory", "path": path, "oid": oid, "size": 0}
