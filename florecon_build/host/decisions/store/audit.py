"""Audit of a history: verifies the hash chain and the rules of its entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, cast

from florecon_build.host.decisions.store.entry import Entry, digest, genesis
from florecon_build.host.decisions.store.ledger import Book
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.decisions.store.table_rows import entry_of, number_of
from florecon_build.host.errors import BadCommand, FloreconError, StoreDamaged

if TYPE_CHECKING:
    import sqlalchemy as sa

CLOCK_SKEW = timedelta(seconds=1)
"""Difference of the clocks of two machines that write to one store, which is no fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a history: `seq` is the entry's number, `what` describes it.

    `is_clock` marks a time before that of the entry before it, which a clock that was put back explains.
    """

    seq: int
    what: str
    is_clock: bool = False


@dataclass(frozen=True, slots=True)
class Audit:
    """How many entries were read, the hash of the last, every fault, and up to which entry a head kept elsewhere
    proves that nothing is missing or written anew (0 without one).
    """

    entries: int
    head: str
    faults: tuple[Fault, ...]
    proven_to: int = 0

    @property
    def ok(self) -> bool:
        """True without faults. It says nothing of what is in `unproven`."""
        return not self.faults

    @property
    def is_intact(self) -> bool:
        """True if nothing is wrong but times, which say nothing of the entries' content and order."""
        return all(fault.is_clock for fault in self.faults)

    @property
    def unproven(self) -> str:
        """What the database alone cannot show, as a sentence; empty where the head of the last entry was given."""
        if self.proven_to and self.proven_to == self.entries:
            return ""
        if not self.proven_to:
            return (
                "no head kept elsewhere was found: whether entries were cut off at the end, or the whole history was"
                " written anew, cannot be known"
            )
        return (
            f"the head proves entries 1 to {self.proven_to}: whether later entries were cut off or written anew"
            " cannot be known"
        )


class HasStore(Protocol):
    """A book, which has a store underneath."""

    @property
    def store(self) -> Store: ...


def verify(store: Store | HasStore, *, expect_head: str | None = None, head: str | None = None) -> Audit:
    """Reads the whole history and finds every edit, removal, insertion and move in it, every broken rule, every
    decision that its own maker approved, every period that its own maker closed where a second person was required,
    and every time before that of the entry before it. What is attached to entries, as the rows of a book's periods are,
    is held to the SHA-256 in them.

    Parameters: `store` is a `Store` or a `Book`; `expect_head` is a `head` of it that was kept elsewhere, `head` an
    earlier name for it. Without it, two things leave no trace in the database itself: entries cut off at the end, and a
    history that somebody wrote anew from some entry to its end. `unproven` of the audit says so.
    Returns an `Audit`. Errors: `BadCommand` for what is no head; `StoreError` if the store cannot be read.

    >>> import tempfile, pathlib
    >>> store = Store(pathlib.Path(tempfile.mkdtemp()) / "recon.sqlite")
    >>> _ = store.comment("hello", who="anna")
    >>> verify(store, expect_head=store.head).ok, verify(store, expect_head="0" * 64).ok
    (True, False)
    """
    wanted = {_head(each) for each in (expect_head, head) if each is not None}
    store = store if isinstance(store, Store) else store.store
    walk = _Walk(store.book_name)
    for row in store.raw():
        walk.step(row)
    walk.check_attachments(store.raw_attachments())
    walk.check_approvals()
    walk.check_closes()
    for known in sorted((wanted | {store.known_head or walk.previous}) - walk.hashes.keys()):
        walk.fault(walk.last, f"the head {known[:12]}... is not in the history: it was cut off, or written anew")
    proven_to = max((walk.hashes.get(each, 0) for each in wanted), default=0)
    return Audit(walk.count, walk.previous, tuple(walk.faults), proven_to)


def _head(given: object) -> str:
    text = given.strip().lower() if isinstance(given, str) else ""
    if len(text) != len(genesis("")) or not set(text) <= set("0123456789abcdef"):
        raise BadCommand(f"a head is 64 hexadecimal digits, as store.head has them, not {given!r}")
    return text


class _Walk:
    """A pass over all entries that continues after a fault, so that every fault is found."""

    def __init__(self, book_name: str) -> None:
        self.faults: list[Fault] = []
        self.previous = genesis(book_name)
        self.hashes = {self.previous: 0}
        self.last: int = 0
        self.count = 0
        self._name = book_name
        self._book = Book()
        self._at: datetime | None = None
        self._attached: dict[tuple[int, str], object] = {}
        self._by_second_person: set[int] = set()

    def fault(self, seq: int, what: str, *, is_clock: bool = False) -> None:
        self.faults.append(Fault(seq, what, is_clock))

    def step(self, row: sa.Row[Any]) -> None:
        self.count += 1
        try:
            seq = number_of(row.seq)
        except StoreDamaged as error:
            self.fault(self.last, f"after it: {error.message}")
            return
        if seq != self.last + 1:
            self.fault(seq, f"it comes after entry {self.last}: what stood between was removed, or it was moved")
        elif row.previous != self.previous:
            self.fault(seq, "it does not follow the entry before it: one of the two was changed, moved or put in")
        try:
            entry = entry_of(row)
            if digest(self._name, entry) != row.hash:
                self.fault(seq, "its content is not what its hash was made of: it was changed")
            self._check_time(entry)
            named = entry.body.get("attachments")
            for name, digest_of in cast("Mapping[str, object]", named if isinstance(named, dict) else {}).items():
                self._attached[seq, name] = digest_of
            self._book.add(entry)
            if entry.kind == "close" and self._book.second_person_from is not None:
                self._by_second_person.add(seq)
        except FloreconError as error:
            self.fault(seq, f"it breaks a rule: {error}")
        self.last, self.previous = seq, str(row.hash)
        self.hashes[self.previous] = seq

    def check_approvals(self) -> None:
        """Finds approvals by the maker, which a later entry may show: it says that two names are one person."""
        for decision in self._book.decisions.values():
            checker = decision.checker
            if checker is not None and self._book.people.is_same(decision.entry.who, checker):
                self.fault(decision.seq, f"{decision.entry.who!r}, who made it, answered it as {checker!r}")

    def check_closes(self) -> None:
        """Finds periods that one of their makers closed, where a second person was required, as `check_approvals`."""
        for period in self._book.periods.known.values():
            close = period.close
            if close is None or close.seq not in self._by_second_person:
                continue
            for maker in map(str, close.body.get("makers", ())):
                if self._book.people.is_same(maker, close.who):
                    what = f"{close.who!r}, who closed {period.name}, worked on it as {maker!r}; reopen it, and let a"
                    self.fault(close.seq, f"{what} second person close it")

    def check_attachments(self, found: Iterable[tuple[int, str, bytes]]) -> None:
        """Holds the attachments to the hashes that the entries have of them."""
        missing = dict(self._attached)
        for seq, name, content in found:
            expected = missing.pop((seq, name), None)
            if expected is None:
                self.fault(seq, f"its attachment {name!r} was put in: the entry has none of that name")
            elif hashlib.sha256(content).hexdigest() != expected:
                self.fault(seq, f"its attachment {name!r} is not what its hash was made of: it was changed")
        for seq, name in missing:
            self.fault(seq, f"its attachment {name!r} was removed")

    def _check_time(self, entry: Entry) -> None:
        try:
            at = datetime.fromisoformat(entry.at)
        except ValueError:
            at = None
        if at is None or at.utcoffset() != timedelta():
            self.fault(entry.seq, f"its time is no time in UTC: {entry.at!r}")
            return
        if self._at is not None and self._at - at >= CLOCK_SKEW:
            self.fault(
                entry.seq,
                f"its time {entry.at} is before that of the entry before it, {self._at.isoformat()}:"
                " a clock was put back, or the time was made up",
                is_clock=True,
            )
        self._at = at
