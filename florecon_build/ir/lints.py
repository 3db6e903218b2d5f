"""Lints of a whole strategy: constructs that build but cannot be meant.

Errors stop a build (a step that no item can reach, a flow that can never have a candidate); warnings are printed and
listed in the manifest. Each names the author's line and the path in the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.errors import Problem, Severity
from florecon_build.ir.lanes import reached_lanes
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.traversal import Place, map_values, value_parts, values_in, walk
from florecon_build.ir.validation import expressions


def check(plugin: n.PluginIr) -> tuple[Problem, ...]:
    """All diagnostics of a plugin: errors first, then in the order of the tree."""
    places = walk(plugin.strategy)
    found = [*_dead_steps(places), *_no_candidates(places), *_constant_keys(places), *_hopeless_costs(places)]
    found += [
        *_groupless(places),
        *_mixed_values(plugin, places),
        *_labels(places),
        *_unused_lanes(plugin),
        *_unused_params(plugin),
    ]
    order = sorted(enumerate(found), key=lambda item: (item[1].severity is not Severity.ERROR, item[0]))
    return tuple(problem for _, problem in order)


def _error(place: Place, code: str, message: str, fix: str) -> Problem:
    return Problem(code=code, message=message, span=place.node.span, path=place.path, fix=fix)


def _warning(place: Place, code: str, message: str, fix: str) -> Problem:
    return replace(_error(place, code, message, fix), severity=Severity.WARNING)


def leaves_nothing(node: n.Node) -> bool:
    """True where no item can leave a node unmatched, whatever goes in."""
    match node:
        case n.SoakAll():
            return node.key is None or not node.key.type.nullable
        case n.Seq():
            return any(leaves_nothing(step) for step in node.steps)
        case n.BestOf():
            return all(map(leaves_nothing, node.strategies))
        case n.PartitionBy() | n.PartitionByWith():
            return not node.key.type.nullable and leaves_nothing(node.inner)
        case n.PartitionByTable():
            cases = (*(case for _, case in node.cases), node.default)
            return not node.key.type.nullable and all(map(leaves_nothing, cases))
        case n.Labeled() | n.FixedPoint() | n.Windowed() | n.WholeOnly():
            return leaves_nothing(node.inner)
        case n.When():
            return _is_true(node.predicate) and leaves_nothing(node.inner)
        case n.Identity() | n.Pivot() | n.AcceptIf() | n.Coalesce() | n.Trim() | n.Snap() | n.Reclaim():
            return False
        case n.Exact1to1() | n.AggNet() | n.SignalGroup() | n.RunningZero() | n.SubsetNet() | n.AnchoredSubset():
            return False
        case n.ReferenceNet() | n.Flow():
            return False
        case n.SoakSmall() | n.SoakIf():
            return False
        case _:
            assert_never(node)


def _is_true(value: e.Value) -> bool:
    return isinstance(value, e.Lit) and value.value is True


def _dead_steps(places: list[Place]) -> Iterator[Problem]:
    for place in places:
        if isinstance(place.node, n.Seq):
            below = [child for child in places if child.parent == place.id]
            drained = False
            for child in below:
                if drained:
                    fix = "move it before the step that takes everything, or remove it"
                    yield _error(
                        child, "dead_step", "no item can reach this step: the steps before it leave nothing", fix
                    )
                drained = drained or leaves_nothing(child.node)
        if (
            isinstance(place.node, n.When)
            and isinstance(place.node.predicate, e.Lit)
            and not place.node.predicate.value
        ):
            yield _error(
                place, "dead_step", "no item can satisfy this condition: it is the constant False", "remove the node"
            )


def _no_candidates(places: list[Place]) -> Iterator[Problem]:
    for place in places:
        node = place.node
        if not isinstance(node, n.Flow):
            continue
        if not node.match_keys and node.window is None:
            fix = "give match_keys=[..], or order=.. and window=.."
            yield _error(place, "no_candidates", "this flow has no candidate pairs: no match_keys and no window", fix)
        elif isinstance(node.cost, e.Lit) and node.cost.value is None:
            yield _error(place, "no_candidates", "this flow forbids every pair: its cost is always null", "give a cost")


def forms_nothing(node: n.Node) -> bool:
    """True where a node cannot form a group, whatever goes in."""
    match node:
        case n.Identity():
            return True
        case n.When(predicate=e.Lit(value=False)):
            return True
        case n.FixedPoint(max_passes=0):
            return True
        case _:
            below = n.children(node)
            return bool(below) and all(map(forms_nothing, below))


def _groupless(places: list[Place]) -> Iterator[Problem]:
    for place in places:
        if isinstance(place.node, n.Reclaim) and forms_nothing(place.node.inner):
            fix = "give it a strategy that matches rows, such as fb.flow(..), or remove reclaim"
            yield _error(place, "no_groups", "reclaim has no groups to complete: its strategy forms none", fix)


def _mixed_values(plugin: n.PluginIr, places: list[Place]) -> Iterator[Problem]:
    """Matched values that would be sums over several currencies."""
    if plugin.currency is None:
        return
    lanes = {lane.name: lane.value for lane in plugin.lanes}
    for place in places:
        if not isinstance(place.node, n.BestOf) or place.node.score is not n.Score.MATCHED_VALUE:
            continue
        if not any(_is_of_one_currency(above, plugin.currency, lanes) for above in _above(places, place)):
            fix = f'put partition_by(row.{plugin.currency}, ..) or pivot(..) around it, or compare by "matched_items"'
            message = "best_of cannot add up matched values of several currencies"
            yield _error(place, "several_currencies", message, fix)


def _above(places: list[Place], place: Place) -> Iterator[n.Node]:
    parent = place.parent
    while parent is not None:
        yield places[parent].node
        parent = places[parent].parent


def _is_of_one_currency(node: n.Node, currency: str, lanes: Mapping[str, e.Value]) -> bool:
    """True where what is inside a node sees amounts of one currency only."""

    def names(value: e.Value) -> bool:
        if isinstance(value, e.MakeTuple):
            return any(map(names, value.operands))
        return isinstance(value, e.Lane) and (
            value.name == currency or (value.name in lanes and names(lanes[value.name]))
        )

    def fixes(condition: e.Value) -> bool:
        match condition:
            case e.Logic(op=e.LogicOp.AND):
                return fixes(condition.left) or fixes(condition.right)
            case e.Compare(op=e.CompareOp.EQ):
                sides = (condition.left, condition.right)
                return any(map(names, sides)) and any(not reads(side) & {Reads.LANE, Reads.LOT} for side in sides)
            case _:
                return False

    match node:
        case n.Pivot():
            return True
        case n.When():
            return fixes(node.predicate)
        case _:
            key = _partition_key(node)
            return key is not None and names(key)


def _constant_keys(places: list[Place]) -> Iterator[Problem]:
    for place in places:
        key = _partition_key(place.node)
        if key is None:
            continue
        fixed = _fixed_above(places, place)
        if _is_fixed(key, fixed):
            what = "is the same for every item" if not fixed else "is already constant in this shard"
            message = f"the key `{show(key)}` {what}"
            fix = "partition by something else, or use the inner strategy alone"
            yield _warning(place, "constant_key", message, fix)


def _partition_key(node: n.Node) -> e.Value | None:
    return node.key if isinstance(node, n.PartitionBy | n.PartitionByTable | n.PartitionByWith) else None


def _fixed_above(places: list[Place], place: Place) -> set[e.Value]:
    fixed: set[e.Value] = set()
    parent = place.parent
    while parent is not None:
        key = _partition_key(places[parent].node)
        if key is not None:
            fixed |= _parts(key)
        parent = places[parent].parent
    return fixed


def _parts(key: e.Value) -> set[e.Value]:
    if isinstance(key, e.MakeTuple):
        return {key}.union(*map(_parts, key.operands))
    return {key}


def _is_fixed(value: e.Value, fixed: set[e.Value]) -> bool:
    """True where a value is the same for all items of a shard in which the ``fixed`` expressions are constant."""
    if value in fixed or not reads(value) & {Reads.LANE, Reads.LOT}:
        return True
    if isinstance(value, e.Lane | e.LotAmount | e.LotOriginal):
        return False
    return all(_is_fixed(part, fixed) for _, part in value_parts(value))


def _hopeless_costs(places: list[Place]) -> Iterator[Problem]:
    for place in places:
        if isinstance(place.node, n.Flow):
            yield from _hopeless(place, place.node)


def _hopeless(place: Place, flow: n.Flow) -> Iterator[Problem]:
    """Distances that a flow's tolerance lets in, but at which leaving both sides unmatched is cheaper."""
    if not isinstance(flow.penalty, e.Lit) or not isinstance(flow.penalty.value, float):
        return
    most = 2 * flow.penalty.value
    for value in values_in(flow.cost):
        if isinstance(value, e.Tier):
            limits = dict(_limits(value.condition))
            price = _number(_at(value.cost, limits))
        else:
            limits, price = {}, None
        if price is None and value is flow.cost and not value.type.nullable:
            price = _number(_at(value, _window_limit(flow)))
            limits = _window_limit(flow)
        if price is not None and price > most:
            at = ", ".join(f"{show(part)} = {limit}" for part, limit in limits.items()) or "always"
            message = (
                f"at its widest ({at}) this tolerance lets in pairs that cost {price:g}, but two unmatched units cost "
                f"{most:g}: such pairs are never taken"
            )
            fix = "narrow the tolerance, lower the cost, or raise the penalty"
            found = _warning(place, "wide_tolerance", message, fix)
            yield replace(found, path=f"{place.path}.cost", span=value.span or place.node.span)


def _limits(condition: e.Value) -> Iterator[tuple[e.Value, int]]:
    """Upper limits that a condition sets on distances: ``gap(..) <= n``."""
    match condition:
        case e.Logic(op=e.LogicOp.AND):
            yield from _limits(condition.left)
            yield from _limits(condition.right)
        case e.Compare(op=e.CompareOp.LE | e.CompareOp.LT, left=e.Gap(), right=e.Lit(value=int(limit))):
            yield condition.left, limit - (condition.op is e.CompareOp.LT)
        case e.Compare(op=e.CompareOp.GE | e.CompareOp.GT, left=e.Lit(value=int(limit)), right=e.Gap()):
            yield condition.right, limit - (condition.op is e.CompareOp.GT)
        case _:
            return


def _window_limit(flow: n.Flow) -> dict[e.Value, int]:
    """The distance that the window sets, where the window is the only way to become a candidate."""
    if flow.match_keys or not isinstance(flow.window, e.Lit) or not isinstance(flow.window.value, int):
        return {}
    if not isinstance(flow.order, e.Lane):
        return {}
    sides = (replace(flow.order, var=e.Var.A), replace(flow.order, var=e.Var.B))
    gaps = [gap for gap in values_in(flow.cost) if isinstance(gap, e.Gap) and {gap.left, gap.right} == set(sides)]
    return dict.fromkeys(gaps, flow.window.value)


def _at(value: e.Value, limits: dict[e.Value, int]) -> e.Value:
    def put(part: e.Value) -> e.Value:
        return e.Lit(type=part.type, value=limits[part]) if part in limits else part

    return map_values(value, put)


_ARITHMETIC: dict[e.ArithOp, Callable[[float, float], float]] = {
    e.ArithOp.ADD: lambda x, y: x + y,
    e.ArithOp.SUB: lambda x, y: x - y,
    e.ArithOp.MUL: lambda x, y: x * y,
    e.ArithOp.MIN: min,
    e.ArithOp.MAX: max,
}


def _number(value: e.Value) -> float | None:
    """Constant folding: the value of a constant numeric expression, or none."""
    match value:
        case e.Lit() if isinstance(value.value, int | float):
            return float(value.value)
        case e.Cast(op=e.CastOp.TO_REAL):
            return _number(value.operand)
        case e.Arith() if value.op in _ARITHMETIC:
            left, right = _number(value.left), _number(value.right)
            return None if left is None or right is None else _ARITHMETIC[value.op](left, right)
        case _:
            return None


def _labels(places: list[Place]) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for place in places:
        if not isinstance(place.node, n.Labeled):
            continue
        tag = place.node.tag
        if tag in first:
            before = first[tag].node.span
            where = f" (first at {before.file}:{before.line})" if before else ""
            message = f"the label {tag!r} is used twice{where}: the report cannot tell the two apart"
            yield _warning(place, "label_twice", message, "give each its own label")
        else:
            first[tag] = place


def _unused_lanes(plugin: n.PluginIr) -> Iterator[Problem]:
    read = reached_lanes(plugin)
    for lane in plugin.lanes:
        if lane.name not in read:
            message, fix = f"lane `{lane.name}` is never read", "remove it, or use it"
            yield Problem(
                code="unused_lane", message=message, span=lane.span, path="rows", fix=fix, severity=Severity.WARNING
            )


def _unused_params(plugin: n.PluginIr) -> Iterator[Problem]:
    read = {p.name for _, value in expressions(plugin) for p in values_in(value) if isinstance(p, e.ParamRef)}
    return (unused_param(param) for param in plugin.params if param.name not in read)


def unused_param(param: n.Param) -> Problem:
    """The warning for a param that is declared and never read."""
    message, fix = f"param `{param.name}` is never read", "remove it, or use it"
    return Problem(
        code="unused_param", message=message, span=param.span, path="params", fix=fix, severity=Severity.WARNING
    )
