"""Alignment of trees: the likeness of two strategies, and the best pairing of two ordered lists of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import public_name, walk
from florecon_build.ir.tree_printer import settings

ALIKE = 0.3


def likeness(first: n.Node, second: n.Node) -> float:
    """1 for the same tree, 0 for nothing in common: the share of names and settings that both have.

    >>> import florecon_build as fb
    >>> likeness(fb.agg_net(tol=5).ir, fb.agg_net(tol=6).ir)
    0.75
    """
    if first == second:
        return 1.0
    one, two = _features(first), _features(second)
    common = sum((one & two).values())
    score = 2 * common / (one.total() + two.total())
    return min(score if type(first) is type(second) else score * 0.9, 0.99)


def _features(root: n.Node) -> Counter[str]:
    """The features of a tree: each node's name, weighted threefold, and each of its settings."""
    found: Counter[str] = Counter()
    for place in walk(root):
        found[public_name(place.node)] += 3
        found.update(f"{public_name(place.node)} {setting}" for setting in settings(place.node))
    return found


def align(before: Sequence[n.Node], after: Sequence[n.Node]) -> list[tuple[int, int]]:
    """The pairs of indices, ascending on both sides, that are most alike in all; unlike ones are not paired."""
    rows, cols = len(before), len(after)
    score = [[likeness(one, two) for two in after] for one in before]
    best = [[0.0] * (cols + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for col in reversed(range(cols)):
            pair = score[row][col] + best[row + 1][col + 1] if score[row][col] >= ALIKE else 0.0
            best[row][col] = max(pair, best[row + 1][col], best[row][col + 1])
    pairs: list[tuple[int, int]] = []
    row = col = 0
    while row < rows and col < cols:
        if score[row][col] >= ALIKE and best[row][col] == score[row][col] + best[row + 1][col + 1]:
            pairs.append((row, col))
            row, col = row + 1, col + 1
        elif best[row][col] == best[row + 1][col]:
            row += 1
        else:
            col += 1
    return pairs
