"""Audit of a history: every kind of manipulation is detected."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from florecon_build.host import Store, StoreDamaged, verify
from florecon_build.host.decisions.store import Draft
from tests.host.decisions.store.conftest import Open

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


def test_sqlite_refuses_changes(tmp_path: Path) -> None:
    filled(tmp_path / "s")
    with sqlite3.connect(tmp_path / "s") as connection:
        for statement in ("UPDATE florecon_history SET who = 'x'", "DELETE FROM florecon_history"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_postgresql_refuses_changes_and_verify_finds_them(postgresql: str) -> None:
    open_store: Open = lambda: Store(postgresql, book="tampered")  # noqa: E731
    store = open_store()
    for text in ("one", "two", "three"):
        store.comment(text, who="anna")
    change: Callable[[psycopg.Connection], object] = lambda connection: connection.execute(  # noqa: E731
        "UPDATE florecon_history SET who = 'x' WHERE book = 'tampered' AND seq = 2"
    )
    with psycopg.connect(postgresql) as connection, pytest.raises(psycopg.Error, match="append-only"):
        change(connection)
    with psycopg.connect(postgresql) as connection:
        connection.execute("ALTER TABLE florecon_history DISABLE TRIGGER ALL")
        change(connection)
        connection.execute("ALTER TABLE florecon_history ENABLE TRIGGER ALL")
    assert [fault.seq for fault in verify(open_store()).faults] == [2]
