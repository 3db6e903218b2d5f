"""Value expressions of the oracle: one rule per kind of expression."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import singledispatch
from typing import Any, cast

from florecon_build.ir import expressions as e
from florecon_build.ir.types import Kind, Type
from tests.oracle import pattern, reading, text

MONEY_LIMIT = 2**63 - 1
FOUR_HUNDRED_YEARS = 146_097
MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Refused(Exception):
    """An error of the language: its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Lot:
    """One row as an expression sees it."""

    lanes: Mapping[str, Any]
    amount: int
    original: int


@dataclass(frozen=True)
class Scope:
    """Everything that an expression may read."""

    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    keys: Mapping[int, Any] = field(default_factory=dict[int, Any])
    lots: Mapping[e.Var, Lot] = field(default_factory=dict[e.Var, Lot])
    members: tuple[Lot, ...] = ()
    unique: bool = False

    def of(self, lot: Lot) -> Scope:
        """The scope of one lot."""
        return replace(self, lots={e.Var.ITEM: lot}, members=())


def wide(value: int) -> int:
    """A 64-bit integer."""
    if -(2**63) <= value < 2**63:
        return value
    raise Refused("amount_overflow")


def money(value: int) -> int:
    """An integer in the range of money."""
    if abs(value) > MONEY_LIMIT:
        raise Refused("amount_overflow")
    return value


def constant(value: Any, type: Type) -> Any:
    """A constant of the tree as a value."""
    return float(value) if type.kind is Kind.REAL and value is not None else value


def key(value: Any) -> Any:
    """A value as a key, None for a null one."""
    if isinstance(value, tuple):
        parts = [key(part) for part in cast("tuple[Any, ...]", value)]
        return None if any(part is None for part in parts) else ("tuple", *parts)
    if isinstance(value, float):
        return None if math.isnan(value) else ("real", value or 0.0)
    return None if value is None else (type(value).__name__, value)


def keys(value: Any, type: Type) -> list[Any]:
    """The keys of an entry of ``match_keys``, or the signals."""
    if type.kind is Kind.LIST:
        return [key(part) for part in value]
    return [] if key(value) is None else [key(value)]


def order(value: Any) -> Any:
    """Something that sorts as a value is ordered."""
    if isinstance(value, tuple):
        return tuple(order(part) for part in cast("tuple[Any, ...]", value))
    return value.encode() if isinstance(value, str) else value


def key_text(value: Any, type: Type) -> str:
    """A key in an origin or a reason."""
    if type.kind is Kind.TUPLE:
        return "/".join(key_text(part, of) for part, of in zip(value, type.parts, strict=True))
    if type.kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if type.kind is Kind.DATE:
        year, month, day = civil(value)
        return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= year <= 9999 else f"{value}"
    if type.kind is Kind.MONEY and type.scale:
        whole, part = divmod(abs(value), 10**type.scale)
        return f"{'-' if value < 0 else ''}{whole}.{part:0{type.scale}d}"
    return f"{value}"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day, counted off from 2000-01-01."""
    cycles, rest = divmod(days - 10_957, FOUR_HUNDRED_YEARS)
    year, month = 2000, 1
    while rest >= 365 + is_leap(year):
        rest -= 365 + is_leap(year)
        year += 1
    while rest >= month_length(year, month):
        rest -= month_length(year, month)
        month += 1
    return year + 400 * cycles, month, rest + 1


def is_leap(year: int) -> bool:
    """Whether a year of the proleptic Gregorian calendar has 366 days."""
    return year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)


def month_length(year: int, month: int) -> int:
    """The number of days of a month."""
    return MONTHS[month - 1] + (month == 2 and is_leap(year))


def half_away(value: float) -> int:
    """The nearest integer, half away from zero, by exact arithmetic."""
    exact = Fraction(value)
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return -whole if exact < 0 else whole


def slack(tol: e.Tolerance, scope: Scope, legs: list[int]) -> int | None:
    """What a tolerance allows over these legs; None where a number of it is negative."""
    number, floor = tolerance(tol, scope)
    if number < 0 or floor < 0:
        return None
    sizes = sorted(abs(leg) for leg in legs if leg) or [0]
    match tol.op:
        case e.ToleranceOp.ABS:
            return number
        case e.ToleranceOp.REL:
            return max(floor, sizes[0] * number // 10_000)
        case e.ToleranceOp.REL_MAX:
            return max(floor, sizes[-1] * number // 10_000)
        case e.ToleranceOp.REL_SIDE:
            sides = [sum(leg for leg in legs if leg > 0), -sum(leg for leg in legs if leg < 0)]
            return max(floor, max(sides) * number // 10_000)
        case e.ToleranceOp.REL_GROSS:
            return max(floor, sum(sizes) * number // 10_000)


def tolerance(tol: e.Tolerance, scope: Scope) -> tuple[int, int]:
    """The two numbers of a tolerance."""
    return value_of(tol.amount, scope), 0 if tol.floor is None else value_of(tol.floor, scope)


def nets(tol: e.Tolerance, scope: Scope, amounts: list[int]) -> bool:
    """Whether amounts add up to within a tolerance of which they are the legs."""
    allowed = slack(tol, scope, amounts)
    return allowed is not None and abs(sum(amounts)) <= allowed


@singledispatch
def value_of(value: Any, scope: Scope) -> Any:
    """The value of an expression. Raises `Refused` where it has none."""
    raise TypeError(f"no rule for {type(value).__name__}")


@value_of.register
def _(value: e.Lit, scope: Scope) -> Any:
    return constant(value.value, value.type)


@value_of.register
def _(value: e.Lane, scope: Scope) -> Any:
    return scope.lots[value.var].lanes[value.name]


@value_of.register
def _(value: e.LotAmount, scope: Scope) -> Any:
    return scope.lots[value.var].amount


@value_of.register
def _(value: e.LotOriginal, scope: Scope) -> Any:
    return scope.lots[value.var].original


@value_of.register
def _(value: e.ParamRef, scope: Scope) -> Any:
    return scope.params[value.name]


@value_of.register
def _(value: e.ShardKey, scope: Scope) -> Any:
    whole = scope.keys[value.binder]
    return whole if value.part is None else whole[value.part]


def two(left: e.Value, right: e.Value, scope: Scope) -> tuple[Any, Any]:
    """Two operands, as reals if one is."""
    one, other = value_of(left, scope), value_of(right, scope)
    if Kind.REAL in (left.type.kind, right.type.kind):
        return float(one), float(other)
    return one, other


@value_of.register
def _(value: e.Arith, scope: Scope) -> Any:
    left, right = two(value.left, value.right, scope)
    match value.op:
        case e.ArithOp.MIN:
            return right if right < left else left
        case e.ArithOp.MAX:
            return right if right > left else left
        case e.ArithOp.DIV:
            return quotient(left, right)
        case e.ArithOp.FLOOR_DIV:
            return wide(math.floor(Fraction(left, right)))
        case e.ArithOp.MOD:
            return left - right * math.floor(Fraction(left, right))
        case e.ArithOp.ADD:
            result = left + right
        case e.ArithOp.SUB:
            result = left - right
        case e.ArithOp.MUL:
            result = left * right
    return result if isinstance(left, float) else wide(result)


def quotient(left: float, right: float) -> float:
    """IEEE division."""
    if right:
        return left / right
    negative = math.copysign(1, left) != math.copysign(1, right)
    return math.nan if math.isnan(left) or not left else (-math.inf if negative else math.inf)


@value_of.register
def _(value: e.Unary, scope: Scope) -> Any:
    operand = value_of(value.operand, scope)
    if value.op is e.UnaryOp.SIGN:
        return (operand > 0) - (operand < 0)
    result = -operand if value.op is e.UnaryOp.NEG else abs(operand)
    return result if isinstance(operand, float) else wide(result)


@value_of.register
def _(value: e.Compare, scope: Scope) -> Any:
    left, right = two(value.left, value.right, scope)
    if value.op is e.CompareOp.EQ:
        return left == right
    if value.op is e.CompareOp.NE:
        return left != right
    if isinstance(left, str):
        left, right = left.encode(), right.encode()
    return {
        e.CompareOp.LT: left < right,
        e.CompareOp.GT: left > right,
        e.CompareOp.LE: left < right or left == right,
        e.CompareOp.GE: left > right or left == right,
    }[value.op]


@value_of.register
def _(value: e.Logic, scope: Scope) -> Any:
    if value.op is e.LogicOp.AND:
        return value_of(value.left, scope) and value_of(value.right, scope)
    return value_of(value.left, scope) or value_of(value.right, scope)


@value_of.register
def _(value: e.Not, scope: Scope) -> Any:
    return not value_of(value.operand, scope)


@value_of.register
def _(value: e.Where, scope: Scope) -> Any:
    return value_of(value.then, scope) if value_of(value.condition, scope) else value_of(value.otherwise, scope)


@value_of.register
def _(value: e.Tier, scope: Scope) -> Any:
    return value_of(value.cost, scope) if value_of(value.condition, scope) else None


@value_of.register
def _(value: e.FirstOf, scope: Scope) -> Any:
    for operand in value.operands:
        found = value_of(operand, scope)
        if found is not None:
            return found
    return None


@value_of.register
def _(value: e.IsNull, scope: Scope) -> Any:
    return value_of(value.operand, scope) is None


@value_of.register
def _(value: e.Lookup, scope: Scope) -> Any:
    operand = value_of(value.operand, scope)
    found = [result for given, result in value.table if operand is not None and given == operand]
    return constant([*found, value.default][0], value.type)


@value_of.register
def _(value: e.Cast, scope: Scope) -> Any:
    operand = value_of(value.operand, scope)
    match value.op:
        case e.CastOp.TO_REAL:
            return float(operand)
        case e.CastOp.TO_MINOR:
            return money(operand)
        case e.CastOp.MINOR_UNITS:
            scaled = float(operand) * float(10**value.type.scale)
            if not math.isfinite(scaled) or abs(half_away(scaled)) >= 2**63:
                raise Refused("bad_amount")
            return half_away(scaled)


@value_of.register
def _(value: e.Gap, scope: Scope) -> Any:
    left, right = two(value.left, value.right, scope)
    return wide(max(left - right, right - left))


@value_of.register
def _(value: e.DatePart, scope: Scope) -> Any:
    days = value_of(value.operand, scope)
    year, month, day = civil(days)
    if value.op is e.DatePartOp.MONTH_END:
        return days + month_length(year, month) - day
    return {e.DatePartOp.YEAR: year, e.DatePartOp.MONTH: month, e.DatePartOp.DAY: day}[value.op]


@value_of.register
def _(value: e.TextFn, scope: Scope) -> Any:
    rules = {
        e.TextOp.UPPER: text.upper,
        e.TextOp.LOWER: text.lower,
        e.TextOp.STRIP: text.strip,
        e.TextOp.DIGITS: text.digits,
        e.TextOp.ALNUM: text.alnum,
        e.TextOp.NORMALIZE: text.normalize,
    }
    return rules[value.op](value_of(value.operand, scope))


@value_of.register
def _(value: e.TextSlice, scope: Scope) -> Any:
    whole = value_of(value.operand, scope)
    places = range(len(whole))
    kept = (
        places[: value.count] if value.op is e.TextSliceOp.LEFT else places[len(whole) - min(value.count, len(whole)) :]
    )
    return "".join(whole[place] for place in kept)


@value_of.register
def _(value: e.TextReplace, scope: Scope) -> Any:
    return text.replace(value_of(value.operand, scope), value.old, value.new)


@value_of.register
def _(value: e.TextSplit, scope: Scope) -> Any:
    return text.split(value_of(value.operand, scope), value.separator, value.index)


@value_of.register
def _(value: e.TextConcat, scope: Scope) -> Any:
    return "".join([value_of(operand, scope) for operand in value.operands])


@value_of.register
def _(value: e.TextTest, scope: Scope) -> Any:
    whole, part = value_of(value.operand, scope), value_of(value.other, scope)
    places = [place for place in range(len(whole) - len(part) + 1) if whole[place : place + len(part)] == part]
    match value.op:
        case e.TextTestOp.CONTAINS:
            return places != []
        case e.TextTestOp.STARTSWITH:
            return 0 in places
        case e.TextTestOp.ENDSWITH:
            return len(whole) - len(part) in places


@value_of.register
def _(value: e.TextStripLeft, scope: Scope) -> Any:
    whole = value_of(value.operand, scope)
    kept = [place for place in range(len(whole)) if whole[place] not in value.characters]
    return whole[kept[0] :] if kept else ""


@value_of.register
def _(value: e.TextToInteger, scope: Scope) -> Any:
    return reading.integer(value_of(value.operand, scope))


@value_of.register
def _(value: e.TextToDate, scope: Scope) -> Any:
    return reading.date(value_of(value.operand, scope), value.format)


@value_of.register
def _(value: e.TextToMoney, scope: Scope) -> Any:
    return reading.money(value_of(value.operand, scope), value.type.scale, value.decimal)


@value_of.register
def _(value: e.BusinessDay, scope: Scope) -> Any:
    return reading.business_day(value_of(value.operand, scope), value.holidays, value.weekend)


@value_of.register
def _(value: e.TokensKeeping, scope: Scope) -> Any:
    whole = value_of(value.operand, scope)
    return reading.tokens(whole, value.min_length, value.with_digit, value.keep)


@value_of.register
def _(value: e.TextExtract, scope: Scope) -> Any:
    return pattern.extract(value_of(value.operand, scope), value.pattern, value.group)


@value_of.register
def _(value: e.TextMatches, scope: Scope) -> Any:
    return pattern.extract(value_of(value.operand, scope), value.pattern, 0) is not None


@value_of.register
def _(value: e.ExtractAll, scope: Scope) -> Any:
    return pattern.extract_all(value_of(value.operand, scope), value.pattern)


@value_of.register
def _(value: e.SortedPair, scope: Scope) -> Any:
    pair = [value_of(value.left, scope), value_of(value.right, scope)]
    return None if None in pair else tuple(sorted(pair, key=order))


@value_of.register
def _(value: e.MakeTuple, scope: Scope) -> Any:
    parts = [value_of(operand, scope) for operand in value.operands]
    return None if any(part is None for part in parts) else tuple(parts)


@value_of.register
def _(value: e.Tokens, scope: Scope) -> Any:
    return text.tokens(value_of(value.operand, scope), value.min_length, value.with_digit)


@value_of.register
def _(value: e.Ngrams, scope: Scope) -> Any:
    return text.ngrams(value_of(value.operand, scope), value.size)


@value_of.register
def _(value: e.ListOverlaps, scope: Scope) -> Any:
    left, right = two(value.left, value.right, scope)
    return any(one == other for one in left for other in right)


@value_of.register
def _(value: e.ListContains, scope: Scope) -> Any:
    element, whole = value_of(value.element, scope), value_of(value.operand, scope)
    return any(one == element for one in whole)


@value_of.register
def _(value: e.ListSize, scope: Scope) -> Any:
    return len(value_of(value.operand, scope))


@value_of.register
def _(value: e.Similarity, scope: Scope) -> Any:
    left, right = two(value.left, value.right, scope)
    return text.similarity(value.op.value, left, right)


@value_of.register
def _(value: e.Nets, scope: Scope) -> Any:
    return nets(value.tol, scope, [scope.lots[side].amount for side in (e.Var.A, e.Var.B)])


@value_of.register
def _(value: e.GroupMetric, scope: Scope) -> Any:
    amounts = [lot.amount for lot in scope.members]
    match value.op:
        case e.MetricOp.SIZE:
            return len(amounts)
        case e.MetricOp.NET:
            return money(sum(amounts))
        case e.MetricOp.ABS_NET:
            return money(abs(sum(amounts)))
        case e.MetricOp.MAX_ABS:
            return max(map(abs, amounts))
        case e.MetricOp.MIN_SIDE:
            positive = sum(amount > 0 for amount in amounts)
            return min(positive, len(amounts) - positive)
        case e.MetricOp.GROSS:
            return money(sum(map(abs, amounts)))
        case e.MetricOp.POSITIVE:
            return money(sum(max(amount, 0) for amount in amounts))
        case e.MetricOp.NEGATIVE:
            return money(sum(min(amount, 0) for amount in amounts))
        case e.MetricOp.MIN_ABS:
            return min(map(abs, amounts))
        case e.MetricOp.ORIGINALS:
            return money(sum(abs(lot.original) for lot in scope.members))


@value_of.register
def _(value: e.GroupFold, scope: Scope) -> Any:
    found = sorted(value_of(value.operand, scope.of(lot)) for lot in scope.members)
    return {e.FoldOp.SUM: wide(sum(found)), e.FoldOp.MIN: found[0], e.FoldOp.MAX: found[-1]}[value.op]


@value_of.register
def _(value: e.GroupUnique, scope: Scope) -> Any:
    return scope.unique


@value_of.register
def _(value: e.GroupClean, scope: Scope) -> Any:
    return nets(value.tol, scope, [lot.amount for lot in scope.members])


@value_of.register
def _(value: e.GroupSpan, scope: Scope) -> Any:
    found = sorted([value_of(value.operand, scope.of(lot)) for lot in scope.members])
    return wide(found[-1] - found[0])


@value_of.register
def _(value: e.GroupDistinct, scope: Scope) -> Any:
    found: list[Any] = []
    for lot in scope.members:
        one = key(value_of(value.operand, scope.of(lot)))
        if one is not None and one not in found:
            found.append(one)
    return len(found)


@value_of.register
def _(value: e.GroupQuantifier, scope: Scope) -> Any:
    count = 0
    for lot in scope.members:
        holds = value_of(value.predicate, scope.of(lot))
        if holds is (value.op is e.QuantifierOp.ANY) and value.op is not e.QuantifierOp.COUNT:
            return holds
        count += holds
    return count if value.op is e.QuantifierOp.COUNT else value.op is e.QuantifierOp.ALL
