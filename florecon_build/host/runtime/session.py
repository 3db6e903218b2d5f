"""Module session: commands and what they change, whole or not at all, and the reports, compared with what was shipped.

Each command that succeeded is added to the journal of its instances, which are rebuilt from it. A journal that has
grown many times larger than the session is replaced by a snapshot of it, after a solve: a snapshot does not say what
the solve before changed, and what comes after is compared with it.

A module's report is not believed: each one is compared with the rows that were shipped, whatever the module says of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeVar, cast

import pyarrow as pa

from florecon_build.host.description import Description
from florecon_build.host.errors import (
    BadCommand,
    BrokenReply,
    Busy,
    Cancelled,
    Closed,
    ConservationViolated,
    FloreconError,
    Poisoned,
    TimedOut,
    UnknownId,
    Unsupported,
)
from florecon_build.host.frames import Frame, empty
from florecon_build.host.report.changes import check_changes
from florecon_build.host.report.control import check_groups
from florecon_build.host.report.rows_table import rows_of
from florecon_build.host.report.shipped_rows import ShippedRows
from florecon_build.host.report.tables import CHANGES, SHARD_KEYS, from_json, read
from florecon_build.host.runtime.commands import all_pages, encode
from florecon_build.host.runtime.engine_module import Strategy
from florecon_build.host.runtime.instance import Payload
from florecon_build.host.runtime.instances import Instances
from florecon_build.host.runtime.journal import Blob, Entry, JournalMark
from florecon_build.host.runtime.limits import Deadline, Limits, interruptibly
from florecon_build.host.runtime.module import Module
from florecon_build.host.runtime.parallel_instances import ParallelInstances
from florecon_build.host.runtime.parameters import encode_params
from florecon_build.host.runtime.solve_steps import Step, solve_steps, solving, step_of
from florecon_build.wire import Op

LOG = logging.getLogger("florecon_build.host")

T = TypeVar("T")
Progress = Callable[[int, int], None]
EAGER_BYTES = 4 << 20
"""Size of what was sent up to which a report that somebody holds is read before the session changes."""
GROUPED = ("groups", "allocations")
"""The tables of a report that are compared with each other and with the rows that were shipped; `rows` follows from
them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point to roll back to: that of the journal, the rows shipped until then, and the solves."""

    journal: JournalMark
    shipped: ShippedRows
    since: ShippedRows | None
    solves: int
    since_solve: ShippedRows | None
    kept_changes: pa.Table | None


class Reading:
    """The tables of a session's report at one moment, read when they are first asked for.

    `at` is none while the session is still as it was; then the commands that led there, which are carried out again in
    an instance of their own when a table is asked for.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held: dict[str, pa.Table | FloreconError] = {}
        self._since = session.since_solve
        self.solve = session.solves
        self.at: tuple[tuple[Entry, ...], ShippedRows] | None = None

    def table(self, what: str) -> pa.Table:
        """One table; see `Session.reader`."""
        if what not in self._held:
            if what == "rows":
                self._held[what] = rows_of(self.table("groups"), self.table("allocations"))
            elif what != CHANGES and self.at is not None:
                self._held.update(self._session.past(*self.at))
            elif what in GROUPED:
                self._held.update(self._grouped())
            else:
                self._held[what] = self._session.stages() if what == "stages" else self._session.changes(self._since)
        found = self._held[what]
        if isinstance(found, FloreconError):
            raise found
        return found

    def _grouped(self) -> Mapping[str, pa.Table | FloreconError]:
        try:
            return self._session.grouped()
        except ConservationViolated as error:
            return dict.fromkeys(GROUPED, error)

    def keep(self) -> None:
        """Called before the session changes: reads what is small, and notes where the rest is to be found."""
        if self.at is not None:
            return
        names = ["stages"]
        if self.solve > 1 and self._session.says_changes:
            names.append(CHANGES)
        if self._session.sent <= EAGER_BYTES:
            names.append(GROUPED[0])
        for what in names:
            try:
                self.table(what)
            except (Unsupported, ConservationViolated) as error:
                self._held[what] = error
        self.at = self._session.moment()


class Session:
    """Session of a module, opened empty or from a snapshot; `strategy` is what the engine module is to run.

    `workers` is the most instances that the first rows may be divided among; None for as many as there are processors,
    where that pays. `max_memory` holds for all of them together.
    Errors of the module are raised as their types; see `errors`.
    """

    def __init__(
        self,
        module: Module,
        limits: Limits,
        config: Mapping[str, object] | None = None,
        snapshot: bytes | None = None,
        strategy: Strategy | None = None,
        *,
        workers: int | None = 1,
    ) -> None:
        self._module = module
        self._limits = limits
        self._lock = threading.Lock()
        self._instances = Instances(module, limits, workers)
        self._compacts = True
        self._unrecorded = False
        self._closed = False
        self._fetches = True
        self.solves = 0 if snapshot is None else 1
        """Number of solves, that of a snapshot included, so that the changes of a first one are known to be all."""
        self._since: ShippedRows | None = None
        self.since_solve: ShippedRows | None = None
        """The rows that were shipped between the last two solves; none where they are not known."""
        self._kept_changes: pa.Table | None = None
        """What the last solve changed, where a snapshot of after it is held."""
        self._strategy: dict[str, object] = {} if strategy is None else {"strategy": strategy.document}
        if strategy is None:
            self.about: Description = self._instances.describe()
            self._shipped = ShippedRows.none(self.about)
            if snapshot is None:
                fields = {} if config is None else {"config": encode_params(self.about, config)}
                self.change("init", fields, empty(self.about))
            else:
                self._work(lambda: self._restore(snapshot))
                self._shipped = self._shipped.restored()
            return
        # the engine module describes a strategy once it has it
        config = {} if config is None else encode_params(strategy, config)
        if snapshot is None:
            first = Entry(encode("init", {"config": config, **self._strategy, "reply": "none"}))
            self._work(lambda: self._begin(first))
        else:
            self._work(lambda: self._restore(snapshot))
        self.about = self._instances.describe()
        self._shipped = ShippedRows.none(self.about)
        if snapshot is not None:
            self._shipped = self._shipped.restored()

    def _begin(self, entry: Entry) -> None:
        self._instances.send(entry.command, entry.payload, Deadline(self._limits.timeout))
        self._instances.journal.add(entry)

    @property
    def rebuilt(self) -> int:
        """How often an instance had to be rebuilt after a limit or a fault."""
        return self._instances.rebuilt

    @property
    def digest(self) -> str:
        """The SHA-256 of the module."""
        return self._module.digest

    def close(self) -> None:
        """Frees the module's memory and the journal."""
        if not self._closed:
            self._work(self._free)

    def cancel(self) -> None:
        """Stops what runs now, from another thread; nothing where nothing runs."""
        if self._lock.locked():
            self._instances.cancel()

    def memory_bytes(self) -> int:
        """The module's linear memory, in bytes."""
        return self._instances.current.memory_bytes()

    def change(self, op: Op, fields: Mapping[str, object], rows: Frame | None = None) -> dict[str, Any]:
        """Carries out a command that changes the state, whole or not at all; returns the reply's envelope."""

        def work() -> dict[str, Any]:
            named = self._named(fields) if op == "remove" else fields
            command = encode(op, {**named, "reply": "none"})
            shipped = self._after(op, named, rows, self._shipped)
            deadline = Deadline(self._limits.timeout)
            is_divided = op == "upsert" and rows is not None and self._upsert_divided(command, rows, deadline)
            envelope = {} if is_divided else self._send_change(command, rows, deadline)
            self._since = None if self._since is None else self._after(op, named, rows, self._since)
            self._shipped = shipped
            self._record(Entry(command, rows, 0 if rows is None else rows.rows))
            return envelope

        return self._change(work)

    def dry_run(self, op: Op, fields: Mapping[str, object]) -> dict[str, Any]:
        """The envelope that a command would be answered with; nothing is changed. Errors: those of the command.

        A module without the extension `OP.dry_run` would ignore the argument: there the command is carried out and
        taken back, which rebuilds the session at the next call.
        """
        if f"{op}.dry_run" in self.about.extensions:
            command = encode(op, {**fields, "dry_run": True, "reply": "none"})
            return self._work(lambda: self._instances.send(command, None, Deadline(self._limits.timeout)))
        mark = self.mark()
        try:
            return self.change(op, fields)
        finally:
            self.back_to(mark)

    def mark(self) -> Mark:
        """The point that `back_to` rolls back to."""
        journal = self._instances.journal.mark()
        return Mark(journal, self._shipped, self._since, self.solves, self.since_solve, self._kept_changes)

    def back_to(self, mark: Mark) -> None:
        """Rolls back to the mark; the next call rebuilds that state, group ids included."""
        if self._unrecorded or not self._instances.journal.is_at(mark.journal):
            self._instances.current.poisoned = Cancelled(f"{self._module.name}: the last steps were taken back")
            self._instances.journal.back_to(mark.journal)
            self._shipped, self._since = mark.shipped, mark.since
            self.solves, self.since_solve, self._kept_changes = mark.solves, mark.since_solve, mark.kept_changes
            self._unrecorded = False

    def uninterrupted(self, work: Callable[[], T], stop: Callable[[], None]) -> T:
        """Runs work of several calls, of which Ctrl-C stops the one that is running; it never lands between two.

        Parameters: `stop` is called on an interrupt, so that the work makes no further call.
        """

        def ask() -> None:
            stop()
            self._ask()

        return interruptibly(work, ask, self.cancel)

    def solve(self, progress: Progress | None, certify: bool = False) -> int | None:
        """Solves in steps if the module does, so that progress shows and Ctrl-C leaves the state of before.

        The steps are always asked for: they grow to a tenth of a second, next to which asking costs nothing, and an
        interrupt between them spares the rebuilding that stopping a module inside a call costs. Says how many flows
        were certified, if that was asked and the module does it.
        """
        return self._change(lambda: self._solve(progress, Deadline(self._limits.timeout), certify))

    def snapshot(self) -> bytes:
        """The whole session as bytes. Errors: `Unsupported` for a module that takes none."""
        return self._work(self._snapshot)

    def explain(self, ids: list[int | str], *, apart: bool = False) -> dict[str, Any]:
        """The module's explanation of rows, `apart` each for itself, so that two are not compared.

        Errors: `UnknownId`; `Unsupported` for a module that does not explain, or not so.
        """
        if apart and not self.about.has("explain.apart"):
            raise Unsupported("this module does not explain rows apart: compile the strategy again")
        return self._work(lambda: self._explain(ids, apart=apart))

    def explain_apart(self, ids: list[int | str], most: int) -> Generator[dict[str, Any]]:
        """Explanations of rows, each for itself, of at most so many at once, not in the order of these ids.

        Instances that have a part of the rows each explain them in parallel. Errors: those of `explain`.
        """
        by_part = self._work(lambda: self._in_parallel(lambda parts: parts.by_part(ids))) or [(0, ids)]
        queues = [
            [(number, mine[start : start + most]) for start in range(0, len(mine), most)] for number, mine in by_part
        ]
        for turn in zip_longest(*queues):
            batches = [batch for batch in turn if batch is not None]
            yield from self._work(lambda batches=batches: self._explain_batches(batches))

    def shard_keys(self, frame: Frame) -> pa.Table:
        """A number for each row of a frame. Errors: of the rows; `Unsupported` for a module that does not divide."""
        return self._work(lambda: self._shard_keys(frame))

    @property
    def says_changes(self) -> bool:
        """Whether the module says what a solve changed."""
        return CHANGES in self.about.extensions

    def changes(self, since: ShippedRows | None = None) -> pa.Table:
        """The members of the groups that the last solve removed and added.

        Parameters: `since` has the rows that were shipped between the two solves, which the changes are compared with.
        Errors: `ConservationViolated`; `Unsupported` for a module that does not say it.
        """
        lines = self._work(self._changes) if self._kept_changes is None else self._kept_changes
        if since is not None:
            check_changes(lines, since)
        return lines

    def grouped(self) -> dict[str, pa.Table]:
        """The tables of groups and allocations, compared with each other and with the rows that were shipped."""
        return self._work(lambda: self._report(Deadline(self._limits.timeout)))

    def stages(self) -> pa.Table:
        """The counters of the nodes. Errors: `Unsupported`."""
        return self._work(lambda: self._stages(Deadline(self._limits.timeout)))

    @property
    def sent(self) -> int:
        """The size of what was sent: of payloads in bytes, and for each row as many as a JSON reply may have."""
        return self._instances.journal.sent

    def moment(self) -> tuple[tuple[Entry, ...], ShippedRows]:
        """The commands that led here, and the rows that they shipped, for `past`."""
        return tuple(self._instances.journal), self._shipped

    def past(self, entries: tuple[Entry, ...], shipped: ShippedRows) -> dict[str, pa.Table]:
        """The tables of groups and allocations as they were after these commands, which are carried out again."""

        def read_again() -> dict[str, pa.Table]:
            sent = self._shipped
            with self._instances.after(entries):
                try:
                    self._shipped = shipped
                    return self._report(Deadline(self._limits.timeout))
                finally:
                    self._shipped = sent

        return self._work(read_again, closed=True)

    def fetch(self, what: str) -> pa.Table:
        """One table of the report: `groups`, `allocations`, `rows` or `stages`; see `reader`."""
        return self.reader()(what)

    def reader(self) -> Callable[[str], pa.Table]:
        """A function that returns the tables of the report as it is when the first one is asked for.

        The first of `groups`, `allocations` and `rows` reads the first two, and compares them with each other and with
        the rows that were shipped; the rows are made from them. Errors: `ConservationViolated`, `BrokenReply`;
        `Unsupported` for `stages` of a module that does not count them.
        """
        return self.reading().table

    def reading(self) -> Reading:
        """The same, to be kept over changes of the session."""
        return Reading(self)

    def unchecked(self) -> dict[str, pa.Table]:
        """The tables of groups, allocations and rows as the module gives them, compared with nothing."""
        return self._work(lambda: self._as_given(("groups", "allocations", "rows"), Deadline(self._limits.timeout)))

    def _change(self, work: Callable[[], T]) -> T:
        """Runs work that changes the state; where it is broken off, even when it is done, the state is that before."""

        def whole() -> T:
            mark = self.mark()
            try:
                return interruptibly(work, self._ask, self.cancel)
            except BaseException:
                self.back_to(mark)
                raise

        return self._work(whole, interruptible=False)

    def _send_change(self, command: bytes, rows: Payload | None, deadline: Deadline) -> dict[str, Any]:
        """Sends a command that changes the state."""
        return self._unrecording(lambda: self._instances.send(command, rows, deadline))

    def _unrecording(self, work: Callable[[], T]) -> T:
        """Changes the state of the instances, which the journal does not have until `_record`."""
        self._unrecorded = True
        try:
            return work()
        except FloreconError:
            self._unrecorded = False  # refused, or poisoned: the state is that of the journal
            raise

    def _work(self, work: Callable[[], T], *, interruptible: bool = True, closed: bool = False) -> T:
        if not self._lock.acquire(blocking=False):
            raise Busy("this workspace is in use by another thread; give each thread its own, or take turns")
        try:
            if self._closed and not closed:
                raise Closed("this workspace was closed")
            self._instances.stopping = False
            return interruptibly(work, self._ask, self.cancel) if interruptible else work()
        finally:
            self._lock.release()

    def _free(self) -> None:
        self._closed = True
        self._instances.close()

    def _ask(self) -> None:
        self._instances.stopping = True

    def _solve(self, progress: Progress | None, deadline: Deadline, certify: bool = False) -> int | None:
        certified: int | None = None
        with closing(self._steps(deadline, certify)) as steps:
            for step in steps:
                certified = step.certified
                if progress is not None:
                    progress(step.done, step.total)
                if not step.is_last:
                    where = f"{self._module.name}: solve was stopped after {step.done} of {step.total}"
                    self._check(where, deadline)
        self.solves += 1
        self.since_solve, self._since = self._since, ShippedRows.none(self.about).restored()
        self._kept_changes = None
        self._record(Entry(encode("solve", {"reply": "none"}), solves=True))
        return certified

    def _restoring(self) -> bytes:
        return encode("restore", {"reply": "none", **self._strategy})

    def _restore(self, snapshot: bytes) -> None:
        try:
            self._begin(Entry(self._restoring(), Blob(snapshot)))
        except BadCommand as error:
            raise Unsupported(f"this module takes no snapshot back: {error.message}") from error

    def _explain(self, ids: list[int | str], *, apart: bool) -> dict[str, Any]:
        told = self._in_parallel(lambda parts: self._explained_by(parts, ids, apart=apart))
        if told is not None:
            if isinstance(told, FloreconError):
                raise told
            return told
        try:
            command = encode("explain", {"ids": ids, **({"apart": True} if apart else {})})
            envelope = self._instances.send(command, None, Deadline(self._limits.timeout))
        except BadCommand as error:
            if self.about.rich:
                raise
            raise Unsupported(f"this module does not explain itself: {error.message}") from error
        return self._instances.trusting(lambda: _object(envelope.get("explain"), "an explanation"))

    def _explained_by(
        self, parts: ParallelInstances, ids: list[int | str], *, apart: bool
    ) -> dict[str, Any] | FloreconError:
        """The explanation, or the error of ids or their number, which is that of one instance."""
        try:
            return parts.explain(ids, apart=apart, about=self.about, deadline=Deadline(self._limits.timeout))
        except (UnknownId, BadCommand) as error:
            return error

    def _explain_batches(self, batches: Sequence[tuple[int, list[int | str]]]) -> list[dict[str, Any]]:
        deadline = Deadline(self._limits.timeout)
        told = self._in_parallel(lambda parts: parts.explain_apart(batches, about=self.about, deadline=deadline))
        return told if told is not None else [self._explain(ids, apart=True) for _, ids in batches]

    def _shard_keys(self, frame: Frame) -> pa.Table:
        reply = self._instances.dispatch(encode("shard_keys", {}), frame, Deadline(self._limits.timeout))
        if reply.startswith(b"{"):
            try:
                self._instances.envelope(reply)
            except BadCommand as error:
                raise Unsupported(f"this module does not divide a ledger: {error.message}") from error
            self._instances.trusting(lambda: self._broken("shard_keys was answered with JSON", reply))
        return self._instances.trusting(lambda: self._for_each(frame, read(SHARD_KEYS, reply), reply))

    def _for_each(self, frame: Frame, table: pa.Table, reply: bytes) -> pa.Table:
        if table.num_rows != frame.rows or table["shard_key"].null_count:
            return self._broken(f"{frame.rows} rows were answered with {table.num_rows} shard keys", reply)
        return table

    def _changes(self) -> pa.Table:
        reply = self._instances.dispatch(encode("changes", {}), None, Deadline(self._limits.timeout))
        if not reply.startswith(b"{"):
            return self._instances.trusting(lambda: read(CHANGES, reply))
        try:
            self._instances.envelope(reply)
        except BadCommand as error:
            raise Unsupported(f"this module does not say what a solve changed: {error.message}") from error
        return self._instances.trusting(lambda: self._broken("changes was answered with JSON", reply))

    def _snapshot(self) -> bytes:
        deadline = Deadline(self._limits.timeout)
        reply = self._instances.dispatch(encode("snapshot", {}), None, deadline, is_edited_next=False)
        if not reply.startswith(b"{"):
            return reply
        try:
            self._instances.envelope(reply)
        except BadCommand as error:
            raise Unsupported(f"this module takes no snapshots: {error.message}") from error
        return self._instances.trusting(lambda: self._broken("snapshot was answered with JSON", reply))

    def _record(self, entry: Entry) -> None:
        """Appends a command that succeeded to the journal; a fault from here on does not undo it."""
        journal = self._instances.journal
        journal.add(entry)
        self._unrecorded = False
        is_settled = entry.solves or self.solves == 0
        if not (is_settled and self._compacts and self.about.rich and journal.is_due()):
            return
        try:
            counts = self._instances.send(encode("report", {"reply": "summary"}), None, Deadline(self._limits.timeout))
            live = self._instances.trusting(lambda: _live_rows(counts))
            if journal.is_outgrown(live):
                changes = self._changes() if self.solves > 1 and self.says_changes else None
                held = Blob(self._snapshot())
                self._kept_changes = changes
                journal.restart(Entry(self._restoring(), held), live)
        except Poisoned as error:
            LOG.warning("%s: no snapshot in place of %d steps: %s", self._module.name, len(journal), error)
            journal.postpone()
        except FloreconError:
            self._compacts = False  # a module without snapshots keeps its journal

    def _check(self, where: str, deadline: Deadline) -> None:
        """Ends a solve between two steps: the instance stays sound, and the next solve goes on from here."""
        if self._instances.stopping:
            raise Cancelled(where)
        if deadline.over():
            raise TimedOut(f"{where}: the {deadline.seconds:g} seconds are over; solve again to go on")

    def _named(self, fields: Mapping[str, object]) -> Mapping[str, object]:
        """The arguments of a removal with text ids in the place of their numbers, which only a report tells apart."""
        ids = cast("list[int | str]", fields["ids"])
        if not self.about.id_is_text or all(isinstance(row_id, str) for row_id in ids):
            return fields
        parts = self._report(Deadline(self._limits.timeout))["allocations"]
        if "id_text" not in parts.column_names:
            return fields
        names = dict(zip(parts["id"].to_pylist(), parts["id_text"].to_pylist(), strict=True))
        return {**fields, "ids": [names.get(row_id, row_id) for row_id in ids]}

    def _after(self, op: Op, fields: Mapping[str, object], rows: Frame | None, held: ShippedRows) -> ShippedRows:
        """The rows shipped to the session, or since some moment, once a command has succeeded."""
        if op in ("init", "upsert"):
            held = ShippedRows.none(self.about) if op == "init" else held
            return held.upserted(rows) if rows is not None and rows.rows else held
        if op == "remove":
            ids = cast("list[int | str]", fields["ids"])
            numbered = self.about.id_is_text and not all(isinstance(row_id, str) for row_id in ids)
            return held.restored() if numbered else held.removed(ids)
        return held

    def _report(self, deadline: Deadline) -> dict[str, pa.Table]:
        tables = self._in_parallel(lambda parts: parts.tables(deadline))
        if tables is None:
            tables = self._as_given(GROUPED, deadline)
            self._instances.trusting(lambda given=tables: check_groups(**given))
        self._shipped = self._shipped.compared_with_parts(**tables)
        return tables

    def _as_given(self, names: Sequence[str], deadline: Deadline) -> dict[str, pa.Table]:
        """Tables of groups, allocations and rows as the module gives them."""
        tables: dict[str, pa.Table] = {}
        for what in names:
            table = self._fetch(what, deadline) if self._fetches else None
            if table is None:
                self._fetches = False
                envelope = self._instances.send(encode("report", {}), None, deadline)
                given = self._instances.trusting(lambda given=envelope: from_json(given.get("report")))
                return {name: given[name] for name in names}
            tables[what] = table
        return tables

    def _stages(self, deadline: Deadline) -> pa.Table:
        added = self._in_parallel(lambda parts: parts.stages(deadline))
        if added is not None:
            return added
        table = self._fetch("stages", deadline) if self._fetches else None
        if table is None:
            self._fetches = False
            raise Unsupported("this module does not count what its stages do")
        return table

    def _fetch(self, what: str, deadline: Deadline) -> pa.Table | None:
        """The table, or None for a module without `fetch`."""
        if not self.about.has("fetch.count"):
            return self._page(what, {}, deadline)
        return all_pages(
            what,
            lambda page: self._page(what, page, deadline),
            lambda reason: self._instances.trusting(lambda: self._broken(reason, b"")),
        )

    def _page(self, what: str, page: Mapping[str, int], deadline: Deadline) -> pa.Table | None:
        reply = self._instances.dispatch(encode("fetch", {"what": what, **page}), None, deadline)
        if not reply.startswith(b"{"):
            return self._instances.trusting(lambda: read(what, reply))
        try:
            self._instances.envelope(reply)
        except BadCommand:
            if self.about.rich:
                raise
            return None
        return self._instances.trusting(lambda: self._broken("fetch was answered with JSON", reply))

    def _in_parallel(self, work: Callable[[ParallelInstances], T]) -> T | None:
        """What several instances answer after their first solve; None where one instance has to answer."""
        return self._instances.in_parallel(work) if self.solves == 1 else None

    def _upsert_divided(self, command: bytes, rows: Frame, deadline: Deadline) -> bool:
        """Ingests the first rows in several instances, if they divide."""
        division = self._instances.divide(rows, self.about, self._shard_keys, is_first=not self.solves)
        if division is None:
            return False
        return self._unrecording(lambda: self._instances.upsert_divided(command, division, deadline))

    def _steps(self, deadline: Deadline, certify: bool) -> Generator[Step]:
        """The steps of a solve; `_unrecorded` is set once it is over."""
        parts = self._instances.current
        if isinstance(parts, ParallelInstances) and not self.solves and parts.can_solve(certify=certify):
            try:
                for step in parts.steps(deadline, certify=certify):
                    self._unrecorded = step.is_last
                    yield step
                return
            except FloreconError as error:
                self._unrecorded = False
                self._instances.move_after(error)

        def ask(budget: int, before: int) -> Step:
            envelope = self._send_change(encode("solve", solving(budget, certify=certify)), None, deadline)
            step = self._instances.trusting(lambda: step_of(envelope, before))
            self._unrecorded = step.is_last
            return step

        yield from solve_steps(ask)

    def _broken(self, what: str, reply: bytes) -> Any:
        raise BrokenReply(f"{what} ({len(reply)} bytes)")


def _object(given: object, what: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BrokenReply(f"{what} is no object")
    return cast("dict[str, Any]", given)


def _live_rows(envelope: Mapping[str, Any]) -> int:
    summary = envelope.get("summary")
    rows = cast("dict[str, object]", summary).get("rows") if isinstance(summary, dict) else None
    if not isinstance(rows, int):
        raise BrokenReply("a summary does not say how many rows there are")
    return rows
