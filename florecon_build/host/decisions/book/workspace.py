"""Workspace of a period: the rows at hand with the decisions in force; every solve is recorded in the book."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pyarrow as pa

from florecon_build.host.decisions.balances import Balance
from florecon_build.host.decisions.book.kept_run import attachments_of, is_same_run
from florecon_build.host.decisions.book.result import Explained, Id, Item, Movements, Result, names_of, result_of
from florecon_build.host.decisions.book.tables import pack
from florecon_build.host.decisions.errors import BookError, StaleRun
from florecon_build.host.decisions.period import Span
from florecon_build.host.decisions.store.entry import Draft, Entry, text_of
from florecon_build.host.decisions.store.ledger import Book as Ledger
from florecon_build.host.decisions.store.store import Store, Writing
from florecon_build.host.decisions.stored_workspace import StoredWorkspace
from florecon_build.host.explain.open_rows import explain_open_rows
from florecon_build.host.report.report import Report
from florecon_build.host.runtime.session import Progress
from florecon_build.host.workspace import Workspace
from florecon_build.wire import UNMATCHED

ATTEMPTS = 5
SETTLED = ("book", "rows", "close", "reopen", "migrate", "withdraw")
"""Kinds of entries that change what a period begins with, so that its workspace is opened anew."""


class Moved(Exception):
    """Others changed the book while a run was solved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a run begins with: the rows at hand, and the entries that it appends before itself."""

    span: Span
    opening: int
    items: Mapping[Id, Item]
    movements: Movements
    module: str
    params: Mapping[str, Any]
    before: Sequence[Draft] = ()
    carried: int = 0
    new: int = 0
    known: int = 0
    restated: tuple[Id, ...] = ()
    late: int = 0
    explain: int = 0
    table: pa.Table = field(repr=False, default_factory=lambda: pa.table({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to.

    Counts of rows: `carried` from the last closed period, `new`, `known` (given again, unchanged), `late` (new rows
    dated before the period); `restated` names known rows whose content was replaced. `entry` is the number of the
    recorded run, `recorded` is false where nothing had changed since that run. `open` counts the open items, those
    without a reason code are `unexplained`; `unfit` are the numbers of decisions in force that do not fit the rows.
    """

    period: str
    carried: int
    new: int
    known: int
    restated: tuple[Id, ...]
    late: int
    balances: tuple[Balance, ...]
    open: int
    unexplained: int
    unfit: tuple[int, ...]
    entry: int
    head: str
    recorded: bool

    def as_data(self) -> dict[str, Any]:
        """The outcome as JSON data; amounts in minor units."""
        names = ("period", "carried", "new", "known", "late", "open", "unexplained", "entry", "head", "recorded")
        plain = {name: getattr(self, name) for name in names}
        balances = [each.as_data() for each in self.balances]
        return {**plain, "restated": list(self.restated), "unfit": list(self.unfit), "balances": balances}


class BookWorkspace(StoredWorkspace):
    """A period of a book at work: what `Book.run` returns.

    The verbs are those of a `StoredWorkspace`; `solve` records the run anew where something changed. Rows come by
    `Book.run` only.
    """

    def __init__(self, workspace: Workspace, store: Store, context: Context, *, who: str) -> None:
        self._context = context
        self._pending = list(context.before)
        self._settled = _settled(store.book)
        self._outcome: Outcome | None = None
        self._reasons: Mapping[str, str] = {}
        self._opening = True
        super().__init__(workspace, store, who=who)
        self._opening = False
        self._steps.run(self._record)

    @property
    def outcome(self) -> Outcome:
        """What the last recorded run came to."""
        if self._outcome is None:
            raise BookError("the run was not recorded")
        return self._outcome

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why the largest open items are open, by id as text, as of the last recorded run; see `Book.run`."""
        return self._reasons

    @property
    def rows_at_hand(self) -> pa.Table:
        """The rows of the period as they were given: the opening items and the new rows, in the declared columns."""
        return self._context.table

    @property
    def items(self) -> Mapping[Id, Item]:
        """The rows at hand by id: currency and account, original amount and amount at hand, first period."""
        return self._context.items

    def upsert(self, rows: object, **_: object) -> NoReturn:
        """Refused: rows of a book come by `Book.run`. Errors: `BookError`."""
        raise BookError("rows of a book come by book.run(period, solver, rows, who=...), which checks and keeps them")

    def remove(self, ids: object) -> NoReturn:
        """Refused, as `upsert`. Errors: `BookError`."""
        raise BookError("a book keeps the rows that it was given; give an item a code with resolve() instead")

    def solve(self, *, progress: bool | Progress = False, certify: bool = False) -> Report:
        """As `StoredWorkspace.solve`; the run is recorded in the book, unless nothing changed since the last one.

        Errors: `StaleRun` where others gave the book other rows, or closed the period.
        """
        for _ in range(ATTEMPTS):
            report = super().solve(progress=progress, certify=certify)
            if self._opening:
                return report
            try:
                self._steps.run(self._record)
                return report
            except Moved:
                continue
        raise StaleRun("others change the book faster than it is solved; run it again later")

    @contextmanager
    def _deciding(self) -> Generator[Writing]:
        """As for a stored workspace. Errors: `PeriodClosed` for a period that somebody has closed meanwhile."""
        with super()._deciding() as writing:
            self._store.book.periods.check_run(self._context.span.name)
            yield writing

    def _kept_params(self) -> Mapping[str, Any]:
        pending = [draft.body["values"] for draft in self._pending if draft.kind == "params"]
        return dict(ChainMap(*reversed(pending), dict(super()._kept_params())))

    def _record(self) -> None:
        """Appends the run, and what came before it, in one transaction. Errors: `Moved`."""
        report = self._workspace.report()
        result = self._result(report)
        reasons = explain_open_rows(self._workspace, result.largest_open(self._context.explain), names_of(self.about))
        attachments = {name: pack(getattr(result, name)) for name in ("groups", "allocations", "open")}
        attachments |= attachments_of(report, self.about, reasons)
        solved_at = self._store.head
        context = self._context
        with self._store.writing() as writing:
            book = self._store.book
            if _settled(book) != self._settled:
                if self._pending:
                    raise Moved
                raise StaleRun(f"the book was given other rows, or a period was closed; run {context.span.name} again")
            if self._store.head != solved_at:
                raise Moved
            for draft in self._pending:
                writing.append(draft)
            period = book.periods.known.get(context.span.name)
            body = self._body(result, 0 if period is None else _last(*period.rows, *period.withdrawals))
            draft = self._draft("run", body, None, attachments)
            last = None if period is None else period.run
            recorded = last is None or not is_same_run(last, text_of(draft)) or bool(book.changes_after(last.seq))
            entry = writing.append(draft) if recorded or last is None else last
        self._reasons = reasons
        self._pending.clear()
        self._settled = _settled(self._store.book)
        self._replayer.adopt()
        self._outcome = Outcome(
            period=context.span.name,
            carried=context.carried,
            new=context.new,
            known=context.known,
            restated=context.restated,
            late=context.late,
            balances=result.balances,
            open=result.open.num_rows,
            unexplained=result.unexplained,
            unfit=tuple(body["unfit"]),
            entry=entry.seq,
            head=self._store.head,
            recorded=recorded,
        )

    def _result(self, report: Report) -> Result:
        explained = {row_id: Explained.of(each) for row_id, each in self.resolutions.items()}
        placed = self._replayer.placed
        codes = {placed[each.seq]: each.entry.body["code"] for each in self.resolutions.values() if each.seq in placed}
        context = self._context
        return result_of(
            report,
            self.report(),
            self.about,
            items=context.items,
            movements=context.movements,
            explained=explained,
            cleared_codes=codes,
        )

    def _body(self, result: Result, rows: int) -> dict[str, Any]:
        about = self.about
        defaults = {param.name: param.default for param in about.params}
        return {
            "period": self._context.span.name,
            "opening": self._context.opening,
            "module": self._context.module,
            "strategy": about.strategy,
            "runtime": about.runtime,
            "version": about.version,
            "params": {**defaults, **self._params},
            "rows": rows,
            "balances": [each.as_data() for each in result.balances],
            "open": result.open.num_rows,
            "unexplained": result.unexplained,
            "consumed": self._consumed(set(result.open.column("id").to_pylist())),
            "unfit": [each.decision.seq for each in self.unfit],
        }

    def _consumed(self, open_ids: set[Id]) -> list[int]:
        """The decisions that a close of this run freezes: what they decided is no longer open."""
        placed = self._replayer.placed
        found: list[int] = []
        for decision in self._store.book.standing("pin", "merge", "resolve", "detach", "dissolve"):
            kept_open = decision.kind == "pin" and decision.entry.body.get("origin") == UNMATCHED
            still_open = all(member.id in open_ids for member in decision.members)
            if decision.kind in ("detach", "dissolve") or decision.entry.body.get("effect") == "carried" or kept_open:
                if not still_open:
                    found.append(decision.seq)
            elif decision.seq in placed:
                found.append(decision.seq)
        return found

    def _draft(
        self, kind: Any, body: Mapping[str, Any], why: str | None, attachments: Mapping[str, bytes] | None = None
    ) -> Draft:
        draft = super()._draft(kind, body, why)
        return Draft(
            who=draft.who,
            kind=draft.kind,
            body=body,
            why=why,
            input=draft.input,
            strategy=draft.strategy,
            attachments=attachments or {},
        )


def _last(*entries: Entry) -> int:
    return max((each.seq for each in entries), default=0)


def _settled(book: Ledger) -> int:
    """The number of the last entry that changes what a period begins with."""
    return max((seq for seq, each in book.decisions.items() if each.kind in SETTLED), default=0)
