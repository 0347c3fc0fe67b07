"""Names in the Data Store: repositories, branches, file paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nemo_local.common.errors import Invalid
from nemo_local.common.names import check_name

_COMMIT = re.compile(r"[0-9a-f]{40}")
_FORBIDDEN_PARTS = ("", ".", "..", ".git", ".cache")


@dataclass(frozen=True)
class RepoId:
    """A repository: its kind, ``"model"`` or ``"dataset"``, and its name ``namespace/name``."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        """Its path under the endpoint: datasets have a prefix there, models have none."""
        return f"datasets/{self}" if self.kind == "dataset" else str(self)


def check_repo_id(kind: str, namespace: str | None, name: str) -> RepoId:
    """Raise Invalid unless kind, namespace and name can be those of a repository."""
    if kind not in ("model", "dataset"):
        raise Invalid("type", f"there are no repositories of type {kind!r} here; use 'model' or 'dataset'.")
    if not namespace:
        raise Invalid("organization", f"the repository {name!r} needs a namespace; write it as namespace/{name}.")
    for field, value in (("organization", namespace), ("name", name)):
        try:
            check_name(value)
        except ValueError as error:
            raise Invalid(field, f"{error}.") from None
    return RepoId(kind, namespace, name)


def check_ref_name(name: str) -> str:
    """Raise Invalid unless ``name`` can be that of a branch or a tag: names, with ``/`` between them."""
    try:
        for part in name.split("/"):
            check_name(part)
    except ValueError as error:
        raise Invalid("revision", f"{error}.") from None
    if _COMMIT.fullmatch(name):
        raise Invalid(
            "revision", f"{name!r} looks like a commit; a branch or tag of that name could not be told from it."
        )
    return name


def check_file_path(path: str) -> str:
    """Raise Invalid unless ``path`` is a plain relative path, with ``/`` between its parts."""
    parts = path.split("/")
    if any(part in _FORBIDDEN_PARTS for part in parts):
        raise Invalid("path", f"{path!r} is refused: no part may be empty, '.', '..', '.git' or '.cache'.")
    # Backslashes and colons mean something else in the paths of a client on Windows.
    if (
        any(c in "\\:\x7f" or ord(c) < 32 for c in path)
        or len(path.encode()) > 1024
        or any(len(p) > 255 for p in parts)
    ):
        raise Invalid(
            "path", f"{path[:80]!r} is refused: no backslashes, colons or control characters, at most 1024 bytes."
        )
    return path
