"""Numeric handles: integers, reals and money, and the arithmetic between them."""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn, overload

from florecon_build.frontend.diagnostics import authored, fail
from florecon_build.frontend.handles import (
    BooleanExpr,
    E,
    Expr,
    as_real,
    built,
    compare,
    describe,
    lift,
    meet,
    never_null,
    not_a_number,
)
from florecon_build.ir import expressions as e
from florecon_build.ir.python_printer import show
from florecon_build.ir.types import INTEGER, Kind

_SYMBOLS = {
    e.ArithOp.ADD: "+",
    e.ArithOp.SUB: "-",
    e.ArithOp.MUL: "*",
    e.ArithOp.DIV: "/",
    e.ArithOp.FLOOR_DIV: "//",
    e.ArithOp.MOD: "%",
    e.ArithOp.MIN: "min_of",
    e.ArithOp.MAX: "max_of",
}


class NumberExpr(Expr):
    """Common base of integer, real and money expressions: order, sign and absolute value."""

    __slots__ = ()

    @authored
    def __lt__(self, other: NumberExpr | float | Decimal) -> BooleanExpr:
        return compare(e.CompareOp.LT, self, other)

    @authored
    def __le__(self, other: NumberExpr | float | Decimal) -> BooleanExpr:
        return compare(e.CompareOp.LE, self, other)

    @authored
    def __gt__(self, other: NumberExpr | float | Decimal) -> BooleanExpr:
        return compare(e.CompareOp.GT, self, other)

    @authored
    def __ge__(self, other: NumberExpr | float | Decimal) -> BooleanExpr:
        return compare(e.CompareOp.GE, self, other)


class IntegerExpr(NumberExpr):
    """64-bit integer; an arithmetic overflow is the run-time error ``amount_overflow``."""

    __slots__ = ()

    @overload
    def __add__(self, other: IntegerExpr | int) -> IntegerExpr: ...
    @overload
    def __add__(self, other: RealExpr | float) -> RealExpr: ...
    @authored
    def __add__(self, other: object) -> Expr:
        return arith(e.ArithOp.ADD, self, other)

    @overload
    def __radd__(self, other: int) -> IntegerExpr: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __radd__(self, other: float) -> RealExpr: ...
    @authored
    def __radd__(self, other: object) -> Expr:
        return arith(e.ArithOp.ADD, other, self)

    @overload
    def __sub__(self, other: IntegerExpr | int) -> IntegerExpr: ...
    @overload
    def __sub__(self, other: RealExpr | float) -> RealExpr: ...
    @authored
    def __sub__(self, other: object) -> Expr:
        return arith(e.ArithOp.SUB, self, other)

    @overload
    def __rsub__(self, other: int) -> IntegerExpr: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __rsub__(self, other: float) -> RealExpr: ...
    @authored
    def __rsub__(self, other: object) -> Expr:
        return arith(e.ArithOp.SUB, other, self)

    @overload
    def __mul__(self, other: IntegerExpr | int) -> IntegerExpr: ...
    @overload
    def __mul__(self, other: MoneyExpr) -> MoneyExpr: ...
    @overload
    def __mul__(self, other: RealExpr | float) -> RealExpr: ...
    @authored
    def __mul__(self, other: object) -> Expr:
        return arith(e.ArithOp.MUL, self, other)

    @overload
    def __rmul__(self, other: int) -> IntegerExpr: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __rmul__(self, other: float) -> RealExpr: ...
    @authored
    def __rmul__(self, other: object) -> Expr:
        return arith(e.ArithOp.MUL, other, self)

    @authored
    def __truediv__(self, other: RealExpr | float) -> RealExpr:
        return real_of(arith(e.ArithOp.DIV, self, other))

    @authored
    def __rtruediv__(self, other: float) -> RealExpr:
        return real_of(arith(e.ArithOp.DIV, other, self))

    @authored
    def __floordiv__(self, other: int) -> IntegerExpr:
        return integer_of(arith(e.ArithOp.FLOOR_DIV, self, other))

    @authored
    def __rfloordiv__(self, other: int) -> NoReturn:
        _bad_divisor(e.ArithOp.FLOOR_DIV, self)

    @authored
    def __mod__(self, other: int) -> IntegerExpr:
        return integer_of(arith(e.ArithOp.MOD, self, other))

    @authored
    def __rmod__(self, other: int) -> NoReturn:
        _bad_divisor(e.ArithOp.MOD, self)

    @authored
    def __neg__(self) -> IntegerExpr:
        return unary(IntegerExpr, e.UnaryOp.NEG, self, "-")

    @authored
    def __abs__(self) -> IntegerExpr:
        return unary(IntegerExpr, e.UnaryOp.ABS, self, "abs")

    @authored
    def to_real(self) -> RealExpr:
        """The same number as a real (the nearest one beyond 2**53).

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), parts=fb.integer(), amount=fb.money(scale=2))
        >>> rows.parts.to_real() / 3
        <real row.parts.to_real() / 3.0>
        """
        return real_of(as_real(never_null(self, "to_real")))


class RealExpr(NumberExpr):
    """64-bit floating-point number. A column contains no NaN or infinity; a cost that becomes one is ``bad_cost``."""

    __slots__ = ()

    @authored
    def __add__(self, other: RealExpr | IntegerExpr | float) -> RealExpr:
        return real_of(arith(e.ArithOp.ADD, self, other))

    @authored
    def __radd__(self, other: float) -> RealExpr:
        return real_of(arith(e.ArithOp.ADD, other, self))

    @authored
    def __sub__(self, other: RealExpr | IntegerExpr | float) -> RealExpr:
        return real_of(arith(e.ArithOp.SUB, self, other))

    @authored
    def __rsub__(self, other: float) -> RealExpr:
        return real_of(arith(e.ArithOp.SUB, other, self))

    @authored
    def __mul__(self, other: RealExpr | IntegerExpr | float) -> RealExpr:
        return real_of(arith(e.ArithOp.MUL, self, other))

    @authored
    def __rmul__(self, other: float) -> RealExpr:
        return real_of(arith(e.ArithOp.MUL, other, self))

    @authored
    def __truediv__(self, other: RealExpr | IntegerExpr | float) -> RealExpr:
        return real_of(arith(e.ArithOp.DIV, self, other))

    @authored
    def __rtruediv__(self, other: float) -> RealExpr:
        return real_of(arith(e.ArithOp.DIV, other, self))

    @authored
    def __floordiv__(self, other: object) -> NoReturn:
        fail("type_mismatch", "`//` needs integers", got=describe(self), fix="write `x / y`, or use an integer lane")

    @authored
    def __mod__(self, other: object) -> NoReturn:
        fail("type_mismatch", "`%` needs integers", got=describe(self), fix="use an integer lane")

    @authored
    def __neg__(self) -> RealExpr:
        return unary(RealExpr, e.UnaryOp.NEG, self, "-")

    @authored
    def __abs__(self) -> RealExpr:
        return unary(RealExpr, e.UnaryOp.ABS, self, "abs")


class MoneyExpr(NumberExpr):
    """Exact money of one scale. It is added to money of the same scale and multiplied by integers only."""

    __slots__ = ()

    @authored
    def __add__(self, other: MoneyExpr | Decimal | int) -> MoneyExpr:
        return money_of(arith(e.ArithOp.ADD, self, other))

    @authored
    def __radd__(self, other: Decimal | int) -> MoneyExpr:
        return money_of(arith(e.ArithOp.ADD, other, self))

    @authored
    def __sub__(self, other: MoneyExpr | Decimal | int) -> MoneyExpr:
        return money_of(arith(e.ArithOp.SUB, self, other))

    @authored
    def __rsub__(self, other: Decimal | int) -> MoneyExpr:
        return money_of(arith(e.ArithOp.SUB, other, self))

    @authored
    def __mul__(self, other: IntegerExpr | int) -> MoneyExpr:
        return money_of(arith(e.ArithOp.MUL, self, other))

    @authored
    def __rmul__(self, other: int) -> MoneyExpr:
        return money_of(arith(e.ArithOp.MUL, other, self))

    @authored
    def __truediv__(self, other: object) -> NoReturn:
        _no_money_division(self, "/")

    @authored
    def __rtruediv__(self, other: object) -> NoReturn:
        _no_money_division(self, "/")

    @authored
    def __floordiv__(self, other: object) -> NoReturn:
        _no_money_division(self, "//")

    @authored
    def __mod__(self, other: object) -> NoReturn:
        _no_money_division(self, "%")

    @authored
    def __neg__(self) -> MoneyExpr:
        return unary(MoneyExpr, e.UnaryOp.NEG, self, "-")

    @authored
    def __abs__(self) -> MoneyExpr:
        return unary(MoneyExpr, e.UnaryOp.ABS, self, "abs")

    @authored
    def to_minor(self) -> IntegerExpr:
        """The amount as an integer of minor units (cents for scale 2).

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
        >>> rows.amount.to_minor() // 100
        <integer row.amount.to_minor() // 100>
        """
        never_null(self, "to_minor")
        return built(IntegerExpr, e.Cast(type=INTEGER, op=e.CastOp.TO_MINOR, operand=self.ir), self)


def integer_of(expr: Expr) -> IntegerExpr:
    """Validates an integer expression."""
    return IntegerExpr(expr.ir, expr.uses)


def real_of(expr: Expr) -> RealExpr:
    """Validates a real expression."""
    return RealExpr(expr.ir, expr.uses)


def money_of(expr: Expr) -> MoneyExpr:
    """Validates a money expression."""
    return MoneyExpr(expr.ir, expr.uses)


NUMBERS: dict[Kind, type[Expr]] = {Kind.INTEGER: IntegerExpr, Kind.REAL: RealExpr, Kind.MONEY: MoneyExpr}


def unary(family: type[E], op: e.UnaryOp, expr: Expr, what: str) -> E:
    """``-x`` or ``abs(x)``: the type stays."""
    never_null(expr, f"`{what}`")
    return built(family, e.Unary(type=expr.type, op=op, operand=expr.ir), expr)


def arith(op: e.ArithOp, left: object, right: object) -> Expr:
    """``left op right`` between numbers, by the rules of their types."""
    what = f"`{_SYMBOLS[op]}`"
    first, second = _operands(op, left, right, what)
    kinds = {first.type.kind, second.type.kind}
    for expr in (first, second):
        if expr.type.kind not in NUMBERS:
            not_a_number(_SYMBOLS[op], expr)
    if op is e.ArithOp.MUL and Kind.MONEY in kinds:
        return _money_times(first, second)
    first, second = meet((first, second), what)
    never_null(first, what)
    never_null(second, what)
    kind = first.type.kind
    if op is e.ArithOp.DIV and kind is not Kind.REAL:
        _no_integer_division(first, second)
    if op in {e.ArithOp.FLOOR_DIV, e.ArithOp.MOD}:
        _check_divisor(op, first, second, what)
    return built(NUMBERS[kind], e.Arith(type=first.type, op=op, left=first.ir, right=second.ir), first, second)


def _operands(op: e.ArithOp, left: object, right: object, what: str) -> tuple[Expr, Expr]:
    """Both operands lifted: a constant beside money is a factor in a product and an amount elsewhere."""
    known = left if isinstance(left, Expr) else right
    like = known.type if isinstance(known, Expr) else None
    if like is not None and like.kind is Kind.MONEY and op is e.ArithOp.MUL:
        like = None
    return lift(left, like=like, what=what), lift(right, like=like, what=what)


def _money_times(first: Expr, second: Expr) -> Expr:
    kinds = (first.type.kind, second.type.kind)
    if kinds == (Kind.MONEY, Kind.MONEY):
        fail(
            "money_times_money",
            "money cannot be multiplied by money",
            expected="money * integer",
            got=f"{describe(first)} * {describe(second)}",
            fix="convert one side with `.to_minor()`",
        )
    if Kind.REAL in kinds:
        real, amount = (first, second) if kinds[0] is Kind.REAL else (second, first)
        fail(
            "type_mismatch",
            "money can be multiplied by integers only, to remain exact",
            expected="an integer factor",
            got=describe(real),
            fix=f"state the rounding: `fb.minor_units({show(amount.ir)}.to_minor().to_real() * x, scale)`",
        )
    never_null(first, "`*`")
    never_null(second, "`*`")
    kind = first.type if kinds[0] is Kind.MONEY else second.type
    return built(MoneyExpr, e.Arith(type=kind, op=e.ArithOp.MUL, left=first.ir, right=second.ir), first, second)


def _no_integer_division(first: Expr, second: Expr) -> NoReturn:
    if first.type.kind is Kind.MONEY:
        _no_money_division(first, "/")
    left, right = show(first.ir), show(second.ir)
    fail(
        "integer_division",
        "`/` between integers needs an explicit rounding",
        expected="a real, or an explicit rounding",
        got=f"{describe(first)} / {describe(second)}",
        fix=f"write `{left} // {right}` to round down, or `{left}.to_real() / {right}` for a real",
    )


def _check_divisor(op: e.ArithOp, first: Expr, second: Expr, what: str) -> None:
    if first.type.kind is Kind.MONEY:
        _no_money_division(first, _SYMBOLS[op])
    if first.type.kind is not Kind.INTEGER:
        fail("type_mismatch", f"{what} needs integers", got=describe(first), fix="write `x / y`")
    if not isinstance(second.ir, e.Lit) or not isinstance(second.ir.value, int) or second.ir.value <= 0:
        _bad_divisor(op, second)


def _bad_divisor(op: e.ArithOp, divisor: Expr) -> NoReturn:
    fail(
        "bad_divisor",
        f"`{_SYMBOLS[op]}` needs a constant divisor",
        expected="a positive integer constant",
        got=describe(divisor),
        fix="write the divisor as a number, or divide reals: `x.to_real() / y`",
    )


def _no_money_division(expr: Expr, symbol: str) -> NoReturn:
    text = show(expr.ir)
    fail(
        "money_division",
        f"`{symbol}` on money needs an explicit rounding",
        got=describe(expr),
        fix=f"write `{text}.to_minor() // n` for whole minor units, or `{text}.to_minor().to_real() / x` for a real",
    )
