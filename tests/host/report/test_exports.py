"""Exports: the user's columns, open amount, reason and age; typed cells; no amount over several currencies."""

from __future__ import annotations

import csv
import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from florecon_build.host import BadCommand
from florecon_build.host.report.exports import Details
from tests.support.four_currencies import AMOUNTS, report, rows

ACCOUNTS = {"small differences": "6900", "near dates": "6910"}
WHY = {"EUR-d1": "near dates: 5 days apart\nsame reference: nothing"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("exports")
    extra = pa.table({"branch": [f"b{number}" for number in range(len(rows()))], "open": ["yes"] * len(rows())})
    details = Details(reasons=WHY, extra=extra)
    report().write_csv(made, units="major", details=details)
    report().write_excel(made / "report.xlsx", details=details, accounts=ACCOUNTS)
    report(partition=False).write_csv(made / "mixed", units="major")
    report(declared=False).write_excel(made / "undeclared.xlsx")
    return made


def test_exceptions_have_the_users_columns_the_reason_and_the_age(folder: Path) -> None:
    lines = {line["row_id"]: line for line in read(folder / "exceptions.csv")}
    sent = {row["row_id"]: row for row in rows()}
    opened = ("c1", "d1", "d2", "e1")
    assert set(lines) == {f"{code}-{name}" for code in AMOUNTS for name in opened}
    for name, line in lines.items():
        assert line["day"] == sent[name]["day"].isoformat()
        assert line["memo"].removeprefix("'") == (sent[name]["memo"] or "")
        assert Decimal(line["amount"]) == Decimal(sent[name]["amount"])
        assert line["age_days"] == str((datetime.date(2026, 3, 13) - sent[name]["day"]).days)
        assert line["branch"].startswith("b")
        assert line["input_open"] == "yes"  # the user's own column of that name
    assert lines["EUR-d1"]["reason"] == "near dates: 5 days apart; same reference: nothing"
    assert lines["EUR-c1"]["open"] == "59.75"


def test_amounts_have_the_decimals_of_their_currency(folder: Path) -> None:
    lines = {line["row_id"]: line for line in read(folder / "exceptions.csv")}
    assert [lines[f"{code}-c1"]["open"] for code in ("EUR", "JPY", "KWD")] == ["59.75", "14300", "11.340"]
    of_rows = {line["id_text"]: line for line in read(folder / "rows.csv")}
    assert of_rows["JPY-c1"]["matched"] == "700"
    assert of_rows["JPY-c1"]["input_amount"] == "15000"
    assert of_rows["EUR-a1"]["reason"] == "same reference: exact 1:1 pair"


def test_a_group_of_several_currencies_has_legs_and_no_net(folder: Path) -> None:
    mixed = [line for line in read(folder / "mixed" / "groups.csv") if line["legs"]]
    assert [(line["net"], line["max_abs"], line["currency"]) for line in mixed] == [("", "", "")]
    assert mixed[0]["legs"] == "59.75 EUR; -240.99 JPY; 11.340 KWD; 169.90 USD"
    assert {line["value_in"] for line in read(folder / "mixed" / "stages.csv")} == {""}
    whole = read(folder / "groups.csv")
    assert all(line["net"] and line["currency"] for line in whole)


def sheets(path: Path) -> dict[str, Any]:
    return {sheet.title: sheet for sheet in openpyxl.load_workbook(path)}


def test_the_workbook_has_five_typed_sheets(folder: Path) -> None:
    found = sheets(folder / "report.xlsx")
    assert list(found) == ["Summary", "Matched", "Exceptions", "Decisions", "Journal"]
    for sheet in found.values():
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
    heads, *lines = list(found["Exceptions"].iter_rows())
    at = {cell.value: place for place, cell in enumerate(heads)}
    of = {line[at["row_id"]].value: line for line in lines}
    assert of["KWD-c1"][at["day"]].is_date
    assert (of["KWD-c1"][at["open"]].value, of["KWD-c1"][at["open"]].number_format) == (11.34, "#,##0.000")
    assert of["JPY-c1"][at["open"]].number_format == "#,##0"
    assert of["EUR-e1"][at["memo"]].data_type == "s"  # begins with "=" and is no formula
    assert of["EUR-d1"][at["reason"]].value.startswith("near dates: 5 days apart")


def test_the_journal_sheet_has_the_entries_of_the_journal(folder: Path) -> None:
    sheet = sheets(folder / "report.xlsx")["Journal"]
    head, *lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    journal = report().journal(ACCOUNTS).table
    assert head == journal.column_names
    assert len(lines) == journal.num_rows > 0
    for line, entry in zip(lines, journal.to_pylist(), strict=True):
        found = dict(zip(head, line, strict=True))
        assert (found["account"], found["currency"]) == (entry["account"], entry["currency"])
        assert found["date"].date() == entry["date"]
        for side in ("debit", "credit"):
            assert (found[side] is None) == (entry[side] is None)
            assert Decimal(str(found[side] or 0)) == (entry[side] or 0)
    formats = {line[5].value: (line[3] if line[3].value else line[4]).number_format for line in list(sheet)[1:]}
    assert (formats["JPY"], formats["KWD"], formats["EUR"]) == ("#,##0", "#,##0.000", "#,##0.00")
    unmade = sheets(folder / "undeclared.xlsx")["Journal"]
    assert "--accounts FILE" in unmade["A2"].value
    with pytest.raises(BadCommand, match="no account is given for 'small differences'"):
        report().write_excel(folder / "not.xlsx", accounts={})
    assert not (folder / "not.xlsx").exists()
    lines = read(report().journal(ACCOUNTS).write_csv(folder / "journal.csv"))
    assert {line["debit"] or line["credit"] for line in lines if line["currency"] == "JPY"} == {"1"}


def test_the_summary_sheet_adds_no_currencies(folder: Path) -> None:
    head, *lines = [[cell.value for cell in row] for row in sheets(folder / "report.xlsx")["Summary"].iter_rows()]
    made = [dict(zip(head, line, strict=True)) for line in lines]
    assert all(line["currency"] for line in made if line["value"] is not None or line["net"] is not None)
    shares = [line["share_percent"] for line in made if line["section"] == "stage" and line["share_percent"]]
    assert round(sum(shares), 6) == 100
    undeclared = [[cell.value for cell in row] for row in sheets(folder / "undeclared.xlsx")["Summary"].iter_rows()]
    assert all(line[7] is None and line[8] is None for line in undeclared[1:])
    assert "No totals" in undeclared[-1][1]


def test_parquet_is_exact(tmp_path: Path) -> None:
    paths = {path.stem: path for path in report().write_parquet(tmp_path, units="major")}
    opened = pq.read_table(paths["exceptions"])
    assert opened.schema.field("open").type == pa.decimal128(38, 3)
    assert opened.schema.field("day").type == pa.date32()
    assert sum(opened["open"].to_pylist()) == sum(pq.read_table(paths["rows"])["residual"].to_pylist())
