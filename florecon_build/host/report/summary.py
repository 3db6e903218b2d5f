"""Run summary: counts and amounts per step of the strategy and for open items, computed from the report's tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.description import Description
from florecon_build.host.errors import FloreconError
from florecon_build.host.report.arrays import first_of_each
from florecon_build.host.report.control import check_tables
from florecon_build.host.report.currencies import NO_CURRENCY, Currencies, currencies_of, plain_text
from florecon_build.host.report.diagnosis import Outcome, diagnose
from florecon_build.host.report.pivot_nets import (
    Parts,
    Pivot,
    PivotNet,
    minor_amounts,
    other_amounts,
    pivot_nets,
    pivots_of,
)
from florecon_build.host.report.step_names import step_name, step_names, words_of
from florecon_build.wire import PINNED, UNMATCHED

if TYPE_CHECKING:
    from florecon_build.host.report.report import Report


Money = dict[str, int]
"""Minor units by currency, never added up; the key is empty for rows without one. Empty where there are no totals."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Input rows and report tables of a run.

    ``step_names`` maps a node of the strategy to the label of its step; ``currency`` and ``account`` are the columns
    that the plugin declares; ``explained`` are the ids of open rows with a reason code, which are no exceptions.
    ``pivots`` are the pivots that nodes are in, ``amount_column`` the input column of the amounts, if there is one;
    ``whole_rows`` is false where a part of rows is set aside, as of those that a book carries.
    """

    rows: pa.Table
    input: pa.Table
    groups: pa.Table
    allocations: pa.Table
    id_name: str
    scale: int = 2
    step_names: Mapping[int, str] = field(default_factory=dict[int, str])
    currency: str | None = None
    account: str | None = None
    explained: Collection[int | str] = ()
    stages: pa.Table | None = None
    pivots: Mapping[int, Pivot] = field(default_factory=dict[int, Pivot])
    amount_column: str | None = None
    whole_rows: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """Groups, rows, value and net of one step of the strategy.

    Every row counts once: in the step that took most of it, or as open where anything of it is open. A net that is not
    zero is a difference that was accepted.
    """

    name: str
    groups: int
    rows: int
    value: Money
    net: Money


@dataclass(frozen=True, slots=True)
class StageLine:
    """A step, or the open rows (`name` is None), in one currency; a group over several currencies counts in each."""

    name: str | None
    currency: str
    groups: int
    rows: int
    value: int
    net: int


@dataclass(frozen=True, slots=True)
class PivotLine:
    """Groups of a step over several currencies, and their net in the numeraire of a pivot.

    ``net`` has ``scale`` decimals; it is not ``exact`` where one of the groups has a part of a row only.
    """

    name: str
    column: str
    scale: int
    groups: int
    net: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.name} {PivotNet(self.column, self.scale, self.net, self.exact)}"


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Proposed groups that are not unique: their node could have formed another group as good with one of the rows.

    ``rows`` counts each row once; ``value`` is the sum of the absolute amounts in these groups, by currency.
    """

    groups: int
    rows: int
    value: Money


@dataclass(frozen=True, slots=True)
class Balance:
    """Conservation of one currency (and account): ``input`` is exactly ``matched`` plus ``open``; signed sums."""

    currency: str | None
    account: str | None
    rows: int
    input: int
    matched: int
    open: int

    @property
    def exact(self) -> bool:
        """True if nothing was lost or made."""
        return self.input == self.matched + self.open


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run, by step. Values are sums of absolute amounts, nets are signed sums, in minor units.

    ``exact`` is true if every row is exactly the sum of its allocations; ``diagnosis`` says why nothing was matched, if
    so. ``other_amounts`` are input columns whose amounts are not in the currency of the row.
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
    stages: tuple[StageLine, ...]
    balances: tuple[Balance, ...]
    units: Currencies
    mixed_groups: int
    ambiguous: Ambiguity
    exceptions: pa.Table = field(repr=False)
    open_items: pa.Table = field(repr=False)
    explained_rows: int = 0
    diagnosis: tuple[str, ...] = ()
    pivot_lines: tuple[PivotLine, ...] = ()
    other_amounts: frozenset[str] = frozenset()

    @property
    def exception_rows(self) -> int:
        """Open rows without a reason code."""
        return self.open_rows - self.explained_rows

    @property
    def currencies(self) -> list[str]:
        """Currencies, sorted by name; none where amounts cannot be added."""
        return sorted(self.value)

    def as_data(self) -> dict[str, Any]:
        """The summary as JSON data; amounts in minor units."""
        plain = {name: getattr(self, name) for name in ("rows", "groups", "value", "net", "exact", "scale")}
        open_rows = {"rows": self.open_rows, "value": self.open_value, "net": self.open_net}
        return {
            **plain,
            "steps": [asdict(step) for step in self.steps],
            "open": open_rows,
            "currency": self.units.as_data(),
            "balances": [{**asdict(balance), "exact": balance.exact} for balance in self.balances],
            "ambiguous": asdict(self.ambiguous),
            "groups_of_several_currencies": self.mixed_groups,
            "nets_in_pivots": [asdict(line) for line in self.pivot_lines],
            "diagnosis": list(self.diagnosis),
        }


def tables_of(report: Report, about: Description, shipped: pa.Table) -> Tables:
    """The tables that a summary is computed from; `shipped` are the input rows."""
    names = step_names(about.nodes)
    made = report.tables()
    return Tables(
        rows=made["rows"],
        input=shipped,
        groups=made["groups"],
        allocations=made["allocations"],
        id_name=about.id_name or shipped.column_names[0],
        scale=about.scale,
        step_names=names,
        currency=about.currency,
        account=about.account,
        stages=made.get("stages"),
        pivots=pivots_of(about.nodes),
        amount_column=about.numeraire_column,
        whole_rows=report.whole_rows,
    )


def summarize(tables: Tables) -> Summary:
    """Computes the summary of a run."""
    units = currencies_of(tables.input, tables.currency)
    allocations = _with_step(tables, labelled(tables.allocations, tables, units))
    rows = labelled(tables.rows, tables, units)
    open_rows = rows.filter(pc.not_equal(rows["residual"], 0))
    ids = open_rows[key_of(open_rows)]
    groups = pc.sum(pc.not_equal(tables.groups["origin"], UNMATCHED)).as_py() or 0
    value, net = _sums(rows, "amount", units, absolute=True), _sums(rows, "amount", units)
    outcome = Outcome(tables.rows.num_rows, groups, value, net)
    said = () if tables.stages is None else diagnose(tables.stages, outcome, tables.step_names)
    mixed = [] if units.column is None else groups_of_several_currencies(allocations)
    is_explained = pc.is_in(ids, value_set=pa.array(list(tables.explained), ids.type))
    return Summary(
        rows=tables.rows.num_rows,
        groups=groups,
        value=value,
        net=net,
        steps=tuple(_steps(allocations, rows, units)),
        open_rows=open_rows.num_rows,
        open_value=_sums(open_rows, "residual", units, absolute=True),
        open_net=_sums(open_rows, "residual", units),
        exact=_is_exact(tables),
        scale=tables.scale,
        stages=() if units.refused else _stage_lines(allocations, rows),
        balances=() if units.refused else _balances(rows),
        units=units,
        mixed_groups=len(mixed),
        ambiguous=_ambiguous(tables, allocations, units),
        pivot_lines=_pivot_lines(tables, mixed_nets(tables, allocations, mixed)),
        other_amounts=other_amounts(tables.pivots),
        exceptions=_exceptions(tables, open_rows.filter(pc.invert(is_explained))),
        open_items=_exceptions(tables, open_rows),
        explained_rows=pc.sum(is_explained).as_py() or 0,
        diagnosis=said,
    )


def key_of(table: pa.Table) -> str:
    """Name of the id column of a report table: ``id_text`` for text ids, else ``id``."""
    return "id_text" if "id_text" in table.column_names else "id"


def labelled(table: pa.Table, tables: Tables, units: Currencies) -> pa.Table:
    """A table of the report with the currency and the account of each row, as `unit` and `account`.

    A row that the input lacks, or that names none, has the empty text.
    """
    at = pc.index_in(table[key_of(table)], value_set=plain_text(tables.input[tables.id_name]).combine_chunks())
    for name, column in (("unit", units.column), ("account", tables.account)):
        values = pa.array([NO_CURRENCY] * table.num_rows, pa.string())
        if column is not None and column in tables.input.column_names:
            values = pc.fill_null(pc.take(plain_text(tables.input[column]), at), NO_CURRENCY)
        table = table.append_column(name, values)
    return table


def groups_of_several_currencies(allocations: pa.Table) -> list[int]:
    """The groups whose rows have more than one currency, by id; `allocations` have a `unit`."""
    counted = allocations.group_by("group_id").aggregate([("unit", "count_distinct")])
    found: list[int] = counted.filter(pc.greater(counted["unit_count_distinct"], 1))["group_id"].to_pylist()
    return sorted(found)


def mixed_nets(tables: Tables, allocations: pa.Table, mixed: Collection[int]) -> dict[int, PivotNet]:
    """The nets of some groups in the numeraires of their pivots, by group; see `pivot_nets`."""
    if not mixed or not tables.pivots:
        return {}
    held = allocations.filter(pc.is_in(allocations["group_id"], value_set=pa.array(list(mixed), pa.int64())))
    ids = held[key_of(held)]
    rows = pc.index_in(ids, value_set=plain_text(tables.input[tables.id_name]).combine_chunks()).to_pylist()
    nodes = pc.take(
        tables.groups["node"],
        pc.index_in(held["group_id"], value_set=tables.groups["group_id"].combine_chunks()),
    )
    parts = Parts(
        held["group_id"].to_pylist(), nodes.to_pylist(), rows, held["amount"].to_pylist(), _whole(tables, ids, rows)
    )
    return pivot_nets(parts, tables.pivots, tables.input)


def _whole(tables: Tables, ids: pa.ChunkedArray, rows: Sequence[int]) -> list[int | None]:
    """The whole amounts of rows, by id and by their place in the input; None where they are not known."""
    if tables.amount_column is not None and tables.amount_column in tables.input.column_names:
        amounts = minor_amounts(tables.input[tables.amount_column], tables.scale)
        return [amounts[row] for row in rows]
    if not tables.whole_rows:
        return [None] * len(rows)
    at = pc.index_in(ids, value_set=tables.rows[key_of(tables.rows)].combine_chunks())
    return pc.take(tables.rows["amount"], at).to_pylist()


def step_of_group(tables: Tables) -> dict[int, str]:
    """The step of each group: the outermost label around its node, or its origin."""
    columns = (tables.groups[name].to_pylist() for name in ("group_id", "node", "origin"))
    return {group: step_name(tables.step_names, node, origin) for group, node, origin in zip(*columns, strict=True)}


def _pivot_lines(tables: Tables, nets: Mapping[int, PivotNet]) -> tuple[PivotLine, ...]:
    """The nets by step and column, in the order of groups."""
    names = step_of_group(tables) if nets else {}
    lines: dict[tuple[str, str, int], PivotLine] = {}
    for group, net in nets.items():
        key = (names[group], net.column, net.scale)
        before = lines.get(key, PivotLine(*key, 0, 0, True))
        lines[key] = PivotLine(*key, before.groups + 1, before.net + net.net, before.exact and net.exact)
    return tuple(lines.values())


def shares(parts: Sequence[int], unit: int = 1000) -> list[int]:
    """Each part's share of their sum in `1/unit`, which add up to `unit`: the method of largest remainders.

    Ties go to the earlier part; parts are not negative. All shares are zero where the sum is.

    >>> shares([1, 1, 1]), shares([0, 5]), shares([0, 0])
    ([334, 333, 333], [0, 1000], [0, 0])
    """
    whole = sum(parts)
    if not whole:
        return [0] * len(parts)
    floors = [part * unit // whole for part in parts]
    order = sorted(range(len(parts)), key=lambda at: (-(parts[at] * unit % whole), at))
    for at in order[: unit - sum(floors)]:
        floors[at] += 1
    return floors


def _with_step(tables: Tables, allocations: pa.Table) -> pa.Table:
    """Allocations of matched groups, with the step name and the node of their group."""
    groups = tables.groups
    at = pc.index_in(allocations["group_id"], value_set=groups["group_id"].combine_chunks())
    steps = tables.step_names
    known = pc.index_in(groups["node"].cast(pa.int64()), value_set=pa.array(list(steps), pa.int64()))
    named = pc.take(pa.array(list(steps.values()), pa.string()), known)
    names = pc.coalesce(named, words_of(groups["origin"]))
    for name, column in (("name", names), ("origin", groups["origin"]), ("node", groups["node"])):
        allocations = allocations.append_column(name, pc.take(column, at))
    return allocations.filter(pc.not_equal(allocations["origin"], UNMATCHED))


def _ambiguous(tables: Tables, allocations: pa.Table, units: Currencies) -> Ambiguity:
    """The groups that are marked as not unique; a pinned one was decided by a person."""
    if "unique" not in tables.groups.column_names:
        return Ambiguity(0, 0, {})
    other = pc.fill_null(pc.invert(tables.groups["unique"]), fill_value=False)
    groups = tables.groups.filter(pc.and_(other, pc.not_equal(tables.groups["status"], PINNED)))
    held = allocations.filter(pc.is_in(allocations["group_id"], value_set=groups["group_id"].combine_chunks()))
    rows = pc.count_distinct(held["id"]).as_py()
    return Ambiguity(groups.num_rows, rows, _sums(held, "amount", units, absolute=True))


def _steps(allocations: pa.Table, rows: pa.Table, units: Currencies) -> list[Step]:
    """Totals by step in the order of the strategy; manual matches come last."""
    counted = allocations.group_by("name").aggregate([("node", "min"), ("group_id", "count_distinct")])
    most = _homes(allocations, rows)
    homes: dict[str, int] = {
        line["name"]: line["id_count"] for line in most.group_by("name").aggregate([("id", "count")]).to_pylist()
    }
    values, nets = _sums_by_step(allocations, units)
    lines = sorted(counted.to_pylist(), key=lambda line: (line["node_min"] is None, line["node_min"], line["name"]))
    return [
        Step(
            line["name"],
            line["group_id_count_distinct"],
            homes.get(line["name"], 0),
            values.get(line["name"], {}),
            nets.get(line["name"], {}),
        )
        for line in lines
    ]


def _homes(allocations: pa.Table, rows: pa.Table) -> pa.Table:
    """For every row that is matched in full, the allocation with the most of it."""
    whole = rows.filter(pc.equal(rows["residual"], 0))["id"].combine_chunks()
    settled = allocations.filter(pc.is_in(allocations["id"], value_set=whole))
    weighed = settled.append_column("weight", pc.abs(settled["amount"]))
    return first_of_each(weighed, "id", [("weight", "descending"), ("group_id", "ascending")])


def _stage_lines(allocations: pa.Table, rows: pa.Table) -> tuple[StageLine, ...]:
    """Lines by currency, in it by the order of the strategy, the open rows last."""
    keys = ["unit", "name"]
    counted = _homes(allocations, rows).group_by(keys).aggregate([("id", "count")])
    homes = {(line["unit"], line["name"]): line["id_count"] for line in counted.to_pylist()}
    sums = (
        _with_value(allocations, "amount")
        .group_by(keys)
        .aggregate([("node", "min"), ("group_id", "count_distinct"), ("value", "sum"), ("wide", "sum")])
    )
    lines = sorted(
        sums.to_pylist(), key=lambda line: (line["unit"], line["node_min"] is None, line["node_min"], line["name"])
    )
    found = [
        StageLine(
            line["name"],
            line["unit"],
            line["group_id_count_distinct"],
            homes.get((line["unit"], line["name"]), 0),
            int(line["value_sum"]),
            int(line["wide_sum"]),
        )
        for line in lines
    ]
    opened = rows.filter(pc.not_equal(rows["residual"], 0))
    opened = _with_value(opened, "residual")
    sums = opened.group_by("unit").aggregate([("id", "count"), ("value", "sum"), ("wide", "sum")])
    of = {line["unit"]: line for line in sums.to_pylist()}
    for unit in sorted(set(rows["unit"].to_pylist())):
        line = of.get(unit, {"id_count": 0, "value_sum": 0, "wide_sum": 0})
        found.append(StageLine(None, unit, 0, line["id_count"], int(line["value_sum"]), int(line["wide_sum"])))
    return tuple(sorted(found, key=lambda line: line.currency))


def _sums_by_step(allocations: pa.Table, units: Currencies) -> tuple[dict[str, Money], dict[str, Money]]:
    values: dict[str, Money] = {}
    nets: dict[str, Money] = {}
    if units.refused:
        return values, nets
    table = _with_value(allocations, "amount")
    for line in table.group_by(["name", "unit"]).aggregate([("value", "sum"), ("wide", "sum")]).to_pylist():
        values.setdefault(line["name"], {})[line["unit"]] = int(line["value_sum"])
        nets.setdefault(line["name"], {})[line["unit"]] = int(line["wide_sum"])
    return values, nets


def _sums(table: pa.Table, column: str, units: Currencies, *, absolute: bool = False) -> Money:
    if units.refused:
        return {}
    values = _wide(pc.abs(table[column]) if absolute else table[column])
    sums = pa.table({"unit": table["unit"], "value": values}).group_by("unit").aggregate([("value", "sum")])
    return {line["unit"]: int(line["value_sum"]) for line in sums.to_pylist()}


def _with_value(table: pa.Table, column: str) -> pa.Table:
    """The amounts as 128-bit numbers, and without their sign."""
    return table.append_column("wide", _wide(table[column])).append_column("value", _wide(pc.abs(table[column])))


def _balances(rows: pa.Table) -> tuple[Balance, ...]:
    """One line a currency and account, by name."""
    for name in ("amount", "matched", "residual"):
        rows = rows.set_column(rows.column_names.index(name), name, _wide(rows[name]))
    sums = rows.group_by(["unit", "account"]).aggregate(
        [("amount", "count"), ("amount", "sum"), ("matched", "sum"), ("residual", "sum")]
    )
    lines = sorted(sums.to_pylist(), key=lambda line: (line["unit"], line["account"]))
    return tuple(
        Balance(
            line["unit"] or None,
            line["account"] or None,
            line["amount_count"],
            int(line["amount_sum"]),
            int(line["matched_sum"]),
            int(line["residual_sum"]),
        )
        for line in lines
    )


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
    """Input rows with an open amount, the largest of each currency first; column ``open`` in minor units.

    Amounts of different currencies are not compared: the order is by rank within the currency.
    """
    sized = open_rows.append_column("size", pc.abs(open_rows["residual"]))
    ordered = sized.sort_by([("unit", "ascending"), ("size", "descending"), ("id", "ascending")])
    ranks: list[int] = []
    before: str | None = None
    for unit in ordered["unit"].to_pylist():
        ranks.append(0 if unit != before else ranks[-1] + 1)
        before = unit
    ordered = ordered.append_column("rank", pa.array(ranks, pa.int64()))
    ordered = ordered.sort_by([("rank", "ascending"), ("unit", "ascending")])
    value_set = plain_text(tables.input[tables.id_name]).combine_chunks()
    shipped = tables.input.take(pc.index_in(ordered[key_of(ordered)], value_set=value_set))
    return shipped.append_column("open", ordered["residual"])
