"""Reports in which resolved items stand under their codes.

An item that its code clears is matched, in a group whose origin is the code. An item that is carried on stays open,
and the reason of its group names the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.wire import UNMATCHED

Id = int | str
Label = tuple[str, str | None]
"""A code, and the reason that the person gave."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Resolutions in force: those that clear by group id, those that carry on by row id."""

    cleared: Mapping[int, Label]
    carried: Mapping[Id, Label]

    def __bool__(self) -> bool:
        return bool(self.cleared or self.carried)

    def view(self, what: str, table_of: Callable[[str], pa.Table]) -> pa.Table:
        """A table of a report with the resolutions in it."""
        table = table_of(what)
        match what:
            case "groups":
                return self._groups(table, table_of("allocations"))
            case "rows" if self.cleared:
                return self._rows(table, table_of("allocations"))
            case _:
                return table

    def _groups(self, groups: pa.Table, allocations: pa.Table) -> pa.Table:
        ids = allocations.column("id_text" if "id_text" in allocations.column_names else "id")
        mine = pc.is_in(ids, value_set=pa.array(list(self.carried), ids.type))
        of_group: dict[int, Id] = dict(
            zip(
                allocations.column("group_id").filter(mine).to_pylist(),
                ids.filter(mine).to_pylist(),
                strict=True,
            )
        )
        origins: list[str] = groups.column("origin").to_pylist()
        reasons: list[str | None] = groups.column("reason").to_pylist()
        for at, group_id in enumerate(groups.column("group_id").to_pylist()):
            if group_id in self.cleared:
                origins[at], reasons[at] = self.cleared[group_id]
            elif group_id in of_group and origins[at] == UNMATCHED:
                code, why = self.carried[of_group[group_id]]
                reasons[at] = f"{code}: {why}" if why else code
        for name, values in (("origin", origins), ("reason", reasons)):
            groups = groups.set_column(groups.column_names.index(name), name, pa.array(values, pa.string()))
        return groups

    def _rows(self, rows: pa.Table, allocations: pa.Table) -> pa.Table:
        held = pc.is_in(allocations.column("group_id"), value_set=pa.array(list(self.cleared), pa.int64()))
        sums = allocations.filter(held).group_by("id").aggregate([("amount", "sum")])
        at = pc.index_in(rows.column("id"), value_set=sums.column("id").combine_chunks())
        part = pc.fill_null(pc.take(sums.column("amount_sum"), at), 0)
        matched = pc.add_checked(rows.column("matched"), part)
        residual = pc.subtract_checked(rows.column("residual"), part)
        for name, column in (("matched", matched), ("residual", residual)):
            rows = rows.set_column(rows.column_names.index(name), name, column)
        return rows
