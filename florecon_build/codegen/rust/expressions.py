"""One short emitter per kind of value expression.

The result is a line of Rust (:class:`Frag`); what takes several lines (``where``, ``tier``, ``lookup``..) is in
``choice``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from florecon_build.codegen.rust import control_flow, groups, texts
from florecon_build.codegen.rust.body import Body, Env
from florecon_build.codegen.rust.fragment import Form, Frag, Prec, call, infix, join, method
from florecon_build.codegen.rust.literals import constant
from florecon_build.codegen.rust.names import Names
from florecon_build.codegen.rust.rust_types import is_whole
from florecon_build.codegen.rust.simplify import is_untyped
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind


def new_body(env: Env, names: Names, column: int, lints: set[str]) -> Body:
    """An empty body that emits with this module."""
    return Body(env, names, column, emit, control_flow.write, control_flow.is_block, lints=lints)


def emit(body: Body, value: e.Value) -> Frag:
    """``value`` as one line of Rust."""
    match value:
        case e.Lit():
            return _lit(body, value)
        case e.Lane():
            return body.env.lane(value)
        case e.LotAmount() | e.LotOriginal():
            return body.env.lot(value)
        case e.ParamRef():
            return body.env.param(value)
        case e.ShardKey():
            return body.env.shard(value)
        case e.Arith():
            return _arith(body, value)
        case e.Unary():
            return _unary(body, value)
        case e.Compare():
            return _compare(body, value)
        case e.Logic():
            return control_flow.logic(body, value)
        case e.Not():
            return _not(body, value)
        case e.Where() | e.Tier():
            return body.bound(value)
        case e.FirstOf():
            return control_flow.first_of(body, value)
        case e.Lookup():
            return control_flow.lookup_flag(body, value)
        case e.IsNull():
            return method(body.arg(value.operand), "is_none", value.type)
        case e.Cast():
            return _cast(body, value)
        case e.Gap():
            left, right = body.args(value.left, value.right)
            return call("int::gap", value.type, [left.plain.text, right.plain.text], (left, right), result=True)
        case e.DatePart():
            operand = body.arg(value.operand)
            return call(f"date::{value.op.value}", value.type, [operand.plain.text], (operand,))
        case e.TextFn() | e.TextSlice() | e.TextReplace() | e.TextSplit() | e.TextConcat():
            return texts.made(body, value)
        case e.TextTest() | e.Similarity():
            return texts.compared(body, value)
        case e.Tokens() | e.Ngrams():
            return texts.listed(body, value)
        case e.ListOverlaps() | e.ListContains() | e.ListSize():
            return texts.list_fact(body, value)
        case e.SortedPair():
            return texts.sorted_pair(body, value)
        case e.MakeTuple():
            return texts.make_tuple(body, value)
        case e.Nets():
            tol = groups.tolerance(body, value.tol)
            body.env.used |= {"a", "b"}
            return call("nets", value.type, ["a", "b", tol.text], (tol,))
        case e.GroupMetric():
            body.env.used.add("group")
            result = value.op in (e.MetricOp.NET, e.MetricOp.ABS_NET)
            return call(f"group.{value.op.value}", value.type, [], (), result=result)
        case e.GroupClean():
            tol = groups.tolerance(body, value.tol)
            body.env.used.add("group")
            return call("group.clean", value.type, [tol.text], (tol,))
        case e.GroupSpan() | e.GroupDistinct() | e.GroupQuantifier():
            return groups.over_members(body, value)
        case _:
            assert_never(value)


def _lit(body: Body, value: e.Lit) -> Frag:
    if value.value is None:
        return Frag("None", value.type)
    text = constant(value.value, value.type)
    form = Form.TEMP
    if value.type.kind is Kind.TEXT:
        text, form = body.constant(text), Form.LITERAL
    if value.type.nullable:
        return Frag(f"Some({Frag(text, value.type, form=form).owned})", value.type)
    return Frag(text, value.type, Prec.UNARY if text.startswith("-") else Prec.POSTFIX, form)


_CHECKED = {e.ArithOp.ADD: "add", e.ArithOp.SUB: "sub", e.ArithOp.MUL: "mul"}
_WHOLE = {e.ArithOp.FLOOR_DIV: "floor_div", e.ArithOp.MOD: "modulo"}
_REAL = {
    e.ArithOp.ADD: ("+", Prec.SUM),
    e.ArithOp.SUB: ("-", Prec.SUM),
    e.ArithOp.MUL: ("*", Prec.PRODUCT),
    e.ArithOp.DIV: ("/", Prec.PRODUCT),
}


def _arith(body: Body, value: e.Arith) -> Frag:
    left, right = body.args(value.left, value.right)
    texts_ = [left.plain.text, right.plain.text]
    whole = is_whole(value.type)
    if value.op in (e.ArithOp.MIN, e.ArithOp.MAX):
        return call(f"{'int' if whole else 'real'}::{value.op.value}", value.type, texts_, (left, right))
    if whole:
        name = _CHECKED.get(value.op) or _WHOLE[value.op]
        return call(f"int::{name}", value.type, texts_, (left, right), result=value.op in _CHECKED)
    symbol, prec = _REAL[value.op]
    return infix((left.at(prec), symbol, right.at(Prec(prec + 1))), value.type, prec, (left, right))


def _unary(body: Body, value: e.Unary) -> Frag:
    operand = body.arg(value.operand)
    kind = "int" if is_whole(value.operand.type) else "real"
    match value.op:
        case e.UnaryOp.SIGN:
            return call(f"{kind}::sign", value.type, [operand.plain.text], (operand,))
        case e.UnaryOp.NEG if kind == "real":
            fallible, wide = join((operand,))
            return Frag(f"-{operand.at(Prec.POSTFIX)}", value.type, Prec.UNARY, fallible=fallible, wide=wide)
        case e.UnaryOp.ABS if kind == "real":
            return call("f64::abs", value.type, [operand.plain.text], (operand,))
        case e.UnaryOp.NEG | e.UnaryOp.ABS:
            return call(f"int::{value.op.value}", value.type, [operand.plain.text], (operand,), result=True)


_SYMBOL = {
    e.CompareOp.EQ: "==",
    e.CompareOp.NE: "!=",
    e.CompareOp.LT: "<",
    e.CompareOp.LE: "<=",
    e.CompareOp.GT: ">",
    e.CompareOp.GE: ">=",
}


def _compare(body: Body, value: e.Compare) -> Frag:
    left, right = body.args(value.left, value.right)
    operands = (left, right)
    equality = value.op in (e.CompareOp.EQ, e.CompareOp.NE)
    if equality and right.form is Form.LITERAL and right.text == '""' and left.form is not Form.LITERAL:
        empty = method(left, "is_empty", value.type)
        return empty if value.op is e.CompareOp.EQ else negated(empty)
    if is_untyped(value.left) and is_untyped(value.right) and isinstance(value.left, e.Lit):
        left = replace(left, text=f"{left.text}_i64")
    if value.left.type.kind is Kind.BOOLEAN:
        flags = _compare_flags(value, left, right)
        if flags:
            return flags
    if Form.LITERAL in (left.form, right.form):
        sides = _text_sides(value, left, right)
    else:
        sides = (left.at(Prec.BIT_OR), right.at(Prec.BIT_OR))
    first, second = sides
    if value.op is e.CompareOp.LT and left.plain.prec is Prec.CAST:
        first = f"({first})"
    return infix((first, _SYMBOL[value.op], second), value.type, Prec.COMPARE, operands)


def _text_sides(value: e.Compare, left: Frag, right: Frag) -> tuple[str, str]:
    """A text literal beside a ``Text``: equality is defined for the two, order for two ``str``."""
    if left.form is right.form:
        return left.text, right.text
    equality = value.op in (e.CompareOp.EQ, e.CompareOp.NE)
    if equality and right.form is Form.LITERAL:
        return left.at(Prec.BIT_OR), right.text
    text, literal = (left, right) if right.form is Form.LITERAL else (right, left)
    viewed = f"{text.at(Prec.POSTFIX)}.as_str()"
    return (viewed, literal.text) if text is left else (literal.text, viewed)


def _compare_flags(value: e.Compare, left: Frag, right: Frag) -> Frag | None:
    """Comparisons of booleans that clippy wants spelt as logic; both sides are evaluated."""
    operands = (left, right)
    match value.op:
        case e.CompareOp.EQ | e.CompareOp.NE:
            for side, other in ((left, right), (right, left)):
                if side.text in ("true", "false"):
                    keep = (side.text == "true") is (value.op is e.CompareOp.EQ)
                    return other.plain if keep else negated(other)
            return None
        case e.CompareOp.LT:
            return infix((negated(left).text, "&", right.at(Prec.UNARY)), value.type, Prec.BIT_AND, operands)
        case e.CompareOp.GT:
            return infix((left.at(Prec.BIT_AND), "&", negated(right).text), value.type, Prec.BIT_AND, operands)
        case e.CompareOp.LE:
            return infix((negated(left).text, "|", right.at(Prec.BIT_AND)), value.type, Prec.BIT_OR, operands)
        case e.CompareOp.GE:
            return infix((left.at(Prec.BIT_OR), "|", negated(right).text), value.type, Prec.BIT_OR, operands)


def _not(body: Body, value: e.Not) -> Frag:
    operand = value.operand
    if isinstance(operand, e.Compare) and operand.op in (e.CompareOp.EQ, e.CompareOp.NE):
        flipped = e.CompareOp.NE if operand.op is e.CompareOp.EQ else e.CompareOp.EQ
        return _compare(body, e.Compare(op=flipped, left=operand.left, right=operand.right, type=operand.type))
    if isinstance(operand, e.IsNull):
        return method(body.arg(operand.operand), "is_some", value.type)
    return negated(body.arg(operand))


def negated(operand: Frag) -> Frag:
    """``!operand``."""
    fallible, wide = join((operand,))
    return Frag(f"!{operand.at(Prec.POSTFIX)}", operand.type, Prec.UNARY, fallible=fallible, wide=wide)


def _cast(body: Body, value: e.Cast) -> Frag:
    operand = body.arg(value.operand)
    match value.op:
        case e.CastOp.TO_REAL:
            if isinstance(value.operand, e.Lit):
                return _lit(body, e.Lit(value=float(value.operand.value or 0), type=value.type))
            fallible, wide = join((operand,))
            return Frag(f"{operand.at(Prec.CAST)} as f64", value.type, Prec.CAST, fallible=fallible, wide=wide)
        case e.CastOp.TO_MINOR:
            return call("int::to_minor", value.type, [operand.plain.text], (operand,), result=True)
        case e.CastOp.MINOR_UNITS:
            args = [operand.plain.text, str(value.type.scale)]
            return call("money::minor_units", value.type, args, (operand,), result=True)
