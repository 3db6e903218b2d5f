"""``new --data``: what the cells of files prove is declared; what they leave open is asked, with lines that decide."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Completed, florecon

pytestmark = pytest.mark.slow

ENGLISH = """\
Entry No,Posting Date,Account,Amount,Currency,Memo,Rate
1,2026-01-03,A,"1,234.50",EUR,INV20001 paid,1.2345678
2,2026-01-04,A,"(1,234.50)",EUR,INV20001,1.2345678
3,2026-01-05,B,7.00,USD,,0.5
"""
GERMAN = """\
Buchungstag;Konto;Betrag;Verwendungszweck
2026-01-03;A;1.234,50;RE-1 bezahlt
2026-01-04;A;-1.234,50;RE-1
2026-01-05;B;7,00;
"""


def new(folder: Path, *texts: str, encoding: str = "utf-8") -> Completed:
    """Runs ``new`` over files of the given texts."""
    names = [f"{'abcd'[at]}.csv" for at in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_bytes(text.encode(encoding))
    options = [word for name in names for word in ("--data", name)]
    return florecon("new", "mine", *options, at=folder)


def declared(folder: Path) -> dict[str, Any]:
    """The only source of the project."""
    (source,) = tomllib.loads((folder / "mine" / "florecon.toml").read_text(encoding="utf-8"))["source"].values()
    return source


def columns(folder: Path) -> list[str]:
    lines = (folder / "mine" / "strategy.py").read_text(encoding="utf-8").splitlines()
    start = lines.index("ledger = fb.columns(") + 1
    return [line.strip().rstrip(",") for line in lines[start : lines.index(")", start)]]


def test_columns_of_an_english_ledger(tmp_path: Path) -> None:
    completed = new(tmp_path, ENGLISH)
    assert completed.code == 0, completed.err
    assert columns(tmp_path) == [
        "entry_no=fb.integer(id=True)",
        "posting_date=fb.date()",
        "account=fb.text()",
        "amount=fb.money(scale=2, display=True)",
        "currency=fb.text()",
        "memo=fb.text(nullable=True)",
        "rate=fb.real()",
    ]
    report = florecon("author", "--preview", "--json", at=tmp_path / "mine").json()
    assert (report["exact"], report["open"]["rows"], report["steps"][0]["name"]) == (True, 1, "same reference")
    assert report["value"] == {"EUR": 246900, "USD": 700}


def test_german_ledger_is_declared_and_read_in_the_project(tmp_path: Path) -> None:
    completed = new(tmp_path, GERMAN)
    assert completed.code == 0, completed.err
    assert columns(tmp_path)[0] == "row_id=fb.integer(id=True)"
    assert declared(tmp_path)["decimal"] == ","
    for words in ("the number of the row", "1,241.50", "the only column of amounts"):
        assert words in completed.out
    (source,) = florecon("read", "--json", at=tmp_path / "mine").json()["sources"]
    assert (source["rows"], source["totals"][0]["net"]) == (3, "7.00")
    report = florecon("author", "--preview", "--json", at=tmp_path / "mine").json()
    assert (report["rows"], report["open"]["rows"]) == (3, 1)


def test_files_with_headers_of_their_own_make_one_ledger(tmp_path: Path) -> None:
    completed = new(tmp_path, GERMAN, "id,day,memo,amount\n1,2026-01-05,RE-7,-7.00\n")
    assert completed.code == 0, completed.err
    assert columns(tmp_path) == [
        "row_id=fb.text(id=True)",
        "book=fb.text()",
        "day=fb.date()",
        "amount=fb.money(scale=2, display=True)",
        "memo=fb.text(nullable=True)",
    ]
    report = florecon("author", "--preview", "--json", at=tmp_path / "mine").json()
    assert (report["rows"], report["open"]["rows"]) == (4, 0)


def test_file_without_a_currency_is_asked_for_it_where_another_has_one(tmp_path: Path) -> None:
    texts = (GERMAN, "id,day,memo,amount,currency\n1,2026-01-05,RE-7,-7.00,EUR\n")
    completed = new(tmp_path, *texts)
    assert (completed.code, 'currency = "EUR"' in completed.err) == (4, True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "florecon.toml").write_text('[source.a]\ncurrency = "EUR"\n')
    assert new(tmp_path, *texts).code == 0
    report = florecon("author", "--preview", "--json", at=tmp_path / "mine").json()
    assert (report["open"]["rows"], report["value"]) == (0, {"EUR": 248300})


AMOUNTS: list[tuple[str, str, Any]] = [
    ("day,t,Debit,Credit\n2026-03-01,x,5.00,\n2026-03-02,y,,7.00\n", "amount", {"credit": "Credit", "debit": "Debit"}),
    ("day,t,Cargo,Abono\n2026-03-01,x,5.00,\n2026-03-02,y,,7.00\n", "amount", {"credit": "Abono", "debit": "Cargo"}),
    (
        "day;t;Uttag;Insättning\n2026-03-01;x;5,00;\n2026-03-02;y;;7,00\n",
        "amount",
        {"credit": "Insättning", "debit": "Uttag"},
    ),
    (
        "day;t;Obciążenia;Uznania\n2026-03-01;x;-5,00;\n2026-03-02;y;;7,00\n",
        "amount",
        {"sum": ["Uznania", "Obciążenia"]},
    ),
    (
        "day;t;Débit;Crédit\n2026-03-01;x;5,00;0,00\n2026-03-02;y;0,00;7,00\n",
        "amount",
        {"credit": "Crédit", "debit": "Débit"},
    ),
    (
        "day,t,Value,D/C\n2026-03-01,x,5.00,D\n2026-03-02,y,7.00,C\n",
        "amount",
        {"column": "Value", "sign": "D/C", "negative": "D"},
    ),
    (
        "day;t;Bedrag;Af Bij\n2026-03-01;x;5,00;Af\n2026-03-02;y;7,00;Bij\n",
        "amount",
        {"column": "Bedrag", "sign": "Af Bij", "negative": "Af"},
    ),
    # a balance proves what no header says, and the sign
    ("day,t,x,y\n2026-03-01,x,5.00,105.00\n2026-03-02,y,-7.00,98.00\n2026-03-03,z,1.00,99.00\n", "amount", "x"),
    (
        "day,t,Amount,Balance\n2026-03-01,x,5.00,95.00\n2026-03-02,y,-7.00,102.00\n2026-03-03,z,1.00,101.00\n",
        "amount",
        {"column": "Amount", "negate": True},
    ),
    ("day,t,Net,Gross,Saldo\n2026-03-01,x,5.00,6.00,105.00\n2026-03-02,y,7.00,8.00,112.00\n", "amount", "Net"),
    # ids, years, line numbers and days are never amounts
    ("line,year,doc,day,amount\n1,2026,4711,20260331,12\n2,2026,4712,20260401,-13\n", "amount", "amount"),
    ("n,year,kto,day,x\n1,2026,4711,20260331,12.10\n2,2026,4711,20260401,-13.00\n", "amount", "x"),
    ("day,ref,sum\n2026-03-01,INV10001,12.10\n2026-03-01,INV10002,-12.10\n", "amount", "sum"),
    # decimal marks
    ('day,amount\n2026-03-01,"1,234"\n2026-03-02,"-1,234.50"\n', "decimal", "."),
    ("day;amount\n2026-03-01;1.234\n2026-03-02;-1.234,50\n", "decimal", ","),
    ("day;amount;Saldo\n2026-03-01;1.234;2.000,00\n2026-03-02;-1.000;1.000,00\n", "decimal", ","),
    ("day;amount\n2026-03-01;1'234.50\n2026-03-02;7.00\n", "decimal", "."),
    ("day;amount\n2026-03-01;1 234,50\n2026-03-02;\u22127,00\n", "decimal", ","),
    # days
    ("day,amount\n03/31/2026,1.50\n04/01/2026,-1.50\n", "dates", "%m/%d/%Y"),
    ("day,amount\n1. 3. 2026,1.50\n31. 3. 2026,-1.50\n", "dates", "%d. %m. %Y"),
    ("day,amount\n31/03/2026 23:10:00,1.50\n01/04/2026 08:00:00,-1.50\n", "dates", "%d/%m/%Y %H:%M:%S"),
    ("day,amount\n03 d\u00e9c. 2026,1.50\n31 mai 2026,-1.50\n", "dates", "%d %b %Y"),
    ("day;Belopp\n2026-03-01;1 234,50 kr\n2026-03-02;-1 234,50 kr\n", "decimal", ","),
    # footers
    ("day,t,n,amount\n2026-03-01,x,y,1.50\nTotal,,,1.50\n*** end ***\n", "stop_at", r"^\W*Total(?!\w)"),
    ("day,t,amount\n2026-03-01,x,1.50\nRazem,,1.50\n", "stop_at", r"^\W*Razem(?!\w)"),
    ("day|t|amount\n2026-03-01|x|1.50\n2026-03-02|x|2.50\nSumma|4.00\n", "stop_at", r"^\W*Summa(?!\w)"),
    ("day\tt\tBetrag (CHF)\n2026-03-01\tx\t1.50\n2026-03-02\ty\t2.50\n", "currency", "CHF"),
]


@pytest.mark.parametrize(("text", "key", "wanted"), AMOUNTS)
def test_what_the_cells_prove_is_declared(tmp_path: Path, text: str, key: str, wanted: Any) -> None:
    completed = new(tmp_path, text)
    assert completed.code == 0, completed.err
    source = declared(tmp_path)
    assert (source["columns"][key] if key == "amount" else source[key]) == wanted
    assert florecon("read", at=tmp_path / "mine").code == 0


OPEN: list[tuple[str, tuple[str, ...]]] = [
    ("day,gross,net\n2026-03-01,5.00,4.50\n2026-03-02,-7.00,-6.00\n", ('amount = "gross"', 'amount = "net"')),
    ("day,amount,limit\n2026-03-01,5.00,4.50\n2026-03-02,-7.00,6.10\n", ('amount = "amount"', 'amount = "limit"')),
    ("day,x,y\n2026-03-01,5.00,4.50\n2026-03-02,7.00,6.00\n", ('amount = "x"', 'amount = "y"')),
    (
        "day,Debit\n2026-03-01,5.00\n2026-03-02,7.00\n",
        ('amount = "Debit"', 'amount = { column = "Debit", negate = true }'),
    ),
    (
        "day,t,amount,Type\n2026-03-01,a,5.00,x1\n2026-03-02,b,7.00,x2\n",
        (
            'amount = { column = "amount", sign = "Type", negative = "x1" }',
            'amount = { column = "amount", sign = "Type", negative = "x2" }',
            'amount = "amount"',
        ),
    ),
    ("day,amount\n01/02/2026,5.00\n03/04/2026,-7.00\n", ('dates = "%d/%m/%Y"', 'dates = "%m/%d/%Y"')),
    ("day,amount\n26-03-01,5.00\n26-03-04,-7.00\n", ('dates = "%d-%m-%y"', 'dates = "%y-%m-%d"')),
    ("day;amount\n2026-03-01;1.234\n2026-03-02;-5.678\n", ('decimal = "."', 'decimal = ","')),
    ("day,amount\n2026-03-31T23:30:00Z,5.00\n2026-04-01,-7.00\n", ('timezone = "UTC"',)),
    ("day,amount\n2026-03-01,5.00\n2026-03-02,\n", ("empty = 0",)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "lines"), OPEN)
def test_each_line_that_is_asked_for_decides(tmp_path: Path, text: str, lines: tuple[str, ...]) -> None:
    completed = new(tmp_path, text)
    assert completed.code == 4
    for line in lines:
        assert line in completed.err
        assert not (tmp_path / "mine").exists()
        table = "[source.a.columns]" if line.startswith("amount") else "[source.a]"
        assert table in completed.err
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "florecon.toml").write_text(f"{table}\n{line}\n")
        again = new(tmp_path, text)
        assert again.code == 0, again.err
        assert line in (tmp_path / "mine" / "florecon.toml").read_text()
        assert florecon("read", at=tmp_path / "mine").code == 0
        for file in sorted((tmp_path / "mine").rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        (tmp_path / "mine").rmdir()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a,b\n", "no rows"),
        ("name,town\nx,y\n", "no amount column found"),
        ("2026-03-01,5.00\n2026-03-02,6.00\n", "no line is a header"),
        ("day,amount\n2026-03-01,5 EUR\n2026-03-02,6 USD\n", "several currencies"),
        ("day,amount,fee\n2026-03-01,5.00,0.10\n2026-03-02,n/a,0.20\n", 'a.csv:3: amount: "n/a" is no amount'),
        ("date,amount\n2026-03-01,5.00\n2026-02-30,6.00\n", 'a.csv:3: date: "2026-02-30" is no day'),
        (
            "day,t,n,amount\n2026-03-01,a,b,5.00\nSubtotal,,,5.00\n2026-03-01,a,b,5.00\n",
            "take the lines out of the file",
        ),
        (
            "day,amount,Balance\n2026-03-01,5.00,105.00\n2026-03-02,7.00,113.00\n",
            "Balance is 113.00, and 105.00 + 7.00",
        ),
    ],
)
def test_file_that_cannot_be_read_is_refused_and_nothing_is_written(tmp_path: Path, text: str, words: str) -> None:
    completed = new(tmp_path, text)
    assert (completed.code, words in " ".join(completed.err.split())) == (4, True), completed.err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert new(tmp_path, "Tag;Text;Betrag\n31.03.2026;Müller;-4,00\n", encoding=encoding).code == 0
    assert 'tag="Tag"' not in columns(tmp_path)
    (source,) = florecon("read", "--json", at=tmp_path / "mine").json()["sources"]
    assert source["totals"][0]["net"] == "-4.00"


def test_declaration_that_is_there_must_be_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "florecon.toml").write_text("[source.bank]\nempty = 0\n")
    completed = new(tmp_path, GERMAN)
    assert completed.code == 2
    assert "the sources of these files are [source.a]" in completed.err
