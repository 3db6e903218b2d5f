"""Input rows of a workspace as the host sent them: the last version of each row, for reports and exports."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.currencies import plain_text

Batch = tuple[pa.Table | None, tuple[int | str, ...]]
"""Rows that were inserted or replaced, or ids that were removed."""
COMPACT = 32
"""Batches above which only the last version of each row is kept."""


class InputRows:
    """The rows sent so far. Batches are kept as they came and put together when a report asks.

    A workspace that was restored has rows that the host never saw (`complete=False`); then there are none.

    >>> rows = InputRows("id")
    >>> rows.upsert(pa.table({"id": [1, 2], "memo": ["a", "b"]}))
    >>> mark = rows.mark()
    >>> rows.upsert(pa.table({"id": [2], "memo": ["c"]}))
    >>> rows.remove([1])
    >>> rows.rows().to_pylist()
    [{'id': 2, 'memo': 'c'}]
    >>> rows.back_to(mark)
    >>> rows.rows().to_pylist()
    [{'id': 1, 'memo': 'a'}, {'id': 2, 'memo': 'b'}]

    A column may come in another type than before:

    >>> import datetime
    >>> rows.upsert(pa.table({"id": [3], "memo": [4.5], "day": [datetime.date(2026, 3, 31)]}))
    >>> rows.upsert(pa.table({"id": [4], "memo": ["d"], "day": [20544]}))
    >>> [(row["memo"], str(row["day"])) for row in rows.rows().to_pylist()]
    [('a', 'None'), ('b', 'None'), ('4.5', '2026-03-31'), ('d', '2026-04-01')]
    """

    def __init__(self, id_name: str | None, *, complete: bool = True) -> None:
        self._id = id_name
        self._complete = complete and id_name is not None
        self._batches: tuple[Batch, ...] = ()
        self._together: tuple[tuple[Batch, ...], pa.Table | None] | None = None

    def upsert(self, table: pa.Table) -> None:
        """Inserts rows, or replaces those with the same id."""
        self._add((table, ()))

    def remove(self, ids: Iterable[int | str]) -> None:
        """Removes rows."""
        self._add((None, tuple(ids)))

    def mark(self) -> tuple[Batch, ...]:
        """The state now, for `back_to`."""
        return self._batches

    def back_to(self, mark: tuple[Batch, ...]) -> None:
        """Forgets what came after a mark."""
        self._batches = mark

    def rows(self) -> pa.Table | None:
        """The last version of each row; None where there are rows that the host did not see, or none at all."""
        if not self._complete or self._id is None or not self._batches:
            return None
        if self._together is None or self._together[0] is not self._batches:
            self._together = self._batches, self._put_together(self._id)
        return self._together[1]

    def _put_together(self, name: str) -> pa.Table | None:
        table: pa.Table | None = None
        for batch, removed in self._batches:
            if batch is None:
                table = None if table is None else _without(table, name, pa.array(removed))
                continue
            added = _plain(batch)
            if table is not None:
                kept = _without(table, name, added[name].combine_chunks())
                added = _appended(kept, added)
            table = added
        return table

    def _add(self, batch: Batch) -> None:
        if not self._complete:
            return
        self._batches = (*self._batches, batch)
        if len(self._batches) > COMPACT:
            table = self.rows()
            self._batches = () if table is None else ((table, ()),)


def _plain(table: pa.Table) -> pa.Table:
    for at, column in enumerate(table.schema):
        table = table.set_column(at, column.name, plain_text(table.column(at)))
    return table


def _appended(first: pa.Table, second: pa.Table) -> pa.Table:
    """One table. Where a column came in two types, days as numbers become dates, and what has no common type text."""
    for name in set(first.column_names) & set(second.column_names):
        kinds = (first[name].type, second[name].type)
        common = _common(*kinds)
        if common is not None:
            first, second = _with_cast(first, name, common), _with_cast(second, name, common)
    return pa.concat_tables([first, second], promote_options="permissive")


def _common(first: pa.DataType, second: pa.DataType) -> pa.DataType | None:
    """The type of both; None where Arrow finds one itself."""
    if first == second or _is_promoted(first, second):
        return None
    kinds = (first, second)
    if any(map(pa.types.is_date32, kinds)) and any(map(pa.types.is_integer, kinds)):
        return pa.date32()
    return pa.string()


def _is_promoted(first: pa.DataType, second: pa.DataType) -> bool:
    empty = [pa.table({"column": pa.array([], kind)}) for kind in (first, second)]
    try:
        pa.concat_tables(empty, promote_options="permissive")
    except pa.ArrowTypeError:
        return False
    return True


def _with_cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    column = table[name]
    if pa.types.is_date32(kind) and pa.types.is_integer(column.type):
        column = column.cast(pa.int32())
    return table.set_column(table.column_names.index(name), name, column.cast(kind))


def _without(table: pa.Table, name: str, ids: pa.Array) -> pa.Table:
    if not len(ids):
        return table
    return table.filter(pc.invert(pc.is_in(table[name], value_set=ids.cast(table[name].type))))
