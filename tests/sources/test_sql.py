"""Rows of a query: exact values, one transaction that changes nothing, no secrets, nothing outside of the project."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host.description import Field
from florecon_build.sources import DeclarationError, Reading, Source, SourceError, load, read

FIELDS = (
    Field(name="id", base="utf8", kind="text", is_id=True),
    Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
    Field(name="memo", base="utf8", kind="text", nullable=True),
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "erp.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table entries (id integer, amount numeric, memo)")
        connection.executemany(
            "insert into entries values (?, ?, ?)", [(1, 1200, "a:b"), (2, -109.99, None), (3, 0.1, "c")]
        )
    connection.close()
    return path


def reading(query: str, url: str, folder: Path | None = None, **data: Any) -> Reading:
    source = Source.from_data("erp", {"format": "sql", "url": url, "query": query, **data})
    if folder is not None:
        (folder / "florecon.toml").write_text(f'[source.erp]\nformat = "sql"\nurl = "{url}"\nquery = "{query}"\n')
        source = load(folder / "florecon.toml")["erp"]
    return read(source, [], FIELDS, id_name="id")


def refusal(query: str, url: str, folder: Path | None = None) -> str:
    with pytest.raises(SourceError) as raised:
        reading(query, url, folder)
    return str(raised.value)


def test_query_gives_exact_rows(database: Path) -> None:
    found = reading("select id, amount, memo from entries where memo is null or memo <> ':x'", f"sqlite:///{database}")
    assert [tuple(row.values()) for row in found.table.to_pylist()] == [
        ("erp:1", Decimal("1200.00"), "a:b"),
        ("erp:2", Decimal("-109.99"), None),
        ("erp:3", Decimal("0.10"), "c"),
    ]
    told = found.as_data()
    assert told["files"][0]["path"] == f"sqlite {database}"
    assert len(told["files"][0]["sha256"]) == 64


def test_query_of_a_project_is_relative_to_it(database: Path) -> None:
    assert reading("select * from entries", "sqlite:///erp.db", database.parent).table.num_rows == 3


def test_query_without_rows_has_its_columns(database: Path) -> None:
    found = reading("select * from entries where id > 9", f"sqlite:///{database}")
    assert (found.table.num_rows, found.skipped) == (0, ())


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("delete from entries", "attempt to write a readonly database"),
        ("attach database '/tmp/x.db' as x", "not authorized"),
        ("select * from missing", "no such table: missing"),
        ("select id, id from entries", "the column 'id' twice"),
        ("select id, amount, case id when 1 then 5 else 'five' end as memo from entries", "memo holds int and str"),
        ("select id, amount, x'00' as memo from entries", "memo holds bytes"),
        ("select id, 9e999 as amount, memo from entries", "Infinity is no number"),
        ("select id, 0.1 + 0.2 as amount, memo from entries", "is no amount with 2 decimal places"),
        ("select id from entries", "has no header 'amount', 'memo'"),
    ],
)
def test_query_that_is_refused(database: Path, query: str, says: str) -> None:
    before = database.read_bytes()
    assert says in refusal(query, f"sqlite:///{database}")
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///../other.db", "url leads out of the project: ../other.db"),
        ("sqlite:////etc/passwd", "url leads out of the project"),
        ("sqlite:///link.db", "url leads out of the project: link.db"),
        ("sqlite:///none.db", "there is no database none.db"),
        ("sqlite://", "url names no file"),
        ("sqlite:///file:erp.db?uri=true", "url names no file"),
        ("not a url", "url is no URL of a database"),
        ("oracledb+nothing://h/d", "no dialect 'oracledb+nothing' is installed"),
        ("mysql+pymysql://u:topsecret@h/d", "needs the package pymysql"),
        ("postgresql://u:${HOME}@h/d", "names of the environment"),
        ("postgresql://u:${FLORECON_NONE}@h/d", "the variable FLORECON_NONE, which is not set"),
    ],
)
def test_database_that_is_refused(database: Path, url: str, says: str) -> None:
    outside = database.parent / "elsewhere"
    outside.mkdir()
    project = database.parent / "project"
    project.mkdir()
    (outside / "x.db").write_bytes(database.read_bytes())
    (project / "link.db").symlink_to(outside / "x.db")
    told = refusal("select 1", url, project)
    assert says.replace("names of the environment", "variables of the environment") in told
    assert "topsecret" not in told


def test_secrets_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLORECON_PASSWORD", "top/secret")
    told = refusal(
        "select 1", "postgresql://u:${FLORECON_PASSWORD}@localhost:1/d?options=hidden-value&connect_timeout=1"
    )
    assert "postgresql localhost/d refuses the query" in told
    assert "secret" not in told
    assert "hidden-value" not in told


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"format": "sql", "query": "select 1"}, "it needs url and query"),
        ({"format": "sql", "url": "sqlite:///x", "query": "select 1", "files": ["a"]}, "reads no files"),
        ({"url": "sqlite:///x"}, 'declare format = "sql"'),
    ],
)
def test_declaration_of_a_query(data: dict[str, Any], says: str) -> None:
    with pytest.raises(DeclarationError, match=says):
        Source.from_data("erp", data)
