"""A book of a plugin that declares currency and account; and a book that goes on with another strategy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.host import Book, OtherStrategy, RowsChanged, WrongBook, verify
from tests.cli.command import florecon
from tests.host.decisions.book.plugin import STEPS, amount_row, with_accounts

WIDER = fb.seq(STEPS, fb.labeled("small", fb.soak_small(2000, origin="rounding")))


def row(line: int, account: str, currency: str, amount: str, day: date = date(2026, 3, 5)) -> dict[str, Any]:
    """A row of the plugin."""
    return {"line": line, "account": account, "currency": currency, "amount": Decimal(amount), "day": day}


MARCH = [
    row(1, "bank", "EUR", "10.00"),
    row(2, "bank", "EUR", "-10.00"),
    row(3, "cash", "EUR", "10.00"),
    row(4, "bank", "JPY", "1200"),
    row(5, "cash", "KWD", "1.234"),
    row(6, "bank", "EUR", "77.50"),
]
APRIL = date(2026, 4, 5)


def figures(book: Book, period: str) -> dict[tuple[str | None, str | None], tuple[int, int, int, int, int]]:
    """Opening, new, cleared, closing and number of open items of each currency and account."""
    return {
        (one.currency, one.account): (one.opening, one.new, one.cleared, one.closing, one.open_rows)
        for one in book.period(period).balances
    }


def test_each_account_and_currency_is_proved_apart(book: Book) -> None:
    with book.run("2026-03", with_accounts(), MARCH, who="anna") as ws:
        ws.resolve([6], "write_off", "below the cost of a letter")
        ws.solve()
    book.close("2026-03", who="ben", allow_open=True)
    assert figures(book, "2026-03") == {
        ("EUR", "bank"): (0, 77_500, 77_500, 0, 0),
        ("EUR", "cash"): (0, 10_000, 0, 10_000, 1),
        ("JPY", "bank"): (0, 1_200_000, 0, 1_200_000, 1),
        ("KWD", "cash"): (0, 1_234, 0, 1_234, 1),
    }
    april = [row(7, "cash", "EUR", "-10.00", APRIL), row(8, "cash", "JPY", "-1200", APRIL)]
    book.run("2026-04", with_accounts(), april, who="anna").close()
    book.close("2026-04", who="ben", allow_open=True)
    assert figures(book, "2026-04") == {
        ("EUR", "cash"): (10_000, -10_000, 0, 0, 0),
        ("JPY", "bank"): (1_200_000, 0, 0, 1_200_000, 1),
        ("JPY", "cash"): (0, -1_200_000, 0, -1_200_000, 1),  # of another account: not matched, not added
        ("KWD", "cash"): (1_234, 0, 0, 1_234, 1),
    }
    items = {line["id"]: (line["currency"], line["account"]) for line in book.open_items().to_pylist()}
    assert items == {4: ("JPY", "bank"), 5: ("KWD", "cash"), 8: ("JPY", "cash")}
    ages = {(each["currency"], each["account"]): (each["rows"], each["amount"]) for each in book.ageing()}
    assert ages[("JPY", "bank")] == (1, 1_200_000)
    assert ages[("JPY", "cash")] == (1, -1_200_000)
    moved = row(5, "bank", "KWD", "1.234")
    with pytest.raises(RowsChanged, match="row 5: account was cash, now bank"):
        book.run("2026-05", with_accounts(), [moved], who="anna")
    with book.run("2026-05", with_accounts(), [moved], who="anna", restate=True) as ws:
        assert ws.outcome.restated == (5,)
    book.close("2026-05", who="ben", allow_open=True)
    assert figures(book, "2026-05")[("KWD", "cash")] == (1_234, -1_234, 0, 0, 0)
    assert figures(book, "2026-05")[("KWD", "bank")] == (0, 1_234, 0, 1_234, 1)
    assert verify(book).ok


def test_a_book_goes_on_with_another_strategy_when_told_to(tmp_path: Path) -> None:
    header = "line,account,currency,amount,day\n"
    (tmp_path / "march.csv").write_text(header + "5,cash,KWD,1.234,2026-03-05\n6,bank,EUR,77.50,2026-03-05\n")
    (tmp_path / "old.json").write_text(with_accounts().ir())
    (tmp_path / "new.json").write_text(with_accounts(WIDER).ir())
    period = ("--book", "close.db", "--who", "anna", "--period")
    assert florecon("run", "old.json", "march.csv", *period, "2026-03", at=tmp_path).code == 0
    assert florecon("close", *period, "2026-03", "--allow-open", at=tmp_path).code == 0
    head = florecon("book", "close.db", "--json", at=tmp_path).json()["head"]
    refused = florecon("run", "new.json", *period, "2026-04", at=tmp_path)
    assert refused.code == 7
    for said in ("the module's strategy is not the book's", 'added node labeled("small")', "--migrate"):
        assert said in refused.err, refused.err
    assert florecon("book", "close.db", "--json", at=tmp_path).json()["head"] == head
    done = florecon("run", "new.json", *period, "2026-04", "--migrate", "--json", at=tmp_path)
    assert done.code == 0, done.err
    assert {one["currency"]: one["cleared"] for one in done.json()["book"]["balances"]} == {"EUR": 0, "KWD": 1234}
    back = florecon("run", "old.json", *period, "2026-04", at=tmp_path)
    assert (back.code, "--migrate" in back.err) == (7, True)
    with Book(tmp_path / "close.db") as book:
        old, new = book.strategy("2026-03"), book.strategy("2026-04")
        assert old is not None
        assert new is not None
        assert (b"soak_small" in old, b"soak_small" in new) == (False, True)
        assert verify(book).ok


def test_a_module_that_keeps_other_amounts_needs_a_new_book(book: Book) -> None:
    book.run("2026-03", with_accounts(), MARCH, who="anna").close()
    head = book.head
    halved = fb.Plugin(
        "acme.accounts", "2.0.0", rows=amount_row, numeraire=-amount_row.amount, strategy=STEPS,
        currency=amount_row.currency, account=amount_row.account,
    )  # fmt: skip
    with pytest.raises(OtherStrategy, match="the numeraire is another one; such a module needs a new book"):
        book.run("2026-03", halved, who="anna", migrate=True)
    other = fb.Plugin("acme.other", "1.0.0", rows=amount_row, numeraire=amount_row.amount, strategy=STEPS)
    with pytest.raises(WrongBook, match=r"the book is of acme\.accounts, and the module is acme\.other"):
        book.run("2026-03", other, who="anna", migrate=True)
    assert book.head == head
