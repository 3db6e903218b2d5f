"""Alternating cycles: the steps of a network that lie on one, going to and fro over one step aside.

A flow is the only cheapest one where no unit can go around such a cycle of steps that cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """A step between two nodes that can be taken from tail to head, and back as well where ``both``."""

    tail: int
    head: int
    both: bool


def on_cycles(nodes: int, steps: Sequence[Step]) -> set[int]:
    """The places of the steps that lie on a cycle.

    Such a step joins two nodes that can each be reached from the other. A one-way step that does so is on a cycle. A
    two-way step is, unless it alone holds the two sides together: then every way around goes to and fro over it.

    >>> triangle = [Step(0, 1, True), Step(1, 2, True), Step(2, 0, False), Step(2, 3, True)]
    >>> sorted(on_cycles(4, triangle))
    [0, 1, 2]
    """
    together = _strong_components(nodes, steps)
    inside = [at for at, step in enumerate(steps) if together[step.tail] == together[step.head]]
    return set(inside) - _bridges(nodes, steps, inside)


def _strong_components(nodes: int, steps: Sequence[Step]) -> list[int]:
    """A number per node, the same for nodes that can be reached from each other."""
    forth: list[list[int]] = [[] for _ in range(nodes)]
    back: list[list[int]] = [[] for _ in range(nodes)]
    for tail, head, both in steps:
        for here, there in ((tail, head), (head, tail)) if both else ((tail, head),):
            forth[here].append(there)
            back[there].append(here)
    finished: list[int] = []
    seen: set[int] = set()
    for start in range(nodes):
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(forth[start]))]
        while stack:
            node, following = stack[-1]
            fresh = next((there for there in following if there not in seen), None)
            if fresh is None:
                finished.append(node)
                stack.pop()
            else:
                seen.add(fresh)
                stack.append((fresh, iter(forth[fresh])))
    component = [-1] * nodes
    for start in reversed(finished):
        waiting = [start] if component[start] < 0 else []
        while waiting:
            node = waiting.pop()
            component[node] = start
            waiting.extend(there for there in back[node] if component[there] < 0)
    return component


def _bridges(nodes: int, steps: Sequence[Step], among: Sequence[int]) -> set[int]:
    """Of some steps, taken without direction, those without which their ends would fall apart."""
    around: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for at in among:
        around[steps[at].tail].append((steps[at].head, at))
        around[steps[at].head].append((steps[at].tail, at))
    depth = [-1] * nodes
    lowest = [0] * nodes  # the least depth that can be reached from below a node without its own step up
    bridges: set[int] = set()
    for root in range(nodes):
        if depth[root] >= 0:
            continue
        depth[root] = lowest[root] = 0
        stack: list[tuple[int, int, Iterator[tuple[int, int]]]] = [(root, -1, iter(around[root]))]
        while stack:
            node, up, ways = stack[-1]
            way = next(((there, by) for there, by in ways if by != up), None)
            if way is None:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                    if lowest[node] > depth[parent]:
                        bridges.add(up)
            elif depth[way[0]] < 0:
                there, by = way
                depth[there] = lowest[there] = depth[node] + 1
                stack.append((there, by, iter(around[there])))
            else:
                lowest[node] = min(lowest[node], depth[way[0]])
    return bridges
