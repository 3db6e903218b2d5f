"""Database table of a store, in SQLite or PostgreSQL, and its transactions.

A writer takes the book's lock before it reads the last entry, so that two processes never continue from the same one.
Triggers refuse to change or delete a line; who removes the triggers first is found by the hashes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from florecon_build.host.errors import MissingPackage, StoreError

LOCK_SECONDS = 60
ROWS_AT_ONCE = 10_000
METADATA = sa.MetaData()
HISTORY = sa.Table(
    "florecon_history",
    METADATA,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("why", sa.Text),
    sa.Column("input", sa.Text, nullable=False),
    sa.Column("strategy", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
REFUSE_CHANGES = {
    "sqlite": [
        f"CREATE TRIGGER florecon_history_{verb} BEFORE {verb} ON florecon_history"
        " BEGIN SELECT RAISE(ABORT, 'florecon_history is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION florecon_history_keep() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'florecon_history is append-only'; END $$""",
        """CREATE TRIGGER florecon_history_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON florecon_history
           FOR EACH STATEMENT EXECUTE FUNCTION florecon_history_keep()""",
    ],
}
WRITES = "florecon_writes"


def connect(where: str | os.PathLike[str]) -> sa.Engine:
    """An engine for the path of a SQLite file, or a `sqlite:` or `postgresql:` URL, with the table in it.

    Errors: `StoreError` for another database or one that cannot be used; `MissingPackage` without its driver.
    """
    text = os.fspath(where)
    with translated(text if "://" not in text else "the database"):
        url = sa.make_url(text) if "://" in text else sa.URL.create("sqlite", database=text)
        if url.get_backend_name() not in REFUSE_CHANGES:
            raise StoreError(f"a store is a SQLite file or a postgresql:// URL, not {url.get_backend_name()}")
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        waits = {"timeout": LOCK_SECONDS} if url.get_backend_name() == "sqlite" else {}
        try:
            engine = sa.create_engine(url, connect_args=waits)
        except ImportError as error:
            raise MissingPackage(
                "a store in PostgreSQL needs psycopg: pip install 'florecon-build[postgresql]'"
            ) from error
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _sqlite_connected)
            event.listen(engine, "begin", _sqlite_begins)
        with writing(engine, "") as connection:
            if not sa.inspect(connection).has_table(HISTORY.name):
                METADATA.create_all(connection)
                for statement in REFUSE_CHANGES[engine.dialect.name]:
                    connection.exec_driver_sql(statement)
    return engine


@contextmanager
def translated(what: str) -> Generator[None]:
    """The database's errors as `StoreError`s."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise StoreError(f"{what}: {reason}") from error


@contextmanager
def writing(engine: sa.Engine, book: str) -> Generator[sa.Connection]:
    """A transaction with an exclusive lock on the book, committed at the end of the block or rolled back."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_lock_number(book))))
        yield connection


def read(connection: sa.Connection, book: str, after: int) -> Iterator[sa.Row[Any]]:
    """The book's rows with a number above `after`, in order."""
    wanted = sa.select(HISTORY).where(HISTORY.c.book == book, HISTORY.c.seq > after).order_by(HISTORY.c.seq)
    yield from connection.execute(wanted, execution_options={"yield_per": ROWS_AT_ONCE})


def last(connection: sa.Connection, book: str) -> tuple[int, str] | None:
    """The number and the hash of the book's last line; None for an empty book."""
    wanted = sa.select(HISTORY.c.seq, HISTORY.c.hash).where(HISTORY.c.book == book)
    row = connection.execute(wanted.order_by(HISTORY.c.seq.desc()).limit(1)).first()
    return None if row is None else (row.seq, row.hash)


def insert(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    """Inserts rows."""
    if rows:
        connection.execute(HISTORY.insert(), rows)


def _sqlite_connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN takes no lock
    connection.execute("PRAGMA synchronous = EXTRA")  # a commit is on the disk when it returns


def _sqlite_begins(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_number(book: str) -> int:
    return int.from_bytes(hashlib.sha256(f"florecon.store {book}".encode()).digest()[:8], "big", signed=True)
