"""The min-cost flow of the oracle: every way to fill the pairs one after the other, and the best of them.

The optimal flows are a face of a polytope, and so are those among them of least first, second and third weight and of
lexicographically largest flows. So what the rule picks is a vertex. The positive pairs of a vertex form a forest; a
leaf of it has spent all that it has on its one pair, so a vertex is reached by filling pairs in some order, each with
as much as both ends have left. All such fillings are tried, so that all vertices are among them. Two optimal flows
differ at a pair if and only if two optimal vertices do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Pair = tuple[int, int]
"""A source and a sink, by their places among the lots of the bag in id order."""
Flow = tuple[int, ...]
"""What each candidate carries, candidates in ascending order."""
LOW = 2**64 - 1


@dataclass(frozen=True)
class Instance:
    """A component: amounts without sign and penalties by place, costs by pair, tie keys by place."""

    amounts: Mapping[int, int]
    penalties: Mapping[int, int]
    costs: Mapping[Pair, int]
    tie_keys: Mapping[int, int]

    @property
    def pairs(self) -> list[Pair]:
        """The candidates in ascending order."""
        return sorted(self.costs)

    def cost(self, flow: Flow) -> int:
        """The objective."""
        carried = sum(amount * self.costs[pair] for pair, amount in zip(self.pairs, flow, strict=True))
        return carried + sum(self.left(flow, place) * self.penalties[place] for place in self.amounts)

    def left(self, flow: Flow, place: int) -> int:
        """What of a lot is not matched."""
        return self.amounts[place] - sum(amount for pair, amount in zip(self.pairs, flow, strict=True) if place in pair)

    def rank(self, flow: Flow) -> tuple[int, ...]:
        """What the canonical optimum has least of."""
        weights = (
            sum(
                amount * weight(self.tie_keys[source], self.tie_keys[sink], turn)
                for (source, sink), amount in zip(self.pairs, flow, strict=True)
            )
            for turn in (1, 2, 3)
        )
        return (self.cost(flow), *weights, *(-amount for amount in flow))


def solve(instance: Instance) -> tuple[dict[Pair, int], set[int]]:
    """The canonical optimum, and the lots at which some optimum differs from another."""
    return best_of(instance, fillings(instance))


def best_of(instance: Instance, flows: Iterator[Flow]) -> tuple[dict[Pair, int], set[int]]:
    """The same, among these flows."""
    costs = {flow: instance.cost(flow) for flow in flows}
    optimal = [flow for flow, cost in costs.items() if cost == min(costs.values())]
    best = min(optimal, key=instance.rank)
    open_pairs = [pair for place, pair in enumerate(instance.pairs) if len({flow[place] for flow in optimal}) > 1]
    carried = {pair: amount for pair, amount in zip(instance.pairs, best, strict=True) if amount}
    return carried, {place for pair in open_pairs for place in pair}


def fillings(instance: Instance) -> Iterator[Flow]:
    """Every flow that comes of filling pairs one after the other."""
    pairs = instance.pairs
    empty: Flow = (0,) * len(pairs)
    seen: set[Flow] = {empty}
    waiting: list[Flow] = [empty]
    while waiting:
        flow = waiting.pop()
        yield flow
        left = {place: instance.left(flow, place) for place in instance.amounts}
        for at, (source, sink) in enumerate(pairs):
            room = min(left[source], left[sink])
            fuller = (*flow[:at], flow[at] + room, *flow[at + 1 :])
            if room and fuller not in seen:
                seen.add(fuller)
                waiting.append(fuller)


def every_flow(instance: Instance) -> Iterator[Flow]:
    """Every flow in whole numbers; for tiny amounts."""
    partial: list[Flow] = [()]
    pairs = instance.pairs
    for source, sink in pairs:
        partial = [
            (*flow, amount)
            for flow in partial
            for amount in range(
                min(
                    instance.amounts[end] - sum(given for pair, given in zip(pairs, flow, strict=False) if end in pair)
                    for end in (source, sink)
                )
                + 1
            )
        ]
    yield from partial


def tie_key(id: int | str) -> int:
    """The tie key of an id."""
    if isinstance(id, int):
        return id & LOW
    found = 0xCBF29CE484222325
    for byte in id.encode():
        found = ((found ^ byte) * 0x100000001B3) & LOW
    return found


def mix(x: int) -> int:
    """A step of SplitMix64."""
    x = (x + 0x9E3779B97F4A7C15) & LOW
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & LOW
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & LOW
    return x ^ (x >> 31)


def weight(source: int, sink: int, turn: int) -> int:
    """The weight of a pair in one turn, from the tie keys of its ends."""
    return mix(mix((source + turn * 0xD1B54A32D192ED03) & LOW) ^ sink) >> 24
