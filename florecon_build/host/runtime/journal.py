"""Session journal: all commands that changed a session, or a snapshot and the commands after it.

A journal holds the rows that were sent. It is cut back once it holds many times what the session does: a snapshot then
takes the place of all that led to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from florecon_build.host.runtime.instance import Payload

FLOOR = 10_000
"""A journal that weighs less is kept as it is."""
FACTOR = 2
"""How many times the session's own rows a journal may weigh."""
SOLVES = 64
"""Repeating so many solves weighs as much as sending all rows again."""


class Blob:
    """Bytes on their way into a module."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def write(self, into: pa.Buffer) -> None:
        """Writes the bytes into a mutable buffer of their size."""
        memoryview(into).cast("B")[:] = self.data  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class Entry:
    """One command that changed the state, the payload that went with it, and how many rows that held."""

    command: bytes
    payload: Payload | None = None
    rows: int = 0
    solves: bool = False


class Journal:
    """Entries in their order, and when they are worth cutting back.

    >>> journal = Journal()
    >>> journal.add(Entry(b"upsert", rows=10_000))
    >>> journal.is_due(), journal.is_outgrown(live=10_000)
    (True, False)
    >>> journal.add(Entry(b"upsert", rows=10_000))
    >>> journal.is_outgrown(live=10_000)
    True
    >>> journal.restart(Entry(b"restore"), live=10_000)
    >>> len(journal), journal.is_due()
    (1, False)
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._weight = 0
        self._look_at = FLOOR
        self._live = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(self, entry: Entry) -> None:
        """Appends an entry."""
        self._entries.append(entry)
        self._weight += 1 + entry.rows + (self._live // SOLVES if entry.solves else 0)

    def is_due(self) -> bool:
        """Whether it is time to ask how many rows the session has."""
        return self._weight > self._look_at

    def is_outgrown(self, live: int) -> bool:
        """Whether a session of so many rows should be held as a snapshot; if not, when to ask again."""
        self._live = live
        self._look_at = max(FLOOR, FACTOR * live)
        return self._weight > self._look_at

    def postpone(self) -> None:
        """Asks again only when the journal weighs twice as much."""
        self._look_at = 2 * self._weight

    def restart(self, entry: Entry, live: int) -> None:
        """Begins anew with an entry that makes the session what it is now."""
        self._entries = [entry]
        self._weight = 0
        self._live = live
        self._look_at = max(FLOOR, FACTOR * live)

    def cut(self, length: int) -> None:
        """Forgets all but the first entries."""
        for entry in self._entries[length:]:
            self._weight -= 1 + entry.rows
        del self._entries[length:]

    def clear(self) -> None:
        """Lets go of everything."""
        self._entries.clear()
