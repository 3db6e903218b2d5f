"""Lowering of value expressions: IR to Rust syntax tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust import lower_control_flow
from florecon_build.codegen.rust.captures import Capture, capture_of
from florecon_build.codegen.rust.fallibility import NONE, some
from florecon_build.codegen.rust.literals import constant, int_literal
from florecon_build.codegen.rust.lower_closures import ITEM, Parameters, Returns, closure
from florecon_build.codegen.rust.lower_keys import all_present, key, moved, tuple_key
from florecon_build.codegen.rust.patterns import pattern_name
from florecon_build.codegen.rust.printer import BROKEN, measure
from florecon_build.codegen.rust.rust_types import lane_type
from florecon_build.codegen.rust.simplify import untyped_as
from florecon_build.ir import expressions as e
from florecon_build.ir.operators import (
    Constant,
    Convert,
    Function,
    Infix,
    Method,
    Operator,
    Passing,
    Prefix,
    Setting,
    operands_of,
    operator_of,
    settings_of,
)
from florecon_build.ir.python_printer import EPOCH
from florecon_build.ir.types import INTEGER, Kind


@dataclass(frozen=True, slots=True)
class Environment:
    """What an expression reads. ``fields`` are the Rust names of the lanes, ``views`` the lanes that are a ``&str``.

    ``rows`` gives the row behind each side of a lane; without one, lanes are local variables. ``captured`` are the
    variables that hold params and shard keys.
    """

    fields: Mapping[str, str]
    rows: Mapping[e.Var, r.Expression] = field(default_factory=dict[e.Var, r.Expression])
    captured: Mapping[Capture, r.Expression] = field(default_factory=dict[Capture, r.Expression])
    views: frozenset[str] = frozenset()


LOTS = {e.Var.ITEM: r.Name("item"), e.Var.A: r.Name("a"), e.Var.B: r.Name("b")}
ROWS: dict[e.Var, r.Expression] = {var: r.Field(lot, "row") for var, lot in LOTS.items()}


def lower(value: e.Value, env: Environment) -> r.Expression:
    """A value as it is read: a text of the row is a place, a constant text is a string literal."""
    match value:
        case e.Lit():
            return _literal(value)
        case e.Lane():
            name = env.fields[value.name]
            return r.Field(env.rows[value.var], name) if env.rows else r.Name(name, value.name in env.views)
        case e.LotAmount():
            return r.Field(LOTS[value.var], "amount")
        case e.LotOriginal():
            return r.Field(LOTS[value.var], "original")
        case e.ParamRef() | e.ShardKey():
            return env.captured[capture_of(value)]
        case e.Operation():
            return _operation(value, env)
        case e.Compare():
            return _compare(value, lower(value.left, env), lower(value.right, env))
        case e.Logic():
            return r.Binary(
                "&&" if value.op is e.LogicOp.AND else "||", lower(value.left, env), lower(value.right, env)
            )
        case e.Not():
            return _not(value.operand, env)
        case e.Where():
            then, otherwise = _branch(value.then, value, env), _branch(value.otherwise, value, env)
            return r.If(lower(value.condition, env), r.block(then), r.block(otherwise), untyped_as(value))
        case e.Tier():
            then = some(owned(value.cost, env))
            return r.If(lower(value.condition, env), r.block(then), r.block(NONE), untyped_as(value))
        case e.FirstOf():
            return _first_of(value, env)
        case e.Lookup():
            return lower_control_flow.lookup(value, _viewed_key(value.operand, env))
        case e.MakeTuple():
            operands = tuple((_part(operand, env), operand.type.nullable) for operand in value.operands)
            return all_present(operands, r.Tuple)
        case e.Nets():
            return r.Call("nets", (LOTS[e.Var.A], LOTS[e.Var.B], tolerance(value.tol, env)))
        case e.GroupMetric():
            made = r.Method(GROUP, value.op.value)
            return r.Try(made) if value.op.is_sum else made
        case e.GroupClean():
            return r.Method(GROUP, "clean", (tolerance(value.tol, env),))
        case e.GroupSpan():
            return _over_members("span", value.operand, Returns.VALUE, env)
        case e.GroupDistinct():
            return _over_members("distinct", value.operand, Returns.KEY, env)
        case e.GroupFold():
            return _over_members(value.op.value, value.operand, Returns.VALUE, env)
        case e.GroupUnique():
            return r.Method(GROUP, "unique")
        case e.GroupQuantifier():
            return _over_members(value.op.value, value.predicate, Returns.VALUE, env)
        case _:
            assert_never(value)


def owned(value: e.Value, env: Environment) -> r.Expression:
    """A value that may be moved."""
    return moved(lower(value, env), value.type)


def _part(value: e.Value, env: Environment) -> r.Expression:
    """A part of a tuple; what type a null has, nothing else says."""
    made = owned(value, env)
    return r.Path(f"None::<{lane_type(value.type.with_nullable(False))}>") if made == NONE else made


def tolerance(tol: e.Tolerance, env: Environment) -> r.Expression:
    """``abs_tol(n)``, ``rel_tol(bps, floor)`` or another relative tolerance."""
    values = [tol.amount]
    if tol.op is not e.ToleranceOp.ABS:
        values.append(tol.floor if tol.floor is not None else e.Lit(value=0, type=INTEGER))
    return r.Call(tol.op.value, tuple(lower(value, env) for value in values))


# -- leaves and plain operators


def _literal(value: e.Lit) -> r.Expression:
    if value.value is None:
        return NONE
    plain = constant(value.value, value.type)
    return some(moved(plain, value.type)) if value.type.nullable else plain


def _operation(value: e.Operation, env: Environment) -> r.Expression:
    """A plain function of its operands, as the operator table spells it."""
    operator = operator_of(value)
    operands = operands_of(value, operator)
    if isinstance(operator.rust, Convert) and isinstance(literal := operands[0], e.Lit):
        whole = literal.value
        return _literal(e.Lit(value=None if whole is None else float(whole), type=value.type))
    if value.type.nullable and any(operand.type.nullable for operand in operands):
        parts = tuple((owned(operand, env), operand.type.nullable) for operand in operands)
        return all_present(parts, lambda present: _applied(operator, tuple(r.Unary("&", part) for part in present)))
    made = _applied(operator, (*_passed(operator, operands, env), *_settings(value, operator)))
    return r.Try(made) if operator.fallible else made


def _applied(operator: Operator, arguments: tuple[r.Expression, ...]) -> r.Expression:
    match operator.rust:
        case Infix(symbol):
            return r.Binary(symbol, arguments[0], arguments[1])
        case Prefix(symbol):
            return r.Unary(symbol, arguments[0])
        case Convert(name):
            return r.Cast(arguments[0], name)
        case Method(name):
            return r.Method(arguments[0], name, arguments[1:])
        case Function(name):
            return r.Call(name, arguments)
        case _:
            assert_never(operator.rust)


def _passed(operator: Operator, operands: tuple[e.Value, ...], env: Environment) -> tuple[r.Expression, ...]:
    if operator.variadic:
        return (r.Unary("&", r.Array(tuple(_view(operand, env) for operand in operands))),)
    modes = [param.passing for param in operator.params]
    if isinstance(operator.rust, Method):
        modes[0] = Passing.VALUE  # a method borrows its receiver itself
    return tuple(_argument(operand, mode, env) for operand, mode in zip(operands, modes, strict=True))


def _argument(value: e.Value, passing: Passing, env: Environment) -> r.Expression:
    match passing:
        case Passing.VALUE:
            return lower(value, env)
        case Passing.VIEW | Passing.VIEWS:
            return _view(value, env)
        case Passing.OPTION_VIEW:
            return _option_view(value, env)
        case Passing.PATTERN:
            return _as_str(lower(value, env))
        case Passing.REFERENCE:
            made = lower(value, env)
            return r.Unary("&", moved(made, value.type) if r.is_view(made) else made)
        case _:
            assert_never(passing)


def column_function(value: e.Operation, column: r.Expression) -> r.Expression:
    """A text function of one text, of all texts of a column: the method of the same name."""
    operator = operator_of(value)
    match operator.rust:
        case Function(name):
            return r.Method(column, name.removeprefix("text::"), _settings(value, operator))
        case _:
            raise AssertionError(f"{operator.function} is no function of a text")


def _settings(value: e.Operation, operator: Operator) -> tuple[r.Expression, ...]:
    settings = zip(operator.settings, settings_of(value, operator), strict=True)
    return tuple(_setting(constant, setting) for setting, constant in settings)


def _setting(constant: int | str | bool, setting: Setting) -> r.Expression:
    match setting.rust:
        case Constant.AUTOMATON:
            return r.Path(pattern_name(str(constant)))
        case Constant.DAYS:
            days = (date.fromisoformat(day) - EPOCH for day in str(constant).split())
            return r.Unary("&", r.Array(tuple(r.Literal(int_literal(day.days)) for day in days)))
        case Constant.WEEKDAYS:
            return r.Literal(str(sum(1 << int(day) for day in str(constant).split())))
        case Constant.PLAIN:
            pass
    match constant:
        case bool():
            return r.Literal("true" if constant else "false")
        case int():
            return r.Literal(str(constant))
        case str():
            return r.Text(constant)


def _view(value: e.Value, env: Environment) -> r.Expression:
    """A text as a ``&str``; where a constant stands in for null, nothing is cloned."""
    match value:
        case e.FirstOf(operands=(first, e.Lit(value=str(filling)))) if first.type.nullable:
            viewed = _part_of_place(first, env) or r.Method(lower(first, env), "as_deref")
            if measure(viewed) < BROKEN:
                return r.Method(viewed, "unwrap_or", (r.Text(filling),))
        case _:
            pass
    made = lower(value, env)
    return made if r.is_view(made) else r.Unary("&", made)


def _part_of_place(value: e.Value, env: Environment) -> r.Expression | None:
    """A part of a text that stays where it is, which may be looked at in its place."""
    if not isinstance(value, e.TextSplit) or not isinstance(value.operand, e.Lane):
        return None
    return replace(_operation(value, env), function="text::part")


def _option_view(value: e.Value, env: Environment) -> r.Expression:
    made = lower(value, env)
    if made == NONE:
        return NONE
    return r.Method(made, "as_deref") if value.type.nullable else r.Call("Some", (_view(value, env),))


def _as_str(made: r.Expression) -> r.Expression:
    return made if r.is_view(made) else r.Method(made, "as_str")


def _viewed_key(value: e.Value, env: Environment) -> r.Expression:
    """What a table is asked for: a text as a ``&str``."""
    made = lower(value, env)
    if value.type.kind is not Kind.TEXT:
        return made
    return r.Method(made, "as_deref") if value.type.nullable else _as_str(made)


# -- comparisons

_SYMBOL = {
    e.CompareOp.EQ: "==",
    e.CompareOp.NE: "!=",
    e.CompareOp.LT: "<",
    e.CompareOp.LE: "<=",
    e.CompareOp.GT: ">",
    e.CompareOp.GE: ">=",
}
_OPPOSITE = {e.CompareOp.EQ: e.CompareOp.NE, e.CompareOp.NE: e.CompareOp.EQ}


def _compare(value: e.Compare, left: r.Expression, right: r.Expression) -> r.Expression:
    kind, literals = value.left.type.kind, isinstance(left, r.Text) and isinstance(right, r.Text)
    if kind is Kind.BOOLEAN:
        return _compare_flags(value.op, left, right)
    if kind is Kind.TEXT and (r.is_view(left) or r.is_view(right)) and not literals:
        return _compare_views(value.op, left, right)
    if isinstance(left, r.Literal) and untyped_as(value.left) and untyped_as(value.right):
        left = r.Literal(f"{left.token}_i64")
    return r.Binary(_SYMBOL[value.op], left, right)


def _compare_views(op: e.CompareOp, left: r.Expression, right: r.Expression) -> r.Expression:
    """A text beside a ``&str``: ``text == literal`` is defined for the two, anything else for two ``&str``."""
    if op in _OPPOSITE and isinstance(right, r.Text):
        if right.text:
            return r.Binary(_SYMBOL[op], left, right)
        empty = r.Method(left, "is_empty")
        return empty if op is e.CompareOp.EQ else r.Unary("!", empty)
    return r.Binary(_SYMBOL[op], _as_str(left), _as_str(right))


def _compare_flags(op: e.CompareOp, left: r.Expression, right: r.Expression) -> r.Expression:
    """Comparisons of booleans, spelled as logic where clippy asks for it; both sides are evaluated."""
    match op:
        case e.CompareOp.EQ | e.CompareOp.NE:
            for side, other in ((left, right), (right, left)):
                if side in (TRUE, FALSE):
                    return other if (side == TRUE) is (op is e.CompareOp.EQ) else r.Unary("!", other)
            return r.Binary(_SYMBOL[op], left, right)
        case e.CompareOp.LT:
            return r.Binary("&", r.Unary("!", left), right)
        case e.CompareOp.GT:
            return r.Binary("&", left, r.Unary("!", right))
        case e.CompareOp.LE:
            return r.Binary("|", r.Unary("!", left), right)
        case e.CompareOp.GE:
            return r.Binary("|", left, r.Unary("!", right))
        case _:
            assert_never(op)


TRUE, FALSE = r.Literal("true"), r.Literal("false")


def _not(operand: e.Value, env: Environment) -> r.Expression:
    match operand:
        case e.Compare() if operand.op in _OPPOSITE:
            return lower(replace(operand, op=_OPPOSITE[operand.op]), env)
        case e.IsNull():
            return r.Method(lower(operand.operand, env), "is_some")
        case _:
            return r.Unary("!", lower(operand, env))


# -- choices


def _branch(value: e.Value, chosen: e.Value, env: Environment) -> r.Expression:
    """A branch of a choice: an ``Option`` where the choice is one."""
    made = owned(value, env)
    return some(made) if chosen.type.nullable and not value.type.nullable else made


def _first_of(value: e.FirstOf, env: Environment) -> r.Expression:
    first, *others = value.operands
    rest = replace(value, operands=tuple(others)) if len(others) > 1 else others[0]
    if isinstance(first, e.Tier) and not first.cost.type.nullable:
        then, otherwise = _branch(first.cost, value, env), _branch(rest, value, env)
        return r.If(lower(first.condition, env), r.block(then), r.block(otherwise), untyped_as(value))
    chain = lower_control_flow.chain([(owned(operand, env), operand.type) for operand in value.operands])
    if chain is not None:
        return chain
    found = r.Name("found")
    present = r.Arm(r.Call("Some", (found,)), r.block(some(found) if value.type.nullable else found))
    return r.Match(owned(first, env), (present, r.Arm(NONE, r.block(_branch(rest, value, env)))), untyped_as(value))


# -- groups

GROUP = r.Name("group")


def _over_members(method: str, value: e.Value, returns: Returns, env: Environment) -> r.Expression:
    """A fact about the members of the group, from a closure over one."""
    member = lower_closure(ITEM, value, env, returns)
    return r.Try(r.Method(GROUP, method, (member,)))


def lower_closure(
    parameters: Parameters, value: e.Value, env: Environment, returns: Returns = Returns.VALUE, *, moves: bool = False
) -> r.Closure:
    """A value as a closure over an item, a pair or a group."""
    match returns:
        case Returns.VALUE:
            body = owned(value, env)
        case Returns.OPTION:
            body = owned(value, env) if value.type.nullable else some(owned(value, env))
        case Returns.KEY:
            body = _key(value, env)
    return closure(parameters, value, body, returns, moves=moves)


def _key(value: e.Value, env: Environment) -> r.Expression:
    """A value as a key: an ``Option``, in which reals are wrapped; or a list of keys."""
    if value.type.kind is Kind.LIST:
        return owned(value, env)
    if isinstance(value, e.MakeTuple):
        return tuple_key(tuple((_part(part, env), part.type) for part in value.operands))
    return key(lower(value, env), value.type)
