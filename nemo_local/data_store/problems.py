"""Errors of the Hub protocol. The ``code`` tells the client which kind of 404 it got."""

from __future__ import annotations

from nemo_local.common.errors import Conflict, NotFound


class RepoNotFound(NotFound):
    """The repository does not exist (``RepositoryNotFoundError`` at the client)."""

    code = "RepoNotFound"


class RevisionNotFound(NotFound):
    """The branch, tag or commit does not exist (``RevisionNotFoundError``)."""

    code = "RevisionNotFound"


class EntryNotFound(NotFound):
    """The file or folder does not exist in that revision (``EntryNotFoundError``)."""

    code = "EntryNotFound"


class RepoExists(Conflict):
    """The repository exists. With ``exist_ok`` the client reads its ``url`` from the answer."""

    def __init__(self, detail: str, url: str) -> None:
        super().__init__(detail)
        self.url = url

    def body(self) -> dict:
        return {**super().body(), "url": self.url}
