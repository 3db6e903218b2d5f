"""Validation of an IR read from JSON: rebuilds the tree through the frontend, which applies every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import assert_never, cast

from florecon_build.frontend import combinators, leaves
from florecon_build.frontend import flow as arbiter
from florecon_build.frontend.diagnostics import fail
from florecon_build.frontend.handles import NOTHING, BooleanExpr, Expr
from florecon_build.frontend.numeric import IntegerExpr, RealExpr
from florecon_build.frontend.reconstruct import check_type, rebuilt, rebuilt_tolerance
from florecon_build.frontend.strategy import Slot, Strategy, key_of
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.errors import Problem, StrategyError
from florecon_build.ir.json_format import IrError
from florecon_build.ir.strings import invalid_strings
from florecon_build.ir.traversal import Place, walk
from florecon_build.ir.types import Kind
from florecon_build.ir.validation import number_binders, structure


def verify(plugin: n.PluginIr) -> n.PluginIr:
    """Validates an IR and returns it with normalised binders. Raises ``IrError`` with everything that the frontend
    would reject.
    """
    found = invalid_strings(plugin)
    if found:
        raise IrError(found)
    plugin = replace(plugin, strategy=number_binders(plugin.strategy))
    found = [*_declarations(plugin)]
    for place in walk(plugin.strategy):
        found += _try(place.path, place.node.span, _node_check(place))
    if not found:
        found += structure(plugin)
    if found:
        raise IrError(found)
    return plugin


def _try(path: str, span: e.Span | None, build: Callable[[], object]) -> list[Problem]:
    """What goes wrong in ``build``, at a place in the tree."""
    try:
        build()
    except StrategyError as error:
        return [replace(problem, path=path, span=span) for problem in error.problems]
    except (TypeError, AttributeError, ValueError) as error:
        return [Problem(code="ill_typed", message=f"not what the builder makes: {error}", path=path, span=span)]
    return []


def _declarations(plugin: n.PluginIr) -> Iterator[Problem]:
    for column in plugin.columns:
        yield from _try(f"column {column.name}", column.span, lambda column=column: _column(column))
    for lane in plugin.lanes:
        yield from _try(f"lane {lane.name}", lane.span, lambda lane=lane: rebuilt(lane.value))
    for param in plugin.params:
        literal = e.Lit(type=param.type, value=param.default)
        yield from _try(f"param {param.name}", param.span, lambda literal=literal: rebuilt(literal))
    yield from _try("numeraire", plugin.numeraire.span, lambda: rebuilt(plugin.numeraire))


def _column(column: n.Column) -> None:
    check_type(column.type)
    if column.type.kind in {Kind.LIST, Kind.TUPLE}:
        fail("ill_typed", "a column must be a scalar", got=str(column.type))
    if column.display and column.type.kind not in {Kind.INTEGER, Kind.REAL, Kind.MONEY}:
        fail("display", "a column with display must be a number", got=str(column.type))


def _node_check(place: Place) -> Callable[[], object]:
    def build() -> None:
        again = _build(place.node)
        if again is not None and again.ir != place.node:
            fail("ill_typed", "not a tree that the frontend builds", expected=repr(again.ir), got=repr(place.node))

    return build


def _optional(value: e.Value | None) -> Expr | None:
    return None if value is None else rebuilt(value)


def _inner(node: n.Node) -> Strategy:
    return Strategy(node, NOTHING)


def _build(node: n.Node) -> Strategy | None:
    """The node built again over the nodes below it, which are checked on their own."""
    match node:
        case n.Identity():
            return None
        case n.Seq():
            return combinators.seq(*map(_inner, node.steps))
        case n.PartitionBy():
            return combinators.partition_by(rebuilt(node.key), _inner(node.inner))
        case n.PartitionByTable() | n.PartitionByWith():
            return _partition(node)
        case n.When():
            return combinators.when(_boolean(node.predicate), _inner(node.inner))
        case n.Windowed():
            return combinators.windowed(rebuilt(node.order), _integer(node.width), _inner(node.inner))
        case n.Pivot():
            return combinators.pivot(_integer(node.amount), _inner(node.inner))
        case n.FixedPoint():
            return combinators.fixed_point(_inner(node.inner), node.max_passes)
        case n.BestOf():
            return combinators.best_of(node.score.value, *map(_inner, node.strategies))
        case n.Labeled():
            return combinators.labeled(node.tag, _inner(node.inner))
        case n.AcceptIf():
            return combinators.accept_if(_boolean(node.predicate), _inner(node.inner))
        case n.Coalesce():
            return combinators.coalesce(node.origin, _inner(node.inner))
        case n.Trim():
            return combinators.trim(rebuilt_tolerance(node.tol), _inner(node.inner))
        case n.Snap():
            return combinators.snap(rebuilt_tolerance(node.tol), _inner(node.inner))
        case n.WholeOnly():
            return combinators.whole_only(_inner(node.inner))
        case n.Reclaim():
            return combinators.reclaim(_inner(node.inner), rebuilt_tolerance(node.tol))
        case n.Exact1to1():
            return leaves.exact_1to1(_optional(node.key), order=_optional(node.order))
        case n.AggNet():
            return leaves.agg_net(_optional(node.key), tol=rebuilt_tolerance(node.tol), accept=_acceptance(node.accept))
        case n.SignalGroup():
            slack, test = rebuilt_tolerance(node.tol), _acceptance(node.accept)
            return leaves.signal_group(rebuilt(node.signals), tol=slack, cap=node.cap, accept=test)
        case n.ReferenceNet():
            return leaves.reference_net(rebuilt(node.signals), tol=rebuilt_tolerance(node.tol), cap=node.cap)
        case n.RunningZero():
            slack, key = rebuilt_tolerance(node.tol), _optional(node.key)
            return leaves.running_zero(rebuilt(node.order), tol=slack, key=key, accept=_acceptance(node.accept))
        case n.SubsetNet():
            slack, key = rebuilt_tolerance(node.tol), _optional(node.key)
            test = _acceptance(node.accept)
            return leaves.subset_net(key, tol=slack, max_size=node.max_size, budget=node.budget, accept=test)
        case n.AnchoredSubset():
            return leaves.subset_net(
                _optional(node.key),
                tol=rebuilt_tolerance(node.tol),
                max_size=node.max_size,
                budget=node.budget,
                anchor=_boolean(node.anchor),
                prefer=node.prefer.value,
                max_left_out=node.max_left_out,
            )
        case n.Flow():
            return arbiter.flow(
                penalty=_real(node.penalty),
                cost=_real(node.cost),
                match_keys=[rebuilt(key) for key in node.match_keys],
                order=_optional(node.order),
                window=None if node.window is None else _integer(node.window),
                bucket_cap=node.bucket_cap,
                window_cap=node.window_cap,
            )
        case n.SoakAll():
            return leaves.soak_all(node.origin, mode=node.mode.value, key=_optional(node.key))
        case n.SoakSmall():
            slack = rebuilt_tolerance(node.tol)
            return leaves.soak_small(slack, node.origin, mode=node.mode.value, key=_optional(node.key))
        case n.SoakIf():
            test = _boolean(node.predicate)
            return leaves.soak_if(test, node.origin, mode=node.mode.value, key=_optional(node.key))
        case _:
            assert_never(node)


def _partition(node: n.PartitionByTable | n.PartitionByWith) -> Strategy:
    if isinstance(node, n.PartitionByTable):
        cases = [(key, _inner(case)) for key, case in node.cases]
        return combinators.partition_table(rebuilt(node.key), cases, _inner(node.default))
    by = key_of(rebuilt(node.key), Slot("partition_by_with.key"))
    return Strategy(replace(node, key=by.ir), by.uses)


def _boolean(value: e.Value) -> BooleanExpr:
    return cast(BooleanExpr, rebuilt(value))


def _acceptance(value: e.Value | None) -> BooleanExpr | None:
    return None if value is None else _boolean(value)


def _integer(value: e.Value) -> IntegerExpr:
    return cast(IntegerExpr, rebuilt(value))


def _real(value: e.Value) -> RealExpr:
    return cast(RealExpr, rebuilt(value))
