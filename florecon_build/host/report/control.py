"""Control of a report: its three tables agree with each other, in exact arithmetic.

Every allocation is of one row and one group that the report lists; the allocations of a row add up to its amount, those
of a group to its net. Sums are of 128 bits: nothing wraps. All of it is columnar, and linear but for one sort.

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

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BrokenReply, ConservationViolated
from florecon_build.wire import PINNED, PROPOSED, UNMATCHED

Id = int | str
REQUIRED = {
    "groups": ("group_id", "status", "origin", "net", "size", "max_abs", "min_side", "first_id"),
    "allocations": ("id", "group_id", "amount"),
    "rows": ("id", "group_id", "amount", "matched", "residual"),
}
LOW_BITS = 0xFFFF_FFFF


def check_tables(groups: pa.Table, allocations: pa.Table, rows: pa.Table) -> None:
    """Holds the tables of one report to each other.

    Errors: `BrokenReply` for an empty cell where a value belongs, or an unknown status; `ConservationViolated`, naming
    the row or the group, for ids that do not meet or amounts that do not add up.
    """
    tables = {"groups": groups, "allocations": allocations, "rows": rows}
    for what, table in tables.items():
        _check_complete(what, table)
    by_group, starts = _by_group(groups, allocations)
    _check_groups(groups, by_group, starts)
    _check_rows(rows, by_group, groups, starts)


@dataclass(frozen=True, slots=True)
class _Starts:
    """Segments of consecutive equal keys: the first place of each, and the segment of every place."""

    first: pa.Array
    segment: pa.Array
    length: int

    def last(self) -> pa.Array:
        """The last place of each segment."""
        ends = pa.concat_arrays([self.first.slice(1), pa.array([self.length], pa.int64())])
        return pc.subtract(ends, 1)

    def counts(self, flags: pa.Array) -> pa.Array:
        """The number of true flags in each segment."""
        return self._sums(flags.cast(pa.int64()))

    def adds_up_to(self, values: pa.Array, totals: pa.Array) -> pa.Array:
        """For each segment, whether the 128-bit sum of its values is the total."""
        high = self._sums(pc.shift_right(values, 32))
        low = self._sums(pc.bit_wise_and(values, LOW_BITS))
        high = pc.add(high, pc.shift_right(low, 32))
        low = pc.bit_wise_and(low, LOW_BITS)
        return pc.and_(pc.equal(high, pc.shift_right(totals, 32)), pc.equal(low, pc.bit_wise_and(totals, LOW_BITS)))

    def _sums(self, values: pa.Array) -> pa.Array:
        """Sums of values of at most 32 bits each, which no 64-bit sum of 2^31 of them can wrap."""
        running = pc.cumulative_sum(values).take(self.last())
        before = pa.concat_arrays([pa.array([0], pa.int64()), running.slice(0, len(running) - 1)])
        return pc.subtract(running, before)


def _starts(keys: pa.Array) -> _Starts:
    if not len(keys):
        nothing = pa.array([], pa.int64())
        return _Starts(nothing, nothing, 0)
    new = pa.concat_arrays([pa.array([True]), pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))])
    segment = pc.subtract(pc.cumulative_sum(new.cast(pa.int64())), 1)
    return _Starts(pc.indices_nonzero(new).cast(pa.int64()), segment, len(keys))


def _check_complete(what: str, table: pa.Table) -> None:
    names = REQUIRED[what] + (("id_text",) if "id_text" in table.column_names else ())
    for name in names:
        if table.column(name).null_count:
            raise BrokenReply(f"the module's table of {what} has an empty cell in {name!r}")
    if what == "groups":
        known = pc.is_in(table.column("status"), value_set=pa.array([PROPOSED, PINNED]))
        if not _all(known):
            raise BrokenReply(f"the module's groups have a status other than {PROPOSED!r} and {PINNED!r}")


def _by_group(groups: pa.Table, allocations: pa.Table) -> tuple[pa.Table, _Starts]:
    """The allocations in the order of the table of groups, and where each group starts."""
    ids = one_array(groups, "group_id")
    if pc.count_distinct(ids).as_py() != len(ids):
        raise _violated(f"group {_repeated(ids)} is listed twice", group_id=_repeated(ids))
    keys = one_array(allocations, "group_id")
    starts = _starts(keys)
    if not keys.take(starts.first).equals(ids):  # not in the order of the wire page
        at = pc.index_in(keys, value_set=ids)
        if at.null_count:
            stray = keys.filter(pc.is_null(at))[0].as_py()
            raise _violated(f"group {stray} has allocations and is not listed", group_id=stray)
        allocations = allocations.append_column("at", at).sort_by([("at", "ascending"), ("id", "ascending")])
        allocations = allocations.drop_columns("at")
        keys = one_array(allocations, "group_id")
        starts = _starts(keys)
        if not keys.take(starts.first).equals(ids):
            empty = ids.filter(pc.invert(pc.is_in(ids, value_set=keys)))[0].as_py()
            raise _violated(f"group {empty} has no allocations", group_id=empty)
    return allocations, starts


def _check_groups(groups: pa.Table, allocations: pa.Table, starts: _Starts) -> None:
    ids, amounts = one_array(groups, "group_id"), one_array(allocations, "amount")
    if not len(ids):
        return
    sizes = pc.add(pc.subtract(starts.last(), starts.first), 1)
    positive, negative = starts.counts(pc.greater(amounts, 0)), starts.counts(pc.less(amounts, 0))
    largest = one_array(groups, "max_abs").take(starts.segment)
    within = pc.and_(pc.less_equal(amounts, largest), pc.greater_equal(amounts, pc.negate(largest)))
    reached = pc.or_(pc.equal(amounts, largest), pc.equal(amounts, pc.negate(largest)))
    holds = {
        "size": pc.equal(one_array(groups, "size"), sizes),
        "net": starts.adds_up_to(amounts, one_array(groups, "net")),
        "min_side": pc.equal(one_array(groups, "min_side"), pc.min_element_wise(positive, negative)),
        "max_abs": pc.and_(pc.equal(starts.counts(within), sizes), pc.greater(starts.counts(reached), 0)),
        "first_id": _starts_with_first(groups, allocations, starts),
    }
    for name, flags in holds.items():
        at = _first_false(flags)
        if at is not None:
            claimed = groups.column(name)[at].as_py()
            what = f"group {ids[at]}: {name} is {claimed}, and its allocations give another"
            raise _violated(what, group_id=ids[at].as_py())


def _starts_with_first(groups: pa.Table, allocations: pa.Table, starts: _Starts) -> pa.Array:
    """For each group, whether `first_id` is the member with the smallest id."""
    name = "id_text" if "id_text" in allocations.column_names else "id"
    ids, keys = one_array(allocations, "id"), one_array(allocations, name)
    claimed = one_array(groups, "first_id")
    at = starts.first  # in the order of the wire page the smallest id of a group comes first
    if not ids.take(at).equals(claimed):
        at = pc.index_in(claimed, value_set=ids)
    smallest = keys.take(at)
    least = pc.greater_equal(keys, smallest.take(starts.segment))
    member = pc.equal(ids, claimed.take(starts.segment))
    whole = pc.add(pc.subtract(starts.last(), starts.first), 1)
    small = pc.equal(starts.counts(pc.fill_null(least, False)), whole)
    return pc.and_(small, pc.equal(starts.counts(member), 1))


def _check_rows(rows: pa.Table, allocations: pa.Table, groups: pa.Table, starts: _Starts) -> None:
    """Each row's allocations: they are there, add up, and are matched or open as the row says."""
    ids = one_array(rows, "id")
    if not _is_ascending(ids):
        if pc.count_distinct(ids).as_py() != len(ids):
            raise _violated(f"row {_shown(rows, ids, _repeated(ids))} is listed twice", id=_repeated(ids))
        rows = rows.sort_by("id")
        ids = one_array(rows, "id")
    names = one_array(rows, "id_text") if "id_text" in rows.column_names else ids
    open_groups = pc.equal(one_array(groups, "origin"), UNMATCHED)
    is_open = open_groups.take(starts.segment) if len(open_groups) else pa.array([], pa.bool_())
    order = pc.sort_indices(one_array(allocations, "id"))
    keys = one_array(allocations, "id").take(order)
    by_row = _starts(keys)
    if not keys.take(by_row.first).equals(ids):
        stray = keys.filter(pc.invert(pc.is_in(keys, value_set=ids)))
        if len(stray):
            raise _violated(f"row {stray[0]} has allocations and is not listed", id=stray[0].as_py())
        missing = names.filter(pc.invert(pc.is_in(ids, value_set=keys)))[0].as_py()
        raise _violated(f"row {missing} has no allocations", id=missing)
    if not len(ids):
        return
    if names is not ids:
        texts = one_array(allocations, "id_text").take(order)
        _check_names(names, texts, by_row)
    amounts = one_array(allocations, "amount").take(order)
    opened = is_open.take(order)
    zero = pa.scalar(0, pa.int64())
    parts = {"amount": amounts, "matched": pc.if_else(opened, zero, amounts),
             "residual": pc.if_else(opened, amounts, zero)}  # fmt: skip
    for name, values in parts.items():
        at = _first_false(by_row.adds_up_to(values, one_array(rows, name)))
        if at is not None:
            stands = {"amount": "is", "matched": "is matched with", "residual": "is open with"}[name]
            what = f"row {names[at]} {stands} {rows.column(name)[at]} minor units"
            raise _violated(f"{what}, and its allocations add up to another amount", id=names[at].as_py())
    _check_primary(rows, names, allocations.take(order), by_row)


def _check_names(names: pa.Array, texts: pa.Array, by_row: _Starts) -> None:
    """One text for each number, in both tables."""
    if not _is_ascending(names) and pc.count_distinct(names).as_py() != len(names):
        raise _violated(f"row {_repeated(names)} is listed twice", id=_repeated(names))
    at = _first_false(pc.equal(texts, names.take(by_row.segment)))
    if at is not None:
        raise _violated(f"an allocation names row {texts[at]} by the number of another row", id=texts[at].as_py())


def _check_primary(rows: pa.Table, names: pa.Array, allocations: pa.Table, by_row: _Starts) -> None:
    """The group of each row is the one that holds most of it, of equal ones the smallest."""
    groups, amounts = one_array(allocations, "group_id"), one_array(allocations, "amount")
    claimed = one_array(rows, "group_id").take(by_row.segment)
    weight = pc.if_else(pc.less(amounts, 0), amounts, pc.negate(amounts))  # negative, so that no amount overflows
    own = pc.equal(groups, claimed)
    single = by_row.counts(own)
    at = _first_false(pc.equal(single, 1))
    if at is None and len(names) < len(groups):
        held = weight.filter(own).take(by_row.segment)
        beaten = pc.or_(pc.less(weight, held), pc.and_(pc.equal(weight, held), pc.less(groups, claimed)))
        at = _first_false(pc.equal(by_row.counts(beaten), 0))
    if at is not None:
        group = rows.column("group_id")[at].as_py()
        raise _violated(f"row {names[at]} names group {group}, which does not hold most of it", id=names[at].as_py())


def one_array(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def _is_ascending(values: pa.Array) -> bool:
    return len(values) < 2 or _all(pc.less(values.slice(0, len(values) - 1), values.slice(1)))


def _all(flags: Any) -> bool:
    return pc.all(flags).as_py() is not False


def _first_false(flags: pa.Array) -> int | None:
    at = pc.index(flags, pa.scalar(False)).as_py()
    return None if at < 0 else at


def _repeated(values: pa.Array) -> Any:
    counts = pc.value_counts(values)
    return pc.struct_field(counts, "values").filter(pc.greater(pc.struct_field(counts, "counts"), 1))[0].as_py()


def _shown(rows: pa.Table, ids: pa.Array, id: int) -> Id:
    """The text of a number, where ids are texts."""
    if "id_text" not in rows.column_names:
        return id
    return rows.column("id_text")[pc.index(ids, pa.scalar(id, ids.type)).as_py()].as_py()


def _violated(what: str, *, id: Id | None = None, group_id: int | None = None) -> ConservationViolated:
    return ConservationViolated(f"the module's report is not conserved: {what}", id=id, group_id=group_id)
