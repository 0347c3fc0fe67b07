"""The tables of the Data Store."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

repositories = Table(
    "repositories",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("namespace", String, nullable=False),
    Column("name", String, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("created_at", String, nullable=False),
    UniqueConstraint("kind", "namespace", "name"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("git_oid", String, nullable=False),
)

# Never changed once written. ``parent`` is None for the first one of a repository.
commits = Table(
    "commits",
    metadata,
    Column("oid", String, primary_key=True),
    Column("repository", ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("parent", String),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", String, nullable=False),
)

# Every commit lists all of its files: repositories here have few, and reading a revision is then one query.
files = Table(
    "files",
    metadata,
    Column("commit_oid", ForeignKey("commits.oid", ondelete="CASCADE"), primary_key=True),
    Column("path", String, primary_key=True),
    Column("sha256", ForeignKey("blobs.sha256"), nullable=False, index=True),
    Column("large", Boolean, nullable=False),  # shown with LFS metadata, as the Hub shows large files
    Column("changed_in", String, nullable=False),  # the commit that last changed it
)

refs = Table(
    "refs",
    metadata,
    Column("repository", ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),  # "branch" or "tag"
    Column("commit_oid", ForeignKey("commits.oid"), nullable=False),
)
