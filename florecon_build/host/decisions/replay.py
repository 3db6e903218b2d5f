"""Replay of decisions into a workspace by row ids; a decision that no longer applies is reported, never dropped.

A decision fits while each of its rows is there with the amount that it carried when the decision was made. If the
group is proposed just so, it is pinned and keeps where it came from; otherwise it is merged from what is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from florecon_build.host.decisions.group_members import Parts, Shape, Shapes, shapes_of
from florecon_build.host.decisions.store.body import Id, Member
from florecon_build.host.decisions.store.ledger import Decision
from florecon_build.host.errors import CommandError
from florecon_build.host.report.report import Report
from florecon_build.wire import UNMATCHED


class Verbs(Protocol):
    """The verbs of a workspace that replay uses; a `Workspace` has them."""

    def report(self) -> Report: ...
    def pin_groups(self, group_ids: list[int]) -> object: ...
    def unpin(self, group_id: int) -> object: ...
    def merge(self, allocations: list[tuple[Id, int]], label: str, reason: str | None) -> int: ...
    def dissolve(self, group_id: int) -> object: ...
    def detach(self, group_id: int, ids: list[Id]) -> object: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group to be placed; `key` is the caller's number for the decision."""

    key: int
    members: tuple[Member, ...]
    origin: str
    reason: str | None = None

    @property
    def parts(self) -> Parts:
        """The members as a group's shape has them."""
        return frozenset((member.id, member.amount) for member in self.members)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A decision that does not fit: the reason, and the row that it is about, if it is one."""

    key: int
    reason: str
    id: Id | None = None


@dataclass(slots=True)
class Placed:
    """The group of each decision that was placed, and the misfits."""

    groups: dict[int, int] = field(default_factory=dict[int, int])
    misfits: list[Misfit] = field(default_factory=list[Misfit])


def wanted_of(decision: Decision) -> Wanted:
    """The group of a decision of the store."""
    body = decision.entry.body
    return Wanted(decision.seq, decision.members, body.get("origin", "manual"), body.get("reason"))


def misfit_of(key: int, members: Iterable[Member], shapes: Shapes) -> Misfit | None:
    """The first member whose row is gone or carries another amount."""
    for member in members:
        now = shapes.totals.get(member.id)
        if now is None:
            return Misfit(key, f"row {member.id} is gone", member.id)
        if now != member.of:
            return Misfit(key, f"row {member.id} carries {now} now, and carried {member.of} then", member.id)
    return None


def place(verbs: Verbs, wanted: Sequence[Wanted], taken: Iterable[int] = ()) -> Placed:
    """Makes pinned groups of all that fits.

    Parameters: `taken` are the pinned groups that belong to other decisions already.
    """
    done = Placed()
    shapes = shapes_of(verbs.report())
    held = set(taken)
    left: list[Wanted] = []
    to_pin: list[int] = []
    for each in wanted:
        misfit = misfit_of(each.key, each.members, shapes)
        if misfit is not None:
            done.misfits.append(misfit)
            continue
        same = _same(each, shapes, held)
        if same is None:
            left.append(each)
            continue
        held.add(same.group_id)
        done.groups[each.key] = same.group_id
        if not same.pinned:
            to_pin.append(same.group_id)
    if to_pin:
        verbs.pin_groups(to_pin)
    alone = [each for each in left if len(each.members) == 1]
    for each in left:
        if len(each.members) > 1:
            _merge(verbs, each, done)
    if alone:
        _stand_alone(verbs, alone, done, held)
    return done


def _same(wanted: Wanted, shapes: Shapes, held: set[int]) -> Shape | None:
    """A free group of just these parts and this label."""
    for shape in shapes.alike.get(wanted.parts, ()):
        labelled = (shape.origin, shape.reason) == (wanted.origin, wanted.reason)
        if labelled and shape.group_id not in held:
            return shape
    return None


def _merge(verbs: Verbs, wanted: Wanted, done: Placed) -> None:
    allocations = [(member.id, member.amount) for member in wanted.members]
    try:
        done.groups[wanted.key] = verbs.merge(allocations, wanted.origin, wanted.reason)
    except CommandError as error:
        known = error.id if error.id in {row_id for row_id, _ in allocations} else None  # not a session's number
        done.misfits.append(Misfit(wanted.key, error.message, known))


def _stand_alone(verbs: Verbs, wanted: list[Wanted], done: Placed, held: set[int]) -> None:
    """Places groups of one row. An unmatched row is first taken out of the groups proposed for it."""
    shapes = shapes_of(verbs.report())
    homes = shapes.proposed_of(each.members[0].id for each in wanted)
    for group_id in {shape.group_id for each in wanted for shape in _in_the_way(each, homes)}:
        verbs.dissolve(group_id)
    shapes = shapes_of(verbs.report())
    to_pin: list[int] = []
    for each in wanted:
        same = _same(each, shapes, held)
        if same is None:
            row_id = each.members[0].id
            what = f"row {row_id} no longer stands alone with {each.members[0].amount} as {each.origin!r}"
            done.misfits.append(Misfit(each.key, what, row_id))
            continue
        held.add(same.group_id)
        done.groups[each.key] = same.group_id
        if not same.pinned:
            to_pin.append(same.group_id)
    if to_pin:
        verbs.pin_groups(to_pin)


def _in_the_way(wanted: Wanted, homes: dict[Id, list[Shape]]) -> list[Shape]:
    """The proposals to break up so that the row stands alone with all that is free of it."""
    member = wanted.members[0]
    shapes = homes[member.id]
    free = sum(amount for shape in shapes for row_id, amount in shape.parts if row_id == member.id)
    if wanted.origin != UNMATCHED or free != member.amount:
        return []
    return [shape for shape in shapes if len(shape.parts) > 1 or shape.origin != UNMATCHED]


def withhold(verbs: Verbs, decisions: Sequence[Decision]) -> list[Misfit]:
    """Dissolves or detaches again, in new proposals, what a person broke up; returns the misfits."""
    shapes = shapes_of(verbs.report())
    misfits: list[Misfit] = []
    broken: set[int] = set()
    for decision in decisions:
        misfit = misfit_of(decision.seq, decision.members, shapes)
        if misfit is not None:
            misfits.append(misfit)
            continue
        parts = frozenset((member.id, member.amount) for member in decision.members)
        for shape in shapes.alike.get(parts, ()):
            stands_alone = len(parts) == 1 and shape.origin == UNMATCHED
            if shape.pinned or stands_alone or shape.group_id in broken:
                continue
            broken.add(shape.group_id)
            if decision.kind == "dissolve":
                verbs.dissolve(shape.group_id)
            else:
                verbs.detach(shape.group_id, list(decision.entry.body["ids"]))
    return misfits
