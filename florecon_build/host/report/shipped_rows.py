"""Shipped rows: the ids and amounts that the host sent to a module, which every report is compared with.

>>> from florecon_build.host.description import Description, Field
>>> about = Description(domain="acme", version="1", id_name="id", numeraire_scale=2, fields=(
...     Field(name="id", base="i64", kind="integer", is_id=True),
...     Field(name="amount", base="f64", kind="money", scale=2, is_amount=True)))
>>> table = pa.table({"id": [1, 2], "amount": pa.array([5, -5], pa.decimal128(38, 2))})
>>> shipped = ShippedRows.none(about).upserted(table).removed([2])
>>> rows = pa.table({"id": [1], "amount": [500]})
>>> shipped.compared(rows).known.to_pylist()
[{'id': 1, 'amount': 500}]
>>> shipped.upserted(table).compared(rows)
Traceback (most recent call last):
    ...
florecon_build.host.errors.ConservationViolated: the module's report lacks row 2, which was shipped to it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.description import Description, Field
from florecon_build.host.errors import ConservationViolated
from florecon_build.host.report.arrays import all_true, is_ascending, last_places, one_array, places, places_among
from florecon_build.host.report.control import Id
from florecon_build.host.report.in_minor_units import in_minor_units
from florecon_build.host.report.rows_table import rows_of
from florecon_build.host.report.segments import Segments

AMOUNTS = pa.int64()
MAX_EDITS = 256
"""Edits that are held before they are applied."""
COMPUTED = (
    "computed by the solver, not read from a column: ids and sums were compared, the amounts themselves could not be"
)
"""Statement on the amounts of a module that has no amount column, for those who read a run."""


class Batch(Protocol):
    """Rows as they were shipped."""

    def to_table(self) -> pa.Table: ...


@dataclass(frozen=True, slots=True)
class ShippedRows:
    """Rows that a module was given, as far as the host knows: by id, with their amounts in minor units.

    `known` has the columns `id` and `amount`, which is null where the host cannot compute it: in a module whose amounts
    come from several columns, until its first report. `whole` is false after a restore: there are further rows, which
    the first report adds. `edits` came after `known`. `column` is the amount column; None where there is none.
    """

    id_name: str
    column: Field | None
    known: pa.Table
    whole: bool = True
    gone: pa.Array | None = None
    ever_removed: bool = False
    edits: tuple[pa.Table | tuple[Id, ...], ...] = field(default=(), repr=False)

    @staticmethod
    def none(about: Description) -> ShippedRows:
        """No row, in a fresh session of the module."""
        identity = about.fields[0] if about.id_name is None else about.field(about.id_name)
        kind = pa.string() if identity.kind == "text" else pa.int64()
        return ShippedRows(identity.name, amount_column(about), _no_rows(kind))

    @staticmethod
    def of_table(table: pa.Table, id_name: str, column: str | None, scale: int) -> ShippedRows:
        """The rows of a table, whose amounts are those of `column` with `scale` decimal places; None: computed."""
        kind = pa.int64() if pt.is_integer(table.schema.field(id_name).type) else pa.string()
        field = None if column is None else Field(name=column, base="f64", kind="money", scale=scale)
        return ShippedRows(id_name, field, _no_rows(kind)).upserted(table)

    def restored(self) -> ShippedRows:
        """The unknown rows of a snapshot."""
        return replace(self, known=self.known.slice(0, 0), whole=False, gone=None, ever_removed=True, edits=())

    def upserted(self, rows: Batch | pa.Table) -> ShippedRows:
        """With rows that were inserted or replaced; of their columns only the id and the amount are held."""
        names = [self.id_name] if self.column is None else list(dict.fromkeys((self.id_name, self.column.name)))
        table = rows if isinstance(rows, pa.Table) else rows.to_table()
        return self._edited(table.select(names))

    def removed(self, ids: Sequence[Id]) -> ShippedRows:
        """Without rows that were removed."""
        return replace(self._edited(tuple(ids)), ever_removed=True)

    def _edited(self, edit: pa.Table | tuple[Id, ...]) -> ShippedRows:
        held = self if len(self.edits) < MAX_EDITS else self._settled()
        return replace(held, edits=(*held.edits, edit))

    def compared_with_parts(self, groups: pa.Table, allocations: pa.Table) -> ShippedRows:
        """The same rows, with what the report adds; its groups agree with their allocations.

        Errors: as of `compared`. The table of rows is only made where it is not seen without it that all is there.
        """
        settled = self._settled()
        return settled if settled._are_added_up(allocations) else settled.compared(rows_of(groups, allocations))

    def _are_added_up(self, allocations: pa.Table) -> bool:
        """Whether all rows and amounts are known, and the allocations are of all these rows and add up to them."""
        own, parts = one_array(self.known, "amount"), one_array(allocations, "amount")
        at = None if own.null_count or not self.whole else self._places_of(allocations)
        if at is None or last_places(at, len(own)).null_count:
            return False
        is_whole = pc.equal(own.take(at), parts)
        if all_true(is_whole):
            return len(at) == len(own)
        is_part = pc.invert(is_whole)
        divided = pa.table({"at": at.filter(is_part), "amount": parts.filter(is_part)}).sort_by("at")
        rows = Segments.of(one_array(divided, "at"))
        expected = own.take(one_array(divided, "at").take(rows.first))
        # no row is whole twice, or whole and divided
        is_once = len(at) - divided.num_rows + len(expected) == len(own)
        return is_once and all_true(rows.adds_up_to(one_array(divided, "amount"), expected))

    def _places_of(self, allocations: pa.Table) -> pa.Array | None:
        """The place of each allocation's row among the known ones; None where one is not there, or cannot be told."""
        own, numbers = one_array(self.known, "id"), one_array(allocations, "id")
        if not len(own) or not len(numbers):
            return None
        if not pt.is_string(own.type):
            if is_ascending(own):
                return places_among(own, numbers)
            at = pc.index_in(numbers, value_set=own)
            return None if at.null_count else at
        if "id_text" not in allocations.column_names:
            return None
        # texts are numbered in the order of arrival
        least, most = pc.min_max(numbers).as_py().values()
        texts = one_array(allocations, "id_text")
        return numbers if least >= 0 and most < len(own) and own.take(numbers).equals(texts) else None

    def compared(self, rows: pa.Table) -> ShippedRows:
        """The same rows, in the order of the report and with the amounts that it adds.

        Parameters: `rows` is the report's table, its ids distinct.
        Errors: `ConservationViolated`, naming the first row that was dropped, changed or invented.
        """
        settled = self._settled()
        amounts = one_array(rows, "amount")
        if pt.is_string(self.known.schema.field("id").type) and "id_text" not in rows.column_names:
            settled._compare_numbered(one_array(rows, "id"), amounts)
            return settled
        ids = one_array(rows, "id_text" if "id_text" in rows.column_names else "id")
        known = settled._aligned(ids)
        changed = pc.fill_null(pc.not_equal(known, amounts), False)
        at = pc.index(changed, pa.scalar(True)).as_py()
        if at >= 0:
            where = f"of column {self.column.name!r} " if self.column is not None else ""
            raise ConservationViolated(
                f"the module's report changes row {ids[at]}: it was shipped with {known[at]} minor units {where}and is"
                f" reported with {amounts[at]}{_hint(self.column)}",
                id=ids[at].as_py(),
            )
        return replace(settled, known=pa.table({"id": ids, "amount": amounts}), whole=True, gone=None)

    def _aligned(self, ids: pa.Array) -> pa.Array:
        """The known amounts in the order of these ids, which are compared with the known ones."""
        own, amounts = one_array(self.known, "id"), one_array(self.known, "amount")
        if own.equals(ids):
            return amounts
        at = pc.index_in(ids, value_set=own)
        if self.whole and at.null_count:
            invented = ids.filter(pc.is_null(at))
            raise ConservationViolated(
                f"the module's report has row {invented[0]}{_more(invented)}, which was not shipped to it",
                id=invented[0].as_py(),
            )
        if len(ids) - at.null_count != len(own):
            missing = own.filter(pc.invert(pc.is_in(own, value_set=ids)))
            if len(missing):
                raise ConservationViolated(
                    f"the module's report lacks row {missing[0]}{_more(missing)}, which was shipped to it",
                    id=missing[0].as_py(),
                )
            raise _twice(own)
        if self.gone is not None:
            again = ids.filter(pc.is_in(ids, value_set=self.gone))
            if len(again):
                raise ConservationViolated(
                    f"the module's report has row {again[0]}{_more(again)}, which was removed", id=again[0].as_py()
                )
        return amounts.take(at)

    def _compare_numbered(self, numbers: pa.Array, amounts: pa.Array) -> None:
        """Compares a report that gives text ids by number only: those of the first arrival, from 0.

        Where rows were removed a number may stand for another row, so then only the amounts as a whole are compared.
        """
        own = one_array(self.known, "amount")
        if len(own) != len(numbers) and self.whole:
            counts = f"{len(numbers)} rows, and {len(own)} were shipped to it"
            raise ConservationViolated(f"the module's report has {counts}")
        if self.ever_removed or own.null_count:
            same = not self.whole or own.null_count or own.sort().equals(amounts.sort())
        else:
            at = pc.index_in(places(len(own)), value_set=numbers)
            same = not at.null_count and own.equals(amounts.take(at))
        if not same:
            raise ConservationViolated("the module's report has other rows or amounts than were shipped to it")

    def settled(self) -> tuple[pa.Table, pa.Array | None]:
        """The known rows with their amounts, and the ids of those that were removed from unknown ones."""
        held = self._settled()
        return held.known, held.gone

    def _settled(self) -> ShippedRows:
        """The same without edits."""
        if not self.edits:
            return self
        kind = self.known.schema.field("id").type
        batches = [self._batch(edit, kind, place) for place, edit in enumerate(self.edits)]
        if len(batches) == 1 and not self.known.num_rows and self.gone is None and not isinstance(self.edits[0], tuple):
            return replace(self, known=batches[0].select(["id", "amount"]), edits=())
        edits = pa.concat_tables(batches)
        upserted = edits.filter(edits["kept"])
        if upserted.group_by(["id", "batch"]).aggregate([]).num_rows != upserted.num_rows:
            raise _twice(one_array(edits, "id"))
        placed = edits.append_column("at", places(edits.num_rows))
        last = placed.group_by("id").aggregate([("at", "min"), ("at", "max")]).sort_by("at_min")
        edits = edits.take(last["at_max"])
        return self._applied(edits.combine_chunks())

    def _applied(self, edits: pa.Table) -> ShippedRows:
        """With the last edit of each id, in the order of arrival: known rows keep their place, new ones come last."""
        ids, amounts, kept = (one_array(edits, name) for name in ("id", "amount", "kept"))
        own = one_array(self.known, "id")
        hit = pc.index_in(own, value_set=ids)
        touched = pc.is_valid(hit)
        held = pa.table({"id": own, "amount": pc.if_else(touched, amounts.take(hit), one_array(self.known, "amount"))})
        held = held.filter(pc.fill_null(kept.take(hit), True))
        fresh = pc.and_(kept, pc.invert(pc.is_in(places(len(ids)), value_set=pc.unique(hit).cast(AMOUNTS))))
        known = pa.concat_tables([held, edits.filter(fresh).select(["id", "amount"])]).combine_chunks()
        gone = self.gone
        if not self.whole:
            before = ids.slice(0, 0) if gone is None else gone.filter(pc.invert(pc.is_in(gone, value_set=ids)))
            gone = pa.concat_arrays([before, ids.filter(pc.invert(kept))])
        return replace(self, known=known, gone=gone, edits=())

    def _batch(self, edit: pa.Table | tuple[Id, ...], kind: pa.DataType, place: int) -> pa.Table:
        if isinstance(edit, tuple):
            ids: Any = pa.array([id for id in edit if isinstance(id, str) == pt.is_string(kind)], kind)
            amounts: Any = pa.nulls(len(ids), AMOUNTS)
        else:
            ids, amounts = _plain(one_array(edit, self.id_name), kind), self._amounts(edit)
        flags = pa.repeat(pa.scalar(not isinstance(edit, tuple)), len(ids))
        batch = pa.repeat(pa.scalar(place, pa.int64()), len(ids))
        return pa.table({"id": ids, "amount": amounts, "kept": flags, "batch": batch})

    def _amounts(self, table: pa.Table) -> pa.Array:
        if self.column is None:
            return pa.nulls(table.num_rows, AMOUNTS)
        try:
            return in_minor_units(one_array(table, self.column.name), self.column.scale)
        except pa.ArrowInvalid as error:
            raise ConservationViolated(
                f"the module took an amount of column {self.column.name!r} that 64 bits of minor units do not hold:"
                f" {' '.join(str(error).split())}"
            ) from error


def amount_column(about: Description) -> Field | None:
    """The column whose minor units a module's amounts are: the one that it names, or, where it names none, its amount
    column or only money column. None for a module that computes its amounts, and for one without such a column.

    A column of reals without decimals of its own has those of the amounts.
    """
    if about.numeraire_column is not None:
        return about.field(about.numeraire_column)
    if about.numeraire_is_derived:
        return None
    scale = about.numeraire_scale
    shown = [column for column in about.fields if column.is_amount]
    money = [column for column in about.fields if column.kind == "money"]
    for column in shown or money[: len(money) == 1]:
        match column.kind:
            case "money" if scale in (None, column.scale):
                return column
            case "real":
                return replace(column, scale=about.scale)
            case "integer":
                return replace(column, scale=0)
            case _:
                return None
    return None


def _no_rows(kind: pa.DataType) -> pa.Table:
    return pa.table({"id": pa.array([], kind), "amount": pa.array([], AMOUNTS)})


def _plain(ids: pa.Array, kind: pa.DataType) -> pa.Array:
    if pt.is_dictionary(ids.type):
        ids = ids.dictionary_decode()
    return ids.cast(kind)


def _more(ids: pa.Array) -> str:
    return f" (and {len(ids) - 1:,} more)" if len(ids) > 1 else ""


def _hint(column: Field | None) -> str:
    if column is None:
        return ""
    return "; a module whose amounts are not those of one column says so in its description (numeraire.column: null)"


def _twice(ids: pa.Array) -> ConservationViolated:
    counts = pc.value_counts(ids)
    repeated = pc.struct_field(counts, "values").filter(pc.greater(pc.struct_field(counts, "counts"), 1))
    return ConservationViolated(
        f"the module took row {repeated[0]} twice in one batch, so that one of them is lost", id=repeated[0].as_py()
    )
