"""Crashes, a full disk and a clock that goes back: a period is closed whole or not at all."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from florecon_build.host import Book, StoreError, verify
from tests.host.decisions.book.histories import row
from tests.host.decisions.book.killing import kill_rounds, name_of, rows_of

pytestmark = pytest.mark.cargo


def test_two_processes_that_are_killed_close_each_period_once(place: str, book_solver: Path) -> None:
    assert kill_rounds(place, book_solver, rounds=1, seed=20_261_127) > 0


def test_a_full_disk_leaves_the_book_as_it_was(book_solver: Path, tmp_path: Path) -> None:
    book = Book(tmp_path / "close.db", name=uuid.uuid4().hex)
    book.run(name_of(0), book_solver, rows_of(0), who="anna").close()
    book.close(name_of(0), who="ben", allow_open=True)
    head = book.head
    many = [row(f"m{at}", at + 1, day=date(2000, 2, 5), ref=uuid.uuid4().hex) for at in range(800)]
    engine = book.store._engine  # pyright: ignore[reportPrivateUsage]

    def fill(connection: object, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]  # that is: no page more

    event.listen(engine, "connect", fill)
    engine.dispose()
    with pytest.raises(StoreError, match="full"):
        book.run(name_of(1), book_solver, many, who="anna")
    event.remove(engine, "connect", fill)
    engine.dispose()
    assert book.head == head
    assert verify(book.store, expect_head=head).ok
    book.run(name_of(1), book_solver, many, who="anna").close()
    assert book.close(name_of(1), who="ben", allow_open=True).status == "closed"


def test_a_clock_that_goes_back_is_found_and_closes_no_book(
    book_solver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ["2000-02-01T10:00:00+00:00"]

    class Clock:
        """A clock that shows what the test says."""

        @staticmethod
        def now(_: object) -> datetime:
            return datetime.fromisoformat(shown[0])

    monkeypatch.setattr("florecon_build.host.decisions.store.store.datetime", Clock)
    book = Book(tmp_path / "close.db")
    book.run(name_of(0), book_solver, rows_of(0), who="anna").close()
    shown[0] = "2000-02-01T09:00:00+00:00"
    assert book.close(name_of(0), who="ben", allow_open=True).status == "closed"
    audit = verify(book.store)
    assert (audit.ok, audit.is_intact) == (False, True)
    assert [fault.is_clock for fault in audit.faults] == [True]
    book.run(name_of(1), book_solver, rows_of(1), who="anna").close()
    assert book.close(name_of(1), who="ben", allow_open=True).status == "closed"
