"""Session journal: all commands that changed a session, or a snapshot and the commands after it.

A journal holds the rows that were sent. It is cut back once it holds many times what the session does: a snapshot then
takes the place of all that led to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from florecon_build.host.runtime.commands import encode
from florecon_build.host.runtime.instance import Payload

FLOOR = 10_000
"""Weight below which a journal is never replaced by a snapshot."""
FACTOR = 2
"""Weight limit as a multiple of the session's rows."""
SOLVES = 64
"""Number of replayed solves that weigh as much as ingesting all rows."""


BYTES_A_ROW = 1 << 10
"""Bytes of a JSON reply that are allowed for each row that was sent."""


class Blob:
    """Bytes as a payload for a module."""

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

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return 0 if self.payload is None else self.payload.size

    @property
    def sent(self) -> int:
        """Bytes of the payload, and those that a JSON reply may have for its rows."""
        return BYTES_A_ROW * self.rows + self.size


def has_edits(entries: Iterable[Entry]) -> bool:
    """Whether there are commands after the first solve."""
    first_solve = False
    for entry in entries:
        if first_solve:
            return True
        first_solve = entry.solves
    return False


def recording_links(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same commands, of which the first solve also records which rows can meet."""
    is_first = True
    for entry in entries:
        yield (
            replace(entry, command=encode("solve", {"links": True, "reply": "none"}))
            if (is_first and entry.solves)
            else entry
        )
        is_first = is_first and not entry.solves


@dataclass(frozen=True, slots=True)
class JournalMark:
    """A point of a journal to go back to, also when a snapshot has taken the place of its entries since."""

    entries: list[Entry]
    length: int
    weight: int


class Journal:
    """Entries in order, with a weight that decides when a snapshot replaces them.

    >>> journal = Journal()
    >>> journal.add(Entry(b"upsert", rows=10_000))
    >>> journal.is_due()
    False
    >>> journal.add(Entry(b"upsert", rows=10_000))
    >>> journal.is_due(), journal.is_outgrown(live=10_000)
    (True, True)
    >>> journal.restart(Entry(b"restore"), live=10_000)
    >>> len(journal), journal.is_due()
    (1, False)
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self.sent = 0
        self._weight = 0
        self._look_at = FLOOR
        self._live = 0
        self._least = 0  # the rows of the largest batch since a command that may have removed rows: all are there

    @staticmethod
    def of(entries: Iterable[Entry]) -> Journal:
        """A journal of these entries."""
        journal = Journal()
        for entry in entries:
            journal.add(entry)
        return journal

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(self, entry: Entry) -> None:
        """Appends an entry."""
        self._entries.append(entry)
        self.sent += entry.sent
        self._least = max(self._least, entry.rows) if entry.rows or entry.solves else 0
        self._weight += 1 + entry.rows + (max(self._live, self._least) // SOLVES if entry.solves else 0)

    def is_due(self) -> bool:
        """True when the session's row count has to be compared with the weight."""
        return self._weight > max(self._look_at, FACTOR * self._least)

    def is_outgrown(self, live: int) -> bool:
        """True when a session of `live` rows should be held as a snapshot; sets the weight of the next check."""
        self._live = live
        self._look_at = max(FLOOR, FACTOR * live)
        return self._weight > self._look_at

    def postpone(self) -> None:
        """Doubles the weight at which `is_due` is true again."""
        self._look_at = 2 * self._weight

    def restart(self, entry: Entry, live: int) -> None:
        """Replaces all entries by one that restores the present state."""
        self._entries = [entry]
        self.sent = entry.sent
        self._weight = 0
        self._live, self._least = live, 0
        self._look_at = max(FLOOR, FACTOR * live)

    def mark(self) -> JournalMark:
        """The present point."""
        return JournalMark(self._entries, len(self._entries), self._weight)

    def is_at(self, mark: JournalMark) -> bool:
        """True while nothing was added, dropped or replaced since the mark."""
        return self._entries is mark.entries and len(self._entries) == mark.length

    def back_to(self, mark: JournalMark) -> None:
        """Drops what was added since the mark."""
        del mark.entries[mark.length :]
        self._entries, self._weight, self._least = mark.entries, mark.weight, 0
        self.sent = sum(entry.sent for entry in self._entries)

    def clear(self) -> None:
        """Drops all entries."""
        self._entries.clear()
        self.sent, self._least = 0, 0
