"""The leaves that form groups by rule: each looks at whole lots, bucket by bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from florecon_build.interpreter.bag import Bag, Group, Outcome, both_signs, buckets, group, without
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.keys import Plain, Rank, RowId, key_text, rank
from florecon_build.interpreter.stages import Stage, Step
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import nodes as n
from florecon_build.ir.expressions import Value
from florecon_build.ir.types import Kind
from florecon_build.wire import REASONS


def exact_1to1(context: Context, step: Step, node: n.Exact1to1, bag: Bag) -> Outcome:
    """Within each (key, abs amount) the first positive by (order, id) goes with the first negative, and so on."""
    cut, keyless = buckets(bag, context.key(node.key))
    counters = context.stages[step.id]
    counters.null_key += len(keyless)
    formed: list[Group] = []
    for bucket in cut.values():
        sizes: dict[int, Bag] = {}
        for lot in bucket:
            sizes.setdefault(abs(lot.amount), []).append(lot)
        for same in sizes.values():
            if not rejected_shape(counters, same):
                ordered = in_order(context, node.order, same)
                sources = [lot for lot in ordered if lot.amount > 0]
                sinks = [lot for lot in ordered if lot.amount < 0]
                pairs = zip(sources, sinks, strict=False)
                forced = len(same) == 2
                formed.extend(group(pair, "exact_1to1", REASONS["exact_1to1"], step.id, forced) for pair in pairs)
    return without(bag, formed)


def agg_net(context: Context, step: Step, node: n.AggNet, bag: Bag) -> Outcome:
    """Each whole bucket that has both signs and nets within the slack."""
    slack = context.slack(node.tol)
    cut, keyless = buckets(bag, context.key(node.key))
    counters = context.stages[step.id]
    counters.null_key += len(keyless)
    formed = [
        group(bucket, "agg_net", REASONS["agg_net"], step.id, True)
        for bucket in cut.values()
        if not rejected_shape(counters, bucket)
        and not rejected_net(counters, bucket, slack)
        and not rejected(context, counters, node.accept, bucket)
    ]
    return without(bag, formed)


def signal_group(context: Context, step: Step, node: n.SignalGroup, bag: Bag) -> Outcome:
    """Buckets by signal, the smallest first; a lot that an earlier bucket took is skipped."""
    slack = context.slack(node.tol)
    counters = context.stages[step.id]
    carriers = _carriers(context, counters, node.signals, bag)

    def visit_order(item: tuple[Plain, Bag]) -> tuple[int, Rank, Rank]:
        signal, lots = item
        return len(lots), rank(lots[0].id), rank(signal)

    of = node.signals.type.parts[0] if node.signals.type.kind is Kind.LIST else node.signals.type
    taken: set[RowId] = set()
    formed: list[Group] = []
    for signal, lots in sorted(carriers.items(), key=visit_order):
        free = [lot for lot in lots if lot.id not in taken]
        if (
            rejected_shape(counters, free, cap=node.cap)
            or rejected_net(counters, free, slack)
            or rejected(context, counters, node.accept, free)
        ):
            continue
        taken.update(lot.id for lot in free)
        reason = f"{REASONS['signal_group']} {key_text(signal, of)}"
        formed.append(group(free, "signal_group", reason, step.id, True))
    place = {lot.id: at for at, one in enumerate(formed) for lot in one.members}
    rivalled = {
        at
        for lots in carriers.values()
        for at in _rivalled(formed, place, lots)
        if _nets(lots, node.cap, slack) and accepts(context, node.accept, lots)
    }
    return without(bag, [replace(one, unique=at not in rivalled) for at, one in enumerate(formed)])


def _carriers(context: Context, counters: Stage, signals: Value, bag: Bag) -> dict[Plain, Bag]:
    """The lots that carry each signal; those without one are counted."""
    carriers: dict[Plain, Bag] = {}
    for lot in bag:
        own = context.keys(signals, lot)
        counters.null_key += not own
        for signal in own:
            carriers.setdefault(signal, []).append(lot)
    return carriers


def reference_net(context: Context, step: Step, node: n.ReferenceNet, bag: Bag) -> Outcome:
    """Each whole component of lots that share signals, if it has both signs and nets within the slack."""
    slack = context.slack(node.tol)
    counters = context.stages[step.id]
    carriers = _carriers(context, counters, node.signals, bag)
    component: dict[RowId, Bag] = {lot.id: [lot] for lots in carriers.values() for lot in lots}
    for lots in carriers.values():
        if len(lots) > node.cap:
            counters.over_cap += 1
            continue
        for lot in lots[1:]:
            one, other = component[lots[0].id], component[lot.id]
            if one is not other:
                one.extend(other)
                component.update((member.id, one) for member in other)
    formed: list[Group] = []
    seen: set[RowId] = set()
    for lot in bag:
        if lot.id in seen or lot.id not in component:
            continue
        whole = component[lot.id]
        seen.update(member.id for member in whole)
        if not rejected_shape(counters, whole, cap=node.cap) and not rejected_net(counters, whole, slack):
            formed.append(group(whole, "reference_net", REASONS["reference_net"], step.id, True))
    return without(bag, formed)


def _rivalled(formed: list[Group], place: Mapping[RowId, int], bucket: Bag) -> set[int]:
    """Places of the groups that share a member with a bucket of other members; ``place`` is that of each member."""
    met = {place[lot.id] for lot in bucket if lot.id in place}
    is_group = len(met) == 1 and all(lot.id in place for lot in bucket) and len(formed[min(met)].members) == len(bucket)
    return set() if is_group else met


def _nets(bucket: Bag, cap: int, slack: Slack) -> bool:
    """True where a bucket, whole as it came, is of the size, the signs and the net of a group."""
    amounts = [lot.amount for lot in bucket]
    return len(bucket) <= cap and both_signs(bucket) and abs(sum(amounts)) <= slack.over(amounts)


def running_zero(context: Context, step: Step, node: n.RunningZero, bag: Bag) -> Outcome:
    """Per key, in order: a segment closes each time its running balance is within the slack."""
    slack = context.slack(node.tol)
    cut, keyless = buckets(bag, context.key(node.key))
    counters = context.stages[step.id]
    counters.null_key += len(keyless)
    formed: list[Group] = []
    for bucket in cut.values():
        if rejected_shape(counters, bucket):
            continue
        closed = list(_segments(context, node, in_order(context, node.order, bucket), slack))
        counters.out_of_tolerance += not closed
        formed.extend(group(segment, "running_zero", REASONS["running_zero"], step.id, True) for segment in closed)
    return without(bag, formed)


def _segments(context: Context, node: n.RunningZero, ordered: Bag, slack: Slack) -> Iterator[Bag]:
    """Cuts the ordered lots at each accepted balance within the slack of the segment's legs; without the open tail."""
    segment: Bag = []
    smallest = largest = 0
    sides = [0, 0]
    for lot in ordered:
        leg = abs(lot.amount)
        smallest, largest = (min(smallest, leg), max(largest, leg)) if segment else (leg, leg)
        segment.append(lot)
        sides[lot.amount > 0] += leg
        net = sides[1] - sides[0]
        is_zero = all(sides) and abs(net) <= slack.within(smallest, largest, max(sides), sum(sides))
        if is_zero and accepts(context, node.accept, segment):
            yield segment
            segment, sides = [], [0, 0]


def in_order(context: Context, order: Value | None, lots: Bag) -> Bag:
    """The lots by (order, id); without an order by id."""
    if order is None:
        return lots
    at = {lot.id: rank(context.value(order, lot)) for lot in lots}
    return sorted(lots, key=lambda lot: (at[lot.id], rank(lot.id)))


def rejected_shape(counters: Stage, bucket: Bag, cap: int | None = None) -> bool:
    """True where the bucket is too small, over the cap or one-sided; counts the reason."""
    if len(bucket) < 2:
        counters.too_small += 1
        return True
    if cap is not None and len(bucket) > cap:
        counters.over_cap += 1
        return True
    if not both_signs(bucket):
        counters.one_sided += 1
        return True
    return False


def rejected_net(counters: Stage, bucket: Bag, slack: Slack) -> bool:
    """True where the bucket does not net within the slack of its amounts; counts it."""
    amounts = [lot.amount for lot in bucket]
    rejected = abs(sum(amounts)) > slack.over(amounts)
    counters.out_of_tolerance += rejected
    return rejected


def rejected(context: Context, counters: Stage, accept: Value | None, bucket: Bag) -> bool:
    """True where the bucket does not satisfy the condition of the leaf; counted as out of tolerance."""
    found = not accepts(context, accept, bucket)
    counters.out_of_tolerance += found
    return found


def accepts(context: Context, accept: Value | None, lots: Bag) -> bool:
    """True where a candidate of whole lots satisfies the condition of its leaf."""
    return accept is None or context.accepts(accept, group(lots, "", "", 0))
