"""Fake modules for the conformance kit: a correct one, and one for each violated invariant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from florecon_build.host.conformance.module import Group, Id
from florecon_build.host.errors import AmountOverflow, DegenerateGroup, DuplicateId, UnknownGroup


class Honest:
    """Pairs rows of one size and opposite sign by ascending id; everything else stays alone."""

    def __init__(self) -> None:
        self.rows: dict[Id, int] = {}
        self.pins: list[Group] = []
        self.found: list[Group] = []
        self.last = 0

    def upsert(self, rows: pa.Table) -> None:
        given: list[dict[str, Any]] = rows.to_pylist()
        if self.refuses_twice and len({row["row_id"] for row in given}) < len(given):
            raise DuplicateId("an id twice")
        for row in given:
            self.put(row["row_id"], row["amount"])

    refuses_twice = True

    def put(self, id: Id, amount: int) -> None:
        if self.rows.get(id) != amount:
            self.drop(id)
            self.rows[id] = amount
            self.found.append(self.group([(id, amount)], "unmatched"))

    def drop(self, id: Id) -> None:
        """Breaks up what holds a row."""
        for groups in (self.found, self.pins):
            for held in [group for group in groups if any(id == member for member, _ in group.members)]:
                groups.remove(held)
                rest = [part for part in held.members if part[0] != id]
                self.found += [self.group([part], "unmatched") for part in rest]

    def remove(self, ids: Sequence[Id]) -> None:
        for id in ids:
            self.drop(id)
            del self.rows[id]

    def group(self, members: list[tuple[Id, int]], origin: str) -> Group:
        self.last += 1
        net = sum(amount for _, amount in members)
        return Group("proposed", origin, None, net, len(members), tuple(sorted(members)), self.last)

    def free(self) -> list[tuple[Id, int]]:
        held = {id for group in self.pins for id, _ in group.members}
        return sorted((id, amount) for id, amount in self.rows.items() if id not in held)

    def solve(self) -> None:
        left = self.free()
        self.found = []
        while left:
            first = left.pop(0)
            mate = next((other for other in left if first[1] and other[1] == -first[1]), None)
            if mate is not None:
                left.remove(mate)
            self.found.append(self.group([first, mate], "pair") if mate else self.group([first], "unmatched"))

    def pin(self, group_id: int) -> None:
        for group in self.found:
            if group.group_id == group_id:
                self.found.remove(group)
                self.pins.append(replace(group, status="pinned"))
                return
        raise UnknownGroup("no such group")

    def unpin(self, group_id: int) -> None:
        for group in self.pins:
            if group.group_id == group_id:
                self.pins.remove(group)
                self.found.append(replace(group, status="proposed"))
                return
        raise UnknownGroup("no such group")

    def dissolve(self, group_id: int) -> None:
        for group in self.found:
            if group.group_id == group_id:
                self.found.remove(group)
                self.found += [self.group([part], "unmatched") for part in group.members]
                return
        raise UnknownGroup("no such group")

    def merge(self, allocations: Sequence[tuple[Id, int]]) -> None:
        if len(allocations) < 2:
            raise DegenerateGroup("two rows at least")

    def groups(self) -> list[Group]:
        return sorted([*self.found, *self.pins], key=lambda group: group.members)

    def close(self) -> None:
        pass


class TakesTwice(Honest):
    """Takes an id twice in one batch."""

    refuses_twice = False


class Miscounts(Honest):
    """Reports a pair as three."""

    def groups(self) -> list[Group]:
        return [replace(group, size=3) if group.size == 2 else group for group in super().groups()]


class Loses(Honest):
    """Loses a cent of a row that is paired while a third row of its size stands by."""

    def solve(self) -> None:
        super().solve()
        pairs = {abs(group.members[0][1]) for group in self.found if group.size == 2}
        for at, group in enumerate(self.found):
            if group.size == 1 and abs(group.net) in pairs:
                self.found[at] = replace(group, members=((group.members[0][0], group.net - 1),), net=group.net - 1)


class Counts(Honest):
    """Adds a row that comes again to what it was."""

    def put(self, id: Id, amount: int) -> None:
        super().put(id, self.rows.get(id, 0) + amount)


class ByArrival(Honest):
    """Pairs in the order of arrival."""

    def free(self) -> list[tuple[Id, int]]:
        rows = dict(super().free())
        return [(id, rows[id]) for id in self.rows if id in rows]


class ByBatch(Honest):
    """Pairs only what came in one batch."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: dict[Id, frozenset[Id]] = {}

    def upsert(self, rows: pa.Table) -> None:
        super().upsert(rows)
        batch: frozenset[Id] = frozenset(rows.column("row_id").to_pylist())
        self.batches.update((id, self.batches.get(id, batch)) for id in batch)

    def solve(self) -> None:
        super().solve()
        for group in [group for group in self.found if group.size == 2]:
            if len({self.batches[id] for id, _ in group.members}) > 1:
                self.dissolve(group.group_id)


class Clings(Honest):
    """Keeps a pair that it once found, whatever comes."""

    def free(self) -> list[tuple[Id, int]]:
        kept = [group for group in self.found if group.size == 2]
        held = [id for group in kept for id, _ in group.members]
        return sorted(super().free(), key=lambda row: (row[0] not in held, row[0]))


class Forgets(Honest):
    """Loses a pin with the next solve."""

    def solve(self) -> None:
        self.pins.clear()
        super().solve()


class Lingers(Honest):
    """Does not pair again what was pinned once."""

    def __init__(self) -> None:
        super().__init__()
        self.once: set[Id] = set()

    def unpin(self, group_id: int) -> None:
        self.once.update(id for group in self.pins if group.group_id == group_id for id, _ in group.members)
        super().unpin(group_id)

    def solve(self) -> None:
        super().solve()
        for group in [group for group in self.found if group.size == 2 and group.members[0][0] in self.once]:
            self.dissolve(group.group_id)


class Trips(Honest):
    """Breaks a pair up while it refuses."""

    def merge(self, allocations: Sequence[tuple[Id, int]]) -> None:
        for group in [group for group in self.found if group.size == 2]:
            self.dissolve(group.group_id)
        super().merge(allocations)


class Obliging(Honest):
    """Unpins what is not there."""

    def unpin(self, group_id: int) -> None:
        if group_id > 0:
            super().unpin(group_id)


class Refuses(Honest):
    """Cannot solve two rows of 500 together."""

    def solve(self) -> None:
        if list(self.rows.values()).count(500) > 1:
            raise AmountOverflow("too much")
        super().solve()
