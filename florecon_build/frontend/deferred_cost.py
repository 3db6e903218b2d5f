"""Deferred costs: ``lambda a, b:`` where no other argument of the node determines the rows of ``a`` and ``b``.

Until then a param of a name that no author can declare stands in the tree; a tree in which one is left is refused like
any other undeclared param.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from florecon_build.frontend.diagnostics import Missing, attempt, place, standing_at
from florecon_build.frontend.handles import Expr, Uses, all_uses
from florecon_build.frontend.strategy import Strategy
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.traversal import walk, with_children
from florecon_build.ir.types import REAL

if TYPE_CHECKING:
    from florecon_build.frontend.rows import Source

_numbers = itertools.count()


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """Deferred cost: ``mark`` is its placeholder in the tree, ``build`` makes the cost for the rows of a plugin."""

    mark: e.ParamRef
    build: Callable[[Source], Expr]


def pending(build: Callable[[Source], Expr], span: e.Span | None) -> Expr:
    """Placeholder expression for the result of ``build``."""
    mark = e.ParamRef(type=REAL.with_nullable(True), name=f"cost {next(_numbers)}", span=span)
    return Expr(mark, Uses(pending=frozenset({Pending(mark, build)})))


def bound(strategy: Strategy, source: Source) -> Strategy:
    """Resolves every deferred cost of a strategy for ``source``; raises all errors together."""
    waiting = {item.mark.name: item for item in strategy.uses.pending}
    made: dict[str, Expr] = {}
    problems: list[StrategyError] = []
    for spot in walk(strategy.ir):
        mark = _mark(spot.node)
        if mark in waiting and mark not in made:
            try:
                made[mark] = _made(waiting[mark], source, f"{spot.path}.cost", spot.node.span)
            except StrategyError as error:
                problems.append(error)
    if problems:
        raise StrategyError([problem for error in problems for problem in error.problems])
    if not made:
        return strategy
    uses = replace(strategy.uses, pending=frozenset()) | all_uses(expr.uses for expr in made.values())
    return Strategy(_replaced(strategy.ir, {mark: expr.ir for mark, expr in made.items()}), uses)


def _made(item: Pending, source: Source, path: str, span: e.Span | None) -> Expr:
    def build() -> Expr:
        with place(path):
            return attempt(lambda: item.build(source))

    expr = standing_at(span, build)
    if isinstance(expr, Missing):
        raise StrategyError([])
    return expr


def _mark(node: n.Node) -> str:
    return node.cost.name if isinstance(node, n.Flow) and isinstance(node.cost, e.ParamRef) else ""


def _replaced(node: n.Node, costs: dict[str, e.Value]) -> n.Node:
    if isinstance(node, n.Flow):
        return replace(node, cost=costs.get(_mark(node), node.cost))
    return with_children(node, tuple(_replaced(child, costs) for child in n.children(node)))
