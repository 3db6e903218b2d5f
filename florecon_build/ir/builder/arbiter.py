"""``flow``: the min-cost-flow arbiter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from florecon_build.ir import nodes as n
from florecon_build.ir import types as t
from florecon_build.ir import values as v
from florecon_build.ir.builder.base import Expr, all_uses, as_real, describe, lift, never_null
from florecon_build.ir.builder.columns import RowFamily, Rows, Side, declared_here, rows_parts, side
from florecon_build.ir.builder.leaves import Key
from florecon_build.ir.builder.numeric import IntegerExpr, RealExpr
from florecon_build.ir.builder.settings import setting_of
from florecon_build.ir.builder.strategy import (
    Slot,
    Strategy,
    in_scope,
    key_of,
    measure_of,
    real_cost,
    strategy,
)
from florecon_build.ir.builder.text import whole
from florecon_build.ir.errors import answered, author_span, authored, fail, place
from florecon_build.ir.scope import Scope

Cost = RealExpr | IntegerExpr | float
"""What a pair costs: a number without a unit, comparable with penalties."""


@authored
def flow(
    *,
    penalty: Cost,
    cost: Callable[[Side, Side], Cost] | Cost,
    match_keys: Sequence[Key] = (),
    order: Expr | None = None,
    window: IntegerExpr | int | None = None,
    bucket_cap: int = 256,
    rows: Rows | None = None,
) -> Strategy:
    """Matches opposite lots so that cost of what is matched plus penalty of what is not is the least there is.

    ``penalty``: per unit left unmatched, at least 0, a constant or a row expression. ``cost(a, b)``: of matching a
    unit of ``a`` (positive) with one of ``b`` (negative); null forbids the pair. A pair is a candidate when it shares
    a key in any entry of ``match_keys``, or when ``abs(a.order - b.order) <= window``. A key that more than
    ``bucket_cap`` items share is skipped. ``rows`` is needed only where nothing else says which rows ``a`` and ``b``
    are.

    Groups have origin ``flow`` and reason ``min-cost flow``, and net to zero; a lot may be split. At run time a cost
    that is NaN, infinite or beyond 1e12 is ``bad_cost``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.flow(penalty=10, order=rows.day, window=30, cost=lambda a, b: 1 + 0.1 * fb.gap(a.day, b.day))
    <strategy flow>
    """
    with place("flow"):
        fine = _penalty(penalty)
        keys = _match_keys(match_keys)
        along, wide = _window(order, window)
        whole(bucket_cap, "flow.bucket_cap", least=2)
        parts = [part for part in (fine, *keys, along, wide) if part is not None]
        price = _cost(cost, _family(rows, parts))
        node = n.Flow(
            penalty=fine.ir,
            cost=price.ir,
            order=None if along is None else along.ir,
            window=None if wide is None else wide.ir,
            match_keys=tuple(key.ir for key in keys),
            bucket_cap=bucket_cap,
            span=author_span(),
        )
        return strategy(node, *parts, price)


def _penalty(penalty: object) -> Expr:
    slot = Slot("flow.penalty")
    expr = in_scope(lift(penalty, like=t.REAL, what=slot.name), slot)
    real_cost(expr, slot.name)
    expr = as_real(never_null(expr, slot.name))
    if isinstance(expr.ir, v.Lit) and isinstance(expr.ir.value, float) and expr.ir.value < 0:
        fix = "use the price of leaving one unit unmatched"
        fail("bad_setting", "flow.penalty is negative", expected="at least 0", got=str(expr.ir.value), fix=fix)
    return expr


def _match_keys(match_keys: object) -> list[Expr]:
    if isinstance(match_keys, Expr):
        fix = "write a list: match_keys=[row.tokens]"
        fail("not_a_list", "flow.match_keys is a list of keys", got=describe(match_keys), fix=fix)
    if not isinstance(match_keys, Sequence) or isinstance(match_keys, str):
        fail(
            "not_a_list", "flow.match_keys is a list of keys", got=describe(match_keys), fix="match_keys=[row.key, ..]"
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


def _family(rows: object, parts: Sequence[Expr]) -> RowFamily | None:
    """Whose lanes ``a`` and ``b`` have: said, or the other arguments', or the only ones of the author's file."""
    if rows is not None:
        if not isinstance(rows, Rows):
            fail(
                "not_rows", "flow.rows", expected="what columns() or derive() gave", got=describe(rows), fix="rows=row"
            )
        return rows_parts(rows)[0]
    families = list(all_uses(part.uses for part in parts).families)
    if families:
        return families[0]
    here = declared_here()
    return here[0] if len(here) == 1 else None


def _cost(cost: object, family: RowFamily | None) -> Expr:
    slot = Slot("flow.cost", Scope.PAIR)
    with place(".cost"):
        expr = in_scope(lift(_called(cost, family), like=t.REAL, what=slot.name), slot)
        real_cost(expr, slot.name)
        return as_real(expr)


def _called(cost: object, family: RowFamily | None) -> object:
    if not callable(cost) or isinstance(cost, Expr):
        return cost
    if family is None:
        fail(
            "not_rows",
            "flow.cost: no other argument says whose lanes a and b have, nor does this file declare just one ledger",
            expected="rows=",
            fix="rows=row, with what columns() or derive() gave",
        )
    result = answered(cost(side(family, v.Var.A), side(family, v.Var.B)))
    if result is None:
        fix = "a lambda gives its expression back; a def needs `return`"
        fail("not_an_expression", "flow.cost gave nothing back", expected="an expression", got="None", fix=fix)
    return result
