"""Facts of a node for explanations in the words of the author: types of its keys, its order, its conditions.

A key or an order is data of a type (a date is a count of days), and the cost of a flow is null where none of its
conditions holds. The host has neither the types nor the conditions from the module's events, so they go with the nodes
of the description.
"""

from __future__ import annotations

from collections.abc import Iterator

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import show
from florecon_build.ir.types import Kind, Type

Facts = dict[str, object]
"""Facts as JSON data."""


def explained(node: n.Node) -> Facts:
    """The facts of one node, without what it does not have.

    `key`: name of the type of each part of its key; `columns`: the parts that are columns, by name. `order`: name of
    the type of its order. `amount`: the column of a pivot, where it is one, and `scale`. `tests`: the conditions under
    which a flow allows a pair, a list for each tier.
    """
    found: Facts = {}
    match node:
        case n.PartitionBy() | n.PartitionByWith() | n.PartitionByTable():
            found |= _key(node.key)
        case n.Exact1to1() | n.AggNet() | n.SubsetNet() | n.AnchoredSubset():
            found |= _key(node.key)
        case n.RunningZero():
            found |= _key(node.key)
            found["order"] = _type(node.order.type)
        case n.SignalGroup() | n.ReferenceNet():
            found |= _key(node.signals)
        case n.Windowed():
            found["order"] = _type(node.order.type)
        case n.Pivot():
            found |= _pivot(node)
        case n.Flow():
            found |= {} if node.order is None else {"order": _type(node.order.type)}
            tests = [[_test(part) for part in _conjuncts(condition)] for condition in _conditions(node.cost)]
            found |= {"tests": tests} if tests else {}
        case _:
            pass
    return found


def _key(key: e.Value | None) -> Facts:
    if key is None:
        return {}
    parts = key.operands if isinstance(key, e.MakeTuple) else (key,)
    types = key.type.parts if key.type.kind is Kind.TUPLE else (key.type,)
    columns = [part.name if isinstance(part, e.Lane) else None for part in parts]
    return {"key": [_type(type) for type in types], "columns": columns}


def _type(type: Type) -> str:
    if type.kind is Kind.LIST:
        return _type(type.parts[0])
    return f"money:{type.scale}" if type.kind is Kind.MONEY else type.kind.value


def _pivot(node: n.Pivot) -> Facts:
    scale: Facts = {"scale": node.amount.type.scale}
    return scale | {"amount": node.amount.name} if isinstance(node.amount, e.Lane) else scale


def _conditions(cost: e.Value) -> Iterator[e.Value]:
    """The conditions of the tiers of a cost, of which one has to hold; none where the cost has other parts too."""
    match cost:
        case e.Tier():
            yield cost.condition
        case e.FirstOf():
            tiers = [tier for operand in cost.operands for tier in _conditions(operand)]
            if all(isinstance(operand, e.Tier | e.FirstOf) for operand in cost.operands):
                yield from tiers
        case _:
            pass


def _conjuncts(condition: e.Value) -> Iterator[e.Value]:
    if isinstance(condition, e.Logic) and condition.op is e.LogicOp.AND:
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _test(condition: e.Value) -> Facts:
    """A condition as data where the host can test it with the columns, always with its text."""
    text: Facts = {"text": show(condition)}
    match condition:
        case e.Compare(op=e.CompareOp.LE | e.CompareOp.LT, left=e.Gap(left=e.Lane() as one, right=e.Lane() as other)):
            limit = _limit(condition.right)
            if one.name == other.name and limit is not None:
                strict = condition.op is e.CompareOp.LT
                return text | {"test": "gap", "column": one.name, "type": _type(one.type), "below": strict, **limit}
        case e.Compare(op=e.CompareOp.EQ, left=e.Lane() as one, right=e.Lane() as other):
            return text | {"test": "equal", "column": one.name, "other": other.name}
        case e.Nets():
            limit = _limit(condition.tol.amount)
            if condition.tol.op is e.ToleranceOp.ABS and limit is not None:
                return text | {"test": "nets", **limit}
        case _:
            pass
    return text


def _limit(value: e.Value) -> Facts | None:
    """A limit that is a constant or a param."""
    match value:
        case e.Lit(value=int() as constant):
            return {"limit": constant}
        case e.ParamRef():
            return {"param": value.name}
        case _:
            return None
