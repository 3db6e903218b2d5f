"""The generated crate: ``lib.rs`` with its manifest, and what the build needs to know about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust import lints
from florecon_build.codegen.rust.captures import strategy_values
from florecon_build.codegen.rust.fallibility import can_fail
from florecon_build.codegen.rust.literals import comment, constant, int_literal
from florecon_build.codegen.rust.lower_nodes import PLAN_RESULT, plan
from florecon_build.codegen.rust.lower_rows import (
    Lanes,
    columns_function,
    lanes_of,
    numeraire_function,
    row_function,
    row_items,
)
from florecon_build.codegen.rust.names import PRELUDE_FUNCTIONS, Names, camel, snake
from florecon_build.codegen.rust.patterns import pattern_items
from florecon_build.codegen.rust.printer import INDENT, Printer, SourceLine
from florecon_build.codegen.rust.rust_types import READERS, lane_type
from florecon_build.codegen.version import VERSION
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.automaton import patterns_of
from florecon_build.ir.explained import explained
from florecon_build.ir.lanes import amount_column, dimensions, shard_columns
from florecon_build.ir.strings import escaped_json
from florecon_build.ir.traversal import kind_name, walk
from florecon_build.ir.types import Kind

LIB = "src/lib.rs"
SUITE_PARAM = "strategy"


@dataclass(frozen=True, slots=True)
class Crate:
    """A generated cargo project, to stand beside the runtime's crate ``florecon`` in one workspace.

    ``files`` maps a path to its text, ``package`` is the name in ``Cargo.toml``, ``plugin`` the type that implements
    ``Plugin``; ``source_lines`` say, by path, from which of the author's expressions lines were made.
    """

    files: dict[str, str]
    package: str
    plugin: str
    source_lines: dict[str, tuple[SourceLine, ...]]

    def origin(self, path: str, line: int) -> r.Origin | None:
        """The author's expression behind a line (from 1) of a file; the innermost, where one holds another."""
        found = [source for source in self.source_lines.get(path, ()) if source.first <= line <= source.last]
        return max(found, key=lambda source: source.first).origin if found else None


def emit(ir: n.PluginIr, fingerprint: str) -> Crate:
    """The crate of one plugin: ``Cargo.toml``, ``rustfmt.toml``, ``src/lib.rs``, ``src/nodes.json``."""
    source = _Source(ir, fingerprint, (ir.strategy,), tuple(patterns_of(ir)), suite=False)
    return _crate(source, nodes_json(ir.strategy))


def emit_suite(irs: Sequence[n.PluginIr]) -> Crate:
    """One crate that holds many strategies, which must share columns, lanes, params, numeraire and dimensions.

    The integer param ``strategy``, the index into ``irs``, picks the active one; each lives in a module of its own.
    """
    first = irs[0]
    for other in irs[1:]:
        if _shared(other) != _shared(first):
            raise ValueError(f"{other.id} does not share the rows, params, numeraire and dimensions of {first.id}")
    patterns = tuple(pattern for ir in irs for pattern in patterns_of(ir))
    return _crate(_Source(first, "", tuple(ir.strategy for ir in irs), patterns, suite=True), "[]\n")


def _shared(ir: n.PluginIr) -> n.PluginIr:
    """The plugin without what may differ among the strategies of one crate."""
    return replace(ir, id="", version="", strategy=n.Identity())


def crate_name(ir: n.PluginIr) -> str:
    """The cargo package of a plugin: ``acme.intercompany`` becomes ``acme-intercompany-solver``.

    The ending keeps it apart from the packages of the runtime and of the registry.
    """
    return f"{snake(ir.id, 'plugin').replace('_', '-')}-solver"


def cargo_toml(package: str, library: str = "solver", crate_types: tuple[str, ...] = ("cdylib", "rlib")) -> str:
    """The manifest of a generated crate. Its profiles and lock are the workspace's."""
    return f"""\
[package]
name = "{package}"
version = "{PACKAGE_VERSION}"
edition = "2024"
publish = false

[lib]
name = "{library}"
crate-type = {json.dumps(crate_types)}

[dependencies]
florecon = {{ package = "florecon-runtime", path = "../florecon" }}
"""


PACKAGE_VERSION = "0.0.0"
"""Of every generated package: it is never published."""


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
        entry |= explained(node)
        lines.append(escaped_json(json.dumps(entry, ensure_ascii=False)))
    return "[\n" + ",\n".join(lines) + "\n]\n"


@dataclass(frozen=True, slots=True)
class _Source:
    """What a crate is generated from: one plugin, or several strategies over the rows and params of the first."""

    ir: n.PluginIr
    fingerprint: str
    strategies: tuple[n.Node, ...]
    patterns: tuple[str, ...]
    suite: bool

    @property
    def plugin(self) -> str:
        """The name of the plugin's struct."""
        names = Names(["Row", "Params", "Plugin"])
        return names.fresh(f"{camel(self.ir.id.split('.')[-1], 'Strategy')}Plugin")


@dataclass(frozen=True, slots=True)
class _Params:
    """The Rust names of the params that a strategy reads, and the type that holds them: ``()`` where it reads none."""

    names: dict[str, str]
    type: str


def _crate(source: _Source, nodes: str) -> Crate:
    lanes, params = lanes_of(source.ir, source.strategies), _params(source)
    column = INDENT if source.suite else 0
    builders = [_builder(strategy, lanes, params, column, suite=source.suite) for strategy in source.strategies]
    functions = [row_function(source.ir, lanes, INDENT), numeraire_function(source.ir, lanes, INDENT)]
    if lanes.columns:
        functions.insert(0, columns_function(source.ir, lanes, INDENT))
    trees = [function.body for function in (*functions, *builders)]
    printer = Printer()
    printer.items(
        (
            _header(source, lints.of_values(source.ir, source.strategies) | lints.of_trees(trees)),
            *row_items(source.ir, lanes),
            *pattern_items(source.patterns, trees),
            *_params_struct(source, params),
            r.Verbatim(
                (comment(f"The reconciliation plugin `{source.ir.id}`.", doc=True), f"pub struct {source.plugin};"),
            ),
            _implementation(source, params, functions, builders),
            r.MacroItem("export_plugin", (r.Name(source.plugin),)),
            *(_modules(builders) if source.suite else builders),
        )
    )
    files = {
        "Cargo.toml": cargo_toml(crate_name(source.ir)),
        "rustfmt.toml": "max_width = 120\n",
        LIB: printer.text(),
        "src/nodes.json": nodes,
    }
    return Crate(files, crate_name(source.ir), source.plugin, {LIB: tuple(printer.source_lines)})


def _header(source: _Source, allowed: set[str]) -> r.Verbatim:
    """The first comment, the lints that the author's expressions may trip, and the prelude."""
    made_from = f"from strategy {source.fingerprint}." if source.fingerprint else "from several strategies."
    lines = [
        f"// Generated by florecon-build {VERSION}",
        comment(made_from),
        "// Change the strategy, not this file.",
        "",
    ]
    if allowed:
        lines += ["// the author's expressions stand as they were written"]
        lines += [*(f"#![allow({name})]" for name in sorted(allowed)), ""]
    return r.Verbatim((*lines, "use florecon::prelude::*;"))


def _params(source: _Source) -> _Params:
    used = {
        value.name for node in source.strategies for value in strategy_values(node) if isinstance(value, e.ParamRef)
    }
    names = Names([*PRELUDE_FUNCTIONS, "p", "item", "a", "b", "group", SUITE_PARAM])
    given = {param.name: names.fresh(snake(param.name, "param")) for param in source.ir.params if param.name in used}
    return _Params(given, "Params" if given or source.suite else "()")


def _params_struct(source: _Source, params: _Params) -> tuple[r.Item, ...]:
    if params.type == "()":
        return ()
    types = {param.name: lane_type(param.type) for param in source.ir.params}
    lines = [f"    {name}: {types[param]}," for param, name in params.names.items()]
    if source.suite:
        lines.append(f"    {SUITE_PARAM}: i64,")
    return (r.Verbatim(("/// What may be tuned at run time.", "pub struct Params {", *lines, "}")),)


def _builder(root: n.Node, lanes: Lanes, params: _Params, column: int, *, suite: bool) -> r.Function:
    """``fn strategy``, which fails where the arithmetic of a setting overflows."""
    names = Names([*PRELUDE_FUNCTIONS, "p", "item", "a", "b", "group", "strategy", *params.names.values()])
    body = plan(root, lanes.names, params.names, names, column + INDENT)
    param = "p" if "p" in r.names(body) else "_"
    returns = PLAN_RESULT if can_fail(body) else "Plan<Row>"
    return r.Function(f"{'pub ' if suite else ''}fn strategy({param}: &{params.type}) -> {returns}", body)


def _modules(builders: list[r.Function]) -> list[r.Item]:
    prelude = r.Verbatim(("use super::*;",))
    return [r.Container(f"mod s{index}", (prelude, builder)) for index, builder in enumerate(builders)]


# -- the implementation of Plugin


def _implementation(
    source: _Source, params: _Params, functions: list[r.Function], builders: list[r.Function]
) -> r.Container:
    ir = source.ir
    domain = r.Call("Domain::new", (r.Text(ir.id), r.Text(ir.version)))
    specs = list(map(_spec, ir.params))
    if source.suite:
        specs.append(r.Call("ParamSpec::integer", (r.Text(SUITE_PARAM), r.Literal("0"))))
    items: list[r.Item] = [
        r.Verbatim(("type Row = Row;", f"type Params = {params.type};")),
        r.Function("fn domain() -> Domain", r.block(domain)),
        r.Function("fn schema() -> Schema", _schema(ir)),
    ]
    if specs:
        items.append(r.Function("fn params() -> Vec<ParamSpec>", r.block(r.Array(tuple(specs), "vec!"))))
    items += [r.Function("fn build() -> BuildInfo", r.block(_build_info(source))), _configure(source, params)]
    dispatch = r.Function(f"fn strategy(p: &{params.type}) -> Plan<Row>", r.block(_dispatch(source, builders)))
    return r.Container(f"impl Plugin for {source.plugin}", (*items, *functions, dispatch))


def _schema(ir: n.PluginIr) -> r.Block:
    columns = r.Array(tuple(map(_field, ir.columns)), "vec!")
    if not dimensions(ir):
        return r.block(r.Call("Schema::new", (columns,)))
    schema: r.Expression = r.Call("Schema::new", (r.Name("columns"),))
    for setting, column in dimensions(ir):
        schema = r.Method(schema, setting, (r.Text(column),))
    return r.Block((r.Let("columns", columns),), schema)


def _field(column: n.Column) -> r.Expression:
    arguments: list[r.Expression] = [r.Text(column.name)]
    if column.type.kind is Kind.MONEY:
        arguments.append(r.Literal(str(column.type.scale)))
    made: r.Expression = r.Call(f"Field::{READERS[column.type.kind]}", tuple(arguments))
    marks = {"id": column.id, "amount": column.display, "nullable": column.type.nullable}
    for name, marked in marks.items():
        made = r.Method(made, name) if marked else made
    return made


def _spec(param: n.Param) -> r.Expression:
    arguments: list[r.Expression] = [r.Text(param.name)]
    if param.type.kind is Kind.MONEY:
        arguments.append(r.Literal(str(param.type.scale)))
    arguments.append(constant(param.default, param.type))
    made = r.Call(f"ParamSpec::{READERS[param.type.kind]}", tuple(arguments))
    return r.Method(made, "doc", (r.Text(param.doc),)) if param.doc else made


def _build_info(source: _Source) -> r.Expression:
    fields = {
        "strategy": r.Text(source.fingerprint),
        "nodes_json": r.Call("include_str!", (r.Text("nodes.json"),)),
        "numeraire_scale": r.Literal(int_literal(source.ir.numeraire.type.scale)),
        "amount_column": _amount_column(amount_column(source.ir)),
        "shard_columns": _shard_columns(source),
    }
    return r.Struct("BuildInfo", tuple(fields.items()))


def _shard_columns(source: _Source) -> r.Expression:
    columns = tuple(r.Text(name) for name in shard_columns(source.ir, source.strategies))
    return r.Call("Some", (r.Unary("&", r.Array(columns)),))


def _amount_column(name: str | None) -> r.Expression:
    return r.Path("AmountColumn::Computed") if name is None else r.Call("AmountColumn::Named", (r.Text(name),))


def _configure(source: _Source, params: _Params) -> r.Item:
    if params.type == "()":
        return r.Verbatim(("fn configure(_: &ParamValues) {}",))
    values = r.Name("values")
    readers = {param.name: READERS[param.type.kind] for param in source.ir.params}
    fields: list[tuple[str, r.Expression | None]] = [
        (name, r.Method(values, readers[param], (r.Text(param),))) for param, name in params.names.items()
    ]
    if source.suite:
        fields.append((SUITE_PARAM, r.Method(values, "integer", (r.Text(SUITE_PARAM),))))
    return r.Function("fn configure(values: &ParamValues) -> Params", r.block(r.Struct("Params", tuple(fields))))


def _dispatch(source: _Source, builders: list[r.Function]) -> r.Expression:
    """The plan of the active strategy. A setting that overflows is refused when the params are installed."""

    def call(path: str, builder: r.Function) -> r.Expression:
        made = r.Call(path, (r.Name("p"),))
        if not can_fail(builder.body):
            return made
        return r.Method(made, "unwrap_or_else", (r.Path("Plan::refused"),))

    if not source.suite:
        return call("strategy", builders[0])
    arms = [
        r.Arm(r.Literal(str(index)), r.block(call(f"s{index}::strategy", builder)))
        for index, builder in enumerate(builders)
    ]
    return r.Match(r.Field(r.Name("p"), SUITE_PARAM), (*arms, r.Arm(r.Path("_"), r.block(r.Call("identity")))))
