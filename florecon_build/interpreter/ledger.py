"""Ledger of a workspace: rows, groups, and the moves of mass between groups.

Every row's mass is in groups at all times. What nothing holds is in the row's loose singleton: the one proposed group
of origin ``unmatched`` that the workspace itself keeps for a row. A row of amount zero has one as well, of amount
zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from florecon_build.interpreter.bag import Group
from florecon_build.interpreter.ingest import Row
from florecon_build.interpreter.keys import RowId
from florecon_build.interpreter.report import Allocation, GroupLine, Report, RowLine
from florecon_build.wire import UNMATCHED


@dataclass(slots=True)
class Held:
    """A group in the book: how much of each row it holds, in ascending id order."""

    id: int
    members: dict[RowId, int]
    origin: str
    reason: str | None = None
    node: int | None = None
    unique: bool | None = None
    pinned: bool = False

    @property
    def net(self) -> int:
        """The sum of the member amounts."""
        return sum(self.members.values())

    @property
    def is_loose(self) -> bool:
        """True for a singleton that the workspace keeps for a row."""
        return not self.pinned and self.origin == UNMATCHED and self.node is None and len(self.members) == 1

    def report_key(self) -> tuple[list[tuple[RowId, int]], bool, str, str, int, int]:
        """The order of the report; groups that are alike in everything come by id."""
        node = -1 if self.node is None else self.node
        return list(self.members.items()), self.pinned, self.origin, self.reason or "", node, self.id

    def line(self) -> GroupLine:
        """The group as the report shows it."""
        amounts = list(self.members.values())
        return GroupLine(
            group_id=self.id,
            pinned=self.pinned,
            origin=self.origin,
            reason=self.reason,
            net=self.net,
            size=len(amounts),
            max_abs=max(abs(amount) for amount in amounts),
            min_side=min(sum(amount > 0 for amount in amounts), sum(amount < 0 for amount in amounts)),
            node=self.node,
            unique=self.unique,
            first_id=next(iter(self.members)),
        )


@dataclass(slots=True)
class Book:
    """Rows and groups. ``places`` gives the ids of the groups that hold each row; group ids only grow."""

    rows: dict[RowId, Row] = field(default_factory=dict[RowId, Row])
    groups: dict[int, Held] = field(default_factory=dict[int, Held])
    places: dict[RowId, set[int]] = field(default_factory=dict[RowId, set[int]])
    last_id: int = 0

    def add(self, members: dict[RowId, int], origin: str, reason: str | None = None, pinned: bool = False) -> Held:
        """A new group over mass that no other group holds."""
        self.last_id += 1
        held = Held(self.last_id, dict(sorted(members.items())), origin, reason, pinned=pinned)
        self.groups[held.id] = held
        for id in held.members:
            self.places.setdefault(id, set()).add(held.id)
        return held

    def holders(self, id: RowId) -> list[Held]:
        """The groups that hold a row, by group id."""
        return [self.groups[group_id] for group_id in sorted(self.places[id])]

    def proposed(self, id: RowId) -> int:
        """The amount of a row that is in proposed groups."""
        return sum(held.members[id] for held in self.holders(id) if not held.pinned)

    def pinned(self, id: RowId) -> int:
        """The amount of a row that is in pinned groups."""
        return sum(held.members[id] for held in self.holders(id) if held.pinned)

    def loose(self, id: RowId) -> Held | None:
        """The row's loose singleton."""
        return next((held for held in self.holders(id) if held.is_loose), None)

    def free(self, id: RowId, amount: int) -> None:
        """Puts mass that no group holds into the row's loose singleton."""
        loose = self.loose(id)
        if loose is None:
            self.add({id: amount}, UNMATCHED)
        else:
            loose.members[id] += amount

    def drop(self, held: Held) -> None:
        """Removes a group from the ledger; its mass is then in no group."""
        del self.groups[held.id]
        for id in held.members:
            self.places[id].discard(held.id)

    def release(self, held: Held) -> None:
        """Breaks a group up: each member goes to its row's loose singleton."""
        self.drop(held)
        for id, amount in held.members.items():
            self.free(id, amount)

    def unpin(self, held: Held) -> None:
        """Makes a group proposed. A row's unmatched singleton joins the loose one that the row has by now, if any."""
        other = self.loose(next(iter(held.members)))
        held.pinned = False
        if other is not None and held.is_loose:
            self.release(held)

    def detach(self, held: Held, ids: Iterable[RowId]) -> None:
        """Takes rows out of a proposed group; one that is left alone is released as well."""
        if held.is_loose:
            return
        for id in dict.fromkeys(ids):
            amount = held.members.pop(id)
            self.places[id].discard(held.id)
            self.free(id, amount)
            held.unique = None
        if not held.members:
            self.drop(held)
        elif len(held.members) == 1:
            self.release(held)

    def take(self, id: RowId, amount: int) -> None:
        """Takes proposed mass of a row out of its groups: from the loose singleton first, then by group id.

        A group that loses mass is released. There is enough, with the sign of ``amount``.
        """
        loose = self.loose(id)
        others = [held for held in self.holders(id) if not held.pinned and held is not loose]
        for held in ([loose] if loose else []) + others:
            taken = min(abs(held.members[id]), abs(amount)) * (1 if amount > 0 else -1)
            if not taken:
                return
            amount -= taken
            held.members[id] -= taken
            if held is not loose:
                self.release(held)
            loose = self.loose(id)
            if loose is not None and not loose.members[id]:
                self.drop(loose)

    def put(self, row: Row) -> list[int]:
        """Inserts or replaces a row; gives the pinned groups that were broken up because its amount changed."""
        old = self.rows.get(row.id)
        self.rows[row.id] = row
        if old is None:
            self.places[row.id] = set()
            self.free(row.id, row.amount)
            return []
        if old.amount == row.amount:
            return []
        broken = self.holders(row.id)
        for held in broken:
            self.release(held)
        for held in self.holders(row.id):
            held.members[row.id] = row.amount
        return [held.id for held in broken if held.pinned]

    def remove(self, ids: Iterable[RowId]) -> list[int]:
        """Deletes rows; gives the pinned groups that were broken up for it."""
        ids = dict.fromkeys(ids)
        broken = {held.id: held for id in ids for held in self.holders(id)}
        for held in broken.values():
            self.release(held)
        for id in ids:
            for held in self.holders(id):
                self.drop(held)
            del self.rows[id], self.places[id]
        return sorted(held.id for held in broken.values() if held.pinned)

    def install(self, groups: list[Group]) -> None:
        """Replaces all proposed groups by these and a loose singleton for what they leave, with ids in report order."""
        for held in [held for held in self.groups.values() if not held.pinned]:
            self.drop(held)
        left = {id: row.amount - self.pinned(id) for id, row in self.rows.items()}
        drafts: list[Held] = []
        for formed in groups:
            members = {lot.id: lot.amount for lot in formed.members}
            drafts.append(Held(0, members, formed.origin, formed.reason, formed.node, formed.unique))
            for id, amount in members.items():
                left[id] -= amount
        bare = (id for id, amount in left.items() if amount or (not self.rows[id].amount and not self.places[id]))
        drafts.extend(Held(0, {id: left[id]}, UNMATCHED) for id in bare)
        for draft in sorted(drafts, key=Held.report_key):
            held = self.add(draft.members, draft.origin, draft.reason)
            held.node, held.unique = draft.node, draft.unique

    def report(self) -> Report:
        """All groups and allocations in report order."""
        ordered = sorted(self.groups.values(), key=Held.report_key)
        allocations = [Allocation(id, held.id, amount) for held in ordered for id, amount in held.members.items()]
        return Report([held.line() for held in ordered], allocations)

    def row_lines(self) -> list[RowLine]:
        """Each row with its main group, by ascending id; what is in groups of origin ``unmatched`` is residual."""
        lines: list[RowLine] = []
        for id, row in sorted(self.rows.items()):
            holders = self.holders(id)
            main = max(holders, key=lambda held: (abs(held.members[id]), -held.id))
            residual = sum(held.members[id] for held in holders if held.origin == UNMATCHED)
            lines.append(RowLine(id, main.id, row.amount, row.amount - residual, residual))
        return lines
