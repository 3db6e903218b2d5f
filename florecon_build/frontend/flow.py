"""``flow`` node: minimum-cost-flow matching."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast, overload

from florecon_build.frontend.deferred_cost import pending
from florecon_build.frontend.diagnostics import Missing, answered, attempt, author_span, fail, place, tolerant
from florecon_build.frontend.handles import Expr, all_uses, as_real, describe, lift, never_null
from florecon_build.frontend.leaves import Key
from florecon_build.frontend.numeric import IntegerExpr, RealExpr
from florecon_build.frontend.parameters import setting_of
from florecon_build.frontend.rows import Rows, Side, Source, common_source, rows_of, side
from florecon_build.frontend.strategy import (
    Slot,
    Strategy,
    in_scope,
    key_of,
    measure_of,
    real_cost,
    strategy,
)
from florecon_build.frontend.text_settings import whole
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.scope import Scope

Cost = RealExpr | IntegerExpr | float
"""What a pair costs: a number without a unit, comparable with penalties."""


R = TypeVar("R", bound=Rows)


@overload
def flow(
    *,
    penalty: Cost,
    cost: Callable[[R, R], Cost],
    rows: R,
    match_keys: Sequence[Key] = (),
    order: Expr | None = None,
    window: IntegerExpr | int | None = None,
    bucket_cap: int = 256,
    window_cap: int = 256,
) -> Strategy: ...
@overload
def flow(
    *,
    penalty: Cost,
    cost: Callable[[Side, Side], Cost] | Cost,
    match_keys: Sequence[Key] = (),
    order: Expr | None = None,
    window: IntegerExpr | int | None = None,
    bucket_cap: int = 256,
    window_cap: int = 256,
    rows: Rows | None = None,
) -> Strategy: ...
@overload
def flow(
    *,
    penalty: Cost,
    cost: Callable[[R, R], Cost],
    match_keys: Sequence[Key] = (),
    order: Expr | None = None,
    window: IntegerExpr | int | None = None,
    bucket_cap: int = 256,
    window_cap: int = 256,
) -> Strategy: ...
@tolerant
def flow(
    *,
    penalty: object,
    cost: object,
    match_keys: object = (),
    order: object = None,
    window: object = None,
    bucket_cap: int = 256,
    window_cap: int = 256,
    rows: object = None,
) -> Strategy:
    """Minimum-cost flow: matches positive with negative rows at least total cost of matched units plus penalty of open
    units.

    Parameters:
    - ``penalty``: cost of one open unit, at least 0; a constant or a row expression.
    - ``cost``: cost of matching one unit of ``a`` (positive) with one of ``b`` (negative); a number or ``lambda a, b:
      ...``. A null cost forbids the pair.
    - ``match_keys``: key expressions or lists of keys. Rows that share a key of one entry are candidates.
    - ``order``, ``window``: rows with ``abs(a.order - b.order) <= window`` are candidates; the window is in days, minor
      units or integers.
    - ``bucket_cap``: a key of more rows is skipped.
    - ``window_cap``: of a pair whose windows both hold more rows, one must be among this many nearest of the other. The
      stages count both caps as ``over_cap``.
    - ``rows``: rows of ``a`` and ``b``. Default: those of the other arguments; if these read none
      (``match_keys=[fb.amount_key()]``), ``cost`` is resolved when a plugin declares its rows.

    Groups have origin ``flow`` and reason ``min-cost flow``, and net to zero; a row can be split over several groups.

    Errors: ``StrategyError`` at the author's line. At run time a cost that is NaN, infinite or beyond 1e12 is
    ``bad_cost``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.flow(penalty=10, order=rows.day, window=30, cost=lambda a, b: 1 + 0.1 * fb.gap(a.day, b.day))
    <strategy flow>
    """
    with place("flow"):
        fine = attempt(lambda: _penalty(answered(penalty)))
        keys = attempt(lambda: _match_keys(match_keys))
        band = attempt(lambda: _window(answered(order), answered(window)))
        attempt(lambda: whole(answered(bucket_cap), "flow.bucket_cap", least=2))
        attempt(lambda: whole(answered(window_cap), "flow.window_cap", least=1))
        parts = [part for part in (fine, *_present(keys), *_present(band)) if isinstance(part, Expr)]
        source = attempt(lambda: _source(answered(rows), parts))
        price = attempt(lambda: _cost(answered(cost), source))
        along, wide = answered(band)
        node = n.Flow(
            penalty=answered(fine).ir,
            cost=answered(price).ir,
            order=None if along is None else along.ir,
            window=None if wide is None else wide.ir,
            match_keys=tuple(key.ir for key in answered(keys)),
            bucket_cap=answered(bucket_cap),
            window_cap=answered(window_cap),
            span=author_span(),
        )
        return strategy(node, *parts, price)


def _present(parts: Iterable[Expr | None] | Missing) -> Iterable[Expr | None]:
    return () if isinstance(parts, Missing) else parts


def _penalty(penalty: object) -> Expr:
    slot = Slot("flow.penalty")
    expr = in_scope(lift(penalty, like=t.REAL, what=slot.name), slot)
    real_cost(expr, slot.name)
    expr = as_real(never_null(expr, slot.name))
    if isinstance(expr.ir, e.Lit) and isinstance(expr.ir.value, float) and expr.ir.value < 0:
        fix = "use the price of leaving one unit unmatched"
        fail("bad_setting", "flow.penalty must not be negative", expected="at least 0", got=str(expr.ir.value), fix=fix)
    return expr


def _match_keys(match_keys: object) -> list[Expr]:
    if isinstance(match_keys, Missing):
        raise StrategyError([])
    if isinstance(match_keys, Expr):
        fix = "write a list: match_keys=[row.tokens]"
        fail("not_a_list", "flow.match_keys must be a list of keys", got=describe(match_keys), fix=fix)
    if not isinstance(match_keys, Sequence) or isinstance(match_keys, str):
        fail(
            "not_a_list",
            "flow.match_keys must be a list of keys",
            got=describe(match_keys),
            fix="match_keys=[row.key, ..]",
        )
    keys = cast("Sequence[object]", match_keys)
    return [key_of(key, Slot(f"flow.match_keys[{index}]"), lists=True) for index, key in enumerate(keys)]


def _window(order: object, window: object) -> tuple[Expr | None, Expr | None]:
    if (order is None) != (window is None):
        missing, given = ("window", "order") if window is None else ("order", "window")
        fix = f"give {missing}= as well, or leave {given}= out and use match_keys"
        fail("half_window", f"flow: {given} without {missing}", expected="both or neither", got=given, fix=fix)
    if order is None:
        return None, None
    return measure_of(order, Slot("flow.order")), setting_of(window, "flow.window", least=0)


def _source(rows: object, parts: Sequence[Expr]) -> Source | None:
    """Whose lanes ``a`` and ``b`` have: said, or those of the other arguments; None where neither tells."""
    if rows is not None:
        return rows_of(rows, "flow.rows")
    return common_source(all_uses(part.uses for part in parts).sources, "flow")


def _cost(cost: object, source: Source | None) -> Expr:
    with place(".cost"):
        if not callable(cost) or isinstance(cost, Expr):
            return _priced(cost)
        if source is None:
            return pending(lambda given: _called(cost, given), author_span())
        return _called(cost, answered(source))


def _priced(price: object) -> Expr:
    slot = Slot("flow.cost", Scope.PAIR)
    expr = in_scope(lift(price, like=t.REAL, what=slot.name), slot)
    real_cost(expr, slot.name)
    return as_real(expr)


def _called(cost: Callable[..., object], source: Source) -> Expr:
    result = answered(cost(side(source, e.Var.A), side(source, e.Var.B)))
    if result is None:
        fix = "a lambda gives its expression back; a def needs `return`"
        fail(
            "not_an_expression",
            "the function of flow.cost returned nothing",
            expected="an expression",
            got="None",
            fix=fix,
        )
    return _priced(result)
