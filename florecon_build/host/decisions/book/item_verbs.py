"""Reason codes of open items, given to a book without the module: the next run of the period applies them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from florecon_build.host.decisions.book.recording import SETTLED
from florecon_build.host.decisions.book.result import Id
from florecon_build.host.decisions.book.tables import unpack
from florecon_build.host.decisions.effect import Effect
from florecon_build.host.decisions.errors import PeriodClosed, StaleRun, WrongBook, WrongPeriod
from florecon_build.host.decisions.resolutions import Drafted, resolving, unresolving
from florecon_build.host.decisions.store.body import Member
from florecon_build.host.decisions.store.entry import Draft, Entry
from florecon_build.host.decisions.store.ledger import Book as Ledger
from florecon_build.host.decisions.store.periods import Period
from florecon_build.host.decisions.store.store import Store, Writing
from florecon_build.host.errors import UnknownId


def resolve(store: Store, ids: Sequence[Id], code: str, reason: str, *, who: str, period: str | None) -> Effect:
    """As `Book.resolve`."""
    with store.writing() as writing:
        known, run = open_period(store.book, period)
        later = [each for seq, each in store.book.decisions.items() if seq > run.seq and each.kind in SETTLED]
        if later:
            raise StaleRun(
                f"rows of {known.name} came or went after its last run; run it again, then resolve its items"
            )
        opened = unpack(store.attachment(run.seq, "open"))
        left: dict[Id, int] = dict(zip(opened["id"].to_pylist(), opened["remaining"].to_pylist(), strict=True))
        parts = unpack(store.attachment(run.seq, "allocations"))
        totals: dict[Id, int] = {}
        for row_id, amount in zip(parts["id"].to_pylist(), parts["amount"].to_pylist(), strict=True):
            totals[row_id] = totals.get(row_id, 0) + amount

        def open_part(row_id: Id) -> Member:
            if row_id not in totals:
                raise UnknownId(f"{known.name} has no row with the id {row_id!r}", id=row_id)
            return Member(row_id, left.get(row_id, 0), totals[row_id])

        drafts = resolving(store.book, ids, code, reason, open_part=open_part, draft=_draft(who, run))
        return _appended(store, writing, tuple(drafts), tuple(drafts.values()))


def unresolve(store: Store, ids: Sequence[Id], *, who: str, why: str | None, period: str | None) -> Effect:
    """As `Book.unresolve`."""
    with store.writing() as writing:
        _, run = open_period(store.book, period)
        drafts = unresolving(store.book, ids, why, draft=_draft(who, run))
        return _appended(store, writing, tuple(dict.fromkeys(ids)), drafts)


def open_period(ledger: Ledger, name: str | None) -> tuple[Period, Entry]:
    """The period that can be worked on now, and its last run.

    Errors: `PeriodClosed`, `WrongPeriod` for one that was not run; `WrongBook` for a book that was not begun.
    """
    periods = ledger.periods
    if periods.settings is None:
        raise WrongBook("the book has not been begun; run a period first")
    if name is None:
        found = next((each.name for each in periods.known.values() if each.close is None), None)
        if found is None:
            raise PeriodClosed("all periods of the book are closed; run the next one, or reopen the last with a reason")
        name = found
    known = periods.known.get(periods.check_run(name).name)
    if known is None or known.run is None:
        raise WrongPeriod(f"{name} was never run, so it has no items; run it first")
    return known, known.run


def _draft(who: str, run: Entry) -> Drafted:
    def made(kind: Any, body: Mapping[str, Any], why: str | None) -> Draft:
        return Draft(who=who, kind=kind, body=body, why=why, input=run.input, strategy=run.strategy)

    return made


def _appended(store: Store, writing: Writing, ids: Sequence[Id], drafts: Sequence[Draft]) -> Effect:
    numbers = [writing.append(draft).seq for draft in drafts]
    waiting = {each.seq for each in store.book.pending()}
    return Effect(len(ids), ids=ids, decisions=numbers, pending=[seq for seq in numbers if seq in waiting])
