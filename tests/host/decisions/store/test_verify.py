"""Audit of a history: every kind of manipulation is detected."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from florecon_build.host import BadCommand, Store, StoreDamaged, verify
from florecon_build.host.decisions.store import Draft
from florecon_build.host.decisions.store.entry import genesis, sealed
from florecon_build.host.decisions.store.table_rows import row_of
from tests.host.decisions.store.conftest import Open

pytestmark = pytest.mark.slow

ENTRIES = 8
REST, FROM = "kind, why, input, strategy, body", "FROM florecon_history"
INTO = "INSERT INTO florecon_history SELECT book"
MEMBERS = [{"id": 1, "amount": 500, "of": 700}]


def filled(path: Path) -> Store:
    store = Store(path)
    for number in range(1, ENTRIES + 1):
        draft = Draft(who="anna", kind="pin", body={"members": MEMBERS, "origin": "flow", "n": number}, why=str(number))
        store.append(draft)
    return store


def tampered(path: Path, *statements: str) -> Store:
    """The store as another process finds it, after somebody who may write removed the triggers and did this."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER florecon_history_UPDATE")
        connection.execute("DROP TRIGGER florecon_history_DELETE")
        for statement in statements:
            connection.execute(statement)
    return Store(path)


EDITS = {
    "at": "'2001-01-01T00:00:00+00:00'",
    "who": "'ben'",
    "kind": "'merge'",
    "why": "NULL",
    "input": "'b'",
    "strategy": "'b'",
    "body": "replace(body, '500', '900')",
    "previous": f"'{'0' * 64}'",
    "hash": f"'{'0' * 64}'",
}


@pytest.mark.parametrize("column", EDITS)
@pytest.mark.parametrize("seq", [1, 4, ENTRIES])
def test_an_edit(tmp_path: Path, column: str, seq: int) -> None:
    filled(tmp_path / "s")
    store = tampered(tmp_path / "s", f"UPDATE florecon_history SET {column} = {EDITS[column]} WHERE seq = {seq}")
    audit = verify(store)
    assert seq in {fault.seq for fault in audit.faults}
    with pytest.raises(StoreDamaged):
        store.refresh()
    with pytest.raises(StoreDamaged):
        store.append(Draft(who="anna", kind="comment", body={"text": "on top"}))


@pytest.mark.parametrize(
    ("how", "statements", "at"),
    [
        ("a line removed", ["DELETE FROM florecon_history WHERE seq = 3"], 4),
        ("the first removed", ["DELETE FROM florecon_history WHERE seq = 1"], 2),
        (
            "a line removed and the rest renumbered",
            ["DELETE FROM florecon_history WHERE seq = 3", "UPDATE florecon_history SET seq = seq - 1 WHERE seq > 3"],
            3,
        ),
        (
            "two lines changed over",
            [
                "UPDATE florecon_history SET seq = 99 WHERE seq = 3",
                "UPDATE florecon_history SET seq = 3 WHERE seq = 4",
                "UPDATE florecon_history SET seq = 4 WHERE seq = 99",
            ],
            3,
        ),
        (
            "a line put in",
            [
                "UPDATE florecon_history SET seq = -(seq + 1) WHERE seq > 3",
                "UPDATE florecon_history SET seq = -seq WHERE seq < 0",
                f"{INTO}, 4, at, 'mallory', {REST}, previous, hash {FROM} WHERE seq = 3",
            ],
            4,
        ),
        (
            "a line put at the end",
            [f"{INTO}, 9, at, 'mallory', {REST}, hash, hash {FROM} WHERE seq = 8"],
            9,
        ),
        ("a body that is no JSON", ["UPDATE florecon_history SET body = '{' WHERE seq = 5"], 5),
        ("a body of another shape", ["UPDATE florecon_history SET body = '[]' WHERE seq = 5"], 5),
        ("bytes for text", ["UPDATE florecon_history SET who = x'00ff' WHERE seq = 5"], 5),
        ("another book's history", ["UPDATE florecon_history SET book = 'default', seq = seq + 0, previous = 'x'"], 1),
    ],
)
def test_a_removal_an_insertion_a_move(tmp_path: Path, how: str, statements: list[str], at: int) -> None:
    filled(tmp_path / "s")
    audit = verify(tampered(tmp_path / "s", *statements))
    assert at in {fault.seq for fault in audit.faults}, how


def test_a_history_under_another_name(tmp_path: Path) -> None:
    filled(tmp_path / "s")
    tampered(tmp_path / "s", "UPDATE florecon_history SET book = 'other'")
    assert verify(Store(tmp_path / "s", book="other")).faults[0].seq == 1


def test_what_was_cut_off_is_found_by_whoever_kept_the_head(tmp_path: Path) -> None:
    ours = filled(tmp_path / "s")
    head = ours.head
    cut = tampered(tmp_path / "s", "DELETE FROM florecon_history WHERE seq > 6")
    assert verify(cut).ok
    assert [fault.seq for fault in verify(cut, head=head).faults] == [6]
    assert not verify(ours).ok, "a store object that read the history remembers its head"
    assert verify(cut, head=cut.head).ok


def test_a_history_written_anew_is_found_by_the_head(tmp_path: Path) -> None:
    head = filled(tmp_path / "s").head
    cut = tampered(tmp_path / "s", "DELETE FROM florecon_history WHERE seq > 6")
    for _ in range(2):
        cut.append(Draft(who="anna", kind="comment", body={"text": "as if nothing had been"}))
    assert verify(cut).ok
    assert not verify(cut, head=head).ok


def test_an_approval_by_the_maker_is_found_though_its_hash_is_right(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.require_second_person(1, who="chief")
    entry = store.append(Draft(who="anna", kind="pin", body={"members": MEMBERS, "origin": "flow"}))
    forging = Store(tmp_path / "s")
    forging.book.check = lambda draft: None  # type: ignore[method-assign]
    forging.approve(entry.seq, who="anna")
    faults = verify(Store(tmp_path / "s")).faults
    assert [fault.seq for fault in faults] == [3]
    assert "anna's own" in faults[0].what


def test_an_approval_under_another_name_is_found_when_the_names_are_one_person(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.require_second_person(1, who="chief")
    entry = store.append(Draft(who="anna lind", kind="pin", body={"members": MEMBERS, "origin": "flow"}))
    store.approve(entry.seq, who="anna berg")
    assert verify(store).ok
    store.rename("Anna Lind", "Anna Berg", who="chief")
    (fault,) = verify(store).faults
    assert fault.seq == entry.seq
    assert fault.what == "'anna lind', who made it, answered it as 'anna berg'"


class Clock:
    """A clock that shows what the test says."""

    def __init__(self, *times: str) -> None:
        self.times = [datetime.fromisoformat(each) for each in times]

    def now(self, _: object) -> datetime:
        return self.times.pop(0)


def test_a_clock_that_was_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "s")
    clock = Clock(
        "2026-03-31T10:00:00+00:00",
        "2026-03-31T09:59:59.5+00:00",  # the clock of another machine
        "2026-03-31T09:00:00+00:00",
        "2026-03-31T09:30:00+00:00",
    )
    monkeypatch.setattr("florecon_build.host.decisions.store.store.datetime", clock)
    for text in ("one", "two", "three", "four"):
        store.comment(text, who="anna")
    assert [entry.body["text"] for entry in store.entries()] == ["one", "two", "three", "four"], "nothing is lost"
    (fault,) = verify(store).faults
    assert fault.seq == 3
    assert "2026-03-31T09:00:00.000000+00:00 is before that of the entry before it" in fault.what


@pytest.mark.parametrize("at", ["yesterday", "2026-03-31T10:00:00", "2026-03-31T10:00:00+02:00", ""])
def test_a_time_that_is_none_in_utc(tmp_path: Path, at: str) -> None:
    """The hash is made anew, as a forger would."""
    store = Store(tmp_path / "s")
    draft = Draft(who="anna", kind="comment", body={"text": "one"})
    entry = sealed(draft, "default", 1, at, genesis("default"))
    with store.writing() as writing:
        writing.rows.append(row_of("default", entry))
    assert [fault.what for fault in verify(store).faults] == [f"its time is no time in UTC: {at!r}"]


def test_what_cannot_be_known_is_said(tmp_path: Path) -> None:
    store = filled(tmp_path / "s")
    middle = store.entries()[4].hash
    assert verify(store).unproven.startswith("no head kept elsewhere was found")
    assert verify(store, expect_head=middle).unproven.startswith("the head proves entries 1 to 5")
    assert verify(store, expect_head="0" * 64).unproven.startswith("no head kept elsewhere was found")
    whole = verify(store, expect_head=f" {store.head.upper()}\n")
    assert (whole.ok, whole.proven_to, whole.unproven) == (True, ENTRIES, "")
    assert verify(Store(tmp_path / "empty")).unproven


def test_a_history_that_was_replaced_is_found_by_the_head(tmp_path: Path) -> None:
    head = filled(tmp_path / "s").head
    other = filled(tmp_path / "other")
    assert verify(other).ok
    assert [fault.seq for fault in verify(other, expect_head=head).faults] == [ENTRIES]


@pytest.mark.parametrize("head", ["", "abc", "0" * 63, "g" * 64, 7])
def test_what_is_no_head(tmp_path: Path, head: str) -> None:
    with pytest.raises(BadCommand, match="64 hexadecimal digits"):
        verify(Store(tmp_path / "s"), expect_head=head)


@pytest.mark.parametrize("value", ["'nine'", "x'00'", "1.5"])
def test_a_number_that_is_none(tmp_path: Path, value: str) -> None:
    filled(tmp_path / "s")
    store = tampered(tmp_path / "s", f"UPDATE florecon_history SET seq = {value} WHERE seq = 8")
    assert not verify(store).ok
    with pytest.raises(StoreDamaged, match="has the number"):
        store.refresh()


STORED = "book, seq, at, who, kind, why, input, strategy, body, previous, hash"
CHANGES = {
    "update": "UPDATE florecon_history SET who = 'x'",
    "update or replace": "UPDATE OR REPLACE florecon_history SET seq = 1 WHERE seq = 2",
    "delete": "DELETE FROM florecon_history",
    "insert or replace": f"INSERT OR REPLACE INTO florecon_history SELECT * {FROM} WHERE seq = 3",
    "replace": f"REPLACE INTO florecon_history SELECT book, seq, at, 'mallory', {REST}, previous, hash {FROM}",
    "upsert": f"INSERT INTO florecon_history SELECT * {FROM} WHERE seq = 3 ON CONFLICT DO UPDATE SET who = 'x'",
    "insert or ignore": f"INSERT OR IGNORE INTO florecon_history SELECT * {FROM} WHERE seq = 3",
}


@pytest.mark.parametrize("recursive", ["OFF", "ON"])
@pytest.mark.parametrize("how", CHANGES)
def test_sqlite_refuses_changes_by_whoever_is_connected(tmp_path: Path, how: str, recursive: str) -> None:
    before = filled(tmp_path / "s").entries()
    with closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {recursive}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(CHANGES[how])
    assert Store(tmp_path / "s").entries() == before


def test_no_row_number_replaces_another_line(tmp_path: Path) -> None:
    filled(tmp_path / "s")
    columns = f"rowid, {STORED}"
    statement = (
        f"INSERT OR REPLACE INTO florecon_history ({columns}) SELECT 1, book, 99, at, who, {REST}, 'p', 'h' {FROM}"
    )
    with (
        closing(sqlite3.connect(tmp_path / "s")) as connection,
        pytest.raises(sqlite3.OperationalError, match="rowid"),
    ):
        connection.execute(statement)


def test_triggers_that_were_removed_are_put_back_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(tmp_path / "s")
    tampered(tmp_path / "s")
    assert "put back: florecon_history_UPDATE, florecon_history_DELETE" in caplog.text
    with (
        closing(sqlite3.connect(tmp_path / "s")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(CHANGES["delete"])


def test_postgresql_refuses_changes_and_verify_finds_them(postgresql: str) -> None:
    open_store: Open = lambda: Store(postgresql, book="tampered")  # noqa: E731
    store = open_store()
    for text in ("one", "two", "three"):
        store.comment(text, who="anna")
    change: Callable[[psycopg.Connection], object] = lambda connection: connection.execute(  # noqa: E731
        "UPDATE florecon_history SET who = 'x' WHERE book = 'tampered' AND seq = 2"
    )
    upsert = """INSERT INTO florecon_history SELECT * FROM florecon_history WHERE book = 'tampered'
                ON CONFLICT (book, seq) DO UPDATE SET who = 'x'"""
    removal = "DELETE FROM florecon_history WHERE book = 'tampered'"
    for statement in (
        upsert,
        removal,
        "TRUNCATE florecon_history",
        f"SET session_replication_role = replica; {removal}",
    ):
        with psycopg.connect(postgresql) as connection, pytest.raises(psycopg.Error, match="append-only"):
            connection.execute(statement.encode())
    with psycopg.connect(postgresql) as connection, pytest.raises(psycopg.Error, match="append-only"):
        change(connection)
    with psycopg.connect(postgresql) as connection:
        connection.execute("ALTER TABLE florecon_history DISABLE TRIGGER ALL")
        change(connection)
        connection.execute("ALTER TABLE florecon_history ENABLE TRIGGER ALL")
    assert [fault.seq for fault in verify(open_store()).faults] == [2]
