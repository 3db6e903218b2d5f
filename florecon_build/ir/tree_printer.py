"""Printer of a plugin: its rows, params and numeraire, and the tree with node ids, expressions and source lines."""

from __future__ import annotations

from typing import assert_never

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.lanes import dimensions
from florecon_build.ir.python_printer import quote, show, show_constant, show_tolerance
from florecon_build.ir.strings import escaped
from florecon_build.ir.traversal import public_name, walk


def tree(plugin: n.PluginIr) -> str:
    """The plugin as indented text. Node ids are those of reports and traces."""
    lines = [f"{plugin.id} {plugin.version}", f"columns    {', '.join(map(_column, plugin.columns))}"]
    lines += _block("lanes", [f"{lane.name} = {show(lane.value)}" for lane in plugin.lanes])
    lines += _block("params", [_param(param) for param in plugin.params])
    lines += [f"numeraire  {show(plugin.numeraire)}"]
    lines += [f"{setting:<11}row.{column}" for setting, column in dimensions(plugin)]
    lines += ["strategy"]
    places = walk(plugin.strategy)
    width = len(str(len(places) - 1))
    body = [f"  {place.id:>{width}}  {'  ' * place.depth}{summary(place.node)}" for place in places]
    edge = min(max(map(len, body)), 88)
    for text, place in zip(body, places, strict=True):
        span = place.node.span
        lines.append(f"{text:<{edge}}  {span.file}:{span.line}" if span and not span.file.startswith("<") else text)
    return "\n".join(lines)


def _column(column: n.Column) -> str:
    marks = (" id" if column.id else "") + (" display" if column.display else "")
    return f"{column.name} {column.type}{marks}"


def _param(param: n.Param) -> str:
    doc = f"  {escaped(param.doc)}" if param.doc else ""
    return f"{param.name} = {show_constant(param.default, param.type)}{doc}"


def _block(title: str, lines: list[str]) -> list[str]:
    return [f"{title if index == 0 else '':<11}{line}" for index, line in enumerate(lines)]


def summary(node: n.Node) -> str:
    """A node without what is below it, as a call with its settings: ``agg_net(row.account, tol=5)``."""
    return f"{public_name(node)}({', '.join(settings(node))})" if settings(node) else public_name(node)


def settings(node: n.Node) -> list[str]:
    """The settings of a node as the author would write them, without those at their defaults."""
    match node:
        case n.Identity() | n.Seq() | n.WholeOnly():
            return []
        case n.PartitionBy():
            return [show(node.key)]
        case n.PartitionByWith():
            return [show(node.key), f"lambda k{node.binder or ''}: .."]
        case n.PartitionByTable():
            return [show(node.key), f"{{{', '.join(case_key(key, node.key) for key, _ in node.cases)}}}"]
        case n.When():
            return [show(node.predicate)]
        case n.Windowed():
            return [show(node.order), show(node.width)]
        case n.Pivot():
            return [show(node.amount)]
        case n.FixedPoint():
            return [f"max_passes={node.max_passes}"]
        case n.BestOf():
            return [quote(node.score.value)]
        case n.Labeled():
            return [quote(node.tag)]
        case n.AcceptIf():
            return [f"lambda g: {show(node.predicate)}"]
        case n.Coalesce():
            return [quote(node.origin)]
        case n.Trim() | n.Snap():
            return [show_tolerance(node.tol)]
        case n.Reclaim():
            return [f"tol={show_tolerance(node.tol)}"]
        case n.Exact1to1():
            return [*_key(node.key), *_optional("order", node.order)]
        case n.AggNet():
            return [*_key(node.key), *_tol(node.tol), *_accept(node.accept)]
        case n.SignalGroup():
            return [show(node.signals), *_tol(node.tol), *_cap("cap", node.cap), *_accept(node.accept)]
        case n.ReferenceNet():
            return [show(node.signals), *_tol(node.tol), *_cap("cap", node.cap)]
        case n.RunningZero():
            return [show(node.order), *_tol(node.tol), *_optional("key", node.key), *_accept(node.accept)]
        case n.SubsetNet():
            limits = [f"max_size={node.max_size}", f"budget={node.budget}"]
            return [*_key(node.key), *_tol(node.tol), *limits, *_accept(node.accept)]
        case n.AnchoredSubset():
            prefer = [] if node.prefer is n.Preference.CLOSEST else [f"prefer={quote(node.prefer.value)}"]
            sizes = {"max_size": node.max_size, "max_left_out": node.max_left_out}
            limits = [f"{name}={size}" for name, size in sizes.items() if size is not None]
            budget = [f"budget={node.budget}"]
            return [*_key(node.key), f"anchor={show(node.anchor)}", *_tol(node.tol), *prefer, *limits, *budget]
        case n.Flow():
            keys = [f"match_keys=[{', '.join(map(show, node.match_keys))}]"] if node.match_keys else []
            caps = [*_cap("bucket_cap", node.bucket_cap), *_cap("window_cap", node.window_cap)]
            band = [*_optional("order", node.order), *_optional("window", node.window)]
            return [f"penalty={show(node.penalty)}", *keys, *band, *caps, f"cost=lambda a, b: {show(node.cost)}"]
        case n.SoakAll():
            return _class_and_bucket(node)
        case n.SoakSmall():
            return [show_tolerance(node.tol), *_class_and_bucket(node)]
        case n.SoakIf():
            return [show(node.predicate), *_class_and_bucket(node)]
        case _:
            assert_never(node)


def case_key(key: e.Constant | tuple[e.Constant, ...], by: e.Value) -> str:
    """A key of ``partition_by_with``'s table as the author would write it."""
    if not isinstance(key, tuple):
        return show_constant(key, by.type.with_nullable(False))
    return f"({', '.join(show_constant(part, kind) for part, kind in zip(key, by.type.parts, strict=True))})"


def _optional(name: str, value: e.Value | None) -> list[str]:
    return [] if value is None else [f"{name}={show(value)}"]


def _key(value: e.Value | None) -> list[str]:
    return [] if value is None else [show(value)]


def _tol(tol: e.Tolerance) -> list[str]:
    text = show_tolerance(tol)
    return [] if text == "0" else [f"tol={text}"]


def _accept(value: e.Value | None) -> list[str]:
    return [] if value is None else [f"accept=lambda g: {show(value)}"]


def _cap(name: str, cap: int) -> list[str]:
    return [f"{name}={cap}"] if cap != 256 else []


def _class_and_bucket(node: n.SoakAll | n.SoakSmall | n.SoakIf) -> list[str]:
    origin = [f"origin={quote(node.origin)}"] if node.origin != public_name(node) else []
    bucket = ['mode="bucket"', *_optional("key", node.key)] if node.mode is n.SoakMode.BUCKET else []
    return [*origin, *bucket]
