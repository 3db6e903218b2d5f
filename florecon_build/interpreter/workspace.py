"""Workspace in Python: the same verbs, effects and error codes as the runtime."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy, deepcopy

from florecon_build.interpreter.bag import Lot, Outcome
from florecon_build.interpreter.config import configured
from florecon_build.interpreter.errors import ModelError
from florecon_build.interpreter.execute import run
from florecon_build.interpreter.ingest import Row, read
from florecon_build.interpreter.keys import Plain, RowId, rank
from florecon_build.interpreter.ledger import Book, Held
from florecon_build.interpreter.numbers import I64_MAX
from florecon_build.interpreter.report import GroupLine, Report, RowLine
from florecon_build.interpreter.stages import Stage, flatten, number, stage
from florecon_build.ir.lanes import reached_lanes
from florecon_build.ir.nodes import PluginIr
from florecon_build.wire import MANUAL


class Workspace:
    """Rows, groups and decisions under one plugin.

    Every verb is atomic: it raises `ModelError` and changes nothing, or succeeds. Rows are dicts of typed column
    values: money in minor units, dates as days since 1970-01-01. ``reached`` names the derived lanes that are computed
    at ingest: those that the plugin reaches, unless it stands for one strategy of a module that holds several.

    >>> from florecon_build.ir import nodes as n, expressions as e
    >>> from florecon_build.ir.types import INTEGER, money
    >>> tol = e.Tolerance(op=e.ToleranceOp.ABS, amount=e.Lit(type=INTEGER, value=0))
    >>> plugin = n.PluginIr(
    ...     id="example", version="1", lanes=(), params=(),
    ...     columns=(n.Column(name="id", type=INTEGER, id=True), n.Column(name="amount", type=money(2))),
    ...     numeraire=e.Lane(type=money(2), var=e.Var.ITEM, name="amount"),
    ...     strategy=n.AggNet(key=None, tol=tol),
    ... )
    >>> workspace = Workspace(plugin)
    >>> workspace.upsert([{"id": 1, "amount": 500}, {"id": 2, "amount": -500}])
    []
    >>> workspace.solve()
    >>> [(group.origin, group.net, group.size) for group in workspace.report().groups]
    [('agg_net', 0, 2)]
    """

    def __init__(
        self, plugin: PluginIr, config: Mapping[str, Plain] | None = None, *, reached: Collection[str] | None = None
    ) -> None:
        self._plugin = plugin
        self._reached = reached_lanes(plugin) if reached is None else reached
        self._tree = number(plugin.strategy)
        self._params = configured(plugin, {}, config or {})
        self._book = Book()
        self._stages = self._counters()

    def __len__(self) -> int:
        return len(self._book.rows)

    def configure(self, config: Mapping[str, Plain]) -> None:
        """New values for params, used by the next solve; those not named keep theirs."""
        self._params = configured(self._plugin, self._params, config)
        self._stages = self._counters()

    def upsert(self, rows: Iterable[Mapping[str, Plain]]) -> list[int]:
        """Inserts or replaces rows by id; gives the pinned groups that were broken up because an amount changed."""
        batch: dict[RowId, Row] = {}
        places: dict[RowId, int] = {}
        for place, given in enumerate(rows):
            row = read(self._plugin, given, self._reached)
            if row.id in batch:
                raise _twice(row.id, "rows", places[row.id], place)
            batch[row.id], places[row.id] = row, place
        return [broken for row in batch.values() for broken in self._book.put(row)]

    def remove(self, ids: Iterable[RowId]) -> list[int]:
        """Deletes rows; gives the pinned groups that were broken up for it."""
        ids = list(ids)
        for id in ids:
            self._known(id)
        return self._book.remove(ids)

    def solve(self) -> None:
        """Drops what is proposed, runs the strategy on what is not pinned, and proposes its groups."""
        bag: list[Lot] = []
        for id, row in sorted(self._book.rows.items()):
            amount = row.amount - self._book.pinned(id)
            if amount:
                bag.append(Lot(id, row.lanes, amount, row.amount))
        stages = self._counters()
        outcome = run(self._tree, bag, self._params, stages)
        _verify(bag, outcome)
        self._book.install(outcome.groups)
        self._stages = stages

    def pin(self, group_id: int) -> None:
        """Keeps a group verbatim from now on."""
        self._group(group_id).pinned = True

    def pin_groups(self, group_ids: Iterable[int]) -> None:
        """Pins all of these groups, or none."""
        for held in [self._group(group_id) for group_id in group_ids]:
            held.pinned = True

    def pin_where(self, predicate: Callable[[GroupLine], bool]) -> int:
        """Pins the proposed groups for which the predicate holds; gives how many."""
        chosen = [held for held in self._book.groups.values() if not held.pinned and predicate(held.line())]
        for held in chosen:
            held.pinned = True
        return len(chosen)

    def pin_clean(self, tol: int) -> int:
        """Pins the proposed groups of two or more that net within ``tol`` minor units; gives how many."""
        if tol < 0:
            raise ModelError("bad_command", f"tol is {tol}; it must be at least 0")
        return self.pin_where(lambda line: line.size >= 2 and abs(line.net) <= tol)

    def pin_singletons(self, ids: Iterable[RowId]) -> int:
        """Pins the proposed groups of these rows alone; gives how many. A row that has none must have a pinned one."""
        chosen: dict[int, Held] = {}
        for id in ids:
            self._known(id)
            alone = [held for held in self._book.holders(id) if len(held.members) == 1]
            if not alone:
                raise ModelError(
                    "unknown_allocation", f"row {id} is in no group by itself; dissolve its group first", id
                )
            chosen.update((held.id, held) for held in alone if not held.pinned)
        for held in chosen.values():
            held.pinned = True
        return len(chosen)

    def unpin(self, group_id: int) -> None:
        """Hands a group back to the solver; its shape stays until the next solve."""
        held = self._group(group_id)
        if held.pinned:
            self._book.unpin(held)

    def merge(self, allocations: Sequence[tuple[RowId, int]], label: str = MANUAL, reason: str | None = None) -> int:
        """One pinned group over these amounts, taken from proposed mass only; gives its id."""
        self._check_merge(allocations)
        for id, amount in allocations:
            self._book.take(id, amount)
        return self._book.add(dict(allocations), label, reason, pinned=True).id

    def merge_dry_run(
        self, allocations: Sequence[tuple[RowId, int]], label: str = MANUAL, reason: str | None = None
    ) -> tuple[int, Workspace]:
        """The id that a merge would give, and the workspace as it would leave it; this one stays as it is."""
        after = copy(self)
        after._book = deepcopy(self._book)
        return after.merge(allocations, label, reason), after

    def _check_merge(self, allocations: Sequence[tuple[RowId, int]]) -> None:
        seen: dict[RowId, int] = {}
        for place, (id, amount) in enumerate(allocations):
            self._known(id)
            if id in seen:
                raise _twice(id, "allocations", seen[id], place)
            if not amount:
                raise ModelError("bad_command", f"row {id}: the amount is 0; leave the row out", id)
            seen[id] = place
        if len(seen) < 2:
            raise ModelError("degenerate_group", f"a merge needs at least two rows; it was given {len(seen)}")
        for id, amount in allocations:
            live = self._book.proposed(id)
            if not live:
                raise ModelError("frozen_member", f"row {id} has no proposed amount left; unpin a group first", id)
            if (amount < 0) != (live < 0) or abs(amount) > abs(live):
                message = f"row {id} has {live} proposed, but {amount} was asked for; ask for a part of the same sign"
                raise ModelError("insufficient_live_amount", message, id)
        _check_net(dict(allocations))

    def detach(self, group_id: int, ids: Iterable[RowId]) -> None:
        """Takes rows out of a proposed group."""
        held = self._proposed_group(group_id)
        ids = list(ids)
        for id in ids:
            self._known(id)
            if id not in held.members:
                raise ModelError("unknown_allocation", f"row {id} is not in group {group_id}", id, group_id)
        gone = set(ids)
        _check_net({id: amount for id, amount in held.members.items() if id not in gone})
        if gone:
            self._book.detach(held, ids)

    def dissolve(self, group_id: int) -> None:
        """Breaks up a proposed group."""
        held = self._proposed_group(group_id)
        if not held.is_loose:
            self._book.release(held)

    def report(self) -> Report:
        """All groups and allocations."""
        return self._book.report()

    def rows(self) -> list[RowLine]:
        """Each row with its main group."""
        return self._book.row_lines()

    def stages(self) -> list[Stage]:
        """The counters of each node in the last solve, by node id."""
        return self._stages

    def _counters(self) -> list[Stage]:
        return [stage(step) for step in flatten(self._tree)]

    def _known(self, id: RowId) -> None:
        if id not in self._book.rows:
            raise ModelError("unknown_id", f"no row has id {id}; check the id or upsert the row first", id)

    def _group(self, group_id: int) -> Held:
        if group_id in self._book.groups:
            return self._book.groups[group_id]
        raise ModelError("unknown_group", f"no group has id {group_id}; read the report again", group_id=group_id)

    def _proposed_group(self, group_id: int) -> Held:
        held = self._group(group_id)
        if held.pinned:
            raise ModelError("frozen_group", f"group {group_id} is pinned; unpin it first", group_id=group_id)
        return held


def _verify(bag: list[Lot], outcome: Outcome) -> None:
    """Money is neither lost nor invented, and every net can be reported."""
    found = {lot.id: 0 for lot in bag}
    for lot in [*(lot for group in outcome.groups for lot in group.members), *outcome.residual]:
        found[lot.id] += lot.amount
    for lot in bag:
        if found[lot.id] != lot.amount:
            message = f"row {lot.id} went in with {lot.amount} and came out with {found[lot.id]}"
            raise ModelError("conservation_violated", message, lot.id)
    for group in outcome.groups:
        _check_net({lot.id: lot.amount for lot in group.members})


def _twice(id: RowId, what: str, first: int, second: int) -> ModelError:
    return ModelError("duplicate_id", f"id {id} occurs twice, in {what} {first} and {second}; send each id once", id)


def _check_net(members: Mapping[RowId, int]) -> None:
    """Refuses a group whose net is no amount."""
    if abs(sum(members.values())) > I64_MAX:
        first = min(members, key=rank)
        raise ModelError("amount_overflow", f"the net of the group of row {first} leaves the 64-bit range", first)
