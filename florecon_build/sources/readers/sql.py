"""SQL: the rows of a query on any database that SQLAlchemy knows, read in one transaction that changes nothing.

The result is written to a temporary file once, and read from there, so that every pass sees the same rows. A database
that is a file of SQLite must lie in the project and is opened for reading only; its query cannot attach another one.
The URL may name variables of the environment, ``${FLORECON_...}``; no part of it but dialect, host and name is shown.
"""

from __future__ import annotations

import datetime
import os
import re
import sqlite3
import tempfile
import urllib.parse
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from florecon_build.sources.cells import LINE, Cells, numbered
from florecon_build.sources.declaration import Source
from florecon_build.sources.errors import SourceError

ROWS = 16_384
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PREFIX = "FLORECON_"


@contextmanager
def spooled(source: Source) -> Generator[tuple[Path, str]]:
    """Runs the query of a source into a temporary file, and gives its path and the name of the database.

    Raises ``SourceError`` for a missing setting, driver, database or column, and for what the database refuses.
    """
    if not source.url or not source.query:
        key = "query" if source.url else "url"
        raise SourceError(
            f'format = "sql" needs {key}', source=source.name, fix=f"declare {key} in [source.{source.name}]"
        )
    url = _url(source, source.url)
    with tempfile.TemporaryDirectory(prefix="florecon-") as folder:
        path = Path(folder, f"query of {source.name}")
        try:
            engine = _engine(source, url)
            try:
                with engine.connect() as connection:
                    _spool(source, connection, source.query, path)
            finally:
                engine.dispose()
        except (SQLAlchemyError, sqlite3.Error) as error:
            told = str(getattr(error, "orig", None) or error)
            raise SourceError(
                f"{_shown(url)} refuses the query: {_without_secrets(url, told)}", source=source.name
            ) from None  # the context may hold the URL
        yield path, _shown(url)


def read(path: Path, source: Source) -> Cells:
    """The rows of a query that was written to a file; they count as lines, from 1.

    Raises ``SourceError`` for a file that no query was written to.
    """
    try:
        with pa.OSFile(str(path)) as file:
            names = pa.ipc.open_stream(file).schema.names
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path.name} is no result of a query", source=source.name) from error
    return Cells(tuple(names), _batches(path))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    line = 1
    with pa.OSFile(str(path)) as file:
        while file.tell() < file.size():
            for batch in pa.ipc.open_stream(file):
                lines = numbered(line, batch.num_rows)
                line += batch.num_rows
                yield pa.RecordBatch.from_arrays([*batch.columns, lines], names=[*batch.schema.names, LINE])


def _url(source: Source, text: str) -> URL:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if not name.startswith(_PREFIX):
            raise SourceError(
                f"url names the variable {name!r}",
                source=source.name,
                fix=f"a project may read variables of the environment whose names begin with {_PREFIX}",
            )
        found = os.environ.get(name)
        if found is None:
            raise SourceError(f"url names the variable {name}, which is not set", source=source.name)
        return urllib.parse.quote(found, safe="")

    try:
        url = sqlalchemy.make_url(_VARIABLE.sub(value, text))
    except ArgumentError:
        raise SourceError(
            "url is no URL of a database", source=source.name, fix='write "sqlite:///erp.db" or the like'
        ) from None
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _shown(url: URL) -> str:
    """Dialect, host and name of a database: nothing that opens it."""
    where = "/".join(filter(None, (url.host, url.database)))
    return f"{url.get_backend_name()} {where}".strip()


def _without_secrets(url: URL, text: str) -> str:
    secrets = {url.password, *(value for values in url.query.values() for value in _several(values))}
    for secret in filter(None, secrets):
        text = text.replace(str(secret), "***")
    return " ".join(text.split())[:300]


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _engine(source: Source, url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        path = _sqlite_path(source, url)
        return sqlalchemy.create_engine("sqlite://", creator=lambda: _sqlite(path))
    try:
        return sqlalchemy.create_engine(url, isolation_level=None)
    except NoSuchModuleError:
        raise SourceError(
            f"no dialect {url.drivername!r} is installed",
            source=source.name,
            fix="install the package of its SQLAlchemy dialect",
        ) from None
    except ImportError as error:
        extra = "pip install 'florecon-build[postgresql]'" if url.get_backend_name() == "postgresql" else ""
        raise SourceError(
            f"{url.drivername} needs the package {error.name}",
            source=source.name,
            fix=extra or f"pip install {error.name}",
        ) from None


def _sqlite_path(source: Source, url: URL) -> Path:
    """The file of a SQLite database, which must be in the project."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SourceError("url names no file", source=source.name, fix='write "sqlite:///erp.db"')
    folder = (source.folder or Path()).resolve()
    path = (folder / url.database).resolve()
    if source.folder is not None and not path.is_relative_to(folder):
        raise SourceError(
            f"url leads out of the project: {url.database}",
            source=source.name,
            fix="copy the database into the project",
        )
    if not path.is_file():
        raise SourceError(f"there is no database {url.database}", source=source.name)
    return path


def _sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{urllib.parse.quote(str(path))}?mode=ro", uri=True)

    def allowed(action: int, *_: object) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK

    connection.set_authorizer(allowed)
    return connection


def _spool(source: Source, connection: Connection, query: str, path: Path) -> None:
    """Writes the rows of a query; the transaction is read-only where the database can do that, and always undone."""
    backend = connection.engine.dialect.name
    options: dict[str, Any] = {"stream_results": True, "yield_per": ROWS}
    if backend == "postgresql":
        options["postgresql_readonly"] = True
    connection = connection.execution_options(**options)
    if backend in {"mysql", "mariadb"}:
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.rollback()
    try:
        result = connection.execute(sqlalchemy.text(re.sub(r"(?<!:):(?=\w)", r"\\:", query)))
        if not result.returns_rows:
            raise SourceError("the query gives no rows", source=source.name, fix="write a SELECT statement")
        names = list(result.keys())
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SourceError(
                f"the query gives the column {twice!r} twice", source=source.name, fix="rename one: SELECT ... AS ..."
            )
        _write(source, names, (list(rows) for rows in result.partitions(ROWS)), path)
    finally:
        connection.rollback()


def _write(source: Source, names: list[str], parts: Iterator[list[Any]], path: Path) -> None:
    """Writes the parts one behind the other, each with the types of its values."""
    row = 0
    with pa.OSFile(str(path), "wb") as file:
        for part in parts:
            columns = zip(*part, strict=True)
            arrays = [_typed(source, name, list(column), row) for name, column in zip(names, columns, strict=True)]
            _append(file, pa.RecordBatch.from_arrays(arrays, names=names))
            row += len(part)
        if not row:
            _append(file, pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], names=names))


def _append(file: Any, batch: pa.RecordBatch) -> None:
    with pa.ipc.new_stream(file, batch.schema) as writer:
        writer.write_batch(batch)


def _typed(source: Source, name: str, values: list[Any], row: int) -> pa.Array:
    """The values of a column; numbers as exact decimals, a float as the decimal that it is written with."""
    kinds: set[type] = {type(value) for value in values if value is not None}
    try:
        if not kinds or kinds == {str}:
            return pa.array(values, pa.string())
        if kinds == {int}:
            return pa.array(values, pa.int64())
        if kinds <= {int, float, Decimal}:
            return _decimals(values)
        if kinds in ({bool}, {datetime.date}):
            return pa.array(values)
        if kinds == {datetime.datetime}:
            return pa.array(values, pa.timestamp("us", "UTC" if any(one and one.tzinfo for one in values) else None))
        if kinds == {uuid.UUID}:
            return pa.array([None if value is None else str(value) for value in values], pa.string())
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise SourceError(
            f"rows {row + 1:,} to {row + len(values):,} of the query: {name}: {' '.join(str(error).split())[:200]}",
            source=source.name,
        ) from error
    listed = " and ".join(sorted(kind.__name__ for kind in kinds))
    raise SourceError(
        f"rows {row + 1:,} to {row + len(values):,} of the query: {name} holds {listed}",
        source=source.name,
        fix=f"cast it in the query: CAST({name} AS TEXT)",
    )


def _decimals(values: list[Any]) -> pa.Array:
    exact = [None if value is None else Decimal(repr(value) if isinstance(value, float) else value) for value in values]
    odd = next((value for value in exact if value is not None and not value.is_finite()), None)
    if odd is not None:
        raise ValueError(f"{odd} is no number")
    places = max((-int(value.as_tuple().exponent) for value in exact if value is not None), default=0)
    return pa.array(exact, pa.decimal128(38, max(0, places)))
