"""Emitters of what is said about groups, and of tolerances."""

from __future__ import annotations

from florecon_build.codegen.rust import closures
from florecon_build.codegen.rust.body import Body
from florecon_build.codegen.rust.fragment import Frag, call
from florecon_build.ir import expressions as e
from florecon_build.ir.types import INTEGER


def tolerance(body: Body, tol: e.Tolerance) -> Frag:
    """``abs_tol(n)``, ``rel_tol(bps, floor)`` or ``rel_max_tol(bps, floor)``."""
    values = [tol.amount]
    if tol.op is not e.ToleranceOp.ABS:
        values.append(tol.floor if tol.floor is not None else e.Lit(value=0, type=INTEGER))
    operands = body.args(*values)
    made = call(tol.op.value, INTEGER, [operand.plain.text for operand in operands], operands)
    if not made.wide:
        return made
    operands = tuple(body.bound(value) for value in values)
    return call(tol.op.value, INTEGER, [operand.text for operand in operands], operands)


def over_members(body: Body, value: e.GroupSpan | e.GroupDistinct | e.GroupQuantifier) -> Frag:
    """A fact about the members of the group, from a closure over one item."""
    match value:
        case e.GroupSpan():
            name, answer = "span", closures.Answer(value.operand)
        case e.GroupDistinct():
            name, answer = "distinct", closures.Answer(value.operand, closures.Returns.KEY)
        case e.GroupQuantifier():
            name, answer = value.op.value, closures.Answer(value.predicate)
    body.env.used.add("group")
    text = closures.inline(body, answer)
    if text is None:
        text = body.names.fresh("member")
        closures.write(body, text, closures.ITEM, answer)
    return call(f"group.{name}", value.type, [text], (), result=True)
