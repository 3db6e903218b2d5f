"""Report: an immutable snapshot, as tables and as files."""

from __future__ import annotations

import csv
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from florecon_build.host import Description, MissingPackage, Node, SheetFull, Unsupported
from florecon_build.host.report.excel import SHEET_ROWS, write_workbook
from florecon_build.host.report.report import Report
from florecon_build.host.report.tables import COLUMNS, from_json

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
    assert asked == ["groups", "allocations"]
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


def read_back(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The sheets as Excel has them; a number as it shows it, in 15 digits."""
    sheets: dict[str, list[dict[str, Any]]] = {}
    for sheet in pytest.importorskip("openpyxl").load_workbook(path):
        header, *lines = ([cell.value for cell in row] for row in sheet.iter_rows())
        sheets[sheet.title] = [
            {
                name: Decimal(f"{cell:.15g}") if isinstance(cell, float) else cell
                for name, cell in zip(header, line, strict=True)
            }
            for line in lines
        ]
    return sheets


def test_excel(tmp_path: Path) -> None:
    report = Report(ABOUT, fetched([]))
    sheets = read_back(report.write_excel(tmp_path / "report.xlsx"))
    assert list(sheets) == ["Summary", "Matched", "Exceptions", "Decisions", "Journal"]
    groups = report.groups.filter(pc.not_equal(report.groups["origin"], "unmatched"))["group_id"].to_pylist()
    parts = [part for part in report.allocations.to_pylist() if part["group_id"] in groups]
    for units, of in ((report.write_excel(tmp_path / "minor.xlsx", units="minor"), 1), (tmp_path / "report.xlsx", 100)):
        found = [(line["group_id"], line["id"], line["amount"]) for line in read_back(units)["Matched"]]
        assert found == [(part["group_id"], part["id"], Decimal(part["amount"]) / of) for part in parts]


AMOUNTS = [
    "0.00", "-0.01", "0.10", "9999999999999.99", "-9999999999999.99", "2000000000000000.00",
    "12345678901234.56", "92233720368547758.07", "-92233720368547758.07",
]  # fmt: skip


def test_excel_rounds_no_amount_and_no_id_and_runs_no_text(tmp_path: Path) -> None:
    formula = ["=1+1", "{=2}", "https://example.org", "", "@x", "'a", "+4", "line\nline", None]
    ids = [1, -1, 999_999_999_999_999, 1_234_567_890_123_456, 2**63 - 1, -(2**63), 10**17, 0, 7]
    table = pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "amount": pa.array([Decimal(amount) for amount in AMOUNTS], pa.decimal128(38, 2)),
            "text": pa.array(formula),
        }
    )
    lines = read_back(write_workbook(tmp_path / "edge.xlsx", {"edge": table}))["edge"]
    assert [Decimal(line["amount"]) for line in lines] == [Decimal(amount) for amount in AMOUNTS]
    assert [int(line["id"]) for line in lines] == ids
    assert [isinstance(line["amount"], str) for line in lines] == [False] * 6 + [True] * 3
    assert [line["text"] or "" for line in lines] == [text or "" for text in formula]


def test_excel_says_what_does_not_fit_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    largest = pa.table({"id": pa.repeat(pa.scalar(1, pa.int64()), SHEET_ROWS)})
    with pytest.raises(SheetFull, match=r"the table rows has 1048576 rows, and a sheet holds 1048575 below its header"):
        write_workbook(path, {"rows": largest})
    with pytest.raises(SheetFull, match=r"table groups, column 'reason', row 1: a text of 32768 letters") as caught:
        write_workbook(path, {"groups": pa.table({"reason": ["a" * 32_767, "a" * 32_768]})})
    assert (caught.value.code, caught.value.column, caught.value.row) == ("sheet_full", "reason", 1)
    assert not path.exists()
    with pytest.raises(OSError, match="cannot be written"):
        write_workbook(tmp_path / "no folder" / "report.xlsx", {})


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("duckdb", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, package, None)
    report = Report(ABOUT, fetched([]))
    with pytest.raises(MissingPackage, match="pip install duckdb") as sql:
        report.sql("select 1")
    with pytest.raises(MissingPackage, match=r"pip install 'florecon-build\[excel\]'"):
        report.write_excel(tmp_path / "report.xlsx")
    assert sql.value.code == "missing_package"


def test_sql() -> None:
    pytest.importorskip("duckdb")
    query = """select g.origin, sum(a.amount)::bigint as total
        from groups g join allocations a using (group_id) group by 1 order by 1"""
    assert Report(ABOUT, fetched([])).sql(query).to_pylist() == [
        {"origin": "manual", "total": 0},
        {"origin": "unmatched", "total": 805},
    ]
