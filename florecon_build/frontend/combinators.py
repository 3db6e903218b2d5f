"""Combinator nodes: nodes that hold other nodes, on a bag or on groups."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast, overload

from florecon_build.frontend.constants import is_constant
from florecon_build.frontend.diagnostics import (
    Missing,
    answered,
    argument,
    attempt,
    author_span,
    authored,
    fail,
    place,
    tolerant,
)
from florecon_build.frontend.functions import first_of, table_key
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import BooleanExpr, E, Expr, describe, lift
from florecon_build.frontend.leaves import Key, Tol
from florecon_build.frontend.numeric import IntegerExpr, MoneyExpr
from florecon_build.frontend.parameters import setting_of, tolerance_of
from florecon_build.frontend.strategy import (
    Slot,
    Strategy,
    in_scope,
    inner_of,
    key_of,
    measure_of,
    of_group,
    plain_text,
    predicate_of,
    strategy,
)
from florecon_build.frontend.text import family_of
from florecon_build.frontend.text_settings import choice, whole
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.scope import Scope
from florecon_build.ir.types import Kind, Type

_binders = itertools.count()


@authored
def identity() -> Strategy:
    """Matches nothing: all rows stay open.

    >>> import florecon_build as fb
    >>> fb.identity()
    <strategy identity>
    """
    return strategy(n.Identity(span=author_span()))


@tolerant
def seq(*steps: Strategy) -> Strategy:
    """Sequence of steps; each step receives the open items of the step before.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> fb.seq(fb.exact_1to1(), fb.agg_net(), fb.soak_all())
    <strategy seq>
    """
    with place("seq"):
        if not steps:
            fail("too_few", "seq has no steps", fix="add a step; fb.identity() matches nothing")
        inner = [inner_of(step, f"seq[{index}]") for index, step in enumerate(steps)]
        return strategy(n.Seq(steps=tuple(step.ir for step in inner), span=author_span()), *inner)


@tolerant
def for_n(count: int, build: Callable[[int], Strategy]) -> Strategy:
    """Sequence of ``count`` steps, ``build(0)`` to ``build(count - 1)``.

    Parameters:
    - ``count``: number of steps, a Python integer from 1 to 1,000.
    - ``build``: function of the step number (a Python integer) that returns a strategy.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.for_n(3, lambda i: fb.windowed(rows.day, 2 ** (i + 1), fb.exact_1to1()))
    <strategy seq>
    """
    with place("for_n"):
        answered(whole(count, "for_n: count", least=1, most=1000))
        inner = [inner_of(build(index), f"for_n[{index}]") for index in range(count)]
        return strategy(n.Seq(steps=tuple(step.ir for step in inner), span=author_span()), *inner)


@tolerant
def partition_by(key: Key, inner: Strategy) -> Strategy:
    """Applies ``inner`` to the rows of each key (shard) independently.

    Parameters:
    - ``key``: a scalar row expression or a tuple of them. A row with a null key stays open.
    - ``inner``: the strategy of each shard.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), book=fb.text(), currency=fb.text(), amount=fb.money(scale=2))
    >>> fb.partition_by((rows.book, rows.currency), fb.exact_1to1())
    <strategy partition_by>
    """
    with place("partition_by"):
        by = key_of(key, Slot("partition_by.key"))
        below = inner_of(inner, "partition_by: inner")
        return strategy(n.PartitionBy(key=by.ir, inner=below.ir, span=author_span()), by, below)


@overload
def partition_by_with(key: Key, inner: Mapping[Any, Strategy], default: Strategy | None = None) -> Strategy: ...
@overload
def partition_by_with(key: Key, inner: Callable[[Any], Strategy]) -> Strategy: ...
@tolerant
def partition_by_with(key: Key, inner: object, default: Strategy | None = None) -> Strategy:
    """Applies a strategy that depends on the key to the rows of each key independently.

    Parameters:
    - ``key``: a scalar row expression or a tuple of them. A row with a null key stays open.
    - ``inner``: ``{constant: strategy}``, or ``lambda k: strategy``. In the second form ``k`` is the key of the
      shard, for tolerances, costs and predicates; a part of a tuple key is ``k[0]``, ``k[1]``, ... The function is
      called once, when the strategy is built.
    - ``default``: strategy of keys that are not in the table; ``identity()`` unless given.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), currency=fb.text(), amount=fb.money(scale=2))
    >>> by_table = fb.partition_by_with(rows.currency, {"JPY": fb.agg_net(tol=100)}, default=fb.agg_net(tol=1))
    >>> by_key = fb.partition_by_with(rows.currency, lambda k: fb.agg_net(tol=fb.lookup(k, {"JPY": 100}, 1)))
    """
    with place("partition_by_with"):
        by = key_of(key, Slot("partition_by_with.key"))
        if isinstance(by, Missing):  # while collecting: look at what the function says all the same
            inner(by) if callable(inner) else None
            raise StrategyError([])
        if isinstance(inner, Mapping):
            return _partition_table(by, inner, default)  # pyright: ignore[reportUnknownArgumentType]
        if default is not None:
            fail(
                "extra_default",
                "partition_by_with: a function takes no default",
                got="default=..",
                fix="remove the default",
            )
        if not callable(inner):
            fix = "give {value: strategy, ..} or lambda k: strategy; for one strategy use partition_by"
            fail(
                "not_a_strategy",
                "partition_by_with: invalid inner",
                expected="a dict or a function",
                got=describe(inner),
                fix=fix,
            )
        binder = next(_binders)
        kind = by.type.with_nullable(False)
        shard = family_of(kind.kind)(e.ShardKey(type=kind, binder=binder, span=author_span()))
        below = inner_of(answered(inner(shard)), "partition_by_with: what the function gave back")
        return strategy(n.PartitionByWith(key=by.ir, binder=binder, inner=below.ir, span=author_span()), by, below)


def _partition_table(by: Expr, table: Mapping[object, object], default: Strategy | None) -> Strategy:
    cases = [(_case(key, by.type), inner_of(item, f"partition_by_with[{key!r}]")) for key, item in table.items()]
    rest = identity() if default is None else inner_of(default, "partition_by_with: default")
    return partition_table(by, cases, rest)


Case = e.Constant | tuple[e.Constant, ...]


def partition_table(by: Expr, cases: Sequence[tuple[Case, Strategy]], default: Strategy) -> Strategy:
    """``PartitionByTable`` over constants as they stand in the tree."""
    slot = Slot("partition_by_with.key")
    _check_table_key(key_of(by, slot).type)
    if not cases or len({key for key, _ in cases}) < len(cases):
        fail(
            "bad_setting",
            "partition_by_with: the table must not be empty and must not repeat a key",
            fix="{value: strategy, ..}",
        )
    parts = by.type.parts or (by.type.with_nullable(False),)
    for key, _ in cases:
        cells = key if isinstance(key, tuple) else (key,)
        if len(cells) != len(parts) or not all(map(is_constant, cells, parts)):
            fail("type_mismatch", f"{slot.name}: the key has another type", expected=str(by.type), got=repr(key))
    table = tuple((key, case.ir) for key, case in cases)
    node = n.PartitionByTable(key=by.ir, cases=table, default=default.ir, span=author_span())
    return strategy(node, by, *(case for _, case in cases), default)


def _check_table_key(kind: Type) -> None:
    if kind.kind is Kind.REAL or any(part.kind in {Kind.REAL, Kind.TUPLE} for part in kind.parts):
        fix = "use a key of texts, integers, dates, money or booleans"
        fail("not_a_key", f"partition_by_with: constants of type {kind} cannot be keys", got=str(kind), fix=fix)


def _case(key: object, kind: Type) -> Case:
    what = "partition_by_with"
    _check_table_key(kind)
    if kind.kind is not Kind.TUPLE:
        return table_key(key, kind, what)
    parts: tuple[object, ...] = cast("tuple[object, ...]", key) if isinstance(key, tuple) else ()
    if len(parts) != len(kind.parts):
        fix = f"write a tuple of {len(kind.parts)} constants"
        fail(
            "type_mismatch",
            f"{what}: the key has another number of parts",
            expected=str(kind),
            got=describe(cast(object, key)),
            fix=fix,
        )
    return tuple(table_key(part, of, what) for part, of in zip(parts, kind.parts, strict=True))


@tolerant
def when(predicate: BooleanExpr, inner: Strategy) -> Strategy:
    """Applies ``inner`` to the rows that satisfy a condition; the other rows stay open.

    Parameters:
    - ``predicate``: boolean row expression that is never null.
    - ``inner``: the strategy of these rows.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.when(rows.account.startswith("14"), fb.exact_1to1(rows.account))
    <strategy when>
    """
    with place("when"):
        test = predicate_of(predicate, Slot("when.predicate"))
        below = inner_of(inner, "when: inner")
        return strategy(n.When(predicate=test.ir, inner=below.ir, span=author_span()), test, below)


@tolerant
def windowed(order: Expr, width: IntegerExpr | int, inner: Strategy) -> Strategy:
    """Applies ``inner`` to bands of rows along ``order``; open items of a band are carried into the next one while
    within ``width``.

    Parameters:
    - ``order``: date, money or integer expression that is never null.
    - ``width``: width of a band: days for dates, minor units for money.
    - ``inner``: the strategy of each band.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.windowed(rows.day, 31, fb.agg_net())
    <strategy windowed>
    """
    with place("windowed"):
        along = measure_of(order, Slot("windowed.order"))
        wide = setting_of(width, "windowed.width", least=1)
        below = inner_of(inner, "windowed: inner")
        return strategy(
            n.Windowed(order=along.ir, width=wide.ir, inner=below.ir, span=author_span()), along, wide, below
        )


@tolerant
def pivot(amount: MoneyExpr | IntegerExpr, inner: Strategy) -> Strategy:
    """Matches in another amount column (numeraire) and converts the groups back exactly.

    Parameters:
    - ``amount``: money or integer row expression. A row with a null or zero amount stays open.
    - ``inner``: the strategy that runs in this amount.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2), usd=fb.money(scale=2, nullable=True))
    >>> fb.pivot(rows.usd, fb.agg_net(tol=100))
    <strategy pivot>
    """
    with place("pivot"):
        alt = _alternative(amount)
        below = inner_of(inner, "pivot: inner")
        return strategy(n.Pivot(amount=alt.ir, inner=below.ir, span=author_span()), alt, below)


@argument
def _alternative(amount: object) -> Expr:
    alt = in_scope(lift(amount, what="pivot.amount"), Slot("pivot.amount"))
    if alt.type.kind not in {Kind.MONEY, Kind.INTEGER}:
        fix = "use money, or fb.minor_units(real, scale)"
        fail("type_mismatch", "pivot.amount must be exact", expected="money or integer", got=describe(alt), fix=fix)
    return alt


@tolerant
def fixed_point(inner: Strategy, max_passes: int) -> Strategy:
    """Repeats ``inner`` on its open items until a pass forms no group.

    Parameters:
    - ``inner``: the strategy of each pass.
    - ``max_passes``: largest number of passes, from 1 to 10,000.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> fb.fixed_point(fb.agg_net(), max_passes=5)
    <strategy fixed_point>
    """
    with place("fixed_point"):
        answered(whole(max_passes, "fixed_point.max_passes", least=1, most=10_000))
        below = inner_of(inner, "fixed_point: inner")
        return strategy(n.FixedPoint(inner=below.ir, max_passes=max_passes, span=author_span()), below)


@tolerant
def best_of(score: str, *strategies: Strategy) -> Strategy:
    """Runs each of the strategies on the same rows and keeps the outcome of the best one, the first of equals.

    Parameters:
    - ``score``: ``"matched_value"``, the largest matched value; ``"matched_items"``, the most rows with a matched
      amount; or ``"fewest_groups"``, the fewest groups among those that match the most rows.
    - ``strategies``: two or more alternatives.

    The choice is made once for all rows of the node: in ``partition_by`` once for each key. Counters and explanations
    are those of the strategy that was taken.

    Errors: ``StrategyError`` at the author's line for another score or fewer than two strategies; when the plugin is
    built, for ``"matched_value"`` over rows of several currencies.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.partition_by(rows.account, fb.best_of("matched_items", fb.agg_net(), fb.running_zero(rows.day)))
    <strategy partition_by>
    """
    with place("best_of"):
        measure = answered(choice(n.Score, score, "best_of.score", fix="give one of these before the strategies"))
        if len(strategies) < 2:
            fail(
                "too_few",
                "best_of has nothing to choose from",
                expected="two or more strategies",
                got=str(len(strategies)),
                fix="add an alternative, or use the strategy alone",
            )
        inner = [inner_of(one, f"best_of[{index}]") for index, one in enumerate(strategies)]
        node = n.BestOf(score=measure, strategies=tuple(one.ir for one in inner), span=author_span())
        return strategy(node, *inner)


@tolerant
def labeled(tag: str, inner: Strategy) -> Strategy:
    """Adds ``tag: `` before the reason of every group of ``inner``. Open items are not labeled.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> fb.labeled("same day", fb.exact_1to1())
    <strategy labeled>
    """
    with place("labeled"):
        name = plain_text(tag, "labeled.tag")
        below = inner_of(inner, "labeled: inner")
        return strategy(n.Labeled(tag=name, inner=below.ir, span=author_span()), below)


@tolerant
def accept_if(predicate: Callable[[Group], BooleanExpr] | BooleanExpr, inner: Strategy) -> Strategy:
    """Keeps the groups of ``inner`` that satisfy a condition; the members of the others stay open.

    Parameters:
    - ``predicate``: function of a group ``g`` (see ``Group``) that returns a boolean expression.
    - ``inner``: the strategy that forms the groups.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.accept_if(lambda g: g.span(rows.day) <= 31, fb.agg_net())
    <strategy accept_if>
    """
    with place("accept_if"):
        slot = Slot("accept_if.predicate", Scope.GROUP)
        with place(".predicate"):
            test = attempt(lambda: predicate_of(of_group(predicate), slot))
        below = attempt(lambda: inner_of(answered(inner), "accept_if: inner"))
        node = n.AcceptIf(predicate=answered(test).ir, inner=answered(below).ir, span=author_span())
        return strategy(node, test, below)


@overload
def coalesce(first: E, /, *others: object) -> E: ...
@overload
def coalesce(first: str, others: Strategy, /) -> Strategy: ...
@authored
def coalesce(first: object, /, *others: object) -> object:
    """For values: the first that is not null, as ``first_of``. ``coalesce(origin, strategy)``: joins groups that share
    a row.

    The node adds the amounts of a row in the joined groups; a member with amount zero is removed. Joined groups have
    the given origin and reason ``coalesced``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.coalesce(rows.memo, "")
    <text fb.first_of(row.memo, "")>
    >>> fb.coalesce("chain", fb.agg_net())
    <strategy coalesce>
    """
    if any(isinstance(other, Strategy) for other in others):
        with place("coalesce"):
            if len(others) != 1:
                fail("not_a_strategy", "coalesce(origin, inner) takes one strategy", fix="join steps with fb.seq(..)")
            name = plain_text(first, "coalesce.origin")
            below = inner_of(others[0], "coalesce: inner")
            return strategy(n.Coalesce(origin=name, inner=below.ir, span=author_span()), below)
    return first_of(cast(Expr, first), *others)


@tolerant
def trim(tol: Tol, inner: Strategy) -> Strategy:
    """Removes small members from the groups of ``inner``: an amount within the tolerance of the row's original amount
    is opened again.

    Parameters:
    - ``tol``: tolerance; a relative one refers to the original amount of the row.
    - ``inner``: the strategy that forms the groups.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    >>> fb.trim(fb.rel_tol(bps=1, floor=1), fb.flow(penalty=5, match_keys=[fb.amount_key()], cost=1.0))
    <strategy trim>
    """
    with place("trim"):
        slack = tolerance_of(tol, "trim.tol")
        below = inner_of(inner, "trim: inner")
        return strategy(n.Trim(tol=slack.ir, inner=below.ir, span=author_span()), slack, below)


@tolerant
def snap(tol: Tol, inner: Strategy) -> Strategy:
    """Adds a small part of a row to its largest part, so that a row is not split for an amount within the tolerance.

    Parameters:
    - ``tol``: tolerance; a relative one refers to the original amount of the row.
    - ``inner``: the strategy that forms the groups.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> fb.snap(5, fb.agg_net())
    <strategy snap>
    """
    with place("snap"):
        slack = tolerance_of(tol, "snap.tol")
        below = inner_of(inner, "snap: inner")
        return strategy(n.Snap(tol=slack.ir, inner=below.ir, span=author_span()), slack, below)


@tolerant
def whole_only(inner: Strategy) -> Strategy:
    """Keeps only the groups of ``inner`` whose rows are matched in full; the members of the others stay open.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> fb.whole_only(fb.agg_net())
    <strategy whole_only>
    """
    with place("whole_only"):
        below = inner_of(inner, "whole_only: inner")
        return strategy(n.WholeOnly(inner=below.ir, span=author_span()), below)


@tolerant
def reclaim(inner: Strategy, tol: Tol) -> Strategy:
    """Completes the groups of ``inner`` with whole rows: each takes what else came of its rows, and is kept if its net
    is then within the tolerance. Otherwise its rows stay open as a whole.

    Groups that share a row become one, with origin ``reclaim`` and reason ``reclaimed``; the others keep theirs. So no
    row is split, and what a payment differs from its invoices is the net of their group.

    Parameters:
    - ``inner``: the strategy that forms the groups, such as ``flow``, which splits rows.
    - ``tol``: tolerance for the net of a group: an integer of minor units, an integer parameter, or a relative one.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope; when the
    plugin is built, for a strategy that forms no groups.

    >>> import florecon_build as fb
    >>> fb.reclaim(fb.flow(penalty=5, match_keys=[fb.amount_key()], cost=1.0), tol=fb.rel_side_tol(bps=50))
    <strategy reclaim>
    """
    with place("reclaim"):
        below = inner_of(inner, "reclaim: inner")
        slack = tolerance_of(tol, "reclaim.tol")
        return strategy(n.Reclaim(tol=slack.ir, inner=below.ir, span=author_span()), slack, below)
