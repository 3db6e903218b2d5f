"""Fallibility: what can fail at run time, and the forms that its value takes (``Some``, ``Ok``, ``Result``).

On the IR it decides which lanes must be computed though nothing reads them, and what may be simplified. On the tree,
where a fallible call carries its ``?``, it decides which functions and closures return a ``Result``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from florecon_build.codegen.rust import ast as r
from florecon_build.ir import expressions as e
from florecon_build.ir.operators import operator_of
from florecon_build.ir.traversal import values_in

NONE = r.Path("None")
Wrap = Callable[[r.Expression], r.Expression]


def is_fallible(value: e.Value) -> bool:
    """Whether evaluating ``value``, or anything in it, can be an error."""
    return any(map(_fails_itself, values_in(value)))


def _fails_itself(value: e.Value) -> bool:
    match value:
        case e.Operation():
            return operator_of(value).fallible
        case e.GroupMetric():
            return value.op.is_sum
        case e.GroupSpan() | e.GroupDistinct() | e.GroupFold() | e.GroupQuantifier():
            return True
        case _:
            return False


def can_fail(expression: r.Expression) -> bool:
    """Whether evaluating the expression can leave the function around it with an error."""
    return any(isinstance(part, r.Try) for part in r.walk(expression, into_closures=False))


def some(expression: r.Expression) -> r.Expression:
    """``Some`` of a value, in each of its branches."""
    branched = _in_branches(expression, some)
    return branched if branched is not None else r.Call("Some", (expression,))


def ok(expression: r.Expression) -> r.Expression:
    """``Ok`` of a value, in each of its branches; what is a ``Result`` itself is returned as it is."""
    match expression:
        case r.Try(result):
            return result
        case r.Call("Some", (r.Try(result),)):
            return r.Method(result, "map", (r.Path("Some"),))
        case _:
            branched = _in_branches(expression, ok)
            return branched if branched is not None else r.Call("Ok", (expression,))


def _in_branches(expression: r.Expression, wrap: Wrap) -> r.Expression | None:
    match expression:
        case r.If():
            then, otherwise = r.block(wrap(expression.then)), r.block(wrap(expression.otherwise))
            return replace(expression, then=then, otherwise=otherwise)
        case r.Match():
            return replace(
                expression, arms=tuple(replace(arm, value=r.block(wrap(arm.value))) for arm in expression.arms)
            )
        case r.Block():
            return replace(expression, value=wrap(expression.value))
        case _:
            return None


def names_its_error(expression: r.Expression) -> bool:
    """Whether ``rustc`` can tell the error type of a ``Result`` without an annotation: no ``?`` and no ``Ok`` in it."""
    found = r.walk(expression, into_closures=False)
    return not any(isinstance(part, r.Try) or (isinstance(part, r.Call) and part.function == "Ok") for part in found)
