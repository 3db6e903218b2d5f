"""Report of several instances, each with a part of the rows, as the report of one instance with all of them.

A solve numbers its groups in the order of the report, which is that of their smallest rows. Every part has its tables
in that order, so the whole is a merge, of which only the part of each line has to be found.

>>> def part(id, number):
...     groups = pa.table({"group_id": [number], "size": [1], "first_id": [id]})
...     lines = pa.table({"id": [id], "group_id": [number], "amount": [100]})
...     return {"groups": groups, "allocations": lines}
>>> order = RowOrder.of(pa.array([7, 5]), pa.array([0, 1]))
>>> merged([part(7, 2), part(5, 2)], order)["groups"].select(["group_id", "first_id"]).to_pydict()
{'group_id': [3, 4], 'first_id': [5, 7]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BrokenReply
from florecon_build.host.report.arrays import is_ascending, one_array, places, true_places
from florecon_build.wire import COUNTERS

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True)
class RowOrder:
    """Order of rows that were divided: the part of each in their order of arrival, and the places by ascending id.

    `by_id` is None where the rows arrived in the order of their ids.
    """

    part: pa.Array
    by_id: pa.Array | None

    @staticmethod
    def of(ids: pa.Array, part: pa.Array) -> RowOrder | None:
        """The order of these rows; None for an id that comes twice."""
        if is_ascending(ids):
            return RowOrder(part, None)
        by_id = pc.sort_indices(ids)
        return RowOrder(part, by_id) if is_ascending(ids.take(by_id)) else None

    def arrivals(self, number: int) -> pa.Array:
        """The places at which the rows of a part arrived."""
        return true_places(pc.equal(self.part, number))

    def ranks(self, arrivals: pa.Array) -> pa.Array:
        """The places by ascending id of the rows that arrived at these places."""
        return arrivals if self.by_id is None else pc.sort_indices(self.by_id).cast(pa.int64()).take(arrivals)


@dataclass(frozen=True, slots=True)
class GroupNumbers:
    """Numbers of the groups of a part in the whole: `numbers` in the order of the part, where the first is `base`."""

    base: int
    numbers: pa.Array

    def of_part(self, numbers: pa.Array) -> pa.Array:
        """The numbers in the whole of groups of the part."""
        return self.numbers.take(pc.subtract(numbers.cast(pa.int64()), self.base))


def merged(parts: Sequence[Tables], order: RowOrder) -> dict[str, pa.Table]:
    """The tables `groups` and `allocations` over all parts, as of the first solve of one instance.

    Errors: `BrokenReply` for parts that are not in the order of the wire page.
    """
    try:
        return _merged(parts, order)
    except pa.ArrowException as error:
        raise BrokenReply(f"the parts of a report do not fit together: {error}") from error


def group_numbers(groups: Sequence[pa.Table], order: RowOrder, *, has_text_ids: bool) -> list[GroupNumbers]:
    """For each part the numbers of its groups in the whole; `groups` are the tables of groups of all parts.

    Errors: `BrokenReply` as for `merged`.
    """
    try:
        if has_text_ids:
            groups = [_with_ids(table, "first_id", order.arrivals(number)) for number, table in enumerate(groups)]
        return _group_numbers(groups, _part_of_group(groups, order, has_text_ids=has_text_ids))
    except pa.ArrowException as error:
        raise BrokenReply(f"the groups of the parts do not fit together: {error}") from error


def _merged(parts: Sequence[Tables], order: RowOrder) -> dict[str, pa.Table]:
    has_text_ids = "id_text" in parts[0]["allocations"].column_names
    if has_text_ids:  # the number of a text is its place of arrival
        parts = [_renumbered(tables, order.arrivals(number)) for number, tables in enumerate(parts)]
    of_parts = [tables["groups"] for tables in parts]
    part_of_group = _part_of_group(of_parts, order, has_text_ids=has_text_ids)
    numbers = _numbers(of_parts)
    # side by side, as Arrow works outside of Python's lock
    with ThreadPoolExecutor(1) as beside:
        groups = beside.submit(lambda: _with_numbers(_interleaved(of_parts, part_of_group), numbers))
        sizes = _interleaved([table.select(["size"]) for table in of_parts], part_of_group)
        group_of_line = _repeated(one_array(sizes, "size"))
        allocations = _interleaved([tables["allocations"] for tables in parts], part_of_group.take(group_of_line))
        allocations = _with_numbers(allocations, numbers.take(group_of_line))
        return {"groups": groups.result(), "allocations": allocations}


def _part_of_group(groups: Sequence[pa.Table], order: RowOrder, *, has_text_ids: bool) -> pa.Array:
    """The part of each group of the whole, in its order."""
    first = pa.concat_arrays([one_array(table, "first_id") for table in groups])
    smallest = order.ranks(first) if has_text_ids else first
    # a stable sort: the groups of one row, which are of one part, stay in their order
    by_first = pc.sort_indices(smallest)
    return _repeated(pa.array([table.num_rows for table in groups])).cast(pa.int16()).take(by_first)


def _numbers(groups: Sequence[pa.Table]) -> pa.Array:
    """The numbers of all groups, in the order of the whole."""
    count = sum(table.num_rows for table in groups)
    return pc.add(places(count), sum(_base(table) for table in groups) - len(groups) + 1)


def _group_numbers(groups: Sequence[pa.Table], part_of_group: pa.Array) -> list[GroupNumbers]:
    numbers = _numbers(groups)
    of_parts = [true_places(pc.equal(part_of_group, number)) for number in range(len(groups))]
    return [GroupNumbers(_base(table), numbers.take(at)) for table, at in zip(groups, of_parts, strict=True)]


def added_stages(parts: Sequence[pa.Table]) -> pa.Table:
    """The stages of all parts: counters added up node by node; what is no counter is the same in each."""
    total = parts[0]
    for name in COUNTERS:
        counts = zip(*(stages[name].to_pylist() for stages in parts), strict=True)
        added = pa.array(map(sum, counts), total.schema.field(name).type)
        total = total.set_column(total.column_names.index(name), name, added)
    return total


def _base(groups: pa.Table) -> int:
    """The number of the first group; they are numbered one after the other."""
    numbers = one_array(groups, "group_id")
    base: int = numbers[0].as_py()
    if numbers.null_count or not is_ascending(numbers) or numbers[-1].as_py() - base != len(numbers) - 1:
        raise BrokenReply("the groups of a first solve are not numbered one after the other")
    return base


def _renumbered(tables: Tables, numbers: pa.Array) -> Tables:
    """The tables with the numbers that text ids have in the whole."""
    columns = {"groups": "first_id", "allocations": "id"}
    return {what: _with_ids(tables[what], name, numbers) for what, name in columns.items()}


def _with_ids(table: pa.Table, name: str, numbers: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, numbers.take(one_array(table, name)))


def _with_numbers(table: pa.Table, numbers: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index("group_id"), "group_id", numbers)


def _interleaved(tables: Sequence[pa.Table], part: pa.Array) -> pa.Table:
    """The lines of all tables, each table's in its order; `part` has the table of each line."""
    at: Any = None
    before = 0
    for number, table in enumerate(tables):
        mine = pc.equal(part, number)
        place = pc.cumulative_sum(mine.cast(pa.int32()), start=before - 1)  # below 2^31 lines
        at = place if at is None else pc.if_else(mine, place, at)
        before += table.num_rows
    return pa.concat_tables(tables).take(at)


def _repeated(counts: pa.Array) -> pa.Array:
    """The numbers from 0, each as often as its count says."""
    ends = pc.cumulative_sum(counts.cast(pa.int64()))
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), ends])
    total: int = offsets[len(counts)].as_py()
    return pc.list_parent_indices(pa.LargeListArray.from_arrays(offsets, pa.nulls(total))).cast(pa.int64())
