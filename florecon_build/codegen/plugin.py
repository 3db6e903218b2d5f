"""The whole ``lib.rs`` of a plugin, and its ``Cargo.toml``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.codegen import lints
from florecon_build.codegen.layout import Atom, Doc, Vector, call, layout
from florecon_build.codegen.literals import constant, int_literal, text_literal
from florecon_build.codegen.names import PRELUDE_FUNCTIONS, Names, camel, snake
from florecon_build.codegen.nodes import lines_of
from florecon_build.codegen.rows import Lanes, all_values, lanes_of, write_numeraire, write_row, write_struct
from florecon_build.codegen.rust_types import lane_type
from florecon_build.codegen.scope import Scope
from florecon_build.codegen.version import VERSION
from florecon_build.codegen.writer import INDENT, Writer, indent
from florecon_build.ir import nodes as n
from florecon_build.ir import values as v
from florecon_build.ir.types import Kind
from florecon_build.ir.walk import kind_name, walk

SUITE_PARAM = "strategy"


@dataclass(frozen=True, slots=True)
class Source:
    """What a crate is generated from: one plugin, or several strategies over the rows and params of the first."""

    ir: n.PluginIr
    fingerprint: str
    strategies: tuple[n.Node, ...]
    suite: bool


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
    """The cargo package of a plugin: its id with dashes.

    >>> from florecon_build.codegen.names import snake
    >>> snake("acme.intercompany", "plugin").replace("_", "-")
    'acme-intercompany'
    """
    name = snake(ir.id, "plugin").replace("_", "-")
    return f"{name}-plugin" if name in ("florecon", "test", "core", "std", "alloc") else name


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
florecon = {{ path = "../florecon" }}
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
    ir = source.ir
    lanes = lanes_of(ir, source.strategies)
    params = _used_params(source)
    out = Writer()
    _header(out, source)
    write_struct(out, ir, lanes)
    _params_struct(out, source, params)
    out.line()
    names = Names(["Row", "Params", "Plugin", "Plan", "Item", "Group", "Text", "Tokens", "Real", "Flow"])
    plugin = names.fresh(f"{camel(ir.id.split('.')[-1], 'Strategy')}Plugin")
    out.line(f"/// The reconciliation plugin `{ir.id}`.")
    out.line(f"pub struct {plugin};")
    out.line()
    out.line(f"impl Plugin for {plugin} {{")
    with out.indented():
        _impl(out, source, lanes, params)
    out.lines(["}", "", f"export_plugin!({plugin});", ""])
    _strategies(out, source, lanes, params)
    return out.text()


def _header(out: Writer, source: Source) -> None:
    origin = f"from strategy {source.fingerprint}" if source.fingerprint else "from several strategies"
    out.lines(
        [
            f"// Generated by florecon-build {VERSION}",
            f"// {origin}.",
            "// Change the strategy, not this file.",
            "",
            *lints.allowed(source.ir, source.strategies),
            "use florecon::prelude::*;",
            "",
        ]
    )


def _used_params(source: Source) -> dict[str, str]:
    """Param -> Rust name, for those that a strategy reads."""
    used = {value.name for node in source.strategies for value in all_values(node) if isinstance(value, v.ParamRef)}
    names = Names([*PRELUDE_FUNCTIONS, "p", "item", "a", "b", "group", SUITE_PARAM])
    return {param.name: names.fresh(snake(param.name, "param")) for param in source.ir.params if param.name in used}


def _params_struct(out: Writer, source: Source, params: dict[str, str]) -> None:
    if not params and not source.suite:
        return
    out.line()
    out.line("/// What may be tuned at run time.")
    out.line("pub struct Params {")
    with out.indented():
        for param in source.ir.params:
            if param.name in params:
                out.line(f"{params[param.name]}: {lane_type(param.type)},")
        if source.suite:
            out.line("strategy: i64,")
    out.line("}")


def _impl(out: Writer, source: Source, lanes: Lanes, params: dict[str, str]) -> None:
    ir = source.ir
    empty = not params and not source.suite
    params_type = "()" if empty else "Params"
    out.lines(["type Row = Row;", f"type Params = {params_type};", ""])
    _function(out, "domain() -> Domain", call("Domain::new", text_literal(ir.id), text_literal(ir.version)))
    fields = Vector(tuple(Atom(_field(column)) for column in ir.columns))
    _function(out, "schema() -> Schema", call("Schema::new", fields))
    specs = [Atom(_spec(param)) for param in ir.params]
    if source.suite:
        specs.append(Atom(f'ParamSpec::integer("{SUITE_PARAM}", 0)'))
    if specs:
        _function(out, "params() -> Vec<ParamSpec>", Vector(tuple(specs)))
    _build_info(out, source)
    _configure(out, source, params)
    write_row(out, ir, lanes)
    out.line()
    write_numeraire(out, ir, lanes)
    out.line()
    out.line(f"fn strategy(p: &{params_type}) -> Plan<Row> {{")
    out.lines(indent(_dispatch(source)))
    out.line("}")


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


def _configure(out: Writer, source: Source, params: dict[str, str]) -> None:
    if not params and not source.suite:
        out.lines(["fn configure(_: &ParamValues) {}", ""])
        return
    out.line("fn configure(values: &ParamValues) -> Params {")
    lines = [
        f"{params[param.name]}: values.{_FIELDS[param.type.kind]}({text_literal(param.name)}),"
        for param in source.ir.params
        if param.name in params
    ]
    if source.suite:
        lines.append(f'{SUITE_PARAM}: values.integer("{SUITE_PARAM}"),')
    out.lines(indent(["Params {", *indent(lines), "}"]))
    out.lines(["}", ""])


def _dispatch(source: Source) -> list[str]:
    if not source.suite:
        return ["strategy(p)"]
    arms = [f"{index} => s{index}::strategy(p)," for index in range(len(source.strategies))]
    return [f"match p.{SUITE_PARAM} {{", *indent([*arms, "_ => identity(),"]), "}"]


def _strategies(out: Writer, source: Source, lanes: Lanes, params: dict[str, str]) -> None:
    if not source.suite:
        _strategy(out, source.strategies[0], lanes, params, empty=not params)
        return
    for index, strategy in enumerate(source.strategies):
        out.line(f"mod s{index} {{")
        with out.indented():
            out.lines(["use super::*;", ""])
            _strategy(out, strategy, lanes, params, public="pub ")
        out.lines(["}", ""][: 2 if index + 1 < len(source.strategies) else 1])


def _strategy(
    out: Writer, root: n.Node, lanes: Lanes, params: dict[str, str], *, public: str = "", empty: bool = False
) -> None:
    names = Names([*PRELUDE_FUNCTIONS, "p", "item", "a", "b", "group", "strategy", *params.values()])
    scope = Scope(lanes.names, params, names, out.column + INDENT)
    lines = lines_of(scope, root)
    reads_params = any(" = p." in line for line in lines)
    out.line(f"{public}fn strategy({'p' if reads_params else '_'}: &{'()' if empty else 'Params'}) -> Plan<Row> {{")
    out.lines(indent(lines))
    out.line("}")
