"""Reports of a workspace in which a part of rows is set aside: the amounts at hand, without the rest.

The part of a row that closed periods matched is in pinned groups of the module, so that the strategy sees the lots that
are left of it. A report shows neither those groups nor that part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.projections import primary_assignments

Id = int | str


@dataclass(frozen=True, slots=True)
class SetAside:
    """The groups that hold what is set aside, and a row of their own that they may have."""

    groups: tuple[int, ...]
    rows: tuple[Id, ...] = ()

    def view(self, what: str, table_of: Callable[[str], pa.Table]) -> pa.Table:
        """A table of a report without what is set aside."""
        table = table_of(what)
        match what:
            case "groups":
                return table.filter(pc.invert(self._holds(table)))
            case "allocations":
                return self._without_rows(table.filter(pc.invert(self._holds(table))))
            case "rows":
                return self._rows(table, table_of)
            case _:
                return table

    def explained(self, data: dict[str, Any]) -> dict[str, Any]:
        """An explanation without the groups that hold what is set aside; `original` is the amount with it."""
        for row in data.get("rows", ()):
            aside = [place for place in row["places"] if place["group_id"] in self.groups]
            if aside:
                row["places"] = [place for place in row["places"] if place["group_id"] not in self.groups]
                row["original"] = row["amount"]
                row["amount"] -= sum(place["amount"] for place in aside)
        return data

    def _holds(self, table: pa.Table) -> pa.ChunkedArray:
        return pc.is_in(table.column("group_id"), value_set=pa.array(self.groups, pa.int64()))

    def _without_rows(self, table: pa.Table) -> pa.Table:
        if not self.rows:
            return table
        ids = table.column("id_text" if "id_text" in table.column_names else "id")
        return table.filter(pc.invert(pc.is_in(ids, value_set=pa.array(self.rows, ids.type))))

    def _rows(self, rows: pa.Table, table_of: Callable[[str], pa.Table]) -> pa.Table:
        everything = table_of("allocations")
        aside = everything.filter(self._holds(everything)).group_by("id").aggregate([("amount", "sum")])
        rows = self._without_rows(rows)
        at = pc.index_in(rows.column("id"), value_set=aside.column("id").combine_chunks())
        part = pc.fill_null(pc.take(aside.column("amount_sum"), at), 0)
        for name in ("amount", "matched"):
            column = pc.subtract_checked(rows.column(name), part.cast(rows.column(name).type))
            rows = rows.set_column(rows.column_names.index(name), name, column)
        changed = pc.is_valid(at)
        ids = rows.column("id").filter(changed)
        allocations = self.view("allocations", table_of)
        mine = allocations.filter(pc.is_in(allocations.column("id"), value_set=ids.combine_chunks()))
        homes = primary_assignments(self.view("groups", table_of), mine)
        home = pc.take(
            homes.column("group_id"), pc.index_in(rows.column("id"), value_set=homes.column("id").combine_chunks())
        )
        primary = pc.if_else(changed, home, rows.column("group_id"))
        return rows.set_column(rows.column_names.index("group_id"), "group_id", primary)
