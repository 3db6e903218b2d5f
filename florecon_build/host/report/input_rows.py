"""Input rows of a workspace as the host sent them: the last version of each row, for reports and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.currencies import plain_text

Batch = tuple[pa.Table | None, tuple[int | str, ...]]
"""Rows that were inserted or replaced, or ids that were removed."""
Mark = tuple[Batch, ...]
"""A state to go back to."""
COMPACT = 32
"""Batches above which only the last version of each row is kept, if those after the first have a quarter as many."""
MOST_BATCHES = 1024
"""Batches above which it is kept in any case."""


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
        self._rows_of_edits = 0
        self._together: tuple[tuple[Batch, ...], pa.Table | None] | None = None

    def upsert(self, table: pa.Table) -> None:
        """Inserts rows, or replaces those with the same id."""
        self._add((table, ()))

    def remove(self, ids: Iterable[int | str]) -> None:
        """Removes rows."""
        self._add((None, tuple(ids)))

    def mark(self) -> Mark:
        """The state now, for `back_to`."""
        return self._batches

    def back_to(self, mark: Mark) -> None:
        """Forgets what came after a mark."""
        self._batches = mark

    def at_present(self) -> Callable[[], pa.Table | None]:
        """A function that returns the rows as they are now, also when others have come since."""
        batches = self._batches

        def rows() -> pa.Table | None:
            if self._batches is batches or self._id is None:
                return self.rows()
            return self._put_together(self._id, batches)

        return rows

    def rows(self) -> pa.Table | None:
        """The last version of each row; None where there are rows that the host did not see, or none at all."""
        if not self._complete or self._id is None or not self._batches:
            return None
        if self._together is None or self._together[0] is not self._batches:
            self._together = self._batches, self._put_together(self._id, self._batches)
        return self._together[1]

    def _put_together(self, name: str, batches: tuple[Batch, ...]) -> pa.Table | None:
        """The last version of each row: from the last batch to the first, what no later one replaces or removes."""
        tables: list[pa.Table] = []
        later: list[pa.Array] = []
        for batch, removed in reversed(batches):
            if batch is None:
                later += [pa.array(removed)] if removed else []
                continue
            table = _plain(batch)
            ids = table[name].combine_chunks()
            if later:
                later = [pa.concat_arrays([each.cast(ids.type) for each in later])]
                table = table.filter(pc.invert(pc.is_in(table[name], value_set=later[0])))
            later.append(ids)
            tables.append(table)
        together: pa.Table | None = None
        for table in reversed(tables):
            together = table if together is None else _appended(together, table)
        return together

    def _add(self, batch: Batch) -> None:
        if not self._complete:
            return
        self._batches = (*self._batches, batch)
        self._rows_of_edits += len(batch[1]) if batch[0] is None else batch[0].num_rows
        if len(self._batches) == 1:
            self._rows_of_edits = 0
        first = self._batches[0][0]
        few = 0 if first is None else first.num_rows // 4
        if len(self._batches) > (COMPACT if self._rows_of_edits > few else MOST_BATCHES):
            table = self.rows()
            self._batches = () if table is None else ((table.combine_chunks(), ()),)
            self._rows_of_edits = 0


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
