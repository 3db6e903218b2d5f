"""Group handle: the facts of a group that the predicate of ``accept_if(lambda g: ..)`` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, overload

from florecon_build.frontend.diagnostics import authored, fail, problem
from florecon_build.frontend.handles import BooleanExpr, E, Expr, built, describe, lift, never_null
from florecon_build.frontend.numeric import IntegerExpr, MoneyExpr
from florecon_build.frontend.parameters import Tolerance, tolerance_of
from florecon_build.frontend.text import DateExpr, family_of
from florecon_build.ir import expressions as e
from florecon_build.ir import types as t
from florecon_build.ir.errors import MissingLaneError, did_you_mean
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Scope, reads
from florecon_build.ir.types import Kind


class Group:
    """Group facts in a predicate. Amounts are minor units of the current amount column (numeraire).

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), side=fb.text(), amount=fb.money(scale=2))
    >>> guarded = fb.accept_if(lambda g: (g.size == 2) & (g.distinct(rows.side) == 2), fb.agg_net())
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "<group>"

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return _no_fact(name)

    @property
    @authored
    def size(self) -> IntegerExpr:
        """Number of members."""
        return _metric(e.MetricOp.SIZE)

    @property
    @authored
    def net(self) -> IntegerExpr:
        """Sum of the member amounts: the difference of the group."""
        return _metric(e.MetricOp.NET)

    @property
    @authored
    def abs_net(self) -> IntegerExpr:
        """Absolute value of the net."""
        return _metric(e.MetricOp.ABS_NET)

    @property
    @authored
    def max_abs(self) -> IntegerExpr:
        """Largest absolute member amount."""
        return _metric(e.MetricOp.MAX_ABS)

    @property
    @authored
    def min_side(self) -> IntegerExpr:
        """Number of members of the less frequent sign."""
        return _metric(e.MetricOp.MIN_SIDE)

    @property
    @authored
    def gross(self) -> IntegerExpr:
        """Sum of the absolute member amounts."""
        return _metric(e.MetricOp.GROSS)

    @property
    @authored
    def positive(self) -> IntegerExpr:
        """Sum of the positive member amounts."""
        return _metric(e.MetricOp.POSITIVE)

    @property
    @authored
    def negative(self) -> IntegerExpr:
        """Sum of the negative member amounts, zero or less: ``positive + negative`` is the net."""
        return _metric(e.MetricOp.NEGATIVE)

    @property
    @authored
    def min_abs(self) -> IntegerExpr:
        """Smallest absolute member amount."""
        return _metric(e.MetricOp.MIN_ABS)

    @property
    @authored
    def originals(self) -> IntegerExpr:
        """Sum of the absolute originals of the members, which is ``gross`` where all rows are matched whole."""
        return _metric(e.MetricOp.ORIGINALS)

    @property
    @authored
    def unique(self) -> BooleanExpr:
        """True if the node could have formed no other group as good with one of the members; false without a mark.

        An amount that two invoices have is ambiguous: neither is taken.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
        >>> fb.accept_if(lambda g: g.unique, fb.exact_1to1(rows.account))
        <strategy accept_if>
        """
        return built(BooleanExpr, e.GroupUnique(type=t.BOOLEAN))

    @authored
    def clean(self, tol: Tolerance | IntegerExpr | int = 0) -> BooleanExpr:
        """True if the net is within a tolerance; a relative tolerance refers to the member amounts.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
        >>> fb.accept_if(lambda g: g.clean(5), fb.agg_net(rows.account, tol=100))
        <strategy accept_if>
        """
        slack = tolerance_of(tol, "clean: tol")
        expr = built(BooleanExpr, e.GroupClean(type=t.BOOLEAN, tol=slack.ir))
        return BooleanExpr(expr.ir, slack.uses)

    @authored
    def span(self, lane: Expr) -> IntegerExpr:
        """Largest minus smallest value of a column over the members: days for dates, minor units for money.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
        >>> guard = fb.accept_if(lambda g: g.span(rows.day) <= 31, fb.agg_net(rows.account))
        """
        expr = never_null(_member(lane, "span"), "span")
        if expr.type.kind not in {Kind.INTEGER, Kind.MONEY, Kind.DATE}:
            fix = "use a date, money or integer lane"
            fail(
                "type_mismatch",
                "span needs an expression with a distance",
                expected="integer, money or date",
                got=describe(expr),
                fix=fix,
            )
        return built(IntegerExpr, e.GroupSpan(type=t.INTEGER, operand=expr.ir), expr)

    @overload
    def sum(self, lane: MoneyExpr) -> MoneyExpr: ...
    @overload
    def sum(self, lane: IntegerExpr) -> IntegerExpr: ...
    @authored
    def sum(self, lane: Expr) -> Expr:
        """Sum of an integer or money expression over the members, such as a quantity.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), order=fb.text(), amount=fb.money(scale=2))
        >>> fb.accept_if(lambda g: g.sum(rows.units) == 0, fb.agg_net(rows.order))
        <strategy accept_if>
        """
        return _fold(e.FoldOp.SUM, lane)

    @overload
    def min(self, lane: DateExpr) -> DateExpr: ...
    @overload
    def min(self, lane: MoneyExpr) -> MoneyExpr: ...
    @overload
    def min(self, lane: IntegerExpr) -> IntegerExpr: ...
    @authored
    def min(self, lane: Expr) -> Expr:
        """Smallest value of an integer, money or date expression over the members.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
        >>> guard = fb.accept_if(lambda g: g.min(rows.day).year == g.max(rows.day).year, fb.agg_net(rows.account))
        """
        return _fold(e.FoldOp.MIN, lane)

    @overload
    def max(self, lane: DateExpr) -> DateExpr: ...
    @overload
    def max(self, lane: MoneyExpr) -> MoneyExpr: ...
    @overload
    def max(self, lane: IntegerExpr) -> IntegerExpr: ...
    @authored
    def max(self, lane: Expr) -> Expr:
        """Largest value of an integer, money or date expression over the members.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), amount=fb.money(scale=2))
        >>> guard = fb.accept_if(lambda g: g.max(rows.units) < 1_000, fb.agg_net())
        """
        return _fold(e.FoldOp.MAX, lane)

    @authored
    def distinct(self, lane: Expr | tuple[object, ...]) -> IntegerExpr:
        """Number of distinct non-null values of an expression over the members.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
        >>> guard = fb.accept_if(lambda g: g.distinct(rows.account) >= 2, fb.agg_net(rows.account))
        """
        expr = _member(lane, "distinct")
        if expr.type.kind is Kind.LIST:
            fix = "count a scalar or a tuple"
            fail(
                "type_mismatch",
                "distinct needs a scalar or a tuple",
                expected="a scalar or a tuple",
                got=describe(expr),
                fix=fix,
            )
        return built(IntegerExpr, e.GroupDistinct(type=t.INTEGER, operand=expr.ir), expr)

    @authored
    def any(self, predicate: BooleanExpr) -> BooleanExpr:
        """True if at least one member satisfies a row condition.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), open=fb.boolean(), amount=fb.money(scale=2))
        >>> fb.accept_if(lambda g: g.any(rows.open), fb.agg_net())
        <strategy accept_if>
        """
        return self._quantified(BooleanExpr, e.QuantifierOp.ANY, t.BOOLEAN, predicate)

    @authored
    def all(self, predicate: BooleanExpr) -> BooleanExpr:
        """True if every member satisfies a row condition.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), open=fb.boolean(), amount=fb.money(scale=2))
        >>> fb.accept_if(lambda g: g.all(~rows.open), fb.agg_net())
        <strategy accept_if>
        """
        return self._quantified(BooleanExpr, e.QuantifierOp.ALL, t.BOOLEAN, predicate)

    @authored
    def count(self, predicate: BooleanExpr) -> IntegerExpr:
        """Number of members that satisfy a row condition.

        >>> import florecon_build as fb
        >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
        >>> guard = fb.accept_if(lambda g: g.count(rows.amount > 0) == 1, fb.agg_net(rows.account))
        """
        return self._quantified(IntegerExpr, e.QuantifierOp.COUNT, t.INTEGER, predicate)

    def _quantified(self, family: type[E], op: e.QuantifierOp, kind: t.Type, predicate: BooleanExpr) -> E:
        expr = never_null(_member(predicate, op.value), op.value)
        if expr.type.kind is not Kind.BOOLEAN:
            fix = "compare something"
            fail("type_mismatch", f"{op.value} needs a condition", expected="boolean", got=describe(expr), fix=fix)
        return built(family, e.GroupQuantifier(type=kind, op=op, predicate=expr.ir), expr)


@authored
def _no_fact(name: str) -> NoReturn:
    known = [item for item in dir(Group) if not item.startswith("_")]
    found = problem(
        "unknown_attribute", f"a group has no attribute `{name}`", fix=did_you_mean(name, known, "a group's facts")
    )
    raise MissingLaneError([found])


def _metric(op: e.MetricOp) -> IntegerExpr:
    return built(IntegerExpr, e.GroupMetric(type=t.INTEGER, op=op))


def _fold(op: e.FoldOp, lane: Expr) -> Expr:
    expr = never_null(_member(lane, op.value), op.value)
    dates: set[Kind] = set() if op is e.FoldOp.SUM else {Kind.DATE}
    if expr.type.kind not in {Kind.INTEGER, Kind.MONEY, *dates}:
        fix = "use an integer or money lane" + (", or a date" if dates else "")
        fail(
            "type_mismatch",
            f"{op.value} over the members needs whole numbers",
            expected="integer or money" if not dates else "integer, money or date",
            got=describe(expr),
            fix=f"{fix}; make whole units of a real with fb.minor_units(x, scale)",
        )
    return built(family_of(expr.type.kind), e.GroupFold(type=expr.type, op=op, operand=expr.ir), expr)


def _member(item: object, what: str) -> Expr:
    expr = lift(item, what=what)
    if reads(expr.ir) - Scope.ITEM.allowed:
        fail(
            "scope",
            f"{what} needs an expression over one member",
            expected=Scope.ITEM.value,
            got=f"`{show(expr.ir)}`",
            fix="use the lanes of the row: row.lane, row.lot.amount",
        )
    return expr
