"""Store: entries, rules and concurrent writers, in SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from florecon_build.host import (
    BadCommand,
    NotPending,
    SamePerson,
    Store,
    StoreDamaged,
    StoreError,
    UnknownEntry,
    verify,
)
from florecon_build.host.decisions.store import Draft
from tests.host.decisions.store.conftest import Open

PAIR = {"members": [{"id": 1, "amount": 500, "of": 700}, {"id": 2, "amount": -500, "of": -500}], "origin": "flow"}


def pin(who: str = "anna", **body: Any) -> Draft:
    return Draft(who=who, kind="pin", body={**PAIR, **body}, why="agreed", input="a" * 64, strategy="f00d")


def test_what_was_appended_is_there_for_everybody(opened: Open) -> None:
    ours = opened()
    entry = ours.append(pin())
    ours.comment("see the bank's letter Ä€", who="ben", target=entry.seq)
    theirs = opened()
    assert theirs.entries() == ours.entries()
    assert [line["kind"] for line in theirs.history().to_pylist()] == ["pin", "comment"]
    first = theirs.entries()[0]
    assert (first.who, first.why, first.input, first.strategy) == ("anna", "agreed", "a" * 64, "f00d")
    assert first.body == PAIR
    assert first.at.endswith("+00:00")
    assert theirs.head == ours.head
    assert verify(theirs, head=ours.head).ok


def test_others_entries_come_by_refresh_and_before_a_write(opened: Open) -> None:
    ours, theirs = opened(), opened()
    assert len(ours) == len(theirs) == 0
    theirs.append(pin("ben"))
    assert len(ours) == 0
    ours.refresh()
    assert len(ours) == 1
    theirs.append(pin("ben"))
    assert ours.append(pin()).seq == 3


def test_books_of_one_database_are_apart(tmp_path: Path) -> None:
    one, other = (Store(tmp_path / "both.sqlite", book=book) for book in ("one", "other"))
    one.append(pin())
    assert len(other) == 0
    assert other.append(pin()).seq == 1
    assert one.head != other.head


def test_a_failed_transaction_leaves_nothing(opened: Open) -> None:
    store = opened()
    store.append(pin())

    def half() -> None:
        with store.writing() as writing:
            writing.append(pin())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert len(store) == len(opened()) == 1
    assert store.append(pin()).seq == 2


def test_two_writers_keep_one_chain(opened: Open) -> None:
    """Four threads with a store each: as separate to the database as processes are."""
    stores = [opened() for _ in range(4)]
    failures: list[BaseException] = []

    def work(store: Store, name: str) -> None:
        try:
            for number in range(8):
                store.append(Draft(who=name, kind="comment", body={"text": str(number)}))
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(store, f"w{at}")) for at, store in enumerate(stores)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    audit = verify(opened())
    assert (audit.entries, audit.faults) == (32, ())


def test_undo_and_undo_of_undo(opened: Open) -> None:
    store = opened()
    entry = store.append(pin())
    first = store.undo(entry.seq, who="anna", why="wrong customer")
    assert store.book.decisions[entry.seq].status == "undone"
    with pytest.raises(NotPending, match="entry 1 is undone already"):
        store.undo(entry.seq, who="anna")
    second = store.undo(first.seq, who="anna")
    assert store.book.decisions[entry.seq].status == "in force"
    store.undo(second.seq, who="anna")
    assert [each.status for each in opened().book.decisions.values()] == ["undone", "in force", "undone", "in force"]


def test_a_second_person(opened: Open) -> None:
    store = opened()
    store.require_second_person(500, who="chief")
    small = store.append(pin(members=[{"id": 1, "amount": 499, "of": 499}, {"id": 2, "amount": -499, "of": -499}]))
    large = store.append(pin())
    assert store.book.decisions[small.seq].status == "in force"
    assert [each.seq for each in store.book.pending()] == [large.seq]
    with pytest.raises(SamePerson, match="anna's own; a second person"):
        store.approve(large.seq, who="anna")
    store.approve(large.seq, who="ben", why="seen")
    decision = opened().book.decisions[large.seq]
    assert (decision.status, decision.checker) == ("in force", "ben")
    with pytest.raises(NotPending):
        store.reject(large.seq, who="ben")


def test_rejection_withdrawal_and_undo_of_what_two_agreed(opened: Open) -> None:
    store = opened()
    store.require_second_person(1, who="chief")
    rejected, withdrawn, agreed = (store.append(pin()) for _ in range(3))
    store.reject(rejected.seq, who="ben")
    store.undo(withdrawn.seq, who="anna")
    store.approve(agreed.seq, who="ben")
    undo = store.undo(agreed.seq, who="anna")
    assert undo.status == "pending"
    assert store.book.decisions[agreed.seq].status == "in force"
    store.approve(undo.seq, who="ben")
    statuses = [store.book.decisions[each.seq].status for each in (rejected, withdrawn, agreed)]
    assert statuses == ["rejected", "undone", "undone"]


def test_the_policy_guards_its_own_change(opened: Open) -> None:
    store = opened()
    store.require_second_person(1000, who="chief")
    off = store.require_second_person(None, who="anna")
    assert off.status == "pending"
    assert store.book.second_person_from == 1000
    store.approve(off.seq, who="chief")
    assert store.book.second_person_from is None


def test_tags(opened: Open) -> None:
    store = opened()
    store.append(Draft(who="anna", kind="tag", body={"ids": [1, 2], "label": "Review"}))
    second = store.append(Draft(who="anna", kind="tag", body={"ids": [2], "label": "FX"}))
    store.append(Draft(who="ben", kind="untag", body={"ids": [1], "label": "review"}))
    assert opened().book.tags.to_table().to_pylist() == [{"id": 2, "tag": "FX"}, {"id": 2, "tag": "Review"}]
    store.undo(second.seq, who="anna")
    assert opened().book.tags.of(2) == ("Review",)


@pytest.mark.parametrize(
    ("draft", "kind", "message"),
    [
        (Draft(who=" ", kind="comment", body={"text": "x"}), BadCommand, "says who"),
        (Draft(who="anna", kind="guess", body={}), BadCommand, "not 'guess'"),  # type: ignore[arg-type]
        (Draft(who="a\0", kind="comment", body={"text": "x"}), BadCommand, "NUL"),
        (Draft(who="anna", kind="comment", body={"text": "\ud800"}), BadCommand, "Unicode"),
        (Draft(who="anna", kind="comment", body={"text": object()}), BadCommand, "cannot be kept"),
        (Draft(who="anna", kind="comment", body={"text": float("nan")}), BadCommand, "cannot be kept"),
        (Draft(who="anna", kind="approve", body={"target": 1}), UnknownEntry, "no entry 1"),
        (Draft(who="anna", kind="undo", body={}), UnknownEntry, "no entry None"),
        (Draft(who="anna", kind="pin", body={"origin": "flow"}), BadCommand, "names its members"),
        (Draft(who="anna", kind="pin", body={"members": [{"id": 1}]}), BadCommand, "id, amount, of"),
        (Draft(who="anna", kind="tag", body={"ids": [1], "label": " "}), BadCommand, "has a label"),
        (Draft(who="anna", kind="policy", body={"second_person_from": -1}), BadCommand, "an amount in minor units"),
    ],
)
def test_entries_that_are_refused(tmp_path: Path, draft: Draft, kind: type[Exception], message: str) -> None:
    store = Store(tmp_path / "recon.sqlite")
    with pytest.raises(kind, match=message):
        store.append(draft)
    assert len(store) == len(Store(tmp_path / "recon.sqlite")) == 0


def test_what_is_no_store(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(broken)
    with pytest.raises(StoreError, match="unable to open"):
        Store(tmp_path / "no such folder" / "recon.sqlite")
    with pytest.raises(StoreError, match="not mysql"):
        Store("mysql://somewhere/else")
    with pytest.raises(StoreError, match="the database"):
        Store("postgresql://nobody@/none?host=/nowhere")


def test_a_history_that_shrank_or_changed_meanwhile_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "recon.sqlite"
    store = Store(path)
    store.append(pin())
    store.append(pin())
    store.close()
    path.unlink()
    other = Store(path)
    with pytest.raises(StoreDamaged, match="ended at entry 2 when it was read before, and now at 0"):
        store.refresh()
    other.append(pin("mallory"))
    other.append(pin("mallory"))
    with pytest.raises(StoreDamaged, match="entry 2 is not what it was"):
        store.append(pin())
    assert len(other) == 2
