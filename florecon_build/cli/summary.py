"""Run summary: counts and amounts per step of the strategy and for open items, computed from the report's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CURRENCY_NAMES = ("currency", "ccy", "curr", "currency_code", "waehrung", "devise")
"""Amounts of several currencies are not added up: a column of one of these names keeps them apart."""
UNMATCHED = "unmatched"
Money = dict[str, int]
"""Minor units per currency; under the empty name where there is no column of currencies."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What was reconciled and what came out: the rows as they were shipped, and the tables of the report.

    ``step_names`` gives a node of the strategy the name that its author gave the step it belongs to.
    """

    rows: pa.Table
    input: pa.Table
    groups: pa.Table
    allocations: pa.Table
    id_name: str
    scale: int = 2
    step_names: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of the strategy matched."""

    name: str
    groups: int
    rows: int
    value: Money


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole, step by step. Values are sums of absolute amounts, nets are sums; ``exact`` is whether every row is
    exactly the sum of its pieces.
    """

    rows: int
    groups: int
    value: Money
    net: Money
    steps: tuple[Step, ...]
    open_rows: int
    open_value: Money
    open_net: Money
    exact: bool
    scale: int
    exceptions: pa.Table = field(repr=False)

    @property
    def currencies(self) -> list[str]:
        """In the order of their names."""
        return sorted(self.value)

    def as_data(self) -> dict[str, Any]:
        """For JSON: amounts in minor units."""
        plain = {name: getattr(self, name) for name in ("rows", "groups", "value", "net", "exact", "scale")}
        opened = {"rows": self.open_rows, "value": self.open_value, "net": self.open_net}
        return {**plain, "steps": [asdict(step) for step in self.steps], "open": opened}


def outcome(tables: Tables) -> Outcome:
    """Counts everything once."""
    units = _units(tables)
    pieces = _pieces(tables, units)
    rows = _with_unit(tables.rows, units)
    opened = rows.filter(pc.not_equal(rows["residual"], 0))
    return Outcome(
        rows=tables.rows.num_rows,
        groups=pc.sum(pc.not_equal(tables.groups["origin"], UNMATCHED)).as_py() or 0,
        value=_sums(rows, "amount", absolute=True),
        net=_sums(rows, "amount"),
        steps=tuple(_steps(pieces)),
        open_rows=opened.num_rows,
        open_value=_sums(opened, "residual", absolute=True),
        open_net=_sums(opened, "residual"),
        exact=_is_exact(tables),
        scale=tables.scale,
        exceptions=_exceptions(tables, opened),
    )


def step_names(nodes: Iterable[tuple[int, str, str | None]]) -> dict[int, str]:
    """The outermost label around each node that has one; ``nodes`` are (id, path, label) in the order of ids.

    >>> step_names([(0, "seq", None), (1, "seq[0] > labeled", "a"), (2, "seq[0] > labeled > flow", None)])
    {1: 'a', 2: 'a'}
    """
    names: dict[int, str] = {}
    inside: tuple[str, str] | None = None
    for number, path, label in nodes:
        if inside is not None and path.startswith(f"{inside[0]} > "):
            names[number] = inside[1]
            continue
        inside = (path, label) if label is not None else None
        if label is not None:
            names[number] = label
    return names


def key_of(table: pa.Table) -> str:
    """The column of a report's table that holds the ids as the data has them."""
    return "id_text" if "id_text" in table.column_names else "id"


def currency_of(columns: Iterable[str]) -> str | None:
    """The column that keeps currencies apart."""
    return next((name for name in columns if name.lower() in CURRENCY_NAMES), None)


def _units(tables: Tables) -> pa.Table | None:
    """The currency of each row, by id."""
    name = currency_of(tables.input.column_names)
    if name is None or not (pa.types.is_string(_plain(tables.input[name]).type)):
        return None
    unit = pc.fill_null(_plain(tables.input[name]), "")
    return pa.table({"key": _plain(tables.input[tables.id_name]), "unit": unit})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def _with_unit(table: pa.Table, units: pa.Table | None) -> pa.Table:
    if units is None:
        return table.append_column("unit", pa.array([""] * table.num_rows, pa.string()))
    at = pc.index_in(table[key_of(table)], value_set=units["key"].combine_chunks())
    return table.append_column("unit", pc.fill_null(pc.take(units["unit"], at), ""))


def _pieces(tables: Tables, units: pa.Table | None) -> pa.Table:
    """Every allocation beside the name and the node of its group, without those of groups that are open rows."""
    groups = tables.groups
    at = pc.index_in(tables.allocations["group_id"], value_set=groups["group_id"].combine_chunks())
    steps = tables.step_names
    known = pc.index_in(groups["node"].cast(pa.int64()), value_set=pa.array(list(steps), pa.int64()))
    names = pc.coalesce(pc.take(pa.array(list(steps.values()), pa.string()), known), groups["origin"])
    made = _with_unit(tables.allocations, units)
    for name, column in (("name", names), ("origin", groups["origin"]), ("node", groups["node"])):
        made = made.append_column(name, pc.take(column, at))
    return made.filter(pc.not_equal(made["origin"], UNMATCHED))


def _steps(pieces: pa.Table) -> list[Step]:
    """In the order of the strategy; what people merged by hand comes last."""
    made = pieces.append_column("value", pc.abs(pieces["amount"]))
    counted = made.group_by("name").aggregate(
        [("node", "min"), ("group_id", "count_distinct"), ("id", "count_distinct")]
    )
    values: dict[str, Money] = {}
    for line in made.group_by(["name", "unit"]).aggregate([("value", "sum")]).to_pylist():
        values.setdefault(line["name"], {})[line["unit"]] = line["value_sum"]
    lines = sorted(counted.to_pylist(), key=lambda line: (line["node_min"] is None, line["node_min"], line["name"]))
    return [
        Step(line["name"], line["group_id_count_distinct"], line["id_count_distinct"], values[line["name"]])
        for line in lines
    ]


def _sums(table: pa.Table, column: str, *, absolute: bool = False) -> Money:
    values = pc.abs(table[column]) if absolute else table[column]
    made = pa.table({"unit": table["unit"], "value": values}).group_by("unit").aggregate([("value", "sum")])
    return {line["unit"]: line["value_sum"] for line in made.to_pylist()}


def _is_exact(tables: Tables) -> bool:
    """Each row's pieces add up to its amount, and matched and residual do too."""
    sums = tables.allocations.group_by("id").aggregate([("amount", "sum")])
    at = pc.index_in(tables.rows["id"], value_set=sums["id"].combine_chunks())
    pieces = pc.fill_null(pc.take(sums["amount_sum"], at), 0)
    split = pc.add(tables.rows["matched"], tables.rows["residual"])
    whole = tables.rows["amount"]
    return bool(pc.all(pc.and_(pc.equal(pieces, whole), pc.equal(split, whole))).as_py() is not False)


def _exceptions(tables: Tables, opened: pa.Table) -> pa.Table:
    """The rows with something open, the largest first, beside what was shipped of them; ``open`` in minor units."""
    key = key_of(opened)
    ordered = opened.append_column("size", pc.abs(opened["residual"])).sort_by(
        [("size", "descending"), ("id", "ascending")]
    )
    at = pc.index_in(ordered[key], value_set=_plain(tables.input[tables.id_name]).combine_chunks())
    shipped = tables.input.take(at)
    return shipped.append_column("open", ordered["residual"])
