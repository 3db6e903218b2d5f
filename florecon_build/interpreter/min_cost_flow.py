"""The exact canonical optimum of a transportation problem with unmatched penalties, in Python integers.

Sources and sinks have positive amounts; a unit of flow over an arc costs ``cost``, a unit that stays unmatched costs
the penalty of its node. Among the cheapest flows the canonical one is taken: least by the first tie weight, then the
second, then the third, and at last the lexicographically largest in arc order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from florecon_build.interpreter.alternating_cycles import Step, on_cycles

_MASK = 2**64 - 1
_WEIGHT_BITS = 40


@dataclass(frozen=True, slots=True)
class Arc:
    """A pair that may be matched: a source, a sink, and the cost of a unit."""

    source: int
    sink: int
    cost: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Amounts, penalties and tie keys by node index, arcs in ascending (source, sink) order, no pair twice."""

    supply: Sequence[int]
    demand: Sequence[int]
    source_penalty: Sequence[int]
    sink_penalty: Sequence[int]
    source_key: Sequence[int]
    sink_key: Sequence[int]
    arcs: Sequence[Arc]


def mix(value: int) -> int:
    """The SplitMix64 finalizer."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def tie_weight(source_key: int, sink_key: int, turn: int) -> int:
    """The weight of an arc in tie-breaking round ``turn`` (1, 2, 3): 40 bits."""
    return mix(mix((source_key + turn * 0xD1B54A32D192ED03) & _MASK) ^ sink_key) >> (64 - _WEIGHT_BITS)


def solve(problem: Problem) -> tuple[list[int], set[int]]:
    """The flow of each arc in the canonical optimum, and the nodes at which there was a choice.

    Nodes are numbered sources first. At a node that is not given back every cheapest flow is the same.

    >>> problem = Problem([5], [3], [10], [10], [1], [2], [Arc(0, 0, 4)])
    >>> solve(problem)
    ([3], set())
    """
    network = Network(problem, [arc.cost for arc in problem.arcs], 1)
    choice = network.movable()
    if choice:
        network = Network(problem, *_with_weights(problem))
    if choice and network.movable():
        network = Network(problem, *_with_places(problem))
    return network.flow, choice


def _with_weights(problem: Problem) -> tuple[list[int], int]:
    """Costs that settle ties by the three weights, as one big integer each, and the factor on the plain cost.

    Two flows differ by less than ``base`` in any sum of weights, so a lower round never outweighs a higher one.
    """
    base = (sum(problem.supply) + 1) << _WEIGHT_BITS
    keys = [(problem.source_key[arc.source], problem.sink_key[arc.sink]) for arc in problem.arcs]
    costs: list[int] = []
    for arc, (source, sink) in zip(problem.arcs, keys, strict=True):
        cost = arc.cost
        for turn in (1, 2, 3):
            cost = cost * base + tie_weight(source, sink, turn)
        costs.append(cost)
    return costs, base**3


def _with_places(problem: Problem) -> tuple[list[int], int]:
    """The costs of ``_with_weights`` and, last of all, a reward for flow that is the greater the earlier the arc."""
    costs, factor = _with_weights(problem)
    base = 2 * (sum(problem.supply) + 1)
    shift = base ** len(costs)
    return [cost * shift - base ** (len(costs) - 1 - place) for place, cost in enumerate(costs)], factor * shift


class Network:
    """The optimum for given arc costs, by shortest augmenting paths; solved on construction.

    At first all sinks are unmatched and no source has come. Sources come one after the other; each unit of a source
    goes the cheapest way to where it ends: unmatched at this or, by rerouting, at another source, or into a sink that
    has room, which saves that sink's penalty. ``height`` is a lower bound on the cost from a node to such an end; it
    is exact on the paths that were searched, so every step along an arc costs ``cost + height[head] - height[tail] >=
    0`` and nothing is searched beyond the nearest end. Nodes are numbered sources first.
    """

    def __init__(self, problem: Problem, costs: list[int], factor: int) -> None:
        self.arcs = problem.arcs
        self.costs = costs
        self.sources = len(problem.supply)
        self.penalty = [factor * penalty for penalty in problem.source_penalty]
        self.saving = [factor * penalty for penalty in problem.sink_penalty]
        self.flow = [0] * len(costs)
        self.unmatched = [0] * self.sources
        self.room = list(problem.demand)
        self.out: list[list[int]] = [[] for _ in range(self.sources)]
        self.into: list[list[int]] = [[] for _ in problem.demand]
        for at, arc in enumerate(problem.arcs):
            self.out[arc.source].append(at)
            self.into[arc.sink].append(at)
        self.height = [*self.penalty, *(-saving for saving in self.saving)]
        for source, arcs in enumerate(self.out):
            reach = [costs[at] + self.height[self._sink_node(at)] for at in arcs]
            self.height[source] = min([self.penalty[source], *reach])
        for source, amount in enumerate(problem.supply):
            left = amount
            while left:
                left -= self._augment(source, left)

    def _sink_node(self, arc: int) -> int:
        return self.sources + self.arcs[arc].sink

    def _augment(self, source: int, most: int) -> int:
        """Sends up to ``most`` units of a source the cheapest way; returns how many."""
        end, came_by = self._search(source)
        path: list[int] = []
        at = end
        while at != source:
            arc = came_by[at]
            path.append(arc)
            at = self.arcs[arc].source if at >= self.sources else self._sink_node(arc)
        backward = path[1::2] if end >= self.sources else path[0::2]
        sent = min([most, *(self.flow[arc] for arc in backward)])
        if end >= self.sources:
            sent = min(sent, self.room[end - self.sources])
            self.room[end - self.sources] -= sent
        else:
            self.unmatched[end] += sent
        for arc in path:
            self.flow[arc] += sent
        for arc in backward:
            self.flow[arc] -= 2 * sent
        return sent

    def _search(self, source: int) -> tuple[int, dict[int, int]]:
        """The nearest end from a source, and the arc by which each node was reached; adjusts the heights."""
        distance = {source: 0}
        came_by: dict[int, int] = {}
        settled: set[int] = set()
        best: tuple[int, int] | None = None
        heap = [(0, source)]
        while heap and (best is None or heap[0][0] < best[0]):
            here, node = heappop(heap)
            if node in settled:
                continue
            settled.add(node)
            cost_to_end = self._cost_to_end(node)
            if cost_to_end is not None and (best is None or here + cost_to_end < best[0]):
                best = here + cost_to_end, node
            for arc, head, cost in self._steps(node):
                there = here + cost + self.height[head] - self.height[node]
                if head not in settled and (head not in distance or there < distance[head]):
                    distance[head] = there
                    came_by[head] = arc
                    heappush(heap, (there, head))
        assert best is not None, "a source can always stay unmatched"
        for node in settled:
            self.height[node] += max(best[0] - distance[node], 0)
        return best[1], came_by

    def _cost_to_end(self, node: int) -> int | None:
        """The cost of ending here beyond the height, or None where nothing can end."""
        if node < self.sources:
            return self.penalty[node] - self.height[node]
        sink = node - self.sources
        return -self.saving[sink] - self.height[node] if self.room[sink] else None

    def _steps(self, node: int) -> list[tuple[int, int, int]]:
        """The steps of the residual network from a node: arc, next node, cost."""
        if node < self.sources:
            return [(arc, self._sink_node(arc), self.costs[arc]) for arc in self.out[node]]
        carrying = (arc for arc in self.into[node - self.sources] if self.flow[arc])
        return [(arc, self.arcs[arc].source, -self.costs[arc]) for arc in carrying]

    def movable(self) -> set[int]:
        """The nodes at which some other flow that costs the same differs from this one."""
        steps = self._free_steps()
        cycles = (steps[at] for at in on_cycles(len(self.height) + 1, steps))
        return {node for step in cycles for node in (step.tail, step.head) if node < len(self.height)}

    def _free_steps(self) -> list[Step]:
        """The steps of zero reduced cost; the end is a node of its own after all others."""
        end = len(self.height)
        found: list[Step] = []
        for at, arc in enumerate(self.arcs):
            if self.costs[at] + self.height[self._sink_node(at)] == self.height[arc.source]:
                found.append(Step(arc.source, self._sink_node(at), self.flow[at] > 0))
        for source in range(self.sources):
            if self.penalty[source] == self.height[source]:
                found.append(Step(source, end, self.unmatched[source] > 0))
        for sink, arcs in enumerate(self.into):
            node = self.sources + sink
            if -self.saving[sink] == self.height[node]:
                matched = any(self.flow[arc] for arc in arcs)
                found.append(Step(node, end, matched) if self.room[sink] else Step(end, node, False))
        return found
