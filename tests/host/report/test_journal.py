"""Journal of a report: balanced entries, by reason and currency, and their export."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.host import BadCommand, Report

rows = fb.columns(line=fb.text(id=True), deal=fb.text(), currency=fb.text(), amount=fb.money(scale=2), day=fb.date())
plugin = fb.Plugin(
    "acme.journal",
    "1.0.0",
    rows=rows,
    numeraire=rows.amount,
    strategy=fb.seq(
        fb.labeled("deal", fb.agg_net(rows.deal, tol=100)),
        fb.soak_small(5, origin="rounding"),
    ),
)
LINES = [
    ("A", "d1", "EUR", "100.30", 1),
    ("B", "d1", "EUR", "-100.00", 5),
    ("C", "d2", "EUR", "0.04", 6),
    ("D", "d3", "EUR", "50.00", 7),
    ("E", "d3", "USD", "-50.60", 8),
    ("F", "d4", "USD", "9.00", 9),
    ("=G", "d5", "EUR", "-20.50", 9),
    ("H", "d5", "EUR", "20.00", 9),
]


@pytest.fixture(scope="module")
def report() -> Report:
    """A report with differences in two currencies, without a compiler."""
    names = ("line", "deal", "currency", "amount", "day")
    return plugin.simulate([dict(zip(names, (*line[:3], Decimal(line[3]), line[4]), strict=True)) for line in LINES])


def lines(report: Report, accounts: dict[str, str]) -> list[tuple[Any, ...]]:
    """The lines of the journal without their group and date."""
    table = report.journal(accounts).table.to_pylist()
    return [(each["account"], each["debit"], each["credit"], each["currency"]) for each in table]


def test_every_difference_is_an_entry(report: Report) -> None:
    accounts = {"agg_net": "6900", "rounding": "6960", "clearing": "1200"}
    found = lines(report, accounts)
    assert sorted(found, key=str) == sorted(
        [
            *(("6900", Decimal("0.30"), None, "EUR"), ("1200", None, Decimal("0.30"), "EUR")),
            *(("6960", Decimal("0.04"), None, "EUR"), ("1200", None, Decimal("0.04"), "EUR")),
            *(("6900", Decimal("50.00"), None, "EUR"), ("1200", None, Decimal("50.00"), "EUR")),
            *(("1200", Decimal("50.60"), None, "USD"), ("6900", None, Decimal("50.60"), "USD")),
            *(("1200", Decimal("0.50"), None, "EUR"), ("6900", None, Decimal("0.50"), "EUR")),
        ],
        key=str,
    )
    table = report.journal(accounts).table
    for currency in ("EUR", "USD"):
        mine = [each for each in table.to_pylist() if each["currency"] == currency]
        assert sum(each["debit"] or 0 for each in mine) == sum(each["credit"] or 0 for each in mine)
    assert "F" not in " ".join(each["text"] for each in table.to_pylist()), "an open item is no entry"


def test_a_label_is_a_reason_too_and_a_missing_one_is_named(report: Report) -> None:
    assert {each[0] for each in lines(report, {"deal": "6900", "rounding": "6960"})} == {"6900", "6960", "clearing"}
    with pytest.raises(BadCommand, match=r"no account is given for 'deal' \(4\), 'rounding' \(1\)"):
        report.journal({"write_off": "6930"})


def test_exports(report: Report, tmp_path: Path) -> None:
    journal = report.journal({"deal": "6900", "rounding": "6960"})
    with journal.write_csv(tmp_path / "journal.csv").open() as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(journal) == 10
    assert {each["account"] for each in read} == {"6900", "6960", "clearing"}
    assert "0.30" in {each["debit"] for each in read}
    assert journal.write_excel(tmp_path / "journal.xlsx").stat().st_size > 1000
