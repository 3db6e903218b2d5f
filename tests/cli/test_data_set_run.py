"""``run --workers``: Parquet files, other files and declared sources in shards."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.command import florecon

PERIOD = ["--book", "b.db", "--period", "2026-03", "--who", "anna"]
STRATEGY = """
import florecon_build as fb

row = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
slack = fb.param("slack", 0, doc="minor units")
demo = fb.Plugin(
    "acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.partition_by(row.account, fb.agg_net(tol=slack))
)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "strategy.py").write_text(STRATEGY)
    (tmp_path / "ledger").mkdir()
    for part, amounts in {"a": [5.0, -5.0, 7.0], "b": [-7.01, 2.0]}.items():
        start = 0 if part == "a" else 3
        accounts = ["x", "x", "y"] if part == "a" else ["y", "z"]
        table = pa.table({"row_id": range(start, start + len(amounts)), "konto": accounts, "amount": amounts})
        pq.write_table(table, str(tmp_path / "ledger" / f"{part}.parquet"))
    return tmp_path


def test_a_run_in_shards(folder: Path) -> None:
    command = ["run", "strategy.py", "ledger", "--map", "account=konto", "--workers", "1", "--param", "slack=1"]
    shown = florecon(*command, "--explain-shards", at=folder)
    assert "divides by row.account" in shown.out
    assert "5 rows in 3 components" in shown.out
    done = florecon(*command, "--json", at=folder)
    assert done.code == 0, done.err
    assert done.json() == {"out": "out", "rows": 5, "open_rows": 1, "shards": 1}
    again = florecon(*command, "--max-exceptions", "0", at=folder)
    assert again.code == 3
    assert "5 rows in 1 shard, 1 open" in again.out
    other = florecon(*command[:-1], "slack=2", at=folder)
    assert (other.code, "differs in the params" in other.err) == (2, True)


SOURCES = """
[source.bank]
files = "bank*.csv"
decimal = ","
stop_at = "Summe"
[source.bank.columns]
row_id = "Nr"
account = "Konto"
amount = "Betrag"

[source.ledger]
files = "book.parquet"
"""


def test_files_and_sources_in_shards_are_the_run_in_one_workspace(folder: Path) -> None:
    (folder / "a.csv").write_text("row_id,account,amount\n1,x,5.00\n2,x,-5.00\n3,y,7.00\n")
    (folder / "b.csv").write_text("row_id,account,amount\n4,y,-7.00\n5,z,2.00\n")
    files = ["run", "strategy.py", "a.csv", "b.csv", "--json"]
    one = florecon(*files, "-o", "one", at=folder)
    assert one.code == 0, one.err
    shards = florecon(*files, "-o", "shards", "--workers", "1", at=folder)
    assert shards.code == 0, shards.err
    assert shards.json()["sources"] == one.json()["sources"]
    assert shards.json()["open_rows"] == 1
    [found] = (folder / "shards" / "allocations").glob("*.parquet")
    assert members(found) == members(folder / "one" / "data" / "allocations.parquet")
    kept = (folder / "shards" / "input" / "ledger.parquet").stat().st_mtime_ns
    again = florecon(*files, "-o", "shards", "--workers", "2", at=folder)
    assert again.json() == shards.json()
    assert (folder / "shards" / "input" / "ledger.parquet").stat().st_mtime_ns == kept
    (folder / "b.csv").write_text("row_id,account,amount\n4,y,-7.00\n5,z,2.50\n")
    changed = florecon(*files, "-o", "shards", "--workers", "1", at=folder)
    assert (changed.code, "holds a run of other files" in changed.err) == (2, True)
    other = florecon(*files, "-o", "one", "--workers", "1", at=folder)
    assert (other.code, "is not empty" in other.err) == (2, True)


def members(allocations: Path) -> list[list[tuple[int, int]]]:
    """The rows and amounts of each group."""
    groups: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for piece in pq.read_table(str(allocations)).to_pylist():
        groups[piece["group_id"]].append((piece["id"], piece["amount"]))
    return sorted(map(sorted, groups.values()))


def test_declared_sources_in_shards(folder: Path) -> None:
    (folder / "florecon.toml").write_text(SOURCES)
    (folder / "bank.csv").write_text("Nr;Konto;Betrag\n1;x;1.005,00\n2;y;3,50\nSumme;;1.008,50\n")
    pq.write_table(pa.table({"row_id": [11], "account": ["x"], "amount": [-1005.0]}), str(folder / "book.parquet"))
    done = florecon("run", "strategy.py", "--workers", "1", at=folder)
    assert done.code == 0, done.err
    assert "3 rows in 1 shard, 1 open" in done.out
    assert "bank: 1 line is no row" in done.err
    rows = pq.read_table(str(folder / "out" / "input" / "ledger.parquet"))
    assert sum(rows["amount"].to_pylist()) == Decimal("3.50")
    (folder / "bank.csv").write_text("Nr;Konto;Betrag\n1;x;12,3,4\n")
    bad = florecon("run", "strategy.py", "--workers", "1", "-o", "other", at=folder)
    assert bad.code != 0
    assert "bank.csv:2" in bad.err
    assert not (folder / "other" / "input").exists()


def test_a_book_in_shards(folder: Path) -> None:
    """Two months, with a code between: the books of a run in one workspace and of one in shards are alike."""
    months = {"01": "1,x,5.00\n2,x,-5.00\n3,y,7.00\n4,z,1.00\n", "02": "5,y,-7.00\n6,z,2.00\n"}
    told: dict[str, list[Any]] = {"one.db": [], "shards.db": []}
    for month, lines in months.items():
        (folder / f"{month}.csv").write_text("row_id,account,amount\n" + lines)
        for book, found in told.items():
            shards = ["--workers", "1"] if book == "shards.db" else []
            period = ["--book", book, "--period", f"2026-{month}", "--who", "anna"]
            run = ["run", "strategy.py", f"{month}.csv", *period, *shards, "--max-exceptions", "1"]
            done = florecon(*run, "-o", f"{book}-{month}", "--json", at=folder)
            assert done.code == (3 if month == "01" else 0), done.err
            found.append(done.json()["book"] | {"file": "", "head": ""})
            if month == "01":
                code = ["resolve", "4", "--code", "timing", "--reason", "next month"]
                assert florecon(*code, *period, at=folder).code == 0
                again = florecon("run", "strategy.py", *period, *shards, "-o", f"{book}-again", at=folder)
                assert again.code == 0, again.err
                assert "1 open item has no reason code" in again.out
            closed = florecon("close", "--allow-open", *period[:4], "--who", "ben", at=folder)
            assert closed.code == 0, closed.err
    assert told["one.db"] == told["shards.db"]
    listed = [florecon("book", book, "--json", at=folder).json() for book in told]
    for each in listed:
        told_of = ("name", "status", "runs", "open", "balances")
        each["periods"] = [{name: period[name] for name in told_of} for period in each["periods"]]
        each["head"] = ""
        each["decisions"] = len(each["decisions"])
    assert listed[0] == listed[1]
    other = florecon("run", "strategy.py", *PERIOD, "--workers", "1", "-o", "one.db-01", at=folder)
    assert (other.code, "is not empty" in other.err) == (2, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["ledger", "--memory", "lots"], "--memory: memory is 'lots'"),
        (["--workers", "1"], "no data"),
        (["ledger", "--workers", "1", "--accounts", "a.csv"], "--accounts: not for a run in shards"),
        (["ledger", "--workers", "1", "--book", "b.db"], "--book needs --period"),
        (["ledger", "--explain-shards", *PERIOD], "--explain-shards: not for a book"),
    ],
)
def test_options_that_do_not_fit(folder: Path, more: list[str], said: str) -> None:
    done = florecon("run", "strategy.py", *more, at=folder)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.parquet"])
def test_a_file_that_is_missing(folder: Path, name: str) -> None:
    done = florecon("run", "strategy.py", name, "--workers", "1", at=folder)
    assert (done.code, name in done.err) == (4, True)
    assert not (folder / "out").exists()
