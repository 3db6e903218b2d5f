"""The workspace of the oracle: rows, groups and verbs of the page, without any index."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from florecon_build.ir import nodes as n
from tests.oracle.oracle import Lanes, Line, ingest, params, report_place, solve
from tests.oracle.strategy import Id, install
from tests.oracle.values import Refused, Scope, money, order

UNMATCHED = "unmatched"


@dataclass
class Held:
    """A group of the workspace."""

    number: int
    members: dict[Id, int]
    origin: str
    reason: str | None = None
    node: int | None = None
    unique: bool | None = None
    pinned: bool = False

    @property
    def loose(self) -> bool:
        """Whether this is the loose singleton of a row."""
        return not self.pinned and (self.origin, self.reason, self.node, len(self.members)) == (
            UNMATCHED,
            None,
            None,
            1,
        )

    @property
    def line(self) -> Line:
        """The group as the report has it."""
        members = tuple(sorted(self.members.items(), key=lambda member: order(member[0])))
        return self.origin, self.reason, self.node, self.unique, members

    @property
    def place(self) -> tuple[object, ...]:
        """Its place in the report."""
        members, *rest = report_place(self.line)
        return members, self.pinned, *rest, self.number


@dataclass
class Workspace:
    """Rows and groups under one plugin. A verb that raises `Refused` has changed nothing."""

    plugin: n.PluginIr
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rows: dict[Id, tuple[Lanes, int]] = field(default_factory=dict[Id, tuple[Lanes, int]])
    groups: list[Held] = field(default_factory=list[Held])
    last: int = 0

    def __post_init__(self) -> None:
        install(self.plugin.strategy, self.scope)

    @property
    def scope(self) -> Scope:
        """The params."""
        return Scope(params=params(self.plugin, self.config))

    @property
    def report(self) -> list[Held]:
        """The groups in report order."""
        return sorted(self.groups, key=lambda held: held.place)

    def do(self, verb: Callable[[Workspace], object]) -> object:
        """A verb that changes everything or nothing."""
        before = copy.deepcopy((self.config, self.rows, self.groups, self.last))
        try:
            return verb(self)
        except Refused:
            self.config, self.rows, self.groups, self.last = before
            raise

    # -- moves

    def add(self, members: dict[Id, int], origin: str, **named: Any) -> None:
        """A new group."""
        self.last += 1
        self.groups.append(Held(self.last, members, origin, **named))

    def holding(self, id: Id) -> list[Held]:
        """The groups that hold a row."""
        return [held for held in self.groups if id in held.members]

    def free(self, id: Id, amount: int) -> None:
        """Mass to the row's loose singleton."""
        loose = [held for held in self.holding(id) if held.loose]
        if loose:
            loose[0].members[id] += amount
        else:
            self.add({id: amount}, UNMATCHED)

    def break_up(self, held: Held) -> None:
        """A group's members set free."""
        self.groups.remove(held)
        for id, amount in held.members.items():
            self.free(id, amount)

    def without_mass(self) -> None:
        """Loose singletons of amount zero go, but those of rows of amount zero."""
        self.groups = [
            held
            for held in self.groups
            if not held.loose or any(amount or not self.rows[id][1] for id, amount in held.members.items())
        ]

    # -- verbs

    def configure(self, config: Mapping[str, Any]) -> None:
        """Other params for the next solve."""
        self.config = {**self.config, **config}
        install(self.plugin.strategy, self.scope)

    def upsert(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[Id, int], ...]]:
        """Rows in; the members of the pinned groups that were broken up."""
        broken: list[tuple[tuple[Id, int], ...]] = []
        for id, (lanes, amount) in ingest(self.plugin, rows).items():
            old = self.rows.get(id)
            self.rows[id] = lanes, amount
            if old is None:
                self.free(id, amount)
            elif old[1] != amount:
                held = self.holding(id)
                broken += [one.line[4] for one in held if one.pinned]
                for one in held:
                    self.break_up(one)
                (loose,) = self.holding(id)
                loose.members[id] = amount
        return broken

    def remove(self, ids: Sequence[Id]) -> list[tuple[tuple[Id, int], ...]]:
        """Rows out; the members of the pinned groups that were broken up."""
        self.known(ids)
        broken = [held for held in self.groups if set(held.members) & set(ids)]
        lines = [held.line[4] for held in broken if held.pinned]
        for held in broken:
            self.break_up(held)
        self.groups = [held for held in self.groups if not set(held.members) & set(ids)]
        self.rows = {id: row for id, row in self.rows.items() if id not in ids}
        return lines

    def solve(self) -> None:
        """The strategy over what is not pinned."""
        pinned = [held for held in self.groups if held.pinned]
        left = {id: row[1] - sum(held.members.get(id, 0) for held in pinned) for id, row in self.rows.items()}
        formed, _ = solve(self.plugin, self.rows, left, self.scope)
        self.groups = pinned
        fresh = [Held(0, dict(one.members), one.origin, one.reason, one.node, one.unique) for one in formed]
        for held in fresh:
            for id, amount in held.members.items():
                left[id] -= amount
        zero = [id for id, row in self.rows.items() if not row[1] and not self.holding(id)]
        fresh += [Held(0, {id: amount}, UNMATCHED) for id, amount in left.items() if amount or id in zero]
        for held in sorted(fresh, key=lambda one: one.place):
            self.last += 1
            held.number = self.last
            self.groups.append(held)

    def pin(self, held: Held) -> None:
        """A group is kept."""
        held.pinned = True

    def pin_clean(self, tol: int) -> int:
        """Groups that net are kept."""
        if tol < 0:
            raise Refused("bad_command")
        chosen = [
            held
            for held in self.groups
            if not held.pinned and len(held.members) > 1 and abs(sum(held.members.values())) <= tol
        ]
        for held in chosen:
            held.pinned = True
        return len(chosen)

    def pin_singletons(self, ids: Sequence[Id]) -> int:
        """Rows that stand alone are kept so."""
        chosen: set[int] = set()
        for id in ids:
            self.known([id])
            alone = [held for held in self.holding(id) if len(held.members) == 1]
            if not alone:
                raise Refused("unknown_allocation")
            chosen |= {held.number for held in alone if not held.pinned}
        for held in self.groups:
            held.pinned = held.pinned or held.number in chosen
        return len(chosen)

    def unpin(self, held: Held) -> None:
        """A group is the solver's again."""
        if not held.pinned:
            return
        loose = [one for id in held.members for one in self.holding(id) if one.loose]
        held.pinned = False
        if held.loose and loose:
            self.break_up(held)

    def merge(self, allocations: Sequence[tuple[Id, int]], label: str, reason: str | None) -> None:
        """A group by hand."""
        seen: list[Id] = []
        for id, amount in allocations:
            self.known([id])
            if id in seen:
                raise Refused("duplicate_id")
            if not amount:
                raise Refused("bad_command")
            seen.append(id)
        if len(seen) < 2:
            raise Refused("degenerate_group")
        for id, amount in allocations:
            live = sum(held.members[id] for held in self.holding(id) if not held.pinned)
            if not live:
                raise Refused("frozen_member")
            if not min(live, 0) <= amount <= max(live, 0):
                raise Refused("insufficient_live_amount")
        money(sum(amount for _, amount in allocations))
        for id, amount in allocations:
            self.take(id, amount)
        self.add(dict(allocations), label, reason=reason, pinned=True)

    def take(self, id: Id, amount: int) -> None:
        """Proposed mass of a row."""
        proposed = [held for held in self.holding(id) if not held.pinned]
        for held in sorted(proposed, key=lambda one: (not one.loose, one.number)):
            part = min(amount, held.members[id], key=abs)
            if not part:
                break
            held.members[id] -= part
            amount -= part
            if not held.loose:
                self.break_up(held)
            self.without_mass()

    def detach(self, held: Held, ids: Sequence[Id]) -> None:
        """Members out of a group."""
        self.proposed(held)
        for id in ids:
            self.known([id])
            if id not in held.members:
                raise Refused("unknown_allocation")
        money(sum(amount for id, amount in held.members.items() if id not in ids))
        if held.loose or not ids:
            return
        gone = {id: held.members.pop(id) for id in dict.fromkeys(ids)}
        held.unique = None
        if len(held.members) < 2:
            self.break_up(held)
        for id, amount in gone.items():
            self.free(id, amount)

    def dissolve(self, held: Held) -> None:
        """A group broken up."""
        self.proposed(held)
        if not held.loose:
            self.break_up(held)

    # -- refusals

    def known(self, ids: Sequence[Id]) -> None:
        """Ids must be those of rows."""
        if any(id not in self.rows for id in ids):
            raise Refused("unknown_id")

    def proposed(self, held: Held) -> None:
        """The group must not be pinned."""
        if held.pinned:
            raise Refused("frozen_group")
