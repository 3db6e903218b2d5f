"""Lots, groups and bags: the data that flows through a strategy.

A bag is a list of lots in ascending id order with one lot per id and no zero amount. A strategy turns a bag into groups
and a residual bag; per id the amounts of both add up to the amount that came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from florecon_build.interpreter.keys import Plain, RowId


@dataclass(frozen=True, slots=True)
class Lot:
    """A piece of a row: ``amount`` is at hand, ``original`` is what the row carried when it entered the numeraire."""

    id: RowId
    row: Mapping[str, Plain]
    amount: int
    original: int

    def with_amount(self, amount: int) -> Lot:
        """Another piece of the same row."""
        return replace(self, amount=amount)


Bag: TypeAlias = list[Lot]


@dataclass(frozen=True, slots=True)
class Group:
    """Lots that were matched or classified together, in ascending id order.

    ``unique`` says whether its leaf could have formed no other group as good with one of its members.
    """

    members: tuple[Lot, ...]
    origin: str
    reason: str | None
    node: int
    unique: bool | None = None

    @property
    def net(self) -> int:
        """The sum of the member amounts, exact."""
        return sum(lot.amount for lot in self.members)

    def report_key(self) -> tuple[list[tuple[RowId, int]], str, str, int]:
        """The order in which groups are reported: by smallest id first, and unambiguously after that."""
        return [(lot.id, lot.amount) for lot in self.members], self.origin, self.reason or "", self.node


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a strategy: groups in report order and the residual bag."""

    groups: list[Group]
    residual: Bag


def group(members: Iterable[Lot], origin: str, reason: str, node: int, unique: bool | None = None) -> Group:
    """A group of these lots."""
    return Group(tuple(sorted(members, key=_id)), origin, reason, node, unique)


def make_bag(lots: Iterable[Lot]) -> Bag:
    """The lots as a bag: pieces of one row merged, zero amounts dropped, in id order."""
    merged: dict[RowId, Lot] = {}
    for lot in lots:
        seen = merged.get(lot.id)
        merged[lot.id] = lot if seen is None else seen.with_amount(seen.amount + lot.amount)
    return sorted((lot for lot in merged.values() if lot.amount), key=_id)


def outcome(groups: Iterable[Group], residual: Iterable[Lot]) -> Outcome:
    """Groups and residual brought into their canonical order."""
    return Outcome(sorted(groups, key=Group.report_key), make_bag(residual))


def without(bag: Bag, groups: Iterable[Group]) -> Outcome:
    """The outcome where whole lots of ``bag`` went into ``groups`` and the others stayed."""
    groups = list(groups)
    taken = {lot.id for formed in groups for lot in formed.members}
    return outcome(groups, (lot for lot in bag if lot.id not in taken))


def buckets(bag: Bag, key: Callable[[Lot], Plain]) -> tuple[dict[Plain, Bag], Bag]:
    """The bag cut by key, buckets in order of their smallest id, and the lots whose key is null."""
    cut: dict[Plain, Bag] = {}
    keyless: Bag = []
    for lot in bag:
        at = key(lot)
        if at is None:
            keyless.append(lot)
        else:
            cut.setdefault(at, []).append(lot)
    return cut, keyless


def both_signs(lots: Iterable[Lot]) -> bool:
    """True where there is a positive and a negative lot."""
    amounts = [lot.amount for lot in lots]
    return bool(amounts) and min(amounts) < 0 < max(amounts)


def settle(before: Iterable[tuple[Group, tuple[Lot, ...]]]) -> tuple[list[Group], list[Lot]]:
    """The groups after their members were replaced: one reduced to a single member is dissolved, to none vanishes.

    Takes each group with its new members (zero amounts are dropped here); gives the groups that remain and the lots of
    the dissolved ones.
    """
    kept: list[Group] = []
    freed: list[Lot] = []
    for old, members in before:
        left = tuple(lot for lot in members if lot.amount)
        if len(left) == 1 and len(old.members) > 1:
            freed.extend(left)
        elif left:
            kept.append(replace(old, members=left))
    return kept, freed


def _id(lot: Lot) -> RowId:
    return lot.id
