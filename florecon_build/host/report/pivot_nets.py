"""Nets of groups over several currencies, in the numeraire of the pivot that they were formed in.

A group of 100.00 EUR and -110.00 USD has no one net of its own amounts. Where a pivot compared its rows by another
amount column, such as the amount in the company's currency, that column has one.

A row that is in the group as a whole counts with the whole amount of that column, exactly. Of a part of a row the
column says nothing: it counts in proportion, to the nearest minor unit, and the net is `about` that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import pyarrow as pa

from florecon_build.host.report.currencies import format_minor
from florecon_build.host.report.in_minor_units import in_minor_units

PIVOT = "pivot"
"""Kind of a node that runs its inner strategy in another numeraire."""


class TreeNode(Protocol):
    """A node of a strategy: its place, and what its description says of it."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Pivot:
    """The other amount column of a pivot and its decimals; None where the description does not say."""

    column: str | None
    scale: int | None


@dataclass(frozen=True, slots=True)
class PivotNet:
    """Net of a group in minor units of a pivot's column; not `exact` where the group has a part of a row only."""

    column: str
    scale: int
    net: int
    exact: bool = True

    def __str__(self) -> str:
        return f"{'' if self.exact else 'about '}{format_minor(self.net, self.scale)} in {self.column}"


@dataclass(frozen=True, slots=True)
class Parts:
    """Allocations of some groups: the group and the node that formed it, the place of the row in the input, the amount.

    `whole` is the whole amount of the row in the outer numeraire; None where it is not known.
    """

    groups: Sequence[int]
    nodes: Sequence[int | None]
    rows: Sequence[int]
    amounts: Sequence[int]
    whole: Sequence[int | None]


N = TypeVar("N", bound=TreeNode)


def innermost_pivot(nodes: Iterable[N], path: str) -> N | None:
    """The innermost pivot around the node at a path.

    >>> from florecon_build.host.description import Node
    >>> nodes = [Node(id=0, kind="pivot", path="pivot"), Node(id=1, kind="agg_net", path="pivot > agg_net")]
    >>> innermost_pivot(nodes, "pivot > agg_net").id, innermost_pivot(nodes, "pivot")
    (0, None)
    """
    around = [node for node in nodes if node.kind == PIVOT and path.startswith(f"{node.path} > ")]
    return max(around, key=lambda node: len(node.path), default=None)


def pivots_of(nodes: Iterable[TreeNode]) -> dict[int, Pivot]:
    """The pivot that each node is in, by node id; nodes outside of all pivots have none."""
    listed = list(nodes)
    found = {node.id: innermost_pivot(listed, node.path) for node in listed}
    return {number: _pivot(node.facts) for number, node in found.items() if node is not None}


def _pivot(facts: Mapping[str, object]) -> Pivot:
    column, scale = facts.get("amount"), facts.get("scale")
    return Pivot(column if isinstance(column, str) else None, scale if isinstance(scale, int) else None)


def other_amounts(pivots: Mapping[int, Pivot]) -> frozenset[str]:
    """The columns of pivots: their amounts are not in the currency of the row."""
    return frozenset(pivot.column for pivot in pivots.values() if pivot.column is not None)


def pivot_nets(parts: Parts, pivots: Mapping[int, Pivot], rows: pa.Table) -> dict[int, PivotNet]:
    """The net of each group in the numeraire of its pivot.

    A group has none that no pivot formed, or whose pivot's amounts the input does not have: computed ones, empty cells,
    or a module that does not name the column.
    """
    columns: dict[Pivot, list[int | None]] = {}
    nets: dict[int, PivotNet | None] = {}
    lines = zip(parts.groups, parts.nodes, parts.rows, parts.amounts, parts.whole, strict=True)
    for group, node, row, amount, whole in lines:
        pivot = None if node is None else pivots.get(node)
        if pivot is None or pivot.column not in rows.column_names or pivot.scale is None:
            continue
        if pivot not in columns:
            columns[pivot] = minor_amounts(rows[pivot.column], pivot.scale)
        other = columns[pivot][row]
        if other is None or not whole:
            nets[group] = None
            continue
        before = nets.get(group, PivotNet(pivot.column, pivot.scale, 0))
        if before is not None:
            inside = _nearest(other * amount, whole)
            exact = before.exact and amount == whole
            nets[group] = PivotNet(before.column, before.scale, before.net + inside, exact)
    return {group: net for group, net in nets.items() if net is not None}


def minor_amounts(column: pa.ChunkedArray, scale: int) -> list[int | None]:
    """Amounts of an input column as whole minor units."""
    return [amount for chunk in column.chunks for amount in in_minor_units(chunk, scale).to_pylist()]


def _nearest(dividend: int, divisor: int) -> int:
    """The nearest whole quotient, halves away from zero."""
    quotient = (2 * abs(dividend) + abs(divisor)) // (2 * abs(divisor))
    return quotient if (dividend < 0) == (divisor < 0) else -quotient
