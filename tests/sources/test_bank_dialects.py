"""Dialects of bank files, and what is no bank file: each with the rows or the refusal that it must give."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host.description import Field
from florecon_build.sources import Reading, Source, SourceError, read

DAY = datetime.date
BASE = (
    Field(name="row_id", base="utf8", kind="text", is_id=True),
    Field(name="day", base="i64", kind="date"),
    Field(name="amount", base="f64", kind="money", scale=3, is_amount=True),
)


def fields(*names: str) -> tuple[Field, ...]:
    """Columns of the strategy: id, day, amount, and texts with the names of headers."""
    money = {"charges", "instructed_amount"}
    return BASE + tuple(
        Field(name=name, base="f64", kind="money", scale=2, nullable=True)
        if name in money
        else Field(name=name, base="utf8", kind="text", nullable=True)
        for name in names
    )


def reading(path: Path, *names: str, **data: Any) -> Reading:
    columns = {"row_id": {"row_number": True}}
    return read(Source.from_data("bank", {"columns": columns, **data}), [path], fields(*names), id_name="row_id")


def taken(path: Path, *names: str, **data: Any) -> list[tuple[Any, ...]]:
    found = reading(path, *names, **data)
    return [tuple(row[name] for name in ("amount", *names)) for row in found.table.to_pylist()]


def refusal(path: Path, **data: Any) -> str:
    with pytest.raises(SourceError) as raised:
        reading(path, **data)
    return str(raised.value)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# camt.053


def camt(*statements: str, version: str = "08") -> str:
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return f'<Document xmlns="{space}"><BkToCstmrStmt>{"".join(statements)}</BkToCstmrStmt></Document>'


def balance(kind: str, amount: str, day: str, currency: str = "EUR") -> str:
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{amount.lstrip('-')}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(amount: str, *, currency: str = "EUR", status: str = "<Cd>BOOK</Cd>", more: str = "") -> str:
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Ntry><Amt Ccy='{currency}'>{amount.lstrip('-')}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{status}</Sts>"
        f"<BookgDt><Dt>2026-03-02</Dt></BookgDt>{more}</Ntry>"
    )


def statement(*parts: str, account: str = "DE1", number: int = 1) -> str:
    return (
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><Acct><Id><IBAN>{account}</IBAN></Id></Acct>"
        f"{''.join(parts)}</Stmt>"
    )


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08", "10", "13"])
def test_versions_of_camt(tmp_path: Path, version: str) -> None:
    old = version in {"02", "03"}
    status = "BOOK" if old else "<Cd>BOOK</Cd>"
    name = "<Nm>Meyer</Nm>" if version < "08" else "<Pty><Nm>Meyer</Nm></Pty>"
    charges = "<Chrgs><Amt Ccy='EUR'>1.50</Amt></Chrgs>"
    if not old:
        charges = "<Chrgs><Rcrd><Amt Ccy='EUR'>1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
    details = f"<NtryDtls><TxDtls><RltdPties><Dbtr>{name}</Dbtr></RltdPties></TxDtls></NtryDtls>"
    ends = balance("OPBD", "-5.00", "2026-03-01"), balance("CLBD", "5.50", "2026-03-02")
    text = camt(statement(*ends, entry("10.50", status=status, more=charges + details)), version=version)
    path = write(tmp_path, "a.xml", text)
    wanted = [(Decimal("10.500"), "DE1", "Meyer", Decimal("-1.50"), "S1")]
    assert taken(path, "account", "counterparty", "charges", "statement") == wanted


BATCH = entry(
    "-30.00",
    more="<NtryDtls><TxDtls><Refs><EndToEndId>A</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy='EUR'>10.00</Amt></TxAmt>"
    "</AmtDtls></TxDtls><TxDtls><Refs><EndToEndId>B</EndToEndId></Refs><Amt Ccy='EUR'>25.00</Amt></TxDtls>"
    "<TxDtls><Refs><EndToEndId>C</EndToEndId></Refs><Amt Ccy='EUR'>5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>"
    "</NtryDtls>",
)


def test_batch_of_camt_is_one_row_or_its_transactions(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", camt(statement(BATCH)))
    found = reading(path, "end_to_end_id", "details")
    assert [(row["amount"], row["end_to_end_id"], row["details"]) for row in found.table.to_pylist()] == [
        (Decimal("-30.000"), "A B C", "3")
    ]
    assert "details = true" in found.notes[-1]
    assert taken(path, "end_to_end_id", details=True) == [
        (Decimal("-10.000"), "A"),
        (Decimal("-25.000"), "B"),
        (Decimal("5.000"), "C"),
    ]


def test_batch_of_camt_that_its_transactions_do_not_make_up(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", camt(statement(entry("1.00"), BATCH.replace("25.00", "24.00"))))
    assert "entry 2 (to line 1 of the file) is -30.00 EUR, and its 3 transactions make -29.00" in refusal(
        path, details=True
    )
    path = write(tmp_path, "a.xml", camt(statement(BATCH.replace("EUR'>25", "USD'>25"))))
    assert "a transaction 2 without an amount in EUR" in refusal(path, details=True)


def test_camt_of_several_currencies_and_statuses(tmp_path: Path) -> None:
    pending = entry("9.00", status="PDNG") + entry("8.00", status="<Cd>INFO</Cd>")
    text = camt(
        statement(balance("OPBD", "0.00", "2026-03-01"), balance("CLBD", "1.00", "2026-03-02"), entry("1.00"), pending),
        statement(
            balance("OPBD", "0", "2026-03-01", "KWD"),
            balance("CLBD", "1.234", "2026-03-02", "KWD"),
            entry("1.234", currency="KWD"),
            account="KW1",
        ),
    )
    found = reading(write(tmp_path, "a.xml", text), "currency")
    assert [(total.currency, total.net) for total in found.totals] == [
        ("EUR", Decimal("1.000")),
        ("KWD", Decimal("1.234")),
    ]
    assert [one.reason for one in found.skipped] == ["not booked (status PDNG)", "not booked (status INFO)"]
    assert [check.holds for check in found.checks] == [True, True]
    mixed = camt(statement(entry("1.00"), entry("1.00", currency="USD")))
    assert "mixes currencies: EUR, USD" in refusal(write(tmp_path, "b.xml", mixed))


def test_statements_of_camt_in_sequence(tmp_path: Path) -> None:
    def of(number: int, opening: str, amount: str, closing: str) -> str:
        ends = balance("OPBD", opening, f"2026-03-0{number}"), balance("CLBD", closing, f"2026-03-0{number + 1}")
        return statement(*ends, entry(amount), number=number)

    first, second, fourth = of(1, "0", "1.00", "1.00"), of(2, "1.00", "2.00", "3.00"), of(4, "9.00", "1.00", "10.00")
    found = reading(write(tmp_path, "a.xml", camt(second, first)))  # in any order
    assert found.checks[-1].message == "account DE1: 1 statement continues the one before"
    found = reading(write(tmp_path, "b.xml", camt(first, second, fourth)))
    assert any(
        "opens with 9.00, and the one before closed with 3.00 EUR: a statement between" in n for n in found.notes
    )
    lost = of(2, "1.50", "2.00", "3.50")
    assert "opens with 1.50, and the one before closed with 1.00" in refusal(
        write(tmp_path, "c.xml", camt(first, lost))
    )
    assert "is given twice" in refusal(write(tmp_path, "d.xml", camt(first, first)))


def test_pages_of_camt(tmp_path: Path) -> None:
    first = statement(balance("OPBD", "0", "2026-03-01"), balance("ITBD", "1", "2026-03-02"), entry("1"))
    last = statement(balance("ITBD", "1", "2026-03-02"), balance("CLBD", "3", "2026-03-02"), entry("2"), number=2)
    found = reading(write(tmp_path, "a.xml", camt(first, last)))
    assert [check.holds for check in found.checks] == [True, True, True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<Document><BkToCstmrAcctRpt/></Document>", "is camt.052, a report within the day"),
        ("<Document><BkToCstmrDbtCdtNtfctn/></Document>", "is camt.054, a notification"),
        (camt(statement(entry("NaN"))), "has amount 'NaN' EUR"),
        (camt(statement(entry("1e3"))), "has amount '1e3' EUR"),
        (camt(statement(entry("1").replace("2026-03-02", "2026-02-30"))), "has BookgDt '2026-02-30', which is no day"),
        (camt(statement(entry("1").replace("BookgDt", "BkgDt"))), "has no booking date"),
        (camt(statement(entry("1").replace(" Ccy='EUR'", ""))), "has amount '1'"),
        ("<a>" * 100, "elements in more than 64 levels"),
    ],
    ids=["camt.052", "camt.054", "NaN", "exponent", "no day", "no booking date", "no currency", "deep"],
)
def test_what_is_no_camt(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(write(tmp_path, "a.xml", text))


# MT940


def mt940(*lines: str, opening: str = "C260301EUR0,", closing: str = "C260331EUR0,", number: str = "1/1") -> str:
    return "\n".join([":20:REF", ":25:ACC", f":28C:{number}", f":60F:{opening}", *lines, f":62F:{closing}", "-", ""])


@pytest.mark.parametrize(
    ("line", "amount", "day"),
    [
        ("2603020303C12,50NTRFREF", "12.50", DAY(2026, 3, 3)),
        ("260302C12,NTRFREF", "12.00", DAY(2026, 3, 2)),
        ("260302D,5NTRFREF", "", None),
        ("2603020302CR12,5NTRFREF", "12.50", DAY(2026, 3, 2)),
        ("2603020302RC12,50NTRFREF", "-12.50", DAY(2026, 3, 2)),
        ("2603020302RDR12,50S103REF", "12.50", DAY(2026, 3, 2)),
        ("2612310102C1,NTRFREF", "1.00", DAY(2027, 1, 2)),
        ("2601021231C1,NTRFREF", "1.00", DAY(2025, 12, 31)),
        ("2602290229C1,NTRFREF", "", None),
        ("2603020302C1.50NTRFREF", "", None),
        ("2603020302X1,50NTRFREF", "", None),
    ],
)
def test_statement_lines_of_mt940(tmp_path: Path, line: str, amount: str, day: DAY | None) -> None:
    end = "" if not amount else f"{'D' if amount[0] == '-' else 'C'}260331EUR{amount.lstrip('-').replace('.', ',')}"
    path = write(tmp_path, "a.sta", mt940(f":61:{line}", closing=end or "C260331EUR0,"))
    if day is None:
        assert "a.sta:5: no statement line" in refusal(path)
    else:
        row = reading(path).table.to_pylist()[0]
        assert (row["amount"], row["day"]) == (Decimal(amount), day)


@pytest.mark.parametrize(
    ("information", "wanted"),
    [
        (["plain text", "on two lines"], ("plain text on two lines", None, None)),
        (
            ["166?00GUTSCHRIFT?20EREF+E1?21SVWZ+Invoice 12 of the second?22 of March?32MEY?33ER"],
            ("Invoice 12 of the second of March", "MEY ER", "E1"),
        ),
        (["835?20KTO"], ("KTO", None, None)),
        (
            ["/TRTP/SEPA OVERBOEKING/IBAN/NL1/BIC/ABNA/NAME/J JAN", "SEN/REMI/Invoice 7/EREF/NOTPROVIDED"],
            ("Invoice 7", "J JANSEN", None),
        ),
        (["/EREF/E9//CNTP/NL1/ABNA/Jansen BV///REMI/USTD//Invoice 8/"], ("Invoice 8", "Jansen BV", "E9")),
    ],
    ids=["plain", "German", "German, short", "Dutch", "Dutch with CNTP"],
)
def test_field_86_of_mt940(tmp_path: Path, information: list[str], wanted: tuple[str | None, ...]) -> None:
    lines = [":61:2603020302C1,NTRFNONREF", f":86:{information[0]}", *information[1:]]
    path = write(tmp_path, "a.sta", mt940(*lines, closing="C260331EUR1,"))
    assert taken(path, "remittance", "counterparty", "end_to_end_id") == [(Decimal("1.000"), *wanted)]


def test_several_statements_of_mt940(tmp_path: Path) -> None:
    first = mt940(":61:260302C1,NTRFA", closing="C260302EUR1,", number="1/1")
    second = mt940(":61:260303D3,NTRFB", ":86:x", opening="C260302EUR1,", closing="D260303EUR2,", number="1/2")
    path = write(tmp_path, "a.sta", f"{first}{{1:F01}}{{2:O940}}{{4:\n{second}")
    found = reading(path, "reference")
    assert [(row["amount"], row["reference"]) for row in found.table.to_pylist()] == [(1, "A"), (-3, "B")]
    assert [check.message for check in found.checks][-1] == "account ACC: 1 statement continues the one before"
    broken = second.replace("C260302EUR1,", "C260302EUR2,").replace("D260303EUR2,", "D260303EUR1,")
    assert "opens with 2.00, and the one before closed with 1.00" in refusal(write(tmp_path, "b.sta", first + broken))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no statement\n", "has no statement (:20:)"),
        (mt940().replace(":62F:C260331EUR0,\n", ""), "no closing balance (:62F:): is the file cut off?"),
        (mt940().replace("C260331EUR0,", "C260331EUR0.00"), "a.sta:5: no balance"),
        (mt940(closing="C260331USD0,"), "opens in EUR and closes in USD"),
        (mt940(":34F:EURC5,"), "it is an MT942, a report within the day"),
        (mt940().replace("ACC", "A\x00C"), "a.sta:2: NUL characters"),
    ],
    ids=["text", "cut off", "balance", "two currencies", "MT942", "NUL"],
)
def test_what_is_no_mt940(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(write(tmp_path, "a.sta", text))


# BAI2

BAI = """01,A,B,260401,0500,1,,,2/
02,B,A,1,260331,2359,{currency},2/
03,77,,010,0,,,015,1234,,/
16,{detail}
49,{total},3/
98,{total},1,5/
99,{total},1,7/
"""


def bai(detail: str = "165,1234,Z,BREF,CREF,TEXT", currency: str = "", total: int = 2468) -> str:
    return BAI.format(detail=detail, currency=currency, total=total)


@pytest.mark.parametrize(
    ("detail", "wanted"),
    [
        ("165,1234,Z,BREF,CREF,TEXT, MORE/", ("CREF", "TEXT, MORE")),
        ("165,1234,V,260330,,BREF,CREF,TEXT", ("CREF", "TEXT")),
        ("165,1234,S,1234,0,0,BREF,CREF,TEXT", ("CREF", "TEXT")),
        ("165,1234,D,2,0,1000,1,234,BREF,CREF,A/B", ("CREF", "A/B")),
        ("165,1234,,,/", (None, None)),
        ("165,1234/", (None, None)),
    ],
)
def test_transactions_of_bai(tmp_path: Path, detail: str, wanted: tuple[str | None, str | None]) -> None:
    path = write(tmp_path, "a.bai", bai(detail))
    assert taken(path, "reference", "remittance") == [(Decimal("12.340"), *wanted)]


def test_minor_units_of_bai_follow_the_currency(tmp_path: Path) -> None:
    found = [taken(write(tmp_path, "a.bai", bai(currency=code)), "currency") for code in ("", "JPY", "KWD")]
    assert found == [[(Decimal("12.34"), "USD")], [(Decimal(1234), "JPY")], [(Decimal("1.234"), "KWD")]]
    noted = [reading(write(tmp_path, "a.bai", bai(currency=code))).notes for code in ("", "JPY")]
    assert [any("currency USD" in note for note in notes) for notes in noted] == [True, False]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n", "a.bai:1: no record of a BAI2 file"),
        ("02,B,A,1,260331,,,/\n", "a.bai:1: record 02 out of place"),
        (bai().rpartition("99,")[0], "the file ends without its control record (99)"),
        (bai("165,12.34,Z,,,"), "amount '12.34' is no whole number"),
        (bai("015,1234,Z,,,"), "type code '015' with amount 1234 is neither credit nor debit"),
        (bai("165,1234,Q,,,"), "funds type 'Q'"),
        (bai().replace("03,77,,010,0,,,015,1234", "03,77,,010,0,,,015,1235").replace("2468", "2469"), "is 12.35"),
        (bai().replace("49,2468,3", "49,2468,4"), "a.bai:5: account 77: number of records (49) is 4, and the records"),
        (bai().replace("98,2468,1", "98,2468,2"), "a.bai:6: the group of A: number of accounts (98) is 2"),
        (bai().replace("99,2468", "99,2469"), "a.bai:7: the file: control total (99) is 2,469"),
        (bai().replace("02,B,A,1", "02,B,A,2"), "the group is a deletion"),
        (bai().replace("260331", "260231"), "as-of date '260231' is no day"),
    ],
)
def test_what_is_no_bai(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(write(tmp_path, "a.bai", text))


# OFX

OFX = (
    "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS>"
    "<CCSTMTRS><CURDEF>USD<CCACCTFROM><ACCTID>4</CCACCTFROM><BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n"
    "{entry}\n</BANKTRANLIST><LEDGERBAL><BALAMT>5<DTASOF>20260331</LEDGERBAL></CCSTMTRS></CCSTMTTRNRS>"
    "</CREDITCARDMSGSRSV1></OFX>\n"
)
ENTRY = "<STMTTRN><TRNTYPE>POS<DTPOSTED>20260302<TRNAMT>-1.50<FITID>1<NAME>Caf\u00e9</STMTTRN>"


def ofx(entry: str = ENTRY) -> str:
    return OFX.format(entry=entry)


def test_card_statement_of_ofx_in_the_encoding_of_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.ofx"
    path.write_bytes(ofx().encode("cp1252"))
    assert taken(path, "account", "counterparty", "currency") == [(Decimal("-1.500"), "4", "Caf\u00e9", "USD")]
    path.write_text(ofx(), encoding="utf-8")  # as some banks write it, whatever the header says
    assert taken(path, "counterparty") == [(Decimal("-1.500"), "Caf\u00e9")]


def test_ledger_balance_of_ofx_is_proved_by_what_is_expected(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ofx", ofx())
    assert 'expect = { opening = "6.50" } checks that' in reading(path).notes[-1]
    found = reading(path, expect={"opening": "6.50"})
    assert [(check.kind, check.holds) for check in found.checks] == [("expect", True)]
    assert "opening 6.60 and entries -1.50 make 5.10 USD" in refusal(path, expect={"opening": "6.60"})


def test_days_of_ofx_in_a_zone(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ofx", ofx(ENTRY.replace("20260302", "20260302230000.000[-5:EST]")))
    assert reading(path).table["day"].to_pylist() == [DAY(2026, 3, 2)]
    assert reading(path, timezone="Europe/Berlin").table["day"].to_pylist() == [DAY(2026, 3, 3)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello\n", "has no <OFX>"),
        ("<OFX></OFX>\n", "has no statement of a bank or a card"),
        (ofx().replace("</OFX>", ""), "<OFX> is never closed: is the file cut off?"),
        (ofx(ENTRY.replace("</STMTTRN>", "")), "a.ofx:9: </BANKTRANLIST> where <STMTTRN> of line 8 is open"),
        (ofx(ENTRY.replace("-1.50", "1,234.50")), "a.ofx:8: amount '1,234.50' is no amount"),
        (ofx(ENTRY.replace("-1.50", "1,234")), "may be read with a decimal comma or with thousands"),
        (ofx(ENTRY.replace("<TRNAMT>-1.50", "")), "a.ofx:8: a transaction without TRNAMT"),
        (ofx(ENTRY.replace("<FITID>1", "<TRNAMT>2")), "a second TRNAMT in one transaction"),
        (ofx(ENTRY.replace("20260302", "20260230")), "'20260230' is no day"),
        (ofx(ENTRY.replace("Caf", "a < b")), "a.ofx:8: no OFX"),
        ("<?xml version='1.0'?><!DOCTYPE OFX SYSTEM 'ofx.dtd'><OFX/>", "a document type declaration"),
        ("<?xml version='1.0'?><OFX><INVSTMTRS><A>1</A></INVSTMTRS></OFX>", "an investment statement"),
    ],
)
def test_what_is_no_ofx(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(write(tmp_path, "a.ofx", text))


# QIF


def qif(day: str = "D31/3/2026", amount: str = "T-1,50", more: str = "") -> str:
    return f"!Type:Bank\n{day}\n{amount}\nPShop\n{more}^\n"


@pytest.mark.parametrize(
    ("text", "amount", "day"),
    [
        (qif(), "-1.50", DAY(2026, 3, 31)),
        (qif("D3/31'26", "T1,234.50"), "1234.50", DAY(2026, 3, 31)),
        (qif("D31.03.26", "T-1.234,50"), "-1234.50", DAY(2026, 3, 31)),
        (qif("D2026-03-31", "T7"), "7", DAY(2026, 3, 31)),
    ],
)
def test_dialects_of_qif(tmp_path: Path, text: str, amount: str, day: DAY) -> None:
    row = reading(write(tmp_path, "a.qif", text)).table.to_pylist()[0]
    assert (row["amount"], row["day"]) == (Decimal(amount), day)


def test_splits_of_qif(tmp_path: Path) -> None:
    splits = "SFood\n$-1,00\nSFees\nEcard\n$-0,50\n"
    path = write(tmp_path, "a.qif", qif(more=splits))
    assert taken(path, "category", "splits") == [(Decimal("-1.500"), None, "2")]
    assert taken(path, "category", details=True) == [(Decimal("-1.000"), "Food"), (Decimal("-0.500"), "Fees")]
    broken = write(tmp_path, "b.qif", qif(more=splits.replace("0,50", "0,40")))
    assert "b.qif:2: the splits make -1.40, and the amount is -1.50" in refusal(broken)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello\n", "a.qif:1: no header"),
        (qif().removesuffix("^\n"), "the last record has no end (^)"),
        (qif(amount="Tten"), "'ten' is no amount"),
        (qif(amount="T1.234"), "may be read with a decimal point or a decimal comma"),
        (qif(day="D1/2/2026"), "may be '%d/%m/%Y' or '%m/%d/%Y'"),
        (qif(day="Dsoon"), "'soon' is no day of a QIF"),
        (qif(more="U2\n"), "two amounts: T -1,50 and U 2"),
        (qif(more="T2\n"), "a second T in one record"),
        (qif(more="XI9\n"), "a field that a transaction of a bank does not have"),
        ("!Type:Invst\nD1/2/2026\nNBuy\n^\n", "an investment account"),
    ],
)
def test_what_is_no_qif(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(write(tmp_path, "a.qif", text))
