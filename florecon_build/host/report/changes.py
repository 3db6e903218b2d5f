"""Changes of a solve: the groups that it removed and added, compared with the rows that were shipped in between."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import ConservationViolated
from florecon_build.host.report.arrays import one_array
from florecon_build.host.report.group_keys import with_keys
from florecon_build.host.report.shipped_rows import ShippedRows
from florecon_build.host.report.tables import COLUMNS, facts_of_groups

WIDE = pa.decimal128(38, 0)


@dataclass(frozen=True, slots=True)
class Changes:
    """The groups that a solve removed and added: the difference of its report and that of the solve before.

    `removed` and `added` have the columns of `Report.groups`, `key` included, by ascending `group_id`;
    `removed_allocations` and `added_allocations` those of `Report.allocations`. A removed group has the id that it had
    after the solve before. A group that only has another `group_id` is not among them: its members, amounts, status,
    origin, reason, node and mark of uniqueness are the same. All groups of a first solve are added.
    """

    removed: pa.Table
    added: pa.Table
    removed_allocations: pa.Table
    added_allocations: pa.Table

    @staticmethod
    def of_lines(lines: pa.Table) -> Changes:
        """The changes of a module's table `changes`, one line a member.

        >>> lines = pa.table({"change": ["added", "added"], "group_id": [7, 7], "status": ["pinned", "pinned"],
        ...     "origin": ["manual", "manual"], "reason": pa.array([None, None], pa.string()),
        ...     "node": pa.array([None, None], pa.int32()), "unique": pa.array([None, None], pa.bool_()),
        ...     "id": [1, 2], "amount": [5, -5]})
        >>> changes = Changes.of_lines(lines)
        >>> changes.added.select(["group_id", "net", "size", "first_id"]).to_pylist(), changes.removed.num_rows
        ([{'group_id': 7, 'net': 0, 'size': 2, 'first_id': 1}], 0)
        """
        removed, added = (lines.filter(pc.equal(lines["change"], change)) for change in ("removed", "added"))
        return Changes(_groups(removed), _groups(added), _allocations(removed), _allocations(added))

    @staticmethod
    def of_first(groups: pa.Table, allocations: pa.Table) -> Changes:
        """The changes of a first solve: all groups of its report, with their keys, are added."""
        return Changes(groups.slice(0, 0), groups, allocations.slice(0, 0), allocations)


def _allocations(lines: pa.Table) -> pa.Table:
    names = [name for name in ("id", "id_text", "group_id", "amount") if name in lines.column_names]
    return lines.select(names)


def _groups(lines: pa.Table) -> pa.Table:
    allocations = _allocations(lines)
    ids = one_array(lines, "group_id")
    first = pc.index_in(pc.unique(ids), value_set=ids)
    columns = {name: one_array(lines, name).take(first) for name in ("group_id", "status", "origin", "reason")}
    columns |= {name: one_array(lines, name).take(first) for name in ("node", "unique")}
    columns |= facts_of_groups(allocations, columns["group_id"])
    schema = COLUMNS["groups"]
    groups = pa.table({name: columns[name] for name in schema}, schema=pa.schema(list(schema.items())))
    return with_keys(groups, allocations)


def check_changes(lines: pa.Table, shipped: ShippedRows) -> None:
    """Compares a table `changes` with the rows that were shipped between the two solves.

    What is added of a row that was not shipped is as much as is removed of it. So is it of a row that was shipped with
    the amount that it had; of another one at most all is added, with its sign, since parts of it may be in groups that
    stay as they were, and of one that was removed nothing.
    Errors: `ConservationViolated`, naming the row.
    """
    names = one_array(lines, "id_text" if "id_text" in lines.column_names else "id")
    amounts = one_array(lines, "amount").cast(WIDE)
    is_added = pc.equal(one_array(lines, "change"), "added")
    zero = pa.scalar(0, WIDE)
    parts = pa.table(
        {
            "id": names,
            "added": pc.if_else(is_added, amounts, zero),
            "removed": pc.if_else(is_added, zero, amounts),
        }
    )
    sums = parts.group_by("id", use_threads=False).aggregate([("added", "sum"), ("removed", "sum")])
    ids, added, removed = (one_array(sums, name) for name in ("id", "added_sum", "removed_sum"))
    known, gone = shipped.settled()
    at = pc.index_in(ids, value_set=one_array(known, "id"))
    amount = one_array(known, "amount").take(at)
    amount = amount.cast(WIDE)
    least, most = pc.min_element_wise(amount, zero), pc.max_element_wise(amount, zero)
    is_part = pc.and_(pc.and_(pc.is_valid(amount), pc.less_equal(least, added)), pc.less_equal(added, most))
    is_unknown = pc.and_(pc.is_valid(at), pc.is_null(amount))
    balances = pc.or_(pc.equal(added, removed), pc.or_(is_part, is_unknown))
    if gone is not None:
        is_gone = pc.is_in(ids, value_set=gone)
        balances = pc.if_else(is_gone, pc.equal(added, zero), balances)
    wrong = pc.index(balances, pa.scalar(False)).as_py()
    if wrong >= 0:
        what = f"{added[wrong]} minor units of row {ids[wrong]} and removes {removed[wrong]}"
        raise ConservationViolated(
            f"the module's changes are not conserved: a solve adds {what}, which are not those that were shipped",
            id=ids[wrong].as_py(),
        )
