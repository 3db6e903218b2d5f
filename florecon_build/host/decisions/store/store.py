"""Store: an append-only, hash-chained log of decisions with author, time and reason.

>>> import tempfile, pathlib
>>> store = Store(pathlib.Path(tempfile.mkdtemp()) / "recon.sqlite", book="2024-q1")
>>> entry = store.comment("the bank's file came late", who="anna")
>>> entry.seq, entry.hash == store.head
(1, True)
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from florecon_build.host.decisions.store.body import Id, is_int
from florecon_build.host.decisions.store.entry import (
    Draft,
    Entry,
    check_book_name,
    digest,
    genesis,
    sealed,
)
from florecon_build.host.decisions.store.ledger import Book, Decision
from florecon_build.host.decisions.store.table_rows import entry_of, row_of
from florecon_build.host.errors import BadCommand, FloreconError, StoreDamaged

if TYPE_CHECKING:
    import sqlalchemy as sa

COLUMNS = ("seq", "at", "who", "kind", "why", "input", "strategy", "body", "previous", "hash", "status", "checker")


class Store:
    """The history of one book: one reconciliation whose decisions belong together.

    Parameters: `where` is the path of a SQLite file (made if it is not there) or a `postgresql://` URL; `book` names
    the history in it, so that one database can keep many.
    Errors: `StoreError`, `MissingPackage`; `BadCommand` for a name of a book that no database keeps; `StoreDamaged`
    from the first call that reads a history that was tampered with (`fb.verify` reads it all the same).

    What a call returned is on the disk. Who somebody is, is for the application around the store to know: it writes
    down the name that it is given. Names that differ in case, spaces, or letters that look alike are one person; see
    `rename` for a person with two names.
    """

    def __init__(self, where: str | os.PathLike[str], *, book: str = "default") -> None:
        from florecon_build.host.decisions.store import database  # noqa: PLC0415 - most processes open no store

        self.book_name = check_book_name(book)
        self._database = database
        self._engine = database.connect(where)
        self._lock = threading.RLock()
        self._book = Book()
        self._last: int = 0
        self._head: str = genesis(book)
        self._fresh = False

    # Reading

    @property
    def book(self) -> Book:
        """The state of all decisions, as of the last `refresh` or write. Errors: `StoreDamaged`, `StoreError`."""
        self._read_once()
        return self._book

    @property
    def head(self) -> str:
        """The hash of the last entry, as of the last `refresh` or write.

        Kept elsewhere, it proves later, with `fb.verify(store, expect_head=...)`, that nothing up to it was cut off or
        written anew.
        """
        self._read_once()
        return self._head

    @property
    def known_head(self) -> str | None:
        """The head, or None while this object has not read the history."""
        return self._head if self._fresh else None

    def __len__(self) -> int:
        self._read_once()
        return self._last

    def refresh(self) -> None:
        """Reads the entries that others have appended.

        Errors: `StoreDamaged` where they do not continue the known history; `StoreError`.
        """
        with self._lock, self._reading() as connection:
            self._read(connection)

    def entries(self, after: int = 0) -> list[Entry]:
        """The entries with a number above `after`, in order. Errors: `BadCommand`, `StoreDamaged`, `StoreError`."""
        if not is_int(after):
            raise BadCommand(f"after is the number of an entry, not {after!r}")
        with self._reading() as connection:
            return [entry_of(row) for row in self._database.read(connection, self.book_name, after)]

    def history(self) -> pa.Table:
        """The history as an Arrow table, one row per entry.

        Columns: `seq, at, who, kind, why, input, strategy, body, previous, hash`, and `status` and `checker` as of now.
        Errors: `StoreDamaged`, `StoreError`.
        """
        self.refresh()
        lines: list[dict[str, Any]] = []
        for decision in self._book.decisions.values():
            line = row_of(self.book_name, decision.entry)
            lines.append({**line, "status": decision.status, "checker": decision.checker})
        kinds = {name: pa.int64() if name == "seq" else pa.string() for name in COLUMNS}
        return pa.Table.from_pylist(lines, schema=pa.schema(list(kinds.items())))

    def attachment(self, seq: int, name: str) -> bytes:
        """The attachment of an entry.

        Errors: `StoreDamaged` where it is gone, or is not what the entry's SHA-256 was made of; `StoreError`.
        """
        with self._reading() as connection:
            content = self._database.attachment(connection, self.book_name, seq, name)
        named = self.book.decisions[seq].entry.body.get("attachments", {}).get(name)
        if content is None or hashlib.sha256(content).hexdigest() != named:
            raise StoreDamaged(f"entry {seq}: its attachment {name!r} is gone, or was changed; fb.verify lists all")
        return content

    # Writing

    @contextmanager
    def writing(self) -> Generator[Writing]:
        """A transaction with an exclusive lock on the book: everything appended in it is stored, or nothing.

        It begins with reading what others have appended.
        Errors: `StoreDamaged`, `StoreError`.
        """
        with self._lock, self._database.translated("the store"):
            before = self._last
            try:
                with self._database.writing(self._engine, self.book_name) as connection:
                    self._read(connection)
                    before = self._last
                    writing = Writing(self)
                    yield writing
                    self._database.insert(connection, writing.rows)
                    self._database.attach(connection, writing.attachments)
            except BaseException:
                if self._last != before:
                    self._forget()
                raise

    def append(self, draft: Draft) -> Entry:
        """Appends one entry. Errors: those of `Book.check`; `StoreError`."""
        with self.writing() as writing:
            return writing.append(draft)

    def comment(self, text: str, *, who: str, ids: Sequence[Id] = (), target: int | None = None) -> Entry:
        """Appends a comment.

        Parameters: `ids` are the rows, `target` the number of the entry that it is about. Errors: `StoreError`.
        """
        body: dict[str, Any] = {"text": text}
        if ids:
            body["ids"] = list(ids)
        if target is not None:
            body["target"] = target
        return self.append(Draft(who=who, kind="comment", body=body))

    def require_second_person(self, amount: int | None, *, who: str, why: str | None = None) -> Decision:
        """Sets the policy: a decision of at least `amount` minor units waits for the approval of a second person.

        Parameters: `amount` None asks for nobody. What one person decided alone about the same rows counts together.
        A change of the policy in force waits for a second person itself.
        Errors: `BadCommand` for a negative amount; `StoreError`.
        """
        return self._decided(Draft(who=who, kind="policy", why=why, body={"second_person_from": amount}))

    def rename(self, old: str, new: str, *, who: str, why: str | None = None) -> Decision:
        """Makes two names one person, at once and for earlier decisions too; `fb.verify` lists what that person had
        approved of their own.

        Undoing it waits for a second person. Errors: `BadCommand` for what is no name; `StoreError`.
        """
        return self._decided(Draft(who=who, kind="rename", why=why, body={"from": old, "to": new}))

    def approve(self, seq: int, *, who: str, why: str | None = None) -> Decision:
        """Approves a pending decision, which is in force from now on.

        Errors: `NotPending`, `SamePerson`, `UnknownEntry`, `StoreError`.
        """
        return self._decided(Draft(who=who, kind="approve", why=why, body={"target": seq}))

    def reject(self, seq: int, *, who: str, why: str | None = None) -> Decision:
        """Rejects a pending decision. Errors: as `approve`."""
        return self._decided(Draft(who=who, kind="reject", why=why, body={"target": seq}))

    def undo(self, seq: int, *, who: str, why: str | None = None) -> Decision:
        """Takes an entry out of force, by another entry; undoing an undo puts it back.

        Errors: `NotPending` if it is out of force already, `UnknownEntry`, `StoreError`.
        """
        return self._decided(Draft(who=who, kind="undo", why=why, body={"target": seq}))

    def close(self) -> None:
        """Closes the connections."""
        self._engine.dispose()

    # Internals

    def raw(self) -> Generator[sa.Row[Any]]:
        """The table rows of the book, unverified."""
        with self._reading() as connection:
            yield from self._database.read(connection, self.book_name, 0)

    def raw_attachments(self) -> Generator[tuple[int, str, bytes]]:
        """The number, name and content of every attachment, unverified."""
        with self._reading() as connection:
            yield from self._database.attached(connection, self.book_name)

    def _decided(self, draft: Draft) -> Decision:
        entry = self.append(draft)
        return self._book.decisions[entry.seq]

    @contextmanager
    def _reading(self) -> Generator[sa.Connection]:
        with self._database.translated("the store"), self._engine.connect() as connection:
            yield connection

    def _read_once(self) -> None:
        if not self._fresh:
            self.refresh()

    def _read(self, connection: sa.Connection) -> None:
        """Reads new entries; refuses those that do not continue the known history."""
        found = self._database.last(connection, self.book_name)
        last, head = found if found is not None else (0, genesis(self.book_name))
        if last < self._last:
            raise StoreDamaged(f"the history ended at entry {self._last} when it was read before, and now at {last}")
        if last == self._last and head != self._head:
            raise StoreDamaged(f"entry {last} is not what it was when it was read before")
        for row in self._database.read(connection, self.book_name, self._last):
            self._take_read(entry_of(row))
        self._fresh = True

    def _take_read(self, entry: Entry) -> None:
        """Verifies that an entry continues the chain and keeps the rules, and adds it to the book."""
        if entry.seq != self._last + 1 or entry.previous != self._head or digest(self.book_name, entry) != entry.hash:
            raise StoreDamaged(f"the history breaks at entry {entry.seq}: lines were changed; fb.verify lists them all")
        try:
            self._take(entry)
        except StoreDamaged:
            raise
        except FloreconError as error:
            raise StoreDamaged(
                f"entry {entry.seq} breaks a rule: {error.message}; fb.verify lists all that do"
            ) from error

    def _take(self, entry: Entry) -> None:
        """Adds an entry to the book; where that is broken off, the history is read again when next needed."""
        try:
            self._book.add(entry)
            self._last, self._head = entry.seq, entry.hash
        except FloreconError:
            raise  # refused by a rule, with the book as it was
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        """Discards the state after a failed transaction; the history is read again when next needed."""
        self._book, self._fresh = Book(), False
        self._last, self._head = 0, genesis(self.book_name)


class Writing:
    """An open transaction of a store: rows, and attachments, that are inserted at its end."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: list[dict[str, object]] = []
        self.attachments: list[dict[str, object]] = []

    def append(self, draft: Draft) -> Entry:
        """Adds an entry, which is stored when the transaction commits. Errors: those of `Book.check`."""
        store = self._store
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        entry = sealed(draft, store.book_name, len(store) + 1, at, store.head)
        store._take(entry)  # pyright: ignore[reportPrivateUsage]  # the store's own other half
        self.rows.append(row_of(store.book_name, entry))
        for name, content in draft.attachments.items():
            line: dict[str, object] = {"book": store.book_name, "seq": entry.seq, "name": name, "content": content}
            self.attachments.append(line)
        return entry
