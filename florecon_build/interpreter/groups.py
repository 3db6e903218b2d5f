"""Combinators on groups: relabel, dissolve, join and tidy what ``inner`` formed.

A group that one of these nodes reduces to a single member is dissolved to the residual.
"""

from __future__ import annotations

from dataclasses import replace

from florecon_build.interpreter.bag import Bag, Group, Lot, Outcome, group, make_bag, outcome, settle, without
from florecon_build.interpreter.context import Context
from florecon_build.interpreter.keys import RowId, rank
from florecon_build.interpreter.stages import Step
from florecon_build.interpreter.tolerance import Slack
from florecon_build.ir import nodes as n
from florecon_build.wire import REASONS


def labeled(context: Context, step: Step, node: n.Labeled, bag: Bag) -> Outcome:
    """The reason becomes ``tag: reason``."""
    inner = context.run(step.below[0], bag)
    formed = [
        replace(one, reason=node.tag if one.reason is None else f"{node.tag}: {one.reason}") for one in inner.groups
    ]
    return outcome(formed, inner.residual)


def accept_if(context: Context, step: Step, node: n.AcceptIf, bag: Bag) -> Outcome:
    """A group that fails the predicate goes back to the residual."""
    inner = context.run(step.below[0], bag)
    kept: list[Group] = []
    freed: list[Lot] = []
    for one in inner.groups:
        if context.accepts(node.predicate, one):
            kept.append(one)
        else:
            freed.extend(one.members)
    return outcome(kept, [*inner.residual, *freed])


def whole_only(context: Context, step: Step, node: n.WholeOnly, bag: Bag) -> Outcome:
    """Only groups none of whose members has a residual stay; looked at once, not again after dissolving."""
    inner = context.run(step.below[0], bag)
    partial = {lot.id for lot in inner.residual}
    kept: list[Group] = []
    freed: list[Lot] = []
    for one in inner.groups:
        if any(lot.id in partial for lot in one.members):
            freed.extend(one.members)
        else:
            kept.append(one)
    return outcome(kept, [*inner.residual, *freed])


def coalesce(context: Context, step: Step, node: n.Coalesce, bag: Bag) -> Outcome:
    """Groups that share a row become one, whose amounts are added up; a group that shares none stays as it is."""
    inner = context.run(step.below[0], bag)
    joined: list[tuple[Group, tuple[Lot, ...]]] = []
    for linked in _linked(inner.groups):
        if len(linked) == 1:
            joined.append((linked[0], linked[0].members))
            continue
        members = tuple(make_bag(lot for one in linked for lot in one.members))
        forced = all(one.unique is True for one in linked)
        whole = group((lot for one in linked for lot in one.members), node.origin, REASONS["coalesce"], step.id, forced)
        joined.append((whole, members))
    kept, freed = settle(joined)
    return outcome(kept, [*inner.residual, *freed])


def reclaim(context: Context, step: Step, node: n.Reclaim, bag: Bag) -> Outcome:
    """Groups that share a row become one; each takes its rows whole, and stays if it nets within the slack."""
    slack = context.slack(node.tol)
    came = {lot.id: lot for lot in bag}
    kept: list[Group] = []
    for linked in _linked(context.run(step.below[0], bag).groups):
        members = [came[id] for id in sorted({lot.id for one in linked for lot in one.members}, key=rank)]
        amounts = [lot.amount for lot in members]
        if abs(sum(amounts)) > slack.over(amounts):
            continue
        if len(linked) == 1:
            kept.append(replace(linked[0], members=tuple(members)))
        elif len(members) > 1:
            forced = all(one.unique is True for one in linked)
            kept.append(group(members, "reclaim", REASONS["reclaim"], step.id, forced))
    return without(bag, kept)


def _linked(groups: list[Group]) -> list[list[Group]]:
    """The groups put together where they share a row, directly or through others."""
    parent = list(range(len(groups)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[RowId, int] = {}
    for at, one in enumerate(groups):
        for lot in one.members:
            parent[root(at)] = root(first.setdefault(lot.id, at))
    sets: dict[int, list[Group]] = {}
    for at, one in enumerate(groups):
        sets.setdefault(root(at), []).append(one)
    return list(sets.values())


def trim(context: Context, step: Step, node: n.Trim, bag: Bag) -> Outcome:
    """A member that is small beside its row's original is cut to the residual."""
    slack = context.slack(node.tol)
    inner = context.run(step.below[0], bag)
    changed: list[tuple[Group, tuple[Lot, ...]]] = []
    cut: list[Lot] = []
    for one in inner.groups:
        small = [lot for lot in one.members if _is_small(lot, slack)]
        cut.extend(small)
        changed.append((one, tuple(lot for lot in one.members if lot not in small) if small else one.members))
    kept, freed = settle(changed)
    return outcome(kept, [*inner.residual, *cut, *freed])


def snap(context: Context, step: Step, node: n.Snap, bag: Bag) -> Outcome:
    """A member that is small beside its row's original is folded onto the row's largest other piece.

    The pieces of a row are its members in the groups, in report order, and its residual last; the first of equals
    counts as largest. Small members are looked at in report order, with what earlier folds have added to them.
    """
    slack = context.slack(node.tol)
    inner = context.run(step.below[0], bag)
    pieces: dict[RowId, dict[int, Lot]] = {}
    for at, one in enumerate([*(one.members for one in inner.groups), inner.residual]):
        for lot in one:
            pieces.setdefault(lot.id, {})[at] = lot
    for at, one in enumerate(inner.groups):
        for member in one.members:
            own = pieces[member.id]
            if len(own) > 1 and _is_small(own[at], slack):
                small = own.pop(at)
                largest = max(own, key=lambda place: (abs(own[place].amount), -place))
                own[largest] = own[largest].with_amount(own[largest].amount + small.amount)
    changed = [
        (one, tuple(pieces[lot.id][at] for lot in one.members if at in pieces[lot.id]))
        for at, one in enumerate(inner.groups)
    ]
    kept, freed = settle(changed)
    residual = [own[len(inner.groups)] for own in pieces.values() if len(inner.groups) in own]
    return outcome(kept, [*residual, *freed])


def _is_small(lot: Lot, slack: Slack) -> bool:
    return abs(lot.amount) <= slack.over([lot.original])
