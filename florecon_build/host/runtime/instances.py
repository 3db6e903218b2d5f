"""Instances of a session: one that answers, or several with a part of the rows each, and the replay that makes them.

The journal holds every command that changed something, with its rows. A module is deterministic, so replaying the
journal in a fresh instance gives the same state down to the group ids: after a trap or an exceeded limit nothing is
lost. The first rows may be divided among several instances; at the first command that these do not answer, one instance
takes their place, by the same replay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pyarrow as pa

from florecon_build.host.description import Description, parse
from florecon_build.host.errors import (
    BrokenReply,
    Cancelled,
    FloreconError,
    MemoryLimit,
    Poisoned,
    TimedOut,
    from_wire,
)
from florecon_build.host.frames import Frame
from florecon_build.host.report.arrays import one_array
from florecon_build.host.runtime.commands import decode
from florecon_build.host.runtime.division import Division, divide, divides, processors
from florecon_build.host.runtime.instance import Instance, Payload
from florecon_build.host.runtime.journal import Entry, Journal, has_edits, recording_links
from florecon_build.host.runtime.limits import WASM_PAGE, Deadline, Limits
from florecon_build.host.runtime.module import Module
from florecon_build.host.runtime.parallel_instances import ParallelInstances

LOG = logging.getLogger("florecon_build.host")
MOST_WORKERS = 8
"""Instances that are used at most unless their number is given."""
JSON_BYTES = 4 << 20
"""Bytes that a JSON reply may have besides those for each row that was shipped: as objects they take thirty times the
memory."""

T = TypeVar("T")


class Instances:
    """The instances of one session, of which there is one at first, and the journal that they are rebuilt from.

    `stopping` is set, from another thread too, to stop what runs. `current` is what answers; `rebuilt` counts how often
    it was rebuilt after a fault.
    """

    def __init__(self, module: Module, limits: Limits, workers: int | None) -> None:
        self._module = module
        self._limits = limits
        self._workers = workers
        self.journal = Journal()
        self.stopping = False
        self.rebuilt = 0
        self._records_links = False
        self.current: Instance | ParallelInstances = Instance(module, limits)
        self._running = self.current

    def cancel(self) -> None:
        """Stops what runs now, from another thread."""
        self.stopping = True
        self._running.cancel()

    def close(self) -> None:
        """Frees the memory and the journal."""
        self.journal.clear()
        self.current.close()

    # One instance

    def describe(self) -> Description:
        """The module's description of itself. Errors: `BadDescribe`."""
        about = parse(self._one().describe(), self._module.name)
        self._records_links = about.has("solve.links")
        return about

    def dispatch(
        self, command: bytes, rows: Payload | None, deadline: Deadline, *, is_edited_next: bool = True
    ) -> bytes:
        """Sends bytes to the one healthy instance; returns the reply.

        Parameters: where several instances are left for this command, the replay prepares for edits, unless there will
        hardly be any.
        """
        instance = self._one(links=is_edited_next)
        try:
            return instance.dispatch(command, rows, deadline)
        except Poisoned as error:
            if isinstance(error, MemoryLimit):
                error = self._with_rows(error, rows)
            self._comfort(error)
            raise error from error.__cause__

    def send(self, command: bytes, rows: Payload | None, deadline: Deadline) -> dict[str, Any]:
        """As `dispatch`; returns the reply's envelope. Errors: that of the command."""
        return self.envelope(self.dispatch(command, rows, deadline))

    def envelope(self, reply: bytes) -> dict[str, Any]:
        """The envelope of a reply. Errors: that of the command."""
        envelope = self.trusting(lambda: decode(reply, self._most_json()))
        if envelope.get("ok") is True:
            return envelope
        raise from_wire(envelope.get("error"))

    def trusting(self, work: Callable[[], T]) -> T:
        """Decodes a reply; one that breaks the contract poisons the instance."""
        try:
            return work()
        except BrokenReply as error:
            named = BrokenReply(f"{self._module.name}: {error.message}")
            self.current.poisoned = named
            raise named from error

    @contextmanager
    def after(self, entries: tuple[Entry, ...]) -> Generator[None]:
        """In the block, an instance of its own answers, in which these commands were carried out again."""
        now, journal = self.current, self.journal
        self.current = self._running = self._replayed(entries, links=has_edits(entries))
        try:
            self.journal = Journal.of(entries)
            yield
        finally:
            self.current.close()
            self.current = self._running = now
            self.journal = journal

    def _one(self, *, links: bool = True) -> Instance:
        """The one healthy instance: one that was poisoned is rebuilt, several are left for one."""
        spoiled = self.current.spoiled()
        if spoiled is not None:
            return self._rebuild(spoiled)
        return self._move(links=links) if isinstance(self.current, ParallelInstances) else self.current

    def _comfort(self, error: FloreconError) -> None:
        """Notes what happens next, where there is something to lose."""
        if self.journal:
            error.add_note(f"Nothing is lost: the next call rebuilds the workspace from its {len(self.journal)} steps.")

    def _with_rows(self, error: MemoryLimit, rows: Payload | None) -> MemoryLimit:
        """The same error with the number of rows that did not fit, and the way to solve more."""
        sent = sum(entry.rows for entry in self.journal) + (rows.rows if isinstance(rows, Frame) else 0)
        if not sent:
            return error
        advice = f"fewer than the {sent:,} rows that were sent fit; fb.reconcile solves a larger ledger in shards"
        return MemoryLimit(f"{error.message}: {advice}")

    def _most_json(self) -> int:
        """Bytes that a JSON reply may have, by the rows and snapshots that were sent."""
        return JSON_BYTES + self.journal.sent

    # Replay

    def _rebuild(self, cause: Poisoned) -> Instance:
        """Replaces the instance by a fresh one that has replayed the journal; the old one is freed before."""
        LOG.warning("rebuilding the workspace of %s from %d steps: %s", self._module.name, len(self.journal), cause)
        self.current.close()
        try:
            fresh = self._replayed(self.journal, links=has_edits(self.journal))
        except FloreconError as error:
            raise Poisoned(f"the workspace could not be rebuilt: {error} (it was poisoned by: {cause})") from error
        self.current = fresh
        self.rebuilt += 1
        return fresh

    def _replayed(self, entries: Iterable[Entry], limits: Limits | None = None, *, links: bool = False) -> Instance:
        """A fresh instance after these commands, under the session's limits or others.

        With `links` the first solve records which rows can meet, if the module does that, so that every solve after it
        runs only on what was edited; where time or memory do not allow it, the commands are carried out as they were.
        """
        if links and self._records_links:
            try:
                return self._carried_out(recording_links(entries), limits)
            except (MemoryLimit, TimedOut) as error:
                LOG.info("%s: replayed without links: %s", self._module.name, error)
                self._running.close()
        return self._carried_out(entries, limits)

    def _carried_out(self, entries: Iterable[Entry], limits: Limits | None) -> Instance:
        fresh = self._running = Instance(self._module, limits or self._limits)
        for entry in entries:
            answer = fresh.dispatch(entry.command, entry.payload, Deadline(self._limits.timeout))
            reply = decode(answer, self._most_json())
            if reply.get("ok") is not True:
                raise from_wire(reply.get("error"))
        return fresh

    # Several instances

    def divide(
        self, rows: Frame, about: Description, shard_keys: Callable[[Frame], pa.Table], *, is_first: bool
    ) -> Division | None:
        """The division of rows among several instances; None where one has to take them.

        Parameters: `shard_keys` has the module compute the keys of some rows; `is_first` says that no solve was before.
        """
        if self._workers == 1 or not is_first or not rows.rows or not divides(about):
            return None
        if any(entry.rows for entry in self.journal):
            return None
        most = self._workers or min(processors(), MOST_WORKERS)
        try:
            return divide(
                rows,
                about,
                lambda frame: one_array(shard_keys(frame), "shard_key"),
                most,
                if_it_pays=self._workers is None,
            )
        except (Cancelled, TimedOut):
            raise
        except FloreconError as error:
            LOG.info("%s: the rows are not divided: %s", self._module.name, error)
            return None

    def upsert_divided(self, command: bytes, division: Division, deadline: Deadline) -> bool:
        """Ingests rows in several instances, which take the place of the one; what these refuse is left to that one."""
        share = None if self._limits.max_memory is None else max(WASM_PAGE, self._limits.max_memory // division.parts)
        limits = replace(self._limits, max_memory=share)
        sent = Entry(command, division.frame, division.frame.rows).sent
        instances: list[Instance] = []
        try:
            for _ in range(division.parts):
                instances.append(self._replayed(self.journal, limits))
            parts = self._running = ParallelInstances(instances, division, self._most_json() + sent)
            parts.upsert(command, deadline)
        except FloreconError as error:
            for instance in instances:
                instance.close()
            self._running = self.current
            if self.stopping or isinstance(error, Cancelled | TimedOut):
                self._comfort(error)
                raise
            LOG.info("%s: one instance ingests the rows: %s", self._module.name, error)
            return False
        self.current.close()
        self.current = parts
        return True

    def in_parallel(self, work: Callable[[ParallelInstances], T]) -> T | None:
        """What several instances answer; None where one instance has to answer."""
        parts = self.current
        if not isinstance(parts, ParallelInstances) or parts.spoiled() is not None:
            return None
        try:
            return work(parts)
        except FloreconError as error:
            self.move_after(error)
            return None

    def move_after(self, error: FloreconError) -> None:
        """Leaves an error of several instances to one, which meets it again or does not; not one that stops a call."""
        if isinstance(error, Cancelled | TimedOut):
            self._comfort(error)
            raise error
        LOG.info("%s: one instance goes on: %s", self._module.name, error)
        self._move()

    def _move(self, *, links: bool = True) -> Instance:
        """Moves from several instances to one, which replays the journal; they are freed before.

        What they do not answer is an edit, as a rule, or is followed by one; with links, each takes milliseconds.
        """
        if self.stopping:
            raise Cancelled(f"{self._module.name}: the call was cancelled")
        self.current.close()
        fresh = self._replayed(self.journal, links=links)
        self.current = fresh
        return fresh
