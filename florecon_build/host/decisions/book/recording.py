"""Record of a run: the entries that it appends to its book, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from florecon_build.host.decisions.balances import Balance
from florecon_build.host.decisions.book.kept_run import is_same_run
from florecon_build.host.decisions.book.result import Explained, Id, Item, Movements, Result
from florecon_build.host.decisions.book.tables import pack
from florecon_build.host.decisions.errors import StaleRun
from florecon_build.host.decisions.period import Span
from florecon_build.host.decisions.store.entry import Draft, Entry, text_of
from florecon_build.host.decisions.store.ledger import Book as Ledger
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.description import Description
from florecon_build.wire import UNMATCHED

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a run came to, with the state of the book that it was solved for.

    `head` is the book's, `settled` the last entry that changes what the period begins with. `placed` has the group of
    each decision that was carried out, `unfit` the numbers of those that do not fit; `attachments` are kept beside the
    tables of the result.
    """

    head: str
    settled: int
    result: Result
    params: Mapping[str, Any]
    placed: Mapping[int, int]
    unfit: Sequence[int]
    attachments: Mapping[str, bytes]


def record(
    store: Store,
    about: Description,
    context: Context,
    solved: Solved,
    *,
    who: str,
    input: str,
    pending: Sequence[Draft],
) -> Outcome:
    """Appends `pending` and the run, unless it is the last one again.

    Errors: `Moved` where others changed the book since `solved`; `StaleRun` where that is no run that can be repeated.
    """
    result = solved.result
    attachments = {name: pack(getattr(result, name)) for name in ("groups", "allocations", "open")}
    attachments |= solved.attachments
    with store.writing() as writing:
        book = store.book
        if settled(book) != solved.settled:
            if pending:
                raise Moved
            raise StaleRun(f"the book was given other rows, or a period was closed; run {context.span.name} again")
        if store.head != solved.head:
            raise Moved
        for draft in pending:
            writing.append(draft)
        period = book.periods.known.get(context.span.name)
        rows = 0 if period is None else _last(*period.rows, *period.withdrawals)
        body = _body(book, about, context, solved, rows)
        draft = Draft(who=who, kind="run", body=body, input=input, strategy=about.strategy, attachments=attachments)
        last = None if period is None else period.run
        recorded = last is None or not is_same_run(last, text_of(draft)) or bool(book.changes_after(last.seq))
        entry = writing.append(draft) if recorded or last is None else last
    return Outcome(
        period=context.span.name,
        carried=context.carried,
        new=context.new,
        known=context.known,
        restated=context.restated,
        late=context.late,
        balances=result.balances,
        open=result.open.num_rows,
        unexplained=result.unexplained,
        unfit=tuple(solved.unfit),
        entry=entry.seq,
        head=store.head,
        recorded=recorded,
    )


def explained(book: Ledger) -> dict[Id, Explained]:
    """The resolutions in force, by row."""
    return {row_id: Explained.of(each) for row_id, each in book.resolutions.items()}


def cleared_codes(book: Ledger, placed: Mapping[int, int]) -> dict[int, str]:
    """The code of each group that a resolution clears."""
    return {placed[each.seq]: each.entry.body["code"] for each in book.resolutions.values() if each.seq in placed}


def settled(book: Ledger) -> int:
    """The number of the last entry that changes what a period begins with."""
    return max((seq for seq, each in book.decisions.items() if each.kind in SETTLED), default=0)


def _body(book: Ledger, about: Description, context: Context, solved: Solved, rows: int) -> dict[str, Any]:
    defaults = {param.name: param.default for param in about.params}
    result = solved.result
    return {
        "period": context.span.name,
        "opening": context.opening,
        "module": context.module,
        "strategy": about.strategy,
        "runtime": about.runtime,
        "version": about.version,
        "params": {**defaults, **solved.params},
        "rows": rows,
        "balances": [each.as_data() for each in result.balances],
        "open": result.open.num_rows,
        "unexplained": result.unexplained,
        "consumed": _consumed(book, solved.placed, set(result.open.column("id").to_pylist())),
        "unfit": list(solved.unfit),
    }


def _consumed(book: Ledger, placed: Collection[int], open_ids: set[Id]) -> list[int]:
    """The decisions that a close of this run freezes: what they decided is no longer open."""
    found: list[int] = []
    for decision in book.standing("pin", "merge", "resolve", "detach", "dissolve"):
        kept_open = decision.kind == "pin" and decision.entry.body.get("origin") == UNMATCHED
        still_open = all(member.id in open_ids for member in decision.members)
        if decision.kind in ("detach", "dissolve") or decision.entry.body.get("effect") == "carried" or kept_open:
            if not still_open:
                found.append(decision.seq)
        elif decision.seq in placed:
            found.append(decision.seq)
    return found


def _last(*entries: Entry) -> int:
    return max((each.seq for each in entries), default=0)
