"""The row: which lanes a strategy reads, the struct that holds them, and the function that computes them at ingest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from florecon_build.codegen.rust.body import Body, Slot, Wrap
from florecon_build.codegen.rust.expressions import new_body
from florecon_build.codegen.rust.fallibility import is_fallible
from florecon_build.codegen.rust.fragment import Form, Frag
from florecon_build.codegen.rust.layout import STRUCT_WIDTH, macro_item
from florecon_build.codegen.rust.names import Names, snake
from florecon_build.codegen.rust.nodes import comment
from florecon_build.codegen.rust.rust_types import lane_type
from florecon_build.codegen.rust.simplify import simplify
from florecon_build.codegen.rust.writer import INDENT, Writer, indent, width
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.lanes import lane_names, reached_lanes
from florecon_build.ir.traversal import value_parts, values_in
from florecon_build.ir.types import Kind, Type

UNNAMED = "_"


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes that a plugin needs. ``held`` are fields of the row, ``computed`` all that ``fn row`` has to compute.

    ``names`` gives the Rust identifier of every computed lane. A lane that is computed only because it may fail, and
    that nothing reads once its readers are simplified, is bound to no name.
    """

    held: tuple[str, ...]
    computed: frozenset[str]
    names: dict[str, str]


def all_values(node: n.Node) -> Iterator[e.Value]:
    """Every value expression in a strategy."""
    for _, value in value_parts(node):
        yield from values_in(simplify(value))
    for child in n.children(node):
        yield from all_values(child)


def lanes_of(ir: n.PluginIr, strategies: Sequence[n.Node]) -> Lanes:
    """What the strategies and the numeraire read, what that is computed from, and what they reach that may fail."""
    needed = lane_names(values_in(simplify(ir.numeraire)))
    for strategy in strategies:
        needed |= lane_names(all_values(strategy))
    reached, read, computed = reached_lanes(ir, strategies), set(needed), set(needed)
    for lane in reversed(ir.lanes):
        value = simplify(lane.value)
        if lane.name in read or (lane.name in reached and is_fallible(value)):
            computed.add(lane.name)
            read |= lane_names(values_in(value))
    order = [*(column.name for column in ir.columns), *(lane.name for lane in ir.lanes)]
    computed |= read
    names = Names(["record", "row"])
    wanted = {name: names.fresh(snake(name)) if name in read else UNNAMED for name in order if name in computed}
    return Lanes(tuple(name for name in order if name in needed), frozenset(computed), wanted)


@dataclass(slots=True)
class RowEnv:
    """Lanes as local variables (``fn row``) or as fields of ``row`` (``fn numeraire``)."""

    names: dict[str, str]
    owner: str = ""
    used: set[str] = field(default_factory=set[str])

    def lane(self, lane: e.Lane) -> Frag:
        """A lane."""
        return Frag(f"{self.owner}{self.names[lane.name]}", lane.type, form=Form.PLACE)

    def lot(self, lot: e.LotAmount | e.LotOriginal) -> Frag:
        """There is no lot at ingest; the builder refuses it."""
        raise TypeError(f"{type(lot).__name__} in a lane")

    def param(self, param: e.ParamRef) -> Frag:
        """There is no param at ingest; the builder refuses it."""
        raise TypeError(f"param {param.name} in a lane")

    def shard(self, key: e.ShardKey) -> Frag:
        """There is no shard at ingest; the builder refuses it."""
        raise TypeError(f"shard key {key.binder} in a lane")


def write_struct(out: Writer, ir: n.PluginIr, lanes: Lanes) -> None:
    """``pub struct Row``, and that it can be written to a snapshot."""
    types = {column.name: column.type for column in ir.columns} | {lane.name: lane.value.type for lane in ir.lanes}
    out.line("/// A row as the strategy sees it.")
    if not lanes.held:
        out.lines(["pub struct Row;", "", *macro_item("packed", "Row")])
        return
    out.line("pub struct Row {")
    with out.indented():
        for name in lanes.held:
            out.lines(_doc(types[name], name, lanes.names[name]))
            out.line(f"{lanes.names[name]}: {lane_type(types[name])},")
    out.lines(["}", "", *macro_item("packed", "Row", *(lanes.names[name] for name in lanes.held))])


def _doc(type: Type, name: str, field: str) -> list[str]:
    if name.isprintable() and field != name:
        return [f"// {name}: {type}"]
    return [f"// {type}"] if type.kind in (Kind.MONEY, Kind.DATE) else []


_READERS = {
    Kind.INTEGER: "integer",
    Kind.REAL: "real",
    Kind.TEXT: "text",
    Kind.MONEY: "money",
    Kind.DATE: "date",
    Kind.BOOLEAN: "boolean",
}


def write_row(out: Writer, ir: n.PluginIr, lanes: Lanes, lints: set[str]) -> None:
    """``fn row``: columns are read, lanes computed, in the author's order."""
    reads_record = any(column.name in lanes.computed for column in ir.columns)
    out.line(f"fn row({'record' if reads_record else '_'}: &Record<'_>) -> Result<Row, EvalError> {{")
    body = new_body(RowEnv(lanes.names), Names([*lanes.names.values(), "record"]), out.column + INDENT, lints)
    for index, column in enumerate(ir.columns):
        if column.name in lanes.computed:
            reader = ("opt_" if column.type.nullable else "") + _READERS[column.type.kind]
            body.lines.append(f"let {lanes.names[column.name]} = record.{reader}({index});")
    for lane in ir.lanes:
        if lane.name in lanes.computed:
            body.lines.extend(comment(lane.value, body.column))
            _let(body, lanes.names[lane.name], simplify(lane.value))
    out.lines(indent([*body.lines, *_literal([lanes.names[name] for name in lanes.held])]))
    out.line("}")


def _let(body: Body, name: str, value: e.Value) -> None:
    if body.is_block(value):
        body.blocks(body, value, Slot(Wrap(nullable=value.type.nullable), name))
    else:
        frag = body.root(value, INDENT + 1)
        body.lines.extend(body.let_lines(name, frag.owned))


def _literal(fields: list[str]) -> list[str]:
    if not fields:
        return ["Ok(Row)"]
    inner = ", ".join(fields)
    if width(inner) <= STRUCT_WIDTH:
        return [f"Ok(Row {{ {inner} }})"]
    return ["Ok(Row {", *(" " * INDENT + f"{field}," for field in fields), "})"]


def write_numeraire(out: Writer, ir: n.PluginIr, lanes: Lanes, lints: set[str]) -> None:
    """``fn numeraire``."""
    reads_row = any(isinstance(value, e.Lane) for value in values_in(ir.numeraire))
    out.line(f"fn numeraire({'row' if reads_row else '_'}: &Row) -> Result<i64, EvalError> {{")
    body = new_body(RowEnv(lanes.names, "row."), Names(["row"]), out.column + INDENT, lints)
    body.tail(simplify(ir.numeraire), Wrap(ok=True))
    out.lines(indent(body.lines))
    out.line("}")
