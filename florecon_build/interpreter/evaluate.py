"""What every value expression means: ``evaluate`` walks the closed union of ``ir.values``.

Operands are evaluated left to right and, but for the few places that exist to handle null, are never null: the builder
has seen to that. The same results come out of the runtime bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from florecon_build.interpreter import numbers as num
from florecon_build.interpreter import operators as ops
from florecon_build.interpreter import similarity, text
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import BadConfig
from florecon_build.interpreter.keys import Plain, key_of
from florecon_build.interpreter.money import minor_units
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind, Type

_Reading = e.Lit | e.Lane | e.LotAmount | e.LotOriginal | e.ParamRef | e.ShardKey
_Number = e.Arith | e.Unary | e.Cast | e.Gap | e.DatePart
_Choice = e.Compare | e.Logic | e.Not | e.Where | e.Tier | e.FirstOf | e.IsNull | e.Lookup | e.Nets
_Text = e.TextFn | e.TextSlice | e.TextReplace | e.TextSplit | e.TextConcat | e.TextTest | e.Similarity
_Many = e.SortedPair | e.MakeTuple | e.Tokens | e.Ngrams | e.ListOverlaps | e.ListContains | e.ListSize
_OfGroup = e.GroupMetric | e.GroupClean | e.GroupSpan | e.GroupDistinct | e.GroupQuantifier


def evaluate(value: e.Value, scope: Scope) -> Plain:
    """The value of an expression in a scope.

    Raises `EvalError` where it has none: an integer leaves 64 bits, or a real is not representable in minor units.

    >>> from florecon_build.ir.types import INTEGER
    >>> two, three = e.Lit(type=INTEGER, value=2), e.Lit(type=INTEGER, value=3)
    >>> evaluate(e.Arith(type=INTEGER, op=e.ArithOp.SUB, left=two, right=three), Scope())
    -1
    """
    if isinstance(value, _Reading):
        return _reading(value, scope)
    if isinstance(value, _Number):
        return _number(value, scope)
    if isinstance(value, _Choice):
        return _choice(value, scope)
    if isinstance(value, _Text):
        return _text(value, scope)
    if isinstance(value, _Many):
        return _many(value, scope)
    return _of_group(value, scope)


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


def string(value: e.Value, scope: Scope) -> str:
    """The value of a text expression."""
    found = evaluate(value, scope)
    if isinstance(found, str):
        return found
    raise _mistyped("a text", found)


def slack(tol: e.Tolerance, scope: Scope) -> Slack:
    """A tolerance with its numbers; `BadConfig` where one is negative."""
    return Slack(tol.op, integer(tol.amount, scope), integer(tol.floor, scope) if tol.floor is not None else 0)


def _nets(amounts: Sequence[int], tol: e.Tolerance, scope: Scope) -> bool:
    """Whether amounts cancel within a tolerance whose legs they are; nothing is within a negative one."""
    try:
        return abs(sum(amounts)) <= slack(tol, scope).over(amounts)
    except BadConfig:
        return False


def typed(constant: e.Constant, type: Type) -> Plain:
    """A constant of the tree as a value of its type: a whole number may stand for a real."""
    return float(constant) if type.kind is Kind.REAL and constant is not None else constant


def _mistyped(wanted: str, found: Plain) -> TypeError:
    return TypeError(f"expected {wanted}, found {found!r}: the tree did not come from the builder")


def _reading(value: _Reading, scope: Scope) -> Plain:
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
        case _:
            assert_never(value)


def _number(value: _Number, scope: Scope) -> Plain:
    match value:
        case e.Arith():
            if _is_real(value.left, value.right):
                return ops.real_arith(value.op, real(value.left, scope), real(value.right, scope))
            return num.checked(ops.int_arith(value.op, integer(value.left, scope), integer(value.right, scope)))
        case e.Unary():
            if _is_real(value.operand):
                return ops.unary(value.op, real(value.operand, scope))
            return num.checked(ops.unary(value.op, integer(value.operand, scope)))
        case e.Cast():
            return _cast(value, scope)
        case e.Gap():
            left, right = integer(value.left, scope), integer(value.right, scope)
            return num.checked(abs(left - right))
        case e.DatePart():
            return ops.date_part(value.op, integer(value.operand, scope))
        case _:
            assert_never(value)


def _is_real(*operands: e.Value) -> bool:
    return any(operand.type.kind is Kind.REAL for operand in operands)


def _cast(value: e.Cast, scope: Scope) -> Plain:
    match value.op:
        case e.CastOp.TO_REAL:
            return real(value.operand, scope)
        case e.CastOp.TO_MINOR:
            return num.amount(integer(value.operand, scope))
        case e.CastOp.MINOR_UNITS:
            return minor_units(real(value.operand, scope), value.type.scale)
        case _:
            assert_never(value.op)


def _choice(value: _Choice, scope: Scope) -> Plain:
    match value:
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
        case e.IsNull():
            return evaluate(value.operand, scope) is None
        case e.Lookup():
            found = evaluate(value.operand, scope)
            answers = (answer for key, answer in value.table if found is not None and found == key)
            return typed(next(answers, value.default), value.type)
        case e.Nets():
            amounts = (scope.lots[e.Var.A].amount, scope.lots[e.Var.B].amount)
            return _nets(amounts, value.tol, scope)
        case _:
            assert_never(value)


def _compare(value: e.Compare, scope: Scope) -> bool:
    if _is_real(value.left, value.right):
        return ops.compare(value.op, real(value.left, scope), real(value.right, scope))
    left, right = evaluate(value.left, scope), evaluate(value.right, scope)
    if isinstance(left, str) and isinstance(right, str):
        return ops.compare(value.op, left, right)
    if isinstance(left, int) and isinstance(right, int):
        return ops.compare(value.op, left, right)
    if value.op in (e.CompareOp.EQ, e.CompareOp.NE):
        return (left == right) is (value.op is e.CompareOp.EQ)
    raise _mistyped("two values with an order", (left, right))


def _text(value: _Text, scope: Scope) -> Plain:
    match value:
        case e.TextFn():
            return _TEXT_FN[value.op](string(value.operand, scope))
        case e.TextSlice():
            cut = text.left if value.op is e.TextSliceOp.LEFT else text.right
            return cut(string(value.operand, scope), value.count)
        case e.TextReplace():
            return string(value.operand, scope).replace(value.old, value.new)
        case e.TextSplit():
            return text.split(string(value.operand, scope), value.separator, value.index)
        case e.TextConcat():
            return "".join(string(operand, scope) for operand in value.operands)
        case e.TextTest():
            return _TEXT_TEST[value.op](string(value.operand, scope), string(value.other, scope))
        case e.Similarity():
            return _SIMILARITY[value.op](string(value.left, scope), string(value.right, scope))
        case _:
            assert_never(value)


_TEXT_FN = {
    e.TextOp.UPPER: text.upper,
    e.TextOp.LOWER: text.lower,
    e.TextOp.STRIP: text.strip,
    e.TextOp.DIGITS: text.digits,
    e.TextOp.ALNUM: text.alnum,
    e.TextOp.NORMALIZE: text.normalize,
}
_TEXT_TEST = {
    e.TextTestOp.CONTAINS: str.__contains__,
    e.TextTestOp.STARTSWITH: str.startswith,
    e.TextTestOp.ENDSWITH: str.endswith,
}
_SIMILARITY = {
    e.SimilarityOp.DICE: similarity.dice,
    e.SimilarityOp.JARO_WINKLER: similarity.jaro_winkler,
    e.SimilarityOp.TOKEN_SET: similarity.token_set,
    e.SimilarityOp.PREFIX: similarity.prefix,
}


def _many(value: _Many, scope: Scope) -> Plain:
    match value:
        case e.SortedPair():
            left, right = evaluate(value.left, scope), evaluate(value.right, scope)
            if left is None or right is None:
                return None
            return tuple(sorted((_as_text(left), _as_text(right))))
        case e.MakeTuple():
            parts = tuple(evaluate(operand, scope) for operand in value.operands)
            return None if None in parts else parts
        case e.Tokens():
            return text.tokens(_text_or_null(value.operand, scope), value.min_length, value.with_digit)
        case e.Ngrams():
            return text.ngrams(_text_or_null(value.operand, scope), value.size)
        case e.ListOverlaps():
            return not set(_list(value.left, scope)).isdisjoint(_list(value.right, scope))
        case e.ListContains():
            return string(value.element, scope) in _list(value.operand, scope)
        case e.ListSize():
            return len(_list(value.operand, scope))
        case _:
            assert_never(value)


def _as_text(found: Plain) -> str:
    if isinstance(found, str):
        return found
    raise _mistyped("a text", found)


def _text_or_null(value: e.Value, scope: Scope) -> str | None:
    found = evaluate(value, scope)
    return None if found is None else _as_text(found)


def _list(value: e.Value, scope: Scope) -> tuple[Plain, ...]:
    found = evaluate(value, scope)
    if isinstance(found, tuple):
        return found
    raise _mistyped("a list", found)


def _of_group(value: _OfGroup, scope: Scope) -> Plain:
    members = scope.members()
    match value:
        case e.GroupMetric():
            return _metric(value.op, [lot.amount for lot in members])
        case e.GroupClean():
            amounts = [lot.amount for lot in members]
            return _nets(amounts, value.tol, scope)
        case e.GroupSpan():
            found = [integer(value.operand, scope.at(lot)) for lot in members]
            return num.checked(max(found) - min(found))
        case e.GroupDistinct():
            return len({key_of(evaluate(value.operand, scope.at(lot))) for lot in members} - {None})
        case e.GroupQuantifier():
            holds = (boolean(value.predicate, scope.at(lot)) for lot in members)
            match value.op:
                case e.QuantifierOp.ANY:
                    return any(holds)
                case e.QuantifierOp.ALL:
                    return all(holds)
                case e.QuantifierOp.COUNT:
                    return sum(holds)
                case _:
                    assert_never(value.op)
        case _:
            assert_never(value)


def _metric(op: e.MetricOp, amounts: list[int]) -> int:
    match op:
        case e.MetricOp.SIZE:
            return len(amounts)
        case e.MetricOp.NET:
            return num.amount(sum(amounts))
        case e.MetricOp.ABS_NET:
            return num.amount(abs(sum(amounts)))
        case e.MetricOp.MAX_ABS:
            return max(abs(amount) for amount in amounts)
        case e.MetricOp.MIN_SIDE:
            return min(sum(amount > 0 for amount in amounts), sum(amount < 0 for amount in amounts))
        case _:
            assert_never(op)
