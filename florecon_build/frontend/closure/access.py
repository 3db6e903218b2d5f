"""Field access: lanes, lots, a group's facts and the parts of a shard's key."""

from __future__ import annotations

from florecon_build.frontend.closure import syntax as s
from florecon_build.frontend.closure.terms import Context, Term
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import BooleanExpr, Expr
from florecon_build.frontend.numeric import IntegerExpr
from florecon_build.frontend.parameters import Tolerance
from florecon_build.frontend.rows import Lot, View, lanes_of
from florecon_build.frontend.text import TupleExpr
from florecon_build.ir.errors import did_you_mean
from florecon_build.ir.expressions import FoldOp, MetricOp, QuantifierOp
from florecon_build.ir.types import Kind

METRICS = (*(op.value for op in MetricOp), "unique")
MEMBERS = ("span", "distinct", *(op.value for op in FoldOp), *(op.value for op in QuantifierOp))
_DATE_PARTS = ("year", "month", "day", "month_end")


def field(context: Context, node: s.Field, receiver: Term) -> Term:
    """``receiver.name``."""
    match receiver.item:
        case View() as view if node.name == "lot":
            return Term(view.lot)
        case View() as view:
            if node.name not in lanes_of(view):
                fix = did_you_mean(node.name, lanes_of(view), "lanes")
                raise context.error("unknown_lane", node.name_at, f"unknown lane `{node.name}`", fix=fix)
            return context.build(node.name_at, node.name, [], lambda: view[node.name])
        case Lot() as lot if node.name in {"amount", "original"}:
            return Term(lot.amount if node.name == "amount" else lot.original)
        case Group() as group if node.name in METRICS:
            fact: IntegerExpr | BooleanExpr = getattr(group, node.name)
            return Term(fact)
        case _:
            raise _no_field(context, node, receiver)


def _no_field(context: Context, node: s.Field, receiver: Term) -> Exception:
    match receiver.item:
        case Lot():
            fix = did_you_mean(node.name, ["amount", "original"], "a lot's fields")
        case Group() if node.name in {*MEMBERS, "clean"}:
            fix = f"write `g.{node.name}(..)`"
        case Group():
            fix = did_you_mean(node.name, METRICS, "a group's fields")
        case Expr() as expr if expr.type.kind is Kind.DATE and node.name in _DATE_PARTS:
            fix = f"write `.{node.name}()`"
        case _:
            fix = "only rows, sides, lots and groups have fields; call a method: `.abs()`, `.year()`, `.len()`"
    return context.error("closure_field", node.name_at, f"no field `{node.name}` here", fix=fix)


def part(context: Context, node: s.Part, receiver: Term) -> Term:
    """``receiver.0``."""
    key = receiver.item
    if not isinstance(key, TupleExpr):
        got = context.source.slice(node.receiver.at)
        fix = "only the key given to partition_by_with's function has parts, where it is a tuple"
        raise context.error("no_parts", node.at, "this has no parts", got=f"`{got}`", fix=fix)
    return context.build(node.at, "a part", [(node.receiver, receiver)], lambda: key[node.index])


def group_call(context: Context, node: s.Call, arguments: list[Term]) -> Term:
    """``g.any(|row| ..)`` and its like, and ``g.clean(tol)``."""
    if node.name not in {*MEMBERS, "clean"}:
        fix = f"write `g.{node.name}`" if node.name in METRICS else did_you_mean(node.name, MEMBERS, "its methods")
        raise context.error("closure_method", node.name_at, f"a group has no `.{node.name}(..)`", fix=fix)
    if len(node.arguments) != 1:
        fix = "write `g.clean(tol)`" if node.name == "clean" else f"write `g.{node.name}(|row| ..)`"
        raise context.error("closure_arguments", node.at, f"`{node.name}` takes one argument", fix=fix)
    given, argument = node.arguments[0], arguments[0]
    if (node.name == "clean") == isinstance(given, s.Lambda):
        fix = "write `g.clean(tol)`" if node.name == "clean" else f"write `g.{node.name}(|row| ..)`"
        raise context.error("closure_arguments", given.at, f"`{node.name}` takes something else", fix=fix)
    return context.build(node.name_at, node.name, [(given, argument)], lambda: _group(context, node, argument))


def _group(context: Context, node: s.Call, argument: Term) -> Expr:
    group = Group()
    if node.name == "clean":
        return group.clean(tolerance(context, node.arguments[0], argument))
    item = context.operand(node.arguments[0], argument, node.name)
    made: Expr = getattr(group, node.name)(item)
    return made


def tolerance(context: Context, node: s.Syntax, term: Term) -> Tolerance | IntegerExpr | int:
    """A tolerance, or an integer as one."""
    if isinstance(term.item, Tolerance):
        return term.item
    return context.operand(node, term, "tol")  # pyright: ignore[reportReturnType] - the builder checks it
