"""The operators on known operands, one closed match for each."""

from __future__ import annotations

from typing import Literal, TypeVar, assert_never, overload

from florecon_build.interpreter import dates
from florecon_build.interpreter import numbers as num
from florecon_build.ir import expressions as e

_Ordered = TypeVar("_Ordered", float, str)
_Number = TypeVar("_Number", int, float)
_EitherWay = Literal[e.ArithOp.ADD, e.ArithOp.SUB, e.ArithOp.MUL, e.ArithOp.MIN, e.ArithOp.MAX]
"""What integers and reals both have."""


def int_arith(op: e.ArithOp, left: int, right: int) -> int:
    """The exact result; the caller checks that it is a 64-bit integer."""
    match op:
        case e.ArithOp.FLOOR_DIV:
            return left // right
        case e.ArithOp.MOD:
            return left % right
        case e.ArithOp.DIV:
            raise TypeError("/ on integers: the tree did not come from the builder")
        case _:
            return _arith(op, left, right)


def real_arith(op: e.ArithOp, left: float, right: float) -> float:
    """The IEEE result."""
    match op:
        case e.ArithOp.DIV:
            return num.divide(left, right)
        case e.ArithOp.FLOOR_DIV | e.ArithOp.MOD:
            raise TypeError("// or % on reals: the tree did not come from the builder")
        case _:
            return _arith(op, left, right)


def _arith(op: _EitherWay, left: _Number, right: _Number) -> _Number:
    match op:
        case e.ArithOp.ADD:
            return left + right
        case e.ArithOp.SUB:
            return left - right
        case e.ArithOp.MUL:
            return left * right
        case e.ArithOp.MIN:
            return num.least(left, right)
        case e.ArithOp.MAX:
            return num.greatest(left, right)
        case _:
            assert_never(op)


@overload
def unary(op: e.UnaryOp, operand: int) -> int: ...
@overload
def unary(op: e.UnaryOp, operand: float) -> float: ...
def unary(op: e.UnaryOp, operand: float) -> float:
    """The exact or the IEEE result; a sign is an integer. The caller checks that an integer is one of 64 bits."""
    match op:
        case e.UnaryOp.NEG:
            return -operand
        case e.UnaryOp.ABS:
            return abs(operand)
        case e.UnaryOp.SIGN:
            return num.sign(operand)
        case _:
            assert_never(op)


def date_part(op: e.DatePartOp, days: int) -> int:
    """A part of a date; the month's end is itself a date."""
    match op:
        case e.DatePartOp.YEAR:
            return dates.civil(days)[0]
        case e.DatePartOp.MONTH:
            return dates.civil(days)[1]
        case e.DatePartOp.DAY:
            return dates.civil(days)[2]
        case e.DatePartOp.MONTH_END:
            return dates.month_end(days)
        case _:
            assert_never(op)


def compare(op: e.CompareOp, left: _Ordered, right: _Ordered) -> bool:
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
