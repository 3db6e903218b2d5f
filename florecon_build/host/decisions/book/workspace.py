"""Workspace of a period: the rows at hand with the decisions in force; every solve is recorded in the book."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import pyarrow as pa

from florecon_build.host.decisions.book.kept_run import STAGES, attachments_of
from florecon_build.host.decisions.book.recording import (
    Context,
    Moved,
    Outcome,
    Solved,
    cleared_codes,
    explained,
    record,
    settled,
)
from florecon_build.host.decisions.book.result import Id, Item, Result, names_of, result_of
from florecon_build.host.decisions.errors import BookError, StaleRun
from florecon_build.host.decisions.store.store import Store, Writing
from florecon_build.host.decisions.stored_workspace import StoredWorkspace
from florecon_build.host.explain.open_rows import explain_open_rows
from florecon_build.host.report.report import Report
from florecon_build.host.runtime.session import Progress
from florecon_build.host.workspace import Workspace

ATTEMPTS = 5


class BookWorkspace(StoredWorkspace):
    """A period of a book at work: what `Book.run` returns.

    The verbs are those of a `StoredWorkspace`; `solve` records the run anew where something changed. Rows come by
    `Book.run` only.
    """

    def __init__(self, workspace: Workspace, store: Store, context: Context, *, who: str) -> None:
        self._context = context
        self._pending = list(context.before)
        self._settled = settled(store.book)
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
        solved = Solved(
            head=self._store.head,
            settled=self._settled,
            result=result,
            params=self._params,
            placed=self._replayer.placed,
            unfit=[each.decision.seq for each in self.unfit],
            attachments=attachments_of(report.tables().get(STAGES), self.about, reasons),
        )
        self._outcome = record(
            self._store, self.about, self._context, solved, who=self.who, input=self._input, pending=self._pending
        )
        self._reasons = reasons
        self._pending.clear()
        self._settled = settled(self._store.book)
        self._replayer.adopt()

    def _result(self, report: Report) -> Result:
        book = self._store.book
        return result_of(
            report,
            self.report(),
            self.about,
            items=self._context.items,
            movements=self._context.movements,
            explained=explained(book),
            cleared_codes=cleared_codes(book, self._replayer.placed),
        )
