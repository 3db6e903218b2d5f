"""The report: groups and the allocations of rows to them, as data."""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.interpreter.keys import RowId
from florecon_build.wire import PINNED, PROPOSED, Status


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group. ``node`` is the node that formed it, None for what people merged and for unmatched rows."""

    group_id: int
    pinned: bool
    origin: str
    reason: str | None
    net: int
    size: int
    max_abs: int
    min_side: int
    node: int | None
    unique: bool | None
    first_id: RowId

    @property
    def status(self) -> Status:
        """The lifecycle of the group."""
        return PINNED if self.pinned else PROPOSED


@dataclass(frozen=True, slots=True)
class Allocation:
    """The amount of a row that is in a group, in minor units."""

    id: RowId
    group_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row: the group that holds most of it, its amount, and how much of that is matched and how much is not."""

    id: RowId
    group_id: int
    amount: int
    matched: int
    residual: int


@dataclass(frozen=True, slots=True)
class Report:
    """Groups in report order, and allocations by (place of the group, id)."""

    groups: list[GroupLine]
    allocations: list[Allocation]
