"""Leaf and write-off nodes: the nodes that form groups."""

from __future__ import annotations

from florecon_build.frontend.diagnostics import answered, argument, author_span, fail, place, tolerant
from florecon_build.frontend.handles import BooleanExpr, Expr, describe
from florecon_build.frontend.numeric import IntegerExpr
from florecon_build.frontend.parameters import Tolerance, tolerance_of
from florecon_build.frontend.strategy import (
    Slot,
    Strategy,
    bucket_of,
    key_of,
    optional_key,
    order_of,
    plain_text,
    predicate_of,
    strategy,
)
from florecon_build.frontend.text import whole
from florecon_build.ir import nodes as n
from florecon_build.ir.types import Kind

Key = Expr | tuple[object, ...]
"""A key: any scalar expression, or a tuple of them."""

Tol = Tolerance | IntegerExpr | int
"""A tolerance, or a bare integer of minor units."""

MAX_SUBSET = 64


def _ir(expr: Expr | None):
    return None if expr is None else expr.ir


@tolerant
def exact_1to1(key: Key | None = None, order: Key | None = None) -> Strategy:
    """Pairs equal and opposite amounts within a key: each side sorted by ``order``, paired first with first.

    ``key``: items pair only within one value of it (none: any with any); ``order``: never null, not real (none: by id).
    Groups have origin ``exact_1to1`` and reason ``exact 1:1 pair``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.exact_1to1(rows.account, order=rows.day)
    <strategy exact_1to1>
    """
    with place("exact_1to1"):
        by = optional_key(key, Slot("exact_1to1.key"))
        along = None if order is None else order_of(order, Slot("exact_1to1.order"))
        return strategy(n.Exact1to1(key=_ir(by), order=_ir(along), span=author_span()), by, along)


@tolerant
def agg_net(key: Key | None = None, tol: Tol = 0) -> Strategy:
    """Takes each whole bucket of at least two items and both signs whose net is within ``tol`` (minor units).

    Groups have origin ``agg_net`` and reason ``aggregate net``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.agg_net(rows.account, tol=fb.rel_tol(bps=10, floor=100))
    <strategy agg_net>
    """
    with place("agg_net"):
        by = optional_key(key, Slot("agg_net.key"))
        slack = tolerance_of(tol, "agg_net.tol")
        return strategy(n.AggNet(key=_ir(by), tol=slack.ir, span=author_span()), by, slack)


@tolerant
def signal_group(signals: Expr, tol: Tol = 0, cap: int = 256) -> Strategy:
    """Groups items that share a signal (a reference, a token) and net within ``tol``: 2 to ``cap`` members, both signs.

    ``signals`` is a list lane (``tokens``, ``ngrams``) or a text. Small buckets go first; an item is taken once. The
    reason is ``shared reference <signal>``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.signal_group(fb.tokens(rows.memo, min_length=6, with_digit=True), tol=5)
    <strategy signal_group>
    """
    with place("signal_group"):
        by = _signals(signals)
        slack = tolerance_of(tol, "signal_group.tol")
        answered(whole(cap, "signal_group.cap", least=2))
        return strategy(n.SignalGroup(signals=by.ir, tol=slack.ir, cap=cap, span=author_span()), by, slack)


@argument
def _signals(item: object) -> Expr:
    by = answered(key_of(item, Slot("signal_group.signals"), lists=True))
    if by.type.kind not in {Kind.LIST, Kind.TEXT}:
        fix = "use fb.tokens(text), fb.ngrams(text) or a text lane"
        fail("not_a_key", "signals are texts", expected="list of text, or text", got=describe(by), fix=fix)
    return by


@tolerant
def running_zero(order: Key, tol: Tol = 0, key: Key | None = None) -> Strategy:
    """Closes a segment each time the running balance, along ``order``, is back within ``tol`` of zero; the tail stays.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.running_zero(rows.day, key=rows.account)
    <strategy running_zero>
    """
    with place("running_zero"):
        along = order_of(order, Slot("running_zero.order"))
        slack = tolerance_of(tol, "running_zero.tol")
        by = optional_key(key, Slot("running_zero.key"))
        node = n.RunningZero(order=along.ir, tol=slack.ir, key=_ir(by), span=author_span())
        return strategy(node, along, slack, by)


@tolerant
def subset_net(key: Key | None = None, tol: Tol = 0, max_size: int = 8, budget: int = 100_000) -> Strategy:
    """Finds in each bucket the smallest subsets that net within ``tol``: exact, up to ``max_size`` members.

    ``budget`` is the number of search steps a bucket may take; when it runs out the bucket stays residual, and the
    trace says so. It counts steps, never time, so that a rerun gives the same answer.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.subset_net(rows.account, max_size=4)
    <strategy subset_net>
    """
    with place("subset_net"):
        by = optional_key(key, Slot("subset_net.key"))
        slack = tolerance_of(tol, "subset_net.tol")
        answered(whole(max_size, "subset_net.max_size", least=2, most=MAX_SUBSET))
        answered(whole(budget, "subset_net.budget", least=1, most=2**53))
        node = n.SubsetNet(key=_ir(by), tol=slack.ir, max_size=max_size, budget=budget, span=author_span())
        return strategy(node, by, slack)


@tolerant
def soak_all(origin: str = "soak_all", mode: str = "singleton", key: Key | None = None) -> Strategy:
    """Classifies everything that is left: one group per item, or with ``mode="bucket"`` one per ``key``.

    A bucket's origin is ``origin:key``. A net other than zero is expected. Items with a null key stay.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.soak_all("open items", mode="bucket", key=rows.account)
    <strategy soak_all>
    """
    with place("soak_all"):
        name = plain_text(origin, "soak_all.origin")
        how, by = answered(bucket_of(mode, key, "soak_all"))
        return strategy(n.SoakAll(origin=name, mode=how, key=_ir(by), span=author_span()), by)


@tolerant
def soak_small(tol: Tol, origin: str = "soak_small", mode: str = "singleton", key: Key | None = None) -> Strategy:
    """Classifies each item whose amount is within a tolerance of its row's original amount: write-offs.

    >>> import florecon_build as fb
    >>> fb.soak_small(fb.param("write_off", 500), origin="write-off")
    <strategy soak_small>
    """
    with place("soak_small"):
        slack = tolerance_of(tol, "soak_small.tol")
        name = plain_text(origin, "soak_small.origin")
        how, by = answered(bucket_of(mode, key, "soak_small"))
        node = n.SoakSmall(tol=slack.ir, origin=name, mode=how, key=_ir(by), span=author_span())
        return strategy(node, slack, by)


@tolerant
def soak_if(
    predicate: BooleanExpr, origin: str = "soak_if", mode: str = "singleton", key: Key | None = None
) -> Strategy:
    """Classifies each item that satisfies a row condition.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(), amount=fb.money(scale=2))
    >>> fb.soak_if(rows.memo.normalize().contains("bank charge"), origin="fees")
    <strategy soak_if>
    """
    with place("soak_if"):
        test = predicate_of(predicate, Slot("soak_if.predicate"))
        name = plain_text(origin, "soak_if.origin")
        how, by = answered(bucket_of(mode, key, "soak_if"))
        node = n.SoakIf(predicate=test.ir, origin=name, mode=how, key=_ir(by), span=author_span())
        return strategy(node, test, by)
