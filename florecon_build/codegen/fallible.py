"""Which values can fail at run time, and so need a closure that returns a ``Result``."""

from __future__ import annotations

from florecon_build.codegen.rust_types import is_whole
from florecon_build.ir import values as v
from florecon_build.ir.walk import value_parts

_CHECKED = frozenset({v.ArithOp.ADD, v.ArithOp.SUB, v.ArithOp.MUL})
_CHECKED_CASTS = frozenset({v.CastOp.TO_MINOR, v.CastOp.MINOR_UNITS})


def is_fallible(value: v.Value) -> bool:
    """Whether evaluating ``value``, or anything in it, can be an error."""
    return fails_itself(value) or any(is_fallible(part) for _, part in value_parts(value))


def fails_itself(value: v.Value) -> bool:
    """Whether the outermost operation can be an error, whatever its operands are."""
    match value:
        case v.Arith():
            return value.op in _CHECKED and is_whole(value.type)
        case v.Unary():
            return value.op is not v.UnaryOp.SIGN and is_whole(value.type)
        case v.Gap() | v.GroupSpan() | v.GroupDistinct() | v.GroupQuantifier():
            return True
        case v.Cast():
            return value.op in _CHECKED_CASTS
        case v.GroupMetric():
            return value.op in (v.MetricOp.NET, v.MetricOp.ABS_NET)
        case _:
            return False
