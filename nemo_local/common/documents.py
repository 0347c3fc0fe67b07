"""JSON documents with a namespace and a name, in SQLite: all microservices store their entities this way."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from nemo_local.common.errors import Conflict, NotFound

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
IDENTITY = ("id", "namespace", "name", "created_at", "updated_at")


def new_id(prefix: str) -> str:
    """A fresh id in NeMo's form, ``<prefix>-<base58 of a random uuid4>``."""
    number, digits = uuid.uuid4().int, ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return f"{prefix}-{digits}"


def utc_now() -> str:
    """The time as ISO 8601 in UTC, without an offset, as the NeMo services write it.

    Microseconds are always written, so that the texts sort in the same order as the times.
    """
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def read_time(text: str) -> datetime:
    """The time that an ISO 8601 text names; without an offset it is in UTC. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def open_database(path: Path) -> tuple[Engine, Engine]:
    """Open (or create) a SQLite file in WAL mode.

    Returns:
        Two engines on one pool, ``(reader, writer)``. A transaction of the writer takes the write lock when it begins:
        without that, one that reads first and writes later fails if another one writes in between.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection, _record) -> None:
        # Switches off the driver's implicit BEGIN; `_begin` below issues it.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # what a client was told is stored survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine, engine.execution_options(write=True)


class DocumentStore:
    """One collection of documents. Safe to use from several threads, and by several stores on the same file.

    Args:
        path: the SQLite file; created when missing.
        collection: the kind of document, for example ``"dataset"``; also used in errors.
        prefix: of the ids; the kind if None.
    """

    def __init__(self, path: Path, collection: str, prefix: str | None = None) -> None:
        self.collection = collection
        self.prefix = prefix or collection
        self._kind = collection.replace("-", " ")
        self._reader, self._writer = open_database(path)
        self._table = Table(
            "documents",
            MetaData(),
            Column("collection", String, primary_key=True),
            Column("id", String, primary_key=True),
            Column("namespace", String, nullable=False),
            Column("name", String, nullable=False),
            Column("body", Text, nullable=False),
            Column("created_at", String, nullable=False),
            Column("updated_at", String, nullable=False),
            UniqueConstraint("collection", "namespace", "name"),
        )
        with self._writer.begin() as connection:
            self._table.metadata.create_all(connection)

    def create(self, namespace: str, name: str | None, body: dict) -> dict:
        """Store a new document.

        Args:
            namespace: its namespace; ``""`` for documents outside of namespaces.
            name: its name, unique in the namespace; ``None`` gives it the id as name, as NeMo does.
            body: the rest. An ``id`` in it is used; without one a new id is made.

        Returns:
            The document: ``body`` with ``id``, ``namespace``, ``name``, ``created_at`` and ``updated_at``.

        Raises:
            Conflict: the name is taken.
        """
        identity = body.get("id") or new_id(self.prefix)
        name = name or identity
        now = utc_now()
        row = {
            "id": identity,
            "collection": self.collection,
            "namespace": namespace,
            "name": name,
            "body": _dump(body),
            "created_at": now,
            "updated_at": now,
        }
        try:
            with self._writer.begin() as connection:
                connection.execute(insert(self._table).values(**row))
                return self._select_one(connection, namespace, name)
        except IntegrityError as error:
            # Clients look for "<kind> already exists" in the answer.
            label = _label(namespace, name)
            raise Conflict(
                f"This {self._kind} already exists: {label}. Use it, update it, or choose another name."
            ) from error

    def get(self, namespace: str, name: str) -> dict:
        """The document of that name. Raises NotFound."""
        with self._reader.begin() as connection:
            return self._select_one(connection, namespace, name)

    def get_by_id(self, identity: str) -> dict:
        """The document with that id. Raises NotFound."""
        table = self._table
        query = select(table).where(table.c.id == identity, table.c.collection == self.collection)
        with self._reader.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"There is no {self._kind} with the id {identity!r}.")
        return _document(row)

    def update(self, namespace: str, name: str, patch: dict) -> dict:
        """Replace the top-level fields named in ``patch``, in one transaction.

        Identity fields (id, namespace, name and the times) cannot be changed and are ignored in ``patch``, so that a
        whole document may be given.

        Raises:
            NotFound: there is no such document.
        """
        with self._writer.begin() as connection:
            document = self._select_one(connection, namespace, name)
            connection.execute(
                update(self._table)
                .where(self._is(document))
                .values(body=_dump({**document, **patch}), updated_at=utc_now())
            )
            return self._select_one(connection, namespace, name)

    def delete(self, namespace: str, name: str) -> dict:
        """Delete the document and return it. Raises NotFound."""
        with self._writer.begin() as connection:
            document = self._select_one(connection, namespace, name)
            connection.execute(delete(self._table).where(self._is(document)))
            return document

    def list(self) -> list[dict]:
        """All documents of the collection, oldest first."""
        table = self._table
        query = select(table).where(table.c.collection == self.collection).order_by(table.c.created_at, table.c.id)
        with self._reader.begin() as connection:
            return [_document(row) for row in connection.execute(query)]

    def _select_one(self, connection: Connection, namespace: str, name: str) -> dict:
        table = self._table
        row = connection.execute(
            select(table).where(
                table.c.collection == self.collection, table.c.namespace == namespace, table.c.name == name
            )
        ).one_or_none()
        if row is None:
            raise NotFound(
                f"There is no {self._kind} {_label(namespace, name)!r}. List the {self._kind}s to see which exist."
            )
        return _document(row)

    def _is(self, document: dict) -> ColumnElement[bool]:
        return and_(self._table.c.collection == self.collection, self._table.c.id == document["id"])


def _label(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _dump(document: dict) -> str:
    return json.dumps({key: value for key, value in document.items() if key not in IDENTITY}, ensure_ascii=False)


def _document(row: Row) -> dict:
    return {
        "id": row.id,
        "namespace": row.namespace,
        "name": row.name,
        **json.loads(row.body),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
