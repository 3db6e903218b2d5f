"""Decisions in a book without its module: reason codes, second persons, and rows that are withdrawn."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import (
    BadCommand,
    Book,
    BookError,
    NotPending,
    PeriodClosed,
    SamePerson,
    StaleRun,
    UnknownAllocation,
    UnknownCode,
    UnknownEntry,
    UnknownId,
    UnknownInput,
    WrongBook,
    WrongHead,
    WrongPeriod,
    verify,
)
from florecon_build.host.decisions.book import Input
from tests.host.decisions.book.histories import row
from tests.host.decisions.book.plugin import plugin

Open = Callable[[], Book]
MARCH, APRIL = date(2026, 3, 5), date(2026, 4, 5)
ROWS = [
    row("A", 46702, day=MARCH, ref="a"),
    row("B", -37352, day=MARCH, ref="a"),
    row("F", 7700, day=MARCH),
    row("J", 10000, day=MARCH, currency="JPY"),
]


def of_file(name: str, rows: list[dict[str, Any]]) -> Input:
    """An input of the run: a file of these rows."""
    return Input(name, hashlib.sha256(repr(rows).encode()).hexdigest(), len(rows))


def codes(book: Book) -> dict[str, str | None]:
    """The reason code of each open item."""
    return {line["id"]: line["code"] for line in book.open_items().to_pylist()}


def test_items_are_resolved_and_unresolved_without_the_module(opened: Open) -> None:
    opened().run("2026-03", plugin, ROWS, who="anna").close()
    book = opened()
    effect = book.resolve(["F", "A"], "write_off", "below the cost of a letter", who="anna")
    assert (effect.count, effect.ids, len(effect.decisions), effect.pending) == (2, ("F", "A"), 2, ())
    book.resolve(["J"], "timing", "paid in April", who="anna", period="2026-03")
    with pytest.raises(StaleRun, match="run it again, then close it"):
        book.close("2026-03", who="ben")
    book.unresolve(["A"], who="anna", why="a letter was sent")
    with opened().run("2026-03", plugin, who="anna") as ws:
        assert (ws.outcome.open, ws.outcome.unexplained, ws.outcome.unfit) == (2, 1, ())
    assert codes(book) == {"A": None, "J": "timing"}
    book.resolve(["A"], "dispute", "the customer denies it", who="anna")
    opened().run("2026-03", plugin, who="anna").close()
    view = book.close("2026-03", who="ben")
    assert [one.net for one in view.balances[0].cleared_by if one.reason == "write_off"] == [7700]
    assert [each.kind for each in book.decisions("2026-03")] == ["resolve"] * 3 + ["unresolve", "resolve"]
    assert verify(book).ok


def test_what_cannot_be_resolved_is_refused_and_changes_nothing(book: Book) -> None:
    with pytest.raises(WrongBook, match="has not been begun"):
        book.resolve(["F"], "timing", "x", who="anna")
    with book.run("2026-03", plugin, ROWS, who="anna") as ws:
        book.resolve(["J"], "timing", "paid in April", who="anna")
        head = book.head
        for ids, code, reason, period, error, said in (
            (["F"], "writeoff", "x", None, UnknownCode, "the book has .*write_off"),
            (["X"], "timing", "x", None, UnknownId, "no row with the id 'X'"),
            (["B"], "timing", "x", None, UnknownAllocation, "B is not open"),
            (["J"], "timing", "x", None, BadCommand, "unresolve it first"),
            (["F"], "timing", " ", None, BadCommand, "for a reason"),
            (["F"], "timing", "x", "2026-05", WrongPeriod, "2026-03 is open"),
        ):
            with pytest.raises(error, match=said):
                book.resolve(ids, code, reason, who="anna", period=period)
        with pytest.raises(UnknownId, match="no reason code"):
            book.unresolve(["F"], who="anna")
        assert book.head == head
        book.resolve(["F"], "write_off", "x", who="anna")
        ws.solve()
        book.close("2026-03", who="ben", allow_open=True)
        head = book.head
        for call in (
            lambda: book.resolve(["A"], "timing", "x", who="anna"),
            lambda: book.resolve(["A"], "timing", "x", who="anna", period="2026-03"),
            lambda: book.unresolve(["J"], who="anna"),
            lambda: book.withdraw("2026-03", ids=["A"], who="anna", reason="x"),
            lambda: ws.resolve(["A"], "timing", "x"),
            lambda: ws.merge({"A": 9350, "J": -9350}),
            lambda: ws.configure(small=1),
        ):
            with pytest.raises(PeriodClosed, match="run the"):
                call()
        assert book.head == head
    book.run("2026-04", plugin, who="anna").close()
    with pytest.raises(PeriodClosed, match="F was cleared in a closed period; reopen"):
        book.unresolve(["F"], who="anna")
    assert verify(book).ok


def test_nobody_approves_his_own(book: Book) -> None:
    book.store.require_second_person(5000, who="chief")
    book.run("2026-03", plugin, ROWS, who="anna").close()
    effect = book.resolve(["F"], "write_off", "tiny", who="anna")
    (entry,) = effect.pending
    assert codes(book)["F"] is None
    with pytest.raises(BookError, match="waits for a second person"):
        book.close("2026-03", who="ben", allow_open=True)
    for name in ("anna", " ANNA", "\u0430nna"):
        with pytest.raises(SamePerson):
            book.approve(entry, who=name)
    book.store.rename("anna", "Anna Meyer", who="chief")
    head = book.head
    for answer in (book.approve, book.reject):
        with pytest.raises(SamePerson):
            answer(entry, who="anna meyer")
    with pytest.raises(UnknownEntry):
        book.approve(99, who="ben")
    assert book.head == head
    assert book.approve(entry, who="ben", why="seen").checker == "ben"
    with pytest.raises(NotPending):
        book.approve(entry, who="carl")
    second = book.resolve(["J"], "timing", "paid in April", who="anna")
    assert book.reject(second.pending[0], who="ben").status == "rejected"
    book.run("2026-03", plugin, who="anna").close()
    assert codes(book) == {"A": None, "J": None}


def test_nobody_closes_what_he_prepared_under_another_name(book: Book) -> None:
    book.store.require_second_person(1_000_000, who="chief")
    book.run("2026-03", plugin, ROWS, who="anna").close()
    book.store.rename("anna", "Anna Meyer", who="chief")
    head = book.head
    for name in ("anna", "Anna Meyer", "ANNA  MEYER"):
        with pytest.raises(SamePerson, match="worked on the period as anna; a second person closes it"):
            book.close("2026-03", who=name, allow_open=True)
    assert book.head == head
    view = book.close("2026-03", who="ben", allow_open=True)
    assert (view.preparer, view.makers, view.closed_by) == ("anna", ("anna",), "ben")
    book.store.rename("ben", "anna", who="chief")
    (fault,) = verify(book).faults  # they were two persons, as far as was known
    assert "'ben', who closed 2026-03, worked on it as 'anna'; reopen it" in fault.what
    book.reopen("2026-03", who="chief", reason="ben is anna")
    with pytest.raises(SamePerson, match="worked on the period as anna"):
        book.close("2026-03", who="ben", allow_open=True)
    book.close("2026-03", who="carl", allow_open=True)
    assert verify(book).ok
    with book.run("2026-04", plugin, [row("G", -9350, day=APRIL, ref="a")], who="Anna Meyer") as ws:
        ws.resolve(["F"], "timing", "paid in May")
        ws.solve()
    with pytest.raises(SamePerson, match="worked on the period as Anna Meyer"):
        book.close("2026-04", who="ben", allow_open=True)


@pytest.mark.parametrize("written_anew", [False, True])
def test_a_chain_that_was_cut_off_or_written_anew_is_not_closed_on(tmp_path: Path, written_anew: bool) -> None:
    with Book(tmp_path / "close.db") as book:
        book.run("2026-03", plugin, ROWS, who="anna").close()
        kept = book.close("2026-03", who="ben", allow_open=True).head
        assert kept is not None
    place = tmp_path / ("other.db" if written_anew else "close.db")
    if not written_anew:
        with closing(sqlite3.connect(place)) as raw:
            raw.execute("DROP TRIGGER florecon_history_DELETE")
            raw.execute("DELETE FROM florecon_history WHERE kind = 'close'")
            raw.commit()
    with Book(place) as book:
        if written_anew:
            book.run("2026-03", plugin, ROWS, who="anna").close()
        assert verify(book).ok  # without a head nothing shows
        head = book.head
        with pytest.raises(WrongHead, match="it was cut off, or written anew"):
            book.close("2026-03", who="carl", allow_open=True, expect_head=kept)
        assert (book.head, book.period("2026-03").status) == (head, "open")


def test_a_wrong_file_is_withdrawn_from_an_open_period(opened: Open) -> None:
    book = opened()
    wrong = [row("W", 1234, day=MARCH), row("V", -99, day=MARCH)]
    files = [of_file("bank.csv", ROWS), of_file("wrong.csv", wrong)]
    with book.run("2026-03", plugin, [*ROWS, *wrong], who="anna", inputs=files) as ws:
        ws.resolve(["W"], "timing", "to be found")
        ws.solve()
        assert ws.outcome.balances[0].new == 17050 + 1135
    head = book.head
    with pytest.raises(UnknownInput, match=r"no row of 2026-03 came with 'wrongs\.csv'; .* bank\.csv, wrong\.csv"):
        book.withdraw("2026-03", input="wrongs.csv", who="anna", reason="another company's")
    with pytest.raises(BadCommand, match="give the input"):
        book.withdraw("2026-03", who="anna", reason="another company's")
    with pytest.raises(BadCommand, match="give the input"):
        book.withdraw("2026-03", who="anna", reason="another company's", input="wrong.csv", ids=["W"])
    with pytest.raises(BadCommand, match="for a reason"):
        book.withdraw("2026-03", input="wrong.csv", who="anna", reason="")
    with pytest.raises(WrongPeriod, match="2026-03 is open"):
        book.withdraw("2026-04", input="wrong.csv", who="anna", reason="another company's")
    assert book.head == head
    effect = book.withdraw("2026-03", input="wrong.csv", who="ben", reason="another company's")
    assert (effect.count, effect.ids) == (2, ("W", "V"))
    with pytest.raises(StaleRun, match=r"withdraw by ben"):
        book.close("2026-03", who="carl", allow_open=True)
    with pytest.raises(StaleRun, match="run it again"):
        book.resolve(["F"], "timing", "x", who="anna")
    with pytest.raises(UnknownInput, match=r"came with bank\.csv$"):
        book.withdraw("2026-03", input=files[1].sha256, who="ben", reason="again")
    with opened().run("2026-03", plugin, who="anna") as ws:
        assert ws.outcome.balances[0].new == 17050
        assert len(ws.outcome.unfit) == 0  # a resolution that is carried on changes nothing in the module
    assert set(codes(book)) == {"A", "F", "J"}
    view = book.close("2026-03", who="carl", allow_open=True)
    assert [(each["name"], each.get("withdrawn")) for each in view.inputs] == [("bank.csv", None), ("wrong.csv", 2)]
    assert view.makers == ("anna", "ben")
    assert verify(opened()).ok
    with book.run("2026-04", plugin, [row("W", 1234, day=APRIL)], who="anna") as ws:
        assert (ws.outcome.new, ws.outcome.known) == (1, 0)


def test_single_rows_are_withdrawn_and_restated_ones_are_what_they_were(book: Book) -> None:
    book.run("2026-03", plugin, ROWS, who="anna").close()
    book.close("2026-03", who="ben", allow_open=True)
    more = [row("F", 8000, day=MARCH), row("G", -9350, day=APRIL, ref="a")]
    with book.run("2026-04", plugin, more, who="anna", restate=True) as ws:
        assert ws.outcome.balances[0].restated == 300
    with pytest.raises(UnknownId, match="'A' did not come in 2026-04"):
        book.withdraw("2026-04", ids=["F", "A"], who="anna", reason="a typing error")
    assert book.withdraw("2026-04", ids=["F"], who="anna", reason="a typing error").ids == ("F",)
    with book.run("2026-04", plugin, who="anna") as ws:
        (euro, _) = ws.outcome.balances
        assert (euro.opening, euro.new, euro.restated, euro.closing) == (17050, -9350, 0, 7700)
    assert book.withdraw("2026-04", ids=["G"], who="anna", reason="of May").count == 1
    with book.run("2026-04", plugin, who="anna") as ws:
        assert ws.outcome.balances[0].closing == 17050
    again = row("G", -100, day=APRIL)
    with book.run("2026-04", plugin, [again], who="anna") as ws:
        assert (ws.outcome.new, ws.outcome.balances[0].closing) == (1, 16950)
    assert book.close("2026-04", who="ben", allow_open=True).status == "closed"
    assert verify(book).ok
