"""Store: entries, rules and concurrent writers, in SQLite and PostgreSQL."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from contextlib import closing
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
from florecon_build.host.decisions.store import Draft, Entry
from florecon_build.host.decisions.store.entry import Kind
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


SPELLINGS = (
    "ANNA",
    " anna ",
    "an na",
    "an\u200bna",
    "\u0430nn\u0430",
    "\uff41nna",
    "anna\ufe0f",
    "\u202eanna",
    "\U0001d41anna",
)


@pytest.mark.parametrize("who", SPELLINGS)
def test_every_spelling_of_the_maker_is_the_maker(tmp_path: Path, who: str) -> None:
    store = Store(tmp_path / "recon.sqlite")
    store.require_second_person(500, who="chief")
    entry = store.append(pin("anna"))
    for answer in (store.approve, store.reject):
        with pytest.raises(SamePerson, match=r"anna's own; .* case, spaces and letters") as caught:
            answer(entry.seq, who=who)
        assert caught.value.message.isascii()
    assert store.book.decisions[entry.seq].status == "pending"


def test_a_renamed_person_is_the_maker_still(opened: Open) -> None:
    store = opened()
    store.require_second_person(500, who="chief")
    entry = store.append(pin("anna lind"))
    renamed = store.rename("Anna Lind", "Anna Berg", who="chief", why="married")
    with pytest.raises(SamePerson):
        opened().approve(entry.seq, who="anna berg")
    undo = store.undo(renamed.seq, who="anna berg")
    assert undo.status == "pending"
    with pytest.raises(SamePerson):
        store.approve(undo.seq, who="anna lind")
    with pytest.raises(SamePerson):
        store.approve(entry.seq, who="anna berg")
    store.approve(undo.seq, who="ben")
    assert opened().approve(entry.seq, who="anna berg").status == "in force", "two persons after all"


def test_the_undo_of_a_rename_needs_a_second_person_without_a_policy(opened: Open) -> None:
    store = opened()
    store.require_second_person(500, who="chief")
    entry = store.append(pin("anna"))
    renamed = store.rename("anna", "hanna", who="chief")
    off = store.require_second_person(None, who="chief")
    store.approve(off.seq, who="ben")
    assert store.undo(renamed.seq, who="hanna").status == "pending"
    with pytest.raises(SamePerson):
        store.approve(entry.seq, who="hanna")


def share(value: int, *rows: int, who: str = "anna", kind: Kind = "merge") -> Draft:
    """A decision of a value about a row and another one."""
    one, other = rows
    members = [{"id": one, "amount": value, "of": 9999}, {"id": other, "amount": -value, "of": -9999}]
    return Draft(who=who, kind=kind, body={"members": members, "origin": "manual", "ids": [one]})


def statuses(store: Store, entries: Iterable[Entry]) -> list[str]:
    return [store.book.decisions[entry.seq].status for entry in entries]


def test_a_large_decision_in_small_ones_waits(opened: Open) -> None:
    store = opened()
    store.require_second_person(100, who="chief")
    merges = [store.append(share(80, 1, 2)) for _ in range(5)]
    assert statuses(store, merges) == ["in force", *["pending"] * 4]
    spelled = store.append(share(80, 1, 3, who="ANN\u0410"))
    assert statuses(store, [spelled]) == ["pending"]
    elsewhere = [store.append(share(80, 10, 11)), store.append(share(80, 1, 2, who="ben"))]
    assert statuses(store, elsewhere) == ["in force"] * 2
    store.approve(merges[1].seq, who="ben")
    store.reject(merges[2].seq, who="ben")
    store.undo(merges[3].seq, who="anna")
    store.undo(merges[4].seq, who="anna")
    store.undo(spelled.seq, who="anna")
    assert statuses(store, [store.append(share(19, 2, 1))]) == ["in force"], "what two agreed counts no more"
    assert statuses(store, [store.append(share(1, 2, 1))]) == ["pending"], "and 80, 19 and 1 are 100"


@pytest.mark.parametrize("kind", ["pin", "merge", "dissolve", "detach"])
def test_all_kinds_count_together(tmp_path: Path, kind: Kind) -> None:
    store = Store(tmp_path / "recon.sqlite")
    store.require_second_person(100, who="chief")
    assert statuses(store, [store.append(share(60, 1, 2)), store.append(share(60, 2, 3, kind=kind))]) == [
        "in force",
        "pending",
    ]


def test_a_corrected_decision_counts_once(opened: Open) -> None:
    store = opened()
    store.require_second_person(100, who="chief")
    for _ in range(3):
        entry = store.append(share(80, 1, 2))
        assert statuses(store, [entry]) == ["in force"]
        assert store.undo(entry.seq, who="anna").status == "in force"


def test_what_is_put_back_counts(opened: Open) -> None:
    store = opened()
    store.require_second_person(100, who="chief")
    first = store.append(share(80, 1, 2))
    undo = store.undo(first.seq, who="anna")
    second = store.append(share(80, 1, 2))
    again = [store.undo(undo.seq, who=who) for who in ("anna", "ben")]
    assert [each.status for each in again] == ["pending", "pending"]
    assert statuses(store, [first, second]) == ["undone", "in force"]


def test_what_is_taken_back_from_another_counts(opened: Open) -> None:
    store = opened()
    store.require_second_person(100, who="chief")
    made = [store.append(share(60, 1, at, who=who)) for at, who in ((2, "anna"), (3, "carl"), (4, "dora"))]
    undos = [store.undo(each.seq, who="ben") for each in made]
    assert [each.status for each in undos] == ["in force", "pending", "pending"]


def test_what_its_maker_would_put_back_by_approving_waits_for_another(opened: Open) -> None:
    store = opened()
    store.require_second_person(100, who="chief")
    entry = store.append(pin())
    undo = store.undo(entry.seq, who="ben")
    back = store.undo(undo.seq, who="ben")
    assert (undo.status, back.status) == ("in force", "pending")
    with pytest.raises(SamePerson, match="entry 2 is anna's own"):
        store.approve(back.seq, who="anna")
    store.approve(back.seq, who="carl")
    assert statuses(store, [entry]) == ["in force"]


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
        (Draft(who="anna", kind="policy", body={}), BadCommand, "an amount in minor units"),
        (Draft(who="\u200b", kind="comment", body={"text": "x"}), BadCommand, "says who"),
        (Draft(who=7, kind="comment", body={"text": "x"}), BadCommand, "who is text"),  # type: ignore[arg-type]
        (Draft(who="anna", kind="comment", why=7, body={"text": "x"}), BadCommand, "why"),  # type: ignore[arg-type]
        (Draft(who="anna", kind="comment", input=None, body={"text": "x"}), BadCommand, "input"),  # type: ignore[arg-type]
        (Draft(who="anna", kind="comment", body=["text"]), BadCommand, "is an object"),  # type: ignore[arg-type]
        (Draft(who="anna", kind="comment", body={"text": 7}), BadCommand, "has a text"),
        (Draft(who="anna", kind="comment", body={"text": "x", "ids": [[1]]}), BadCommand, "list of row ids"),
        (Draft(who="anna", kind="comment", body={"text": "x", "target": 4}), UnknownEntry, "no entry 4"),
        (Draft(who="anna", kind="tag", body={"ids": 7, "label": "x"}), BadCommand, "list of row ids"),
        (Draft(who="anna", kind="tag", body={"ids": [True], "label": "x"}), BadCommand, "list of row ids"),
        (Draft(who="anna", kind="untag", body={"ids": [1]}), BadCommand, "has a label"),
        (Draft(who="anna", kind="pin", body={"members": 7}), BadCommand, "names its members"),
        (Draft(who="anna", kind="pin", body={"members": []}), BadCommand, "names its members"),
        (Draft(who="anna", kind="pin", body={"members": ["x"]}), BadCommand, "id, amount, of"),
        (Draft(who="anna", kind="pin", body={"members": [{"id": [], "amount": 1, "of": 1}]}), BadCommand, "id, amount"),
        (Draft(who="anna", kind="pin", body={"members": [{"id": 1, "amount": 1.5, "of": 1}]}), BadCommand, "amount"),
        (Draft(who="anna", kind="pin", body={"members": [{"id": 1, "amount": 2**63, "of": 1}]}), BadCommand, "amount"),
        (Draft(who="anna", kind="pin", body={"members": [*PAIR["members"], PAIR["members"][0]]}), BadCommand, "once"),
        (Draft(who="anna", kind="merge", body={**PAIR, "origin": 7}), BadCommand, "origin"),
        (Draft(who="anna", kind="detach", body=PAIR), BadCommand, "list of row ids"),
        (Draft(who="anna", kind="undo", body={"target": True}), UnknownEntry, "no entry True"),
        (Draft(who="anna", kind="undo", body={"target": [1]}), UnknownEntry, "no entry"),
        (Draft(who="anna", kind="rename", body={"from": "a"}), BadCommand, "name is text"),
        (Draft(who="anna", kind="rename", body={"from": "a", "to": " "}), BadCommand, "says who"),
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
    with pytest.raises(StoreError, match="the database"):
        Store("postgresql://host:port/none")
    with pytest.raises(StoreError, match="null"):
        Store("a\0b")
    with pytest.raises(StoreError):
        Store("\ud800.sqlite")


IN_MEMORY = (
    ":memory:",
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite:///file:here?mode=memory&cache=shared&uri=true",
    "sqlite:///file:/here?vfs=memdb&uri=true",
)


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
@pytest.mark.parametrize("where", ["", "  ", *IN_MEMORY])
def test_what_would_keep_nothing(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="in memory" if where in IN_MEMORY else "empty text"):
        Store(where)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("book", ["", " ", "a\0b", "\ud800", 7, None])
def test_names_of_books_that_are_refused(tmp_path: Path, book: Any) -> None:
    with pytest.raises(BadCommand, match="book"):
        Store(tmp_path / "recon.sqlite", book=book)


@pytest.mark.parametrize("after", ["1", None, 2**70, True])
def test_entries_after_what_is_no_number(tmp_path: Path, after: Any) -> None:
    with pytest.raises(BadCommand, match="number of an entry"):
        Store(tmp_path / "recon.sqlite").entries(after)


def test_damaged_databases(tmp_path: Path) -> None:
    """Bytes overwritten, pages exchanged, ends cut off: everything raises a typed error or finds nothing changed."""
    path = tmp_path / "recon.sqlite"
    store = Store(path)
    store.require_second_person(500, who="chief")
    for _ in range(12):
        store.append(pin())
    store.approve(2, who="ben")
    history, head = store.history(), store.head
    store.close()
    whole = path.read_bytes()
    rng = random.Random(20_261_127)
    found = 0
    for at in range(120):
        damaged = tmp_path / f"{at}.sqlite"
        damaged.write_bytes(damage(whole, rng))
        try:
            with closing(Store(damaged)) as again:
                if verify(again, expect_head=head).ok:
                    assert again.history().equals(history)
                    continue
                faults = verify(again).faults
                if any("attachment" not in fault.what for fault in faults):
                    again.append(pin())
                    pytest.fail("a damaged history was gone on with")
                assert faults or len(again) < len(store), "entries cut off at the end are found by the head alone"
        except StoreError:
            pass
        found += 1
    assert found > 60


def damage(whole: bytes, rng: random.Random) -> bytes:
    """The bytes of a database with one damage."""
    data = bytearray(whole)
    page = 4096
    match rng.randrange(4):
        case 0:
            del data[rng.randrange(len(data)) :]
        case 1:
            one, other = (page * rng.randrange(len(data) // page) for _ in range(2))
            data[one : one + page] = data[other : other + page]
        case 2:
            start = rng.randrange(len(data) - 600)
            data[start : start + 600] = rng.randbytes(600)
        case _:
            for _ in range(8):
                data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


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
