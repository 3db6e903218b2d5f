"""Audit of a history: verifies the hash chain and the rules of its entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from florecon_build.host.decisions.store.entry import digest, genesis
from florecon_build.host.decisions.store.ledger import Book
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.decisions.store.table_rows import entry_of
from florecon_build.host.errors import FloreconError


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a history: `seq` is the entry's number, `what` describes it."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Audit:
    """How many entries were read, the hash of the last, and every fault."""

    entries: int
    head: str
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """True without faults."""
        return not self.faults


def verify(store: Store, *, head: str | None = None) -> Audit:
    """Reads the whole history and finds every edit, removal, insertion and move in it, and every broken rule.

    Parameters: `head` is a `store.head` that was kept elsewhere. Without it, two things leave no trace in the database
    itself: entries cut off at the end, and a history that somebody wrote anew from some entry to its end.
    Returns an `Audit`. Errors: `StoreError` if it cannot be read.

    >>> import tempfile, pathlib
    >>> store = Store(pathlib.Path(tempfile.mkdtemp()) / "recon.sqlite")
    >>> _ = store.comment("hello", who="anna")
    >>> verify(store, head=store.head).ok, verify(store, head="0" * 64).ok
    (True, False)
    """
    walk = _Walk(store.book_name)
    for row in store.raw():
        walk.step(row)
    for known in sorted({each for each in (head, store.known_head) if each} - walk.hashes):
        walk.fault(walk.last, f"the head {known[:12]}... is not in the history: it was cut off, or written anew")
    return Audit(walk.count, walk.previous, tuple(walk.faults))


class _Walk:
    """A pass over all entries that continues after a fault, so that every fault is found."""

    def __init__(self, book_name: str) -> None:
        self.faults: list[Fault] = []
        self.previous = genesis(book_name)
        self.hashes = {self.previous}
        self.last: int = 0
        self.count = 0
        self._name = book_name
        self._book = Book()

    def fault(self, seq: int, what: str) -> None:
        self.faults.append(Fault(seq, what))

    def step(self, row: sa.Row[Any]) -> None:
        seq = row.seq
        if seq != self.last + 1:
            self.fault(seq, f"it comes after entry {self.last}: what stood between was removed, or it was moved")
        elif row.previous != self.previous:
            self.fault(seq, "it does not follow the entry before it: one of the two was changed, moved or put in")
        try:
            entry = entry_of(row)
            if digest(self._name, entry) != row.hash:
                self.fault(seq, "its content is not what its hash was made of: it was changed")
            self._book.add(entry)
        except (FloreconError, TypeError, KeyError, AttributeError) as error:
            self.fault(seq, f"it breaks a rule: {error}")
        self.last, self.previous = seq, row.hash
        self.hashes.add(row.hash)
        self.count += 1
