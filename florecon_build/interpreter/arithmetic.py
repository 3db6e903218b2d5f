"""Arithmetic of the operator table: exact integers checked to 64 bits, and IEEE reals."""

from __future__ import annotations

from florecon_build.interpreter.numbers import amount, checked


def add(left: int, right: int) -> int:
    """The sum, or `Overflow`."""
    return checked(left + right)


def sub(left: int, right: int) -> int:
    """The difference, or `Overflow`."""
    return checked(left - right)


def mul(left: int, right: int) -> int:
    """The product, or `Overflow`."""
    return checked(left * right)


def floor_div(left: int, right: int) -> int:
    """The quotient by a positive divisor, rounded down.

    >>> floor_div(-7, 2)
    -4
    """
    return left // right


def modulo(left: int, right: int) -> int:
    """The remainder of a division by a positive divisor, never negative.

    >>> modulo(-7, 2)
    1
    """
    return left % right


def neg(operand: int) -> int:
    """The opposite, or `Overflow`."""
    return checked(-operand)


def absolute(operand: int) -> int:
    """The absolute value, or `Overflow`."""
    return checked(abs(operand))


def gap(left: int, right: int) -> int:
    """The distance of two integers or dates, or `Overflow`."""
    return checked(abs(left - right))


def to_minor(money: int) -> int:
    """The minor units of an amount, or `Overflow` where it is none."""
    return amount(money)


def to_real(operand: int) -> float:
    """The nearest real."""
    return float(operand)


def real_add(left: float, right: float) -> float:
    """The IEEE sum."""
    return left + right


def real_sub(left: float, right: float) -> float:
    """The IEEE difference."""
    return left - right


def real_mul(left: float, right: float) -> float:
    """The IEEE product."""
    return left * right


def real_neg(operand: float) -> float:
    """The opposite; the sign of zero changes too."""
    return -operand


def real_absolute(operand: float) -> float:
    """The absolute value."""
    return abs(operand)
