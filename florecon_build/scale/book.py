"""Run of a period of a book in shards: what `Book.run` records, from rows that are solved in parts."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host import Book, Description, Input, Outcome, StaleRun, Workspace
from florecon_build.host.decisions.book.kept_run import attachments_of
from florecon_build.host.decisions.book.opening import Request, begin
from florecon_build.host.decisions.book.recording import (
    Context,
    Moved,
    Solved,
    cleared_codes,
    explained,
    record,
    settled,
)
from florecon_build.host.decisions.book.result import Result, result_of
from florecon_build.host.decisions.identity import check_name
from florecon_build.host.decisions.row_digest import of_table
from florecon_build.host.decisions.store import Decision
from florecon_build.host.explain.open_rows import MOST_EXPLAINED
from florecon_build.host.frames import Frame, TextAmounts
from florecon_build.host.runtime.engine_module import HasIr
from florecon_build.scale.book_input import DECIDED, REASONS, BookInput, Id
from florecon_build.scale.reconcile import Progress, Reconciled, Run
from florecon_build.scale.solver import Solver

ON_ROWS = ("pin", "merge", "resolve", "detach", "dissolve")
"""Kinds of decisions that a shard carries out."""
ROWS_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision in force that does not fit the rows, and why."""

    decision: Decision
    reason: str


@dataclass(frozen=True)
class PeriodRun:
    """A period that was run in shards: what the book recorded, the data sets, and the decisions that do not fit."""

    outcome: Outcome
    done: Reconciled
    unfit: tuple[Decided, ...]


def reconcile_period(
    book: Book,
    period: str,
    solver: HasIr | str | os.PathLike[str] | bytes,
    rows: object = None,
    *,
    who: str,
    out: str | os.PathLike[str],
    workers: int | None = None,
    memory: int | str = "2GB",
    params: Mapping[str, object] | None = None,
    restate: bool = False,
    migrate: bool = False,
    any_date: bool = False,
    date: str | None = None,
    title: Mapping[str, str] | None = None,
    inputs: Sequence[Input] = (),
    explain: int = MOST_EXPLAINED,
    columns: Mapping[str, str] | None = None,
    text_amounts: TextAmounts | None = None,
    timeout: float | None = None,
    certify: bool = False,
    progress: bool | Progress = False,
) -> PeriodRun:
    """Runs a period of a book in shards: the book records what `Book.run` would.

    Rows that a decision is about stay in one shard. The rows at hand are in the memory of this process, as in
    `Book.run`; the modules, whose memory bounds a workspace, have a shard each. A run that was stopped goes on when it
    is called again with the same arguments, unless the book has changed.

    Parameters: as for `Book.run` and `reconcile`; ``out`` receives the data sets, in which resolved items stand under
    their codes.
    Errors: those of `Book.run` and `reconcile`; `StaleRun` where others changed the book while its shards were solved.

    >>> import tempfile
    >>> from datetime import date
    >>> import florecon_build as fb
    >>> folder = Path(tempfile.mkdtemp())
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), account=fb.text(), amount=fb.money(scale=2))
    >>> steps = fb.exact_1to1(rows.account)
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=rows, numeraire=rows.amount, strategy=steps)
    >>> lines = pa.table({"row_id": [1, 2, 3], "day": [date(2026, 3, 5)] * 3, "account": ["A", "A", "B"],
    ...                   "amount": [9.5, -9.5, 7.0]})
    >>> with fb.Book(folder / "close.db") as book:
    ...     ran = reconcile_period(book, "2026-03", plugin, lines, who="anna", out=folder / "out", workers=1)
    ...     closed = book.close("2026-03", who="ben", allow_open=True)
    >>> ran.outcome.open, closed.status
    (1, 'closed')
    """
    check_name(who)
    store, found = book.store, Solver.of(solver)
    store.refresh()
    opened = _RowsAtHand(found, timeout)
    request = Request(
        period=period,
        solver=solver,
        rows=rows,
        who=who,
        params=params or {},
        restate=restate,
        migrate=migrate,
        any_date=any_date,
        date=date,
        title=title or {},
        inputs=tuple(inputs),
        explain=explain,
        columns=columns,
        text_amounts=text_amounts,
    )
    context = begin(store, opened, request)
    about, ledger, head = opened.about, store.book, store.head
    decisions = ledger.standing(*ON_ROWS)
    settings = ledger.periods.settings or context.before[0].body
    given = BookInput.write(
        Path(out),
        context.table,
        opened.aside,
        decisions,
        id_name=about.id_name or "",
        spare=opened.spare,
        explain=explain,
        currency=settings["currency"],
    )
    run = Run.begin(
        solver,
        given.rows,
        out,
        workers=workers,
        memory=memory,
        config=opened.params,
        columns=None,
        timeout=timeout,
        book=given,
        certify=certify,
    )
    before = settled(ledger)
    done = run.finish(progress)
    decided = done.read(DECIDED)
    has_group = pc.is_valid(decided["group_id"])
    in_groups = decided.filter(has_group)
    placed = dict(zip(in_groups["seq"].to_pylist(), in_groups["group_id"].to_pylist(), strict=True))
    unfit = _unfit(decisions, decided.filter(pc.invert(has_group)), context.items)
    tables = _InReportOrder.of(done, placed)
    result = result_of(
        tables,
        tables,
        about,
        items=context.items,
        movements=context.movements,
        explained=explained(ledger),
        cleared_codes=cleared_codes(ledger, tables.placed),
    )
    solved = Solved(
        head=head,
        settled=before,
        result=result,
        params=opened.params,
        placed=tables.placed,
        unfit=[each.decision.seq for each in unfit],
        attachments=attachments_of(_stages(done), about, _reasons(done, result, explain)),
    )
    try:
        outcome = record(
            store, about, context, solved, who=who, input=of_table(opened.at_hand(context)), pending=context.before
        )
    except Moved as error:
        raise StaleRun(
            f"others changed the book while its shards were solved; run {period} again, into another folder"
        ) from error
    return PeriodRun(outcome, done, unfit)


@dataclass(frozen=True, slots=True)
class _Amounts:
    """The amounts of rows, as a report has them."""

    rows: pa.Table


class _RowsAtHand:
    """The rows that a period begins with, and what of them is set aside: what a workspace of the book would hold.

    Amounts are computed by the module, a part of the rows at a time.
    """

    def __init__(self, solver: Solver, timeout: float | None) -> None:
        self._solver = solver
        self._timeout = timeout
        with solver.open({}, timeout=timeout) as workspace:
            self.about: Description = workspace.about
        self.params: dict[str, object] = {}
        self.aside: Mapping[Id, int] = {}
        self.spare: Id | None = None
        self._amounts: pa.Table | None = None

    def configure(self, **params: object) -> None:
        """As `Workspace.configure`."""
        with self._open(params):
            self.params = params

    def frame(
        self, rows: object, *, columns: Mapping[str, str] | None = None, text_amounts: TextAmounts | None = None
    ) -> Frame:
        """As `Workspace.frame`."""
        with self._open(self.params) as workspace:
            return workspace.frame(rows, columns=columns, text_amounts=text_amounts)

    def upsert(self, rows: object) -> None:
        """Reads the amounts of rows. Errors: those of `Workspace.upsert`."""
        assert isinstance(rows, pa.Table)
        found: list[pa.Table] = []
        for start in range(0, max(rows.num_rows, 1), ROWS_AT_ONCE):
            with self._open(self.params) as workspace:
                workspace.upsert(rows.slice(start, ROWS_AT_ONCE))
                table = workspace.report().rows
                name = "id_text" if "id_text" in table.column_names else "id"
                found.append(table.select([name, "amount"]).rename_columns(["id", "amount"]))
        self._amounts = pa.concat_tables(found)

    def report(self) -> _Amounts:
        """The amounts of all rows."""
        assert self._amounts is not None
        return _Amounts(self._amounts)

    def remove(self, ids: Sequence[Id]) -> None:
        """Leaves rows out; the table of the period does not have them."""

    def set_aside(self, amounts: Mapping[Id, int], spare: Id) -> None:
        """Keeps what closed periods matched of rows, for the shards."""
        self.aside, self.spare = amounts, spare

    def at_hand(self, context: Context) -> pa.Table:
        """The ids of the rows at hand in order, with their amounts at hand."""
        ids = sorted(context.items, key=_order)
        amounts = [context.items[row_id].at_hand for row_id in ids]
        return pa.table({"id": ids, "amount": pa.array(amounts, pa.int64())})

    def _open(self, params: Mapping[str, object]) -> Workspace:
        return self._solver.open(params, timeout=self._timeout)


@dataclass(frozen=True, slots=True)
class _InReportOrder:
    """Groups and allocations of all shards as one workspace reports them, and the groups of decisions."""

    groups: pa.Table
    allocations: pa.Table
    placed: Mapping[int, int]

    @staticmethod
    def of(done: Reconciled, placed: Mapping[int, int]) -> _InReportOrder:
        """The tables of a run, groups by their members in order and numbered from 1."""
        groups, allocations = done.read("groups"), done.read("allocations")
        members: dict[int, list[tuple[Any, int]]] = {}
        lines = zip(*(allocations[name].to_pylist() for name in ("group_id", "id", "amount")), strict=True)
        for group, row_id, amount in lines:
            members.setdefault(group, []).append((_order(row_id), amount))
        labels = groups.select(["group_id", "origin", "reason", "node"]).to_pylist()

        def key(at: int) -> tuple[object, ...]:
            line = labels[at]
            node = -1 if line["node"] is None else line["node"]
            return members[line["group_id"]], line["origin"], line["reason"] or "", node

        order = sorted(range(len(labels)), key=key)
        number = {labels[at]["group_id"]: place for place, at in enumerate(order, 1)}
        groups = groups.take(pa.array(order, pa.int64()))
        groups = groups.set_column(0, "group_id", pa.array(range(1, len(order) + 1), pa.int64()))
        numbers = pa.array([number[group] for group in allocations["group_id"].to_pylist()], pa.int64())
        at = allocations.column_names.index("group_id")
        allocations = allocations.set_column(at, "group_id", numbers)
        allocations = allocations.take(pc.sort_indices(allocations, [("group_id", "ascending"), ("id", "ascending")]))
        return _InReportOrder(groups, allocations, {seq: number[group] for seq, group in placed.items()})


def _order(row_id: Id) -> Any:
    """Ids in order: integers as numbers, texts by UTF-8 bytes."""
    return row_id.encode("utf-8", "surrogatepass") if isinstance(row_id, str) else row_id


def _unfit(decisions: Sequence[Decision], misfits: pa.Table, at_hand: Collection[Id]) -> tuple[Decided, ...]:
    """The decisions that no shard could carry out, by number, with those about rows that are gone."""
    told = dict(zip(misfits["seq"].to_pylist(), misfits["misfit"].to_pylist(), strict=True))
    found: list[Decided] = []
    for each in decisions:
        gone = each.entry.body.get("effect") != "carried" and all(one.id not in at_hand for one in each.members)
        reason = f"row {each.members[0].id} is gone" if gone else told.get(each.seq)
        if reason is not None:
            found.append(Decided(each, reason))
    return tuple(found)


def _stages(done: Reconciled) -> pa.Table | None:
    return done.stages if (done.out / "stages.parquet").is_file() else None


def _reasons(done: Reconciled, result: Result, explain: int) -> dict[str, str]:
    """The reasons of the largest open items of the book, of those that the shards explained."""
    table = done.read(REASONS)
    known: dict[str, str] = dict(zip(table["id"].to_pylist(), table["reason"].to_pylist(), strict=True))
    return {str(one): known[str(one)] for one in result.largest_open(explain) if str(one) in known}
