"""Rows that a book has: the content of each as of a period, when it came first, and what arrives now.

A row is recognised by its id. The amount of a row is the numeraire's, in minor units, as the module computed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.decisions.book.tables import unpack
from florecon_build.host.decisions.store.entry import Entry
from florecon_build.host.decisions.store.periods import Period, Periods
from florecon_build.host.decisions.store.store import Store
from florecon_build.host.errors import DuplicateId

Id = int | str
AMOUNT = "florecon.amount"
"""The column of a stored row that has its amount in minor units of the numeraire."""
INPUT = "florecon.input"
"""The column of a stored row that has the place of its input among those of its entry, from 0."""


@dataclass(frozen=True, slots=True)
class Known:
    """A row that the book has: the periods that it and its content came in, and its place in the table of all."""

    first_seen: str
    last_seen: str
    place: int


@dataclass(frozen=True, slots=True)
class KnownRows:
    """All rows up to a period. `rows` is by id; `before` has the amount of each at the close of the period before."""

    table: pa.Table
    rows: Mapping[Id, Known]
    before: Mapping[Id, int]
    later: Mapping[Id, str] = field(default_factory=dict[Id, str])

    def amount(self, row_id: Id) -> int:
        """The amount of a row, in minor units."""
        return int(self.table.column(AMOUNT)[self.rows[row_id].place].as_py())

    def take(self, ids: Iterable[Id]) -> pa.Table:
        """The rows of these ids, in the columns that they were given in."""
        places = [self.rows[row_id].place for row_id in ids]
        given = [name for name in self.table.column_names if name not in (AMOUNT, INPUT)]
        return self.table.select(given).take(pa.array(places, pa.int64()))


@dataclass(frozen=True, slots=True)
class Arrival:
    """Rows that arrive: tables of those that are new and of those that changed, and the count of those known."""

    new: pa.Table
    changed: pa.Table
    known: int


def read_known(store: Store, periods: Periods, name: str, id_name: str) -> KnownRows:
    """The rows of a book up to a period, later ones by their ids only."""
    span = periods.span(name)
    tables: list[pa.Table] = []
    found: dict[Id, Known] = {}
    before: dict[Id, int] = {}
    later: dict[Id, str] = {}
    at = 0
    for each in periods.known.values():
        for entry in each.rows:
            table = stored_rows(store, each, entry, id_name)
            ids: list[Id] = table.column(id_name).to_pylist()
            if each.span.first > span.first:
                later |= dict.fromkeys(ids, each.name)
                continue
            if each.span.first < span.first:
                amounts: list[int] = table.column(AMOUNT).to_pylist()
                before |= dict(zip(ids, amounts, strict=True))
            tables.append(table)
            for place, row_id in enumerate(ids, at):
                first = found[row_id].first_seen if row_id in found else each.name
                found[row_id] = Known(first, each.name, place)
            at += len(ids)
    whole = pa.concat_tables(tables, promote_options="default") if tables else pa.table({})
    return KnownRows(
        whole.combine_chunks(), found, before, {row_id: at for row_id, at in later.items() if row_id not in found}
    )


def stored_rows(store: Store, period: Period, entry: Entry, id_name: str) -> pa.Table:
    """The rows that an entry of a period brought, without those that were withdrawn."""
    table = unpack(store.attachment(entry.seq, "rows"))
    for each in period.withdrawals:
        if each.seq > entry.seq:
            taken = unpack(store.attachment(each.seq, "withdrawn"))
            ids = taken.filter(pc.equal(taken["entry"], entry.seq))["id"].combine_chunks()
            table = table.filter(
                pc.invert(pc.is_in(table[id_name], value_set=ids.cast(table.schema.field(id_name).type)))
            )
    return table


def require_unique(table: pa.Table, id_name: str) -> None:
    """Refuses an id that comes twice. Errors: `DuplicateId`."""
    first: dict[Id, int] = {}
    for at, row_id in enumerate(table.column(id_name).to_pylist()):
        if row_id in first:
            raise DuplicateId(
                f"{id_name} {row_id!r} is in row {first[row_id]} and again in row {at}; every row needs its own id",
                column=id_name,
                id=row_id,
                row=at,
            )
        first[row_id] = at


def arrive(known: KnownRows, table: pa.Table, id_name: str) -> Arrival:
    """Tells arriving rows apart: new, changed and known ones. Columns that the book did not have are no change."""
    ids: list[Id] = table.column(id_name).to_pylist()
    places = [known.rows[row_id].place if row_id in known.rows else None for row_id in ids]
    at = pa.array(places, pa.int64())
    is_known = pc.is_valid(at)
    changed: Any = pa.array([False] * len(ids), pa.bool_())
    if len(ids) and len(known.rows):
        for name in table.column_names:
            if name in known.table.column_names:
                old = pc.take(known.table.column(name), at)
                changed = pc.or_(changed, _differs(table.column(name), old))
        changed = pc.and_(changed, is_known)
    return Arrival(
        new=table.filter(pc.invert(is_known)),
        changed=table.filter(changed),
        known=sum(place is not None for place in places) - (pc.sum(changed).as_py() or 0),
    )


def differences(known: KnownRows, changed: pa.Table, id_name: str) -> list[tuple[Id, dict[str, tuple[Any, Any]]]]:
    """The columns of each changed row that differ, with the values before and after."""
    found: list[tuple[Id, dict[str, tuple[Any, Any]]]] = []
    ids: list[Id] = changed.column(id_name).to_pylist()
    old_rows: Sequence[Mapping[str, Any]] = known.take(ids).to_pylist()
    for row_id, new, old in zip(ids, changed.to_pylist(), old_rows, strict=True):
        cells = {name: (old[name], value) for name, value in new.items() if name in old and old[name] != value}
        found.append((row_id, cells))
    return found


def _differs(new: pa.ChunkedArray, old: pa.ChunkedArray) -> pa.ChunkedArray:
    if new.type != old.type:
        new, old = new.cast(pa.string()), old.cast(pa.string())
    one_null = pc.xor(pc.is_null(new), pc.is_null(old))
    return pc.or_(one_null, pc.fill_null(pc.not_equal(new, old), False))
