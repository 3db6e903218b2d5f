"""Projections of a report to one group per row. Text ids are in `id_text`, beside their number.

Allocations are the truth: a row may be split over several groups. These say so, or choose, in the open.
"""

from __future__ import annotations

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BadCommand, SplitRow
from florecon_build.host.report.arrays import first_of_each

Policy = Literal["largest_abs", "prefer_clean", "first_group"]


def _names(allocations: pa.Table) -> list[str]:
    """The id, its text where ids are texts, and the group."""
    return [name for name in ("id", "id_text", "group_id") if name in allocations.column_names]


def strict_assignments(allocations: pa.Table) -> pa.Table:
    """`id, group_id`, one line per row, by ascending id.

    Errors: `SplitRow`, naming the first row that sits in several groups.

    >>> strict_assignments(pa.table({"id": [2, 1], "group_id": [7, 7], "amount": [5, -5]})).to_pydict()
    {'id': [1, 2], 'group_id': [7, 7]}
    """
    ordered = allocations.select(_names(allocations)).sort_by([("id", "ascending"), ("group_id", "ascending")])
    ids = ordered.column("id").combine_chunks()
    at: int = pc.index(pc.equal(ids.slice(1), ids.slice(0, max(0, len(ids) - 1))), pa.scalar(True)).as_py()
    if at >= 0:
        row_id: int = ids[at].as_py()
        groups = ordered.filter(pc.equal(ordered.column("id"), row_id)).column("group_id").to_pylist()
        raise SplitRow(
            f"row {row_id} is split over the groups {', '.join(map(str, groups))};"
            " primary_assignments chooses one of them",
            id=row_id,
        )
    return ordered


def primary_assignments(groups: pa.Table, allocations: pa.Table, policy: Policy = "largest_abs") -> pa.Table:
    """`id, group_id`, one line per row, by ascending id; a split row gets one home.

    Parameters: `policy` is `largest_abs` (the group with most of the row), `prefer_clean` (groups that net to zero
    first, then the largest) or `first_group`; ties go to the smaller group id.

    >>> allocations = pa.table({"id": [1, 1], "group_id": [3, 4], "amount": [5, -9]})
    >>> groups = pa.table({"group_id": [3, 4], "net": [0, 2]})
    >>> [primary_assignments(groups, allocations, policy)["group_id"].to_pylist()
    ...  for policy in ("largest_abs", "prefer_clean", "first_group")]
    [[4], [3], [3]]
    """
    orders: dict[str, list[tuple[str, str]]] = {
        "largest_abs": [("weight", "descending"), ("group_id", "ascending")],
        "prefer_clean": [("clean", "descending"), ("weight", "descending"), ("group_id", "ascending")],
        "first_group": [("group_id", "ascending")],
    }
    if policy not in orders:
        raise BadCommand(f"the policy is one of {', '.join(orders)}, not {policy!r}")
    nets_to_zero = pc.equal(groups.column("net"), 0).cast(pa.int8())
    clean = pa.table({"group_id": groups.column("group_id"), "clean": nets_to_zero})
    weighed = allocations.append_column("weight", pc.abs_checked(allocations.column("amount")))
    return first_of_each(weighed.join(clean, "group_id"), "id", orders[policy]).select(_names(allocations))


def connected_components(allocations: pa.Table) -> pa.Table:
    """`id, group_id, component`: what hangs together through shared rows and groups.

    Components count from 0 in the order of their smallest id; lines are by ascending id, then group.

    >>> table = pa.table({"id": [1, 2, 2, 3, 9], "group_id": [5, 5, 6, 6, 8], "amount": [1, -1, 1, -1, 1]})
    >>> connected_components(table)["component"].to_pylist()
    [0, 0, 0, 0, 1]
    """
    ordered = allocations.select(_names(allocations)).sort_by([("id", "ascending"), ("group_id", "ascending")])
    if not ordered.num_rows:
        return ordered.append_column("component", pa.array([], pa.int64()))
    root = _roots(ordered)
    joined = pc.index_in(ordered.column("group_id"), value_set=pa.array(list(root), pa.int64()))
    roots = pc.coalesce(pc.take(pa.array(list(root.values()), pa.int64()), joined), ordered.column("group_id"))
    component = roots.combine_chunks().dictionary_encode().indices.cast(pa.int64())
    return ordered.append_column("component", component)


def _roots(ordered: pa.Table) -> dict[int, int]:
    """Union-find over the groups that share a row; an unsplit row joins nothing, so most groups never enter."""
    ids = ordered.column("id").combine_chunks()
    split = pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1))
    groups = ordered.column("group_id").combine_chunks()
    parent: dict[int, int] = {}

    def find(group: int) -> int:
        while parent.setdefault(group, group) != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    left: list[int] = groups.slice(0, len(ids) - 1).filter(split).to_pylist()
    right: list[int] = groups.slice(1).filter(split).to_pylist()
    for one, other in zip(left, right, strict=True):
        parent[find(other)] = find(one)
    return {group: find(group) for group in list(parent)}
