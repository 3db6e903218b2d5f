"""Structural validation of a whole tree: every lane, param and shard key is declared where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.errors import Problem, did_you_mean
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Scope, reads
from florecon_build.ir.strings import invalid_strings
from florecon_build.ir.traversal import map_node_values, map_values, value_parts, values_in, walk, with_children
from florecon_build.ir.types import Kind, Type


def lane_types(plugin: n.PluginIr) -> dict[str, Type]:
    """The type of every column and derived lane, by name."""
    columns = {column.name: column.type for column in plugin.columns}
    return columns | {lane.name: lane.value.type for lane in plugin.lanes}


def expressions(plugin: n.PluginIr) -> Iterator[tuple[str, e.Value]]:
    """Every outermost expression of the strategy and the numeraire, each with its path in the tree."""
    yield "numeraire", plugin.numeraire
    for place in walk(plugin.strategy):
        for name, value in value_parts(place.node):
            yield f"{place.path}.{name}", value


def structure(plugin: n.PluginIr) -> list[Problem]:
    """Everything that makes the plugin meaningless, located; empty for one that can be built."""
    found = invalid_strings(plugin)
    if found:
        return found  # the messages below quote names
    found = [*_lane_order(plugin), *_numeraire(plugin), *_columns(plugin), *_dimensions(plugin)]
    lanes, params = lane_types(plugin), {param.name: param.type for param in plugin.params}
    for path, value in expressions(plugin):
        for part in values_in(value):
            if isinstance(part, e.Lane) and lanes.get(part.name) != part.type:
                found.append(_strange_lane(part, path, lanes))
            elif isinstance(part, e.ParamRef) and params.get(part.name) != part.type:
                message = f"param `{part.name}` is not one of this plugin"
                found.append(Problem(code="unknown_param", message=message, span=part.span, path=path))
    found += _shard_keys(plugin)
    return found


def _strange_lane(lane: e.Lane, path: str, lanes: dict[str, Type]) -> Problem:
    known = lanes.get(lane.name)
    if known is None:
        message, expected = f"unknown lane `{lane.name}` in the rows of this plugin", "a column or a derived lane"
        fix = f"{did_you_mean(lane.name, lanes, 'lanes')}; or pass the rows that have it as rows=.."
    else:
        message, expected = f"lane `{lane.name}` belongs to other rows", str(known)
        fix = "pass the rows that the strategy was written for as rows=.."
    return Problem(
        code="unknown_lane", message=message, span=lane.span, path=path, expected=expected, got=str(lane.type), fix=fix
    )


def _columns(plugin: n.PluginIr) -> Iterator[Problem]:
    names = [*(column.name for column in plugin.columns), *(lane.name for lane in plugin.lanes)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(code="lane_taken", message=f"lane `{name}` is declared twice", fix="give one another name")
    params = [param.name for param in plugin.params]
    for name in sorted({name for name in params if params.count(name) > 1}):
        spans = [param.span for param in plugin.params if param.name == name]
        message = f"param `{name}` is declared twice, with another default, type or doc"
        yield Problem(code="param_taken", message=message, span=spans[-1], fix="give one another name")
    ids = [column for column in plugin.columns if column.id]
    if len(ids) != 1 or ids[0].type.kind not in {Kind.INTEGER, Kind.TEXT} or ids[0].type.nullable:
        got = ", ".join(f"{column.name}: {column.type}" for column in ids) or "none"
        yield Problem(
            code="row_id", message="one integer or text column is the row id", got=got, fix="mark it with id=True"
        )


def _lane_order(plugin: n.PluginIr) -> Iterator[Problem]:
    known = {column.name: column.type for column in plugin.columns}
    for lane in plugin.lanes:
        if reads(lane.value) - Scope.LANE.allowed:
            message = f"lane `{lane.name}` reads more than its row"
            got = f"`{show(lane.value)}`"
            yield Problem(code="scope", message=message, span=lane.span, expected=Scope.LANE.value, got=got)
        for part in values_in(lane.value):
            if isinstance(part, e.Lane) and known.get(part.name) != part.type:
                yield _strange_lane(part, f"lane {lane.name}", known)
        known[lane.name] = lane.value.type


def _numeraire(plugin: n.PluginIr) -> Iterator[Problem]:
    value = plugin.numeraire
    if value.type.kind not in {Kind.MONEY, Kind.INTEGER} or value.type.nullable or reads(value) - Scope.LANE.allowed:
        yield Problem(
            code="numeraire",
            message="the numeraire is an exact amount of the row",
            span=value.span,
            path="numeraire",
            expected="money or integer over columns and lanes, never null",
            got=f"{value.type} `{show(value)}`",
            fix="use the amount column, or fill its nulls",
        )


def _dimensions(plugin: n.PluginIr) -> Iterator[Problem]:
    """``currency`` and ``account`` are text columns: the host, which ships the columns, tells totals apart by them."""
    columns = {column.name: column.type for column in plugin.columns}
    derived = {lane.name for lane in plugin.lanes}
    texts = [name for name, kind in columns.items() if kind.kind is Kind.TEXT]
    for setting, name in (("currency", plugin.currency), ("account", plugin.account)):
        if name is None or name in texts:
            continue
        if name in columns:
            got, fix = f"`{name}`, {columns[name]}", f"declare `{name}` with fb.text(), or name another column"
        elif name in derived:
            got, fix = f"the derived lane `{name}`", "use a column; normalise its values in the mapping of its source"
        else:
            got, fix = f"no column `{name}`", did_you_mean(name, texts, "text columns")
        message = f"the {setting} is a text column of the rows"
        yield Problem(code=setting, message=message, path=setting, expected="a text column", got=got, fix=fix)


def _shard_keys(plugin: n.PluginIr) -> Iterator[Problem]:
    for place in walk(plugin.strategy):
        bound = _bound_above(plugin.strategy, place.id)
        for name, value in value_parts(place.node):
            for part in values_in(value):
                if isinstance(part, e.ShardKey) and not _fits(part, bound.get(part.binder)):
                    message = "a shard key is used outside the partition_by_with that it belongs to"
                    fix = "use it only in the strategy that its own function gives back"
                    path = f"{place.path}.{name}"
                    yield Problem(code="unbound_key", message=message, span=place.node.span, path=path, fix=fix)


def _fits(key: e.ShardKey, kind: Type | None) -> bool:
    if kind is None:
        return False
    whole = kind.with_nullable(False)
    if key.part is None:
        return key.type == whole
    return whole.kind is Kind.TUPLE and 0 <= key.part < len(whole.parts) and key.type == whole.parts[key.part]


def _bound_above(root: n.Node, number: int) -> dict[int, Type]:
    places = walk(root)
    bound: dict[int, Type] = {}
    parent = places[number].parent
    while parent is not None:
        node = places[parent].node
        if isinstance(node, n.PartitionByWith):
            bound.setdefault(node.binder, node.key.type)
        parent = places[parent].parent
    return bound


def number_binders(root: n.Node) -> n.Node:
    """The same tree with ``partition_by_with``'s binders numbered from 0 in pre-order, whatever they were."""
    count = 0

    def visit(node: n.Node, names: dict[int, int]) -> n.Node:
        nonlocal count

        def rename(value: e.Value) -> e.Value:
            if isinstance(value, e.ShardKey) and value.binder in names:
                return replace(value, binder=names[value.binder])
            return value

        node = map_node_values(node, lambda value: map_values(value, rename))
        if isinstance(node, n.PartitionByWith):
            names = {**names, node.binder: count}
            node = replace(node, binder=count)
            count += 1
        return with_children(node, tuple(visit(child, names) for child in n.children(node)))

    return visit(root, {})
