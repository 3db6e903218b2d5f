"""Lowering of rows: the struct of the lanes that a strategy reads, and the functions that compute it at ingest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.captures import strategy_values
from florecon_build.codegen.rust.fallibility import is_fallible, ok
from florecon_build.codegen.rust.literals import comment
from florecon_build.codegen.rust.lower_nodes import origin
from florecon_build.codegen.rust.lower_values import Environment, column_function, lower, owned
from florecon_build.codegen.rust.names import Names, snake
from florecon_build.codegen.rust.printer import INDENT
from florecon_build.codegen.rust.rust_types import READERS, lane_type
from florecon_build.codegen.rust.simplify import simplify
from florecon_build.codegen.rust.temporaries import settle, settled_let
from florecon_build.codegen.rust.text_columns import ComputedLane, TextColumn, separate
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.lanes import lane_names, reached_lanes
from florecon_build.ir.traversal import values_in
from florecon_build.ir.types import Kind, Type

UNNAMED = "_"


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes that a plugin needs. ``held`` are fields of the row, ``names`` the Rust names of all computed lanes.

    A lane that is computed only because it may fail, and that nothing reads once its readers are simplified, is bound
    to no name. ``columns`` are computed for many rows at once, ``derived`` by the row, both in the author's order.
    """

    held: tuple[str, ...]
    names: dict[str, str]
    columns: tuple[TextColumn, ...]
    derived: tuple[ComputedLane, ...]


def lanes_of(ir: n.PluginIr, strategies: Sequence[n.Node]) -> Lanes:
    """What the strategies and the numeraire read, what that is computed from, and what they reach that may fail."""
    needed = lane_names(values_in(simplify(ir.numeraire)))
    for strategy in strategies:
        needed |= lane_names(strategy_values(strategy))
    reached, read, computed = reached_lanes(ir, strategies), set(needed), set(needed)
    for lane in reversed(ir.lanes):
        value = simplify(lane.value)
        if lane.name in read or (lane.name in reached and is_fallible(value)):
            computed.add(lane.name)
            read |= lane_names(values_in(value))
    order = [*(column.name for column in ir.columns), *(lane.name for lane in ir.lanes)]
    computed |= read
    names = Names(["record", "records", "row"])
    wanted = {name: names.fresh(snake(name)) if name in read else UNNAMED for name in order if name in computed}
    columns, derived = separate(ir, computed)
    for column in columns:
        if column.name not in wanted:
            wanted[column.name] = names.fresh(snake(column.name))
    return Lanes(tuple(name for name in order if name in needed), wanted, columns, derived)


def row_items(ir: n.PluginIr, lanes: Lanes) -> tuple[r.Item, ...]:
    """``pub struct Row``, and that it can be written to a snapshot."""
    doc = "/// A row as the strategy sees it."
    fields = tuple(r.Name(lanes.names[name]) for name in lanes.held)
    packed = r.MacroItem("packed", (r.Name("Row"), *fields))
    if not lanes.held:
        return r.Verbatim((doc, "pub struct Row;")), packed
    types = {column.name: column.type for column in ir.columns} | {lane.name: lane.value.type for lane in ir.lanes}
    lines = [line for name in lanes.held for line in _field(types[name], name, lanes.names[name])]
    return r.Verbatim((doc, "pub struct Row {", *(f"    {line}" for line in lines), "}")), packed


def _field(type: Type, name: str, field: str) -> list[str]:
    declared = f"{field}: {lane_type(type)},"
    if field != name:
        return [comment(f"{name}: {type}"), declared]
    return [comment(str(type)), declared] if type.kind in (Kind.MONEY, Kind.DATE) else [declared]


def row_function(ir: n.PluginIr, lanes: Lanes, column: int) -> r.Function:
    """``fn row``: columns are read, lanes computed, in the author's order."""
    names = Names([*lanes.names.values(), "record"])
    views = frozenset(computed.name for computed in lanes.columns if computed.name not in lanes.held)
    env = Environment(lanes.names, views=views)
    read = lane_names(part for derived in lanes.derived for part in values_in(derived.value)).union(lanes.held)
    readers = {read.name: ("opt_" if read.type.nullable else "") + READERS[read.type.kind] for read in ir.columns}
    readers |= {computed.name: "text_view" if computed.name in views else "text" for computed in lanes.columns}
    statements: list[r.Statement] = [
        r.Let(lanes.names[name], r.Method(r.Name("record"), reader, (r.Literal(str(index)),)))
        for index, (name, reader) in enumerate(readers.items())
        if name in read
    ]
    reads_record = bool(statements)
    for derived in lanes.derived:
        lane = derived.lane
        statements.append(r.Comment(origin(lane.value, f"lane {lane.name}")))
        let = r.Let(lanes.names[lane.name], owned(derived.value, env))
        statements += settled_let(let, names, column + INDENT)
    row = r.Struct("Row", tuple((lanes.names[name], None) for name in lanes.held))
    signature = f"fn row({'record' if reads_record else '_'}: &Record<'_>) -> Result<Row, EvalError>"
    return r.Function(signature, r.Block(tuple(statements), ok(row)))


def columns_function(ir: n.PluginIr, lanes: Lanes, column: int) -> r.Function:
    """``fn columns``: the text columns, each function of a chain in a line of its own."""
    names = Names([*lanes.names.values(), "records"])
    places = {read.name: r.Literal(str(index)) for index, read in enumerate(ir.columns)}
    authored = {lane.name: lane.value for lane in ir.lanes}
    statements: list[r.Statement] = []
    for computed in lanes.columns:
        made = r.Name(lanes.names[computed.name])
        value = authored.get(computed.name, computed.value)
        statements.append(r.Comment(origin(value, f"lane {computed.lane}")))
        steps = [_texts(computed, places, lanes), *(column_function(step, made) for step in computed.functions)]
        for step in steps:
            statements += settled_let(r.Let(made.name, step), names, column + INDENT)
    columns = r.Array(tuple(r.Name(lanes.names[computed.name]) for computed in lanes.columns), "vec!")
    return r.Function("fn columns(records: &Records<'_>) -> Vec<TextColumn>", r.Block(tuple(statements), columns))


def _texts(column: TextColumn, places: dict[str, r.Literal], lanes: Lanes) -> r.Expression:
    """The texts that a column is computed from."""
    place = places.get(column.base.name)
    if place is None:
        return r.Method(r.Name(lanes.names[column.base.name]), "clone")
    if column.filling is None:
        return r.Method(r.Name("records"), "text_column", (place,))
    return r.Method(r.Name("records"), "filled_text_column", (place, r.Text(column.filling)))


def numeraire_function(ir: n.PluginIr, lanes: Lanes, column: int) -> r.Function:
    """``fn numeraire``."""
    row = r.Name("row")
    value = ok(lower(simplify(ir.numeraire), Environment(lanes.names, {e.Var.ITEM: row})))
    body = settle(value, Names(["row"]), column + INDENT)
    signature = f"fn numeraire({'row' if 'row' in r.names(body) else '_'}: &Row) -> Result<i64, EvalError>"
    return r.Function(signature, body)
