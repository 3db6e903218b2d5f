"""The oracle as a whole: rows and params in, the report or an error code out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import Kind, Type
from tests.oracle.strategy import COUNTERS, Bag, Group, Id, install, run, size
from tests.oracle.values import Lot, Refused, Scope, money, order, value_of

Row = Mapping[str, Any]
Lanes = dict[str, Any]
Counts = tuple[tuple[int, ...], ...]
Line = tuple[str, str | None, int | None, bool | None, tuple[tuple[Id, int], ...]]
"""Origin, reason, node, unique, members."""


@dataclass(frozen=True)
class Answer:
    """An error code; or groups in report order, and the counters of each node."""

    error: str | None
    groups: tuple[Line, ...] = ()
    stages: Counts = ()


def answer(plugin: n.PluginIr, rows: Sequence[Row], config: Mapping[str, Any] | None = None) -> Answer:
    """The report of a fresh workspace over these rows.

    >>> import florecon_build as fb
    >>> columns = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    >>> plugin = fb.Plugin("acme.demo", "1.0.0", rows=columns, numeraire=columns.amount, strategy=fb.exact_1to1())
    >>> rows = [{"row_id": at, "amount": amount} for at, amount in enumerate((5, -5, 7))]
    >>> [(line[0], line[4]) for line in answer(plugin.data, rows).groups]
    [('exact_1to1', ((0, 5), (1, -5))), ('unmatched', ((2, 7),))]
    """
    try:
        scope = Scope(params=params(plugin, config or {}))
        install(plugin.strategy, scope)
        known = ingest(plugin, rows)
        amounts = {id: amount for id, (_, amount) in known.items()}
        formed, stages = solve(plugin, known, amounts, scope)
    except Refused as refused:
        return Answer(refused.code)
    left = dict(amounts)
    for group in formed:
        for id, amount in group.members:
            left[id] -= amount
    loose = [id for id in left if left[id] or not amounts[id]]
    lines: list[Line] = [
        *((group.origin, group.reason, group.node, group.unique, group.members) for group in formed),
        *(("unmatched", None, None, None, ((id, left[id]),)) for id in loose),
    ]
    return Answer(None, tuple(sorted(lines, key=report_place)), stages)


def params(plugin: n.PluginIr, config: Mapping[str, Any]) -> dict[str, Any]:
    """The params with the values given."""
    given = {param.name: config.get(param.name, param.default) for param in plugin.params}
    types = {param.name: param.type for param in plugin.params}
    if set(config) - set(given) or any(cell_error(value, types[name]) for name, value in given.items()):
        raise Refused("bad_config")
    return {name: float(value) if types[name].kind is Kind.REAL else value for name, value in given.items()}


def ingest(plugin: n.PluginIr, rows: Sequence[Row]) -> dict[Id, tuple[Lanes, int]]:
    """Lanes and amount of each row."""
    found: dict[Id, tuple[Lanes, int]] = {}
    needed = lanes_in(plugin.numeraire) | lanes_in(plugin.strategy)
    for lane in reversed(plugin.lanes):
        needed |= lanes_in(lane.value) if lane.name in needed else set()
    name = next(column.name for column in plugin.columns if column.id)
    for row in rows:
        lanes: Lanes = {}
        for column in plugin.columns:
            error = cell_error(row[column.name], column.type)
            if error:
                raise Refused(error)
            lanes[column.name] = row[column.name]
        scope = Scope(lots={e.Var.ITEM: Lot(lanes, 0, 0)})
        for lane in plugin.lanes:
            if lane.name in needed:
                lanes[lane.name] = value_of(lane.value, scope)
        amount = money(value_of(plugin.numeraire, scope))
        if lanes[name] in found:
            raise Refused("duplicate_id")
        found[lanes[name]] = lanes, amount
    return found


def cell_error(value: Any, type: Type) -> str | None:
    """The error code of a value that its type does not admit."""
    if value is None:
        return None if type.nullable else "null_value"
    fits = {
        Kind.INTEGER: lambda: isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63,
        Kind.MONEY: lambda: isinstance(value, int) and not isinstance(value, bool),
        Kind.DATE: lambda: isinstance(value, int) and not isinstance(value, bool),
        Kind.REAL: lambda: isinstance(value, int | float) and not isinstance(value, bool),
        Kind.TEXT: lambda: isinstance(value, str),
        Kind.BOOLEAN: lambda: isinstance(value, bool),
    }
    if not fits[type.kind]():
        return "wrong_type"
    if type.kind is Kind.MONEY:
        return "amount_overflow" if abs(value) >= 2**63 else None
    beyond = {
        Kind.DATE: lambda: not -(2**31) <= value < 2**31,
        Kind.REAL: lambda: not math.isfinite(value),
    }
    return "bad_amount" if type.kind in beyond and beyond[type.kind]() else None


def lanes_in(part: object) -> set[str]:
    """The names of the lanes that are read anywhere in a part of a tree."""
    if isinstance(part, e.Lane):
        return {part.name}
    if isinstance(part, tuple):
        return set[str]().union(*map(lanes_in, cast("tuple[object, ...]", part)))
    if isinstance(part, e.Base | e.Tolerance | n.Base):
        return set[str]().union(*(lanes_in(getattr(part, item.name)) for item in fields(part)))
    return set()


def solve(
    plugin: n.PluginIr, rows: Mapping[Id, tuple[Lanes, int]], amounts: Mapping[Id, int], scope: Scope
) -> tuple[list[Group], Counts]:
    """The groups of the strategy over these amounts of the rows, and the counters of its nodes."""
    ids = sorted(rows, key=order)
    lanes = {id: rows[id][0] for id in ids}
    originals = {id: rows[id][1] for id in ids}
    lots = {id: amounts[id] for id in ids if amounts[id]}
    counts = [dict.fromkeys(COUNTERS, 0) for _ in range(size(plugin.strategy))]
    formed = run(plugin.strategy, Bag(lanes, originals, lots, scope, counts))
    for group in formed:
        money(sum(amount for _, amount in group.members))
    return formed, tuple(tuple(count.values()) for count in counts)


def report_place(line: Line) -> tuple[object, ...]:
    """The place of a proposed group in the report."""
    origin, reason, node, _, members = line
    by_id = tuple((order(id), amount) for id, amount in members)
    return by_id, origin.encode(), (reason or "").encode(), -1 if node is None else node
