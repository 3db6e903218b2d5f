"""Result of a run: what is open, what was cleared for which reason, and the balances, from the tables of a report.

Every amount is counted by the currency and the account of its row. A group over several of them has a part in each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.decisions.balances import Balance, Cleared, Kind
from florecon_build.host.decisions.store.ledger import Decision
from florecon_build.host.description import Description
from florecon_build.host.report.step_names import step_name, step_names
from florecon_build.wire import UNMATCHED

Id = int | str
OPEN = "open"
Key = tuple[str | None, str | None]
"""Currency and account."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row at hand: its key, whole amount, amount at hand, first period, date, and what it brought from before."""

    id: Id
    key: Key
    original: int
    at_hand: int
    first_seen: str
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """A resolution in force: its code, whether the item is carried on, reason and person."""

    code: str
    carried: bool
    amount: int
    reason: str | None
    who: str

    @classmethod
    def of(cls, decision: Decision) -> Explained:
        """The resolution of a decision."""
        body = decision.entry.body
        amount = decision.members[0].amount
        return cls(body["code"], body["effect"] == "carried", amount, decision.entry.why, decision.entry.who)


@dataclass(frozen=True, slots=True)
class Result:
    """The tables of a run that the book keeps, and its counts."""

    groups: pa.Table
    allocations: pa.Table
    open: pa.Table
    balances: tuple[Balance, ...]
    unexplained: int

    def largest_open(self, count: int) -> list[Id]:
        """The open items without a reason code, the largest of each currency first; `count` of them at most."""
        opened = self.open.filter(pc.is_null(self.open["code"])).select(["id", "currency", "remaining"]).to_pylist()
        opened.sort(key=lambda line: -abs(line["remaining"]))
        seen: Counter[str | None] = Counter()
        ranked: list[tuple[int, Id]] = []
        for line in opened:
            ranked.append((seen[line["currency"]], line["id"]))
            seen[line["currency"]] += 1
        return [row_id for _, row_id in sorted(ranked, key=lambda one: one[0])[:count]]


@dataclass(slots=True)
class _Sum:
    groups: set[int] = field(default_factory=set[int])
    rows: set[Id] = field(default_factory=set[Id])
    debit: int = 0
    credit: int = 0

    def add(self, group: int, row_id: Id, amount: int) -> None:
        self.groups.add(group)
        self.rows.add(row_id)
        self.debit += max(amount, 0)
        self.credit += max(-amount, 0)


OPEN_TYPES: dict[str, pa.DataType] = {
    "currency": pa.string(),
    "account": pa.string(),
    "original": pa.int64(),
    "remaining": pa.int64(),
    "first_seen": pa.string(),
    "date": pa.date32(),
    "code": pa.string(),
    "reason": pa.string(),
    "who": pa.string(),
}
"""The columns of the open items, beside `id`."""


@dataclass(frozen=True, slots=True)
class Movements:
    """Amounts by key: what a period begins with, what is new in it, and by how much known rows were restated."""

    opening: Mapping[Key, int]
    arrived: Mapping[Key, int]
    restated: Mapping[Key, int]


class HasGroups(Protocol):
    """A report, as far as a result is made of it."""

    @property
    def groups(self) -> pa.Table: ...
    @property
    def allocations(self) -> pa.Table: ...


def result_of(
    report: HasGroups,
    shown: HasGroups,
    about: Description,
    *,
    items: Mapping[Id, Item],
    movements: Movements,
    explained: Mapping[Id, Explained],
    cleared_codes: Mapping[int, str],
) -> Result:
    """The result of a report.

    Parameters: `shown` is the same with the resolutions in it, and its groups are kept; `items` are the rows at hand;
    `explained` the resolutions in force; `cleared_codes` the code of each group that a resolution clears.
    """
    opening, arrived, restated = movements.opening, movements.arrived, movements.restated
    names = names_of(about)
    groups = report.groups
    number = {group_id: at for at, group_id in enumerate(groups.column("group_id").to_pylist(), 1)}
    stages: dict[int, tuple[str, Kind | None, int]] = {}
    lines = groups.select(["group_id", "origin", "node"]).to_pylist()
    for line in lines:
        stages[line["group_id"]] = _stage(line, names, cleared_codes)
    allocations = report.allocations
    ids: list[Id] = allocations.column("id_text" if "id_text" in allocations.column_names else "id").to_pylist()
    cleared: dict[Key, dict[tuple[str, Kind], _Sum]] = {}
    order: dict[tuple[str, Kind], int] = {}
    open_amounts: dict[Id, int] = {}
    of_group: list[int] = allocations.column("group_id").to_pylist()
    amounts: list[int] = allocations.column("amount").to_pylist()
    for group_id, row_id, amount in zip(of_group, ids, amounts, strict=True):
        stage, kind, node = stages[group_id]
        if kind is None:
            open_amounts[row_id] = open_amounts.get(row_id, 0) + amount
            continue
        order[stage, kind] = min(node, order.get((stage, kind), node))
        sums = cleared.setdefault(items[row_id].key, {})
        sums.setdefault((stage, kind), _Sum()).add(number[group_id], row_id, amount)
    open_items = {row_id: amount for row_id, amount in open_amounts.items() if amount}
    table = _open_table(open_items, items, explained, about)
    reasons = [code is not None for code in table.column("code").to_pylist()]
    keys = sorted({*opening, *arrived, *restated, *cleared, *(items[row_id].key for row_id in open_items)}, key=_order)
    closing = sums_by_key((items[row_id].key, amount) for row_id, amount in open_items.items())
    counts = sums_by_key((items[row_id].key, 1) for row_id in open_items)
    balances = tuple(
        Balance(
            *key,
            opening=opening.get(key, 0),
            new=arrived.get(key, 0) + restated.get(key, 0),
            restated=restated.get(key, 0),
            cleared_by=tuple(
                Cleared(stage, kind, len(each.groups), len(each.rows), each.debit, each.credit)
                for (stage, kind), each in sorted(cleared.get(key, {}).items(), key=lambda one: (order[one[0]], one[0]))
            ),
            closing=closing.get(key, 0),
            open_rows=counts.get(key, 0),
        )
        for key in keys
    )
    numbered = pa.array([number[group_id] for group_id in of_group], pa.int64())
    return Result(
        groups=_renumbered(shown.groups, number)
        .append_column("stage", pa.array([stages[line["group_id"]][0] for line in lines], pa.string()))
        .append_column("kind", pa.array([stages[line["group_id"]][1] or OPEN for line in lines], pa.string())),
        allocations=pa.table(
            {
                "id": _ids(ids, about),
                "group_id": numbered,
                "amount": pa.array(amounts, pa.int64()),
                "currency": pa.array([items[row_id].key[0] for row_id in ids], pa.string()),
                "account": pa.array([items[row_id].key[1] for row_id in ids], pa.string()),
            }
        ),
        open=table,
        balances=balances,
        unexplained=len(reasons) - sum(reasons),
    )


def names_of(about: Description) -> dict[int, str]:
    """The step of the strategy that each node is counted under."""
    return step_names(about.nodes)


def sums_by_key(amounts: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    """Sums of amounts by their keys."""
    sums: dict[Key, int] = {}
    for key, amount in amounts:
        sums[key] = sums.get(key, 0) + amount
    return sums


def _stage(line: Mapping[str, Any], names: Mapping[int, str], codes: Mapping[int, str]) -> tuple[str, Kind | None, int]:
    """The name that a group is counted under, how it was cleared (None: it is open), and its place."""
    if line["group_id"] in codes:
        return codes[line["group_id"]], "resolved", 1 << 32
    node = line["node"]
    if line["origin"] == UNMATCHED:
        return UNMATCHED, None, 1 << 33
    return step_name(names, node, line["origin"]), "matched", (1 << 31) if node is None else node


def _renumbered(groups: pa.Table, number: Mapping[int, int]) -> pa.Table:
    """Groups with numbers in report order, so that two runs of the same rows have the same table."""
    numbered = [number[group_id] for group_id in groups.column("group_id").to_pylist()]
    groups = groups.drop_columns([name for name in ("first_id", "key") if name in groups.column_names])
    return groups.set_column(0, "group_id", pa.array(numbered, pa.int64()))


def _open_table(
    amounts: Mapping[Id, int], items: Mapping[Id, Item], explained: Mapping[Id, Explained], about: Description
) -> pa.Table:
    rows: list[tuple[Any, ...]] = []
    for row_id, remaining in amounts.items():
        item, reason = items[row_id], explained.get(row_id)
        fits = reason is not None and reason.carried and abs(remaining) <= abs(reason.amount)
        fits = fits and reason is not None and (remaining > 0) == (reason.amount > 0)
        told = (reason.code, reason.reason, reason.who) if fits and reason is not None else (None, None, None)
        rows.append((*item.key, item.original, remaining, item.first_seen, item.date, *told))
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(OPEN_TYPES)
    arrays = {
        name: pa.array(list(values), kind) for (name, kind), values in zip(OPEN_TYPES.items(), columns, strict=True)
    }
    return pa.table({"id": _ids(list(amounts), about), **arrays})


def _ids(ids: Sequence[Id], about: Description) -> pa.Array:
    return pa.array(ids, pa.string() if about.id_is_text else pa.int64())


def _order(key: Key) -> tuple[str, str]:
    return key[0] or "", key[1] or ""
