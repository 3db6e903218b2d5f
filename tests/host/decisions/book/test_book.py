"""Book: periods, carrying, closing and reopening; what is refused leaves the book as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import Book, FloreconError, SamePerson, Store, Workspace, verify
from florecon_build.host.decisions.book import workspace
from florecon_build.host.decisions.book.embedded_strategy import embedded_strategy
from florecon_build.host.decisions.book.result import Result, result_of
from florecon_build.host.decisions.errors import (
    BookError,
    BookLocked,
    OpenItems,
    OtherStrategy,
    OutOfBalance,
    PeriodClosed,
    RowsChanged,
    StaleRun,
    UnknownCode,
    WrongBook,
    WrongHead,
    WrongPeriod,
)
from florecon_build.host.decisions.store import database
from tests.host.decisions.book.histories import history, row

pytestmark = pytest.mark.cargo
Open = Callable[[], Book]


def march(line: str, minor: int, ref: str | None = None, currency: str = "EUR") -> dict[str, Any]:
    """A row of March."""
    return row(line, minor, currency=currency, day=date(2026, 3, 5), ref=ref)


def april(line: str, minor: int, ref: str | None = None) -> dict[str, Any]:
    """A row of April."""
    return row(line, minor, day=date(2026, 4, 5), ref=ref)


MARCH = [march("A", 46702, "a"), march("B", -37352, "a"), march("F", 7700), march("J", 10000, currency="JPY")]


def closed_march(book: Book, solver: Path) -> Book:
    """The book with March closed: A is open with 93.50 of 467.02, F with 77.00, J with JPY 10000."""
    book.run("2026-03", solver, MARCH, who="anna").close()
    book.close("2026-03", who="ben", allow_open=True)
    return book


def test_a_partly_open_row_is_carried_with_what_is_left_of_it(opened: Open, book_solver: Path) -> None:
    closed_march(opened(), book_solver)
    book = opened()
    items = {
        line["id"]: (line["original"], line["remaining"], line["first_seen"]) for line in book.open_items().to_pylist()
    }
    assert items == {"A": (46702, 9350, "2026-03"), "F": (7700, 7700, "2026-03"), "J": (10000, 10000, "2026-03")}
    ws = book.run("2026-04", book_solver, [april("G", -9350, "a")], who="anna")
    euro, yen = ws.outcome.balances
    assert (euro.currency, euro.opening, euro.new, euro.cleared, euro.closing) == ("EUR", 17050, -9350, 0, 7700)
    assert (yen.currency, yen.opening, yen.new, yen.cleared, yen.closing) == ("JPY", 10000, 0, 0, 10000)
    rows = {
        line["id_text"]: (line["amount"], line["matched"], line["residual"]) for line in ws.report().rows.to_pylist()
    }
    assert rows == {"A": (9350, 9350, 0), "F": (7700, 0, 7700), "G": (-9350, -9350, 0), "J": (10000, 0, 10000)}
    assert ws.report().allocations.num_rows == 4
    assert verify(opened(), head=book.head).ok


def test_the_same_rows_again_change_nothing(book: Book, book_solver: Path) -> None:
    book.run("2026-03", book_solver, MARCH, who="anna").close()
    head = book.head
    again = book.run("2026-03", book_solver, MARCH, who="ben")
    assert (again.outcome.known, again.outcome.new, again.outcome.recorded, book.head) == (4, 0, False, head)
    book.close("2026-03", who="ben", allow_open=True)
    ws = book.run("2026-04", book_solver, [*MARCH, april("G", 100)], who="anna")
    assert (ws.outcome.known, ws.outcome.new, ws.outcome.carried) == (4, 1, 3)


def test_restating_keeps_before_and_after(book: Book, book_solver: Path) -> None:
    closed_march(book, book_solver)
    head = book.head
    larger = {**MARCH[2], "debit": Decimal("80.00")}
    with pytest.raises(
        RowsChanged, match=r"row F: debit was 77\.00, now 80\.00\. 2026-03 is closed.*--restate"
    ) as refused:
        book.run("2026-04", book_solver, [larger], who="anna")
    assert refused.value.ids == ("F",)
    assert book.head == head
    ws = book.run("2026-04", book_solver, [larger], who="anna", restate=True)
    euro = ws.outcome.balances[0]
    assert (euro.opening, euro.new, euro.restated, euro.closing) == (17050, 300, 300, 17350)
    entry = next(each for each in book.store.entries() if each.kind == "rows" and each.body["restated"])
    assert entry.body["restated"] == [{"id": "F", "before": {"debit": "77.00"}, "after": {"debit": "80.00"}}]
    smaller = {**MARCH[0], "debit": Decimal("300.00")}
    with pytest.raises(RowsChanged, match="37352 minor units of it were matched in a closed period"):
        book.run("2026-04", book_solver, [smaller], who="anna", restate=True)
    matched = {**MARCH[1], "credit": Decimal("400.00")}
    ws = book.run("2026-04", book_solver, [matched], who="anna", restate=True)
    assert ws.outcome.balances[0].restated == 300 - 2648
    assert {line["id"]: line["remaining"] for line in book.open_items().to_pylist()}["A"] == 9350 - 2648
    book.close("2026-04", who="ben", allow_open=True)


def test_resolved_items_are_no_exceptions(book: Book, book_solver: Path) -> None:
    ws = book.run("2026-03", book_solver, MARCH, who="anna")
    with pytest.raises(UnknownCode, match="write_off"):
        ws.resolve(["F"], "writeoff", "tiny")
    effect = ws.resolve(["F"], "write_off", "tiny")
    assert (effect.count, effect.ids, effect.pending) == (1, ("F",), ())
    ws.resolve(["A", "J"], "timing", "paid in April")
    with pytest.raises(StaleRun, match=r"resolve by anna.*run it again"):
        book.close("2026-03", who="ben")
    report = ws.solve()
    groups = {line["origin"]: line["reason"] for line in report.groups.to_pylist()}
    assert groups["write_off"] == "tiny"
    assert ws.outcome.unexplained == 0
    view = book.close("2026-03", who="ben")
    assert [(each.reason, each.kind, each.net) for each in view.balances[0].cleared_by][-1] == (
        "write_off",
        "resolved",
        7700,
    )
    assert {line["id"]: line["code"] for line in book.open_items().to_pylist()} == {"A": "timing", "J": "timing"}
    with pytest.raises(PeriodClosed, match="reopen the period"):
        book.store.undo(effect.decisions[0], who="anna")
    ws = book.run("2026-04", book_solver, who="anna")
    assert ws.outcome.unexplained == 0
    ws.unresolve(["J"])
    ws.solve()
    assert ws.outcome.unexplained == 1
    with pytest.raises(OpenItems, match=r"1 open item without a reason code.*--allow-open"):
        book.close("2026-04", who="ben")


def test_parameters_are_of_the_book(opened: Open, book_solver: Path) -> None:
    ws = opened().run("2026-03", book_solver, [march("A", 40)], who="anna", params={"small": 50})
    assert ws.outcome.open == 0
    assert opened().run("2026-03", book_solver, who="ben").outcome.open == 0
    ws.configure(small=1)
    assert opened().run("2026-03", book_solver, who="ben").outcome.open == 1
    assert opened().params == {"small": 1}


def test_parameters_are_of_the_plain_store(book_solver: Path, tmp_path: Path) -> None:
    rows = [march("A", 40), march("B", 30, "x")]
    path = tmp_path / "store.db"
    with Workspace.open(Store(path), book_solver, rows, {"small": 50}, who="anna") as ws:
        ws.configure(small=35)
        anna = ws.solve().groups.column("origin").to_pylist()
    with Workspace.open(Store(path), book_solver, rows, who="ben") as ws:
        assert ws.report().groups.column("origin").to_pylist() == anna == ["unmatched", "rounding"]


def test_a_second_person_closes(book: Book, book_solver: Path) -> None:
    book.store.require_second_person(100_000, who="chief")
    book.run("2026-03", book_solver, MARCH, who="anna").close()
    with pytest.raises(SamePerson, match="a second person closes it"):
        book.close("2026-03", who="ANNA ", allow_open=True)
    view = book.close("2026-03", who="ben", allow_open=True)
    assert (view.preparer, view.closed_by, view.makers) == ("anna", "ben", ("anna",))


def test_a_code_can_require_a_second_person(book: Book, book_solver: Path) -> None:
    book.set_codes({"write_off": {"effect": "cleared", "second_person_from": 5000}, "timing": "carried"}, who="chief")
    ws = book.run("2026-03", book_solver, MARCH, who="anna")
    effect = ws.resolve(["F"], "write_off", "tiny")
    assert effect.pending == effect.decisions
    ws.solve()
    with pytest.raises(BookError, match="waits for a second person"):
        book.close("2026-03", who="ben", allow_open=True)
    with pytest.raises(SamePerson):
        ws.approve(effect.decisions[0])
    book.store.approve(effect.decisions[0], who="ben")
    ws.solve()
    assert {line["id"] for line in book.open_items().to_pylist()} == {"A", "J"}


def test_periods_follow_each_other(book: Book, book_solver: Path) -> None:
    closed_march(book, book_solver)
    for period, kind, message in [
        ("2026-03", PeriodClosed, "was closed by ben"),
        ("2026-Q1", WrongPeriod, "overlaps 2026-03"),
        ("2026-02", WrongPeriod, "is before 2026-03"),
        ("2026-13", WrongPeriod, "is no period; write it as"),
        ("March", WrongPeriod, "is no period; write it as"),
    ]:
        with pytest.raises(kind, match=message):
            book.run(period, book_solver, who="anna")
    book.run("2026-04", book_solver, who="anna").close()
    with pytest.raises(WrongPeriod, match="2026-04 is open; close it before 2026-05"):
        book.run("2026-05", book_solver, who="anna")
    with pytest.raises(WrongPeriod, match="was never run"):
        book.close("2026-05", who="ben")
    book.reopen("2026-03", who="ben", reason="a late invoice")
    with pytest.raises(WrongPeriod, match="2026-03 is open"):
        book.run("2026-04", book_solver, who="anna")
    book.run("2026-03", book_solver, [march("L", 100)], who="anna").close()
    book.close("2026-03", who="ben", allow_open=True)
    with pytest.raises(StaleRun, match="closed anew"):
        book.close("2026-04", who="ben", allow_open=True)
    ws = book.run("2026-04", book_solver, who="anna")
    assert ws.outcome.balances[0].opening == 17150
    assert book.close("2026-04", who="ben", allow_open=True).status == "closed"
    assert [(each.name, each.status, len(each.reopened)) for each in book.periods] == [
        ("2026-03", "closed", 1),
        ("2026-04", "closed", 0),
    ]


def test_rows_of_another_period_are_refused(book: Book, book_solver: Path) -> None:
    with pytest.raises(WrongPeriod, match=r"1 of 5 new rows are dated after .* row X of 2026-04-05.*--any-date"):
        book.run("2026-03", book_solver, [*MARCH, april("X", 1)], who="anna")
    with pytest.raises(WrongPeriod, match="all its new rows are dated before 2026-04"):
        book.run("2026-04", book_solver, MARCH, who="anna")
    assert book.plugin is None
    ws = book.run("2026-04", book_solver, [april("X", 100), *MARCH], who="anna")
    assert ws.outcome.late == 4


def test_a_module_of_another_plugin_or_strategy_is_refused(
    book: Book, book_solver: Path, solver_wasm: Path, tmp_path: Path
) -> None:
    closed_march(book, book_solver)
    head = book.head
    with pytest.raises(WrongBook, match=r"the book is of acme\.book, and the module is florecon\.starter"):
        book.run("2026-04", solver_wasm, who="anna")
    wasm = book_solver.read_bytes()
    with Workspace(book_solver) as ws:
        strategy = ws.about.strategy.encode()
    other = tmp_path / "other.wasm"
    other.write_bytes(wasm.replace(strategy, strategy[::-1]))
    with pytest.raises(OtherStrategy, match="--migrate") as refused:
        book.run("2026-04", other, who="anna")
    assert refused.value.before == embedded_strategy(wasm) != None  # noqa: E711
    assert book.head == head
    book.run("2026-04", other, who="anna", migrate=True).close()
    assert book.store.entries()[-2].kind == "migrate"
    with pytest.raises(OtherStrategy):
        book.run("2026-04", book_solver, who="anna")


def test_what_a_close_froze_is_found_when_it_is_changed(book_solver: Path, tmp_path: Path) -> None:
    path = tmp_path / "close.db"
    book = closed_march(Book(path), book_solver)
    kept = book.head
    with pytest.raises(WrongHead, match="cut off, or written anew"):
        book.close("2026-03", who="ben", expect_head="0" * 64)
    assert verify(book, head=kept).ok
    book.dispose()
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER florecon_attachment_UPDATE")
        raw.execute("UPDATE florecon_attachment SET content = content || x'00' WHERE name = 'open'")
    audit = verify(Book(path), head=kept)
    assert [each.what for each in audit.faults] == [
        "its attachment 'open' is not what its hash was made of: it was changed"
    ]
    with pytest.raises(FloreconError):
        Book(path).run("2026-04", book_solver, who="anna")


def test_a_run_whose_balances_are_not_those_of_its_rows_is_not_closed(
    book: Book, book_solver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raised(*args: Any, **kwargs: Any) -> Result:
        result = result_of(*args, **kwargs)
        more = tuple(replace(each, new=each.new + 1, closing=each.closing + 1) for each in result.balances)
        return replace(result, balances=more)

    monkeypatch.setattr(workspace, "result_of", raised)
    book.run("2026-03", book_solver, MARCH, who="anna").close()
    head = book.head
    with pytest.raises(OutOfBalance, match="2026-03 is out of balance"):
        book.close("2026-03", who="ben", allow_open=True)
    assert book.head == head


def test_a_locked_book_is_an_error_that_says_so(
    book_solver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)
    path = tmp_path / "close.db"
    book = closed_march(Book(path), book_solver)
    head = book.head
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BookLocked, match="another process is writing"):
            book.run("2026-04", book_solver, [april("G", 100)], who="anna")
        with pytest.raises(BookLocked, match="nothing was kept"):
            book.reopen("2026-03", who="ben", reason="late")
    assert book.head == head
    assert book.run("2026-04", book_solver, [april("G", 100)], who="anna").outcome.new == 1


def test_a_resolution_of_a_partly_matched_row_stands_when_the_book_is_opened_again(
    opened: Open, book_solver: Path
) -> None:
    ws = opened().run("2026-03", book_solver, MARCH[:2], who="anna")
    ws.resolve(["A"], "write_off", "the rest is given up")
    ws.solve()
    again = opened().run("2026-03", book_solver, who="ben")
    assert (again.outcome.open, again.outcome.unfit, again.outcome.recorded) == (0, (), False)


@pytest.mark.parametrize("seed", [*range(5), 114])
def test_period_by_period_conserves_what_all_at_once_does(seed: int, book_solver: Path, tmp_path: Path) -> None:
    history(book_solver, tmp_path, seed)
