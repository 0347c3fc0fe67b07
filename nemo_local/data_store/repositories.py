"""Repositories, their commits, branches and tags."""

from __future__ import annotations

import hashlib
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Row, and_, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from nemo_local.common.documents import open_database, utc_now
from nemo_local.common.errors import ApiError, Conflict, Invalid
from nemo_local.data_store import tables as t
from nemo_local.data_store.blobs import Blob, BlobStore, BlobWriter
from nemo_local.data_store.changes import Change, apply_changes
from nemo_local.data_store.paths import RepoId, check_ref_name
from nemo_local.data_store.problems import RepoNotFound, RevisionNotFound
from nemo_local.data_store.snapshot import Entry

MAIN = "main"
_SHORTEST_COMMIT = 7


@dataclass(frozen=True)
class Commit:
    """One revision of a repository."""

    oid: str
    parent: str | None
    title: str
    message: str
    created_at: str


class Repositories:
    """All repositories of the Data Store, in one SQLite file and one directory of contents.

    Args:
        folder: its directory; created when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.database = folder / "repositories.db"
        self._reader, self._writer = open_database(self.database)
        with self._writer.begin() as connection:
            t.metadata.create_all(connection)
        self.blobs = BlobStore(folder / "blobs")
        # A content must not be deleted with one repository while it is being added to another.
        self._blob_lock = threading.Lock()

    # Contents

    def keep(self, writer: BlobWriter, expected_sha256: str | None = None) -> Blob:
        """Finish ``writer`` and register its content. Raises like :meth:`BlobWriter.finish`."""
        with self._blob_lock:
            blob = writer.finish(expected_sha256)
            with self._writer.begin() as connection:
                row = {"sha256": blob.sha256, "size": blob.size, "git_oid": blob.git_oid}
                connection.execute(sqlite_insert(t.blobs).values(**row).on_conflict_do_nothing())
        return blob

    def find_blob(self, sha256: str) -> Blob | None:
        """The content with that SHA-256, or None if it is not stored (completely)."""
        with self._reader.begin() as connection:
            row = connection.execute(select(t.blobs).where(t.blobs.c.sha256 == sha256)).one_or_none()
        if row is None or self.blobs.size(sha256) != row.size:
            return None
        return Blob(row.sha256, row.size, row.git_oid)

    # Repositories

    def create(self, repo: RepoId, private: bool = False) -> None:
        """Make an empty repository with one commit on ``main``. Raises Conflict when it exists."""
        with self._writer.begin() as connection:
            row = {"kind": repo.kind, "namespace": repo.namespace, "name": repo.name}
            statement = insert(t.repositories).values(**row, private=private, created_at=_now())
            try:
                identity = connection.execute(statement).inserted_primary_key[0]
            except IntegrityError as error:
                raise Conflict(
                    f"The {repo.kind} repository {repo} already exists. Use it, or choose another name."
                ) from error
            first = self._insert_commit(connection, identity, None, "Create the repository", "", {})
            row = {"repository": identity, "name": MAIN, "kind": "branch", "commit_oid": first}
            connection.execute(insert(t.refs).values(**row))

    def delete(self, repo: RepoId) -> None:
        """Delete a repository with its commits and the contents no other repository uses. Raises RepoNotFound."""
        with self._blob_lock:
            with self._writer.begin() as connection:
                identity = self._row(connection, repo).id
                of_repo = select(t.commits.c.oid).where(t.commits.c.repository == identity)
                mine = select(t.files.c.sha256).where(t.files.c.commit_oid.in_(of_repo))
                others = select(t.files.c.sha256).where(t.files.c.commit_oid.not_in(of_repo))
                orphans = list(
                    connection.scalars(
                        select(t.blobs.c.sha256).where(t.blobs.c.sha256.in_(mine), t.blobs.c.sha256.not_in(others))
                    )
                )
                connection.execute(delete(t.refs).where(t.refs.c.repository == identity))
                connection.execute(delete(t.files).where(t.files.c.commit_oid.in_(of_repo)))
                connection.execute(delete(t.repositories).where(t.repositories.c.id == identity))
                for sha256 in orphans:
                    connection.execute(delete(t.blobs).where(t.blobs.c.sha256 == sha256))
            self.blobs.remove(orphans)

    def move(self, repo: RepoId, target: RepoId) -> None:
        """Rename a repository. Raises RepoNotFound, or Conflict when the new name is taken."""
        with self._writer.begin() as connection:
            identity = self._row(connection, repo).id
            statement = update(t.repositories).where(t.repositories.c.id == identity)
            try:
                connection.execute(statement.values(namespace=target.namespace, name=target.name))
            except IntegrityError as error:
                raise Conflict(f"The {target.kind} repository {target} already exists; choose another name.") from error

    def list(self, kind: str) -> list[Row]:
        """All repositories of a kind, oldest first."""
        query = select(t.repositories).where(t.repositories.c.kind == kind).order_by(t.repositories.c.id)
        with self._reader.begin() as connection:
            return list(connection.execute(query))

    def get(self, repo: RepoId) -> Row:
        """The repository with its ``private`` and ``created_at``. Raises RepoNotFound."""
        with self._reader.begin() as connection:
            return self._row(connection, repo)

    # Revisions

    def commit_at(self, repo: RepoId, revision: str) -> Commit:
        """The commit that a branch, a tag, or (the beginning of) an id names. Raises RepoNotFound, RevisionNotFound."""
        with self._reader.begin() as connection:
            return self._resolve(connection, self._row(connection, repo).id, repo, revision)

    def snapshot(self, repo: RepoId, revision: str) -> tuple[Commit, dict[str, Entry]]:
        """A commit and all its files by path, in order. Raises RepoNotFound, RevisionNotFound."""
        with self._reader.begin() as connection:
            commit = self._resolve(connection, self._row(connection, repo).id, repo, revision)
            return commit, self._entries(connection, commit.oid)

    def history(self, repo: RepoId, revision: str) -> list[Commit]:
        """The commit and its ancestors, newest first. Raises RepoNotFound, RevisionNotFound."""
        with self._reader.begin() as connection:
            identity = self._row(connection, repo).id
            commit = self._resolve(connection, identity, repo, revision)
            rows = connection.execute(select(t.commits).where(t.commits.c.repository == identity))
            by_oid = {row.oid: _commit(row) for row in rows}
        chain = [commit]
        while parent := chain[-1].parent:
            chain.append(by_oid[parent])
        return chain

    def commit(
        self, repo: RepoId, branch: str, changes: list[Change], title: str, message: str, parent: str | None
    ) -> str:
        """Apply changes to the newest state of a branch, all of them or none.

        Args:
            repo: the repository.
            branch: what to move forward.
            changes: applied in this order.
            title: first line of the commit message.
            message: the rest of it.
            parent: the commit the client built on, when it insists on it.

        Returns:
            The id of the new commit; of the present one, when the changes leave everything as it is.

        Raises:
            RepoNotFound, RevisionNotFound, EntryNotFound, Invalid: see the messages.
            ApiError: 412, the branch is no longer at ``parent``.
        """
        with self._writer.begin() as connection:
            identity = self._row(connection, repo).id
            head = self._resolve(connection, identity, repo, branch)
            is_branch = and_(t.refs.c.repository == identity, t.refs.c.name == branch, t.refs.c.kind == "branch")
            if connection.execute(select(t.refs).where(is_branch)).one_or_none() is None:
                raise Invalid("revision", f"{branch!r} is a tag or a commit and cannot change; commit to a branch.")
            if parent and not head.oid.startswith(parent):
                raise ApiError(
                    412,
                    f"{repo}@{branch} is at {head.oid}, not at {parent}: someone else committed. Read the branch "
                    "again, then commit.",
                )
            before = self._entries(connection, head.oid)
            after = apply_changes(before, changes)
            if after == before:
                return head.oid
            oid = self._insert_commit(connection, identity, head.oid, title, message, after)
            connection.execute(update(t.refs).where(is_branch).values(commit_oid=oid))
            return oid

    # Branches and tags

    def refs(self, repo: RepoId) -> list[Row]:
        """All branches and tags. Raises RepoNotFound."""
        with self._reader.begin() as connection:
            identity = self._row(connection, repo).id
            return list(
                connection.execute(select(t.refs).where(t.refs.c.repository == identity).order_by(t.refs.c.name))
            )

    def create_ref(self, repo: RepoId, kind: str, name: str, revision: str) -> None:
        """Make a branch or a tag at a revision. Raises Conflict when the name is taken."""
        check_ref_name(name)
        with self._writer.begin() as connection:
            identity = self._row(connection, repo).id
            commit = self._resolve(connection, identity, repo, revision)
            row = {"repository": identity, "name": name, "kind": kind, "commit_oid": commit.oid}
            try:
                connection.execute(insert(t.refs).values(**row))
            except IntegrityError as error:
                raise Conflict(
                    f"{repo} has a branch or tag {name!r} already. Use it, or choose another name."
                ) from error

    def delete_ref(self, repo: RepoId, kind: str, name: str) -> None:
        """Remove a branch or a tag. Raises RevisionNotFound, or Invalid for ``main``."""
        if kind == "branch" and name == MAIN:
            raise Invalid("revision", f"the branch {MAIN!r} cannot be deleted.")
        with self._writer.begin() as connection:
            identity = self._row(connection, repo).id
            this = and_(t.refs.c.repository == identity, t.refs.c.name == name, t.refs.c.kind == kind)
            if not connection.execute(delete(t.refs).where(this)).rowcount:
                raise RevisionNotFound(f"{repo} has no {kind} {name!r}.")

    def _row(self, connection: Connection, repo: RepoId) -> Row:
        c = t.repositories.c
        query = select(t.repositories).where(c.kind == repo.kind, c.namespace == repo.namespace, c.name == repo.name)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise RepoNotFound(f"There is no {repo.kind} repository {repo}. Create it, or check its name and its type.")
        return row

    def _resolve(self, connection: Connection, identity: int, repo: RepoId, revision: str) -> Commit:
        c = t.commits.c
        by_ref = select(t.commits).join(t.refs, t.refs.c.commit_oid == c.oid)
        rows = connection.execute(by_ref.where(t.refs.c.repository == identity, t.refs.c.name == revision)).all()
        if not rows and len(revision) >= _SHORTEST_COMMIT and revision.isalnum():
            by_id = select(t.commits).where(c.repository == identity, c.oid.startswith(revision))
            rows = connection.execute(by_id).all()
        if len(rows) != 1:
            names = connection.scalars(select(t.refs.c.name).where(t.refs.c.repository == identity))
            raise RevisionNotFound(f"{repo} has no revision {revision!r}; its branches and tags: {', '.join(names)}.")
        return _commit(rows[0])

    def _entries(self, connection: Connection, oid: str) -> dict[str, Entry]:
        query = (
            select(t.files, t.blobs.c.size, t.blobs.c.git_oid)
            .join(t.blobs, t.blobs.c.sha256 == t.files.c.sha256)
            .where(t.files.c.commit_oid == oid)
            .order_by(t.files.c.path)
        )
        return {
            row.path: Entry(row.path, Blob(row.sha256, row.size, row.git_oid), row.large, row.changed_in)
            for row in connection.execute(query)
        }

    def _insert_commit(
        self, connection: Connection, identity: int, parent: str | None, title: str, message: str, entries: dict
    ) -> str:
        # 40 hexadecimal digits as in git, because clients recognise a commit by them; a fresh number is unique enough.
        oid = hashlib.sha1(uuid.uuid4().bytes, usedforsecurity=False).hexdigest()
        row = {"oid": oid, "repository": identity, "parent": parent, "title": title, "message": message}
        connection.execute(insert(t.commits).values(**row, created_at=_now()))
        rows = [
            {
                "commit_oid": oid,
                "path": entry.path,
                "sha256": entry.blob.sha256,
                "large": entry.large,
                "changed_in": entry.changed_in or oid,
            }
            for entry in entries.values()
        ]
        if rows:
            try:
                connection.execute(insert(t.files), rows)
            except IntegrityError as error:
                raise Conflict(
                    "A file was deleted with another repository in the meantime; upload it again."
                ) from error
        return oid


def _now() -> str:
    return f"{utc_now()}Z"  # Hub clients parse no other form


def _commit(row: Row) -> Commit:
    return Commit(row.oid, row.parent, row.title, row.message, row.created_at)
