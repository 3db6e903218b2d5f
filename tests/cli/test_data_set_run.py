"""``run --workers``: Parquet files in shards."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.command import florecon

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


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["ledger", "--memory", "lots"], "--memory: memory is 'lots'"),
        (["strategy.py", "--workers", "1"], "a run in shards reads Parquet files"),
        (["--workers", "1"], "no data"),
        (["ledger", "--workers", "1", "--book", "b.db"], "--book: not for a run in shards"),
    ],
)
def test_options_that_do_not_fit(folder: Path, more: list[str], said: str) -> None:
    done = florecon("run", "strategy.py", *more, at=folder)
    assert done.code == 2
    assert said in done.err
