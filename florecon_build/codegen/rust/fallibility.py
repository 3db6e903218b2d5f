"""Which values can fail at run time, and so need a closure that returns a ``Result``."""

from __future__ import annotations

from florecon_build.codegen.rust.rust_types import is_whole
from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import value_parts

_CHECKED = frozenset({e.ArithOp.ADD, e.ArithOp.SUB, e.ArithOp.MUL})
_CHECKED_CASTS = frozenset({e.CastOp.TO_MINOR, e.CastOp.MINOR_UNITS})


def is_fallible(value: e.Value) -> bool:
    """Whether evaluating ``value``, or anything in it, can be an error."""
    return fails_itself(value) or any(is_fallible(part) for _, part in value_parts(value))


def fails_itself(value: e.Value) -> bool:
    """Whether the outermost operation can be an error, whatever its operands are."""
    match value:
        case e.Arith():
            return value.op in _CHECKED and is_whole(value.type)
        case e.Unary():
            return value.op is not e.UnaryOp.SIGN and is_whole(value.type)
        case e.Gap() | e.GroupSpan() | e.GroupDistinct() | e.GroupQuantifier():
            return True
        case e.Cast():
            return value.op in _CHECKED_CASTS
        case e.GroupMetric():
            return value.op in (e.MetricOp.NET, e.MetricOp.ABS_NET)
        case _:
            return False
