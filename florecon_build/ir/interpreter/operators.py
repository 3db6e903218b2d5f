"""The operators on known operands, one closed match for each."""

from __future__ import annotations

from typing import Literal, TypeVar, assert_never, overload

from florecon_build.ir import values as v
from florecon_build.ir.interpreter import dates
from florecon_build.ir.interpreter import numbers as num

_Ordered = TypeVar("_Ordered", float, str)
_Number = TypeVar("_Number", int, float)
_EitherWay = Literal[v.ArithOp.ADD, v.ArithOp.SUB, v.ArithOp.MUL, v.ArithOp.MIN, v.ArithOp.MAX]
"""What integers and reals both have."""


def int_arith(op: v.ArithOp, left: int, right: int) -> int:
    """The exact result; the caller checks that it is a 64-bit integer."""
    match op:
        case v.ArithOp.FLOOR_DIV:
            return left // right
        case v.ArithOp.MOD:
            return left % right
        case v.ArithOp.DIV:
            raise TypeError("/ on integers: the tree did not come from the builder")
        case _:
            return _arith(op, left, right)


def real_arith(op: v.ArithOp, left: float, right: float) -> float:
    """The IEEE result."""
    match op:
        case v.ArithOp.DIV:
            return num.divide(left, right)
        case v.ArithOp.FLOOR_DIV | v.ArithOp.MOD:
            raise TypeError("// or % on reals: the tree did not come from the builder")
        case _:
            return _arith(op, left, right)


def _arith(op: _EitherWay, left: _Number, right: _Number) -> _Number:
    match op:
        case v.ArithOp.ADD:
            return left + right
        case v.ArithOp.SUB:
            return left - right
        case v.ArithOp.MUL:
            return left * right
        case v.ArithOp.MIN:
            return num.least(left, right)
        case v.ArithOp.MAX:
            return num.greatest(left, right)
        case _:
            assert_never(op)


@overload
def unary(op: v.UnaryOp, operand: int) -> int: ...
@overload
def unary(op: v.UnaryOp, operand: float) -> float: ...
def unary(op: v.UnaryOp, operand: float) -> float:
    """The exact or the IEEE result; a sign is an integer. The caller checks that an integer is one of 64 bits."""
    match op:
        case v.UnaryOp.NEG:
            return -operand
        case v.UnaryOp.ABS:
            return abs(operand)
        case v.UnaryOp.SIGN:
            return num.sign(operand)
        case _:
            assert_never(op)


def date_part(op: v.DatePartOp, days: int) -> int:
    """A part of a date; the month's end is itself a date."""
    match op:
        case v.DatePartOp.YEAR:
            return dates.civil(days)[0]
        case v.DatePartOp.MONTH:
            return dates.civil(days)[1]
        case v.DatePartOp.DAY:
            return dates.civil(days)[2]
        case v.DatePartOp.MONTH_END:
            return dates.month_end(days)
        case _:
            assert_never(op)


def compare(op: v.CompareOp, left: _Ordered, right: _Ordered) -> bool:
    """Two numbers, two booleans or two texts compared; reals as IEEE says, texts by code points, false before true."""
    match op:
        case v.CompareOp.EQ:
            return left == right
        case v.CompareOp.NE:
            return left != right
        case v.CompareOp.LT:
            return left < right
        case v.CompareOp.LE:
            return left <= right
        case v.CompareOp.GT:
            return left > right
        case v.CompareOp.GE:
            return left >= right
        case _:
            assert_never(op)
