"""Control of a report: its three tables agree with each other, in exact arithmetic.

Every allocation is of one row and one group that the report lists; the allocations of a row add up to its amount, those
of a group to its net. Sums are of 128 bits: nothing wraps. All of it is columnar, and linear but for one sort; a block
of lines at a time, so that what is computed on the way stays in the processor's cache.

>>> groups = pa.table({"group_id": [7], "status": ["pinned"], "origin": ["manual"], "net": [0], "size": [2],
...                    "max_abs": [5], "min_side": [1], "first_id": [1]})
>>> allocations = pa.table({"id": [1, 2], "group_id": [7, 7], "amount": [5, -5]})
>>> rows = pa.table({"id": [1, 2], "group_id": [7, 7], "amount": [5, -5], "matched": [5, -5], "residual": [0, 0]})
>>> check_tables(groups, allocations, rows)
>>> check_tables(groups, allocations, rows.set_column(2, "amount", pa.array([5, -6])))
Traceback (most recent call last):
    ...
florecon_build.host.errors.ConservationViolated: the module's report is not conserved: row 2 is -6 minor units, and ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BrokenReply, ConservationViolated
from florecon_build.host.report.arrays import all_true, first_places, is_ascending, one_array
from florecon_build.host.report.rows_table import rows_of
from florecon_build.host.report.segments import LOW_BITS, Segments
from florecon_build.wire import PINNED, PROPOSED

Id = int | str
REQUIRED = {
    "groups": ("group_id", "status", "origin", "net", "size", "max_abs", "min_side", "first_id"),
    "allocations": ("id", "group_id", "amount"),
    "rows": ("id", "group_id", "amount", "matched", "residual"),
}
NO_OPPOSITE = -(1 << 63)
"""The integer of 64 bits whose opposite has more."""
BLOCK = 1 << 15
"""Groups, or rows, that are checked at once."""


def check_tables(groups: pa.Table, allocations: pa.Table, rows: pa.Table) -> None:
    """Holds the tables of one report to each other.

    Errors: `BrokenReply` for an empty cell where a value belongs, or an unknown status; `ConservationViolated`, naming
    the row or the group, for ids that do not meet or amounts that do not add up.
    """
    _check_complete("rows", rows)
    check_groups(groups, allocations)
    _check_rows(rows, groups, allocations)


def check_groups(groups: pa.Table, allocations: pa.Table) -> None:
    """Holds the groups of a report to their allocations. Errors: those of `check_tables`."""
    for what, table in {"groups": groups, "allocations": allocations}.items():
        _check_complete(what, table)
    allocations, first = _by_group(groups, allocations)
    is_ascending = _check_members(allocations)
    for block, parts in blocks(groups, allocations, first):
        segments = Segments.of(one_array(parts, "group_id"))
        _check_groups(block, parts, segments, _starts_with_first(block, parts, segments, is_ascending=is_ascending))


def blocks(lines: pa.Table, parts: pa.Table, first: pa.Array) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Blocks of lines, each with its parts, which stand one after the other; `first` has each line's first place."""
    for start in range(0, lines.num_rows, BLOCK):
        block = lines.slice(start, BLOCK)
        after = start + block.num_rows
        begin, end = first[start].as_py(), first[after].as_py() if after < len(first) else parts.num_rows
        yield block, parts.slice(begin, end - begin)


def _check_complete(what: str, table: pa.Table) -> None:
    names = REQUIRED[what] + (("id_text",) if "id_text" in table.column_names else ())
    for name in names:
        if table.column(name).null_count:
            raise BrokenReply(f"the module's table of {what} has an empty cell in {name!r}")
    if what == "groups":
        known = pc.is_in(table.column("status"), value_set=pa.array([PROPOSED, PINNED]))
        if not all_true(known):
            raise BrokenReply(f"the module's groups have a status other than {PROPOSED!r} and {PINNED!r}")


def _by_group(groups: pa.Table, allocations: pa.Table) -> tuple[pa.Table, pa.Array]:
    """The allocations in the order of the table of groups, and the first place of each group."""
    ids = one_array(groups, "group_id")
    if not is_ascending(ids) and pc.count_distinct(ids).as_py() != len(ids):
        raise _violated(f"group {_repeated(ids)} is listed twice", group_id=_repeated(ids))
    keys = one_array(allocations, "group_id")
    first = first_places(keys)
    if not keys.take(first).equals(ids):  # not in the order of the wire page
        at = pc.index_in(keys, value_set=ids)
        if at.null_count:
            stray = keys.filter(pc.is_null(at))[0].as_py()
            raise _violated(f"group {stray} has allocations and is not listed", group_id=stray)
        allocations = allocations.append_column("at", at).sort_by([("at", "ascending"), ("id", "ascending")])
        allocations = allocations.drop_columns("at")
        keys = one_array(allocations, "group_id")
        first = first_places(keys)
        if not keys.take(first).equals(ids):
            empty = ids.filter(pc.invert(pc.is_in(ids, value_set=keys)))[0].as_py()
            raise _violated(f"group {empty} has no allocations", group_id=empty)
    return pa.table({name: one_array(allocations, name) for name in allocations.column_names}), first


def _check_members(allocations: pa.Table) -> bool:
    """No group has a row twice. Allocations are in the order of their groups; returns whether, within each, of ids."""
    members = one_array(allocations, "id_text" if "id_text" in allocations.column_names else "id")
    groups = one_array(allocations, "group_id")
    pairs = max(len(groups) - 1, 0)
    is_next = pc.not_equal(groups.slice(1), groups.slice(0, pairs))
    if all_true(pc.or_(is_next, pc.less(members.slice(0, pairs), members.slice(1)))):
        return True
    counts = pa.table({"group_id": groups, "id": members}).group_by(["group_id", "id"]).aggregate([([], "count_all")])
    twice = counts.filter(pc.greater(counts["count_all"], 1))
    if twice.num_rows:
        row, group = twice["id"][0].as_py(), twice["group_id"][0].as_py()
        raise _violated(f"row {row} is in group {group} twice", id=row, group_id=group)
    return False


def _check_groups(groups: pa.Table, allocations: pa.Table, segments: Segments, has_first: pa.Array) -> None:
    ids, amounts = one_array(groups, "group_id"), one_array(allocations, "amount")
    # both counts of a group in one sum: there are fewer than 2^31 of each
    sides = segments.sums(pc.if_else(pc.greater(amounts, 0), 1, pc.if_else(pc.less(amounts, 0), 1 << 32, 0)))
    positive, negative = pc.bit_wise_and(sides, LOW_BITS), pc.shift_right(sides, 32)
    within, reached = _within(amounts, one_array(groups, "max_abs").take(segments.segment))
    holds = {
        "size": pc.equal(one_array(groups, "size"), segments.sizes()),
        "net": segments.adds_up_to(amounts, one_array(groups, "net")),
        "min_side": pc.equal(one_array(groups, "min_side"), pc.min_element_wise(positive, negative)),
        "max_abs": pc.and_(segments.every(within), pc.greater(segments.counts(reached), 0)),
        "first_id": has_first,
    }
    for name, flags in holds.items():
        at = _first_false(flags)
        if at is not None:
            claimed = groups.column(name)[at].as_py()
            what = f"group {ids[at]}: {name} is {claimed}, and its allocations give another"
            raise _violated(what, group_id=ids[at].as_py())


def _within(amounts: pa.Array, largest: pa.Array) -> tuple[pa.Array, pa.Array]:
    """For each amount, whether without its sign it is at most the largest, and whether it is that."""
    if pc.min(amounts).as_py() != NO_OPPOSITE:
        sizes = pc.abs(amounts)
        return pc.less_equal(sizes, largest), pc.equal(sizes, largest)
    smallest = pc.negate(largest)
    within = pc.and_(pc.less_equal(amounts, largest), pc.greater_equal(amounts, smallest))
    return within, pc.or_(pc.equal(amounts, largest), pc.equal(amounts, smallest))


def _starts_with_first(groups: pa.Table, allocations: pa.Table, segments: Segments, *, is_ascending: bool) -> pa.Array:
    """For each group, whether `first_id` is the member with the smallest id; in a group ids may be known to ascend."""
    name = "id_text" if "id_text" in allocations.column_names else "id"
    ids, keys = one_array(allocations, "id"), one_array(allocations, name)
    claimed = one_array(groups, "first_id")
    at = segments.first  # in the order of the wire page the smallest id of a group comes first
    comes_first = pc.equal(ids.take(at), claimed)
    if all_true(comes_first):
        if is_ascending:
            return comes_first
    else:
        at = pc.index_in(claimed, value_set=ids)
    smallest = keys.take(at)
    least = pc.greater_equal(keys, smallest.take(segments.segment))
    member = pc.equal(ids, claimed.take(segments.segment))
    return pc.and_(segments.every(pc.fill_null(least, False)), pc.equal(segments.counts(member), 1))


def _check_rows(rows: pa.Table, groups: pa.Table, allocations: pa.Table) -> None:
    """The rows are those that the allocations make."""
    made = rows_of(groups, allocations)
    key = "id_text" if "id_text" in rows.column_names else "id"
    if not is_ascending(one_array(rows, key)):
        rows = rows.sort_by(key)
    ids = one_array(rows, key)
    if not is_ascending(ids):
        raise _violated(f"row {_repeated(ids)} is listed twice", id=_repeated(ids))
    expected = one_array(made, key)
    if not ids.equals(expected):
        stray = expected.filter(pc.invert(pc.is_in(expected, value_set=ids)))
        if len(stray):
            raise _violated(f"row {stray[0]} has allocations and is not listed", id=stray[0].as_py())
        missing = ids.filter(pc.invert(pc.is_in(ids, value_set=expected)))[0].as_py()
        raise _violated(f"row {missing} has no allocations", id=missing)
    stands = {
        "id": "has the number {}, and its allocations have another",
        "amount": "is {} minor units, and its allocations add up to another amount",
        "matched": "is matched with {} minor units, and its allocations add up to another amount",
        "residual": "is open with {} minor units, and its allocations add up to another amount",
        "group_id": "names group {}, which does not hold most of it",
    }
    for name, what in stands.items():
        at = _first_false(pc.equal(one_array(rows, name), one_array(made, name)))
        if at is not None:
            claimed = rows.column(name)[at].as_py()
            raise _violated(f"row {ids[at]} {what.format(claimed)}", id=ids[at].as_py())


def _first_false(flags: pa.Array) -> int | None:
    at = pc.index(flags, pa.scalar(False)).as_py()
    return None if at < 0 else at


def _repeated(values: pa.Array) -> Any:
    counts = pc.value_counts(values)
    return pc.struct_field(counts, "values").filter(pc.greater(pc.struct_field(counts, "counts"), 1))[0].as_py()


def _violated(what: str, *, id: Id | None = None, group_id: int | None = None) -> ConservationViolated:
    return ConservationViolated(f"the module's report is not conserved: {what}", id=id, group_id=group_id)
