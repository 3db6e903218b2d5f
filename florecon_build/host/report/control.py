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
BLOCK = 1 << 15
"""Groups, or rows, that are checked at once."""


def check_tables(groups: pa.Table, allocations: pa.Table, rows: pa.Table) -> None:
    """Holds the tables of one report to each other.

    Errors: `BrokenReply` for an empty cell where a value belongs, or an unknown status; `ConservationViolated`, naming
    the row or the group, for ids that do not meet or amounts that do not add up.
    """
    tables = {"groups": groups, "allocations": allocations, "rows": rows}
    for what, table in tables.items():
        _check_complete(what, table)
    allocations, first = _by_group(groups, allocations)
    opened: list[pa.Array] = []
    for block, parts in blocks(groups, allocations, first):
        starts = _starts(one_array(parts, "group_id"))
        _check_groups(block, parts, starts)
        opened.append(pc.equal(one_array(block, "origin"), UNMATCHED).take(starts.segment))
    is_open = pa.concat_arrays(opened or [pa.array([], pa.bool_())])
    _check_rows(rows, allocations.append_column("open", is_open))


def blocks(lines: pa.Table, parts: pa.Table, first: pa.Array) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Blocks of lines, each with its parts, which stand one after the other; `first` has each line's first place."""
    for start in range(0, lines.num_rows, BLOCK):
        block = lines.slice(start, BLOCK)
        after = start + block.num_rows
        begin, end = first[start].as_py(), first[after].as_py() if after < len(first) else parts.num_rows
        yield block, parts.slice(begin, end - begin)


def first_places(keys: pa.Array) -> pa.Array:
    """The first place of each run of equal keys."""
    return pc.indices_nonzero(_is_new(keys)).cast(pa.int64())


@dataclass(frozen=True, slots=True)
class _Starts:
    """Segments of consecutive equal keys: the first place of each, and the segment of every place."""

    first: pa.Array
    segment: pa.Array
    length: int

    @property
    def are_single(self) -> bool:
        """True where each segment is one place."""
        return len(self.first) == self.length

    def sizes(self) -> pa.Array:
        """The number of places of each segment."""
        return pc.add(pc.subtract(self.last(), self.first), 1)

    def spread(self, values: pa.Array) -> pa.Array:
        """For each place, the value of its segment."""
        return values if self.are_single else values.take(self.segment)

    def last(self) -> pa.Array:
        """The last place of each segment."""
        ends = pa.concat_arrays([self.first.slice(1), pa.array([self.length], pa.int64())])
        return pc.subtract(ends, 1)

    def counts(self, flags: pa.Array) -> pa.Array:
        """The number of true flags in each segment."""
        return self._sums(flags.cast(pa.int64()))

    def every(self, flags: pa.Array) -> pa.Array:
        """For each segment, whether all its flags are true."""
        return pc.equal(self.first, self.first) if _all(flags) else pc.equal(self.counts(flags), self.sizes())

    def adds_up_to(self, values: pa.Array, totals: pa.Array) -> pa.Array:
        """For each segment, whether the 128-bit sum of its values is the total."""
        if self.are_single or _may_add_up(values):
            return pc.equal(self._sums(values), totals)
        high = self._sums(pc.shift_right(values, 32))
        low = self._sums(pc.bit_wise_and(values, LOW_BITS))
        high = pc.add(high, pc.shift_right(low, 32))
        low = pc.bit_wise_and(low, LOW_BITS)
        return pc.and_(pc.equal(high, pc.shift_right(totals, 32)), pc.equal(low, pc.bit_wise_and(totals, LOW_BITS)))

    def _sums(self, values: pa.Array) -> pa.Array:
        """Sums of values, all of which add up to less than 64 bits, as 2^31 values of 32 bits do."""
        if self.are_single:
            return values
        running = pc.cumulative_sum(values).take(self.last())
        before = pa.concat_arrays([pa.array([0], pa.int64()), running.slice(0, len(running) - 1)])
        return pc.subtract(running, before)


def _may_add_up(values: pa.Array) -> bool:
    """Whether no sum of some of the values can wrap."""
    least, most = pc.min_max(values).as_py().values()
    return least is None or max(-least, most) * len(values) < 1 << 63


def _is_new(keys: pa.Array) -> pa.Array:
    """For each key, whether it is another than the one before."""
    if not len(keys):
        return pa.array([], pa.bool_())
    return pa.concat_arrays([pa.array([True]), pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))])


def _starts(keys: pa.Array) -> _Starts:
    new = _is_new(keys)
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


def _check_groups(groups: pa.Table, allocations: pa.Table, starts: _Starts) -> None:
    ids, amounts = one_array(groups, "group_id"), one_array(allocations, "amount")
    sizes = starts.sizes()
    positive, negative = starts.counts(pc.greater(amounts, 0)), starts.counts(pc.less(amounts, 0))
    largest = one_array(groups, "max_abs").take(starts.segment)
    within = pc.and_(pc.less_equal(amounts, largest), pc.greater_equal(amounts, pc.negate(largest)))
    reached = pc.or_(pc.equal(amounts, largest), pc.equal(amounts, pc.negate(largest)))
    holds = {
        "size": pc.equal(one_array(groups, "size"), sizes),
        "net": starts.adds_up_to(amounts, one_array(groups, "net")),
        "min_side": pc.equal(one_array(groups, "min_side"), pc.min_element_wise(positive, negative)),
        "max_abs": pc.and_(starts.every(within), pc.greater(starts.counts(reached), 0)),
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
    return pc.and_(starts.every(pc.fill_null(least, False)), pc.equal(starts.counts(member), 1))


def _check_rows(rows: pa.Table, allocations: pa.Table) -> None:
    """Each row's allocations: they are there, add up, and are matched or open as the row says."""
    ids = one_array(rows, "id")
    if not is_ascending(ids):
        if pc.count_distinct(ids).as_py() != len(ids):
            raise _violated(f"row {_shown(rows, ids, _repeated(ids))} is listed twice", id=_repeated(ids))
        rows = rows.sort_by("id")
        ids = one_array(rows, "id")
    listed = _names(rows)
    rows, allocations = _without_whole(rows, allocations)
    ids = one_array(rows, "id")
    order = pc.sort_indices(one_array(allocations, "id"))
    keys = one_array(allocations, "id").take(order)
    first = first_places(keys)
    if not keys.take(first).equals(ids):
        names = _names(rows)
        stray = keys.filter(pc.invert(pc.is_in(keys, value_set=ids)))
        if len(stray):
            raise _violated(f"row {stray[0]} has allocations and is not listed", id=stray[0].as_py())
        missing = names.filter(pc.invert(pc.is_in(ids, value_set=keys)))[0].as_py()
        raise _violated(f"row {missing} has no allocations", id=missing)
    if "id_text" in rows.column_names and not is_ascending(listed) and pc.count_distinct(listed).as_py() != len(listed):
        raise _violated(f"row {_repeated(listed)} is listed twice", id=_repeated(listed))
    for block, places in blocks(rows, pa.table({"at": order}), first):
        parts = allocations.take(one_array(places, "at"))
        starts = _starts(one_array(parts, "id"))
        if not starts.are_single:
            is_divided = pc.greater(starts.sizes(), 1)
            is_part = is_divided.take(starts.segment)
            _check_parts(block.filter(is_divided), parts.filter(is_part))
            _check_parts(block.filter(pc.invert(is_divided)), parts.filter(pc.invert(is_part)))
        else:
            _check_parts(block, parts)


def _without_whole(rows: pa.Table, allocations: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows and allocations without most of those of a row that one allocation holds as the row says, as of most rows.

    Parameters: the ids of `rows` ascend. All are returned where an allocation is of no row, or where the members of a
    group do not ascend, by which it is seen that two allocations are not of one row in one group.
    """
    ids, members = one_array(rows, "id"), one_array(allocations, "id")
    groups, amounts = one_array(allocations, "group_id"), one_array(allocations, "amount")
    at = _places_among(ids, members)
    is_next = pc.not_equal(groups.slice(1), groups.slice(0, max(len(groups) - 1, 0)))
    ascends = pc.less(members.slice(0, max(len(members) - 1, 0)), members.slice(1))
    if at is None or not _all(pc.or_(is_next, ascends)):
        return rows, allocations
    opened, zero = one_array(allocations, "open"), pa.scalar(0, pa.int64())
    expected = {"group_id": groups, "amount": amounts, "matched": pc.if_else(opened, zero, amounts),
                "residual": pc.if_else(opened, amounts, zero)}  # fmt: skip
    if "id_text" in allocations.column_names:
        expected["id_text"] = one_array(allocations, "id_text")
    is_whole: Any = pa.scalar(True)
    for name, values in expected.items():
        is_whole = pc.and_(is_whole, pc.equal(one_array(rows, name).take(at), values))
    divided = pc.unique(at.filter(pc.invert(is_whole)))
    is_left = pc.is_in(at, value_set=divided)
    if len(at) - pc.sum(is_left).as_py() != len(ids) - len(divided):
        return rows, allocations  # a row without allocations
    return rows.take(divided.sort()), allocations.filter(is_left)


def _places_among(ids: pa.Array, wanted: pa.Array) -> pa.Array | None:
    """The place of each wanted id among ascending ones; None where one is not there."""
    if not len(ids) or not len(wanted):
        return None
    first, last = ids[0].as_py(), ids[-1].as_py()
    if last - first != len(ids) - 1:
        at = pc.index_in(wanted, value_set=ids)
        return None if at.null_count else at
    least, most = pc.min_max(wanted).as_py().values()
    return pc.subtract(wanted, first) if first <= least and most <= last else None


def _check_parts(rows: pa.Table, parts: pa.Table) -> None:
    """The parts of some rows, in the order of the rows."""
    by_row, names = _starts(one_array(parts, "id")), _names(rows)
    if "id_text" in rows.column_names:
        texts = one_array(parts, "id_text")
        at = _first_false(pc.equal(texts, by_row.spread(names)))
        if at is not None:
            raise _violated(f"an allocation names row {texts[at]} by the number of another row", id=texts[at].as_py())
    amounts, opened, zero = one_array(parts, "amount"), one_array(parts, "open"), pa.scalar(0, pa.int64())
    sums = {"amount": amounts, "matched": pc.if_else(opened, zero, amounts),
            "residual": pc.if_else(opened, amounts, zero)}  # fmt: skip
    for name, values in sums.items():
        at = _first_false(by_row.adds_up_to(values, one_array(rows, name)))
        if at is not None:
            stands = {"amount": "is", "matched": "is matched with", "residual": "is open with"}[name]
            what = f"row {names[at]} {stands} {rows.column(name)[at]} minor units"
            raise _violated(f"{what}, and its allocations add up to another amount", id=names[at].as_py())
    _check_primary(rows, names, parts, by_row)


def _names(rows: pa.Table) -> pa.Array:
    """The ids of rows as their author knows them."""
    return one_array(rows, "id_text" if "id_text" in rows.column_names else "id")


def _check_primary(rows: pa.Table, names: pa.Array, allocations: pa.Table, by_row: _Starts) -> None:
    """The group of each row is the one that holds most of it, of equal ones the smallest."""
    groups, amounts = one_array(allocations, "group_id"), one_array(allocations, "amount")
    claimed = by_row.spread(one_array(rows, "group_id"))
    weight = pc.if_else(pc.less(amounts, 0), amounts, pc.negate(amounts))  # negative, so that no amount overflows
    own = pc.equal(groups, claimed)
    single = by_row.counts(own)
    at = _first_false(pc.equal(single, 1))
    if at is None and len(names) < len(groups):
        held = by_row.spread(weight.filter(own))
        beaten = pc.or_(pc.less(weight, held), pc.and_(pc.equal(weight, held), pc.less(groups, claimed)))
        at = _first_false(pc.equal(by_row.counts(beaten), 0))
    if at is not None:
        group = rows.column("group_id")[at].as_py()
        raise _violated(f"row {names[at]} names group {group}, which does not hold most of it", id=names[at].as_py())


def one_array(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def places(length: int) -> pa.Array:
    """The numbers from 0, so many."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), length)), 1)


def is_ascending(values: pa.Array) -> bool:
    """Whether each value is larger than the one before."""
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
