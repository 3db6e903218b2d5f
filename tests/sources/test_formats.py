"""Formats beside CSV: spreadsheets, documents, columnar files, bank statements, made here from their descriptions."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from florecon_build.host.description import Field
from florecon_build.sources import Reading, Source, SourceError, read

FIELDS = (
    Field(name="row_id", base="utf8", kind="text", is_id=True),
    Field(name="day", base="i64", kind="date"),
    Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
    Field(name="memo", base="utf8", kind="text", nullable=True),
)
WANTED = [
    (datetime.date(2026, 3, 2), Decimal("-109.99"), "ALPHA STORES"),
    (datetime.date(2026, 3, 3), Decimal("1200.00"), "INV20411"),
]


def reading(file: Path, **data: Any) -> Reading:
    return read(Source.from_data("bank", data), [file], FIELDS, id_name="row_id")


def refusal(file: Path, **data: Any) -> str:
    with pytest.raises(SourceError) as raised:
        reading(file, **data)
    return str(raised.value)


def rows(found: Reading) -> list[tuple[Any, ...]]:
    return [(row["day"], row["amount"], row["memo"]) for row in found.table.to_pylist()]


# Bank statements

BANK = {"columns": {"row_id": {"row_number": True}, "memo": "remittance"}}
CLOSING = '<Amt Ccy="EUR">5</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
CAMT = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE00000000000000000000</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-02-28</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-03-31</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">109.99</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-03-02</Dt></BookgDt>
<NtryDtls><TxDtls><RmtInf><Ustrd>ALPHA STORES</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">1200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2026-03-03T10:00:00</DtTm></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>E2E1</EndToEndId></Refs><RmtInf><Ustrd>INV20411</Ustrd></RmtInf>
</TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""
MT940 = """\
:20:STARTUMSE
:25:10010010/1111111111
:28C:00001/001
:60F:C260228EUR1000,00
:61:2603020302D109,99NTRFNONREF
:86:106?00KARTENZAHLUNG?20ALPHA STORES
:61:2603030303C1200,00NTRFINV20411
:86:166?00GUTSCHRIFT?20INV20411
:62F:C260331EUR{closing}
-
"""
BANK_FILES: dict[str, tuple[str, str, str]] = {
    "camt.053": (CAMT, "2090.01", "2090.02"),
    "mt940": (MT940, "2090,01", "2090,02"),
}


@pytest.mark.parametrize("format", BANK_FILES)
def test_bank_statement_is_proved_by_its_balances(tmp_path: Path, format: str) -> None:
    text, closing, _ = BANK_FILES[format]
    path = tmp_path / "statement"
    path.write_text(text.format(closing=closing))
    found = reading(path, format=format, **BANK)
    assert rows(found) == WANTED
    assert [(check.kind, check.holds) for check in found.checks] == [("balance", True)]
    assert "2,090.01" in found.checks[0].message


@pytest.mark.parametrize("format", BANK_FILES)
def test_bank_statement_whose_balances_do_not_hold_is_refused(tmp_path: Path, format: str) -> None:
    text, _, closing = BANK_FILES[format]
    path = tmp_path / "statement"
    path.write_text(text.format(closing=closing))
    assert "make 2,090.01" in refusal(path, format=format, **BANK)


def test_pending_entry_is_listed_and_no_row(tmp_path: Path) -> None:
    path = tmp_path / "statement.xml"
    path.write_text(CAMT.format(closing="2090.01"))
    assert [(one.line, one.reason) for one in reading(path, format="camt.053", **BANK).skipped] == [
        (3, "not booked (status PDNG)")
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><Document>&a;</Document>', "a document type declaration"),
        ("<Document><Stmt>", "statement.xml:1: no element found"),
        ("<Document/>", "it is no camt.053"),
        (CAMT.format(closing="x").replace(">x<", ">ten<"), "balance CLBD: 'ten' is no amount"),
        (
            CAMT.format(closing="5").replace(CLOSING, CLOSING.replace("CRDT", "")),
            "of 5 EUR has the indicator ''",
        ),
        (CAMT.format(closing="5").replace('"EUR">5', '"">5'), "balance CLBD of 5  has the indicator 'CRDT'"),
        (CAMT.format(closing="2090.01").replace("DBIT", "?"), "with indicator '?'"),
    ],
    ids=["doctype", "cut off", "another document", "balance", "no side", "no currency", "indicator"],
)
def test_camt_that_is_no_statement_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "statement.xml"
    path.write_text(text)
    assert says in refusal(path, format="camt.053", **BANK)


def test_mt940_line_that_the_format_does_not_allow_is_named(tmp_path: Path) -> None:
    path = tmp_path / "statement.sta"
    path.write_text(MT940.format(closing="2090,01").replace(":61:2603030303C1200,00", ":61:2603030303X1200,00"))
    assert "statement.sta:7: no statement line" in refusal(path, **BANK)


# Spreadsheets


def book(path: Path, fill: Callable[[Any, Any], None]) -> Path:
    made: Any = xlsxwriter.Workbook(str(path))
    fill(made, made.add_worksheet("Bank"))
    made.close()
    return path


def fill(made: Any, sheet: Any) -> None:
    day = made.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_row(0, 0, ["Statement of March"])
    sheet.write_row(2, 0, ["Nr", "Tag", "Betrag", "Text"])
    for at, (date, amount, memo) in enumerate(WANTED, 3):
        sheet.write_number(at, 0, 4000 + at)
        sheet.write_datetime(at, 1, datetime.datetime.combine(date, datetime.time()), day)
        sheet.write_number(at, 2, float(amount))
        sheet.write_string(at, 3, memo)
    sheet.write_row(5, 0, ["Total", "", 1090.01])


SHEET = {"stop_at": "^Total", "columns": {"row_id": "Nr", "day": "Tag", "amount": "Betrag", "memo": "Text"}}


def test_spreadsheet_with_a_preamble_and_a_total(tmp_path: Path) -> None:
    found = reading(book(tmp_path / "bank.xlsx", fill), **SHEET)
    assert rows(found) == WANTED
    assert [(one.line, one.text) for one in found.skipped] == [(1, "Statement of March"), (6, "Total 1090.01")]
    assert [found.place(row) for row in range(2)] == ["bank.xlsx:4", "bank.xlsx:5"]
    assert found.table["row_id"].to_pylist() == ["bank:4003", "bank:4004"]


def test_digits_that_a_spreadsheet_lost_are_refused(tmp_path: Path) -> None:
    def large(made: Any, sheet: Any) -> None:
        fill(made, sheet)
        sheet.write_number(3, 2, 1234567890123456.0)

    assert "is no amount" in refusal(book(tmp_path / "bank.xlsx", large), **SHEET)


def test_number_with_three_decimals_is_never_thousands(tmp_path: Path) -> None:
    def third(made: Any, sheet: Any) -> None:
        fill(made, sheet)
        sheet.write_number(3, 2, 1.234)

    assert "has more than 2 decimal places" in refusal(book(tmp_path / "bank.xlsx", third), **SHEET)


@pytest.mark.parametrize("breach", ["cut off", "bomb", "text"])
def test_damaged_spreadsheet_is_refused(tmp_path: Path, breach: str) -> None:
    path = book(tmp_path / "bank.xlsx", fill)
    if breach == "cut off":
        path.write_bytes(path.read_bytes()[:2000])
    elif breach == "text":
        path.write_text("Nr;Tag\n")
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/workbook.xml", "w") as part:
            for _ in range(110):
                part.write(b"\0" * (1 << 20))
    told = refusal(path, **SHEET)
    assert "so it is not opened" in told if breach == "bomb" else "no readable spreadsheet" in told


def test_sheet_is_declared_where_several_have_cells(tmp_path: Path) -> None:
    def two(made: Any, sheet: Any) -> None:
        fill(made, sheet)
        made.add_worksheet("GL").write(0, 0, "x")

    path = book(tmp_path / "bank.xlsx", two)
    assert "declare sheet, one of 'Bank', 'GL'" in refusal(path, **SHEET)
    assert rows(reading(path, sheet="Bank", **SHEET)) == WANTED


# Documents and columnar files

JSON = """\
{"account": {"id": 7}, "items": [
 {"id": 1, "day": "2026-03-02", "amount": {"value": -109.99}, "memo": "ALPHA STORES"},
 {"id": 2, "day": "2026-03-03", "amount": {"value": 1200.00}, "memo": "INV20411"}]}
"""
ITEMS = {"columns": {"row_id": "id", "amount": "amount.value"}}


def test_document_with_nested_keys(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    path.write_text(JSON)
    assert rows(reading(path, **ITEMS)) == WANTED
    assert rows(reading(path, path="items", **ITEMS)) == WANTED


def test_numbers_of_a_document_keep_their_digits(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    path.write_text(JSON.replace("1200.00", "12345678901234567.89"))
    assert rows(reading(path, **ITEMS))[1][1] == Decimal("12345678901234567.89")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"id": 1,]', "bank.json:1: column"),
        ('{"a": 1}', "has no list of rows"),
        ('[{"id": 1, "id": 2}]', "the key 'id' stands twice"),
        ("[1]", "entry 1 is no object"),
        ('[{"id": NaN}]', "NaN is no number"),
        ("[" * 100_000, "bank.json:1:"),
    ],
)
def test_document_that_is_no_ledger_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bank.json"
    path.write_text(text)
    assert says in refusal(path, **ITEMS)


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_text('{"id": 1, "day": "2026-03-02", "amount": "-109.99", "memo": "ALPHA STORES"}\n\n')
    assert rows(reading(path, columns={"row_id": "id"})) == WANTED[:1]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "bank.parquet"
    days, amounts, memos = zip(*WANTED, strict=True)
    table = pa.table(
        {
            "id": ["a", "b"],
            "day": pa.array(days),
            "amount": pa.array(amounts, pa.decimal128(12, 2)),
            "memo": list(memos),
        }
    )
    pq.write_table(table, str(path))
    assert rows(reading(path, columns={"row_id": "id"})) == WANTED
    path.write_bytes(path.read_bytes()[:-20])
    assert "cannot be read" in refusal(path, columns={"row_id": "id"})
