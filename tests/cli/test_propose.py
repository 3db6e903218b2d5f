"""Column proposal: types, id column and amount column inferred from ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Completed, florecon

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


def proposed(tmp_path: Path, text: str) -> tuple[Completed, Path]:
    (tmp_path / "ledger.csv").write_text(text, encoding="utf-8")
    return florecon("new", "mine", "--csv", "ledger.csv", at=tmp_path), tmp_path / "mine"


def columns(folder: Path) -> list[str]:
    lines = (folder / "strategy.py").read_text(encoding="utf-8").splitlines()
    start = lines.index("ledger = fb.columns(") + 1
    return [line.strip().rstrip(",") for line in lines[start : lines.index(")", start)]]


def test_columns_of_an_english_ledger(tmp_path: Path) -> None:
    completed, folder = proposed(tmp_path, ENGLISH)
    assert completed.code == 0, completed.err
    assert columns(folder) == [
        "entry_no=fb.integer(id=True)",
        "posting_date=fb.date()",
        "account=fb.text()",
        "amount=fb.money(scale=2, display=True)",
        "currency=fb.text()",
        "memo=fb.text(nullable=True)",
        "rate=fb.real()",
    ]
    assert "'Entry No'" in completed.out
    report = florecon("author", "--preview", "--json", at=folder).json()
    assert (report["exact"], report["open"]["rows"], report["steps"][0]["name"]) == (True, 1, "same reference")
    assert report["value"] == {"EUR": 246900, "USD": 700}


def test_ledger_without_an_id_gets_a_generated_one(tmp_path: Path) -> None:
    completed, folder = proposed(tmp_path, GERMAN)
    assert completed.code == 0, completed.err
    assert columns(folder)[0] == "row_id=fb.integer(id=True)"
    assert "no column has unique values" in completed.out
    assert 'text_amounts = "comma"' in (folder / "florecon.toml").read_text()
    report = florecon("author", "--preview", "--json", at=folder).json()
    assert (report["rows"], report["open"]["rows"]) == (3, 1)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 4, "empty"),
        ("a,b\n", 4, "no rows"),
        ("a,a\n1,2\n", 4, "not unique"),
        ("name,town\nx,y\n", 4, "no amount column found"),
    ],
)
def test_invalid_ledger_is_rejected_and_writes_nothing(tmp_path: Path, text: str, code: int, words: str) -> None:
    completed, folder = proposed(tmp_path, text)
    assert (completed.code, words in completed.err) == (code, True), completed.err
    assert not folder.exists()
