"""``flow``: the min-cost-flow arbiter. Finds the candidate pairs, prices them, and makes groups of the optimal flow."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator

from florecon_build.interpreter import min_cost_flow
from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome, group, outcome
from florecon_build.interpreter.context import Context, about
from florecon_build.interpreter.errors import ModelError
from florecon_build.interpreter.evaluate import evaluate, real
from florecon_build.interpreter.keys import Plain, RowId
from florecon_build.interpreter.numbers import round_half_away
from florecon_build.interpreter.stages import Step
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.wire import REASONS

COST_UNIT = 1e6
COST_LIMIT = 1e12

Pair = tuple[int, int]
"""A source and a sink by their places in the bag."""


def flow(context: Context, step: Step, node: n.Flow, bag: Bag) -> Outcome:
    """Matches sources and sinks at the least cost; what is matched of a connected set of lots becomes one group."""
    penalty = [_penalty(context, node, lot) for lot in bag]
    pairs = sorted(_by_window(context, step, node, bag) | set(_by_keys(context, step, node, bag)))
    prices: dict[Pair, int] = {}
    for source, sink in pairs:
        price = _price(context, node, bag[source], bag[sink])
        # matching a pair that costs more than leaving both unmatched is never optimal
        if price is not None and price <= penalty[source] + penalty[sink]:
            prices[source, sink] = price
    matched: dict[Pair, int] = {}
    choice: set[int] = set()
    for component in connected(prices):
        flows, movable = _solve(bag, penalty, {pair: prices[pair] for pair in component})
        matched.update(flows)
        choice |= movable
    return _groups(bag, step.id, matched, choice)


def _groups(bag: Bag, node: int, matched: dict[Pair, int], choice: set[int]) -> Outcome:
    """One group per connected set of positive flow, each member with its matched amount; the rest is residual.

    A group is unique where at none of its members there was a choice.
    """
    taken = [0] * len(bag)
    for (source, sink), amount in matched.items():
        taken[source] += amount
        taken[sink] -= amount
    formed: list[Group] = []
    for component in connected(matched):
        members = {at for pair in component for at in pair}
        lots = (bag[at].with_amount(taken[at]) for at in members)
        formed.append(group(lots, "flow", REASONS["flow"], node, members.isdisjoint(choice)))
    return outcome(formed, (lot.with_amount(lot.amount - taken[at]) for at, lot in enumerate(bag)))


def connected(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """The pairs cut into sets that share no lot, each in ascending order.

    >>> connected([(0, 1), (2, 1), (4, 3)])
    [[(0, 1), (2, 1)], [(4, 3)]]
    """
    pairs = sorted(pairs)
    touching: dict[int, list[Pair]] = {}
    for pair in pairs:
        for at in pair:
            touching.setdefault(at, []).append(pair)
    seen: set[int] = set()
    found: list[list[Pair]] = []
    for source, _ in pairs:
        if source in seen:
            continue
        seen.add(source)
        reached: set[Pair] = set()
        waiting = [source]
        while waiting:
            for pair in touching[waiting.pop()]:
                reached.add(pair)
                fresh = [at for at in pair if at not in seen]
                seen.update(fresh)
                waiting.extend(fresh)
        found.append(sorted(reached))
    return found


def _solve(bag: Bag, penalty: list[int], prices: dict[Pair, int]) -> tuple[dict[Pair, int], set[int]]:
    """The canonical optimum of one component: the pairs with a positive flow, and where there was a choice."""
    sources = sorted({source for source, _ in prices})
    sinks = sorted({sink for _, sink in prices})
    source_place = {at: place for place, at in enumerate(sources)}
    sink_place = {at: place for place, at in enumerate(sinks)}
    problem = min_cost_flow.Problem(
        supply=[bag[at].amount for at in sources],
        demand=[-bag[at].amount for at in sinks],
        source_penalty=[penalty[at] for at in sources],
        sink_penalty=[penalty[at] for at in sinks],
        source_key=[tie_key(bag[at].id) for at in sources],
        sink_key=[tie_key(bag[at].id) for at in sinks],
        arcs=[min_cost_flow.Arc(source_place[a], sink_place[b], price) for (a, b), price in prices.items()],
    )
    flows, movable = min_cost_flow.solve(problem)
    places = [*sources, *sinks]
    matched = {pair: amount for pair, amount in zip(prices, flows, strict=True) if amount}
    return matched, {places[node] for node in movable}


def tie_key(id: RowId) -> int:
    """The 64-bit key of a row in tie-breaking: an integer's two's complement, a text's FNV-1a over its UTF-8 bytes.

    >>> hex(tie_key(-1)), hex(tie_key(""))
    ('0xffffffffffffffff', '0xcbf29ce484222325')
    """
    if isinstance(id, int):
        return id % 2**64
    key = 0xCBF29CE484222325
    for byte in id.encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    return key


def _by_window(context: Context, step: Step, node: n.Flow, bag: Bag) -> set[Pair]:
    """The pairs whose orders lie within the window of each other.

    Where the windows of both hold more opposite lots than the cap, one must be among the nearest of the other.
    """
    if node.order is None or node.window is None:
        return set()
    window = context.constant(node.window)
    if window < 0:
        raise ModelError("bad_config", f"flow: the window is {window}; it must be at least 0")
    order = [context.number(node.order, lot) for lot in bag]
    rank = {at: place for place, at in enumerate(sorted(range(len(bag)), key=lambda at: (order[at], at)))}
    near: dict[int, list[int]] = {}
    sinks = sorted((order[at], at) for at, lot in enumerate(bag) if lot.amount < 0)
    for source, lot in enumerate(bag):
        if lot.amount > 0:
            first = bisect_left(sinks, (order[source] - window, 0))
            last = bisect_right(sinks, (order[source] + window, len(bag)))
            for _, sink in sinks[first:last]:
                near.setdefault(source, []).append(sink)
                near.setdefault(sink, []).append(source)

    def nearest(at: int) -> set[int]:
        def distance(other: int) -> tuple[int, int, int]:
            return abs(order[other] - order[at]), abs(rank[other] - rank[at]), other

        return set(sorted(near[at], key=distance)[: node.window_cap])

    chosen = {at: nearest(at) for at in near}
    sources = [at for at in near if bag[at].amount > 0]
    pairs = {(a, b) for a in sources for b in near[a] if b in chosen[a] or a in chosen[b]}
    met = Counter(source for source, _ in pairs)
    context.stages[step.id].over_cap += sum(met[source] < len(near[source]) for source in sources)
    return pairs


def _by_keys(context: Context, step: Step, node: n.Flow, bag: Bag) -> Iterator[Pair]:
    """The pairs that share a key of one entry; a key of more lots than the cap joins none."""
    for entry in node.match_keys:
        carriers: dict[Plain, list[int]] = {}
        for at, lot in enumerate(bag):
            for key in context.keys(entry, lot):
                carriers.setdefault(key, []).append(at)
        for places in carriers.values():
            if len(places) > node.bucket_cap:
                context.stages[step.id].over_cap += 1
                continue
            sinks = [at for at in places if bag[at].amount < 0]
            yield from ((source, sink) for source in places if bag[source].amount > 0 for sink in sinks)


def _penalty(context: Context, node: n.Flow, lot: Lot) -> int:
    with about(lot.id):
        penalty = real(node.penalty, context.scope({e.Var.ITEM: lot}))
    fixed = _fixed(penalty, f"row {lot.id}: the penalty", lot.id)
    if fixed < 0:
        raise ModelError("bad_cost", f"row {lot.id}: the penalty is {penalty}; it must be at least 0", lot.id)
    return fixed


def _price(context: Context, node: n.Flow, source: Lot, sink: Lot) -> int | None:
    """The cost of a unit between two lots in units of 1e-6, or None where the pair is forbidden."""
    with about(source.id, sink.id):
        cost = evaluate(node.cost, context.scope({e.Var.A: source, e.Var.B: sink}))
    if cost is None:
        return None
    if isinstance(cost, int | float) and not isinstance(cost, bool):
        return _fixed(float(cost), f"rows {source.id} and {sink.id}: the cost", source.id)
    raise TypeError(f"a cost is {cost!r}: the tree did not come from the builder")


def _fixed(value: float, what: str, id: RowId) -> int:
    """A cost as an integer of 1e-6 cost units, rounded half away from zero."""
    if abs(value) <= COST_LIMIT:
        return int(round_half_away(value * COST_UNIT))
    raise ModelError("bad_cost", f"{what} is {value}; it must lie within +-1e12", id)
