"""A report is one moment, in tables and in files."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from florecon_build.host import Description, Node, Unsupported
from florecon_build.host.report import Report
from florecon_build.host.tables import COLUMNS, from_json

JSON: dict[str, list[dict[str, Any]]] = {
    "groups": [
        {"group_id": 1, "status": "pinned", "net": 0, "size": 2, "origin": "manual", "reason": "paid, twice"},
        {"group_id": 2, "status": "proposed", "net": 805, "size": 1, "origin": "unmatched"},
    ],
    "allocations": [
        {"id": 7, "group_id": 1, "amount": 500},
        {"id": 8, "group_id": 1, "amount": -500},
        {"id": 7, "group_id": 2, "amount": 805},
    ],
}
TEXTS = {"kind": "agg_net", "label": "net by account"}
STAGES = pa.table({name: pa.array([TEXTS.get(name, 1)]).cast(kind) for name, kind in COLUMNS["stages"].items()})
ABOUT = Description(
    domain="d",
    version="1",
    fields=(),
    numeraire_scale=2,
    nodes=(Node(id=1, kind="agg_net", path="seq[0]", file="strategy.py", line=12),),
)


def fetched(counts: list[str], stages: bool = True) -> Any:
    def fetch(what: str) -> pa.Table:
        counts.append(what)
        if what != "stages":
            return from_json(JSON)[what]
        if not stages:
            raise Unsupported("not counted")
        return STAGES

    return fetch


def test_tables_are_read_once_and_when_asked_for() -> None:
    asked: list[str] = []
    report = Report(ABOUT, fetched(asked))
    assert asked == []
    assert report.groups.num_rows == 2
    assert report.groups is report.groups
    assert asked == ["groups"]
    report.load()
    assert sorted(asked) == ["allocations", "groups", "rows", "stages"]


def test_stages_know_the_authors_line() -> None:
    stages = Report(ABOUT, fetched([])).stages.to_pylist()
    assert (stages[0]["path"], stages[0]["file"], stages[0]["line"]) == ("seq[0]", "strategy.py", 12)


def test_stages_that_are_not_counted() -> None:
    report = Report(ABOUT, fetched([], stages=False)).load()
    with pytest.raises(Unsupported):
        _ = report.stages


def test_csv(tmp_path: Path) -> None:
    report = Report(ABOUT, fetched([]))
    paths = report.write_csv(tmp_path / "out")
    assert [path.name for path in paths] == ["groups.csv", "allocations.csv", "rows.csv", "stages.csv"]
    with paths[0].open(newline="") as file:
        groups = list(csv.DictReader(file))
    assert groups[0]["reason"] == "paid, twice"
    assert groups[1]["net"] == "805"


def test_csv_in_major_units(tmp_path: Path) -> None:
    paths = Report(ABOUT, fetched([], stages=False)).write_csv(tmp_path, units="major")
    assert [path.name for path in paths] == ["groups.csv", "allocations.csv", "rows.csv"]
    with paths[1].open(newline="") as file:
        amounts = [line["amount"] for line in csv.DictReader(file)]
    assert amounts == ["5.00", "-5.00", "8.05"]


def test_parquet(tmp_path: Path) -> None:
    report = Report(ABOUT, fetched([]))
    paths = report.write_parquet(tmp_path, units="major")
    assert pq.read_table(paths[1]).column("amount").to_pylist() == [Decimal("5.00"), Decimal("-5.00"), Decimal("8.05")]
    assert pq.read_table(report.write_parquet(tmp_path)[1]).equals(report.allocations)


def test_json(tmp_path: Path) -> None:
    report = Report(ABOUT, fetched([]))
    assert report.to_json() == JSON
    assert json.loads(report.write_json(tmp_path / "report.json").read_text()) == JSON


def test_sql() -> None:
    pytest.importorskip("duckdb")
    query = """select g.origin, sum(a.amount)::bigint as total
        from groups g join allocations a using (group_id) group by 1 order by 1"""
    assert Report(ABOUT, fetched([])).sql(query).to_pylist() == [
        {"origin": "manual", "total": 0},
        {"origin": "unmatched", "total": 805},
    ]
