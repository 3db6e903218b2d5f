"""Parameters and tolerances: values that can be set at run time without a rebuild."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import overload

from florecon_build.frontend.columns import checked_scale
from florecon_build.frontend.constants import constant
from florecon_build.frontend.diagnostics import answered, argument, author_span, authored, fail
from florecon_build.frontend.handles import (
    BooleanExpr,
    Expr,
    Uses,
    all_uses,
    describe,
    lift,
    never_null,
)
from florecon_build.frontend.numeric import IntegerExpr, MoneyExpr, RealExpr
from florecon_build.frontend.text import DateExpr, TextExpr, family_of
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir.python_printer import show, show_tolerance
from florecon_build.ir.scope import Scope, reads
from florecon_build.ir.strings import fault


class Tolerance:
    """Tolerance: the largest difference that counts as zero; see ``abs_tol`` and the relative ones, ``rel_tol``,
    ``rel_max_tol``, ``rel_side_tol`` and ``rel_gross_tol``.
    """

    __slots__ = ("_ir", "_uses")

    def __init__(self, ir: e.Tolerance, uses: Uses) -> None:
        self._ir = ir
        self._uses = uses

    @property
    def ir(self) -> e.Tolerance:
        """The tolerance as IR."""
        return self._ir

    @property
    def uses(self) -> Uses:
        """Parameters that the tolerance reads."""
        return self._uses

    def __repr__(self) -> str:
        return f"<tolerance {show_tolerance(self._ir)}>"


@overload
def param(  # pyright: ignore[reportOverlappingOverload] - a bool is an int, and is asked first
    name: str, default: bool, *, doc: str = ""
) -> BooleanExpr: ...
@overload
def param(name: str, default: int, *, doc: str = "") -> IntegerExpr: ...
@overload
def param(name: str, default: float, *, doc: str = "") -> RealExpr: ...
@overload
def param(name: str, default: str, *, doc: str = "") -> TextExpr: ...
@overload
def param(name: str, default: datetime.date, *, doc: str = "") -> DateExpr: ...
@overload
def param(name: str, default: MoneyExpr, *, doc: str = "") -> MoneyExpr: ...
@authored
def param(name: str, default: object, *, doc: str = "") -> Expr:
    """Declares a parameter: a value that is set at run time (``config``, ``configure``) without a rebuild.

    Parameters:
    - ``name``: an identifier.
    - ``default``: the default value, which determines the type. Money is ``fb.minor(n, scale)``.
    - ``doc``: description for people.

    A parameter can be read anywhere in a strategy, but not in a derived column.

    Errors: ``StrategyError`` for an invalid name or default; ``bad_config`` at run time for a value of another type.

    >>> import florecon_build as fb
    >>> fb.param("slack", 100, doc="cents a bucket may be off by")
    <integer slack>
    >>> fb.param("limit", fb.minor(5000, 2))
    <money(scale=2) limit>
    """
    if not isinstance(name, str) or fault(n.Param, "name", name):  # pyright: ignore[reportUnnecessaryIsInstance]
        fail(
            "bad_name",
            "the name of a param must be an identifier",
            got=describe(name),
            fix="use letters, digits and `_`",
        )
    if not isinstance(doc, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        fail("bad_setting", "the doc of a param must be a text", got=describe(doc), fix="write a sentence")
    if fault(n.Param, "doc", doc):
        fail("bad_text", f"the doc of a param {fault(n.Param, 'doc', doc)}", got=ascii(doc), fix="leave it out")
    if isinstance(default, Expr) and isinstance(default.ir, e.Lit):
        value, kind = default.ir.value, default.type
    elif isinstance(default, Expr) or default is None:
        fix = "use a number, a text, a boolean, a datetime.date or `fb.minor(n, scale)`"
        fail("bad_constant", f"param `{name}`: the default must be a constant", got=describe(default), fix=fix)
    else:
        value, kind = constant(default, None, f"param `{name}`")
    declared = n.Param(name=name, type=kind, default=value, doc=doc, span=author_span())
    reference = e.ParamRef(type=kind, name=name, span=declared.span)
    return family_of(kind.kind)(reference, Uses(params=frozenset({declared})))


@authored
def minor(amount: int, scale: int = 2) -> MoneyExpr:
    """Money constant of ``amount`` minor units with ``scale`` decimals: ``minor(1050, 2)`` is 10.50.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    >>> rows.amount >= fb.minor(1050, 2)
    <boolean row.amount >= fb.minor(1050, 2)>
    """
    value, kind = constant(amount, t.INTEGER, "minor")
    if kind != t.INTEGER:
        fail("bad_constant", "minor needs an integer of minor units", got=describe(amount), fix="write an int")
    return MoneyExpr(e.Lit(type=t.money(checked_scale(scale)), value=value, span=author_span()))


@authored
def abs_tol(amount: IntegerExpr | int) -> Tolerance:
    """Tolerance of ``amount`` minor units; a bare integer or integer parameter is equivalent.

    >>> import florecon_build as fb
    >>> fb.abs_tol(5)
    <tolerance 5>
    """
    return _tolerance(e.ToleranceOp.ABS, amount, None)


@authored
def rel_tol(bps: IntegerExpr | int, floor: IntegerExpr | int = 0) -> Tolerance:
    """Tolerance of ``bps`` basis points (1/10,000) of the smallest non-zero amount in the group, at least ``floor``
    minor units.

    >>> import florecon_build as fb
    >>> fb.rel_tol(bps=10, floor=100)
    <tolerance fb.rel_tol(10, floor=100)>
    """
    return _tolerance(e.ToleranceOp.REL, bps, floor)


@authored
def rel_max_tol(bps: IntegerExpr | int, floor: IntegerExpr | int = 0) -> Tolerance:
    """Tolerance of ``bps`` basis points (1/10,000) of the largest amount in the group, at least ``floor`` minor units.

    >>> import florecon_build as fb
    >>> fb.rel_max_tol(bps=5, floor=1)
    <tolerance fb.rel_max_tol(5, floor=1)>
    """
    return _tolerance(e.ToleranceOp.REL_MAX, bps, floor)


@authored
def rel_side_tol(bps: IntegerExpr | int, floor: IntegerExpr | int = 0) -> Tolerance:
    """Tolerance of ``bps`` basis points (1/10,000) of the larger of the two sides' sums, at least ``floor`` minor
    units.

    For a discount on a payment of several invoices: 3 % of the sum of the invoices.

    >>> import florecon_build as fb
    >>> fb.rel_side_tol(bps=300)
    <tolerance fb.rel_side_tol(300)>
    """
    return _tolerance(e.ToleranceOp.REL_SIDE, bps, floor)


@authored
def rel_gross_tol(bps: IntegerExpr | int, floor: IntegerExpr | int = 0) -> Tolerance:
    """Tolerance of ``bps`` basis points (1/10,000) of the sum of all absolute amounts in the group, at least ``floor``
    minor units.

    >>> import florecon_build as fb
    >>> fb.rel_gross_tol(bps=50, floor=1)
    <tolerance fb.rel_gross_tol(50, floor=1)>
    """
    return _tolerance(e.ToleranceOp.REL_GROSS, bps, floor)


@argument
def tolerance_of(item: object, what: str = "tol") -> Tolerance:
    """Converts an argument to a tolerance; an integer or integer parameter is an ``abs_tol``."""
    if isinstance(item, Tolerance):
        return item
    if isinstance(item, float | Decimal) or (isinstance(item, Expr) and item.type.kind is t.Kind.REAL):
        fail(
            "type_mismatch",
            f"{what} must be a whole number of minor units",
            expected="an integer of minor units, rel_tol(bps=..) or rel_max_tol(bps=..)",
            got=describe(item),
            fix="write minor units (1.50 is 150 at scale 2), or basis points with fb.rel_tol(bps=..)",
        )
    return _tolerance(e.ToleranceOp.ABS, item, None, what)


@argument
def setting_of(item: object, what: str, *, least: int) -> IntegerExpr:
    """Validates an integer over constants, parameters and shard keys; a constant is compared with ``least`` at once."""
    expr = lift(item, like=t.INTEGER, what=what)
    if expr.type.kind is not t.Kind.INTEGER:
        money = "; for money write `.to_minor()`" if expr.type.kind is t.Kind.MONEY else ""
        fail(
            "type_mismatch",
            f"{what} must be an integer",
            expected="integer",
            got=describe(expr),
            fix=f"use an integer constant or param{money}",
        )
    never_null(expr, what)
    if reads(expr.ir) - Scope.SETTING.allowed:
        fail(
            "scope",
            f"{what} must be one number for the whole node",
            expected=Scope.SETTING.value,
            got=f"`{show(expr.ir)}`",
            fix="use a constant or `fb.param(..)`; for a number per key use partition_by_with(key, lambda k: ..)",
        )
    if isinstance(expr.ir, e.Lit) and isinstance(expr.ir.value, int) and expr.ir.value < least:
        fix = f"use a number of at least {least}"
        fail("bad_setting", f"{what} is too small", expected=f"at least {least}", got=str(expr.ir.value), fix=fix)
    return IntegerExpr(expr.ir, expr.uses)


def _tolerance(op: e.ToleranceOp, amount: object, floor: object, what: str | None = None) -> Tolerance:
    name = what or op.value
    size = answered(setting_of(amount, name if op is e.ToleranceOp.ABS else f"{name}: bps", least=0))
    least = None if floor is None else answered(setting_of(floor, f"{name}: floor", least=0))
    tree = e.Tolerance(op=op, amount=size.ir, floor=least.ir if least is not None else None, span=author_span())
    return Tolerance(tree, all_uses(part.uses for part in (size, least) if part is not None))
