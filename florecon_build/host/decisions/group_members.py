"""Group members of a report as plain values, for the replay of decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import UnknownId
from florecon_build.host.report.predicate import Predicate, select
from florecon_build.host.report.report import Report
from florecon_build.wire import PINNED

Id = int | str
Parts = frozenset[tuple[Id, int]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One group: its members with their amounts, and its label."""

    group_id: int
    pinned: bool
    origin: str
    reason: str | None
    node: int | None
    parts: Parts

    def in_order(self) -> list[tuple[Id, int]]:
        """The parts by ascending id."""
        return sorted(self.parts, key=lambda part: (isinstance(part[0], str), part[0]))


@dataclass(frozen=True, slots=True)
class Shapes:
    """All groups, by id and by members, and what each row carries in all."""

    totals: dict[Id, int]
    groups: dict[int, Shape]
    alike: dict[Parts, list[Shape]] = field(repr=False)

    def proposed_of(self, ids: Iterable[Id]) -> dict[Id, list[Shape]]:
        """The proposed groups that hold each of the rows."""
        wanted = set(ids)
        found: dict[Id, list[Shape]] = {row_id: [] for row_id in wanted}
        for shape in self.groups.values():
            if not shape.pinned:
                for row_id, _ in shape.parts:
                    if row_id in wanted:
                        found[row_id].append(shape)
        return found


def ids_of(table: pa.Table) -> list[Id]:
    """The rows' own ids: the text where ids are texts, never the session's number for it."""
    values: list[Id] = table.column("id_text" if "id_text" in table.column_names else "id").to_pylist()
    return values


def totals_of(report: Report) -> dict[Id, int]:
    """The whole amount of every row, in minor units."""
    amounts: list[int] = report.rows.column("amount").to_pylist()
    return dict(zip(ids_of(report.rows), amounts, strict=True))


def shapes_of(report: Report) -> Shapes:
    """Reads the report."""
    members: defaultdict[int, list[tuple[Id, int]]] = defaultdict(list)
    places = report.allocations
    group_ids: list[int] = places.column("group_id").to_pylist()
    amounts: list[int] = places.column("amount").to_pylist()
    for group_id, row_id, amount in zip(group_ids, ids_of(places), amounts, strict=True):
        members[group_id].append((row_id, amount))
    groups: dict[int, Shape] = {}
    alike: defaultdict[Parts, list[Shape]] = defaultdict(list)
    for line in report.groups.select(["group_id", "status", "origin", "reason", "node"]).to_pylist():
        number: int = line["group_id"]
        parts = frozenset(members[number])
        shape = Shape(number, line["status"] == PINNED, line["origin"], line["reason"], line["node"], parts)
        groups[number] = shape
        alike[parts].append(shape)
    return Shapes(totals_of(report), groups, alike)


def members_of(report: Report, group_ids: Iterable[int]) -> list[Id]:
    """The rows of groups, each once, in the order of the report."""
    wanted = pa.array(list(group_ids), pa.int64())
    places = report.allocations
    return list(dict.fromkeys(ids_of(places.filter(pc.is_in(places["group_id"], value_set=wanted)))))


def proposed(report: Report, predicate: Predicate) -> list[int]:
    """The ids of the proposed groups that satisfy a predicate, by ascending id."""
    groups = report.groups
    groups = groups.filter(select(groups, lambda g: ~g.pinned))
    chosen: list[int] = groups.filter(select(groups, predicate)).column("group_id").to_pylist()
    return chosen


def check_ids(report: Report, ids: Iterable[Id]) -> None:
    """Refuses ids that no row has. Errors: `UnknownId`, for the first of them."""
    known = set(ids_of(report.rows))
    for row_id in ids:
        if row_id not in known:
            raise UnknownId(f"no row has the id {row_id!r}", id=row_id)
