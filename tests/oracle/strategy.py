"""Strategy nodes of the oracle: one rule per kind of node.

A node gets amounts by row id and gives groups; its residual is never kept, it is what the groups leave of the amounts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import singledispatch
from itertools import combinations
from math import gcd, prod
from typing import Any, cast

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import Kind, Type
from tests.oracle import arbiter
from tests.oracle.values import (
    Lot,
    Refused,
    Scope,
    half_away,
    key,
    key_text,
    keys,
    money,
    order,
    slack,
    tolerance,
    value_of,
)

Id = int | str
Amounts = Mapping[Id, int]
COUNTERS: tuple[str, ...] = (
    "items_in", "value_in", "groups", "items_matched", "value_matched",
    "null_key", "too_small", "one_sided", "out_of_tolerance", "over_cap", "out_of_budget",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Amounts by row id, in id order, and where the group came from."""

    members: tuple[tuple[Id, int], ...]
    origin: str
    reason: str
    node: int
    unique: bool | None = None

    @property
    def place(self) -> tuple[object, ...]:
        """Its place in the report."""
        return self.members, self.origin, self.reason, self.node


@dataclass(frozen=True)
class Bag:
    """What one run of a node gets: lots, originals in the numeraire, lanes, params, keys, counters, the node's id."""

    lanes: Mapping[Id, Mapping[str, Any]]
    originals: Amounts
    amounts: dict[Id, int]
    scope: Scope
    counts: list[dict[str, int]]
    node: int = 0

    def lot(self, id: Id) -> Lot:
        """One lot."""
        return Lot(self.lanes[id], self.amounts[id], self.originals[id])

    def of(self, value: e.Value, id: Id) -> Any:
        """An item expression for one lot."""
        return value_of(value, self.scope.of(self.lot(id)))

    def only(self, ids: Iterable[Id]) -> Bag:
        """The same with fewer lots."""
        kept = set(ids)
        return replace(self, amounts={id: amount for id, amount in self.amounts.items() if id in kept})

    def without(self, groups: Iterable[Group]) -> Bag:
        """What groups leave."""
        left = dict(self.amounts)
        for group in groups:
            for id, amount in group.members:
                left[id] -= amount
        return replace(self, amounts={id: amount for id, amount in left.items() if amount})

    def count(self, counter: str, more: int = 1) -> None:
        """Adds to a counter of the node."""
        self.counts[self.node][counter] += more

    def whole(self, ids: Iterable[Id], origin: str, reason: str, forced: bool | None = None) -> Group:
        """A group of whole lots."""
        members = tuple((id, self.amounts[id]) for id in self.amounts if id in set(ids))
        return Group(members, origin, reason, self.node, forced)

    def buckets(self, by: e.Value | None) -> list[list[Id]]:
        """Ids by key, null keys left out and counted."""
        found: list[tuple[Any, list[Id]]] = []
        for id in self.amounts:
            at = key(True if by is None else self.of(by, id))
            same = [bucket for known, bucket in found if known == at]
            if at is None:
                self.count("null_key")
            elif same:
                same[0].append(id)
            else:
                found.append((at, [id]))
        return [bucket for _, bucket in found]

    def refused(self, ids: list[Id], cap: int | None = None) -> bool:
        """Whether a bucket is of a wrong shape, which is counted."""
        signs = {self.amounts[id] > 0 for id in ids}
        why = [
            counter
            for counter, applies in (
                ("too_small", len(ids) < 2),
                ("over_cap", cap is not None and len(ids) > cap),
                ("one_sided", len(signs) < 2),
            )
            if applies
        ]
        if why:
            self.count(why[0])
        return bool(why)


def run(node: n.Node, bag: Bag) -> list[Group]:
    """The groups that a node forms, in report order; what it did is counted."""
    if not bag.amounts:
        return []
    bag.count("items_in", len(bag.amounts))
    bag.count("value_in", sum(map(abs, bag.amounts.values())))
    formed = sorted(groups_of(node, bag), key=lambda group: group.place)
    bag.count("groups", len(formed))
    bag.count("items_matched", sum(len(group.members) for group in formed))
    bag.count("value_matched", sum(abs(amount) for group in formed for _, amount in group.members))
    return formed


def below(bag: Bag, node: n.Node, child: int = 0) -> Bag:
    """The bag for a node's child: its id is that of the node, and one for each node before it below the node."""
    return replace(bag, node=bag.node + 1 + sum(size(other) for other in n.children(node)[:child]))


def size(node: n.Node) -> int:
    """How many nodes a strategy has."""
    return 1 + sum(map(size, n.children(node)))


# -- settings


def settings(node: n.Node) -> Iterator[e.Value]:
    """The settings of one node."""
    for part in (getattr(node, item.name) for item in fields(node)):
        if isinstance(part, e.Tolerance):
            yield part.amount
            if part.floor is not None:
                yield part.floor
    if isinstance(node, n.Windowed):
        yield node.width
    if isinstance(node, n.Flow):
        if node.window is not None:
            yield node.window
        if not reads_a_row(node.penalty):
            yield node.penalty


def reads_a_row(part: object) -> bool:
    """Whether an expression reads a lane or a lot anywhere."""
    if isinstance(part, e.Lane | e.LotAmount | e.LotOriginal):
        return True
    if isinstance(part, tuple):
        return any(map(reads_a_row, cast("tuple[object, ...]", part)))
    return isinstance(part, e.Base | e.Tolerance) and any(
        reads_a_row(getattr(part, item.name)) for item in fields(part)
    )


def compute_settings(node: n.Node, scope: Scope) -> None:
    """Computes all settings of a strategy, but not in shards that read their key."""
    for value in settings(node):
        value_of(value, scope)
    if not isinstance(node, n.PartitionByWith):
        for child in n.children(node):
            compute_settings(child, scope)


def check_default_keys(node: n.Node, scope: Scope) -> None:
    """Refuses a strategy in which settings have no values for default keys."""
    if isinstance(node, n.PartitionByWith):
        scope = with_key(scope, node, default(node.key.type))
        try:
            compute_settings(node.inner, scope)
        except Refused:
            raise Refused("bad_config") from None
    for child in n.children(node):
        check_default_keys(child, scope)


def default(type: Type) -> Any:
    """The default key of a type."""
    if type.kind is Kind.TUPLE:
        return tuple(default(part) for part in type.parts)
    return {Kind.TEXT: "", Kind.BOOLEAN: False, Kind.REAL: 0.0}.get(type.kind, 0)


def with_key(scope: Scope, node: n.PartitionByWith, shard_key: Any) -> Scope:
    """The scope inside a shard."""
    return replace(scope, keys={**scope.keys, node.binder: shard_key})


def install(strategy: n.Node, scope: Scope) -> None:
    """Refuses a strategy that cannot run with its params."""
    try:
        compute_settings(strategy, scope)
    except Refused:
        raise Refused("bad_config") from None
    check_default_keys(strategy, scope)
    check_installed(strategy, scope)


def check_installed(node: n.Node, scope: Scope) -> None:
    """Refuses negative settings, outside of shards that read their key."""
    check_negative(node, scope)
    if not isinstance(node, n.PartitionByWith):
        for child in n.children(node):
            check_installed(child, scope)


def check_negative(node: n.Node, scope: Scope) -> None:
    """Refuses negative settings of one node."""
    numbers = [
        number
        for part in (getattr(node, item.name) for item in fields(node))
        if isinstance(part, e.Tolerance)
        for number in tolerance(part, scope)
    ]
    if isinstance(node, n.Windowed):
        numbers.append(value_of(node.width, scope) - 1)
    if isinstance(node, n.Flow) and node.window is not None:
        numbers.append(value_of(node.window, scope))
    if any(number < 0 for number in numbers):
        raise Refused("bad_config")


def allowed(tol: e.Tolerance, bag: Bag, legs: list[int]) -> int:
    """The slack of a node's tolerance."""
    found = slack(tol, bag.scope, legs)
    if found is None:
        raise Refused("bad_config")
    return found


# -- combinators on the bag


@singledispatch
def groups_of(node: Any, bag: Bag) -> list[Group]:
    """The groups that a node forms of lots. Raises `Refused`."""
    raise TypeError(f"no rule for {type(node).__name__}")


@groups_of.register
def _(node: n.Identity, bag: Bag) -> list[Group]:
    return []


@groups_of.register
def _(node: n.Seq, bag: Bag) -> list[Group]:
    formed: list[Group] = []
    for place, step in enumerate(node.steps):
        formed += run(step, below(bag.without(formed), node, place))
    return formed


@groups_of.register
def _(node: n.PartitionBy, bag: Bag) -> list[Group]:
    return [group for ids in bag.buckets(node.key) for group in run(node.inner, below(bag.only(ids), node))]


@groups_of.register
def _(node: n.PartitionByTable, bag: Bag) -> list[Group]:
    formed: list[Group] = []
    for ids in bag.buckets(node.key):
        at = key(bag.of(node.key, ids[0]))
        chosen = [place for place, (given, _) in enumerate(node.cases) if key(typed(given, node.key.type)) == at]
        place = chosen[0] if chosen else len(node.cases)
        formed += run(n.children(node)[place], below(bag.only(ids), node, place))
    return formed


def typed(given: Any, type: Type) -> Any:
    """A constant key as a value."""
    if type.kind is Kind.TUPLE:
        return tuple(typed(part, of) for part, of in zip(given, type.parts, strict=True))
    return float(given) if type.kind is Kind.REAL else given


@groups_of.register
def _(node: n.PartitionByWith, bag: Bag) -> list[Group]:
    formed: list[Group] = []
    for ids in bag.buckets(node.key):
        scope = with_key(bag.scope, node, bag.of(node.key, ids[0]))
        compute_settings(node.inner, scope)
        check_default_keys(node.inner, scope)
        formed += run(node.inner, below(replace(bag.only(ids), scope=scope), node))
    return formed


@groups_of.register
def _(node: n.When, bag: Bag) -> list[Group]:
    return run(node.inner, below(bag.only([id for id in bag.amounts if bag.of(node.predicate, id)]), node))


@groups_of.register
def _(node: n.Windowed, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    width = value_of(node.width, bag.scope)
    at = {id: bag.of(node.order, id) for id in bag.amounts}
    formed: list[Group] = []
    reached, entered = set[Id](), set[Id]()
    while len(entered) < len(at):
        bottom = min(at[id] for id in at if id not in entered)
        fresh = {id for id in at if id not in entered and at[id] < bottom + width}
        entered |= fresh
        reached = fresh | {id for id in reached if at[id] + width >= bottom}
        formed += run(node.inner, below(bag.without(formed).only(reached), node))
    return formed


@groups_of.register
def _(node: n.FixedPoint, bag: Bag) -> list[Group]:
    formed: list[Group] = []
    for _ in range(node.max_passes):
        more = run(node.inner, below(bag.without(formed), node))
        formed += more
        if not more:
            break
    return formed


@groups_of.register
def _(node: n.Pivot, bag: Bag) -> list[Group]:
    alt: dict[Id, int] = {}
    for id, amount in bag.amounts.items():
        other = bag.of(node.amount, id)
        if other is not None:
            alt[id] = money(toward_zero(money(other) * amount, bag.originals[id]))
    alt = {id: amount for id, amount in alt.items() if amount}
    inside = replace(bag, amounts=alt, originals=alt)
    formed = run(node.inner, below(inside, node))
    residual = inside.without(formed).amounts
    given = dict.fromkeys(alt, 0)
    changed: list[Changed] = []
    for place, group in enumerate(formed):
        members: list[tuple[Id, int]] = []
        for id, part in group.members:
            later = any(id == other for rest in formed[place + 1 :] for other, _ in rest.members)
            is_last = not later and id not in residual
            share = bag.amounts[id] - given[id] if is_last else toward_zero(part * bag.amounts[id], alt[id])
            given[id] += share
            members.append((id, share))
        changed.append((group, members))
    return kept(changed)


def toward_zero(dividend: int, divisor: int) -> int:
    """Integer division that truncates."""
    size = abs(dividend) // abs(divisor)
    return size if (dividend < 0) == (divisor < 0) else -size


@groups_of.register
def _(node: n.BestOf, bag: Bag) -> list[Group]:
    tried: list[tuple[list[Group], list[dict[str, int]]]] = []
    for place, strategy in enumerate(node.strategies):
        counts = [dict(counters) for counters in bag.counts]
        tried.append((run(strategy, replace(below(bag, node, place), counts=counts)), counts))

    def score(place: int) -> tuple[int, int, int]:
        formed = tried[place][0]
        matched = {id for group in formed for id, _ in group.members}
        value = sum(abs(amount) for group in formed for _, amount in group.members)
        measure = value if node.score is n.Score.MATCHED_VALUE else len(matched)
        return measure, -len(formed) if node.score is n.Score.FEWEST_GROUPS else 0, -place

    formed, counts = tried[max(range(len(tried)), key=score)]
    bag.counts[:] = counts
    return formed


# -- combinators on groups

Changed = tuple[Group, list[tuple[Id, int]]]
"""A group and its members now."""


def kept(changed: Iterable[Changed]) -> list[Group]:
    """The groups that stay after their members changed."""
    found = [(group, tuple((id, amount) for id, amount in members if amount)) for group, members in changed]
    return [
        replace(group, members=members)
        for group, members in found
        if members and not (len(members) == 1 and len(group.members) > 1)
    ]


def is_small(bag: Bag, tol: e.Tolerance, id: Id, amount: int) -> bool:
    """Whether an edge is within the slack of its row's original."""
    return abs(amount) <= allowed(tol, bag, [bag.originals[id]])


@groups_of.register
def _(node: n.Labeled, bag: Bag) -> list[Group]:
    return [replace(group, reason=f"{node.tag}: {group.reason}") for group in run(node.inner, below(bag, node))]


@groups_of.register
def _(node: n.AcceptIf, bag: Bag) -> list[Group]:
    def accepts(group: Group) -> bool:
        members = tuple(Lot(bag.lanes[id], amount, bag.originals[id]) for id, amount in group.members)
        return value_of(node.predicate, replace(bag.scope, members=members, unique=group.unique is True, lots={}))

    return [group for group in run(node.inner, below(bag, node)) if accepts(group)]


@groups_of.register
def _(node: n.WholeOnly, bag: Bag) -> list[Group]:
    formed = run(node.inner, below(bag, node))
    residual = bag.without(formed).amounts
    return [group for group in formed if not any(id in residual for id, _ in group.members)]


def clusters(groups: list[Group]) -> list[list[Group]]:
    """The groups put together where they share a row."""
    found: list[list[Group]] = []
    for group in groups:
        ids = {id for id, _ in group.members}
        touched = [other for other in found if any(ids & {id for id, _ in one.members} for one in other)]
        found = [other for other in found if other not in touched]
        found.append([*(one for other in touched for one in other), group])
    return found


@groups_of.register
def _(node: n.Reclaim, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    formed: list[Group] = []
    for cluster in clusters(run(node.inner, below(bag, node))):
        ids = sorted({id for group in cluster for id, _ in group.members})
        if not is_within(node.tol, bag, ids) or (len(ids) == 1 and len(cluster) > 1):
            continue
        if len(cluster) == 1:
            formed.append(replace(cluster[0], members=tuple((id, bag.amounts[id]) for id in ids)))
        else:
            forced = not [group for group in cluster if group.unique is not True]
            formed.append(bag.whole(ids, "reclaim", "reclaimed", forced))
    return formed


@groups_of.register
def _(node: n.Coalesce, bag: Bag) -> list[Group]:
    formed: list[Group] = []
    for cluster in clusters(run(node.inner, below(bag, node))):
        total: dict[Id, int] = {}
        for group in cluster:
            for id, amount in group.members:
                total[id] = total.get(id, 0) + amount
        if len(cluster) == 1:
            formed += cluster
        elif len(total) > 1:
            forced = not [group for group in cluster if group.unique is not True]
            formed.append(Group(tuple(sorted(total.items())), node.origin, "coalesced", bag.node, forced))
    return formed


@groups_of.register
def _(node: n.Trim, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    formed = run(node.inner, below(bag, node))
    return kept(
        (group, [(id, amount) for id, amount in group.members if not is_small(bag, node.tol, id, amount)])
        for group in formed
    )


@groups_of.register
def _(node: n.Snap, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    formed = run(node.inner, below(bag, node))
    edges = {(id, place): amount for place, group in enumerate(formed) for id, amount in group.members}
    edges |= {(id, len(formed)): amount for id, amount in bag.without(formed).amounts.items()}
    for place, group in enumerate(formed):
        for id, _ in group.members:
            others = sorted(
                ((-abs(amount), at) for (row, at), amount in edges.items() if row == id and at != place),
            )
            if others and is_small(bag, node.tol, id, edges[id, place]):
                edges[id, others[0][1]] += edges.pop((id, place))
    return kept(
        (group, [(id, edges[id, place]) for id, _ in group.members if (id, place) in edges])
        for place, group in enumerate(formed)
    )


# -- leaves


@groups_of.register
def _(node: n.Exact1to1, bag: Bag) -> list[Group]:
    formed: list[Group] = []
    for bucket in bag.buckets(node.key):
        for amount in dict.fromkeys(abs(bag.amounts[id]) for id in bucket):
            same = [id for id in bucket if abs(bag.amounts[id]) == amount]
            if bag.refused(same):
                continue
            rank = ranks(node.order, bag, same)
            sides = [
                sorted((id for id in same if bag.amounts[id] == sign * amount), key=rank.index) for sign in (1, -1)
            ]
            pairs = zip(*sides, strict=False)
            formed += [bag.whole(pair, "exact_1to1", "exact 1:1 pair", len(same) == 2) for pair in pairs]
    return formed


def ranks(by: e.Value | None, bag: Bag, ids: list[Id]) -> list[Id]:
    """Ids by (order, id)."""
    return ids if by is None else [id for _, _, id in sorted((order(bag.of(by, id)), order(id), id) for id in ids)]


def is_within(tol: e.Tolerance, bag: Bag, ids: Iterable[Id]) -> bool:
    """Whether lots net within the slack of their amounts."""
    amounts = [bag.amounts[id] for id in ids]
    return abs(sum(amounts)) <= allowed(tol, bag, amounts)


def has_both_signs(bag: Bag, ids: Iterable[Id]) -> bool:
    """Whether there is a positive and a negative lot."""
    return len({bag.amounts[id] > 0 for id in ids}) == 2


@groups_of.register
def _(node: n.AggNet, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    formed: list[Group] = []
    for bucket in bag.buckets(node.key):
        if bag.refused(bucket):
            continue
        if is_within(node.tol, bag, bucket) and accepted(node.accept, bag, bucket):
            formed.append(bag.whole(bucket, "agg_net", "aggregate net", True))
        else:
            bag.count("out_of_tolerance")
    return formed


@groups_of.register
def _(node: n.SignalGroup, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    signals = {id: keys(bag.of(node.signals, id), node.signals.type) for id in bag.amounts}
    bag.count("null_key", sum(not found for found in signals.values()))
    carriers = {
        signal: [id for id in bag.amounts if signal in signals[id]] for found in signals.values() for signal in found
    }
    formed: list[Group] = []
    taken: set[Id] = set()
    for signal in sorted(carriers, key=lambda one: (len(carriers[one]), order(carriers[one][0]), order(one[1]))):
        free = [id for id in carriers[signal] if id not in taken]
        if bag.refused(free, node.cap):
            continue
        if is_within(node.tol, bag, free) and accepted(node.accept, bag, free):
            taken |= set(free)
            formed.append(bag.whole(free, "signal_group", f"shared reference {signal[1]}"))
        else:
            bag.count("out_of_tolerance")
    members = [{id for id, _ in group.members} for group in formed]
    rivals = [
        set(whole)
        for whole in carriers.values()
        if any(own & set(whole) and own != set(whole) for own in members)
        and 2 <= len(whole) <= node.cap
        and has_both_signs(bag, whole)
        and is_within(node.tol, bag, whole)
        and accepted(node.accept, bag, whole)
    ]
    return [
        replace(group, unique=not any(own & rival and own != rival for rival in rivals))
        for group, own in zip(formed, members, strict=True)
    ]


@groups_of.register
def _(node: n.ReferenceNet, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    signals = {id: keys(bag.of(node.signals, id), node.signals.type) for id in bag.amounts}
    bag.count("null_key", sum(not found for found in signals.values()))
    carriers = {signal: {id for id in signals if signal in signals[id]} for own in signals.values() for signal in own}
    bag.count("over_cap", sum(len(ids) > node.cap for ids in carriers.values()))
    links = [ids for ids in carriers.values() if len(ids) <= node.cap]
    formed: list[Group] = []
    known: set[Id] = set()
    for first in [id for id in bag.amounts if signals[id]]:
        if first in known:
            continue
        reached = {first}
        while more := {id for link in links if link & reached for id in link} - reached:
            reached |= more
        known |= reached
        component = [id for id in bag.amounts if id in reached]
        if bag.refused(component, node.cap):
            continue
        if is_within(node.tol, bag, component):
            formed.append(bag.whole(component, "reference_net", "connected references", True))
        else:
            bag.count("out_of_tolerance")
    return formed


def accepted(accept: e.Value | None, bag: Bag, ids: list[Id]) -> bool:
    """Whether a candidate of whole lots satisfies the condition of its leaf."""
    members = tuple(bag.lot(id) for id in bag.amounts if id in ids)
    return accept is None or value_of(accept, replace(bag.scope, members=members, unique=False, lots={}))


@groups_of.register
def _(node: n.RunningZero, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    formed: list[Group] = []
    for bucket in bag.buckets(node.key):
        if bag.refused(bucket):
            continue
        ordered, found, start = ranks(node.order, bag, bucket), len(formed), 0
        for end in range(1, len(ordered) + 1):
            segment = ordered[start:end]
            closes = has_both_signs(bag, segment) and is_within(node.tol, bag, segment)
            if closes and accepted(node.accept, bag, segment):
                formed.append(bag.whole(segment, "running_zero", "running balance zero", True))
                start = end
        bag.count("out_of_tolerance", found == len(formed))
    return formed


@groups_of.register
def _(node: n.SubsetNet, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    formed: list[Group] = []
    for bucket in bag.buckets(node.key):
        if bag.refused(bucket):
            continue
        found, steps = subsets(node, bag, bucket)
        if steps > node.budget:
            bag.count("out_of_budget")
        else:
            bag.count("out_of_tolerance", not found)
            formed += [bag.whole(ids, "subset_net", "n:m subset", unique) for ids, unique in found]
    return formed


Places = tuple[int, ...]


@dataclass(frozen=True)
class Hunt:
    """A search for subsets with some lots beforehand, of the first that is accepted in the order of their places."""

    node: n.SubsetNet
    bag: Bag
    held: list[Id]
    others: list[Id]
    bound: int

    def first(self, candidates: list[Places], many: int, budget: int) -> tuple[Places | None, int]:
        """The first candidate that is accepted, and the steps up to it; more than the budget if it is spent before.

        The search ends with the budget: nobody asks whether a later candidate is accepted.
        """
        for refused, places in enumerate(candidates):
            steps = self.steps(many, places) + refused
            if steps > budget:
                return None, steps
            if accepted(self.node.accept, self.bag, [*self.held, *(self.others[place] for place in places)]):
                return places, steps
        return None, self.steps(many, None) + len(candidates)

    def steps(self, many: int, until: Places | None) -> int:
        """The extensions up to a choice of so many places, or to the end."""
        amounts = [self.bag.amounts[id] for id in self.others]
        return steps_until(amounts, many, until, self.bound, sum(self.bag.amounts[id] for id in self.held))


def subsets(node: n.SubsetNet, bag: Bag, bucket: list[Id]) -> tuple[list[tuple[list[Id], bool]], int]:
    """All subsets that are taken from a bucket, each with its mark, and the steps that the searches take."""
    found: list[tuple[list[Id], bool]] = []
    left, steps, rival_steps, many = list(bucket), 0, 0, 2
    while many <= min(node.max_size, len(left)):
        netting = [
            places
            for places in combinations(range(len(left)), many)
            if has_both_signs(bag, ids := [left[place] for place in places]) and is_within(node.tol, bag, ids)
        ]
        bound = allowed(node.tol, bag, [max(abs(bag.amounts[id]) for id in left)] * many)
        hunt = Hunt(node, bag, [], left, bound)
        taken, more = hunt.first(netting, many, node.budget - steps)
        steps += more
        if steps > node.budget:
            break
        if taken is None:
            many += 1
            continue
        is_alone, more = has_no_rival(hunt, taken, netting, node.budget - rival_steps)
        rival_steps += more
        found.append(([left[place] for place in taken], is_alone))
        left = [id for place, id in enumerate(left) if place not in taken]
    return found, steps


def has_no_rival(hunt: Hunt, taken: Places, netting: list[Places], budget: int) -> tuple[bool, int]:
    """Whether no other subset of the size has a place that was taken, and the steps of the searches for one: with each
    such place and without the ones before it, up to a rival.
    """
    if budget < 0:
        return False, 0
    steps = 0
    for index, held in enumerate(taken):
        others = [place for place in range(len(hunt.others)) if place not in taken[: index + 1]]
        choices = sorted(
            tuple(others.index(place) for place in places if place != held)
            for places in netting
            if places != taken and held in places and not set(places) & set(taken[:index])
        )
        search = replace(hunt, held=[hunt.others[held]], others=[hunt.others[place] for place in others])
        rival, more = search.first(choices, len(taken) - 1, budget - steps)
        steps += more
        if rival is not None or steps > budget:
            return False, steps
    return True, steps


def steps_until(amounts: list[int], many: int, until: tuple[int, ...] | None, bound: int, before: int) -> int:
    """The extensions that a depth-first search makes until it comes to a combination, or to its end.

    The search chooses so many places; amounts chosen earlier add up to ``before``.
    """

    def is_pruned(choice: tuple[int, ...]) -> bool:
        later, needed = sorted(amounts[choice[-1] + 1 :]), many - len(choice)
        total = before + sum(amounts[place] for place in choice)
        if len(later) < needed:
            return True
        return total + sum(later[:needed]) > bound or total + sum(later[len(later) - needed :]) < -bound

    def is_tried(choice: tuple[int, ...]) -> bool:
        in_time = until is None or choice <= until[: len(choice)]
        return in_time and not any(is_pruned(choice[:end]) for end in range(1, len(choice) + 1))

    return sum(is_tried(choice) for length in range(1, many) for choice in combinations(range(len(amounts)), length))


@groups_of.register
def _(node: n.AnchoredSubset, bag: Bag) -> list[Group]:
    anchors = [id for id in bag.amounts if bag.of(node.anchor, id)]
    cut = bag.buckets(node.key)
    check_negative(node, bag.scope)
    formed: list[Group] = []
    for bucket in cut:
        if bag.refused(bucket):
            continue
        left, found = list(bucket), len(formed)
        while True:
            known = {
                anchor: None if beyond(node, bag, anchor, left, anchors) else anchored(node, bag, anchor, left, anchors)
                for anchor in left
                if anchor in anchors
            }
            every = sorted(one for choices in known.values() if choices for one in choices)
            if not every:
                break
            level, _, _, places = every[0]
            ids = {left[place] for place in places}
            rivals = [one for one in every[1:] if one[0] == level and {left[place] for place in one[3]} & ids]
            side = next(bag.amounts[id] > 0 for id in ids if id in anchors)
            unknown = [id for id, choices in known.items() if choices is None and (bag.amounts[id] > 0) == side]
            formed.append(bag.whole(ids, "subset_net", "1:n subset", not rivals and not unknown))
            left = [id for id in left if id not in ids]
        if None in known.values():
            bag.count("out_of_budget")
        else:
            bag.count("out_of_tolerance", found == len(formed))
    return formed


Anchored = tuple[tuple[int, int], int, tuple[int, ...], tuple[int, ...]]
"""Level, place of the anchor, places of the items, all places: of groups, the smallest is the best."""


def other_side(bag: Bag, anchor: Id, left: list[Id], anchors: list[Id]) -> list[Id]:
    """The items of the other sign than an anchor."""
    return [id for id in left if id not in anchors and (bag.amounts[id] > 0) != (bag.amounts[anchor] > 0)]


def anchored(node: n.AnchoredSubset, bag: Bag, anchor: Id, left: list[Id], anchors: list[Id]) -> list[Anchored]:
    """Every group that an anchor could be in."""
    items = other_side(bag, anchor, left, anchors)
    found: list[Anchored] = []
    for many in range(1, len(items) + 1):
        count = many if node.max_left_out is None else len(items) - many
        if node.max_left_out is not None and count > node.max_left_out:
            continue
        if node.max_size is not None and many + 1 > node.max_size:
            continue
        for chosen in combinations(items, many):
            ids = [anchor, *chosen]
            difference = abs(sum(bag.amounts[id] for id in ids))
            if difference < 2**63 and is_within(node.tol, bag, ids):
                level = (count, difference) if node.prefer is n.Preference.FEWEST else (difference, count)
                places = tuple(left.index(id) for id in chosen)
                found.append((level, left.index(anchor), places, (left.index(anchor), *places)))
    return found


def beyond(node: n.AnchoredSubset, bag: Bag, anchor: Id, left: list[Id], anchors: list[Id]) -> bool:
    """Whether the search of an anchor has more steps than its budget."""
    sizes = [abs(bag.amounts[id]) for id in other_side(bag, anchor, left, anchors)]
    target, total, many = abs(bag.amounts[anchor]), sum(sizes), len(sizes)

    def is_near(other: int) -> bool:
        legs = {e.ToleranceOp.REL_SIDE: max(target, other), e.ToleranceOp.REL_GROSS: target + other}
        return abs(other - target) < min(2**63, allowed(node.tol, bag, [legs.get(node.tol.op, 1)]) + 1)

    low = max(1, bisect_left(range(target + 1), True, 0, target, key=is_near))
    far = bisect_left(range(target, 2**64), True, 0, 2**63 - 1, key=lambda other: not is_near(other))
    high = min(total, target + far - 1)
    fewest = 1 if node.max_left_out is None else max(1, many - node.max_left_out)
    most = many if node.max_size is None else min(many, node.max_size - 1)
    if low > high or fewest > most:
        return False

    def cells(high: int, most: int) -> int:
        fitting = sum(sum(sorted(sizes)[: count + 1]) <= high for count in range(many))
        return (min(most, fitting) + 1) * (high // gcd(*sizes) + 1)

    by_sums = min(cells(high, most), cells(total - low, many - fewest)) * (many + 64) // 64
    choices = [sizes.count(size) + 1 for size in sorted(set(sizes))]
    cuts = [prod(choices[:cut]) + prod(choices[cut:]) for cut in range(len(choices) + 1)]
    return min(by_sums, 32 * min(cuts)) > node.budget


# -- flow


@groups_of.register
def _(node: n.Flow, bag: Bag) -> list[Group]:
    ids = list(bag.amounts)
    penalties = [fixed(penalty_of(node, bag, id)) for id in ids]
    check_negative(node, bag.scope)
    candidates = by_window(node, bag, ids) | by_keys(node, bag, ids)
    costs: dict[arbiter.Pair, int] = {}
    for source, sink in sorted(candidates):
        lots = {e.Var.A: bag.lot(ids[source]), e.Var.B: bag.lot(ids[sink])}
        cost = value_of(node.cost, replace(bag.scope, lots=lots))
        if cost is not None and fixed(float(cost)) <= penalties[source] + penalties[sink]:
            costs[source, sink] = fixed(float(cost))
    carried: dict[arbiter.Pair, int] = {}
    undecided: set[int] = set()
    for component in components(costs):
        places = sorted({place for pair in component for place in pair})
        instance = arbiter.Instance(
            {place: abs(bag.amounts[ids[place]]) for place in places},
            {place: penalties[place] for place in places},
            {pair: costs[pair] for pair in component},
            {place: arbiter.tie_key(ids[place]) for place in places},
        )
        flow, varying = arbiter.solve(instance)
        carried |= flow
        undecided |= varying
    formed: list[Group] = []
    for component in components(carried):
        places = sorted({place for pair in component for place in pair})
        members = tuple(
            (ids[place], sum(amount for pair, amount in carried.items() if place in pair) * sign(bag, ids[place]))
            for place in places
        )
        formed.append(Group(members, "flow", "min-cost flow", bag.node, not undecided & set(places)))
    return formed


def sign(bag: Bag, id: Id) -> int:
    """The sign of a lot."""
    return 1 if bag.amounts[id] > 0 else -1


def penalty_of(node: n.Flow, bag: Bag, id: Id) -> float:
    """A penalty in cost units."""
    found = float(bag.of(node.penalty, id))
    if found < 0:
        raise Refused("bad_cost")
    return found


def fixed(cost: float) -> int:
    """A cost in millionths."""
    if not abs(cost) <= 1e12:
        raise Refused("bad_cost")
    return half_away(cost * 1e6)


def by_keys(node: n.Flow, bag: Bag, ids: list[Id]) -> set[arbiter.Pair]:
    """Pairs that share a key."""
    found: set[arbiter.Pair] = set()
    for entry in node.match_keys:
        carried = [keys(bag.of(entry, id), entry.type) for id in ids]
        for one in {one for own in carried for one in own}:
            places = [place for place, own in enumerate(carried) if one in own]
            if len(places) > node.bucket_cap:
                bag.count("over_cap")
            else:
                found |= opposite(bag, ids, lambda source, sink, places=places: source in places and sink in places)
    return found


def opposite(bag: Bag, ids: list[Id], meets: Callable[[int, int], bool]) -> set[arbiter.Pair]:
    """The pairs of a source and a sink that satisfy a condition."""
    places = range(len(ids))
    pairs = {(a, b) for a in places for b in places if bag.amounts[ids[a]] > 0 > bag.amounts[ids[b]]}
    return {pair for pair in pairs if meets(*pair)}


def by_window(node: n.Flow, bag: Bag, ids: list[Id]) -> set[arbiter.Pair]:
    """Pairs within the window, as far as the cap lets them meet."""
    if node.order is None or node.window is None:
        return set()
    window = value_of(node.window, bag.scope)
    at = [bag.of(node.order, id) for id in ids]
    line = sorted(range(len(ids)), key=lambda place: (at[place], place))
    near = opposite(bag, ids, lambda source, sink: abs(at[source] - at[sink]) <= window)

    def is_near(place: int, other: int) -> bool:
        """Whether ``other`` is among the nearest in the window of ``place``."""
        within = [next(end for end in pair if end != place) for pair in near if place in pair]
        within.sort(key=lambda one: (abs(at[one] - at[place]), abs(line.index(one) - line.index(place)), one))
        return other in within[: node.window_cap]

    met = {(source, sink) for source, sink in near if is_near(source, sink) or is_near(sink, source)}
    bag.count("over_cap", len({source for source, _ in near - met}))
    return met


def components(pairs: Iterable[arbiter.Pair]) -> list[list[arbiter.Pair]]:
    """Pairs in sets that share no end."""
    found: list[list[arbiter.Pair]] = []
    for pair in pairs:
        touched = [other for other in found if any(set(pair) & set(one) for one in other)]
        found = [other for other in found if other not in touched]
        found.append([*(one for other in touched for one in other), pair])
    return found


# -- soakers


def soak(node: n.SoakAll | n.SoakSmall | n.SoakIf, bag: Bag, chosen: list[Id]) -> list[Group]:
    """Groups of the chosen lots."""
    if node.mode is n.SoakMode.SINGLETON or node.key is None:
        return [bag.whole([id], node.origin, "classified", True) for id in chosen]
    return [
        bag.whole(ids, f"{node.origin}:{key_text(bag.of(node.key, ids[0]), node.key.type)}", "classified", True)
        for ids in bag.only(chosen).buckets(node.key)
    ]


@groups_of.register
def _(node: n.SoakAll, bag: Bag) -> list[Group]:
    return soak(node, bag, list(bag.amounts))


@groups_of.register
def _(node: n.SoakSmall, bag: Bag) -> list[Group]:
    check_negative(node, bag.scope)
    return soak(node, bag, [id for id in bag.amounts if is_small(bag, node.tol, id, bag.amounts[id])])


@groups_of.register
def _(node: n.SoakIf, bag: Bag) -> list[Group]:
    return soak(node, bag, [id for id in bag.amounts if bag.of(node.predicate, id)])
