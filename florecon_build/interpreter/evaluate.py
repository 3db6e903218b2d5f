"""Evaluation of value expressions: the reference semantics, one case for each kind.

Operands are evaluated left to right. The builder allows a null operand only where the operator table, ``first_of``,
``lookup``, a tuple or a key handles it. The runtime gives the same results bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, assert_never

from florecon_build.interpreter import arithmetic, dates, keys, money, numbers, pattern, similarity, text
from florecon_build.interpreter.bag import Lot
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import BadConfig
from florecon_build.interpreter.keys import Plain
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import expressions as e
from florecon_build.ir.operators import TABLE, Null, Operator, Param, operands_of, operator_of, settings_of
from florecon_build.ir.types import Kind, Type

_Ordered = TypeVar("_Ordered", float, str)


def evaluate(value: e.Value, scope: Scope) -> Plain:
    """The value of an expression in a scope.

    Raises `EvalError` where it has none: an integer leaves 64 bits, or a real is not representable in minor units.

    >>> from florecon_build.ir.types import INTEGER
    >>> two, three = e.Lit(type=INTEGER, value=2), e.Lit(type=INTEGER, value=3)
    >>> evaluate(e.Arith(type=INTEGER, op=e.ArithOp.SUB, left=two, right=three), Scope())
    -1
    """
    match value:
        case e.Lit():
            return typed(value.value, value.type)
        case e.Lane():
            return scope.lots[value.var].row[value.name]
        case e.LotAmount():
            return scope.lots[value.var].amount
        case e.LotOriginal():
            return scope.lots[value.var].original
        case e.ParamRef():
            return scope.params[value.name]
        case e.ShardKey():
            key = scope.shard_keys[value.binder]
            return key[value.part] if isinstance(key, tuple) and value.part is not None else key
        case e.Operation():
            return _operation(value, scope)
        case e.Compare():
            return _compare(value, scope)
        case e.Logic():
            first = boolean(value.left, scope)
            decided = first is (value.op is e.LogicOp.OR)
            return first if decided else boolean(value.right, scope)
        case e.Not():
            return not boolean(value.operand, scope)
        case e.Where():
            return evaluate(value.then if boolean(value.condition, scope) else value.otherwise, scope)
        case e.Tier():
            return evaluate(value.cost, scope) if boolean(value.condition, scope) else None
        case e.FirstOf():
            found = (evaluate(operand, scope) for operand in value.operands)
            return next((one for one in found if one is not None), None)
        case e.Lookup():
            subject = evaluate(value.operand, scope)
            answers = (answer for key, answer in value.table if subject is not None and subject == key)
            return typed(next(answers, value.default), value.type)
        case e.MakeTuple():
            parts = tuple(evaluate(operand, scope) for operand in value.operands)
            return None if None in parts else parts
        case e.Nets():
            return _nets([scope.lots[e.Var.A].amount, scope.lots[e.Var.B].amount], value.tol, scope)
        case e.GroupMetric():
            return _metric(value.op, scope.members())
        case e.GroupClean():
            return _nets([lot.amount for lot in scope.members()], value.tol, scope)
        case e.GroupSpan():
            over = [integer(value.operand, scope.at(lot)) for lot in scope.members()]
            return numbers.checked(max(over) - min(over))
        case e.GroupDistinct():
            return len({keys.key_of(evaluate(value.operand, scope.at(lot))) for lot in scope.members()} - {None})
        case e.GroupFold():
            return _folded(value.op, [integer(value.operand, scope.at(lot)) for lot in scope.members()])
        case e.GroupUnique():
            return scope.group is not None and scope.group.unique is True
        case e.GroupQuantifier():
            return _quantified(value.op, (boolean(value.predicate, scope.at(lot)) for lot in scope.members()))
        case _:
            assert_never(value)


def integer(value: e.Value, scope: Scope) -> int:
    """The value of an integer, money or date expression."""
    found = evaluate(value, scope)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    raise _mistyped("an integer", found)


def real(value: e.Value, scope: Scope) -> float:
    """The value of a real expression; an integer beside a real counts as the nearest real."""
    found = evaluate(value, scope)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    raise _mistyped("a real", found)


def boolean(value: e.Value, scope: Scope) -> bool:
    """The value of a condition."""
    found = evaluate(value, scope)
    if isinstance(found, bool):
        return found
    raise _mistyped("a boolean", found)


def slack(tol: e.Tolerance, scope: Scope) -> Slack:
    """A tolerance with its numbers; `BadConfig` where one is negative."""
    return Slack(tol.op, integer(tol.amount, scope), integer(tol.floor, scope) if tol.floor is not None else 0)


def _nets(amounts: Sequence[int], tol: e.Tolerance, scope: Scope) -> bool:
    """True where amounts cancel within a tolerance whose legs they are; nothing is within a negative one."""
    try:
        return abs(sum(amounts)) <= slack(tol, scope).over(amounts)
    except BadConfig:
        return False


def typed(constant: e.Constant, type: Type) -> Plain:
    """A constant of the tree as a value of its type: a whole number may stand for a real."""
    return float(constant) if type.kind is Kind.REAL and constant is not None else constant


def _mistyped(wanted: str, found: Plain) -> TypeError:
    return TypeError(f"expected {wanted}, found {found!r}: the tree did not come from the builder")


_MODULES = {
    module.__name__.rpartition(".")[2]: module
    for module in (arithmetic, dates, keys, money, numbers, pattern, similarity, text)
}
_CLASSES: dict[Kind, type] = {
    Kind.INTEGER: int,
    Kind.REAL: float,
    Kind.TEXT: str,
    Kind.MONEY: int,
    Kind.DATE: int,
    Kind.BOOLEAN: bool,
    Kind.LIST: tuple,
    Kind.TUPLE: tuple,
}


def _function(operator: Operator) -> Callable[..., Plain]:
    module, name = operator.function.split(".")
    return getattr(_MODULES[module], name)


def _classes(param: Param) -> frozenset[type]:
    """The Python classes of an operand."""
    nothing = {type(None)} if param.null is not Null.REFUSED else set[type]()
    return frozenset({_CLASSES[kind] for kind in param.kinds} | nothing)


# This module cannot be imported while a function that the table names is missing.
_FUNCTIONS = {operator: _function(operator) for operator in TABLE}
_OPERANDS = {operator: tuple(_classes(param) for param in operator.params) for operator in TABLE}
_STRICT = {operator for operator in TABLE if any(param.null is Null.STRICT for param in operator.params)}


def _operation(value: e.Operation, scope: Scope) -> Plain:
    operator = operator_of(value)
    parts, classes = operands_of(value, operator), _OPERANDS[operator]
    if operator.variadic:
        classes *= len(parts)
    operands = [_operand(of, part, scope) for of, part in zip(classes, parts, strict=True)]
    if operator in _STRICT and None in operands:
        return None
    return _FUNCTIONS[operator](*operands, *settings_of(value, operator))


def _operand(classes: frozenset[type], value: e.Value, scope: Scope) -> Plain:
    """The value of an operand; an integer where only a real is wanted counts as the nearest real."""
    found = evaluate(value, scope)
    if type(found) in classes:
        return found
    if type(found) is int and float in classes:
        return float(found)
    raise _mistyped(" or ".join(sorted(of.__name__ for of in classes)), found)


def _compare(value: e.Compare, scope: Scope) -> bool:
    if _is_real(value.left, value.right):
        return _ordered(value.op, real(value.left, scope), real(value.right, scope))
    left, right = evaluate(value.left, scope), evaluate(value.right, scope)
    if isinstance(left, str) and isinstance(right, str):
        return _ordered(value.op, left, right)
    if isinstance(left, int) and isinstance(right, int):
        return _ordered(value.op, left, right)
    if value.op in (e.CompareOp.EQ, e.CompareOp.NE):
        return (left == right) is (value.op is e.CompareOp.EQ)
    raise _mistyped("two values with an order", (left, right))


def _ordered(op: e.CompareOp, left: _Ordered, right: _Ordered) -> bool:
    """Two numbers, two booleans or two texts compared; reals as IEEE says, texts by code points, false before true."""
    match op:
        case e.CompareOp.EQ:
            return left == right
        case e.CompareOp.NE:
            return left != right
        case e.CompareOp.LT:
            return left < right
        case e.CompareOp.LE:
            return left <= right
        case e.CompareOp.GT:
            return left > right
        case e.CompareOp.GE:
            return left >= right
        case _:
            assert_never(op)


def _is_real(*operands: e.Value) -> bool:
    return any(operand.type.kind is Kind.REAL for operand in operands)


def _metric(op: e.MetricOp, members: Sequence[Lot]) -> int:
    amounts = [lot.amount for lot in members]
    match op:
        case e.MetricOp.SIZE:
            return len(amounts)
        case e.MetricOp.NET:
            return numbers.amount(sum(amounts))
        case e.MetricOp.ABS_NET:
            return numbers.amount(abs(sum(amounts)))
        case e.MetricOp.MAX_ABS:
            return max(abs(amount) for amount in amounts)
        case e.MetricOp.MIN_SIDE:
            return min(sum(amount > 0 for amount in amounts), sum(amount < 0 for amount in amounts))
        case e.MetricOp.GROSS:
            return numbers.amount(sum(abs(amount) for amount in amounts))
        case e.MetricOp.POSITIVE:
            return numbers.amount(sum(amount for amount in amounts if amount > 0))
        case e.MetricOp.NEGATIVE:
            return numbers.amount(sum(amount for amount in amounts if amount < 0))
        case e.MetricOp.MIN_ABS:
            return min(abs(amount) for amount in amounts)
        case e.MetricOp.ORIGINALS:
            return numbers.amount(sum(abs(lot.original) for lot in members))
        case _:
            assert_never(op)


def _folded(op: e.FoldOp, values: list[int]) -> int:
    match op:
        case e.FoldOp.SUM:
            return numbers.checked(sum(values))
        case e.FoldOp.MIN:
            return min(values)
        case e.FoldOp.MAX:
            return max(values)
        case _:
            assert_never(op)


def _quantified(op: e.QuantifierOp, holds: Iterable[bool]) -> Plain:
    match op:
        case e.QuantifierOp.ANY:
            return any(holds)
        case e.QuantifierOp.ALL:
            return all(holds)
        case e.QuantifierOp.COUNT:
            return sum(holds)
        case _:
            assert_never(op)
