"""Leaf and write-off nodes: the nodes that form groups."""

from __future__ import annotations

from collections.abc import Callable

from florecon_build.frontend.diagnostics import answered, argument, author_span, fail, place, tolerant
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import BooleanExpr, Expr, describe
from florecon_build.frontend.numeric import IntegerExpr
from florecon_build.frontend.parameters import Tolerance, tolerance_of
from florecon_build.frontend.strategy import (
    Slot,
    Strategy,
    acceptance_of,
    bucket_of,
    key_of,
    optional_key,
    order_of,
    plain_text,
    predicate_of,
    strategy,
)
from florecon_build.frontend.text_settings import choice, whole
from florecon_build.ir import nodes as n
from florecon_build.ir.expressions import ToleranceOp
from florecon_build.ir.python_printer import show
from florecon_build.ir.scope import Reads, reads
from florecon_build.ir.types import Kind

Key = Expr | tuple[object, ...]
"""A key: any scalar expression, or a tuple of them."""

Tol = Tolerance | IntegerExpr | int
"""A tolerance, or a bare integer of minor units."""

Accept = Callable[[Group], BooleanExpr] | BooleanExpr
"""A condition on a candidate group: a function of the group, or what it gives back."""

MAX_SUBSET = 64
ANCHORED_BUDGET = 100_000_000


def _ir(expr: Expr | None):
    return None if expr is None else expr.ir


@tolerant
def exact_1to1(key: Key | None = None, order: Key | None = None) -> Strategy:
    """Pairs equal and opposite amounts: within a key, both sides are sorted by ``order`` and paired first with first.

    Parameters:
    - ``key``: a scalar expression or a tuple of them; rows match only within one value. None: no restriction. A row
      with a null key stays open.
    - ``order``: integer, money, date or text expression that is never null. None: order of ids.

    Groups have origin ``exact_1to1`` and reason ``exact 1:1 pair``; their net is zero.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

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
def agg_net(key: Key | None = None, tol: Tol = 0, accept: Accept | None = None) -> Strategy:
    """Groups all rows of a key if there are at least two, of both signs, and their net is within the tolerance.

    Parameters:
    - ``key``: a scalar expression or a tuple of them; rows match only within one value. None: no restriction. A row
      with a null key stays open.
    - ``tol``: tolerance: an integer of minor units, an integer parameter, ``rel_tol`` or ``rel_max_tol``.
    - ``accept``: function of a candidate group ``g`` (see ``Group``) that returns a boolean expression. A group is
      formed only if it holds. Otherwise all rows of the key stay open.

    Groups have origin ``agg_net`` and reason ``aggregate net``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.agg_net(rows.account, tol=fb.rel_tol(bps=10, floor=100))
    <strategy agg_net>
    >>> fb.agg_net(rows.account, accept=lambda g: g.min_side == 1)
    <strategy agg_net>
    """
    with place("agg_net"):
        by = optional_key(key, Slot("agg_net.key"))
        slack = tolerance_of(tol, "agg_net.tol")
        test = acceptance_of(accept, "agg_net.accept")
        return strategy(n.AggNet(key=_ir(by), tol=slack.ir, accept=_ir(test), span=author_span()), by, slack, test)


@tolerant
def signal_group(signals: Expr, tol: Tol = 0, cap: int = 256, accept: Accept | None = None) -> Strategy:
    """Groups rows that share a reference (signal) and net within the tolerance.

    Parameters:
    - ``signals``: a list of references per row (``tokens``, ``ngrams``) or one text.
    - ``tol``: tolerance: an integer of minor units, an integer parameter, ``rel_tol`` or ``rel_max_tol``.
    - ``cap``: largest number of members of a group, at least 2. A group has at least 2 members, of both signs.
    - ``accept``: function of a candidate group ``g`` (see ``Group``) that returns a boolean expression. A group is
      formed only if it holds. Otherwise the next reference is tried.

    Small buckets are processed first; a row is matched once. Groups have origin ``signal_group`` and reason ``shared
    reference <signal>``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.signal_group(fb.tokens(rows.memo, min_length=6, with_digit=True), tol=5)
    <strategy signal_group>
    """
    with place("signal_group"):
        by = _signals(signals, "signal_group")
        slack = tolerance_of(tol, "signal_group.tol")
        answered(whole(cap, "signal_group.cap", least=2))
        test = acceptance_of(accept, "signal_group.accept")
        node = n.SignalGroup(signals=by.ir, tol=slack.ir, cap=cap, accept=_ir(test), span=author_span())
        return strategy(node, by, slack, test)


@argument
def _signals(item: object, node: str) -> Expr:
    by = answered(key_of(item, Slot(f"{node}.signals"), lists=True))
    if by.type.kind not in {Kind.LIST, Kind.TEXT}:
        fix = "use fb.tokens(text), fb.ngrams(text) or a text lane"
        fail("not_a_key", "signals must be texts", expected="list of text, or text", got=describe(by), fix=fix)
    return by


@tolerant
def reference_net(signals: Expr, tol: Tol = 0, cap: int = 256) -> Strategy:
    """Groups all rows that references (signals) connect, directly or through other rows, if they net within the
    tolerance: everything that a payment names, with the credit notes and fees that name it or its invoices.

    Parameters:
    - ``signals``: a list of references per row (``tokens``, ``extract_all``) or one text.
    - ``tol``: tolerance: an integer of minor units, an integer parameter, ``rel_tol`` or ``rel_max_tol``.
    - ``cap``: largest number of members of a group, at least 2. A group has at least 2 members, of both signs. A
      reference that more rows have connects nothing.

    Connected rows are one group, or all of them stay open; ``signal_group`` takes the rows of one reference at a time.
    Groups have origin ``reference_net`` and reason ``connected references``, and are always unique.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.reference_net(fb.tokens(rows.memo, min_length=6, with_digit=True), tol=5)
    <strategy reference_net>
    """
    with place("reference_net"):
        by = _signals(signals, "reference_net")
        slack = tolerance_of(tol, "reference_net.tol")
        answered(whole(cap, "reference_net.cap", least=2))
        return strategy(n.ReferenceNet(signals=by.ir, tol=slack.ir, cap=cap, span=author_span()), by, slack)


@tolerant
def running_zero(order: Key, tol: Tol = 0, key: Key | None = None, accept: Accept | None = None) -> Strategy:
    """Closes a group whenever the running balance along ``order`` returns to within the tolerance of zero.

    Parameters:
    - ``order``: integer, money, date or text expression that is never null; ties in order of ids.
    - ``tol``: tolerance: an integer of minor units, an integer parameter, ``rel_tol`` or ``rel_max_tol``.
    - ``key``: a scalar expression or a tuple of them; rows match only within one value. None: no restriction. A row
      with a null key stays open.
    - ``accept``: function of a candidate group ``g`` (see ``Group``) that returns a boolean expression. A group is
      formed only if it holds. Otherwise the scan goes on to the next zero.

    Rows after the last zero stay open. Groups have origin ``running_zero`` and reason ``running balance zero``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.running_zero(rows.day, key=rows.account)
    <strategy running_zero>
    """
    with place("running_zero"):
        along = order_of(order, Slot("running_zero.order"))
        slack = tolerance_of(tol, "running_zero.tol")
        by = optional_key(key, Slot("running_zero.key"))
        test = acceptance_of(accept, "running_zero.accept")
        node = n.RunningZero(order=along.ir, tol=slack.ir, key=_ir(by), accept=_ir(test), span=author_span())
        return strategy(node, along, slack, by, test)


@tolerant
def subset_net(
    key: Key | None = None,
    tol: Tol = 0,
    max_size: int | None = None,
    budget: int | None = None,
    *,
    anchor: BooleanExpr | None = None,
    prefer: str = "closest",
    max_left_out: int | None = None,
    accept: Accept | None = None,
) -> Strategy:
    """Finds subsets of each bucket that net within the tolerance, by an exact search: the smallest ones, or with
    ``anchor`` the best ones of one anchor (a payment) and any number of rows of the other sign.

    Parameters:
    - ``key``: a scalar expression or a tuple of them; rows match only within one value. None: no restriction. A row
      with a null key stays open.
    - ``tol``: tolerance: an integer of minor units, an integer parameter, ``rel_tol`` or ``rel_max_tol``.
    - ``max_size``: largest number of members of a group. Without an anchor from 2 to 64, by default 8; with one at
      least 2, by default no limit.
    - ``budget``: largest number of search steps per bucket, by default 100,000; with an anchor the largest size of the
      search of one anchor, by default 100 million. What needs more stays open and is counted as ``out_of_budget``. The
      limit counts steps, not time, so that results are reproducible.
    - ``anchor``: row condition. A group has exactly one row that satisfies it. The tolerance must then be absolute,
      ``rel_side_tol`` or ``rel_gross_tol``.
    - ``prefer``: with an anchor, the first criterion for the best group: ``"closest"`` is the smallest difference,
      ``"fewest"`` the fewest items. The other criterion is the second, then the lowest ids.
    - ``max_left_out``: with an anchor, largest number of open rows of the other sign in the bucket that the group may
      leave out. Then the fewest left out are best, not the fewest items.
    - ``accept``: without an anchor, function of a candidate group ``g`` (see ``Group``) that returns a boolean
      expression. A group is formed only if it holds. Otherwise the next subset is tried; each refusal is a step.

    Groups have origin ``subset_net`` and reason ``n:m subset``, with an anchor ``1:n subset``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope, an anchor
    that reads no row, another preference, a limit out of range, or a tolerance of a single leg.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.subset_net(rows.account, max_size=4)
    <strategy subset_net>

    >>> fb.subset_net(rows.account, accept=lambda g: g.min_side == 1)
    <strategy subset_net>

    A payment of all open invoices of the account but at most two:

    >>> fb.subset_net(rows.account, anchor=rows.amount < 0, max_left_out=2)
    <strategy subset_net>
    """
    with place("subset_net"):
        by = optional_key(key, Slot("subset_net.key"))
        slack = tolerance_of(tol, "subset_net.tol")
        chosen = answered(choice(n.Preference, prefer, "subset_net.prefer", fix="use one of these"))
        steps = (100_000 if anchor is None else ANCHORED_BUDGET) if budget is None else budget
        answered(whole(steps, "subset_net.budget", least=1, most=2**53))
        if anchor is None:
            answered(_needs_anchor(chosen, max_left_out))
            size = 8 if max_size is None else max_size
            answered(whole(size, "subset_net.max_size", least=2, most=MAX_SUBSET))
            candidates = acceptance_of(accept, "subset_net.accept")
            node = n.SubsetNet(
                key=_ir(by), tol=slack.ir, max_size=size, budget=steps, accept=_ir(candidates), span=author_span()
            )
            return strategy(node, by, slack, candidates)
        answered(_no_acceptance(accept))
        test = answered(_anchor(anchor))
        answered(_side_tolerance(slack))
        if max_size is not None:
            answered(whole(max_size, "subset_net.max_size", least=2))
        if max_left_out is not None:
            answered(whole(max_left_out, "subset_net.max_left_out", least=0))
        anchored = n.AnchoredSubset(
            key=_ir(by),
            anchor=test.ir,
            tol=slack.ir,
            prefer=chosen,
            max_size=max_size,
            max_left_out=max_left_out,
            budget=steps,
            span=author_span(),
        )
        return strategy(anchored, by, test, slack)


@argument
def _needs_anchor(prefer: n.Preference, max_left_out: object) -> None:
    if prefer is n.Preference.CLOSEST and max_left_out is None:
        return
    fail(
        "bad_setting",
        "subset_net: prefer and max_left_out are for a search with an anchor",
        got="no anchor",
        fix='add the condition for payments, such as anchor=row.kind == "payment", or leave them out',
    )


@argument
def _no_acceptance(accept: object) -> None:
    if accept is not None:
        fail(
            "bad_setting",
            "subset_net: accept is for a search without an anchor, which tries one subset after the other",
            got="anchor and accept",
            fix="put fb.accept_if(.., fb.subset_net(..)) around it, which dissolves groups, or leave the anchor out",
        )


@argument
def _anchor(item: object) -> Expr:
    test = predicate_of(item, Slot("subset_net.anchor"))
    if not reads(test.ir) & {Reads.LANE, Reads.LOT}:
        fail(
            "bad_setting",
            "subset_net.anchor reads no row, so that it is true for every row or for none",
            expected="a condition that tells anchors from other rows",
            got=f"`{show(test.ir)}`",
            fix='name the rows that are payments, such as anchor=row.kind == "payment"',
        )
    return test


@argument
def _side_tolerance(tol: Tolerance) -> None:
    if tol.ir.op in {ToleranceOp.REL, ToleranceOp.REL_MAX}:
        fail(
            "bad_setting",
            "subset_net with an anchor needs a tolerance that follows from the two sides",
            expected="minor units, fb.rel_side_tol(..) or fb.rel_gross_tol(..)",
            got=f"fb.{tol.ir.op.value}(..), of the smallest or largest leg",
            fix="use fb.rel_side_tol(bps=.., floor=..), whose scale is the larger side",
        )


@tolerant
def soak_all(origin: str = "soak_all", mode: str = "singleton", key: Key | None = None) -> Strategy:
    """Classifies all open items, for example as exceptions of a known kind.

    Parameters:
    - ``origin``: origin of the groups; with buckets ``origin:key``. Default: the name of the node.
    - ``mode``: ``"singleton"`` for one group per row, ``"bucket"`` for one group per ``key``.
    - ``key``: bucket key, only with ``mode="bucket"``. A row with a null key stays open.

    Groups have reason ``classified``; their net need not be zero.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

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
    """Classifies small open items, for example as write-offs.

    Parameters:
    - ``tol``: tolerance for the open amount; a relative one refers to the original amount of the row.
    - ``origin``, ``mode``, ``key``: as for ``soak_all``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

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
    """Classifies open items that satisfy a row condition.

    Parameters:
    - ``predicate``: boolean row expression that is never null.
    - ``origin``, ``mode``, ``key``: as for ``soak_all``.

    Errors: ``StrategyError`` at the author's line for an argument of the wrong type, nullability or scope.

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
