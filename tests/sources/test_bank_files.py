"""One account statement in files of every format, made from the standards' descriptions, and proved by its balances.

The statement opens with 1,000.00 and closes with 583.70. Each format reads to the same lines; a file of which one
amount was changed is refused, with the place of the first break.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from florecon_build.host.description import Field
from florecon_build.sources import Reading, Source, SourceError, read
from florecon_build.sources.declaration import Header
from florecon_build.sources.detection.detect import detect

FILES = Path(__file__).parent / "files"
FIELDS = (
    Field(name="row_id", base="utf8", kind="text", is_id=True),
    Field(name="day", base="i64", kind="date"),
    Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
    Field(name="memo", base="utf8", kind="text", nullable=True),
)
DAY = datetime.date
LINES = [
    (DAY(2026, 3, 2), Decimal("-109.99"), "ALPHA STORES"),
    (DAY(2026, 3, 3), Decimal("1200.00"), "INV20411"),
    (DAY(2026, 3, 4), Decimal("-88.40"), "REF990017"),
    (DAY(2026, 3, 5), Decimal("109.99"), "ALPHA STORES"),
    (DAY(2026, 3, 5), Decimal("-1520.00"), "SALARIES"),
    (DAY(2026, 3, 31), Decimal("-7.90"), "CHARGES"),
]
OPENING = Decimal("1000.00")


def reading(*paths: Path, fields: tuple[Field, ...] = FIELDS, **data: Any) -> Reading:
    return read(Source.from_data("bank", data), paths, fields, id_name="row_id")


def refusal(*paths: Path, **data: Any) -> str:
    with pytest.raises(SourceError) as raised:
        reading(*paths, **data)
    return str(raised.value)


# The files that are not texts


def spreadsheet(folder: Path, breach: bool) -> Path:
    path = folder / "statement.xlsx"
    book: Any = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("March")
    day_format = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_row(0, 0, ["Account statement"])
    sheet.write_row(2, 0, ["Day", "Amount", "Text", "Balance"])
    balance = OPENING
    for at, (day, amount, memo) in enumerate(LINES, 3):
        balance += amount
        sheet.write_datetime(at, 0, datetime.datetime.combine(day, datetime.time()), day_format)
        sheet.write_number(at, 1, float(amount) + (0.01 if breach and at == 5 else 0))
        sheet.write_string(at, 2, memo)
        sheet.write_number(at, 3, float(balance))
    book.close()
    return path


def parquet(folder: Path, breach: bool) -> Path:
    days, amounts, memos = (list(column) for column in zip(*LINES, strict=True))
    balances = [OPENING + sum(amounts[: at + 1], Decimal(0)) for at in range(len(amounts))]
    if breach:
        amounts[2] += Decimal("0.01")
    kind = pa.decimal128(12, 2)
    table = pa.table(
        {"day": days, "amount": pa.array(amounts, kind), "memo": memos, "balance": pa.array(balances, kind)}
    )
    path = folder / "statement.parquet"
    pq.write_table(table, str(path))
    return path


def database(folder: Path, breach: bool) -> Path:
    path = folder / "statement.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table entries (day text, amount numeric, memo text, balance numeric)")
        balance = OPENING
        for at, (day, amount, memo) in enumerate(LINES):
            balance += amount
            told = amount + (Decimal("0.01") if breach and at == 2 else 0)
            connection.execute("insert into entries values (?, ?, ?, ?)", (str(day), float(told), memo, float(balance)))
    connection.close()
    return path


@dataclass(frozen=True)
class Case:
    """A format: its file, how it is declared, and a change that breaks it with what is said of that."""

    file: str | Callable[[Path, bool], Path]
    says: str
    change: tuple[str, str] = ("", "")
    declared: dict[str, Any] = field(default_factory=dict[str, Any])
    encoding: str = "utf-8"

    def path(self, folder: Path, *, breach: bool = False) -> Path:
        if not isinstance(self.file, str):
            return self.file(folder, breach)
        if not breach:
            return FILES / self.file
        text = (FILES / self.file).read_text(self.encoding)
        assert text.count(self.change[0]) >= 1
        path = folder / self.file
        path.write_text(text.replace(*self.change, 1), self.encoding)
        return path

    def source(self, path: Path) -> tuple[dict[str, Any], tuple[Path, ...]]:
        """The declaration, and the files to read: none where the declaration names a database."""
        columns = {"row_id": {"row_number": True}, "memo": "remittance", **self.declared.get("columns", {})}
        data = {**self.declared, "columns": columns}
        if path.suffix != ".db":
            return data, (path,)
        return {**data, "format": "sql", "url": f"sqlite:///{path}"}, ()


CASES = {
    "csv": Case(
        "statement.csv",
        "statement.csv:7: Saldo is 2,001.61, and 2,090.01 - 88.41 makes 2,001.60",
        ("-88,40", "-88,41"),
        {
            "stop_at": "^Summe",
            "columns": {"day": "Buchungstag", "amount": "Betrag", "memo": "Verwendungszweck"},
            "dates": "%d.%m.%Y",
        },
        "cp1252",
    ),
    "excel": Case(
        spreadsheet,
        "statement.xlsx:6: Balance is 2,001.61, and 2,090.01 - 88.39",
        declared={"columns": {"day": "Day", "amount": "Amount", "memo": "Text"}},
    ),
    "json": Case(
        "statement.json",
        "statement.json:3: balanceAfter is 2,001.61, and 2,090.01 - 88.41",
        ("-88.4,", "-88.41,"),
        {
            "path": "booked",
            "balance": "balanceAfter",
            "columns": {"day": "bookingDate", "amount": "transactionAmount.amount", "memo": "info"},
        },
    ),
    "parquet": Case(parquet, "statement.parquet:3: balance is 2,001.61", declared={"columns": {"memo": "memo"}}),
    "camt.053": Case(
        "statement.xml", "entries make 3,036.29, and TxsSummry says 3036.28", ('EUR">88.40', 'EUR">88.41')
    ),
    "mt940": Case(
        "statement.sta",
        "opening 1,000.00 and entries -416.31 make 583.69 EUR, and closing is 583.70",
        ("D88,4", "D88,41"),
    ),
    "bai2": Case(
        "statement.bai",
        "statement.bai:19: account 0532013000: control total (49) is 4,268.42 EUR, and the records make 4,268.43 EUR",
        ("16,455,8840", "16,455,8841"),
    ),
    "ofx 1": Case(
        "statement_v1.ofx",
        "2,001.61 and entries -1,417.92 make 583.69, and the balance is 583.70",
        ("-7,90", "-7,91"),
    ),
    "ofx 2": Case(
        "statement_v2.ofx",
        "opening 1,000.00 and entries -416.31 make 583.69 EUR, and closing is 583.70",
        ("-88.40", "-88.41"),
    ),
    "qif": Case(
        "statement.qif", "opening 1,000.00 and entries -416.31 make 583.69, and closing is 583.70", ("-88.40", "-88.41")
    ),
    "sql": Case(
        database,
        "query of bank:3: balance is 2,001.61",
        declared={"query": "select * from entries", "columns": {"memo": "memo"}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_statement_is_read_and_proved_by_its_balances(name: str, tmp_path: Path) -> None:
    data, paths = CASES[name].source(CASES[name].path(tmp_path))
    found = reading(*paths, **data)
    rows = [(row["day"], row["amount"], row["memo"]) for row in found.table.to_pylist()]
    assert [row[:2] for row in rows] == [line[:2] for line in LINES]
    assert all(wanted[2] in (row[2] or "") for row, wanted in zip(rows, LINES, strict=True))
    assert found.totals[0].net == Decimal("-416.30")
    assert any(check.kind == "balance" for check in found.checks)
    assert all(check.holds for check in found.checks)


@pytest.mark.parametrize("name", CASES)
def test_changed_amount_is_named(name: str, tmp_path: Path) -> None:
    data, paths = CASES[name].source(CASES[name].path(tmp_path, breach=True))
    assert CASES[name].says in refusal(*paths, **data)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if isinstance(case.file, str)])
def test_amount_of_each_file_is_found(name: str, tmp_path: Path) -> None:
    found = detect(CASES[name].path(tmp_path), Source(name="bank"))
    assert found.questions == ()
    assert found.amount is not None
    header = {"csv": "Betrag", "json": "transactionAmount.amount"}.get(name, "amount")
    assert found.amount.rule == Header(header)
