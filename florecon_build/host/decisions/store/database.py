"""Database table of a store, in SQLite or PostgreSQL, and its transactions.

A writer takes the book's lock before it reads the last entry, so that two processes never continue from the same one.
Triggers refuse to change, delete or replace a line, whoever is connected; who removes the triggers first is found by
the hashes. SQLite replaces a line without its triggers of deletion, so an insert is refused where a line stands, and
the table has no row numbers by which another line could be replaced.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from florecon_build.host.decisions.errors import BookLocked
from florecon_build.host.decisions.store.table_rows import number_of
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
    sqlite_with_rowid=False,
)
ATTACHMENTS = sa.Table(
    "florecon_attachment",
    METADATA,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Tables that belong to an entry; its body has the SHA-256 of each."""
TABLES = (HISTORY, ATTACHMENTS)


def _sqlite_triggers(table: str, same: str) -> dict[str, list[str]]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    stands = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
    return {
        f"{table}_UPDATE": [f"BEFORE UPDATE ON {table} {refuse}"],
        f"{table}_DELETE": [f"BEFORE DELETE ON {table} {refuse}"],
        f"{table}_REPLACE": [f"BEFORE INSERT ON {table} WHEN {stands} {refuse}"],
    }


def _postgresql_triggers(table: str) -> dict[str, list[str]]:
    keep = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION florecon_history_keep()"
    return {f"{table}_keep": [keep, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep"]}


TRIGGERS = {
    "sqlite": {
        HISTORY.name: _sqlite_triggers(HISTORY.name, "book = NEW.book AND seq = NEW.seq"),
        ATTACHMENTS.name: _sqlite_triggers(ATTACHMENTS.name, "book = NEW.book AND seq = NEW.seq AND name = NEW.name"),
    },
    "postgresql": {table.name: _postgresql_triggers(table.name) for table in TABLES},
}
"""Each trigger's definition, and the statements that follow it, by table."""
FUNCTION = """CREATE OR REPLACE FUNCTION florecon_history_keep() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""
LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass",
}
LOG = logging.getLogger("florecon_build.host")
WRITES = "florecon_writes"
ADVICE = {
    "disk is full": "; nothing was kept: free some space, then do it again",
    "No space left on device": "; nothing was kept: free some space, then do it again",
    "readonly database": "; nothing was kept: give a place that you may write to",
    "unable to open database file": "; give a file in a folder that is there and that you may write to",
}
"""What to do about an error of the database, by words of its message."""


def connect(where: str | os.PathLike[str]) -> sa.Engine:
    """An engine for the path of a SQLite file, or a `sqlite:` or `postgresql:` URL, with the table in it.

    Errors: `StoreError` for another database, one in memory, or one that cannot be used; `MissingPackage` without its
    driver.
    """
    text = os.fsdecode(where)
    named = "the database" if "://" in text else ascii(text)[1:-1]
    if not text.strip():
        raise StoreError("a store is a SQLite file or a postgresql:// URL, not an empty text")
    with translated(named, ValueError, TypeError):
        url = sa.make_url(text) if "://" in text else sa.URL.create("sqlite", database=text)
        if url.get_backend_name() not in TRIGGERS:
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
            _refuse_memory(connection)
            _prepare(connection)
    return engine


def _refuse_memory(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        file = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar()
        if not file or not os.path.exists(file):
            raise StoreError("a store is kept on disk, and this is a database in memory; give the path of a file")


def _prepare(connection: sa.Connection) -> None:
    """Makes the tables and the triggers that are not there."""
    dialect = connection.dialect.name
    for table in TABLES:
        is_new = not sa.inspect(connection).has_table(table.name)
        if is_new:
            table.create(connection)
        found = set(connection.exec_driver_sql(LISTED[dialect].format(table=table.name)).scalars())
        triggers = TRIGGERS[dialect][table.name]
        missing = [name for name in triggers if name not in found]
        if missing and not is_new:
            LOG.warning("the store lacks what refuses changes of its entries; put back: %s", ", ".join(missing))
        if missing and dialect == "postgresql":
            connection.exec_driver_sql(FUNCTION.replace("%", "%%"))
        for name in missing:
            definition, *more = triggers[name]
            for statement in (f"CREATE TRIGGER {name} {definition}", *more):
                connection.exec_driver_sql(statement)


@contextmanager
def translated(what: str, *more: type[Exception]) -> Generator[None]:
    """The database's errors, and those of `more`, as `StoreError`s."""
    try:
        yield
    except (SQLAlchemyError, *more) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        if "database is locked" in reason or "lock timeout" in reason:
            raise BookLocked(
                f"{what}: another process is writing, and did not end within {LOCK_SECONDS} seconds; nothing was kept,"
                " so try again when it is done"
            ) from error
        advice = next((advice for words, advice in ADVICE.items() if words in reason), "")
        raise StoreError(f"{what}: {reason}{advice}") from error


@contextmanager
def writing(engine: sa.Engine, book: str) -> Generator[sa.Connection]:
    """A transaction with an exclusive lock on the book, committed at the end of the block or rolled back."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
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
    return None if row is None else (number_of(row.seq), row.hash)


def insert(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    """Inserts rows."""
    if rows:
        connection.execute(HISTORY.insert(), rows)


def attach(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    """Inserts attachments: `book`, `seq`, `name`, `content`."""
    if rows:
        connection.execute(ATTACHMENTS.insert(), rows)


def attachment(connection: sa.Connection, book: str, seq: int, name: str) -> bytes | None:
    """The content of an attachment; None where there is none."""
    of = ATTACHMENTS.c
    content = sa.cast(of.content, sa.LargeBinary).label("content")
    wanted = sa.select(content).where(of.book == book, of.seq == seq, of.name == name)
    row = connection.execute(wanted).first()
    return None if row is None else _bytes(row.content)


def attached(connection: sa.Connection, book: str) -> Iterator[tuple[int, str, bytes]]:
    """The number, name and content of every attachment of a book."""
    of = ATTACHMENTS.c
    content = sa.cast(of.content, sa.LargeBinary).label("content")  # whatever a database that was tampered with has
    wanted = sa.select(of.seq, of.name, content).where(of.book == book).order_by(of.seq, of.name)
    for row in connection.execute(wanted, execution_options={"yield_per": 1}):
        yield number_of(row.seq), str(row.name), _bytes(row.content)


def _bytes(content: object) -> bytes:
    """What stands in the column; in a database that was tampered with it may be a text, whose hash is another."""
    return content if isinstance(content, bytes) else repr(content).encode()


def _sqlite_connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN takes no lock
    connection.execute("PRAGMA synchronous = EXTRA")  # a commit is on the disk when it returns


def _sqlite_begins(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_number(book: str) -> int:
    return int.from_bytes(hashlib.sha256(f"florecon.store {book}".encode()).digest()[:8], "big", signed=True)
