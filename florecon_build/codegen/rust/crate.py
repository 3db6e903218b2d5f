"""The whole ``lib.rs`` of a plugin, and its ``Cargo.toml``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.codegen.rust import lints
from florecon_build.codegen.rust.captures import Scope
from florecon_build.codegen.rust.layout import STRUCT_WIDTH, Atom, Doc, Vector, call, layout
from florecon_build.codegen.rust.literals import constant, int_literal, text_literal
from florecon_build.codegen.rust.names import PRELUDE_FUNCTIONS, Names, camel, snake
from florecon_build.codegen.rust.nodes import lines_of
from florecon_build.codegen.rust.rows import Lanes, all_values, lanes_of, write_numeraire, write_row, write_struct
from florecon_build.codegen.rust.rust_types import lane_type
from florecon_build.codegen.rust.writer import INDENT, Writer, indent, width
from florecon_build.codegen.version import VERSION
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import kind_name, walk
from florecon_build.ir.types import Kind

SUITE_PARAM = "strategy"


@dataclass(frozen=True, slots=True)
class Source:
    """What a crate is generated from: one plugin, or several strategies over the rows and params of the first."""

    ir: n.PluginIr
    fingerprint: str
    strategies: tuple[n.Node, ...]
    suite: bool

    @property
    def plugin(self) -> str:
        """The name of the plugin's struct."""
        names = Names(["Row", "Params", "Plugin"])
        return names.fresh(f"{camel(self.ir.id.split('.')[-1], 'Strategy')}Plugin")


@dataclass(frozen=True, slots=True)
class Crate:
    """A source with what its parts share: lanes and params by their Rust names, and the lints that must be allowed."""

    source: Source
    lanes: Lanes
    params: dict[str, str]
    lints: set[str]

    @property
    def params_type(self) -> str:
        """The type of the plugin's params; a plugin without has none to name."""
        return "Params" if self.params or self.source.suite else "()"


@dataclass(frozen=True, slots=True)
class Builder:
    """The lines of one ``fn strategy``; ``fails`` where a setting's arithmetic can overflow."""

    lines: list[str]
    fails: bool

    def call(self, path: str) -> str:
        """An expression for the plan. A setting that overflows is refused when the params are installed."""
        return f"{path}(p).unwrap_or_else(Plan::refused)" if self.fails else f"{path}(p)"


def emit(ir: n.PluginIr, fingerprint: str) -> dict[str, str]:
    """The generated project as file name -> text: ``Cargo.toml``, ``rustfmt.toml``, ``src/lib.rs``, ``src/nodes.json``.

    The folder is meant to stand beside the runtime's crate ``florecon``, in one cargo workspace.
    """
    source = Source(ir, fingerprint, (ir.strategy,), suite=False)
    return {
        "Cargo.toml": cargo_toml(ir),
        "rustfmt.toml": "max_width = 120\n",
        "src/lib.rs": _lib(source),
        "src/nodes.json": nodes_json(ir.strategy),
    }


def emit_suite(irs: Sequence[n.PluginIr]) -> dict[str, str]:
    """One crate that holds many strategies, which must share columns, lanes, params and numeraire.

    The integer param ``strategy``, the index into ``irs``, picks the active one; each lives in a module of its own.
    """
    first = irs[0]
    for other in irs[1:]:
        if (other.columns, other.lanes, other.params, other.numeraire) != (
            first.columns,
            first.lanes,
            first.params,
            first.numeraire,
        ):
            raise ValueError(f"{other.id} does not share the rows, params and numeraire of {first.id}")
    source = Source(first, "", tuple(ir.strategy for ir in irs), suite=True)
    return {
        "Cargo.toml": cargo_toml(first),
        "rustfmt.toml": "max_width = 120\n",
        "src/lib.rs": _lib(source),
        "src/nodes.json": "[]\n",
    }


def crate_name(ir: n.PluginIr) -> str:
    """The cargo package of a plugin: ``acme.intercompany`` becomes ``acme-intercompany-solver``.

    The ending keeps it apart from the packages of the runtime and of the registry.
    """
    return f"{snake(ir.id, 'plugin').replace('_', '-')}-solver"


def cargo_toml(ir: n.PluginIr) -> str:
    """The manifest of the generated crate. Its profiles and lock are the workspace's."""
    return f"""\
[package]
name = "{crate_name(ir)}"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
name = "solver"
crate-type = ["cdylib", "rlib"]

[dependencies]
florecon = {{ package = "florecon-runtime", path = "../florecon" }}
"""


def nodes_json(root: n.Node) -> str:
    """Where each node stands in the author's file, for ``describe``: one line a node, in the order of node ids."""
    lines: list[str] = []
    for place in walk(root):
        node = place.node
        entry: dict[str, object] = {"id": place.id, "kind": kind_name(node), "path": place.path}
        if isinstance(node, n.Labeled):
            entry["label"] = node.tag
        if node.span is not None:
            entry |= {"file": node.span.file, "line": node.span.line}
        lines.append(json.dumps(entry, ensure_ascii=False))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _lib(source: Source) -> str:
    lint_names = lints.of_values(source.ir, source.strategies)
    crate = Crate(source, lanes_of(source.ir, source.strategies), _used_params(source), lint_names)
    column = INDENT if source.suite else 0
    builders = [_builder(crate, strategy, column) for strategy in source.strategies]
    out = Writer()
    write_struct(out, source.ir, crate.lanes)
    _params_struct(out, crate)
    out.lines(["", f"/// The reconciliation plugin `{source.ir.id}`.", f"pub struct {source.plugin};", ""])
    out.line(f"impl Plugin for {source.plugin} {{")
    with out.indented():
        _impl(out, crate, builders)
    out.lines(["}", "", f"export_plugin!({source.plugin});", ""])
    if not source.suite:
        out.lines(builders[0].lines)
        return _header(crate) + out.text()
    for index, builder in enumerate(builders):
        out.lines([*([""] if index else []), f"mod s{index} {{"])
        with out.indented():
            out.lines(["use super::*;", "", *builder.lines])
        out.line("}")
    return _header(crate) + out.text()


def _header(crate: Crate) -> str:
    fingerprint = crate.source.fingerprint
    lines = [
        f"// Generated by florecon-build {VERSION}",
        f"// from strategy {fingerprint}." if fingerprint else "// from several strategies.",
        "// Change the strategy, not this file.",
        "",
        *lints.allowed(crate.lints),
        "use florecon::prelude::*;",
        "",
    ]
    return "\n".join(lines) + "\n"


def _used_params(source: Source) -> dict[str, str]:
    """Param -> Rust name, for those that a strategy reads."""
    used = {value.name for node in source.strategies for value in all_values(node) if isinstance(value, e.ParamRef)}
    names = Names([*PRELUDE_FUNCTIONS, "p", "item", "a", "b", "group", SUITE_PARAM])
    return {param.name: names.fresh(snake(param.name, "param")) for param in source.ir.params if param.name in used}


def _params_struct(out: Writer, crate: Crate) -> None:
    if crate.params_type == "()":
        return
    out.lines(["", "/// What may be tuned at run time.", "pub struct Params {"])
    with out.indented():
        for param in crate.source.ir.params:
            if param.name in crate.params:
                out.line(f"{crate.params[param.name]}: {lane_type(param.type)},")
        if crate.source.suite:
            out.line(f"{SUITE_PARAM}: i64,")
    out.line("}")


def _impl(out: Writer, crate: Crate, builders: list[Builder]) -> None:
    ir = crate.source.ir
    out.lines(["type Row = Row;", f"type Params = {crate.params_type};", ""])
    _function(out, "domain() -> Domain", call("Domain::new", text_literal(ir.id), text_literal(ir.version)))
    fields = Vector(tuple(Atom(_field(column)) for column in ir.columns))
    _function(out, "schema() -> Schema", call("Schema::new", fields))
    specs = [Atom(_spec(param)) for param in ir.params]
    if crate.source.suite:
        specs.append(Atom(f'ParamSpec::integer("{SUITE_PARAM}", 0)'))
    if specs:
        _function(out, "params() -> Vec<ParamSpec>", Vector(tuple(specs)))
    _build_info(out, crate.source)
    _configure(out, crate)
    write_row(out, ir, crate.lanes, crate.lints)
    out.line()
    write_numeraire(out, ir, crate.lanes, crate.lints)
    out.line()
    out.line(f"fn strategy(p: &{crate.params_type}) -> Plan<Row> {{")
    out.lines(indent(_dispatch(crate.source, builders)))
    out.line("}")


def _dispatch(source: Source, builders: list[Builder]) -> list[str]:
    if not source.suite:
        return [builders[0].call("strategy")]
    arms = [f"{index} => {builder.call(f's{index}::strategy')}," for index, builder in enumerate(builders)]
    return [f"match p.{SUITE_PARAM} {{", *indent([*arms, "_ => identity(),"]), "}"]


def _builder(crate: Crate, root: n.Node, column: int) -> Builder:
    names = Names([*PRELUDE_FUNCTIONS, "p", "item", "a", "b", "group", "strategy", *crate.params.values()])
    scope = Scope(crate.lanes.names, crate.params, names, column + INDENT, crate.lints)
    lines = lines_of(scope, root)
    param = "p" if any("= p." in line for line in lines) else "_"
    plan = "Result<Plan<Row>, EvalError>" if scope.fails else "Plan<Row>"
    head = f"{'pub ' if crate.source.suite else ''}fn strategy({param}: &{crate.params_type}) -> {plan} {{"
    return Builder([head, *indent(lines), "}"], scope.fails)


def _function(out: Writer, signature: str, doc: Doc) -> None:
    out.line(f"fn {signature} {{")
    out.lines(indent(layout(doc, out.column + INDENT)))
    out.lines(["}", ""])


_FIELDS = {
    Kind.INTEGER: "integer",
    Kind.REAL: "real",
    Kind.TEXT: "text",
    Kind.MONEY: "money",
    Kind.DATE: "date",
    Kind.BOOLEAN: "boolean",
}


def _field(column: n.Column) -> str:
    scale = f", {column.type.scale}" if column.type.kind is Kind.MONEY else ""
    text = f"Field::{_FIELDS[column.type.kind]}({text_literal(column.name)}{scale})"
    text += ".id()" if column.id else ""
    text += ".amount()" if column.display else ""
    return text + (".nullable()" if column.type.nullable else "")


def _spec(param: n.Param) -> str:
    kind = _FIELDS[param.type.kind]
    scale = f", {param.type.scale}" if param.type.kind is Kind.MONEY else ""
    text = f"ParamSpec::{kind}({text_literal(param.name)}{scale}, {constant(param.default, param.type)})"
    return text + (f".doc({text_literal(param.doc)})" if param.doc else "")


def _build_info(out: Writer, source: Source) -> None:
    scale = source.ir.numeraire.type.scale
    out.line("fn build() -> BuildInfo {")
    with out.indented():
        out.lines(
            [
                "BuildInfo {",
                f'    strategy: "{source.fingerprint}",',
                '    nodes_json: include_str!("nodes.json"),',
                f"    numeraire_scale: {int_literal(scale)},",
                "}",
            ]
        )
    out.lines(["}", ""])


def _configure(out: Writer, crate: Crate) -> None:
    if crate.params_type == "()":
        out.lines(["fn configure(_: &ParamValues) {}", ""])
        return
    fields = [
        f"{crate.params[param.name]}: values.{_FIELDS[param.type.kind]}({text_literal(param.name)})"
        for param in crate.source.ir.params
        if param.name in crate.params
    ]
    if crate.source.suite:
        fields.append(f'{SUITE_PARAM}: values.integer("{SUITE_PARAM}")')
    out.line("fn configure(values: &ParamValues) -> Params {")
    inner = ", ".join(fields)
    if width(inner) <= STRUCT_WIDTH:
        out.lines(indent([f"Params {{ {inner} }}"]))
    else:
        out.lines(indent(["Params {", *indent(f"{field}," for field in fields), "}"]))
    out.lines(["}", ""])
