"""Run summary: counts and amounts per step of the strategy and for open items, computed from the report's tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.cli.diagnosis import Outcome, diagnose
from florecon_build.host import FloreconError
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.currency_column import currency_of
from florecon_build.wire import UNMATCHED

Money = dict[str, int]
"""Minor units by currency; the key is empty where there is no currency column."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Input rows and report tables of a run.

    ``step_names`` maps a node of the strategy to the label of its step; ``explained`` are the ids of open rows with a
    reason code, which are no exceptions.
    """

    rows: pa.Table
    input: pa.Table
    groups: pa.Table
    allocations: pa.Table
    id_name: str
    scale: int = 2
    step_names: Mapping[int, str] = field(default_factory=dict[int, str])
    explained: Collection[int | str] = ()
    stages: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Groups, rows and value matched by one step of the strategy."""

    name: str
    groups: int
    rows: int
    value: Money


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run, by step. Values are sums of absolute amounts, nets are signed sums, in minor units; ``exact`` is
    true if every row is exactly the sum of its allocations; ``diagnosis`` says why nothing was matched, if so.
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
    explained_rows: int = 0
    diagnosis: tuple[str, ...] = ()

    @property
    def exception_rows(self) -> int:
        """Open rows without a reason code."""
        return self.open_rows - self.explained_rows

    @property
    def currencies(self) -> list[str]:
        """Currencies, sorted by name."""
        return sorted(self.value)

    def as_data(self) -> dict[str, Any]:
        """The summary as JSON data; amounts in minor units."""
        plain = {name: getattr(self, name) for name in ("rows", "groups", "value", "net", "exact", "scale")}
        open_rows = {"rows": self.open_rows, "value": self.open_value, "net": self.open_net}
        steps = [asdict(step) for step in self.steps]
        return {**plain, "steps": steps, "open": open_rows, "diagnosis": list(self.diagnosis)}


def summarize(tables: Tables) -> Summary:
    """Computes the summary of a run."""
    units = _units(tables)
    allocations = _allocations(tables, units)
    rows = _with_unit(tables.rows, units)
    open_rows = rows.filter(pc.not_equal(rows["residual"], 0))
    ids = open_rows[key_of(open_rows)]
    is_explained = pc.is_in(ids, value_set=pa.array(list(tables.explained), ids.type))
    groups = pc.sum(pc.not_equal(tables.groups["origin"], UNMATCHED)).as_py() or 0
    value, net = _sums(rows, "amount", absolute=True), _sums(rows, "amount")
    said = (
        ()
        if tables.stages is None
        else diagnose(tables.stages, Outcome(tables.rows.num_rows, groups, value, net), tables.step_names)
    )
    return Summary(
        rows=tables.rows.num_rows,
        groups=groups,
        value=value,
        net=net,
        steps=tuple(_steps(allocations)),
        open_rows=open_rows.num_rows,
        open_value=_sums(open_rows, "residual", absolute=True),
        open_net=_sums(open_rows, "residual"),
        exact=_is_exact(tables),
        scale=tables.scale,
        exceptions=_exceptions(tables, open_rows.filter(pc.invert(is_explained))),
        explained_rows=pc.sum(is_explained).as_py() or 0,
        diagnosis=said,
    )


def key_of(table: pa.Table) -> str:
    """Name of the id column of a report table: ``id_text`` for text ids, else ``id``."""
    return "id_text" if "id_text" in table.column_names else "id"


def _units(tables: Tables) -> pa.Table | None:
    """Currency by row id; None without a currency column."""
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


def _allocations(tables: Tables, units: pa.Table | None) -> pa.Table:
    """Allocations of matched groups, with the step name and the node of their group."""
    groups = tables.groups
    at = pc.index_in(tables.allocations["group_id"], value_set=groups["group_id"].combine_chunks())
    steps = tables.step_names
    known = pc.index_in(groups["node"].cast(pa.int64()), value_set=pa.array(list(steps), pa.int64()))
    names = pc.coalesce(pc.take(pa.array(list(steps.values()), pa.string()), known), groups["origin"])
    table = _with_unit(tables.allocations, units)
    for name, column in (("name", names), ("origin", groups["origin"]), ("node", groups["node"])):
        table = table.append_column(name, pc.take(column, at))
    return table.filter(pc.not_equal(table["origin"], UNMATCHED))


def _steps(allocations: pa.Table) -> list[Step]:
    """Totals by step in the order of the strategy; manual matches come last."""
    table = allocations.append_column("value", _wide(pc.abs(allocations["amount"])))
    counted = table.group_by("name").aggregate(
        [("node", "min"), ("group_id", "count_distinct"), ("id", "count_distinct")]
    )
    values: dict[str, Money] = {}
    for line in table.group_by(["name", "unit"]).aggregate([("value", "sum")]).to_pylist():
        values.setdefault(line["name"], {})[line["unit"]] = int(line["value_sum"])
    lines = sorted(counted.to_pylist(), key=lambda line: (line["node_min"] is None, line["node_min"], line["name"]))
    return [
        Step(line["name"], line["group_id_count_distinct"], line["id_count_distinct"], values[line["name"]])
        for line in lines
    ]


def _sums(table: pa.Table, column: str, *, absolute: bool = False) -> Money:
    values = _wide(pc.abs(table[column]) if absolute else table[column])
    sums = pa.table({"unit": table["unit"], "value": values}).group_by("unit").aggregate([("value", "sum")])
    return {line["unit"]: int(line["value_sum"]) for line in sums.to_pylist()}


def _wide(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Amounts whose sums have 128 bits and do not wrap."""
    return amounts.cast(pa.decimal128(38, 0))


def _is_exact(tables: Tables) -> bool:
    """True if every row is there and is the sum of its allocations, in exact arithmetic."""
    try:
        check_tables(tables.groups, tables.allocations, tables.rows)
    except FloreconError:
        return False
    return tables.rows.num_rows == tables.input.num_rows


def _exceptions(tables: Tables, open_rows: pa.Table) -> pa.Table:
    """Input rows with an open amount, largest first; column ``open`` in minor units."""
    key = key_of(open_rows)
    ordered = open_rows.append_column("size", pc.abs(open_rows["residual"])).sort_by(
        [("size", "descending"), ("id", "ascending")]
    )
    at = pc.index_in(ordered[key], value_set=_plain(tables.input[tables.id_name]).combine_chunks())
    shipped = tables.input.take(at)
    return shipped.append_column("open", ordered["residual"])
